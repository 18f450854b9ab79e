"""Metrics: each formula once, with its unit, its denominator and its version. Pure polars; no I/O, no provider.

A metric is declared in ``registry`` and applied by ``measuring``; each report's rows are made in a module of its own.
Also here: the rules by which a creator or a post is chosen, and those that a row must keep to be true.
"""
