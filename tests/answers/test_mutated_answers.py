"""Hundreds of mutated profiles through one real run: each creator keeps a row, and nothing is paid twice."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from creator_assets.replay.case import Case, Route
from creator_assets.replay.project import play
from tests.answers.mutations import mutated

ANSWERS = int(os.environ.get("CREATOR_ASSETS_TEST_MUTATIONS", "150"))
"""How many answers are mutated; more of them with this variable."""
PATH = "/influencers_club/public/v1/creators/enrich/handle/full/"
BRIEF = """
brief: {{market: Germany, start: 2026-11-02, end: 2027-06-27, currency: EUR}}
budget: {{influencers_club: 100000}}
roster:
{roster}
shortlist: {{top: 10}}
profiles: {{depth: full, provider: influencers_club}}
"""
KEPT = frozenset({"userid", "username", "exists", "credits_cost"})


def profile(number: int) -> object:
    return {
        "credits_cost": 1.0,
        "result": {
            "instagram": {
                "userid": str(10_000 + number), "username": f"c{number}.example", "exists": True,
                "full_name": "A \u00c9", "follower_count": 1_000 + number, "following_count": 7, "biography": "b",
                "media_count": 12, "engagement_percent": 2.5, "avg_likes": 3.5, "avg_comments": 1.5,
                "is_business_account": True, "reels": {"avg_view_count": 9.5, "comments_count": [1, 2]},
                "niche_class": ["Sport"], "language_code": ["de"], "locations": [],
                "hashtags_count": [{"name": "a", "count": 1}], "category": "c", "country": "Germany",
            },
            "youtube": {"id": "UC1", "subscriber_count": 5},
            "email": "x@y.example", "location": "Berlin", "speaking_language": "German", "gender": "f",
        },
    }  # fmt: skip


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Say one line past the capturing of output."""

    def line(text: str) -> None:
        with capfd.disabled():
            print(text)  # noqa: T201 - the proof's counts

    return line


def test_a_mutated_answer_keeps_its_creators_row_and_is_paid_once(say: Callable[[str], None]) -> None:
    routes = [
        Route(
            method="POST",
            path=PATH,
            when={"handle": f"c{number}.example"},
            body_b64=base64.b64encode(mutated(profile(number), KEPT, number)).decode(),
        )
        for number in range(ANSWERS)
    ]
    roster = "\n".join(f"  - {{platform: instagram, handle: c{number}.example}}" for number in range(ANSWERS))
    outcome = play(
        Case(
            name="mutated",
            brief=BRIEF.format(roster=roster),
            assets=["discovery_results", "shortlist", "enriched_profiles"],
            routes=routes,
            steps=2,
            at=datetime(2026, 11, 18, 12, tzinfo=UTC),
        )
    )
    first, second = outcome.steps
    rows = outcome.tables["enriched_profiles"]
    kept = rows.filter(state="enriched").height
    lost = ANSWERS - round(rows["cost_microcredits"].sum() / 1_000_000)
    say(
        f"mutated answers: {ANSWERS}, rows kept {kept}, field notes {outcome.tables['field_notes'].height}, "
        f"credits lost {lost}, second payments {second.requests}"
    )
    assert (first.failures, second.failures) == ([], [])
    assert (first.requests, second.requests) == (ANSWERS, 0)
    assert (kept, lost) == (ANSWERS, 0)
    assert outcome.tables["rejected"].is_empty()
    assert second.charged == {"influencers_club": str(ANSWERS)}
    assert rows["native_id"].to_list() == sorted(
        (str(10_000 + number) for number in range(ANSWERS)), key=lambda text: f"c{int(text) - 10_000}.example"
    )
