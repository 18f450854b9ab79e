"""One digest for a whole table: what its rows say, over all partitions, however the files are laid out.

It answers whether two data folders hold the same tables. Columns that differ although nothing else does are left out:
versions of our own code, ids that are random, and ids that derive from the secret of one installation. Times are kept,
so two folders agree only where they were made by the same clock. One table needs the same secret as well: in
`creator_accounts` the order of ids decides between links of equal weight. The digest of one frame is in ``digest``.
"""

from __future__ import annotations

from collections.abc import Sequence

import dataframely as dy
import msgspec
import polars as pl

from creator_assets.tables.digest import ContentDigest, row_texts
from creator_assets.tables.store import PARTITION_TYPES, Tables

VERSIONS = frozenset({"code_version", "parser_version", "price_version", "rule_version"})
"""Columns that name a version of our code or of a price list."""
RANDOM = frozenset(
    {
        "request_id", "audience_request_id", "counts_request_id", "creator_averages_request_id", "profile_request_id",
        "run_id", "set_id", "response_sha256",
    }
)  # fmt: skip
"""Columns that are random. Of requests under way together, a response tells what the others have left of the credits,
so its digest is random too. `set_id` is the id of a request."""
OF_INSTALLATION = frozenset(
    {
        "account_id", "creator_id", "email_hash", "founding_id", "linked_to", "new_subject_id", "other_account_id",
        "subject_id",
    }
)  # fmt: skip
"""Columns that derive from the secret of the installation."""


class TableDigest(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it lies in the store. ``digest`` has 64 hexadecimal digits; None where the table was never written."""

    table: str
    partitions: int
    rows: int
    digest: str | None


def excepted_columns(*, same_secret: bool = False) -> frozenset[str]:
    """The columns that a digest leaves out; with `same_secret` those of the installation count."""
    return VERSIONS | RANDOM if same_secret else VERSIONS | RANDOM | OF_INSTALLATION


def table_digest(tables: Tables, schema: type[dy.Schema], table: str, *, same_secret: bool = False) -> TableDigest:
    """Digest the rows of a table in the order of partitions and primary keys. Holds one partition at a time.

    Args:
        tables: The store.
        schema: The table's contract. Files of an older schema have null where a column is missing.
        table: Its name.
        same_secret: Whether ids that derive from the installation's secret count, too.
    """
    excepted = excepted_columns(same_secret=same_secret)
    columns = {name: column.dtype for name, column in schema.columns().items() if name not in excepted}
    keys = [name for name in schema.primary_key() if name in columns]
    is_keyed = len(keys) == len(schema.primary_key())
    digest = ContentDigest({f"{name}=": pl.String() for name in PARTITION_TYPES} | columns)
    partitions = tables.partitions(table)
    rows = 0
    for path_parts in partitions:
        frame = tables.read(schema, table, path_parts).select(*_folders(path_parts), *columns)
        digest.add(_in_key_order(frame, keys, is_keyed=is_keyed))
        rows += frame.height
    return TableDigest(
        table=table, partitions=len(partitions), rows=rows, digest=digest.hexdigest() if partitions else None
    )


def _folders(path_parts: Sequence[str]) -> list[pl.Expr]:
    """A column for every kind of partition folder, null where the partition lies in none: a table may mix depths."""
    values = dict(part.split("=", 1) for part in path_parts)
    return [pl.lit(values.get(name), dtype=pl.String).alias(f"{name}=") for name in PARTITION_TYPES]


def _in_key_order(frame: pl.DataFrame, keys: Sequence[str], *, is_keyed: bool) -> pl.DataFrame:
    """The rows by primary key; where a part of the key is left out, by the text of the whole row."""
    if is_keyed:
        return frame.sort(keys)
    return frame[row_texts(frame).arg_sort()] if frame.height else frame
