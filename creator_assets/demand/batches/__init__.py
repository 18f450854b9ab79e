"""Long lists of profiles: whether a batch is worth it, its steps, and the rows that it brings.

Jobs as the ledger keeps them belong to ``ledger.jobs``.
"""
