"""Who held which handle, and when: sightings of accounts condensed to unbroken stretches under one handle.

A handle is an address that can be given up and taken by somebody else, so every question to it carries a moment. What
follows from a change belongs to ``renames``; what follows for ids belongs to ``accounts``.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

AMBIGUOUS = ""  # more than one account was seen with the handle at the same moment


def tenures(sightings: pl.DataFrame, value: str = "handle") -> pl.DataFrame:
    """The stretches in which each account was seen with the same `value`.

    Args:
        sightings: ``account_id``, ``platform``, `value` and ``observed_at``; rows without a value are passed over.
            Their order does not matter.
        value: The column that may change, such as ``handle`` or ``display_name``.

    Returns:
        One row per stretch: ``platform``, ``account_id``, `value`, ``first_seen_at``, ``last_seen_at`` and, null at
        the ends, ``previous`` and ``previous_seen_at`` (the value before and when it was last seen) and
        ``next_seen_at`` (when another value was first seen). Sorted by platform, account and time.
    """
    account = ["platform", "account_id"]
    ordered = (
        sightings.lazy()
        .filter(pl.col(value).is_not_null())
        .select(*account, value, "observed_at")
        # Of two values at the same moment the one that went before, and the smaller one without such, comes first.
        .sort(*account, "observed_at", value)
        .with_columns(previous=pl.col(value).shift().over(account))
        .with_columns(stretch=pl.col(value).ne_missing(pl.col("previous")).cum_sum().over(account))
    )
    return (
        ordered.group_by(*account, "stretch")
        .agg(
            pl.col(value).first(),
            first_seen_at=pl.col("observed_at").min(),
            last_seen_at=pl.col("observed_at").max(),
        )
        .sort(*account, "stretch")
        .with_columns(
            previous=pl.col(value).shift().over(account),
            previous_seen_at=pl.col("last_seen_at").shift().over(account),
            next_seen_at=pl.col("first_seen_at").shift(-1).over(account),
        )
        .drop("stretch")
        .collect()
    )


def is_outdated(sightings: pl.DataFrame, value: str = "handle") -> pl.Series:
    """Which sightings show what another provider had already seen the account give up.

    Providers look at different times: one that has not looked since keeps telling the old value for weeks, and read as
    one story the account would change to and fro. A provider's first value is outdated from the moment at which
    another one has seen a newer; once it has told of a change itself, what it says counts.

    Args:
        sightings: ``account_id``, `value`, ``observed_at`` and, where several are mixed, ``provider``.
        value: The column that may change.
    """
    provider = pl.col("provider") if "provider" in sightings.columns else pl.lit("")
    rows = sightings.select("account_id", "observed_at", value=value, provider=provider).with_row_index("row")
    first_seen_at = pl.col("observed_at").min().over("account_id", "value")
    teller = ["account_id", "provider"]
    judged = (
        rows.filter(pl.col("value").is_not_null())
        .with_columns(first_seen_at=first_seen_at)
        .sort("observed_at", "value")
        .with_columns(
            newest_at=pl.col("first_seen_at").cum_max().over("account_id"),
            first_value=pl.col("value").first().over(teller),
        )
        # A step of its own: Polars computes a window inside a window once per group, each time over all rows.
        .with_columns(changed=(pl.col("value") != pl.col("first_value")).cum_max().over(teller))
        .filter(~pl.col("changed") & (pl.col("newest_at") > pl.col("first_seen_at")))
    )
    return rows["row"].is_in(judged["row"].implode())


def holders(asked: pl.DataFrame, sightings: pl.DataFrame, memory: timedelta) -> pl.DataFrame:
    """Which account held a handle at a moment, as far as the sightings around that moment tell.

    The last holder before and the first one after are asked. One that was seen under another handle in between does
    not count. If both count and differ, nobody knows.

    Args:
        asked: ``row`` (any key), ``platform``, ``handle``, ``observed_at``.
        sightings: As for `tenures`.
        memory: How old, or how much later, a sighting may be to be believed.

    Returns:
        ``row`` and ``holder`` (an account id) for the rows that have one.
    """
    place = ["platform", "handle"]
    if asked.is_empty():
        return pl.DataFrame(schema={"row": asked.schema["row"], "holder": pl.String})
    candidates = sightings.join(asked, on=place, how="semi").select("account_id").unique()
    sightings = sightings.join(candidates, on="account_id", how="semi")
    stretches = tenures(sightings).drop("previous", "platform", "last_seen_at")
    alone = pl.col("account_id").n_unique() == 1
    seen = (
        sightings.lazy()
        .filter(pl.col("handle").is_not_null())
        .sort("observed_at")
        # Each sighting in its stretch: the one of this account and handle that began last.
        .join_asof(
            stretches.lazy().sort("first_seen_at"),
            left_on="observed_at",
            right_on="first_seen_at",
            by=["account_id", "handle"],
            check_sortedness=False,
        )
        .group_by("platform", "handle", "observed_at")
        .agg(
            holder=pl.when(alone).then(pl.col("account_id").first()).otherwise(pl.lit(AMBIGUOUS)),
            came_after=pl.when(alone).then(pl.col("previous_seen_at").first()),
            left_at=pl.when(alone).then(pl.col("next_seen_at").first()),
        )
        .sort("observed_at")
        .collect()
    )
    asked = asked.sort("observed_at")
    moment = pl.col("observed_at")
    before = asked.join_asof(
        seen, on="observed_at", by=place, strategy="backward", tolerance=memory, check_sortedness=False
    ).filter(pl.col("holder").is_not_null() & (pl.col("left_at").is_null() | (moment < pl.col("left_at"))))
    after = asked.join_asof(
        seen, on="observed_at", by=place, strategy="forward", tolerance=memory, check_sortedness=False
    ).filter(pl.col("holder").is_not_null() & (pl.col("came_after").is_null() | (moment > pl.col("came_after"))))
    found = pl.concat([before.select("row", "holder"), after.select("row", "holder")])
    return (
        found.group_by("row")
        .agg(pl.col("holder").unique())
        .filter((pl.col("holder").list.len() == 1) & (pl.col("holder").list.first() != AMBIGUOUS))
        .select("row", pl.col("holder").list.first())
    )
