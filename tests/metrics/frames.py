"""Frames of a table for tests: the values of the test, and null or a default elsewhere. No test belongs here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dataframely as dy
import polars as pl

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
_DEFAULTS = {"observed_at": NOON, "provider": "influencers_club", "platform": "instagram", "request_id": "r-1"}


def frame(schema: type[dy.Schema], *rows: dict[str, Any]) -> pl.DataFrame:
    """Return rows of a table without validation, so that a test can leave out columns."""
    dtypes = {name: column.dtype for name, column in schema.columns().items()}
    empty = {name: _DEFAULTS.get(name) for name in dtypes}
    unknown = {name for row in rows for name in row} - dtypes.keys()
    assert not unknown, unknown
    return pl.DataFrame([empty | row for row in rows], schema=dtypes)


def reasons(row: dict[str, Any]) -> dict[str, str]:
    """Return the reason for each metric of a row without a value."""
    return {one["metric"]: one["reason"] for one in row["missing"]}
