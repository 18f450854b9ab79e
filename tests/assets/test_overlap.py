"""Comparisons of audiences: paid for by the set, exact where one set holds all, bounds where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.assets.stage import TimedProject, stage_at, state_of

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
CHAIN = ("discovery_results", "shortlist", "enriched_profiles", "audience_overlap", "roster_reach")
FOUND_MICROCREDITS = 300_000


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def test_a_roster_that_fits_into_one_set_is_known_exactly(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % (8, 3))
    metadata = state_of(stage.run(*CHAIN, slug="one"), "audience_overlap")
    rows = stage.table("audience_overlap")
    assert stage.spent()["influencers_club"] == FOUND_MICROCREDITS + CREDIT
    assert rows["cost_microcredits"].sum() == CREDIT
    assert metadata["sets"] == 1
    (reach,) = stage.table("roster_reach").rows(named=True)
    assert (reach["creators"], reach["creators_compared"], reach["is_exact"]) == (8, 8, True)
    assert reach["reach_lower"] == reach["reach_upper"] == rows["total_unique_followers"][0]
    assert reach["followers_sum"] == rows["total_followers"][0]
    assert (reach["overlap_cost_microcredits"], reach["missing"]) == (CREDIT, [])


def test_a_larger_roster_is_bounded_within_the_cap_and_rebuilt_for_nothing(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % (25, 2))
    first = stage.run(*CHAIN, slug="one")
    assert stage.spent()["influencers_club"] == FOUND_MICROCREDITS + 2 * CREDIT
    assert state_of(first, "audience_overlap")["sets"] == 2
    (reach,) = stage.table("roster_reach").rows(named=True)
    followers = stage.table("shortlist").filter("selected")["followers"]
    assert not reach["is_exact"]
    assert max(followers) < reach["reach_lower"] < reach["reach_upper"] < reach["followers_sum"] == followers.sum()
    assert 0 < reach["duplication_at_least"] < reach["duplication_at_most"] < 1
    stage.gone = True
    again = stage.run(*CHAIN, slug="one")
    for asset in ("audience_overlap", "roster_reach"):
        assert state_of(again, asset)["content_digest"] == state_of(first, asset)["content_digest"]


def test_without_a_comparison_the_followers_alone_bound_the_reach(stage: TimedProject) -> None:
    stage.brief("one", BRIEF.replace("overlap:", "# overlap:") % (0, 0))
    stage.run(*CHAIN, slug="one")
    (reach,) = stage.table("roster_reach").rows(named=True)
    followers = stage.table("shortlist").filter("selected")["followers"]
    assert (reach["creators"], reach["creators_compared"]) == (25, 0)
    assert (reach["reach_lower"], reach["reach_upper"]) == (max(followers), followers.sum())
    assert reach["overlap_cost_microcredits"] is None
