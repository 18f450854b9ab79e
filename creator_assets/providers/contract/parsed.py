"""What a parser makes of responses: frames of rows, of records that could not become rows, and of fields left out.

The columns are those of the tables (``creator_assets.tables``). How records become rows is the business of ``parsing``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec
import polars as pl

PROBLEM_COLUMNS = {
    "position": pl.Int64,
    "platform": pl.String,
    "username": pl.String,
    "native_id": pl.String,
    "provider_id": pl.String,
    "field": pl.String,
    "problem": pl.String,
    "reason": pl.String,
}
"""What is known of a record or field that could not be read, beside its origin. The account becomes a keyed id before
it is written."""


class Problem(StrEnum):
    """What is wrong with a field, or with a whole record."""

    MISSING = "missing"  # the answer has no such field, or nothing in it
    WRONG_TYPE = "wrong_type"  # of another form than its field has
    PLACEHOLDER = "placeholder"  # a word that stands for no value, such as "N/A"
    IMPOSSIBLE = "impossible"  # of the right form, and a value that cannot be
    APPROXIMATE = "approximate"  # read, and known to be rounded
    AMBIGUOUS = "ambiguous"  # of one of two units, and nothing says which
    UNKNOWN = "unknown"  # a name that no reader knows
    REPEATED = "repeated"  # the same record came before
    UNREADABLE = "unreadable"  # the whole answer cannot be read
    TEXT = "text"  # the text of the answer had to be repaired


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, the records that could not become rows, and the fields of rows that were left out.

    ``rejected`` and ``notes`` have the provenance columns and ``PROBLEM_COLUMNS``.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    notes: pl.DataFrame

    @classmethod
    def together(cls, parts: Sequence[Parsed], rows: pl.DataFrame | None = None) -> Parsed:
        """All of `parts` (at least one) as one; with `rows` in place of theirs."""
        return cls(
            rows=pl.concat([one.rows for one in parts]) if rows is None else rows,
            rejected=pl.concat([one.rejected for one in parts]),
            notes=pl.concat([one.notes for one in parts]),
        )

    def with_columns(self, *expressions: pl.Expr | list[pl.Expr], **named: pl.Expr) -> Parsed:
        """The same with further columns in its rows."""
        return msgspec.structs.replace(self, rows=self.rows.with_columns(*expressions, **named))

    def with_rows(self, rows: pl.DataFrame) -> Parsed:
        """The same with other rows."""
        return msgspec.structs.replace(self, rows=rows)


class AudienceRows(msgspec.Struct, frozen=True, kw_only=True):
    """One report row per account, and hundreds of segment rows per account, which are made on demand."""

    reports: Parsed
    make_segments: Callable[[], Parsed]

    @property
    def segments(self) -> Parsed:
        """One row per share of an audience."""
        return self.make_segments()
