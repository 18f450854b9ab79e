"""Account ids: one UUID per account, derived from the installation's secret and the platform's id of the account.

The same input always gives the same id. So rebuilt partitions, parallel runs and other processes agree without a
lookup table. A renamed account keeps its id, because the handle is not part of it.

A row that has only a handle gets a provisional id. `resolve` replaces it once some row shows the handle together with
a better id.

Why not random ids in a vault? A vault forgets a person when one row is deleted, but then it cannot prevent a second
purchase of that person's data without a keyed hash. A derived id is forgotten when the last row that has it beside a
handle or native id is deleted. If it remains in a log, only a holder of the secret can link it, and only to a native
id that the holder already knows. A suppression list stores the same id. Destroying the secret unlinks all ids.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import msgspec
import polars as pl

from creator_assets.handles import canonical_handles
from creator_assets.identity.handle_ownership import handle_owners, is_outdated
from creator_assets.identity.secret import InstallationSecret

HANDLE_VALIDITY = timedelta(days=365)
"""How long before and after an observation its handle still means the same account. Handles are reused; one year is our
choice."""

_KEYS = ("platform", "native_id", "provider", "provider_id", "handle")
_PROFILE = ("handle", "display_name", "followers", "biography")


class AccountBasis(StrEnum):
    """The id of a row from which the account id is derived, the most reliable first."""

    NATIVE = "native"  # the platform's own id: survives a rename
    PROVIDER = "provider"  # a provider's own id: means nothing to other providers
    HANDLE = "handle"  # provisional: valid only near the time of the observation


class UnidentifiedRowsError(ValueError):
    """Some rows have no platform, or have neither an id nor a handle."""


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `resolve`.

    Attributes:
        accounts: One row per account: ``account_id``, ``platform``, ``native_id``, ``basis``, ``founding_id`` (the
            first id of its rows, possibly provisional), ``first_seen_at`` and ``last_seen_at``. The latest ``handle``,
            ``display_name``, ``followers`` and ``biography`` are there if the observations have these columns.
        aliases: One row per id that was replaced by another: ``alias_id``, ``account_id``, ``platform``, ``reason``
            (``same_row`` or ``same_handle``), and ``first_seen_at`` and ``last_seen_at`` of the rows with that id.
        observations: The input rows, with the resolved ``account_id``, and with ``own_account_id`` from
            `with_account_ids`.
    """

    accounts: pl.DataFrame
    aliases: pl.DataFrame
    observations: pl.DataFrame


def with_account_ids(rows: pl.DataFrame, secret: InstallationSecret) -> pl.DataFrame:
    """Add ``account_id`` and ``account_basis``. They depend on each row alone, so every rebuild gives the same.

    Args:
        rows: ``platform`` and any of ``native_id`` (the platform's id), ``provider`` with ``provider_id`` (that
            provider's id) and ``handle``. All are text. Missing columns count as null.
        secret: The installation's secret.

    Raises:
        UnidentifiedRowsError: Some rows have no platform, or have neither an id nor a handle.
    """
    named = [_key(rows, name).alias(f"_{name}") for name in _KEYS]
    native, internal, handle = pl.col("_native_id"), pl.col("_provider_id"), pl.col("_handle")
    keyed = rows.with_columns(named).with_columns(
        account_basis=pl.when(native.is_not_null())
        .then(pl.lit(AccountBasis.NATIVE.value))
        .when(internal.is_not_null() & pl.col("_provider").is_not_null())
        .then(pl.lit(AccountBasis.PROVIDER.value))
        .when(handle.is_not_null())
        .then(pl.lit(AccountBasis.HANDLE.value))
    )
    unidentified = keyed.filter(pl.col("account_basis").is_null() | pl.col("_platform").is_null()).height
    if unidentified:
        raise UnidentifiedRowsError(
            f"Account ids could not be assigned. {unidentified:,} of {rows.height:,} rows have no platform, or have "
            "neither an id nor a handle. Remove these rows first"
        )
    basis = pl.col("account_basis")
    keyed = keyed.with_columns(
        _issuer=pl.when(basis == AccountBasis.PROVIDER).then(pl.col("_provider")).otherwise(pl.lit("")),
        _value=pl.when(basis == AccountBasis.NATIVE)
        .then(native)
        .when(basis == AccountBasis.PROVIDER)
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
    observations: pl.DataFrame, secret: InstallationSecret, handle_validity: timedelta = HANDLE_VALIDITY
) -> Resolution:
    """Find the ids that belong to the same account, from rows with several ids and from handle ownership.

    A provider's id or a handle can be joined to a native id. Two native ids are never joined: when an account takes a
    handle that another one gave up, they remain two accounts. A provider's id that was seen with two native ids is
    joined to neither.

    Args:
        observations: As for `with_account_ids`, with ``observed_at`` and optionally ``display_name``, ``followers``
            and ``biography``. The order of rows does not matter.
        secret: The installation's secret.
        handle_validity: How long before and after an observation its handle still means the same account.

    Raises:
        UnidentifiedRowsError: As for `with_account_ids`.
    """
    rows = with_account_ids(observations, secret).with_row_index("row")
    rows = rows.with_columns(_platform=_key(rows, "platform"), _handle=_key(rows, "handle"))
    rows = rows.join(_provider_aliases(rows), on="row", how="left").with_columns(
        _known_id=pl.when(pl.col("account_basis") == AccountBasis.NATIVE)
        .then(pl.col("account_id"))
        .otherwise("_native_account")
    )
    known = rows.filter(pl.col("_known_id").is_not_null()).select(
        "observed_at", account_id="_known_id", platform="_platform", handle="_handle"
    )
    unknown = rows.filter(pl.col("_known_id").is_null() & pl.col("_handle").is_not_null()).select(
        "row", "account_id", "account_basis", "observed_at", platform="_platform", handle="_handle"
    )
    owners = _owner_ids(unknown, known, handle_validity)
    resolved = (
        rows.join(owners, on="row", how="left")
        .with_columns(
            own_account_id="account_id",
            account_id=pl.coalesce("_known_id", "_owner_id", "account_id"),
            _reason=pl.when(pl.col("_native_account").is_not_null())
            .then(pl.lit("same_row"))
            .otherwise(pl.lit("same_handle")),
        )
        .sort("row")
    )
    return Resolution(
        accounts=_latest(resolved),
        aliases=_aliases(resolved),
        observations=resolved.select(*observations.columns, "account_id", "own_account_id", "account_basis"),
    )


def _owner_ids(unknown: pl.DataFrame, known: pl.DataFrame, validity: timedelta) -> pl.DataFrame:
    """Find the owners of the handles of rows without a native id.

    Args:
        unknown: ``row``, ``account_id``, ``account_basis``, ``platform``, ``handle`` and ``observed_at``.
        known: Observations of accounts with a native id.
        validity: How long before and after an observation its handle still means the same account.

    Returns:
        ``row`` and ``_owner_id``, the id of the account that owned the handle at that time.
    """
    by_provider = unknown.filter(pl.col("account_basis") == AccountBasis.PROVIDER)
    # A provider's id is one account with any handle: all its rows must have the same owner.
    owners = (
        by_provider.select("row", "account_id")
        .join(handle_owners(by_provider, known, validity), on="row")
        .group_by("account_id")
        .agg(pl.col("owner").unique())
        .filter(pl.col("owner").list.len() == 1)
        .select("account_id", _owner_id=pl.col("owner").list.first())
    )
    by_provider = by_provider.join(owners, on="account_id", how="left")
    by_handle = unknown.filter(pl.col("account_basis") == AccountBasis.HANDLE)
    native = handle_owners(by_handle, known, validity)
    # If no native id was ever seen with a handle, a provider's id is the next best.
    others = handle_owners(
        by_handle.join(native, on="row", how="anti"),
        by_provider.filter(pl.col("_owner_id").is_null()).join(known, on=["platform", "handle"], how="anti"),
        validity,
    )
    return pl.concat(
        [
            by_provider.filter(pl.col("_owner_id").is_not_null()).select("row", "_owner_id"),
            native.select("row", _owner_id="owner"),
            others.select("row", _owner_id="owner"),
        ]
    )


def _key(rows: pl.DataFrame, name: str) -> pl.Expr:
    if name not in rows.columns:
        return pl.lit(None, dtype=pl.String)
    if name == "handle":
        return canonical_handles(pl.col(name), pl.col("platform"))
    text = pl.col(name).cast(pl.String).str.strip_chars()
    text = text.str.to_lowercase() if name in {"platform", "provider"} else text
    return pl.when(text != "").then(text)


def _provider_aliases(rows: pl.DataFrame) -> pl.DataFrame:
    """For rows with a provider's id: ``row`` and ``_native_account``, the only native account that it was seen with."""
    if not {"provider", "provider_id"} <= set(rows.columns):
        return pl.DataFrame(schema={"row": rows.schema["row"], "_native_account": pl.String})
    keys = ["_platform", "_provider", "_provider_id"]
    rows = rows.with_columns(_provider=_key(rows, "provider"), _provider_id=_key(rows, "provider_id")).filter(
        pl.all_horizontal(pl.col("_provider", "_provider_id").is_not_null())
    )
    native = rows.filter(pl.col("account_basis") == AccountBasis.NATIVE).group_by(keys)
    single = native.agg(_native_account=pl.col("account_id").unique()).filter(pl.col("_native_account").list.len() == 1)
    return rows.join(single, on=keys).select("row", _native_account=pl.col("_native_account").list.first())


def _latest(resolved: pl.DataFrame) -> pl.DataFrame:
    """The latest state of each account. Of several values at the same time the greatest counts, whatever the order."""
    # A handle that two accounts owned is the founding id of neither.
    shared = pl.col("account_id").n_unique().over("own_account_id") > 1
    founding = (
        pl.when(shared & (pl.col("account_basis") == AccountBasis.HANDLE))
        .then("account_id")
        .otherwise("own_account_id")
    )
    oldest = pl.col("_founding").sort_by("observed_at", "_founding").first()
    if "handle" in resolved.columns:
        # A provider that still reports the handle from before a rename must not bring it back.
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
