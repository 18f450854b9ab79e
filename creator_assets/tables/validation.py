"""Validation of a frame against its schema: it converts the frame, or refuses it with rules and counts of rows.

Belongs here: types, rules, order of columns and rows. An error never shows a value, because tables hold personal data.
``schemas`` defines the tables, and ``store`` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy
import polars as pl


class TableContractError(ValueError):
    """Rows that do not fit the schema of their table.

    Attributes:
        counts: Number of rows that violate each rule. A rule is ``column: rule``, or the name of a rule of the row.
        rows: Number of all rows.
    """

    def __init__(self, table: str, rows: int, counts: Mapping[str, int]) -> None:
        """Create the error for `table`, with the violated rules and the numbers of rows."""
        self.counts = dict(counts)
        self.rows = rows
        violated = "; ".join(f"{rule} ({count:,})" for rule, count in self.counts.items())
        super().__init__(
            f"could not write {table}: of {rows:,} rows, some violate its schema: {violated}. Nothing was written. "
            "Reject such rows, or correct the code that makes them"
        )


def conformed(schema: type[dy.Schema], table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with exactly the schema's columns, types and order, with rows sorted by the primary key.

    Only lossless conversions of types are allowed. Other columns are dropped. Without a primary key, all columns with
    an order define the order of rows.

    Raises:
        TableContractError: A column is missing, a value does not fit its type, or a row violates a rule.
    """
    dtypes = {name: column.dtype for name, column in schema.columns().items()}
    missing = [name for name in dtypes if name not in frame.columns]
    if missing:
        raise TableContractError(
            table, frame.height, {f"{name}: the column is missing": frame.height for name in missing}
        )
    lost: dict[str, int] = {}
    columns: list[pl.Series] = []
    for name, dtype in dtypes.items():
        column, losses = _cast(frame[name], dtype)
        columns.append(column)
        if losses:
            lost[f"{name}: does not fit {dtype}"] = losses
    if lost:
        raise TableContractError(table, frame.height, lost)
    valid, failure = schema.filter(pl.DataFrame(columns))
    if len(failure):
        counts = {rule.replace("|", ": "): count for rule, count in failure.counts().items()}
        raise TableContractError(table, frame.height, counts)
    order = schema.primary_key() or [name for name, dtype in dtypes.items() if not dtype.is_nested()]
    return pl.DataFrame(valid).sort(order, maintain_order=True) if order else pl.DataFrame(valid)


def _cast(column: pl.Series, dtype: pl.DataType) -> tuple[pl.Series, int]:
    """Return the converted column, and the number of values that cannot be converted without loss."""
    if column.dtype == dtype:
        return column, 0
    if isinstance(dtype, pl.Datetime) and not _same_clock(column.dtype, dtype):
        return column, column.len() - column.null_count()
    try:
        cast = column.cast(dtype, strict=False)
        back = cast.cast(column.dtype, strict=False)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError):
        return column, column.len()
    # Polars truncates 7.5 to 7 and reads "007" as 7. A conversion is lossless if the reverse gives the same value.
    return cast, int(back.ne_missing(column).sum())


def _same_clock(found: pl.DataType, wanted: pl.Datetime) -> bool:
    """Whether both types have a time zone, or both have none. A time without a zone never silently becomes UTC."""
    if not isinstance(found, pl.Datetime):
        return found == pl.Null
    return (found.time_zone is None) == (wanted.time_zone is None)
