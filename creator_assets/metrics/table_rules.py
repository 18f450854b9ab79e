"""Row rules of all tables: conditions over several columns that a schema cannot check.

A schema refuses a row with a wrong type or range. A rule finds an implausible row: a date in the future, shares that do
not add up, per cent instead of a fraction. A rule is an expression that is true for a row that violates it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec
import polars as pl

from creator_assets.metrics import creator_rules
from creator_assets.metrics.campaign_days import VIDEO_STATES, WITH_COUNT
from creator_assets.metrics.creator_rules import PER_CENT, TOLERANCE, Rules, observed
from creator_assets.metrics.evaluation import MISSING
from creator_assets.metrics.registry import (
    CAMPAIGN_METRICS,
    CREATOR_METRICS,
    ROSTER_METRICS,
    TOTAL_METRICS,
    VIDEO_METRICS,
    Metric,
)
from creator_assets.metrics.tracking_period import LAST_DAY_NUMBER
from creator_assets.metrics.video_days import COUNTERS, TRACKED_STATES

# Providers round each share of a dimension.
ROUNDING = 0.02
_EXACT = 1e-9
"""By how much a sum of binary fractions may miss the sum of the decimal ones (0.3 + 0.6 is less than 0.9)."""
# Dimensions with all their parts. Of countries, cities and languages a provider names only the largest.
_WHOLE = ("age", "gender")
_SAMPLE_COLUMNS = (
    "campaign", "week", "day", "asset", "provider", "operation", "request_id", "response_sha256", "profile_request_id",
    "counts_request_id", "platform", "observed_at",
)  # fmt: skip


class TableRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one table.

    Attributes:
        asset: Asset that carries the check.
        rules: Function that returns the rules at a time.
        blocking: Rules whose violation stops downstream assets: mistakes of this project. A gap in a provider's answer
            never does, since the archived answer stays as it is.
    """

    asset: str
    rules: Callable[[datetime], Rules]
    blocking: frozenset[str] = frozenset()


def _reports(now: datetime) -> Rules:
    return observed(now) | {
        "pending without a next poll": (pl.col("state") == "pending") & pl.col("next_look_at").is_null(),
        "ready without an audience": (pl.col("state") == "ready") & pl.col("bases").is_null(),
    }


def _segments(now: datetime) -> Rules:
    of_one = ["campaign", "week", "platform", "username", "basis", "dimension"]
    total = pl.col("share").sum().over(of_one)
    return observed(now) | {
        "shares add up to more than 1": pl.col("is_exclusive") & (total > 1 + ROUNDING + _EXACT),
        "shares add up to less than 1": pl.col("dimension").is_in(_WHOLE) & (total < 1 - 5 * ROUNDING - _EXACT),
    }


def _overlap(now: datetime) -> Rules:
    parts = pl.col("unique_share") + pl.col("overlapping_share")
    return observed(now) | {
        "shares do not add up to 1": (parts - 1).abs() > ROUNDING,
        "more people than followers": pl.col("total_unique_followers") > pl.col("total_followers"),
        "more followers of one creator than of all": pl.col("followers") > pl.col("total_followers"),
    }


def _content(now: datetime) -> Rules:
    return observed(now) | {
        "published after it was observed": pl.col("published_at") > pl.col("observed_at") + TOLERANCE,
        PER_CENT: pl.col("engagement_rate") > 1,
        "media expired before it was observed": pl.col("media_expires_at") <= pl.col("observed_at"),
        "more likes than views": (pl.col("views") > 0) & (pl.col("likes") > pl.col("views")),
    }


def _details(now: datetime) -> Rules:
    is_empty = pl.all_horizontal(
        pl.col(name).is_null() for name in ("body_text", "media_url", "views", "likes", "comments", "shares")
    )
    return observed(now) | {
        "found without any content": (pl.col("state") == "found") & is_empty,
        "empty with content": (pl.col("state") == "empty") & ~is_empty,
        "a comment without an id": (pl.col("detail") == "comments") & (pl.col("state") == "found")
        & (pl.col("item_id") == ""),
        "written after it was observed": pl.col("published_at") > pl.col("observed_at") + TOLERANCE,
        "media expired before it was observed": pl.col("media_expires_at") <= pl.col("observed_at"),
        "longer than one day": pl.col("duration_seconds") > 86_400,
    }  # fmt: skip


def _tracked(now: datetime) -> Rules:
    is_tracked = pl.col("state") == "tracked"
    has_duration = (pl.col("tracked_until") > pl.col("tracked_from")).fill_null(value=False)
    return observed(now) | {
        "tracked without a duration": is_tracked & ~has_duration,
        "not tracked and without a next step": ~pl.col("state").is_in(TRACKED_STATES) & (pl.col("next_step") == ""),
        "tracked without a video id": is_tracked & pl.col("native_id").is_null(),
    }


def _stats(now: datetime) -> Rules:
    is_missing = pl.col("source") == "missing"
    has_fallen = pl.any_horizontal((pl.col(f"{name}_added") < 0).fill_null(value=False) for name in COUNTERS)
    has_count = pl.any_horizontal(pl.col(name).is_not_null() for name in COUNTERS)
    return observed(now) | {
        "day differs from the partition": pl.col("stats_on") != pl.col("day"),
        "counted on another day": pl.col("counted_at").dt.date() != pl.col("stats_on"),
        "counted after it was observed": pl.col("counted_at") > pl.col("observed_at") + TOLERANCE,
        "counters and source `missing` do not match": is_missing == has_count,
        "a counter fell without a correction flag": has_fallen != pl.col("is_correction").fill_null(value=False),
        "after the tracking period": pl.col("day_number") > LAST_DAY_NUMBER,
        "averages over no videos": ~(pl.col("creator_videos_averaged") > 0)
        & pl.col("creator_average_views").is_not_null(),
        "averages of a later day": pl.col("creator_averages_at").dt.date() > pl.col("stats_on"),
    }


def _scorecard(now: datetime) -> Rules:
    return (
        observed(now)
        | _value_or_reason(*CREATOR_METRICS)
        | {
            "more real followers than followers": pl.col("effective_followers") > pl.col("followers"),
            "growth over less than 27 days": ~((pl.col("observed_at") - pl.col("growth_since")) >= timedelta(days=27)),
            "audience without a provider": pl.col("audience_state").is_not_null()
            & pl.col("audience_provider").is_null(),
        }
    )


def _reach(now: datetime) -> Rules:
    return (
        observed(now)
        | _value_or_reason(*ROSTER_METRICS)
        | {
            "lower bound above upper bound": pl.col("reach_lower") > pl.col("reach_upper"),
            "more people than followers": pl.col("reach_upper") > pl.col("followers_sum"),
            "more creators compared than requested": pl.col("creators_compared") > pl.col("creators"),
        }
    )


def _videos_by_day(now: datetime) -> Rules:
    is_counted = pl.col("state").is_in(WITH_COUNT)
    counters = pl.any_horizontal(pl.col(name).is_not_null() for name in COUNTERS)
    values = pl.any_horizontal(pl.col(metric.id).is_not_null() for metric in VIDEO_METRICS)
    return (
        observed(now)
        | _value_or_reason(*VIDEO_METRICS)
        | {
            "counted on a later day": pl.col("counted_on") > pl.col("day"),
            "state `counted` with a count of another day": (pl.col("state") == "counted")
            & (pl.col("counted_on") != pl.col("day")),
            "values without a count": ~is_counted & (counters | values),
            "a cost without a fee": pl.col("cpm").is_not_null() & pl.col("fee").is_null(),
        }
    )


def _campaign_by_day(now: datetime) -> Rules:
    states = pl.sum_horizontal(f"videos_{state}" for state in VIDEO_STATES)
    return (
        observed(now)
        | _value_or_reason(*TOTAL_METRICS, *CAMPAIGN_METRICS)
        | {
            "day differs from the partition": pl.col("stats_on") != pl.col("day"),
            "videos by state do not add up": states != pl.col("videos"),
            "campaign cost although a video has no count": pl.col("campaign_cpm").is_not_null()
            & (pl.col("videos_counted") + pl.col("videos_ended") < pl.col("videos")),
        }
    )


def _value_or_reason(*metrics: Metric) -> Rules:
    """Return the rule that each metric has either a value or a reason."""
    named = pl.col(MISSING).list.eval(pl.element().struct.field("metric"))
    return {
        "a metric without value and reason, or with both": pl.any_horizontal(
            pl.col(metric.id).is_null() != named.list.contains(metric.id) for metric in metrics
        )
    }


RULES: Mapping[str, TableRules] = {
    "filter_values": TableRules(asset="filter_values", rules=creator_rules.filter_values),
    "discovery_results": TableRules(
        asset="discovery_results",
        rules=creator_rules.discovery_results,
        blocking=frozenset({"observed in the future", "a creator without a handle", "two creators with one rank"}),
    ),
    "shortlist": TableRules(
        asset="shortlist",
        rules=creator_rules.shortlist,
        blocking=frozenset(
            {"observed in the future", "`selected` and `place` do not match", "two creators with one rank"}
        ),
    ),
    "enrichment_batches": TableRules(asset="enrichment_batches", rules=creator_rules.enrichment_batches),
    "enriched_profiles": TableRules(asset="enriched_profiles", rules=creator_rules.enriched_profiles),
    "credit_plan": TableRules(asset="credit_plan", rules=creator_rules.credit_plan),
    "audience_reports": TableRules(asset="audience_reports", rules=_reports),
    "audience_segments": TableRules(asset="audience_reports", rules=_segments),
    "audience_overlap": TableRules(asset="audience_overlap", rules=_overlap),
    "linked_accounts": TableRules(
        asset="linked_accounts",
        rules=creator_rules.linked_accounts,
        blocking=frozenset(
            {"observed in the future", "an account although nothing was found", "an account without a handle"}
        ),
    ),
    "email_matches": TableRules(
        asset="email_matches",
        rules=creator_rules.email_matches,
        blocking=frozenset(
            {
                "observed in the future",
                "an account although nothing was found",
                "an account without a handle",
                "requested without lawful basis or purpose",
            }
        ),
    ),
    "creator_accounts": TableRules(asset="creator_accounts", rules=creator_rules.creator_accounts),
    "content": TableRules(asset="content", rules=_content),
    "content_details": TableRules(asset="content_details", rules=_details),
    "tracked_videos": TableRules(
        asset="tracked_videos",
        rules=_tracked,
        blocking=frozenset(
            {"observed in the future", "tracked without a duration", "not tracked and without a next step"}
        ),
    ),
    "video_stats": TableRules(
        asset="video_stats",
        rules=_stats,
        blocking=frozenset(
            {
                "observed in the future",
                "day differs from the partition",
                "counted on another day",
                "counters and source `missing` do not match",
                "a counter fell without a correction flag",
                "averages of a later day",
            }
        ),
    ),
    "creator_scorecard": TableRules(asset="creator_scorecard", rules=_scorecard),
    "roster_reach": TableRules(asset="roster_reach", rules=_reach),
    "video_performance": TableRules(asset="campaign_performance", rules=_videos_by_day),
    "campaign_performance": TableRules(asset="campaign_performance", rules=_campaign_by_day),
}


def violations(frame: pl.LazyFrame, rules: Rules) -> dict[str, int]:
    """Count the rows that violate each rule. A row with nulls that leave a rule undecided does not violate it."""
    counted = frame.select(expr.fill_null(value=False).sum().alias(name) for name, expr in rules.items()).collect()
    return {name: int(count) for name, count in counted.row(0, named=True).items()}


def sample(frame: pl.LazyFrame, rules: Rules, rows: int) -> list[dict[str, str]]:
    """Return some rows that violate a rule: partition, request and response, but no personal column."""
    named = [name for name in _SAMPLE_COLUMNS if name in frame.collect_schema().names()]
    return [
        {"rule": rule} | {name: str(value) for name, value in row.items()}
        for rule, expr in rules.items()
        for row in frame.filter(expr.fill_null(value=False)).select(named).head(rows).collect().rows(named=True)
    ]
