"""Handle ownership: which account used which handle, and when.

An account can give up a handle, and another account can take it. So every question about a handle needs a time.
``renames`` derives changes from ownership. ``accounts`` derives account ids from it.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

AMBIGUOUS = ""
"""The owner of a handle that several accounts showed at the same time."""


def ownership_periods(observations: pl.DataFrame, value: str = "handle") -> pl.DataFrame:
    """Find the unbroken periods in which an account showed the same `value`.

    Args:
        observations: ``account_id``, ``platform``, `value` and ``observed_at``, in any order. Rows without a value are
            ignored.
        value: The column that may change, for example ``handle`` or ``display_name``.

    Returns:
        One row per period: ``platform``, ``account_id``, `value``, ``first_seen_at``, ``last_seen_at``, ``previous``
        (the value of the period before), ``previous_seen_at`` (when that value was last seen) and ``next_seen_at``
        (when the value of the next period was first seen). The last three are null where there is no such period.
        Sorted by platform, account and time.
    """
    account = ["platform", "account_id"]
    ordered = (
        observations.lazy()
        .filter(pl.col(value).is_not_null())
        .select(*account, value, "observed_at")
        # Values of the same time are sorted too, so that the order of rows does not matter.
        .sort(*account, "observed_at", value)
        .with_columns(previous=pl.col(value).shift().over(account))
        .with_columns(period=pl.col(value).ne_missing(pl.col("previous")).cum_sum().over(account))
    )
    return (
        ordered.group_by(*account, "period")
        .agg(
            pl.col(value).first(),
            first_seen_at=pl.col("observed_at").min(),
            last_seen_at=pl.col("observed_at").max(),
        )
        .sort(*account, "period")
        .with_columns(
            previous=pl.col(value).shift().over(account),
            previous_seen_at=pl.col("last_seen_at").shift().over(account),
            next_seen_at=pl.col("first_seen_at").shift(-1).over(account),
        )
        .drop("period")
        .collect()
    )


def is_outdated(observations: pl.DataFrame, value: str = "handle") -> pl.Series:
    """Mark observations of a value after another provider has seen a newer one.

    Providers refresh an account at different times. A slow provider reports the old value for weeks, and the account
    would seem to change back and forth. A provider's first value is outdated as soon as another provider has seen a
    newer value. Once a provider has reported a change itself, all its values count.

    Args:
        observations: ``account_id``, `value`, ``observed_at`` and, if there are several providers, ``provider``.
        value: The column that may change.

    Returns:
        One boolean per observation, in the order of the rows.
    """
    provider = pl.col("provider") if "provider" in observations.columns else pl.lit("")
    rows = observations.select("account_id", "observed_at", value=value, provider=provider).with_row_index("row")
    observer = ["account_id", "provider"]
    outdated = (
        rows.filter(pl.col("value").is_not_null())
        .with_columns(first_seen_at=pl.col("observed_at").min().over("account_id", "value"))
        .sort("observed_at", "value")
        .with_columns(
            newest_at=pl.col("first_seen_at").cum_max().over("account_id"),
            first_value=pl.col("value").first().over(observer),
        )
        # A step of its own: Polars computes a window inside a window once per group, each time over all rows.
        .with_columns(has_changed=(pl.col("value") != pl.col("first_value")).cum_max().over(observer))
        .filter(~pl.col("has_changed") & (pl.col("newest_at") > pl.col("first_seen_at")))
    )
    return rows["row"].is_in(outdated["row"].implode())


def handle_owners(questions: pl.DataFrame, observations: pl.DataFrame, validity: timedelta) -> pl.DataFrame:
    """Find the account that owned a handle at a time, from the observations before and after that time.

    The last owner before and the first owner after are candidates. An owner that showed another handle in between does
    not count. If two different owners remain, the owner is unknown.

    Args:
        questions: ``row`` (any key), ``platform``, ``handle`` and ``observed_at``.
        observations: As for `ownership_periods`.
        validity: How long before and after an observation it still counts.

    Returns:
        ``row`` and ``owner`` (an account id), only for rows with a known owner.
    """
    place = ["platform", "handle"]
    if questions.is_empty():
        return pl.DataFrame(schema={"row": questions.schema["row"], "owner": pl.String})
    accounts = observations.join(questions, on=place, how="semi").select("account_id").unique()
    seen = _owners_by_time(observations.join(accounts, on="account_id", how="semi"))
    questions = questions.sort("observed_at")
    at = pl.col("observed_at")
    before = questions.join_asof(
        seen, on="observed_at", by=place, strategy="backward", tolerance=validity, check_sortedness=False
    ).filter(pl.col("owner").is_not_null() & (pl.col("next_seen_at").is_null() | (at < pl.col("next_seen_at"))))
    after = questions.join_asof(
        seen, on="observed_at", by=place, strategy="forward", tolerance=validity, check_sortedness=False
    ).filter(pl.col("owner").is_not_null() & (pl.col("previous_seen_at").is_null() | (at > pl.col("previous_seen_at"))))
    candidates = pl.concat([before.select("row", "owner"), after.select("row", "owner")])
    return (
        candidates.group_by("row")
        .agg(pl.col("owner").unique())
        .filter((pl.col("owner").list.len() == 1) & (pl.col("owner").list.first() != AMBIGUOUS))
        .select("row", pl.col("owner").list.first())
    )


def _owners_by_time(observations: pl.DataFrame) -> pl.DataFrame:
    """The owner of each handle at each time of an observation, with the limits of the period.

    Returns:
        ``platform``, ``handle``, ``observed_at``, ``owner`` (`AMBIGUOUS` if several accounts showed the handle),
        ``previous_seen_at`` and ``next_seen_at`` as in `ownership_periods`. Sorted by time.
    """
    periods = ownership_periods(observations).drop("previous", "platform", "last_seen_at")
    is_only_one = pl.col("account_id").n_unique() == 1
    return (
        observations.lazy()
        .filter(pl.col("handle").is_not_null())
        .sort("observed_at")
        # The period of an observation is the latest one of this account and handle that has begun.
        .join_asof(
            periods.lazy().sort("first_seen_at"),
            left_on="observed_at",
            right_on="first_seen_at",
            by=["account_id", "handle"],
            check_sortedness=False,
        )
        .group_by("platform", "handle", "observed_at")
        .agg(
            owner=pl.when(is_only_one).then(pl.col("account_id").first()).otherwise(pl.lit(AMBIGUOUS)),
            previous_seen_at=pl.when(is_only_one).then(pl.col("previous_seen_at").first()),
            next_seen_at=pl.when(is_only_one).then(pl.col("next_seen_at").first()),
        )
        .sort("observed_at")
        .collect()
    )
