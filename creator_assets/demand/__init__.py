"""What each paid asset asks for, what that can cost, and how answers become rows: one module a stage.

The asset and the plan use the same functions, so that the two cannot differ. Nothing here knows Dagster, sends a
request or writes a table.
"""
