"""The books: budgets, attempts, the archive of answers, and background jobs, on SQLite or PostgreSQL.

The ledger admits and records; it sends nothing and imports nothing from ``spending``, which buys.
"""
