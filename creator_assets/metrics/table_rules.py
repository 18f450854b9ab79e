"""What is wrong with a row of a table although its types and ranges are right: rules over columns that belong together.

A schema refuses a row that cannot be; a rule here finds rows that cannot be true: dates that have not come, shares that
do not add up, per cent where a fraction was meant. Pure expressions, each true for a row that breaks the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec
import polars as pl

from creator_assets.metrics import creator_rules
from creator_assets.metrics.campaign_days import VIDEO_STATES, WITH_COUNT
from creator_assets.metrics.creator_rules import PER_CENT, TOLERANCE, Rules, seen
from creator_assets.metrics.measuring import MISSING
from creator_assets.metrics.registry import OF_BRIEFS, OF_COUNTS, OF_CREATORS, OF_ROSTERS, OF_VIDEOS, Metric
from creator_assets.metrics.video_days import COUNTERS, FOLLOWED, LAST_DAY_NUMBER

# Parts that exclude one another are rounded one by one.
ROUNDING = 0.02
# Dimensions of which a provider names every part; of countries, cities and languages only the greatest.
_WHOLE = ("age", "gender")
_FOUND_BY = (
    "campaign", "week", "day", "asset", "provider", "operation", "request_id", "response_sha256", "profile_request_id",
    "counts_request_id", "platform", "observed_at",
)  # fmt: skip


class TableRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one table, with the asset that they are checked on; a blocking breach stops what is downstream."""

    asset: str
    rules: Callable[[datetime], Rules]
    is_blocking: bool = False


def _reports(now: datetime) -> Rules:
    return seen(now) | {
        "waits without a time to look again": (pl.col("state") == "pending") & pl.col("next_look_at").is_null(),
        "is ready and describes nobody": (pl.col("state") == "ready") & pl.col("bases").is_null(),
    }


def _segments(now: datetime) -> Rules:
    of_one = ["campaign", "week", "platform", "username", "basis", "dimension"]
    total = pl.col("share").sum().over(of_one)
    return seen(now) | {
        "adds up to more than everybody": pl.col("is_exclusive") & (total > 1 + ROUNDING),
        "adds up to less than everybody": pl.col("dimension").is_in(_WHOLE) & (total < 1 - 5 * ROUNDING),
    }


def _overlap(now: datetime) -> Rules:
    parts = pl.col("unique_share") + pl.col("overlapping_share")
    return seen(now) | {
        "shares do not add up to one": (parts - 1).abs() > ROUNDING,
        "more people than followers": pl.col("total_unique_followers") > pl.col("total_followers"),
        "one creator has more followers than all": pl.col("followers") > pl.col("total_followers"),
    }


def _content(now: datetime) -> Rules:
    return seen(now) | {
        "published after it was seen": pl.col("published_at") > pl.col("observed_at") + TOLERANCE,
        PER_CENT: pl.col("engagement_rate") > 1,
        "media dead before it was seen": pl.col("media_expires_at") <= pl.col("observed_at"),
        "more likes than views": (pl.col("views") > 0) & (pl.col("likes") > pl.col("views")),
    }


def _details(now: datetime) -> Rules:
    says_nothing = pl.all_horizontal(
        pl.col(name).is_null() for name in ("body_text", "media_url", "views", "likes", "comments", "shares")
    )
    return seen(now) | {
        "found and says nothing": (pl.col("state") == "found") & says_nothing,
        "empty and says something": (pl.col("state") == "empty") & ~says_nothing,
        "a comment without an id": (pl.col("detail") == "comments") & (pl.col("state") == "found")
        & (pl.col("item_id") == ""),
        "written after it was seen": pl.col("published_at") > pl.col("observed_at") + TOLERANCE,
        "media dead before it was seen": pl.col("media_expires_at") <= pl.col("observed_at"),
        "longer than a day": pl.col("duration_seconds") > 86_400,
    }  # fmt: skip


def _tracked(now: datetime) -> Rules:
    is_tracked = pl.col("state") == "tracked"
    return seen(now) | {
        "tracked for no time": is_tracked & ~(pl.col("tracked_until") > pl.col("tracked_from")).fill_null(value=False),
        "not tracked and nothing to do": ~pl.col("state").is_in(FOLLOWED) & (pl.col("next_step") == ""),
        "tracked and no video": is_tracked & pl.col("native_id").is_null(),
    }


def _stats(now: datetime) -> Rules:
    is_missing = pl.col("source") == "missing"
    has_fallen = pl.any_horizontal((pl.col(f"{name}_added") < 0).fill_null(value=False) for name in COUNTERS)
    has_count = pl.any_horizontal(pl.col(name).is_not_null() for name in COUNTERS)
    return seen(now) | {
        "of another day than its partition": pl.col("stats_on") != pl.col("day"),
        "counted on another day": pl.col("counted_at").dt.date() != pl.col("stats_on"),
        "counted after it was seen": pl.col("counted_at") > pl.col("observed_at") + TOLERANCE,
        "neither counted nor missing": is_missing == has_count,
        "fell and is not called a correction": has_fallen != pl.col("is_correction").fill_null(value=False),
        "beyond the tracked time": pl.col("day_number") > LAST_DAY_NUMBER,
        "averages of no videos": ~(pl.col("creator_videos_averaged") > 0)
        & pl.col("creator_average_views").is_not_null(),
        "averages of a later day": pl.col("creator_averages_at").dt.date() > pl.col("stats_on"),
    }


def _scorecard(now: datetime) -> Rules:
    return (
        seen(now)
        | _explained(*OF_CREATORS)
        | {
            "more real followers than followers": pl.col("effective_followers") > pl.col("followers"),
            "growth since a day that is not 30 days ago": ~(
                (pl.col("observed_at") - pl.col("growth_since")) >= timedelta(days=27)
            ),
            "reported on by nobody": pl.col("audience_state").is_not_null() & pl.col("audience_provider").is_null(),
        }
    )


def _reach(now: datetime) -> Rules:
    return (
        seen(now)
        | _explained(*OF_ROSTERS)
        | {
            "bounds the wrong way round": pl.col("reach_lower") > pl.col("reach_upper"),
            "more people than followers": pl.col("reach_upper") > pl.col("followers_sum"),
            "compared creators whom nobody asked for": pl.col("creators_compared") > pl.col("creators"),
        }
    )


def _videos_by_day(now: datetime) -> Rules:
    is_counted = pl.col("state").is_in(WITH_COUNT)
    counters = pl.any_horizontal(pl.col(name).is_not_null() for name in COUNTERS)
    values = pl.any_horizontal(pl.col(metric.id).is_not_null() for metric in OF_VIDEOS)
    return (
        seen(now)
        | _explained(*OF_VIDEOS)
        | {
            "counted on a later day": pl.col("counted_on") > pl.col("day"),
            "called counted and counted on another day": (pl.col("state") == "counted")
            & (pl.col("counted_on") != pl.col("day")),
            "reckoned with counters that it does not have": ~is_counted & (counters | values),
            "a cost without a fee": pl.col("cpm").is_not_null() & pl.col("fee").is_null(),
        }
    )


def _campaign_by_day(now: datetime) -> Rules:
    states = pl.sum_horizontal(f"videos_{state}" for state in VIDEO_STATES)
    return (
        seen(now)
        | _explained(*OF_COUNTS, *OF_BRIEFS)
        | {
            "of another day than its partition": pl.col("stats_on") != pl.col("day"),
            "videos in no state, or in two": states != pl.col("videos"),
            "a cost of all videos where some have no count": pl.col("campaign_cpm").is_not_null()
            & (pl.col("videos_counted") + pl.col("videos_ended") < pl.col("videos")),
        }
    )


def _explained(*metrics: Metric) -> Rules:
    """Each metric has a value or a reason, and never both."""
    named = pl.col(MISSING).list.eval(pl.element().struct.field("metric"))
    return {
        "a metric without value and reason, or with both": pl.any_horizontal(
            pl.col(metric.id).is_null() != named.list.contains(metric.id) for metric in metrics
        )
    }


RULES: Mapping[str, TableRules] = {
    "filter_values": TableRules(asset="filter_values", rules=creator_rules.values),
    "discovery_results": TableRules(asset="discovery_results", rules=creator_rules.found, is_blocking=True),
    "shortlist": TableRules(asset="shortlist", rules=creator_rules.chosen, is_blocking=True),
    "enrichment_batches": TableRules(asset="enrichment_batches", rules=creator_rules.batches),
    "enriched_profiles": TableRules(asset="enriched_profiles", rules=creator_rules.profiles),
    "credit_plan": TableRules(asset="credit_plan", rules=creator_rules.plan),
    "audience_reports": TableRules(asset="audience_reports", rules=_reports),
    "audience_segments": TableRules(asset="audience_reports", rules=_segments, is_blocking=True),
    "audience_overlap": TableRules(asset="audience_overlap", rules=_overlap, is_blocking=True),
    "linked_accounts": TableRules(asset="linked_accounts", rules=creator_rules.linked, is_blocking=True),
    "email_matches": TableRules(asset="email_matches", rules=creator_rules.matches, is_blocking=True),
    "creator_accounts": TableRules(asset="creator_accounts", rules=creator_rules.accounts),
    "content": TableRules(asset="content", rules=_content),
    "content_details": TableRules(asset="content_details", rules=_details),
    "tracked_videos": TableRules(asset="tracked_videos", rules=_tracked, is_blocking=True),
    "video_stats": TableRules(asset="video_stats", rules=_stats, is_blocking=True),
    "creator_scorecard": TableRules(asset="creator_scorecard", rules=_scorecard),
    "roster_reach": TableRules(asset="roster_reach", rules=_reach),
    "video_performance": TableRules(asset="campaign_performance", rules=_videos_by_day),
    "campaign_performance": TableRules(asset="campaign_performance", rules=_campaign_by_day),
}


def breaches(frame: pl.LazyFrame, rules: Rules) -> dict[str, int]:
    """How many rows break each rule; a rule that cannot be decided for a row (nulls) is not broken by it."""
    counted = frame.select(expr.fill_null(value=False).sum().alias(name) for name, expr in rules.items()).collect()
    return {name: int(count) for name, count in counted.row(0, named=True).items()}


def sample(frame: pl.LazyFrame, rules: Rules, rows: int) -> list[dict[str, str]]:
    """Some rows that break a rule: partition and answer, by which they are found; nothing that names a person."""
    named = [name for name in _FOUND_BY if name in frame.collect_schema().names()]
    return [
        {"rule": rule} | {name: str(value) for name, value in row.items()}
        for rule, expr in rules.items()
        for row in frame.filter(expr.fill_null(value=False)).select(named).head(rows).collect().rows(named=True)
    ]
