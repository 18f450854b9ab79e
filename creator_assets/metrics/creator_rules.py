"""Rules of the tables of creators: how they were found and chosen, what is known of them, what a week of them may cost.

Those of posts, videos, audiences and reports are in ``table_rules``, where all of them are listed by table.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

# Clocks of providers differ from ours by minutes, and their dates by a time zone.
TOLERANCE = timedelta(days=1)
FEWEST_TO_JUDGE = 5
PER_CENT = "engagement of more than everybody (per cent for a fraction?)"

Rules = dict[str, pl.Expr]


def seen(now: datetime) -> Rules:
    """Of every table whose rows were observed."""
    return {"seen in the future": pl.col("observed_at") > pl.lit(now + TOLERANCE)}


def values(now: datetime) -> Rules:
    """Of ``filter_values``."""
    return seen(now) | {"a value that says nothing": pl.col("value").str.strip_chars() == ""}


def found(now: datetime) -> Rules:
    """Of ``discovery_results``: a single creator may engage more people than follow it, half of a search cannot."""
    search = ["campaign", "week", "origin", "origin_name", "platform"]
    rate = pl.col("engagement_rate")
    return seen(now) | {
        PER_CENT: (rate.median().over(search) > 1) & (rate.count().over(search) >= FEWEST_TO_JUDGE),
        "a creator without a name": pl.col("username").str.strip_chars() == "",
        "two creators in one place": pl.struct(*search, "provider", "rank").is_duplicated(),
    }


def chosen(now: datetime) -> Rules:
    """Of ``shortlist``."""
    places = pl.struct("campaign", "week", "place").is_duplicated()
    return seen(now) | {
        "chosen without a place, or placed without being chosen": pl.col("selected") != pl.col("place").is_not_null(),
        "two creators in one place": pl.col("place").is_not_null() & places,
    }


def profiles(now: datetime) -> Rules:
    """Of ``enriched_profiles``."""
    return seen(now) | {
        PER_CENT: pl.col("engagement_rate") > 1,
        "nothing found and yet followers": (pl.col("state") != "enriched") & pl.col("followers").is_not_null(),
    }


def batches(now: datetime) -> Rules:
    """Of ``enrichment_batches``."""
    told = pl.col("succeeded_rows") + pl.col("failed_rows")
    return seen(now) | {
        "more done than given": pl.max_horizontal("processed_rows", told) > pl.col("total_rows"),
        "under way without a time to look again": pl.col("state").is_in(["queued", "processing"])
        & pl.col("next_look_at").is_null(),
    }


def linked(now: datetime) -> Rules:
    """Of ``linked_accounts``."""
    is_linked = pl.col("state") == "linked"
    is_seed = (pl.col("platform") == pl.col("seed_platform")) & (pl.col("username") == pl.col("seed_username"))
    return seen(now) | {
        "nothing found and yet an account": ~is_linked & (~is_seed | pl.col("native_id").is_not_null()),
        "an account without a name": is_linked & (pl.col("username") == ""),
    }


def matches(now: datetime) -> Rules:
    """Of ``email_matches``."""
    is_matched = pl.col("state") == "matched"
    return seen(now) | {
        "nothing found and yet an account": ~is_matched & (pl.col("username") != ""),
        "an account without a name": is_matched & (pl.col("username") == ""),
        "asked without a reason": pl.col("lawful_basis").is_null() | pl.col("purpose").is_null(),
    }


def accounts(now: datetime) -> Rules:
    """Of ``creator_accounts``."""
    is_first = pl.col("linked_to").is_null()
    twice = pl.len().over("platform", "native_id") > 1
    return {
        "seen in the future": pl.col("last_seen_at") > pl.lit(now + TOLERANCE),
        "last seen before it was first seen": pl.col("last_seen_at") < pl.col("first_seen_at"),
        "a creator without one first account": is_first.sum().over("creator_id") != 1,
        "linked to an account that is not there": ~pl.col("linked_to").is_in(pl.col("account_id").implode()),
        "linked and nothing says why": ~is_first & pl.col("evidence").is_null(),
        "one id of the platform, two accounts": pl.col("native_id").is_not_null() & twice,
    }


def plan(now: datetime) -> Rules:
    """Of ``credit_plan``."""
    return {
        "planned in the future": pl.col("planned_at") > pl.lit(now + TOLERANCE),
        "more at least than at most": (pl.col("calls_min") > pl.col("calls_max"))
        | (pl.col("min_microcredits") > pl.col("max_microcredits")),
        "fits and leaves less than nothing": (pl.col("verdict") == "fits") & (pl.col("left_microcredits") < 0),
    }
