"""A digest of what a frame says, whatever file, compression or library version it was read from.

Two frames with the same columns, types, values and order of rows have the same digest. It makes a good data version: a
partition that is rebuilt from the same answers has the digest that it had before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import polars as pl

_ROWS_AT_A_TIME = 50_000  # bounds the memory that the text form takes


class ContentDigest:
    """The digest of rows that come a portion at a time; how they are divided makes no difference."""

    def __init__(self, schema: Mapping[str, pl.DataType]) -> None:
        """Begin with the names and types of the columns, which every portion has."""
        header = [[name, str(dtype)] for name, dtype in schema.items()]
        self._digest = hashlib.sha256(json.dumps(header, ensure_ascii=False).encode())

    def add(self, frame: pl.DataFrame) -> None:
        """Take in the next rows."""
        for rows in _exact_frame(frame).iter_slices(_ROWS_AT_A_TIME):
            self._digest.update(rows.write_ndjson().encode())

    def hexdigest(self) -> str:
        """64 hexadecimal digits."""
        return self._digest.hexdigest()


def content_digest(frame: pl.DataFrame) -> str:
    """SHA-256 over the names and types of the columns and, row by row, the exact values.

    Args:
        frame: Any columns but Object; NaN and null are told apart, save inside structs.

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
    """The column in a type whose JSON text loses nothing."""
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
