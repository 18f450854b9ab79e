"""Every rule finds the row that violates it, and no rule finds a valid row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.registry import (
    CAMPAIGN_METRICS,
    CREATOR_METRICS,
    ROSTER_METRICS,
    TOTAL_METRICS,
    VIDEO_METRICS,
    Metric,
)
from creator_assets.metrics.table_rules import RULES, sample, violations
from creator_assets.tables.schemas import ALL_TABLES

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
NOON_A_MONTH_AGO = NOW - timedelta(days=30)
UNKNOWN = {"reason": "the provider does not say"}
TWICE = "two creators with one rank"
UNEXPLAINED = "a metric without value and reason, or with both"


def ones(metrics: Iterable[Metric]) -> dict[str, int]:
    """A value for each metric."""
    return {metric.id: 1 for metric in metrics}


VALID: dict[str, dict[str, Any]] = {
    "filter_values": {"value": "Germany"},
    "discovery_results": {"username": "somebody", "rank": 1, "engagement_rate": 0.05},
    "shortlist": {"selected": True, "place": 1},
    "enrichment_batches": {
        "state": "processing", "next_look_at": NOW, "total_rows": 9, "processed_rows": 9, "succeeded_rows": 5,
        "failed_rows": 4,
    },
    "enriched_profiles": {"state": "enriched", "followers": 10, "engagement_rate": 0.05},
    "credit_plan": {
        "planned_at": NOW, "calls_min": 1, "calls_max": 2, "min_microcredits": 1, "max_microcredits": 2,
        "verdict": "fits", "left_microcredits": 0,
    },
    "audience_reports": {"state": "ready", "bases": "followers"},
    "audience_segments": {"dimension": "gender", "share": 1.0, "is_exclusive": True},
    "audience_overlap": {
        "unique_share": 0.6, "overlapping_share": 0.4, "followers": 5, "total_followers": 10,
        "total_unique_followers": 9,
    },
    "linked_accounts": {
        "state": "linked", "seed_platform": "instagram", "seed_username": "a", "platform": "tiktok", "username": "b",
    },
    "email_matches": {"state": "matched", "username": "b", "lawful_basis": "consent", "purpose": "to ask them"},
    "creator_accounts": {
        "account_id": "a", "creator_id": "c", "platform": "tiktok", "native_id": "1", "first_seen_at": NOW,
        "last_seen_at": NOW,
    },
    "content": {
        "published_at": NOW - timedelta(days=3), "engagement_rate": 0.05, "views": 10, "likes": 3,
        "media_expires_at": NOW + timedelta(days=1),
    },
    "content_details": {
        "detail": "comments", "state": "found", "item_id": "c1", "body_text": "Nice!",
        "published_at": NOW - timedelta(days=3), "duration_seconds": 9.0, "media_expires_at": NOW + timedelta(days=3),
    },
    "tracked_videos": {
        "state": "tracked", "next_step": "", "native_id": "1", "tracked_from": NOW,
        "tracked_until": NOW + timedelta(days=30),
    },
    "video_stats": {
        "stats_on": NOW.date(), "day": NOW.date(), "counted_at": NOW, "source": "series", "views": 5,
        "views_added": 2, "is_correction": False, "day_number": 3,
    },
    "creator_scorecard": {
        "followers": 100, "growth_since": NOON_A_MONTH_AGO, "audience_state": "ready", "audience_provider": "infludata",
        **ones(CREATOR_METRICS), "missing": [],
    },
    "roster_reach": {
        "creators": 3, "creators_compared": 2, "followers_sum": 10, **ones(ROSTER_METRICS), "reach_lower": 5,
        "reach_upper": 9, "duplication_at_most": None, "missing": [UNKNOWN | {"metric": "duplication_at_most"}],
    },
    "video_performance": {
        "state": "counted", "counted_on": NOW.date(), "day": NOW.date(), "views": 10, "fee": 1, **ones(VIDEO_METRICS),
        "missing": [],
    },
    "campaign_performance": {
        "stats_on": NOW.date(), "day": NOW.date(), "videos": 3, "videos_counted": 2, "videos_ended": 1,
        "videos_missing": 0, "videos_not_begun": 0, "videos_not_tracked": 0,
        **ones((*TOTAL_METRICS, *CAMPAIGN_METRICS)), "missing": [],
    },
}  # fmt: skip
FUTURE = {"observed_at": NOW + timedelta(days=2)}
OTHER_TIMESTAMPS = {"content", "video_stats", "creator_accounts", "credit_plan"}
PER_CENT = "engagement above 1 (per cent instead of a fraction?)"
INVALID = [
    *((table, "observed in the future", FUTURE) for table in VALID if table not in OTHER_TIMESTAMPS),
    ("filter_values", "an empty value", {"value": " "}),
    ("discovery_results", "a creator without a handle", {"username": " "}),
    ("shortlist", "`selected` and `place` do not match", {"place": None}),
    ("enrichment_batches", "more rows processed than submitted", {"failed_rows": 5}),
    ("enrichment_batches", "in progress without a next poll", {"next_look_at": None}),
    ("enriched_profiles", PER_CENT, {"engagement_rate": 4.2}),
    ("enriched_profiles", "followers without a found profile", {"state": "not_found"}),
    ("credit_plan", "planned in the future", {"planned_at": NOW + timedelta(days=2)}),
    ("credit_plan", "minimum above maximum", {"calls_min": 3}),
    ("credit_plan", "fits but leaves a negative amount", {"left_microcredits": -1}),
    ("linked_accounts", "an account although nothing was found", {"state": "not_found"}),
    ("linked_accounts", "an account without a handle", {"username": ""}),
    ("email_matches", "an account although nothing was found", {"state": "not_found"}),
    ("email_matches", "an account without a handle", {"username": ""}),
    ("email_matches", "requested without lawful basis or purpose", {"purpose": None}),
    ("creator_accounts", "observed in the future", {"last_seen_at": NOW + timedelta(days=2)}),
    ("creator_accounts", "last seen before it was first seen", {"first_seen_at": NOW + timedelta(days=1)}),
    ("audience_reports", "pending without a next poll", {"state": "pending"}),
    ("audience_reports", "ready without an audience", {"bases": None}),
    ("audience_segments", "shares add up to more than 1", {"share": 1.5}),
    ("audience_segments", "shares add up to less than 1", {"share": 0.01}),
    ("audience_overlap", "shares do not add up to 1", {"unique_share": 0.06}),
    ("audience_overlap", "more people than followers", {"total_unique_followers": 11}),
    ("audience_overlap", "more followers of one creator than of all", {"followers": 11}),
    ("content", "published after it was observed", {"published_at": NOW + timedelta(days=2)}),
    ("content", PER_CENT, {"engagement_rate": 7.45}),
    ("content", "media expired before it was observed", {"media_expires_at": NOW}),
    ("content", "more likes than views", {"likes": 11}),
    ("content_details", "found without any content", {"body_text": None}),
    ("content_details", "empty with content", {"state": "empty"}),
    ("content_details", "a comment without an id", {"item_id": ""}),
    ("content_details", "written after it was observed", {"published_at": NOW + timedelta(days=2)}),
    ("content_details", "media expired before it was observed", {"media_expires_at": NOW}),
    ("content_details", "longer than one day", {"duration_seconds": 90_000.0}),
    ("tracked_videos", "tracked without a duration", {"tracked_until": None}),
    ("tracked_videos", "not tracked and without a next step", {"state": "error"}),
    ("tracked_videos", "tracked without a video id", {"native_id": None}),
    ("video_stats", "day differs from the partition", {"day": date(2026, 11, 17)}),
    ("video_stats", "counted on another day", {"counted_at": NOW - timedelta(days=1)}),
    ("video_stats", "counted after it was observed", {"observed_at": NOW - timedelta(days=2)}),
    ("video_stats", "counters and source `missing` do not match", {"source": "missing"}),
    ("video_stats", "a counter fell without a correction flag", {"views_added": -1}),
    ("video_stats", "after the tracking period", {"day_number": 32}),
    ("video_stats", "averages over no videos", {"creator_average_views": 9.5, "creator_videos_averaged": 0}),
    ("video_stats", "averages of a later day", {"creator_averages_at": NOW + timedelta(days=1)}),
    ("creator_scorecard", UNEXPLAINED, {"er_views": None}),
    ("creator_scorecard", "more real followers than followers", {"effective_followers": 101}),
    ("creator_scorecard", "growth over less than 27 days", {"growth_since": NOW - timedelta(days=7)}),
    ("creator_scorecard", "audience without a provider", {"audience_provider": None}),
    ("roster_reach", UNEXPLAINED, {"missing": []}),
    ("roster_reach", "lower bound above upper bound", {"reach_lower": 10}),
    ("roster_reach", "more people than followers", {"reach_upper": 11}),
    ("roster_reach", "more creators compared than requested", {"creators_compared": 4}),
    ("video_performance", UNEXPLAINED, {"missing": [UNKNOWN | {"metric": "cpm"}]}),
    ("video_performance", "counted on a later day", {"state": "ended", "counted_on": date(2026, 11, 19)}),
    ("video_performance", "state `counted` with a count of another day", {"counted_on": date(2026, 11, 17)}),
    ("video_performance", "values without a count", {"state": "missing"}),
    ("video_performance", "a cost without a fee", {"fee": None}),
    ("campaign_performance", UNEXPLAINED, {"campaign_cpe": None}),
    ("campaign_performance", "day differs from the partition", {"day": date(2026, 11, 17)}),
    ("campaign_performance", "videos by state do not add up", {"videos_not_tracked": 1}),
    (
        "campaign_performance",
        "campaign cost although a video has no count",
        {"videos_counted": 1, "videos_missing": 1},
    ),
]

# Errors in a creator's second account.
SECOND_ACCOUNT_ERRORS = [
    ("a creator without one first account", {"linked_to": None}),
    ("linked to an unknown account", {"linked_to": "x"}),
    ("linked without evidence", {"evidence": None}),
    ("two accounts with one native id", {"native_id": "1"}),
]


def rows(table: str, **changes: Any) -> pl.LazyFrame:
    dtypes = {name: column.dtype for name, column in ALL_TABLES[table].columns().items()}
    dtypes |= {"campaign": pl.String(), "day" if "day" in VALID[table] else "week": pl.Date()}
    usual = {"observed_at": NOW, "campaign": "one", "request_id": "r", "username": "somebody"}
    filled = {name: usual.get(name) for name in dtypes}
    return pl.DataFrame([filled | VALID[table] | changes], schema=dtypes).lazy()


@pytest.mark.parametrize("table", VALID)
def test_a_valid_row_violates_no_rule(table: str) -> None:
    found = violations(rows(table), RULES[table].rules(NOW))
    assert found == dict.fromkeys(found, 0)


@pytest.mark.parametrize(("table", "rule", "changes"), INVALID)
def test_an_invalid_row_violates_its_rule_alone(table: str, rule: str, changes: dict[str, Any]) -> None:
    rules = RULES[table].rules(NOW)
    found = violations(rows(table, **changes), rules)
    assert {name for name, count in found.items() if count} == {rule}
    (shown,) = sample(rows(table, **changes), {rule: rules[rule]}, 5)
    assert shown["rule"] == rule
    assert "somebody" not in str(shown)


def test_every_rule_is_violated_by_a_test() -> None:
    broken = {(table, rule) for table, rule, _ in INVALID} | {
        ("creator_accounts", rule) for rule, _ in SECOND_ACCOUNT_ERRORS
    }
    broken |= {(table, TWICE) for table in ("discovery_results", "shortlist")} | {("discovery_results", PER_CENT)}
    every = {(table, rule) for table, ruled in RULES.items() for rule in ruled.rules(NOW)}
    assert every - broken <= {("content", "observed in the future"), ("video_stats", "observed in the future")}


@pytest.mark.parametrize("table", ["discovery_results", "shortlist"])
def test_two_creators_with_one_rank_are_found(table: str) -> None:
    found = violations(pl.concat([rows(table), rows(table, username="another")]), RULES[table].rules(NOW))
    assert {name: count for name, count in found.items() if count} == {TWICE: 2}


@pytest.mark.parametrize(
    ("rates", "are_per_cent"),
    [((4.2, 3.1, 0.8, 2.5, 1.9), True), ((0.1, 1.4, 0.2, 0.1, 0.3), False), ((4.2, 3.1, 2.5, 1.9), False)],
)
def test_a_search_in_per_cent_differs_from_single_creators_with_high_engagement(
    rates: tuple[float, ...], are_per_cent: bool
) -> None:
    found = [rows("discovery_results", rank=rank, engagement_rate=rate) for rank, rate in enumerate(rates, 1)]
    broken = violations(pl.concat(found), RULES["discovery_results"].rules(NOW))
    assert {name: count for name, count in broken.items() if count} == ({PER_CENT: len(rates)} if are_per_cent else {})


@pytest.mark.parametrize(("rule", "other"), SECOND_ACCOUNT_ERRORS)
def test_an_account_that_contradicts_its_creators_other_accounts_is_found(rule: str, other: dict[str, Any]) -> None:
    second = {"account_id": "b", "native_id": "2", "linked_to": "a", "evidence": "stated"}
    rules = RULES["creator_accounts"].rules(NOW)
    both = [rows("creator_accounts"), rows("creator_accounts", **second)]
    assert not any(violations(pl.concat(both), rules).values())
    found = violations(pl.concat([both[0], rows("creator_accounts", **second | other)]), rules)
    assert {name for name, count in found.items() if count} == {rule}


@pytest.mark.parametrize(
    ("table", "rule", "column", "valid", "invalid"),
    [
        (
            "shortlist",
            "observed in the future",
            "observed_at",
            NOW + timedelta(days=1),
            NOW + timedelta(days=1, seconds=1),
        ),
        (
            "creator_accounts",
            "observed in the future",
            "last_seen_at",
            NOW + timedelta(days=1),
            NOW + timedelta(days=1.1),
        ),
        ("credit_plan", "planned in the future", "planned_at", NOW + timedelta(days=1), NOW + timedelta(days=1.1)),
        ("credit_plan", "fits but leaves a negative amount", "left_microcredits", 0, -1),
        ("enriched_profiles", PER_CENT, "engagement_rate", 1.0, 1.01),
        ("audience_segments", "shares add up to more than 1", "share", 1.02, 1.021),
        ("audience_segments", "shares add up to less than 1", "share", 0.3 + 0.6, 0.8999),
        ("audience_overlap", "shares do not add up to 1", "unique_share", 0.6199, 0.6201),
        ("audience_overlap", "shares do not add up to 1", "unique_share", 0.5801, 0.5799),
        ("audience_overlap", "more people than followers", "total_unique_followers", 10, 11),
        (
            "content",
            "published after it was observed",
            "published_at",
            NOW + timedelta(days=1),
            NOW + timedelta(days=1.1),
        ),
        ("content", "media expired before it was observed", "media_expires_at", NOW + timedelta(seconds=1), NOW),
        ("content_details", "longer than one day", "duration_seconds", 86_400.0, 86_400.1),
        ("video_stats", "after the tracking period", "day_number", 31, 32),
        (
            "creator_scorecard",
            "growth over less than 27 days",
            "growth_since",
            NOW - timedelta(days=27),
            NOW - timedelta(days=26.9),
        ),
        ("roster_reach", "lower bound above upper bound", "reach_lower", 9, 10),
    ],
)
def test_the_limit_of_a_rule_is_exact(table: str, rule: str, column: str, valid: Any, invalid: Any) -> None:
    rules = {rule: RULES[table].rules(NOW)[rule]}
    assert violations(rows(table, **{column: valid}), rules) == {rule: 0}
    assert violations(rows(table, **{column: invalid}), rules) == {rule: 1}


def test_a_rule_that_blocks_is_one_of_the_rules_of_its_table() -> None:
    for table, ruled in RULES.items():
        assert ruled.blocking <= ruled.rules(NOW).keys(), table


def test_no_gap_in_an_answer_of_a_provider_stops_later_assets() -> None:
    assert not RULES["audience_segments"].blocking
    assert not RULES["audience_overlap"].blocking
    assert "tracked without a video id" not in RULES["tracked_videos"].blocking
    assert "counted after it was observed" not in RULES["video_stats"].blocking
