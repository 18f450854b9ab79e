"""Comparisons of audiences: paid for by the set, exact where one set holds all, bounds where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.assets.stage import Stage, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
CREDIT = 1_000_000
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 30}
shortlist: {top: 25}
overlap: {top: %d, max_calls: %d}
"""
CHAIN = ("discovery_results", "shortlist", "audience_overlap")
FOUND_MICROCREDITS = 300_000


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def test_a_roster_that_fits_into_one_set_is_known_exactly(stage: Stage) -> None:
    stage.brief("one", BRIEF % (8, 3))
    told = state_of(stage.run(*CHAIN, slug="one"), "audience_overlap")
    rows = stage.table("audience_overlap")
    assert stage.spent()["influencers_club"] == FOUND_MICROCREDITS + CREDIT
    assert rows["cost_microcredits"].sum() == CREDIT
    assert (told["sets"], told["reach_is_exact/instagram"]) == (1, True)
    assert told["reach_lower/instagram"] == told["reach_upper/instagram"] == rows["total_unique_followers"][0]


def test_a_larger_roster_is_bounded_within_the_cap_and_rebuilt_for_nothing(stage: Stage) -> None:
    stage.brief("one", BRIEF % (25, 2))
    told = state_of(stage.run(*CHAIN, slug="one"), "audience_overlap")
    assert stage.spent()["influencers_club"] == FOUND_MICROCREDITS + 2 * CREDIT
    assert (told["sets"], told["reach_is_exact/instagram"]) == (2, False)
    followers = stage.table("shortlist").filter("selected")["followers"]
    assert max(followers) < told["reach_lower/instagram"] < told["reach_upper/instagram"] < followers.sum()
    stage.gone = True
    again = state_of(stage.run(*CHAIN, slug="one"), "audience_overlap")
    assert again["content_digest"] == told["content_digest"]
    assert again["reach_upper/instagram"] == told["reach_upper/instagram"]
