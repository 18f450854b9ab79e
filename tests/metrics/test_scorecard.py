"""The scorecard: growth by two counts of one provider, costs counted once, and a reason for each missing value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.scorecard import follower_counts, scorecard
from creator_assets.tables.schemas import (
    AudienceReports,
    AudienceSegments,
    CreatorScorecard,
    EnrichedProfiles,
    Shortlist,
)
from creator_assets.tables.validation import conformed
from tests.metrics.frames import NOON, frame, reasons

CHOSEN = {"username": "a", "selected": True, "place": 1, "score": 0.5, "followers": 900, "reason": "among the best"}
PROFILE = {
    "username": "a", "state": "enriched", "depth": "full", "followers": 1_000, "average_likes": 40.0,
    "average_comments": 10.0, "average_views": 500.0, "cost_microcredits": 1_000_000, "request_id": "p",
}  # fmt: skip
REPORT = {"username": "a", "state": "ready", "credibility": 0.8, "request_id": "p", "cost_microcredits": 1_000_000}


def card(
    profiles: list[dict[str, Any]], reports: list[dict[str, Any]], *earlier: dict[str, Any], **chosen: Any
) -> dict[str, Any]:
    rows = scorecard(
        frame(Shortlist, CHOSEN | chosen, {"username": "b", "selected": False, "followers": 5}),
        frame(EnrichedProfiles, *profiles),
        frame(AudienceReports, *reports),
        frame(AudienceSegments),
        follower_counts(frame(Shortlist, *({"username": "a"} | one for one in earlier))),
    )
    (row,) = conformed(CreatorScorecard, "creator_scorecard", rows).rows(named=True)
    return row


def test_a_creator_with_all_inputs_has_every_metric() -> None:
    row = card([PROFILE], [REPORT], {"followers": 750, "observed_at": NOON - timedelta(days=28)})
    assert (row["er_followers_mean"], row["er_views"], row["mean_views_per_follower"]) == (0.05, 0.1, 0.5)
    assert row["effective_followers"] == 800
    assert (row["followers"], row["followers_when_found"]) == (1_000, 900)
    assert row["missing"] == []


@pytest.mark.parametrize(
    ("earlier", "start"),
    [
        ([(30, 500, "influencers_club"), (28, 600, "influencers_club")], 500),
        ([(27, 600, "influencers_club"), (35, 500, "influencers_club")], 600),
        ([(33, 500, "influencers_club"), (27, 600, "influencers_club")], 500),  # the same distance: the older one
        ([(26.9, 600, "influencers_club"), (33.1, 500, "influencers_club")], None),
        ([(30, 500, "infludata")], None),
        ([], None),
    ],
)
def test_growth_is_by_the_nearest_count_of_the_same_provider(
    earlier: list[tuple[float, int, str]], start: int | None
) -> None:
    counts = [
        {"observed_at": NOON - timedelta(days=days), "followers": count, "provider": provider}
        for days, count, provider in earlier
    ]
    # The newest count is in the profile.
    row = card([PROFILE], [], *counts, observed_at=NOON - timedelta(days=1))
    if start is None:
        assert (row["growth_30d"], row["growth_since"]) == (None, None)
        assert reasons(row)["growth_30d"] == ("the same provider has not counted the followers 27 to 33 days before")
    else:
        assert row["growth_30d"] == pytest.approx(1_000 / start - 1)
        assert row["growth_since"] in {one["observed_at"] for one in counts if one["followers"] == start}


def test_profile_and_audience_of_one_response_cost_once() -> None:
    assert card([PROFILE], [REPORT])["audience_cost_microcredits"] == 0
    assert card([PROFILE], [REPORT | {"request_id": "q"}])["audience_cost_microcredits"] == 1_000_000
    assert card([], [REPORT])["audience_cost_microcredits"] == 1_000_000


@pytest.mark.parametrize(
    ("profiles", "reports", "metric", "reason"),
    [
        ([], [], "er_views", "no profile was asked for"),
        ([PROFILE | {"state": "pending", "average_likes": None}], [], "er_views", "is still making the profile"),
        ([PROFILE | {"state": "not_found", "average_likes": None}], [], "er_views", "knows no such account"),
        ([PROFILE | {"average_likes": None}], [], "er_followers_mean", "the provider does not say"),
        ([PROFILE | {"followers": 0}], [], "er_followers_mean", "followers is 0"),
        ([PROFILE], [], "effective_followers", "no audience report was asked for"),
        ([PROFILE], [REPORT | {"state": "unavailable", "credibility": None}], "effective_followers", "no audience rep"),
        ([PROFILE], [REPORT | {"credibility": None}], "effective_followers", "the provider does not say"),
        ([], [REPORT], "effective_followers", "no profile was asked for"),
    ],
)
def test_a_metric_without_an_input_is_null_with_a_reason(
    profiles: list[dict[str, Any]], reports: list[dict[str, Any]], metric: str, reason: str
) -> None:
    row = card(profiles, reports)
    assert row[metric] is None
    assert reason in reasons(row)[metric]


def test_the_largest_segment_of_the_followers_has_its_share() -> None:
    parts = [
        ("followers", "country", "DE", 0.4), ("followers", "country", "AT", 0.4), ("followers", "country", "US", 0.1),
        ("likers", "country", "US", 0.9), ("followers", "age", "25-34", 0.6), ("followers", "interest", "Cars", 0.99),
    ]  # fmt: skip
    segments = [
        {"username": "a", "basis": basis, "dimension": dimension, "code": code, "share": share}
        for basis, dimension, code, share in parts
    ]
    rows = scorecard(
        frame(Shortlist, CHOSEN),
        frame(EnrichedProfiles, PROFILE),
        frame(AudienceReports, REPORT),
        frame(AudienceSegments, *segments),
        follower_counts(frame(Shortlist)),
    )
    shown = [name for name in rows.columns if name.startswith("audience_") and ("country" in name or "age" in name)]
    assert rows.select(shown).row(0, named=True) == {
        "audience_country": "AT",
        "audience_country_share": 0.4,
        "audience_age": "25-34",
        "audience_age_share": 0.6,
    }
    assert rows["audience_gender"].dtype == pl.String
