"""Row rules of the tables of creators: discovery, shortlist, profiles, batches, accounts and the credit plan.

``table_rules`` has the rules of posts, videos, audiences and reports, and the list of all rules by table.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

# Provider clocks differ from ours by minutes, and their dates by a time zone.
TOLERANCE = timedelta(days=1)
MIN_RATES_FOR_MEDIAN = 5
PER_CENT = "engagement above 1 (per cent instead of a fraction?)"

Rules = dict[str, pl.Expr]


def observed(now: datetime) -> Rules:
    """Return the rules of every table with `observed_at`."""
    return {"observed in the future": pl.col("observed_at") > pl.lit(now + TOLERANCE)}


def filter_values(now: datetime) -> Rules:
    """Return the rules of ``filter_values``."""
    return observed(now) | {"an empty value": pl.col("value").str.strip_chars() == ""}


def discovery_results(now: datetime) -> Rules:
    """Return the rules of ``discovery_results``. One creator may have an engagement above 1, half of a search not."""
    search = ["campaign", "week", "origin", "origin_name", "platform"]
    rate = pl.col("engagement_rate")
    return observed(now) | {
        PER_CENT: (rate.median().over(search) > 1) & (rate.count().over(search) >= MIN_RATES_FOR_MEDIAN),
        "a creator without a handle": pl.col("username").str.strip_chars() == "",
        "two creators with one rank": pl.struct(*search, "provider", "rank").is_duplicated(),
    }


def shortlist(now: datetime) -> Rules:
    """Return the rules of ``shortlist``."""
    places = pl.struct("campaign", "week", "place").is_duplicated()
    return observed(now) | {
        "`selected` and `place` do not match": pl.col("selected") != pl.col("place").is_not_null(),
        "two creators with one rank": pl.col("place").is_not_null() & places,
    }


def enriched_profiles(now: datetime) -> Rules:
    """Return the rules of ``enriched_profiles``."""
    return observed(now) | {
        PER_CENT: pl.col("engagement_rate") > 1,
        "followers without a found profile": (pl.col("state") != "enriched") & pl.col("followers").is_not_null(),
    }


def enrichment_batches(now: datetime) -> Rules:
    """Return the rules of ``enrichment_batches``."""
    finished = pl.col("succeeded_rows") + pl.col("failed_rows")
    return observed(now) | {
        "more rows processed than submitted": pl.max_horizontal("processed_rows", finished) > pl.col("total_rows"),
        "in progress without a next poll": pl.col("state").is_in(["queued", "processing"])
        & pl.col("next_look_at").is_null(),
    }


def linked_accounts(now: datetime) -> Rules:
    """Return the rules of ``linked_accounts``."""
    is_linked = pl.col("state") == "linked"
    is_seed = (pl.col("platform") == pl.col("seed_platform")) & (pl.col("username") == pl.col("seed_username"))
    return observed(now) | {
        "an account although nothing was found": ~is_linked & (~is_seed | pl.col("native_id").is_not_null()),
        "an account without a handle": is_linked & (pl.col("username") == ""),
    }


def email_matches(now: datetime) -> Rules:
    """Return the rules of ``email_matches``."""
    is_matched = pl.col("state") == "matched"
    return observed(now) | {
        "an account although nothing was found": ~is_matched & (pl.col("username") != ""),
        "an account without a handle": is_matched & (pl.col("username") == ""),
        "requested without lawful basis or purpose": pl.col("lawful_basis").is_null() | pl.col("purpose").is_null(),
    }


def creator_accounts(now: datetime) -> Rules:
    """Return the rules of ``creator_accounts``."""
    is_first = pl.col("linked_to").is_null()
    twice = pl.len().over("platform", "native_id") > 1
    return {
        "observed in the future": pl.col("last_seen_at") > pl.lit(now + TOLERANCE),
        "last seen before it was first seen": pl.col("last_seen_at") < pl.col("first_seen_at"),
        "a creator without one first account": is_first.sum().over("creator_id") != 1,
        "linked to an unknown account": ~pl.col("linked_to").is_in(pl.col("account_id").implode()),
        "linked without evidence": ~is_first & pl.col("evidence").is_null(),
        "two accounts with one native id": pl.col("native_id").is_not_null() & twice,
    }


def credit_plan(now: datetime) -> Rules:
    """Return the rules of ``credit_plan``."""
    return {
        "planned in the future": pl.col("planned_at") > pl.lit(now + TOLERANCE),
        "minimum above maximum": (pl.col("calls_min") > pl.col("calls_max"))
        | (pl.col("min_microcredits") > pl.col("max_microcredits")),
        "fits but leaves a negative amount": (pl.col("verdict") == "fits") & (pl.col("left_microcredits") < 0),
    }
