"""Where a ledger lives: the database protocol, SQLite and PostgreSQL behind it, the schema, and which one opens.

What a statement means belongs to ``booking``, ``archive`` and ``jobs``.
"""
