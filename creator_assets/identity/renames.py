"""What became of accounts: renames, other names, and handles that changed hands, read from sightings over time.

Where the platform's id is known a rename is a fact. Where it is not, an account that is never seen again and another
that first appears afterwards, under the same name and with about as many followers, are probably one: that is said with
a confidence and joins nothing by itself. A handle that somebody else takes is an event of two accounts.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import msgspec
import polars as pl

from creator_assets.identity.accounts import Basis
from creator_assets.identity.comparison import comparable, exact_handle, is_generic, letters_worth
from creator_assets.identity.tenures import is_outdated, tenures

CHANGE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": pl.String,
    "platform": pl.String,
    "account_id": pl.String,
    "new_account_id": pl.String,
    "old_value": pl.String,
    "new_value": pl.String,
    "last_seen_old_at": pl.Datetime("us", "UTC"),
    "first_seen_new_at": pl.Datetime("us", "UTC"),
    "confidence": pl.Float64,
}


class Change(StrEnum):
    """What happened."""

    RENAMED = "renamed"  # same platform id, another handle
    RESPELLED = "respelled"  # same handle to the platform, written otherwise
    NAME_CHANGED = "name_changed"  # another display name
    PROBABLY_RENAMED = "probably_renamed"  # `new_account_id` seems to be what `account_id` became
    HANDLE_TAKEN = "handle_taken"  # `new_account_id` holds the handle that was `account_id`'s


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """When sightings under two handles may be of one account. The defaults are those that the benchmark measures."""

    followers: float = 0.10  # relative difference to the larger number
    gap: timedelta = timedelta(days=365)  # from the last sighting under the old handle to the first under the new one
    name_letters: int = 4  # a shorter name is too common to be a sign
    best: float = 0.85  # confidence at equal numbers of followers; at the tolerance's end two thirds of it


def account_changes(sightings: pl.DataFrame, tolerance: Tolerance | None = None) -> pl.DataFrame:
    """Every change that the sightings show, by kind and time.

    Args:
        sightings: ``account_id`` (as resolved), ``account_basis``, ``platform``, ``handle``, ``display_name``,
            ``followers``, ``observed_at`` and, where several are mixed, ``provider``. Their order does not matter.
            Accounts whose basis is ``handle`` are looked through for probable renames, since their id changes with the
            handle.
        tolerance: For probable renames.

    Returns:
        Columns of `CHANGE_SCHEMA`: ``account_id`` and ``new_account_id`` are the same where one account changed.
    """
    handles = sightings.with_columns(handle=pl.col("handle").str.strip_chars().str.strip_prefix("@"))
    exact = sightings.with_columns(handle=exact_handle(pl.col("handle")))
    parts = [
        _changed_handles(tenures(handles.filter(~is_outdated(handles)))),
        _changed_names(tenures(sightings.filter(~is_outdated(sightings, "display_name")), "display_name")),
        _taken(tenures(exact.filter(~is_outdated(exact)))),
        probable_renames(sightings, tolerance),
    ]
    return pl.concat([_as_changes(part) for part in parts]).sort(
        "first_seen_new_at", "kind", "account_id", "new_account_id", "new_value"
    )


def probable_renames(sightings: pl.DataFrame, tolerance: Tolerance | None = None) -> pl.DataFrame:
    """Accounts known by handle alone of which one seems to have become another.

    Both must be each other's only candidate: of two that vanished or two that appeared with the same name, nobody can
    say which is which. The confidence falls with the difference in followers.

    Args:
        sightings: As for `account_changes`.
        tolerance: What may differ; by default what the benchmark measures.

    Returns:
        As for `account_changes`.
    """
    allowed = tolerance or Tolerance()
    name = comparable(pl.col("display_name"))
    by_account = (
        sightings.filter(pl.col("account_basis") == Basis.HANDLE)
        .with_columns(name=name)
        .sort("observed_at", "handle", "name", "followers")
        .group_by("platform", "account_id")
        .agg(
            first_at=pl.col("observed_at").min(),
            last_at=pl.col("observed_at").max(),
            first_name=pl.col("name").drop_nulls().first(),
            last_name=pl.col("name").drop_nulls().last(),
            first_followers=pl.col("followers").drop_nulls().first(),
            last_followers=pl.col("followers").drop_nulls().last(),
            handle=pl.col("handle").last(),
        )
    )
    place = ["platform", "name"]
    gone = by_account.select("account_id", "handle", "last_at", "last_followers", "platform", name="last_name")
    come = by_account.select("account_id", "handle", "first_at", "first_followers", "platform", name="first_name")
    telling = (letters_worth(pl.col("name")) >= allowed.name_letters) & ~is_generic(pl.col("name"))
    difference = (pl.col("last_followers") - pl.col("first_followers")).abs() / pl.max_horizontal(
        "last_followers", "first_followers"
    )
    pairs = (
        gone.filter(telling)
        .join(come, on=place, suffix="_new")
        .filter(
            (pl.col("account_id") != pl.col("account_id_new"))
            & (pl.col("last_at") < pl.col("first_at"))
            & (pl.col("first_at") - pl.col("last_at") <= allowed.gap)
        )
        .with_columns(difference=difference)
        .filter(pl.col("difference") <= allowed.followers)
        .filter((pl.len().over("account_id") == 1) & (pl.len().over("account_id_new") == 1))
    )
    return _as_changes(
        pairs.select(
            "platform",
            "account_id",
            kind=pl.lit(Change.PROBABLY_RENAMED.value),
            new_account_id="account_id_new",
            old_value="handle",
            new_value="handle_new",
            last_seen_old_at="last_at",
            first_seen_new_at="first_at",
            confidence=allowed.best * (1 - pl.col("difference") / allowed.followers / 3),
        )
    )


def _changed_handles(stretches: pl.DataFrame) -> pl.DataFrame:
    same = exact_handle(pl.col("handle")) == exact_handle(pl.col("previous"))
    kind = pl.when(same).then(pl.lit(Change.RESPELLED.value)).otherwise(pl.lit(Change.RENAMED.value))
    return _own_changes(stretches, "handle", kind)


def _changed_names(stretches: pl.DataFrame) -> pl.DataFrame:
    return _own_changes(stretches, "display_name", pl.lit(Change.NAME_CHANGED.value))


def _own_changes(stretches: pl.DataFrame, value: str, kind: pl.Expr) -> pl.DataFrame:
    return stretches.filter(pl.col("previous").is_not_null()).select(
        "platform",
        "account_id",
        kind=kind,
        new_account_id="account_id",
        old_value="previous",
        new_value=value,
        last_seen_old_at="previous_seen_at",
        first_seen_new_at="first_seen_at",
        confidence=pl.lit(1.0),
    )


def _taken(stretches: pl.DataFrame) -> pl.DataFrame:
    place = ["platform", "handle"]
    return (
        stretches.sort(*place, "first_seen_at", "account_id")
        .with_columns(
            before=pl.col("account_id").shift().over(place), left_at=pl.col("last_seen_at").shift().over(place)
        )
        # While both are seen with it, some provider is late or wrong, and nothing has been taken.
        .filter((pl.col("before") != pl.col("account_id")) & (pl.col("left_at") < pl.col("first_seen_at")))
        .select(
            "platform",
            account_id="before",
            kind=pl.lit(Change.HANDLE_TAKEN.value),
            new_account_id="account_id",
            old_value="handle",
            new_value="handle",
            last_seen_old_at="left_at",
            first_seen_new_at="first_seen_at",
            confidence=pl.lit(1.0),
        )
    )


def _as_changes(changes: pl.DataFrame) -> pl.DataFrame:
    return changes.select(pl.col(name).cast(dtype) for name, dtype in CHANGE_SCHEMA.items())
