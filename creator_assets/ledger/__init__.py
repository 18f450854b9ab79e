"""The books of one realm: budgets, attempts, the archive of answers, and background jobs, on SQLite or PostgreSQL.

``ledger.py`` is the whole of it, ``reader.py`` the half that only reads. The ledger admits and records; sending belongs
to ``spending``, which this package does not import.
"""
