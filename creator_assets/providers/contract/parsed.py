"""What a parser makes of responses: frames of rows, and frames of the records that could not become rows.

The columns are those of the tables (``creator_assets.tables``). How records become rows is the business of ``parsing``.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import polars as pl


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, and the records that could not become rows (columns of ``schemas.Rejected``)."""

    rows: pl.DataFrame
    rejected: pl.DataFrame


class AudienceRows(msgspec.Struct, frozen=True, kw_only=True):
    """One report row per account, and hundreds of segment rows per account, which are made on demand."""

    reports: Parsed
    make_segments: Callable[[], Parsed]

    @property
    def segments(self) -> Parsed:
        """One row per share of an audience."""
        return self.make_segments()
