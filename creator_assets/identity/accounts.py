"""Account ids: one UUID per account, derived from the installation's secret and the id that its platform gave it.

Derived, not random from a vault: a partition that is rebuilt, parallel runs and other processes all arrive at the same
id with no lookup and no write to race for, and a renamed account keeps its id, as the handle is not part of it.
Outside the installation both kinds say nothing. They differ in erasure. A vault forgets a person with one row, but also
forgets whom not to buy again, and needs a keyed hash for that after all. A derived id is forgotten when the last row
beside a handle or native id is. Left in a log it is then a number which only the holder of the secret could tie to a
native id that he already knows, and the same number is what a suppression list keeps. Destroying the secret unties all.

Where a row has only a handle its id is provisional: `resolve` tells which account it was, once both were seen together.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import msgspec
import polars as pl

from creator_assets.identity.comparison import exact_handle
from creator_assets.identity.secret import InstallationSecret
from creator_assets.identity.tenures import holders, is_outdated

HANDLE_MEMORY = timedelta(days=365)
"""How far from a sighting a handle alone still means the same account. Handles are reused; a year is a choice."""

_KEYS = ("platform", "native_id", "provider", "provider_id", "handle")
_PROFILE = ("handle", "display_name", "followers", "biography")


class Basis(StrEnum):
    """On which id of the row an account id rests, the surest first."""

    NATIVE = "native"  # the platform's own id: survives a rename
    PROVIDER = "provider"  # an id that a provider made up; means nothing at another provider
    HANDLE = "handle"  # provisional: only as good as the moment at which the handle was seen


class UnidentifiedRowsError(ValueError):
    """Rows without any id or handle cannot be of an account."""


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What `resolve` found.

    Attributes:
        accounts: One row per account: ``account_id``, ``platform``, ``native_id``, ``basis``, ``founding_id`` (the
            first id its rows had, which may have been provisional), ``first_seen_at``, ``last_seen_at`` and, as last
            seen, ``handle``, ``display_name``, ``followers`` and ``biography``, as far as the observations have them.
        aliases: One row per id that stands for another: ``alias_id``, ``account_id``, ``platform``, ``reason``
            (``same_row`` or ``same_handle``), ``first_seen_at`` and ``last_seen_at`` of the rows for which it does.
        observations: The rows given, with ``account_id`` as resolved and ``own_account_id`` as `with_account_ids`
            gives it.
    """

    accounts: pl.DataFrame
    aliases: pl.DataFrame
    observations: pl.DataFrame


def with_account_ids(rows: pl.DataFrame, secret: InstallationSecret) -> pl.DataFrame:
    """Add ``account_id`` and ``account_basis``; a function of each row alone, so the same in every rebuild.

    Args:
        rows: ``platform`` and any of ``native_id`` (the platform's own), ``provider`` with ``provider_id`` (that
            provider's own), ``handle``; all text. Columns that are missing count as null.
        secret: The installation's.

    Raises:
        UnidentifiedRowsError: Some rows have a platform but none of the ids, or no platform.
    """
    named = [_key(rows, name).alias(f"_{name}") for name in _KEYS]
    native, internal, handle = pl.col("_native_id"), pl.col("_provider_id"), pl.col("_handle")
    keyed = rows.with_columns(named).with_columns(
        account_basis=pl.when(native.is_not_null())
        .then(pl.lit(Basis.NATIVE.value))
        .when(internal.is_not_null() & pl.col("_provider").is_not_null())
        .then(pl.lit(Basis.PROVIDER.value))
        .when(handle.is_not_null())
        .then(pl.lit(Basis.HANDLE.value))
    )
    lost = keyed.filter(pl.col("account_basis").is_null() | pl.col("_platform").is_null()).height
    if lost:
        raise UnidentifiedRowsError(
            f"{lost:,} of {rows.height:,} rows have no platform, or neither an id nor a handle, so they cannot be told "
            "to be of an account. Set them aside before asking for ids"
        )
    basis = pl.col("account_basis")
    keyed = keyed.with_columns(
        _issuer=pl.when(basis == Basis.PROVIDER).then(pl.col("_provider")).otherwise(pl.lit("")),
        _value=pl.when(basis == Basis.NATIVE)
        .then(native)
        .when(basis == Basis.PROVIDER)
        .then(internal)
        .otherwise(handle),
    )
    keys = ["_platform", "account_basis", "_issuer", "_value"]
    distinct = keyed.select(keys).unique()
    ids = [secret.pseudonym("account", *parts) for parts in distinct.iter_rows()]
    return (
        keyed.drop("account_id", strict=False)
        .join(
            distinct.with_columns(account_id=pl.Series(ids, dtype=pl.String)),
            on=keys,
            how="left",
            maintain_order="left",
        )
        .drop([f"_{name}" for name in _KEYS] + ["_issuer", "_value"])
    )


def resolve(
    observations: pl.DataFrame, secret: InstallationSecret, handle_memory: timedelta = HANDLE_MEMORY
) -> Resolution:
    """Tell which ids are of the same account, from rows that have more than one and from who held a handle when.

    A provider's id or a handle is joined to a native id, never a native id to another one: a freed handle that
    somebody else takes leaves two accounts. A provider's id that was seen with two native ids is joined to neither.

    Args:
        observations: As for `with_account_ids`, with ``observed_at`` (a point in time), and optionally
            ``display_name``, ``followers`` and ``biography``. Their order does not matter.
        secret: The installation's.
        handle_memory: How far from a sighting a handle alone is still taken for the same account.
    """
    rows = with_account_ids(observations, secret).with_row_index("row")
    rows = rows.with_columns(_platform=_key(rows, "platform"), _handle=_key(rows, "handle"))
    rows = rows.join(_provider_aliases(rows), on="row", how="left").with_columns(
        _anchor=pl.when(pl.col("account_basis") == Basis.NATIVE).then(pl.col("account_id")).otherwise("_joined")
    )
    seen = rows.filter(pl.col("_anchor").is_not_null()).select(
        "observed_at", account_id="_anchor", platform="_platform", handle="_handle"
    )
    loose = rows.filter(pl.col("_anchor").is_null() & pl.col("_handle").is_not_null()).select(
        "row", "account_id", "account_basis", "observed_at", platform="_platform", handle="_handle"
    )
    joined = _joined_by_handle(loose, seen, handle_memory)
    resolved = (
        rows.join(joined, on="row", how="left")
        .with_columns(
            own_account_id="account_id",
            account_id=pl.coalesce("_anchor", "_held_by", "account_id"),
            _reason=pl.when(pl.col("_joined").is_not_null()).then(pl.lit("same_row")).otherwise(pl.lit("same_handle")),
        )
        .sort("row")
    )
    return Resolution(
        accounts=_latest(resolved),
        aliases=_aliases(resolved),
        observations=resolved.select(*observations.columns, "account_id", "own_account_id", "account_basis"),
    )


def _joined_by_handle(loose: pl.DataFrame, seen: pl.DataFrame, memory: timedelta) -> pl.DataFrame:
    """For rows without a native id: ``row`` and ``_held_by``, the account that held their handle then."""
    internal = loose.filter(pl.col("account_basis") == Basis.PROVIDER)
    # A provider's id is one account whatever handle its rows show: they must all lead to the same holder.
    led = (
        internal.select("row", "account_id")
        .join(holders(internal, seen, memory), on="row")
        .group_by("account_id")
        .agg(pl.col("holder").unique())
        .filter(pl.col("holder").list.len() == 1)
        .select("account_id", _held_by=pl.col("holder").list.first())
    )
    internal = internal.join(led, on="account_id", how="left")
    bare = loose.filter(pl.col("account_basis") == Basis.HANDLE)
    native = holders(bare, seen, memory)
    # Where no native id was ever seen with the handle, a provider's id that was is better than none.
    others = holders(
        bare.join(native, on="row", how="anti"),
        internal.filter(pl.col("_held_by").is_null()).join(seen, on=["platform", "handle"], how="anti"),
        memory,
    )
    return pl.concat(
        [
            internal.filter(pl.col("_held_by").is_not_null()).select("row", "_held_by"),
            native.select("row", _held_by="holder"),
            others.select("row", _held_by="holder"),
        ]
    )


def _key(rows: pl.DataFrame, name: str) -> pl.Expr:
    if name not in rows.columns:
        return pl.lit(None, dtype=pl.String)
    if name == "handle":
        return exact_handle(pl.col(name))
    text = pl.col(name).cast(pl.String).str.strip_chars()
    text = text.str.to_lowercase() if name in {"platform", "provider"} else text
    return pl.when(text != "").then(text)


def _provider_aliases(rows: pl.DataFrame) -> pl.DataFrame:
    """For rows with a provider's id: ``row`` and ``_joined``, the one native account that it was ever seen with."""
    if not {"provider", "provider_id"} <= set(rows.columns):
        return pl.DataFrame(schema={"row": rows.schema["row"], "_joined": pl.String})
    keys = ["_platform", "_provider", "_provider_id"]
    given = rows.with_columns(_provider=_key(rows, "provider"), _provider_id=_key(rows, "provider_id")).filter(
        pl.all_horizontal(pl.col("_provider", "_provider_id").is_not_null())
    )
    native = given.filter(pl.col("account_basis") == Basis.NATIVE).group_by(keys)
    joined = native.agg(_joined=pl.col("account_id").unique()).filter(pl.col("_joined").list.len() == 1)
    return given.join(joined, on=keys).select("row", _joined=pl.col("_joined").list.first())


def _latest(resolved: pl.DataFrame) -> pl.DataFrame:
    """Accounts as they were last seen; of values at the same moment the greatest, so that no order matters."""
    # An id that stands for two accounts, a handle that changed hands, founded neither.
    shared = pl.col("account_id").n_unique().over("own_account_id") > 1
    founding = (
        pl.when(shared & (pl.col("account_basis") == Basis.HANDLE)).then("account_id").otherwise("own_account_id")
    )
    oldest = pl.col("_founding").sort_by("observed_at", "_founding").first()
    if "handle" in resolved.columns:
        # A provider that has not looked since the account was renamed does not bring the old handle back.
        outdated = is_outdated(resolved.with_columns(handle="_handle"))
        resolved = resolved.with_columns(handle=pl.when(~outdated).then("handle"))
    profile = [
        pl.col(name).sort_by("observed_at", name).drop_nulls().last() for name in _PROFILE if name in resolved.columns
    ]
    native = pl.col("native_id") if "native_id" in resolved.columns else pl.lit(None, dtype=pl.String)
    return (
        resolved.with_columns(_native=native, _founding=founding)
        .group_by("account_id")
        .agg(
            pl.col("_platform").first().alias("platform"),
            pl.col("_native").drop_nulls().max().alias("native_id"),
            pl.col("account_basis").replace_strict({"native": 0, "provider": 1, "handle": 2}).min().alias("basis"),
            *profile,
            founding_id=oldest,
            first_seen_at=pl.col("observed_at").min(),
            last_seen_at=pl.col("observed_at").max(),
        )
        .with_columns(
            basis=pl.col("basis").replace_strict({0: "native", 1: "provider", 2: "handle"}, return_dtype=pl.String)
        )
        .sort("account_id")
    )


def _aliases(resolved: pl.DataFrame) -> pl.DataFrame:
    other = resolved.filter(pl.col("own_account_id") != pl.col("account_id"))
    return (
        other.group_by(alias_id="own_account_id", account_id="account_id", platform="_platform")
        .agg(
            reason=pl.col("_reason").min(),
            first_seen_at=pl.col("observed_at").min(),
            last_seen_at=pl.col("observed_at").max(),
        )
        .sort("alias_id", "account_id")
    )
