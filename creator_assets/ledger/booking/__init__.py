"""Every write that moves credits: admission, dispatch, settlement, recovery, budgets and suspension.

Reading the books for people belongs to ``ledger.reader``.
"""
