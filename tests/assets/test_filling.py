"""Counts that a series lacks: bought post by post on the day itself, by the brief's word, within the plan."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from creator_assets.partitions import Partition
from creator_assets.spending.planning.plan import PlanLine, PlanVerdict
from tests.assets.stage import TimedProject, stage_at, state_of

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
PRICE = 30_000
FINDING = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 200}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 5}
content: {top: 2, max_items: 5}
"""
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influtics: 400, influencers_club: %s}
tracking: {provider: influtics, %s, videos: [%s]}
"""
FILL = "fill_from: influencers_club"
UNKNOWN = "https://www.youtube.com/watch?v=abcdefghijk"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(NOW, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def urls(stage: TimedProject) -> list[str]:
    """Three videos that exist, and one of which nobody knows anything."""
    stage.brief("finding", FINDING)
    stage.run("discovery_results", "shortlist", "content", slug="finding")
    found = stage.table("content").sort("content_id").head(3)
    posts = found.select("username", "native_id").iter_rows()
    return [*(f"https://www.tiktok.com/@{username}/video/{native_id}" for username, native_id in posts), UNKNOWN]


def brief(stage: TimedProject, urls: list[str], wish: str = FILL, budget: str = "1") -> None:
    stage.brief("one", BRIEF % (budget, wish, ", ".join(f'"{url}"' for url in urls)))


def plan_of_day(stage: TimedProject) -> list[PlanLine]:
    return stage.plan(Partition.day_of("one", stage.clock.now.date()))


def club(stage: TimedProject) -> int:
    return stage.spent()["influencers_club"]


def stats(stage: TimedProject, **options: Any) -> pl.DataFrame:
    stage.run("video_stats", slug="one", daily=True, **options)
    day = options.get("day", stage.clock.now.date())
    return stage.table("video_stats", campaign="one", day=str(day)).sort("native_id")


def over_limit(stage: TimedProject) -> None:
    stage.control.post("/accounts", json={"key": "sandbox-influtics", "video_limit": 0}).raise_for_status()


def test_videos_without_a_series_are_counted_by_the_provider_that_the_brief_names(
    stage: TimedProject, urls: list[str]
) -> None:
    over_limit(stage)
    brief(stage, urls)
    stage.run("tracked_videos", slug="one")
    (line,) = plan_of_day(stage)
    assert (line.asset, line.calls_min, line.max_microcredits) == ("video_stats", 0, 4 * PRICE)
    rows = stats(stage)
    assert rows["source"].to_list() == ["post_details"] * 3
    assert (rows["views"] > 0).all()
    assert rows["day_number"].is_null().all()
    # Nothing is charged for the video of which nobody knows anything.
    assert club(stage) == 3 * PRICE == rows["cost_microcredits"].sum() < line.max_microcredits
    assert stats(stage).equals(rows)
    assert club(stage) == 3 * PRICE


def test_a_count_of_the_series_is_better_and_costs_nothing(stage: TimedProject, urls: list[str]) -> None:
    brief(stage, urls[:1])
    stage.run("tracked_videos", slug="one")
    before = stats(stage).row(0, named=True)
    assert (before["source"], before["day_number"]) == ("post_details", 1)
    assert club(stage) == PRICE
    stage.turn(minutes=20)
    assert stats(stage)["source"].to_list() == ["series"]
    stage.turn(days=1)
    assert stats(stage)["source"].to_list() == ["series"]
    assert club(stage) == PRICE


def test_a_day_that_is_over_is_filled_from_the_archive_alone(stage: TimedProject, urls: list[str]) -> None:
    over_limit(stage)
    brief(stage, urls[:2])
    stage.run("tracked_videos", slug="one")
    first, day = stats(stage), stage.clock.now.date()
    stage.turn(days=2)
    missed = stage.clock.now.date().replace(day=11)
    assert plan_of_day(stage)[0].verdict is PlanVerdict.FITS
    asked = stage.asked()
    assert stats(stage, day=missed).is_empty()
    # One look at the series, which is empty, and nobody was asked for what posts counted on a day that is over.
    assert (stage.asked(), club(stage)) == (asked + 1, 2 * PRICE)
    shutil.rmtree(stage.folder / "data" / "tables" / "video_stats")
    stage.gone = True
    assert stats(stage, day=day).equals(first)


def test_a_day_before_tracking_began_keeps_its_count_once_the_plan_has_room(
    stage: TimedProject, urls: list[str]
) -> None:
    over_limit(stage)
    brief(stage, urls[:1])
    stage.run("tracked_videos", slug="one")
    first, day = stats(stage), stage.clock.now.date()
    stage.turn(days=1)
    looked = stats(stage)
    stage.control.post("/accounts", json={"key": "sandbox-influtics", "video_limit": 1}).raise_for_status()
    stage.turn(hours=2)
    stage.run("tracked_videos", slug="one")
    # The look at this day came before tracking began on it, and no series tells more of it so far.
    same_day = stats(stage)
    assert same_day.select("views", "day_number", "age_hours").row(0) == (looked["views"][0], 1, None)
    assert stats(stage, day=day).equals(first)


@pytest.mark.parametrize(("wish", "budget", "spent"), [("retry_errors: false", "1", 0), (FILL, "0.05", 0)])
def test_nothing_is_bought_without_the_briefs_word_or_beyond_its_budget(
    stage: TimedProject, urls: list[str], wish: str, budget: str, spent: int
) -> None:
    over_limit(stage)
    brief(stage, urls, wish, budget)
    stage.run("tracked_videos", slug="one")
    lines = plan_of_day(stage)
    assert {line.verdict for line in lines} == ({PlanVerdict.DOES_NOT_FIT} if wish == FILL else set())
    result = stage.run("video_stats", slug="one", daily=True, raise_on_error=False)
    assert result.success == (wish != FILL)
    assert club(stage) == spent
    if result.success:
        assert state_of(result, "video_stats")["filled"] == 0
