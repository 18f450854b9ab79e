"""A frame made to fit its table's contract, or refused with the rule and the count of rows that break it.

What belongs here: types, rules, order of columns and rows. A refusal never shows a value, for a table may hold personal
data. What a table must look like is said in ``schemas``; where it is written, in ``store``.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy
import polars as pl


class TableContractError(ValueError):
    """Rows do not fit their table's contract.

    Attributes:
        counts: How many rows break each rule; a rule reads ``column: rule`` or, for one of the whole row, its name.
        rows: How many rows there were.
    """

    def __init__(self, table: str, rows: int, counts: Mapping[str, int]) -> None:
        """Tell which rules of `table` are broken by how many of `rows`."""
        self.counts = dict(counts)
        self.rows = rows
        broken = "; ".join(f"{rule} ({count:,})" for rule, count in self.counts.items())
        super().__init__(
            f"the rows for {table} do not fit its contract, nothing was written. Of {rows:,} rows break: {broken}. "
            "Set such rows aside as rejected, or correct the code that makes them"
        )


def conformed(schema: type[dy.Schema], table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with exactly the schema's columns, types and order, its rows sorted by the primary key.

    A type is changed only where that loses nothing; columns that the schema does not have are left out. Without a
    primary key the rows are sorted by all columns that have an order.

    Raises:
        TableContractError: A column is missing, a value does not fit its type, or a rule is broken.
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
    """The column in its type, and how many values cannot be had in that type without a loss."""
    if column.dtype == dtype:
        return column, 0
    if isinstance(dtype, pl.Datetime) and not _same_clock(column.dtype, dtype):
        return column, column.len() - column.null_count()
    try:
        cast = column.cast(dtype, strict=False)
        back = cast.cast(column.dtype, strict=False)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError):
        return column, column.len()
    # Polars would cut 7.5 to 7 and read "007" as 7: only what comes back as it was has lost nothing.
    return cast, int(back.ne_missing(column).sum())


def _same_clock(found: pl.DataType, wanted: pl.Datetime) -> bool:
    """Whether both are instants, or both are local times: a time without a zone is not silently taken for UTC."""
    if not isinstance(found, pl.Datetime):
        return found == pl.Null
    return (found.time_zone is None) == (wanted.time_zone is None)
