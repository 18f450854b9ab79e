"""Frames of a table for tests: what a test says of a row, null or a usual value for all else; no test here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dataframely as dy
import polars as pl

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
_USUAL = {"observed_at": NOON, "provider": "influencers_club", "platform": "instagram", "request_id": "r-1"}


def frame(schema: type[dy.Schema], *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of a table; the contract is not checked, so that a test may leave out what it does not look at."""
    dtypes = {name: column.dtype for name, column in schema.columns().items()}
    empty = {name: _USUAL.get(name) for name in dtypes}
    unknown = {name for row in rows for name in row} - dtypes.keys()
    assert not unknown, unknown
    return pl.DataFrame([empty | row for row in rows], schema=dtypes)


def reasons(row: dict[str, Any]) -> dict[str, str]:
    """Why each metric of a row has no value."""
    return {one["metric"]: one["reason"] for one in row["missing"]}
