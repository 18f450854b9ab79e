"""A month of one campaign by the sandbox's clock: every row and every credit is what the sandbox itself says it is.

On the first Monday one video of YouTube is named and followed by looks, then others are named and tracked by
Influtics. In the second week nobody works on Saturday; in the third the plan has room for two videos only, until
Thursday; in the fourth influencers.club is down for a day. Each week finds creators, posts and audiences beside. What
should be in `video_stats` is reckoned here: out of the series as the sandbox shows them in the end, and out of looks at
a twin of the sandbox, on which nothing that is tested ever runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from creator_assets.assets.graph import build_assets
from creator_assets.partition_definitions import day_by_campaign, week_by_campaign
from creator_assets.partitions import Partition
from creator_assets.sandbox import RunningSandbox, SandboxSettings, start_in_background
from creator_assets.tables.digest import content_digest
from tests.assets.stage import NAMES, TimedProject, stage_at
from tests.assets.witness import CLUB, SERIES, Counts, World, days_of

CREDIT, LOOK = 1_000_000, 30_000
SLUG = "month"
BEGIN = datetime(2026, 11, 2, 6, 20, tzinfo=UTC)  # a Monday
DAYS = [BEGIN.date() + timedelta(days=number) for number in range(33)]
NOBODY_WORKS, NO_ROOM, ROOM_AGAIN, DOWN = DAYS[12], DAYS[14], DAYS[17], DAYS[23]
HOLE, FALL = DAYS[5], DAYS[8]  # in the counters of the replayed video
REPLAYED = "7300000000000000777"
WEEKLY = ("discovery_results", "shortlist", "audience_reports", "audience_overlap", "content", "content_details")
TABLES = ("video_stats", "tracked_videos", *WEEKLY, "audience_segments")
AVERAGES = ("creator_average_views", "creator_average_likes", "creator_average_comments", "creator_videos_averaged")
BRIEF = f"""
brief: {{market: Germany, start: {DAYS[0]}, end: 2036-12-28, currency: EUR}}
budget: {{{CLUB}: 150, infludata: 1000, {SERIES}: 900}}
tracking: {{%s videos: [%s]}}
"""
ALL_OF_IT = """
discovery:
  - {name: tiktok, provider: influencers_club, platform: tiktok, max_creators: 40}
shortlist: {top: 24, min_engagement_rate: 0}
audiences: {top: 24, max_cost_each: 22}
overlap: {top: 4}
content: {top: 6, max_items: 20, provider: influencers_club, details: {kinds: [data, comments], top: 3}}
"""
WISH = f"provider: {SERIES}, fill_from: {CLUB}, creator_averages: 7d, max_sponsored: 2,"


@pytest.fixture
def twin() -> Iterator[RunningSandbox]:
    """The same world, asked by this test alone."""
    with start_in_background(SandboxSettings(size=2_000, start_at=BEGIN.isoformat(), clock_rate=0)) as made:
        yield made


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    views = {day: 1_000 + 100 * number for number, day in enumerate(DAYS) if day != HOLE} | {FALL: 1_200}
    series = pl.DataFrame({"observed_on": list(views), "views": list(views.values())}).with_columns(
        platform=pl.lit("tiktok"), video_id=pl.lit(REPLAYED), likes=pl.col("views") // 10, comments=pl.lit(7)
    )
    series.write_parquet(tmp_path / "series.parquet")
    with stage_at(BEGIN, tmp_path, monkeypatch, video_series_path=str(tmp_path / "series.parquet")) as made:
        yield made


class Month:
    """The campaign, run as the schedules run it, and what was written down of it."""

    def __init__(self, stage: TimedProject) -> None:
        self.stage = stage
        self.world = World(stage.sandbox)
        weeks, days = (by([SLUG], weeks_ahead=8) for by in (week_by_campaign, day_by_campaign))
        self.assets = build_assets(weeks, days)
        self.over_limit: dict[date, list[tuple[str, str]]] = {}
        self.known_averages: dict[str, list[tuple[datetime, tuple[float, ...]]]] = {}

    @property
    def today(self) -> date:
        return self.stage.clock.now.date()

    def run(self, *names: str, **when: Any) -> bool:
        """Make tables, by default those of the running week; False where a part of that failed."""
        return self.stage.run(*names, slug=SLUG, assets=self.assets, **when).success

    def planned(self) -> dict[str, int]:
        """What the plan of week and day allows each provider to cost by now."""
        lines = self.stage.plan(Partition.week_of(SLUG, self.today), Partition.day_of(SLUG, self.today))
        assert not [line for line in lines if line.is_refused]
        return {name: sum(line.max_microcredits for line in lines if line.provider == name) for name in NAMES}

    def live_through(self, day: date) -> None:
        """What the schedules do on a day, and a second look for audience reports on Thursdays."""
        spent, planned = self.metered(), self.planned()
        if day.weekday() == 0:
            self.run(*WEEKLY, "tracked_videos")
        elif day.weekday() == 3:
            self.run("audience_reports", "tracked_videos")
        yesterday = max(DAYS[0], day - timedelta(days=1))
        is_whole = self.run("video_stats", daily=True, since=yesterday, raise_on_error=False)
        assert is_whole == (day != DOWN)
        self.hear_averages(day)
        bill = {name: now - spent[name] for name, now in self.metered().items()}
        assert {name for name in NAMES if bill[name] > planned[name]} == set(), day

    def metered(self) -> dict[str, int]:
        """Microcredits that each provider has charged so far."""
        return {name: one["charged_microcredits"] for name, one in self.stage.control.get("/meter").json().items()}

    def balance(self) -> None:
        """What the hourly look at the balances does."""
        self.run("provider_balances", whole=True)

    def hear_averages(self, day: date) -> None:
        """Ask for averages where some are due: to ask right after the campaign did costs nothing, before it does."""
        rows = self.stats().filter(stats_on=day).join(self.tracked(day), on=["platform", "native_id"])
        for username in rows["username"].drop_nulls().unique():
            heard = self.known_averages.setdefault(username, [])
            if not known_on(heard, day) and (known_averages := self.world.averages(username)):
                heard.append((self.stage.clock.now, known_averages))

    def stats(self) -> pl.DataFrame:
        return self.stage.table("video_stats").sort("stats_on", "platform", "native_id")

    def tracked(self, day: date) -> pl.DataFrame:
        return self.stage.table("tracked_videos", campaign=SLUG, week=str(day - timedelta(days=day.weekday())))


def known_on(heard: list[tuple[datetime, tuple[float, ...]]], day: date) -> list[tuple[datetime, tuple[float, ...]]]:
    """Averages that a day has or may still have: its own, or at most seven days older than it."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return [one for one in heard if start - timedelta(days=7) <= one[0] < start + timedelta(days=1)]


def test_a_month_is_right_to_the_row_and_to_the_credit(stage: TimedProject, twin: RunningSandbox) -> None:
    month = Month(stage)
    with closing(World(twin)) as elsewhere, closing(month.world):
        live_through_the_month(month, elsewhere)
        rows = month.stats()
        expected = expected_rows(month, elsewhere)
    compare(rows, expected)
    compare_averages(month, rows)
    compare_weeks(month)
    rebuild(month)


def live_through_the_month(month: Month, elsewhere: World) -> None:
    stage = month.stage
    looked_at = elsewhere.posts("youtube", "MrBeast", 1, BEGIN)
    first = elsewhere.posts("tiktok", "bar.films", 2, BEGIN)
    invented = [f"https://www.tiktok.com/@some.one/video/{number}" for number in (REPLAYED, "7300000000000000001")]
    later = elsewhere.posts("tiktok", "bible._.verse", 4, BEGIN)

    def brief(videos: list[str], wish: str = WISH, more: str = ALL_OF_IT) -> None:
        stage.brief(SLUG, BRIEF % (wish, ", ".join(f'"{url}"' for url in videos)) + more)

    brief(looked_at, "", "")
    month.run("tracked_videos")
    month.balance()
    brief([*looked_at, *first, *invented])
    for day in DAYS:
        stage.turn(seconds=(BEGIN + (day - DAYS[0]) - stage.clock.now).total_seconds())
        if day == NO_ROOM:
            brief([*looked_at, *first, *invented, *later])
            leave_room_for(month, 2)
        elif day == ROOM_AGAIN:
            leave_room_for(month, 1_000)
        if day == DOWN:
            live_through_an_outage(month)
        elif day != NOBODY_WORKS:
            month.live_through(day)
        if NO_ROOM <= day < ROOM_AGAIN:
            left_out = month.tracked(day).filter(state="over_limit")
            month.over_limit[day] = left_out.select("platform", "native_id").rows()
        stage.spent()
    assert {len(videos) for videos in month.over_limit.values()} == {3}, "two of five had room"


def live_through_an_outage(month: Month) -> None:
    """What failed counts as paid until the provider's own balance has shown otherwise, twice."""
    month.stage.fault(kind="status", provider=CLUB, status=503, count=None)
    month.live_through(DOWN)
    month.stage.control.delete("/faults").raise_for_status()
    for _look in range(2):
        month.stage.turn(hours=1)
        month.balance()


def leave_room_for(month: Month, videos: int) -> None:
    used = month.world.ask(SERIES, "GET", "/v1/account/usage").json()["data"]["summary"]["videos"]["used"]
    order = {"key": "sandbox-influtics", "video_limit": used + videos}
    month.stage.control.post("/accounts", json=order).raise_for_status()


def expected_rows(month: Month, elsewhere: World) -> list[dict[str, Any]]:
    """Every row that `video_stats` should have by now, as the sandbox and its twin tell it."""
    asked = month.world.ask(SERIES, "GET", "/v1/videos/stats", params={"limit": 100}).json()["data"]["data"]
    rows: list[dict[str, Any]] = []
    for video in asked:
        counted: dict[date, tuple[datetime, Counts]] = {}
        for key in sorted({key for series in video["stats"].values() for key in series}):
            at = datetime.fromisoformat(key.replace("+00", "+00:00"))
            names = ("views", "likes", "comments", "reposts")
            counted[at.date()] = at, tuple(video["stats"][name].get(key) for name in names)
        rows += days_of(video["platform"].lower(), video["external_video_id"],
                        datetime.fromisoformat(video["created_at"]), counted, "series", DAYS)  # fmt: skip
    (looked_at,) = month.tracked(DAYS[0]).filter(platform="youtube")["native_id"]
    looks = {
        day: (at, counts)
        for number, day in enumerate(DAYS)
        if day not in {NOBODY_WORKS, DOWN}
        and (counts := elsewhere.look("youtube", looked_at, at := BEGIN + timedelta(days=number)))
    }
    rows += days_of("youtube", looked_at, BEGIN, looks, "post_details", DAYS)
    for day, videos in month.over_limit.items():
        at = BEGIN + (day - DAYS[0])
        for platform, native_id in videos:
            filled = {day: (at, counts)} if (counts := elsewhere.look(platform, native_id, at)) else {}
            rows += days_of(platform, native_id, None, filled, "post_details", DAYS)
    return rows


def compare(rows: pl.DataFrame, expected: list[dict[str, Any]]) -> None:
    """Value by value; and all that the month was made for has happened in it."""
    keys = ["stats_on", "platform", "native_id"]
    should = pl.DataFrame(expected, schema_overrides={n: rows.schema[n] for n in expected[0]}, infer_schema_length=None)
    age = pl.col("age_hours").round(6)
    found, should = (some.select(should.columns).sort(keys).with_columns(age) for some in (rows, should))
    assert found.select(keys).rows() == should.select(keys).rows()
    for name in should.columns:
        differing = found.filter(found[name].ne_missing(should[name]))
        assert differing.is_empty(), (name, differing, should.filter(found[name].ne_missing(should[name])))
    replayed = dict(rows.filter(native_id=REPLAYED).select("stats_on", "source").iter_rows())
    assert [day for day, source in replayed.items() if source == "missing"] == [HOLE]
    assert rows.filter(native_id=REPLAYED, stats_on=FALL)["is_correction"].to_list() == [True]
    looked_at = rows.filter(platform="youtube")
    assert looked_at.filter(source="missing")["stats_on"].to_list() == [NOBODY_WORKS, DOWN]
    assert (looked_at.height, rows["day_number"].max(), rows["day_number"].null_count()) == (30, 30, 9)


def compare_averages(month: Month, rows: pl.DataFrame) -> None:
    """Each row has the last known averages of its creator within seven days; an unknown creator has none."""
    found = 0
    for day in DAYS:
        named = rows.filter(stats_on=day).join(month.tracked(day), on=["platform", "native_id"], how="left")
        for row in named.iter_rows(named=True):
            known = known_on(month.known_averages.get(row["username"], []), day)
            at, known_averages = known[-1] if known else (None, (None,) * 4)
            assert (row["creator_averages_at"], *(row[name] for name in AVERAGES)) == (at, *known_averages), (day, row)
            found += bool(known)
    assert found > 30


def compare_weeks(month: Month) -> None:
    """What the weeks were to bring is there."""
    reports = month.stage.table("audience_reports")
    assert reports["provider"].n_unique() == 2
    assert reports.filter(pl.col("provider") != CLUB)["chosen_because"].str.contains(f"{CLUB} had nothing").all()
    for name in TABLES:
        assert month.stage.table(name)["week" if name != "video_stats" else "stats_on"].n_unique() >= 5, name
    tracked = month.tracked(DAYS[-1]).filter(state="tracked")
    assert {"brief", "content"} == set(tracked["found_in"])


def rebuild(month: Month) -> None:
    """All of it once more with the network off: equal, for nothing."""
    stage = month.stage
    before = {name: content_digest(stage.table(name)) for name in TABLES}
    spent, asked = stage.spent(), stage.asked()
    shutil.rmtree(stage.folder / "data" / "tables")
    stage.gone = True
    month.run(*WEEKLY, "tracked_videos", since=DAYS[0])
    month.run("video_stats", daily=True, since=DAYS[0])
    assert {name for name, digest in before.items() if content_digest(stage.table(name)) != digest} == set()
    assert (stage.spent(), stage.asked()) == (spent, asked)
