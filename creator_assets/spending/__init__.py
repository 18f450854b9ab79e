"""The paid door: plan, admission, pacing, transport, ledger and archive. Whatever may cost passes through this room.

No provider is known by name here; what one charges and limits is told by its operations. Nothing here knows Dagster,
an asset or a table.
"""
