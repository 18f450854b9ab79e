"""Changes of accounts over time: renames, new display names, and handles that another account took.

If the platform's id is known, a rename is a fact. If not, a rename is a guess: one account is never seen again, and
another one with the same name and a similar number of followers appears later. A guess has a confidence below 1 and
joins nothing by itself. A taken handle is one change with two accounts.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import msgspec
import polars as pl

from creator_assets.handles import canonical_handles
from creator_assets.identity.accounts import AccountBasis
from creator_assets.identity.comparison import comparable, is_generic, weighted_length
from creator_assets.identity.handle_ownership import is_outdated, ownership_periods

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


class ChangeKind(StrEnum):
    """What changed."""

    RENAMED = "renamed"  # same platform id, another handle
    RESPELLED = "respelled"  # the same handle for the platform, in another spelling
    NAME_CHANGED = "name_changed"  # another display name
    PROBABLY_RENAMED = "probably_renamed"  # `account_id` probably became `new_account_id`
    HANDLE_TAKEN = "handle_taken"  # `new_account_id` took the handle of `account_id`


class RenameTolerance(msgspec.Struct, frozen=True, kw_only=True):
    """How much two handles' observations may differ and still be one account. The benchmark measures the defaults."""

    followers: float = 0.10
    """Difference in followers, relative to the larger number."""
    gap: timedelta = timedelta(days=365)
    """Time from the last observation under the old handle to the first under the new one."""
    name_letters: int = 4
    """Shortest name, in weighted letters. A shorter one is too common."""
    best: float = 0.85
    """Confidence for equal followers. It falls to two thirds of this at the largest allowed difference."""


def account_changes(observations: pl.DataFrame, tolerance: RenameTolerance | None = None) -> pl.DataFrame:
    """Find every change in the observations, sorted by time and kind.

    Args:
        observations: ``account_id`` (as resolved), ``account_basis``, ``platform``, ``handle``, ``display_name``,
            ``followers``, ``observed_at`` and, if there are several providers, ``provider``. The order of rows does
            not matter. Probable renames are only searched among accounts with the basis ``handle``, because only their
            ids change with the handle.
        tolerance: For probable renames.

    Returns:
        Columns of `CHANGE_SCHEMA`. ``account_id`` and ``new_account_id`` are equal if one account changed.
    """
    handles = observations.with_columns(handle=pl.col("handle").str.strip_chars().str.strip_prefix("@"))
    exact = observations.with_columns(handle=canonical_handles(pl.col("handle"), pl.col("platform")))
    parts = [
        _changed_handles(ownership_periods(handles.filter(~is_outdated(handles)))),
        _changed_names(
            ownership_periods(observations.filter(~is_outdated(observations, "display_name")), "display_name")
        ),
        _taken(ownership_periods(exact.filter(~is_outdated(exact)))),
        probable_renames(observations, tolerance),
    ]
    return pl.concat([_as_changes(part) for part in parts]).sort(
        "first_seen_new_at", "kind", "account_id", "new_account_id", "new_value"
    )


def probable_renames(observations: pl.DataFrame, tolerance: RenameTolerance | None = None) -> pl.DataFrame:
    """Find pairs of accounts, known only by handle, of which one probably became the other.

    Each must be the only candidate for the other. If two accounts with one name disappear, or two appear, the pair is
    unknown. The confidence falls with the difference in followers.

    Args:
        observations: As for `account_changes`.
        tolerance: How much the two accounts may differ.

    Returns:
        As for `account_changes`.
    """
    allowed = tolerance or RenameTolerance()
    name = comparable(pl.col("display_name"))
    by_account = (
        observations.filter(pl.col("account_basis") == AccountBasis.HANDLE)
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
    disappeared = by_account.select("account_id", "handle", "last_at", "last_followers", "platform", name="last_name")
    appeared = by_account.select("account_id", "handle", "first_at", "first_followers", "platform", name="first_name")
    is_distinct = (weighted_length(pl.col("name")) >= allowed.name_letters) & ~is_generic(pl.col("name"))
    difference = (pl.col("last_followers") - pl.col("first_followers")).abs() / pl.max_horizontal(
        "last_followers", "first_followers"
    )
    pairs = (
        disappeared.filter(is_distinct)
        .join(appeared, on=place, suffix="_new")
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
            kind=pl.lit(ChangeKind.PROBABLY_RENAMED.value),
            new_account_id="account_id_new",
            old_value="handle",
            new_value="handle_new",
            last_seen_old_at="last_at",
            first_seen_new_at="first_at",
            confidence=allowed.best * (1 - pl.col("difference") / allowed.followers / 3),
        )
    )


def _changed_handles(periods: pl.DataFrame) -> pl.DataFrame:
    platform = pl.col("platform")
    same = canonical_handles(pl.col("handle"), platform) == canonical_handles(pl.col("previous"), platform)
    kind = pl.when(same).then(pl.lit(ChangeKind.RESPELLED.value)).otherwise(pl.lit(ChangeKind.RENAMED.value))
    return _own_changes(periods, "handle", kind)


def _changed_names(periods: pl.DataFrame) -> pl.DataFrame:
    return _own_changes(periods, "display_name", pl.lit(ChangeKind.NAME_CHANGED.value))


def _own_changes(periods: pl.DataFrame, value: str, kind: pl.Expr) -> pl.DataFrame:
    return periods.filter(pl.col("previous").is_not_null()).select(
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


def _taken(periods: pl.DataFrame) -> pl.DataFrame:
    place = ["platform", "handle"]
    return (
        periods.sort(*place, "first_seen_at", "account_id")
        .with_columns(
            before=pl.col("account_id").shift().over(place), left_at=pl.col("last_seen_at").shift().over(place)
        )
        # If both accounts still show the handle, a provider is late or wrong. Then the handle was not taken.
        .filter((pl.col("before") != pl.col("account_id")) & (pl.col("left_at") < pl.col("first_seen_at")))
        .select(
            "platform",
            account_id="before",
            kind=pl.lit(ChangeKind.HANDLE_TAKEN.value),
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
