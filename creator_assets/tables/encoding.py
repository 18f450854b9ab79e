"""Encoding of rows as a Parquet file in memory, one portion at a time. A large partition is never one frame.

Belongs here: validation, order, count, digest and encoding of rows. ``store`` decides the path of the file, and
``atomic`` replaces the old file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from importlib.metadata import version

import dataframely as dy
import msgspec
import polars as pl
import pyarrow.parquet as pq

from creator_assets.tables.addresses import without_addresses
from creator_assets.tables.digest import ContentDigest
from creator_assets.tables.schemas import SCHEMA_VERSION
from creator_assets.tables.validation import TableContractError, conformed

ROW_GROUP_ROWS = 100_000  # a portion has at most tens of thousands of rows, usually one group
_COMPRESSION_LEVEL = 3


class Encoded(msgspec.Struct, frozen=True, kw_only=True):
    """A complete Parquet file, with its number of rows and the digest of their content."""

    content: memoryview
    rows: int
    digest: str


def encoded(schema: type[dy.Schema], table: str, portions: Iterable[pl.DataFrame]) -> Encoded:
    """Encode the rows of all portions as one file, in the order of the primary key.

    Args:
        schema: Schema of the table.
        table: Name of the table.
        portions: The rows. Each portion starts after the last primary key of the portion before.

    Raises:
        TableContractError: The rows do not fit the schema, or the portions are not in order.
    """
    # Encode in memory first: the compressed file is small, and a disk error can only come from `atomic`.
    buffer = io.BytesIO()
    empty = pl.DataFrame(schema={name: column.dtype for name, column in schema.columns().items()})
    digest, count = ContentDigest(empty.schema), 0
    with pq.ParquetWriter(
        buffer, empty.to_arrow().schema, compression="zstd", compression_level=_COMPRESSION_LEVEL
    ) as writer:
        for rows in _in_order(schema, table, portions):
            digest.add(rows)
            count += rows.height
            for group in rows.iter_slices(ROW_GROUP_ROWS):
                writer.write_table(group.to_arrow())
        writer.add_key_value_metadata(_metadata(schema, table, digest.hexdigest()))
    return Encoded(content=buffer.getbuffer(), rows=count, digest=digest.hexdigest())


def _in_order(schema: type[dy.Schema], table: str, portions: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield each validated portion. Keys are sorted and unique, because each portion starts after the one before."""
    key = schema.primary_key()
    last: tuple[object, ...] | None = None
    for portion in portions:
        rows = without_addresses(conformed(schema, table, portion), key)
        if rows.is_empty():
            continue
        first, end = rows.select(key)[[0, -1]].rows() if key else ((), ())
        if last is not None and first <= last:
            raise TableContractError(table, rows.height, {"primary_key: does not follow on the portion before": 1})
        last = end
        yield rows


def _metadata(schema: type[dy.Schema], table: str, digest: str) -> dict[str, str]:
    return {
        "creator_assets.table": table,
        "creator_assets.schema": schema.__name__,
        "creator_assets.schema_version": str(SCHEMA_VERSION),
        "creator_assets.written_by": f"creator-assets {version('creator-assets')}",
        "creator_assets.content_sha256": digest,
    }
