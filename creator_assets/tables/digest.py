"""A digest of the content of a frame, independent of file, compression and library version.

Two frames with the same columns, types, values and order of rows have the same digest. It works as a data version: a
partition that is rebuilt from the same responses has the same digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import polars as pl

_ROWS_AT_A_TIME = 50_000  # limits the memory of the text form


class ContentDigest:
    """The digest of rows that arrive in portions. The sizes of the portions have no effect."""

    def __init__(self, schema: Mapping[str, pl.DataType]) -> None:
        """Start with the names and types of the columns; every portion must have them."""
        header = [[name, str(dtype)] for name, dtype in schema.items()]
        self._digest = hashlib.sha256(json.dumps(header, ensure_ascii=False).encode())

    def add(self, frame: pl.DataFrame) -> None:
        """Take in the next rows."""
        for rows in _exact_frame(frame).iter_slices(_ROWS_AT_A_TIME):
            self._digest.update(rows.write_ndjson().encode())

    def hexdigest(self) -> str:
        """Return 64 hexadecimal digits."""
        return self._digest.hexdigest()


def content_digest(frame: pl.DataFrame) -> str:
    """Return the SHA-256 over the names and types of the columns and the exact values, row by row.

    Args:
        frame: Any columns except Object. NaN and null differ, except inside structs.

    Returns:
        64 hexadecimal digits.
    """
    digest = ContentDigest(frame.schema)
    digest.add(frame)
    return digest.hexdigest()


def row_texts(frame: pl.DataFrame) -> pl.Series:
    """Each row as a text that loses nothing: rows have the same text exactly if they say the same."""
    return _exact_frame(frame).select(pl.struct(pl.all()).struct.json_encode().alias("row")).to_series()


def _exact_frame(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(_exact(pl.col(name), dtype).alias(name) for name, dtype in frame.schema.items())


def _exact(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return the column in a type with a lossless JSON text."""
    if dtype == pl.Float64:
        return column.reinterpret(dtype=pl.UInt64)  # JSON knows no NaN
    if dtype == pl.Float32:
        return column.reinterpret(dtype=pl.UInt32)
    if dtype.is_temporal():
        return column.to_physical()
    if dtype.is_decimal():
        return column.cast(pl.String)
    if dtype == pl.Binary:
        return column.bin.encode("hex")
    if isinstance(dtype, pl.List):
        inner = dtype.inner() if isinstance(dtype.inner, type) else dtype.inner
        return column.list.eval(_exact(pl.element(), inner))
    return column
