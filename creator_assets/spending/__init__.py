"""The paid client: archive coverage, preconditions, purchase, transport. Every request to a provider passes through it.

Plans, approved plans and price lists are in ``planning``. No provider is known by name here: operations say what is
charged and limited. Budgets and the archive belong to ``ledger``. Nothing here knows Dagster, an asset or a table.
"""
