"""What misses would lead to and cannot be paid is left out: what is certain is bought, and the run ends well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.assets.stage import TimedProject, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
CREDIT = 1_000_000
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {keyapi: 100, infludata: %s}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 240}
shortlist: {top: 240}
profiles: {depth: full}
audiences: {top: 3}
"""
ALL = ("discovery_results", "shortlist", "enrichment_batches", "enriched_profiles", "audience_reports")
SEARCH, REPORTS = 12, 3 * 20


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def profiles_of(stage: TimedProject) -> pl.DataFrame:
    return stage.table("enriched_profiles", campaign="one", week="2026-11-09")


def test_misses_leave_what_later_assets_are_certain_to_need(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % (SEARCH + REPORTS + 1))
    result = stage.run(*ALL, slug="one")
    rows = profiles_of(stage)
    assert rows.height == 240
    misses = rows.filter(state="unknown")
    assert misses.height >= 1
    assert misses["chosen_because"].str.ends_with("; infludata was left out").all()
    assert rows.filter(provider="infludata")["state"].to_list() == ["enriched"]
    metadata = state_of(result, "enriched_profiles")
    assert metadata["waterfall_skipped"] == {"infludata": misses.height}
    assert "Raise budget.infludata in campaigns/one.yaml by" in metadata["waterfall_truncated"]
    # They are certain, and paid out of what the misses left.
    reports = stage.table("audience_reports")
    ready = reports.filter(state="ready").height
    assert ready >= 1
    assert stage.spent()["infludata"] == (SEARCH + 1 + 20 * ready) * CREDIT

    digest = state_of(stage.run("enriched_profiles", slug="one"), "enriched_profiles")["content_digest"]
    spent = stage.spent()
    stage.turn(days=30)
    stage.gone = True
    again = state_of(stage.run(*ALL, slug="one", day=TUESDAY.date()), "enriched_profiles")
    assert (again["content_digest"], stage.spent()) == (digest, spent)


def test_alone_an_asset_keeps_nothing_for_others(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % (SEARCH + REPORTS + 1))
    stage.run("discovery_results", "shortlist", "enriched_profiles", slug="one")
    assert profiles_of(stage)["state"].unique().to_list() == ["enriched"]


def test_a_suspended_fallback_fails_no_run_and_is_asked_once_it_is_resumed(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % 500)
    stage.run("discovery_results", "shortlist", slug="one")
    with closing(stage.resources()["paid_client"].open()) as paid_client:
        paid_client.ledger.suspend_provider(["infludata"], until=None, reason="the key was refused (HTTP 401)")
    metadata = state_of(stage.run("enriched_profiles", slug="one"), "enriched_profiles")
    misses = profiles_of(stage).filter(state="unknown").height
    assert metadata["waterfall_skipped"] == {"infludata": misses}
    assert "the key was refused (HTTP 401)" in metadata["waterfall_truncated"]
    assert "creator-assets budget --resume infludata" in metadata["waterfall_truncated"]
    with closing(stage.resources()["paid_client"].open()) as paid_client:
        paid_client.ledger.resume_provider(["infludata"], reason="mended")
    metadata = state_of(stage.run("enriched_profiles", slug="one"), "enriched_profiles")
    assert (metadata["waterfall_skipped"], metadata["waterfall_truncated"]) == ({}, "")
    assert profiles_of(stage).filter(provider="infludata").height == misses


def test_a_report_that_would_cost_too_much_after_a_miss_is_left_out(stage: TimedProject) -> None:
    stage.brief("two", REPORTS_OF_TWO)
    metadata = state_of(stage.run("discovery_results", "shortlist", "audience_reports", slug="two"), "audience_reports")
    rows = stage.table("audience_reports", campaign="two", week="2026-11-09")
    left_out = rows.filter(pl.col("chosen_because").str.ends_with("; infludata was left out"))
    assert metadata["waterfall_skipped"] == {"infludata": left_out.height}
    assert left_out.height >= 1
    assert set(left_out["provider"]) == {"influencers_club"}
    assert set(left_out["state"]) <= {"unavailable", "not_found"}
    assert rows.filter(provider="infludata", state="ready").height == 1
    assert stage.spent()["infludata"] == 20 * CREDIT
    stage.turn(days=30)
    stage.gone = True
    again = state_of(stage.run("audience_reports", slug="two", day=TUESDAY.date()), "audience_reports")
    assert again["content_digest"] == metadata["content_digest"]


def test_an_early_asset_leaves_what_a_later_one_is_certain_to_need(stage: TimedProject) -> None:
    """Dagster runs audience_reports before enriched_profiles; its misses may not spend what the profiles need."""
    # 60 profiles are certain. A report after a miss costs 20, and one would still fit beside 40 of them.
    brief = REPORTS_OF_TWO.replace("infludata: 30", "infludata: 70")
    stage.brief("two", brief + "profiles: {depth: full, provider: infludata}\n")
    result = stage.run(*ALL, slug="two")
    order = [event.step_key for event in result.all_events if event.is_step_start]
    assert order.index("audience_reports") < order.index("enriched_profiles")
    selected = stage.table("shortlist", campaign="two", week="2026-11-09").filter("selected").height
    assert selected == 60
    profiles = stage.table("enriched_profiles", campaign="two", week="2026-11-09")
    assert profiles.height == selected
    assert set(profiles["provider"]) == {"infludata"}
    assert state_of(result, "audience_reports")["waterfall_skipped"]["infludata"] >= 1
    assert stage.spent()["infludata"] <= selected * CREDIT


REPORTS_OF_TWO = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 200, infludata: 30}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 60}
shortlist: {top: 60}
audiences: {top: 60}
"""
