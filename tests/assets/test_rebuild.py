"""Posts, videos and audiences of two weeks, made again out of the archive: no network, no credit, the same digests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from creator_assets.ledger.ledger import Ledger
from tests.assets.stage import TimedProject, stage_at, state_of

MONDAY = datetime(2026, 11, 9, 12, tzinfo=UTC)
WEEKLY = (
    "discovery_results",
    "shortlist",
    "audience_reports",
    "content",
    "content_details",
    "tracked_videos",
)
CLUB = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 100, influtics: 10_000}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 10}
shortlist: {top: 6}
audiences: {top: 4}
content: {top: 4, max_items: 24, details: {kinds: [data, comments, transcript, audio], top: 5, max_comment_pages: 2}}
tracking:
  max_sponsored: 2
  retry_errors: true
  videos:
    - https://www.tiktok.com/@some.one/video/7300000000000000001
    - https://youtu.be/abcdefghijk
    - https://www.tiktok.com/@some.one/video/7300000000000000404
"""
DATA = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 4000, influtics: 10_000}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 8}
audiences: {top: 6}
content: {top: 6, max_items: 20}
tracking: {max_sponsored: 2}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(MONDAY, tmp_path, monkeypatch) as made:
        yield made


def week_of(stage: TimedProject, slug: str, day: date) -> dict[tuple[str, ...], str]:
    """Materialize a week; the digests of its tables."""
    result = stage.run(*WEEKLY, slug=slug, day=day)
    digests: dict[tuple[str, ...], str] = {}
    for asset in WEEKLY:
        metadata = state_of(result, asset)
        digests[asset, slug, str(day)] = metadata["content_digest"]
        if "segments_digest" in metadata:
            digests[f"{asset}/segments", slug, str(day)] = metadata["segments_digest"]
    return digests


def day_of(stage: TimedProject, slug: str, day: date) -> dict[tuple[str, ...], str]:
    metadata = state_of(stage.run("video_stats", slug=slug, day=day, daily=True), "video_stats")
    return {("video_stats", slug, str(day)): metadata["content_digest"]}


def books(stage: TimedProject) -> tuple[int, int]:
    """What all budgets have spent, and how many attempts there were. A video that fails counts more than the meter."""
    with Ledger.open(stage.folder / "ledger.sqlite", realm="sandbox-stage", clock=stage.clock) as ledger:
        assert ledger.check() == []
        return sum(state.spent_microcredits for state in ledger.balances()), len(list(ledger.attempts()))


def test_posts_videos_and_audiences_rebuild_equal_and_free_with_the_network_off(stage: TimedProject) -> None:
    stage.brief("club", CLUB)
    stage.brief("data", DATA)
    # A week and a day at a time, some days never looked at, reports that were waited for.
    stage.turn(days=-7)
    first: dict[tuple[str, ...], str] = {}
    weeks, days = [stage.clock.now.date(), stage.clock.now.date() + timedelta(days=7)], list[date]()
    for week in weeks:
        for slug in ("club", "data"):
            week_of(stage, slug, week)
        for step in (1, 2, 2):
            stage.turn(days=step)
            days.append(stage.clock.now.date() - timedelta(days=1))
            for slug in ("club", "data"):
                first |= day_of(stage, slug, days[-1])
        for slug in ("club", "data"):
            first |= week_of(stage, slug, week)
        stage.turn(days=2)
    for name in (
        "content",
        "content_details",
        "tracked_videos",
        "video_stats",
        "audience_reports",
        "audience_segments",
    ):
        assert stage.table(name).height > 5, name
    assert {"tracked", "error"} <= set(stage.table("tracked_videos")["state"])
    spent, asked = books(stage), stage.asked()
    shutil.rmtree(stage.folder / "data" / "tables")
    stage.gone = True
    again: dict[tuple[str, ...], str] = {}
    for slug in ("data", "club"):
        for week in weeks:
            again |= week_of(stage, slug, week)
        for day in days:
            again |= day_of(stage, slug, day)
    assert {name for name in first if again[name] != first[name]} == set()
    assert (books(stage), stage.asked()) == (spent, asked)
