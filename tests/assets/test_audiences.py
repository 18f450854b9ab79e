"""Audience reports: bought only where they are there, waited for as rows, and never paid for twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.assets.stage import Stage, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
CREDIT = 1_000_000
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 2000}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 60}
shortlist: {top: 50}
audiences: {top: 50, max_age: 45d%s}
"""
CHAIN = ("discovery_results", "shortlist", "audience_reports")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        made.brief("one", BRIEF % "")
        yield made


def test_a_report_in_the_making_is_a_row_and_is_bought_when_it_is_there(stage: Stage) -> None:
    told = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    first = stage.table("audience_reports")
    states = dict(first["state"].value_counts().iter_rows())
    assert first.height == 50
    assert states["pending"] >= 1
    assert told["states"] == states
    # 3 pages of creators at 1, and 20 for each report that is there; asking and waiting cost nothing.
    assert stage.spent()["infludata"] == (3 + 20 * states["ready"]) * CREDIT
    assert first["cost_microcredits"].sum() == 20 * states["ready"] * CREDIT
    waiting = first.filter(pl.col("state") == "pending")
    assert (waiting["next_look_at"] > TUESDAY).all()
    assert waiting["operation"].unique().to_list() == ["data_status"]
    assert stage.table("audience_segments")["username"].n_unique() == states["ready"]

    # Before the time to look again, nobody is asked.
    asked = stage.asked()
    stage.run("audience_reports", slug="one")
    assert stage.asked() == asked

    stage.turn(hours=40)
    stage.run("audience_reports", slug="one")
    later = stage.table("audience_reports")
    assert "pending" not in later["state"].to_list()
    ready = later.filter(pl.col("state") == "ready").height
    assert ready == states["ready"] + states["pending"]
    assert stage.spent()["infludata"] == (3 + 20 * ready) * CREDIT


def test_shares_are_fractions_and_parts_that_exclude_one_another_add_up(stage: Stage) -> None:
    stage.run(*CHAIN, slug="one")
    segments = stage.table("audience_segments")
    assert segments["share"].is_between(0, 1).all()
    totals = (
        segments.filter(pl.col("is_exclusive") & pl.col("dimension").is_in(["age", "gender"]))
        .group_by("username", "basis", "dimension")
        .agg(pl.col("share").sum())
    )
    assert totals.height >= 2
    assert totals["share"].is_between(0.999, 1.001).all()


def test_what_is_inferred_about_ethnicity_needs_a_reason_in_the_brief(stage: Stage) -> None:
    stage.brief("club", CLUB % "")
    stage.brief("study", CLUB % ', keep_sensitive_because: "A study of representation, with the consent of its panel"')
    stage.run(*CHAIN, slug="club")
    told = state_of(stage.run(*CHAIN, slug="study"), "audience_reports")
    without, kept = (stage.table("audience_segments", campaign=slug) for slug in ("club", "study"))
    assert "ethnicity" not in without["dimension"].to_list()
    assert "ethnicity" in kept["dimension"].to_list()
    assert told["sensitive_kept_because"].startswith("A study")
    assert {"followers", "likers"} <= set(kept["basis"])


CLUB = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 10}
shortlist: {top: 5}
profiles: {depth: full}
audiences: {top: 5%s}
"""


def test_the_report_in_a_full_profile_is_not_paid_for_again(stage: Stage) -> None:
    stage.brief("club", CLUB % "")
    stage.run(*CHAIN, "enriched_profiles", slug="club")
    # 10 creators at 0.01 and 5 full profiles at 1, which hold the reports.
    assert stage.spent()["influencers_club"] == 5_100_000


def test_a_report_that_is_younger_than_the_brief_asks_for_serves_the_next_week(stage: Stage) -> None:
    stage.run(*CHAIN, slug="one")
    stage.turn(days=7)
    stage.run("discovery_results", "shortlist", slug="one")
    before, asked_for = stage.spent()["infludata"], stage.table("audience_reports")
    ready = set(asked_for.filter(pl.col("state") == "ready")["username"])
    stage.run("audience_reports", slug="one")
    chosen = stage.table("shortlist", campaign="one", week="2026-11-16").filter("selected")["username"]
    new = stage.table("audience_reports", campaign="one", week="2026-11-16").filter(pl.col("state") == "ready")
    bought = [name for name in new["username"] if name not in ready]
    assert set(chosen) & ready
    assert stage.spent()["infludata"] - before == 20 * CREDIT * len(bought)


def test_a_rebuild_from_the_archive_is_identical_and_asks_nobody(stage: Stage) -> None:
    first = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    stage.gone = True
    asked = stage.asked()
    again = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    assert stage.asked() == asked
    assert (again["content_digest"], again["segments_digest"]) == (first["content_digest"], first["segments_digest"])
    assert again["credits_spent"] == 0


def test_a_week_that_is_over_keeps_the_rows_that_waited(stage: Stage) -> None:
    stage.run(*CHAIN, slug="one")
    states = stage.table("audience_reports")["state"].sort().to_list()
    stage.turn(days=30)
    stage.gone = True
    stage.run(*CHAIN, slug="one", day=TUESDAY.date())
    assert stage.table("audience_reports", campaign="one", week="2026-11-09")["state"].sort().to_list() == states
