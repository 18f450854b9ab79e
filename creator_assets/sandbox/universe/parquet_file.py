"""Parquet files that a user names: read within bounds, with the columns and types that the sandbox needs.

What does not belong here: what the rows mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MAX_FILE_BYTES = 1 << 30


def read_columns(path: str, required: Mapping[str, str], optional: Mapping[str, str]) -> tuple[bytes, pl.DataFrame]:
    """Read the known columns of a Parquet file.

    Args:
        path: The file.
        required: Type of each column that must be there, by name: ``String`` (no row is null), ``Int64``, ``Float64``
            or ``Date``.
        optional: The same for columns that may be there.

    Returns:
        The bytes of the file, and its known columns with exactly these types. Other columns are left out.

    Raises:
        ValueError: The file is too large or no Parquet, lacks a column, or a column has another type. The message
            says which one.
        OSError: The file cannot be read.
    """
    import polars as pl  # noqa: PLC0415 - takes half a second, which a synthetic universe saves

    if not Path(path).is_file():
        raise ValueError(f"{path} is no regular file")
    if Path(path).stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{path} is too large: at most {MAX_FILE_BYTES >> 20:,} MiB are read")
    content = Path(path).read_bytes()
    try:
        frame = pl.read_parquet(content)
    except (pl.exceptions.PolarsError, OSError):
        raise ValueError(f"{path} is no Parquet file that can be read") from None
    if missing := [name for name in required if name not in frame.columns]:
        raise ValueError(f"{path} lacks columns: {', '.join(missing)}")
    known = {name: kind for name, kind in {**required, **optional}.items() if name in frame.columns}
    columns = [_converted(path, frame[name], kind) for name, kind in known.items()]
    for column in columns:
        if column.name in required and column.dtype == pl.String and (column.is_null() | (column == "")).any():
            raise ValueError(f"{path}: column {column.name} has rows without a value")
    return content, pl.DataFrame(columns)


def _converted(path: str, column: pl.Series, kind: str) -> pl.Series:
    """The column in another type of the same kind, where no value changes."""
    import polars as pl  # noqa: PLC0415 - see above

    dtype = column.dtype
    fits = {
        "String": dtype == pl.String,
        "Int64": dtype.is_integer() or (dtype.is_float() and bool((column.drop_nulls() % 1 == 0).all())),
        "Float64": dtype.is_numeric(),
        "Date": dtype == pl.Date,
    }
    if dtype != pl.Null and not fits[kind]:
        raise ValueError(f"{path}: column {column.name} is {dtype}, and {kind} is needed")
    try:
        return column.cast(getattr(pl, kind))
    except pl.exceptions.PolarsError:
        raise ValueError(f"{path}: column {column.name} has values that are no {kind}") from None
