"""The writes that move credits: admission, dispatch, settlement, recovery, budgets and provider suspension.

Each function is a part of one write transaction. Reading the books belongs to ``ledger.books``, settling by the
provider's balance to ``ledger.reconciliation``.
"""
