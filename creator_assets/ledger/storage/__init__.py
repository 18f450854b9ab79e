"""Where a ledger is stored: SQLite and PostgreSQL behind one interface, the tables, and migrations from older releases.

Named rows are made here (``rows.py``). What a statement means belongs to ``booking``, ``archive``, ``jobs`` and
``reconciliation``.
"""
