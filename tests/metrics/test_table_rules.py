"""Every rule finds the row that breaks it and leaves the right one alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.table_rules import RULES, breaches, sample
from creator_assets.tables.schemas import ALL_TABLES

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
NOON_A_MONTH_AGO = NOW - timedelta(days=30)
UNKNOWN = {"reason": "the provider does not say"}
TWICE = "two creators in one place"
UNEXPLAINED = "a metric without value and reason, or with both"
RIGHT: dict[str, dict[str, Any]] = {
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
        "followers": 100, "er_followers_mean": 0.1, "er_views": 0.1, "mean_views_per_follower": 0.5,
        "effective_followers": 80, "growth_30d": 0.1, "growth_since": NOON_A_MONTH_AGO, "audience_state": "ready",
        "audience_provider": "infludata", "missing": [],
    },
    "roster_reach": {
        "creators": 3, "creators_compared": 2, "followers_sum": 10, "reach_lower": 5, "reach_upper": 9,
        "duplication_at_least": 0.1, "missing": [UNKNOWN | {"metric": "duplication_at_most"}],
    },
    "video_performance": {
        "state": "counted", "counted_on": NOW.date(), "day": NOW.date(), "views": 10, "er_views": 0.1,
        "er_views_all": 0.1, "views_per_day": 3.0, "views_over_creator_average": 0.5, "cpv": 1, "cpm": 1, "cpe": 1,
        "fee": 1, "missing": [],
    },
    "campaign_performance": {
        "stats_on": NOW.date(), "day": NOW.date(), "videos": 3, "videos_counted": 2, "videos_ended": 1,
        "videos_missing": 0, "videos_not_begun": 0, "videos_not_tracked": 0, "er_views": 0.1, "er_views_all": 0.1,
        "cpm": 1, "cpv": 1, "cpe": 1, "campaign_cpm": 1, "campaign_cpe": 1, "missing": [],
    },
}  # fmt: skip
FUTURE = {"observed_at": NOW + timedelta(days=2)}
SEEN_OTHERWISE = {"content", "video_stats", "creator_accounts", "credit_plan"}
PER_CENT = "engagement of more than everybody (per cent for a fraction?)"
WRONG = [
    *((table, "seen in the future", FUTURE) for table in RIGHT if table not in SEEN_OTHERWISE),
    ("filter_values", "a value that says nothing", {"value": " "}),
    ("discovery_results", "a creator without a name", {"username": " "}),
    ("shortlist", "chosen without a place, or placed without being chosen", {"place": None}),
    ("enrichment_batches", "more done than given", {"failed_rows": 5}),
    ("enrichment_batches", "under way without a time to look again", {"next_look_at": None}),
    ("enriched_profiles", PER_CENT, {"engagement_rate": 4.2}),
    ("enriched_profiles", "nothing found and yet followers", {"state": "not_found"}),
    ("credit_plan", "planned in the future", {"planned_at": NOW + timedelta(days=2)}),
    ("credit_plan", "more at least than at most", {"calls_min": 3}),
    ("credit_plan", "fits and leaves less than nothing", {"left_microcredits": -1}),
    ("linked_accounts", "nothing found and yet an account", {"state": "not_found"}),
    ("linked_accounts", "an account without a name", {"username": ""}),
    ("email_matches", "nothing found and yet an account", {"state": "not_found"}),
    ("email_matches", "an account without a name", {"username": ""}),
    ("email_matches", "asked without a reason", {"purpose": None}),
    ("creator_accounts", "seen in the future", {"last_seen_at": NOW + timedelta(days=2)}),
    ("creator_accounts", "last seen before it was first seen", {"first_seen_at": NOW + timedelta(days=1)}),
    ("audience_reports", "waits without a time to look again", {"state": "pending"}),
    ("audience_reports", "is ready and describes nobody", {"bases": None}),
    ("audience_segments", "adds up to more than everybody", {"share": 1.5}),
    ("audience_segments", "adds up to less than everybody", {"share": 0.01}),
    ("audience_overlap", "shares do not add up to one", {"unique_share": 0.06}),
    ("audience_overlap", "more people than followers", {"total_unique_followers": 11}),
    ("audience_overlap", "one creator has more followers than all", {"followers": 11}),
    ("content", "published after it was seen", {"published_at": NOW + timedelta(days=2)}),
    ("content", PER_CENT, {"engagement_rate": 7.45}),
    ("content", "media dead before it was seen", {"media_expires_at": NOW}),
    ("content", "more likes than views", {"likes": 11}),
    ("content_details", "found and says nothing", {"body_text": None}),
    ("content_details", "empty and says something", {"state": "empty"}),
    ("content_details", "a comment without an id", {"item_id": ""}),
    ("content_details", "written after it was seen", {"published_at": NOW + timedelta(days=2)}),
    ("content_details", "media dead before it was seen", {"media_expires_at": NOW}),
    ("content_details", "longer than a day", {"duration_seconds": 90_000.0}),
    ("tracked_videos", "tracked for no time", {"tracked_until": None}),
    ("tracked_videos", "not tracked and nothing to do", {"state": "error"}),
    ("tracked_videos", "tracked and no video", {"native_id": None}),
    ("video_stats", "of another day than its partition", {"day": date(2026, 11, 17)}),
    ("video_stats", "counted on another day", {"counted_at": NOW - timedelta(days=1)}),
    ("video_stats", "counted after it was seen", {"observed_at": NOW - timedelta(days=2)}),
    ("video_stats", "neither counted nor missing", {"source": "missing"}),
    ("video_stats", "fell and is not called a correction", {"views_added": -1}),
    ("video_stats", "beyond the tracked time", {"day_number": 32}),
    ("video_stats", "averages of no videos", {"creator_average_views": 9.5, "creator_videos_averaged": 0}),
    ("video_stats", "averages of a later day", {"creator_averages_at": NOW + timedelta(days=1)}),
    ("creator_scorecard", UNEXPLAINED, {"er_views": None}),
    ("creator_scorecard", "more real followers than followers", {"effective_followers": 101}),
    ("creator_scorecard", "growth since a day that is not 30 days ago", {"growth_since": NOW - timedelta(days=7)}),
    ("creator_scorecard", "reported on by nobody", {"audience_provider": None}),
    ("roster_reach", UNEXPLAINED, {"missing": []}),
    ("roster_reach", "bounds the wrong way round", {"reach_lower": 10}),
    ("roster_reach", "more people than followers", {"reach_upper": 11}),
    ("roster_reach", "compared creators whom nobody asked for", {"creators_compared": 4}),
    ("video_performance", UNEXPLAINED, {"missing": [UNKNOWN | {"metric": "cpm"}]}),
    ("video_performance", "counted on a later day", {"state": "ended", "counted_on": date(2026, 11, 19)}),
    ("video_performance", "called counted and counted on another day", {"counted_on": date(2026, 11, 17)}),
    ("video_performance", "reckoned with counters that it does not have", {"state": "missing"}),
    ("video_performance", "a cost without a fee", {"fee": None}),
    ("campaign_performance", UNEXPLAINED, {"campaign_cpe": None}),
    ("campaign_performance", "of another day than its partition", {"day": date(2026, 11, 17)}),
    ("campaign_performance", "videos in no state, or in two", {"videos_not_tracked": 1}),
    (
        "campaign_performance",
        "a cost of all videos where some have no count",
        {"videos_counted": 1, "videos_missing": 1},
    ),
]

# What is wrong with a creator's second account.
BESIDE_ANOTHER = [
    ("a creator without one first account", {"linked_to": None}),
    ("linked to an account that is not there", {"linked_to": "x"}),
    ("linked and nothing says why", {"evidence": None}),
    ("one id of the platform, two accounts", {"native_id": "1"}),
]


def rows(table: str, **changes: Any) -> pl.LazyFrame:
    dtypes = {name: column.dtype for name, column in ALL_TABLES[table].columns().items()}
    dtypes |= {"campaign": pl.String(), "day" if "day" in RIGHT[table] else "week": pl.Date()}
    usual = {"observed_at": NOW, "campaign": "one", "request_id": "r", "username": "somebody"}
    filled = {name: usual.get(name) for name in dtypes}
    return pl.DataFrame([filled | RIGHT[table] | changes], schema=dtypes).lazy()


@pytest.mark.parametrize("table", RIGHT)
def test_a_right_row_breaks_no_rule(table: str) -> None:
    found = breaches(rows(table), RULES[table].rules(NOW))
    assert found == dict.fromkeys(found, 0)


@pytest.mark.parametrize(("table", "rule", "changes"), WRONG)
def test_a_wrong_row_is_found_by_its_rule_alone(table: str, rule: str, changes: dict[str, Any]) -> None:
    rules = RULES[table].rules(NOW)
    found = breaches(rows(table, **changes), rules)
    assert {name for name, count in found.items() if count} == {rule}
    (shown,) = sample(rows(table, **changes), {rule: rules[rule]}, 5)
    assert shown["rule"] == rule
    assert "somebody" not in str(shown)


def test_every_rule_is_broken_by_a_test() -> None:
    broken = {(table, rule) for table, rule, _ in WRONG} | {("creator_accounts", rule) for rule, _ in BESIDE_ANOTHER}
    broken |= {(table, TWICE) for table in ("discovery_results", "shortlist")} | {("discovery_results", PER_CENT)}
    every = {(table, rule) for table, ruled in RULES.items() for rule in ruled.rules(NOW)}
    assert every - broken <= {("content", "seen in the future"), ("video_stats", "seen in the future")}


@pytest.mark.parametrize("table", ["discovery_results", "shortlist"])
def test_two_creators_in_one_place_are_found(table: str) -> None:
    found = breaches(pl.concat([rows(table), rows(table, username="another")]), RULES[table].rules(NOW))
    assert {name: count for name, count in found.items() if count} == {TWICE: 2}


@pytest.mark.parametrize(
    ("rates", "are_per_cent"),
    [((4.2, 3.1, 0.8, 2.5, 1.9), True), ((0.1, 1.4, 0.2, 0.1, 0.3), False), ((4.2, 3.1, 2.5, 1.9), False)],
)
def test_a_search_in_per_cent_is_told_from_single_creators_who_engage_many(
    rates: tuple[float, ...], are_per_cent: bool
) -> None:
    found = [rows("discovery_results", rank=rank, engagement_rate=rate) for rank, rate in enumerate(rates, 1)]
    broken = breaches(pl.concat(found), RULES["discovery_results"].rules(NOW))
    assert {name: count for name, count in broken.items() if count} == ({PER_CENT: len(rates)} if are_per_cent else {})


@pytest.mark.parametrize(("rule", "other"), BESIDE_ANOTHER)
def test_an_account_that_does_not_fit_to_its_creators_others_is_found(rule: str, other: dict[str, Any]) -> None:
    second = {"account_id": "b", "native_id": "2", "linked_to": "a", "evidence": "stated"}
    rules = RULES["creator_accounts"].rules(NOW)
    both = [rows("creator_accounts"), rows("creator_accounts", **second)]
    assert not any(breaches(pl.concat(both), rules).values())
    found = breaches(pl.concat([both[0], rows("creator_accounts", **second | other)]), rules)
    assert {name for name, count in found.items() if count} == {rule}
