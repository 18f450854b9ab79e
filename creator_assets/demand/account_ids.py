"""Account ids on bought rows: the column by which rows of all tables, weeks and providers are of one account.

An id follows from its row and the installation's secret alone, so that a rebuilt partition has the same ones and no
table depends on a later one. Which accounts are one person's is said in `creator_accounts`, which has these ids too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import polars as pl

from creator_assets.handles import canonical_handles
from creator_assets.identity.accounts import with_account_ids
from creator_assets.identity.secret import InstallationSecret
from creator_assets.providers.contract.parsed import Parsed

_HANDLE = "handle"


def with_ids(parsed: Sequence[Parsed], secret: InstallationSecret) -> list[Parsed]:
    """The rows with ``account_id`` and ``account_basis``; both null for a row that names no account."""
    return [msgspec.structs.replace(one, rows=_identified(one.rows, secret)) for one in parsed]


def of_unread(unread: pl.DataFrame, secret: Callable[[], InstallationSecret]) -> pl.DataFrame:
    """What could not be read (columns of ``Parsed.rejected``), with ``account_id`` where it names an account.

    Args:
        unread: What was not read.
        secret: Gives the installation's secret; it is asked only where there is an account.
    """
    is_named = names_an_account() & pl.col("platform").is_not_null()
    if unread.filter(is_named).is_empty():
        return unread.with_columns(account_id=pl.lit(None, dtype=pl.String))
    bare = unread.with_row_index("place")
    named = bare.filter(is_named).with_columns(pl.col("username").alias(_HANDLE))
    ids = with_account_ids(named, secret()).select("place", "account_id")
    return bare.join(ids, on="place", how="left", maintain_order="left").drop("place")


def names_an_account() -> pl.Expr:
    """Whether a row has anything that an id can rest on."""
    ids = [pl.col(name).fill_null("").str.strip_chars() != "" for name in ("native_id", "provider_id")]
    return pl.any_horizontal(canonical_handles(pl.col("username")).is_not_null(), *ids)


def _identified(rows: pl.DataFrame, secret: InstallationSecret) -> pl.DataFrame:
    bare = rows.drop("account_id", "account_basis").with_row_index("place")
    named = bare.filter(names_an_account()).with_columns(pl.col("username").alias(_HANDLE))
    ids = with_account_ids(named, secret).select("place", "account_id", "account_basis")
    return bare.join(ids, on="place", how="left", maintain_order="left").select(rows.columns)
