"""Metrics: each formula once, with its unit, its denominator and its version. Pure polars; no I/O, no provider."""
