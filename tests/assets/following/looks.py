"""What tests of looks share: briefs that follow videos by them, and what is planned and counted; no test here."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl

from creator_assets.partitions import Partition
from creator_assets.spending.planning.plan import PlanLine
from tests.assets.stage import TimedProject

CREDIT, LOOK = 1_000_000, 30_000
TUESDAY = datetime(2026, 9, 8, 12, tzinfo=UTC)
CLUB, SERIES = "influencers_club", "influtics"
FINDING = """
brief: {market: Germany, start: 2026-09-07, end: 2036-12-28, currency: EUR}
budget: {infludata: 200}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 5}
content: {top: 2, max_items: 5}
"""
BRIEF = """
brief: {market: Germany, start: 2026-09-07, end: 2036-12-28, currency: EUR, fees: 300}
budget: {%s}
tracking: {%s videos: [%s]}
"""
SPONSORED = """
brief: {market: Germany, start: 2026-09-07, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50, infludata: 4000}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 10}
content: {top: 8, max_items: 20, provider: infludata, details: {kinds: [data], top: 200}}
tracking: {max_sponsored: %d}
"""
BOTH = "influencers_club: 20, influtics: 400"
GONE = "https://www.tiktok.com/@a/video/7300000000000000404"
PRICES = """
version: contract
effective: 2026-01-01
source: test
complete: false
currency: EUR
price_per_credit: {influencers_club: %s, influtics: %s}
"""


def brief(stage: TimedProject, urls: Sequence[str], wish: str = "", budget: str = "influencers_club: 20") -> None:
    stage.brief("one", BRIEF % (budget, wish, ", ".join(f'"{url}"' for url in urls)))


def prices(stage: TimedProject, club: str, influtics: str) -> None:
    path = stage.folder / "prices.yaml"
    path.write_text(PRICES % (club, influtics))
    stage.environ["CREATOR_ASSETS_PRICES"] = str(path)


def tracked(stage: TimedProject, assets: list[dg.AssetsDefinition], day: date | None = None) -> pl.DataFrame:
    when = day or stage.clock.now.date()
    stage.run("tracked_videos", slug="one", assets=assets, day=when)
    return stage.table("tracked_videos", campaign="one", week=str(when - timedelta(days=when.weekday()))).sort("url")


def stats(stage: TimedProject, assets: list[dg.AssetsDefinition], day: date | None = None) -> pl.DataFrame:
    when = day or stage.clock.now.date()
    stage.run("video_stats", slug="one", daily=True, assets=assets, day=when)
    return stage.table("video_stats", campaign="one", day=str(when)).sort("native_id")


def plan(stage: TimedProject, *, daily: bool) -> list[PlanLine]:
    today = stage.clock.now.date()
    lines = stage.plan(Partition.day_of("one", today) if daily else Partition.week_of("one", today))
    return [line for line in lines if line.asset in {"tracked_videos", "video_stats"}]


def most(lines: Sequence[PlanLine]) -> int:
    return sum(line.max_microcredits for line in lines)


def club(stage: TimedProject) -> int:
    return stage.spent()[CLUB]


def rebuilt_equal(stage: TimedProject, assets: list[dg.AssetsDefinition]) -> None:
    """All weeks and days that there are, made anew with the network off."""
    weeks, days = stage.table("tracked_videos"), stage.table("video_stats")
    spent = stage.spent()
    shutil.rmtree(stage.folder / "data" / "tables" / "tracked_videos")
    shutil.rmtree(stage.folder / "data" / "tables" / "video_stats")
    stage.gone = True
    for week in sorted(weeks["week"].unique()):
        tracked(stage, assets, week)
    for day in sorted(days["stats_on"].unique()):
        stats(stage, assets, day)
    keys = ["campaign", "week", "url"]
    assert stage.table("tracked_videos").sort(keys).equals(weeks.sort(keys))
    assert stage.table("video_stats").sort("stats_on", "native_id").equals(days.sort("stats_on", "native_id"))
    assert stage.spent() == spent
