"""Metrics of the reports, and the rules of the tables: pure Polars expressions, without I/O.

Belongs here: each metric once, in ``registry``, with formula, unit, denominator and version. Each report's module makes
the rows and the inputs of its metrics; ``evaluation`` evaluates them. Also here: the rules that select creators and
posts, the tracking period, and the rules that each row must meet (``table_rules``, ``creator_rules``).

Does not belong here: providers, Dagster, files, and the schemas of tables.
"""
