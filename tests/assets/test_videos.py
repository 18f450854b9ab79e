"""Tracked videos day by day: paid for once, and equal to the provider's series value by value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from creator_assets.assets.graph import build_assets
from creator_assets.demand.requests import portions
from creator_assets.demand.videos.tracked import tracked_so_far, wanted_tracking
from creator_assets.partition_definitions import day_by_campaign, week_by_campaign
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest, Request
from creator_assets.providers.influtics.requests import stats
from creator_assets.spending.fetch import FetchResult, FetchStats
from tests.assets.stage import TimedProject, stage_at, state_of
from tests.contexts import context_of

CREDIT = 1_000_000
TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
SERIES = Path(__file__).parents[3] / "shared" / "data" / "video_daily_stats.parquet"
BRIEF = """
brief: {market: Germany, start: %s, end: 2036-12-28, currency: EUR}
budget: {influtics: 100_000}
tracking:
  videos: [%s]
"""
FORMS = (
    "https://www.tiktok.com/@some.one/video/7300000000000000001",
    "https://m.tiktok.com/@some.one/video/7300000000000000001?is_from_webapp=1",
    "https://www.youtube.com/shorts/abcdefghijk",
    "https://youtu.be/abcdefghijk?si=xyz",
    "https://www.instagram.com/reel/Cabcdefghij/?igsh=1",
    "https://www.instagram.com/p/Cabcdefghij/",
)


def address(platform: str, video_id: str) -> str:
    if platform == "tiktok":
        return f"https://www.tiktok.com/@someone/video/{video_id}"
    return f"https://www.youtube.com/watch?v={video_id}"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def test_each_video_is_tracked_and_paid_for_once_by_its_canonical_form(stage: TimedProject) -> None:
    # Two forms of one video in a brief are refused while it is read; each of the three has another form here.
    stage.brief("one", BRIEF % ("2026-11-02", ", ".join(f'"{form}"' for form in FORMS[1::2])))
    stage.run("tracked_videos", slug="one")
    tracked = stage.table("tracked_videos")
    assert tracked["state"].to_list() == ["tracked"] * 3
    assert tracked["native_id"].sort().to_list() == ["7300000000000000001", "Cabcdefghij", "abcdefghijk"]
    assert (tracked["tracked_until"] - tracked["tracked_from"]).unique().to_list() == [timedelta(days=30)]
    assert stage.spent()["influtics"] == 90 * CREDIT


def test_no_later_week_tracks_a_video_again_and_a_new_one_costs_only_itself(stage: TimedProject) -> None:
    first, second = FORMS[0], FORMS[2]
    stage.brief("one", BRIEF % ("2026-11-02", f'"{first}"'))
    stage.run("tracked_videos", slug="one")
    stage.turn(days=49)
    stage.brief("one", BRIEF % ("2026-11-02", f'"{second}", "{first}"'))
    # Weeks lie as far ahead as the machine's own clock; the calls are the same.
    campaign = stage.resources()["campaigns"].load()["one"]
    paid_client = stage.resources()["paid_client"]
    week = Partition.week_of("one", stage.clock.now.date())
    ledger = paid_client.open().ledger
    at = context_of(campaign, ledger, partition=week, settings=paid_client.settings())
    wanted = wanted_tracking(at)
    missing = len(wanted) - tracked_so_far(at, wanted).height
    paid_client.close()
    assert missing == 1
    assert stage.spent()["influtics"] == 30 * CREDIT


def test_a_video_that_is_gone_is_a_row_with_a_next_step(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % ("2026-11-02", '"https://www.tiktok.com/@a/video/7300000000000000404"'))
    stage.run("tracked_videos", slug="one")
    (row,) = stage.table("tracked_videos").rows(named=True)
    assert row["state"] == "error"
    assert "public" in row["next_step"]


def test_a_day_without_a_count_is_a_row_that_says_so(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % ("2026-11-02", f'"{FORMS[0]}"'))
    stage.run("tracked_videos", slug="one")
    metadata = state_of(stage.run("video_stats", slug="one", daily=True), "video_stats")
    (row,) = stage.table("video_stats").rows(named=True)
    assert (row["source"], row["views"], row["day_number"], metadata["without_count"]) == ("missing", None, 1, 1)
    stage.turn(minutes=20)
    stage.run("video_stats", slug="one", daily=True)
    (row,) = stage.table("video_stats").rows(named=True)
    assert (row["source"], row["day_number"], row["views_added"]) == ("series", 1, None)
    assert row["views"] > 0
    stage.turn(days=1)
    stage.run("video_stats", slug="one", daily=True)
    row = stage.table("video_stats", campaign="one", day="2026-11-11").row(0, named=True)
    assert row["day_number"] == 2
    assert row["views_added"] is not None


def test_a_day_that_is_over_is_rebuilt_without_asking(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % ("2026-11-02", f'"{FORMS[0]}"'))
    stage.run("tracked_videos", slug="one")
    stage.turn(minutes=20)
    first = state_of(stage.run("video_stats", slug="one", daily=True), "video_stats")
    stage.turn(days=2)
    stage.gone = True
    again = state_of(stage.run("video_stats", slug="one", daily=True, day=TUESDAY.date()), "video_stats")
    assert again["content_digest"] == first["content_digest"]


def test_what_was_tracked_before_anybody_asked_here_is_missing_on_days_of_its_time_alone(stage: TimedProject) -> None:
    key = {"authorization": "Bearer sandbox-influtics"}
    body = {"urls": [FORMS[0]]}
    stage.control.post(f"{stage.sandbox.url('influtics')}/v1/videos/track", json=body, headers=key).raise_for_status()
    stage.brief("one", BRIEF % ("2026-11-02", f'"{FORMS[0]}"'))
    stage.run("tracked_videos", slug="one")
    (row,) = stage.table("tracked_videos").rows(named=True)
    assert (row["state"], row["tracked_from"]) == ("already_tracked", None)
    stage.run("video_stats", slug="one", daily=True)
    (row,) = stage.table("video_stats").rows(named=True)
    assert (row["source"], row["views"], row["day_number"], row["operation"]) == ("missing", None, 1, "stats")
    stage.run("video_stats", slug="one", daily=True, day=date(2026, 11, 9))
    assert stage.table("video_stats").height == 1


def test_what_came_after_a_days_own_look_is_read_on_the_next_day_and_the_day_stays_so(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % ("2026-11-02", f'"{FORMS[0]}"'))
    stage.run("tracked_videos", slug="one")

    def made(day: date) -> pl.DataFrame:
        stage.run("video_stats", slug="one", daily=True, day=day)
        return stage.table("video_stats", campaign="one", day=str(day))

    days = [TUESDAY.date() + timedelta(days=number) for number in range(3)]
    assert made(days[0])["source"].to_list() == ["missing"]
    stage.turn(days=1)
    asked = stage.asked()
    closed = made(days[0])
    assert (closed["source"].to_list(), stage.asked()) == (["series"], asked + 1)
    unclosed = made(days[1])
    # Nobody looked on the third day: the second has its own look, whatever is looked at later.
    stage.turn(days=2)
    assert made(days[1]).equals(unclosed)
    assert made(stage.clock.now.date())["source"].to_list() == ["series"]
    stage.gone = True
    assert [made(day).equals(rows) for day, rows in zip(days, (closed, unclosed), strict=False)] == [True, True]


def some_of(platform: str, begun: date, falling: int, others: int) -> pl.DataFrame:
    """Some real videos that were first seen on one day: some that fall, and those with the most days."""
    if not SERIES.is_file():
        pytest.skip("the real series are not here: ../shared/data/video_daily_stats.parquet")
    series = pl.read_parquet(SERIES).filter(pl.col("platform") == platform).sort("video_id", "observed_on")
    fell = pl.any_horizontal(pl.col(name).diff().over("video_id") < 0 for name in ("views", "likes", "comments"))
    videos = (
        series.with_columns(fell=fell.fill_null(value=False))
        .group_by("video_id")
        .agg(pl.col("observed_on").min().alias("first"), pl.len().alias("days"), pl.col("fell").any())
        .filter((pl.col("first") == begun) & ~pl.col("video_id").str.ends_with("404"))
        .sort("days", "video_id", descending=[True, False])
    )
    chosen = pl.concat([videos.filter("fell").head(falling), videos.filter(~pl.col("fell")).head(others)])
    return series.filter(
        pl.col("video_id").is_in(chosen["video_id"].implode()) & (pl.col("observed_on") < begun + timedelta(days=30))
    )


@pytest.mark.parametrize(("platform", "begun"), [("tiktok", date(2025, 9, 24)), ("youtube", date(2026, 1, 26))])
def test_real_series_come_out_equal_value_by_value(
    platform: str, begun: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = some_of(platform, begun, falling=6, others=6)
    videos = series["video_id"].unique().sort().to_list()
    assert len(videos) == 12
    start = datetime(begun.year, begun.month, begun.day, 0, 0, 30, tzinfo=UTC)
    with replaying(start, tmp_path, monkeypatch) as stage:
        stage.brief("one", BRIEF % (begun, ", ".join(f'"{address(platform, one)}"' for one in videos)))
        assets = build_assets(week_by_campaign(["one"], begun), day_by_campaign(["one"], begun))
        days, weeks = sorted(series["observed_on"].unique()), set[Partition]()
        for day in days:
            stage.clock.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day > begun else start
            stage.turn(seconds=0)
            if (week := Partition.week_of("one", day)) not in weeks:
                weeks.add(week)
                stage.run("tracked_videos", slug="one", assets=assets)
            stage.turn(minutes=10)
            stage.run("video_stats", slug="one", daily=True, assets=assets)
        assert stage.spent()["influtics"] == 12 * 30 * CREDIT
        counted = stage.table("video_stats").filter(pl.col("source") == "series")
        assert_equal_to(series, counted)
        gaps = stage.table("video_stats").filter(pl.col("source") == "missing")
        assert gaps.height == len(days) * 12 - series.height


def counting(pages: PagedRequest, size: int) -> tuple[list[int], list[int]]:
    """How many answers each portion brought, and the offsets that were asked for."""
    offsets: list[int] = []

    def fetch(some: PagedRequest) -> FetchResult:
        answers: list[Answer] = []
        call: Request | None = some.first
        while call is not None and len(answers) < some.max_requests:
            offsets.append(int(call.params["offset"]))
            more = offsets[-1] < 2_400
            body = b'{"data": {"data": [], "pagination": {"has_more": %s}}}' % (b"true" if more else b"false")
            answers.append(
                Answer(
                    request=call, kind=AnswerKind.FINAL, status=200, body=body, response_sha256="0" * 64,
                    observed_at=TUESDAY, request_id="r", run_id="", charge_microcredits=0,
                )
            )  # fmt: skip
            call = some.follow(answers[-1], len(answers))
        return FetchResult(answers=(tuple(answers),), fetch_stats=FetchStats())

    return [len(fetched.answers[0]) for fetched in portions(pages, size, fetch)], offsets


@pytest.mark.parametrize(
    ("most", "size", "brought"),
    [(100_000, 10, [10, 10, 5]), (100_000, 25, [25]), (100_000, 26, [25]), (1_200, 10, [10, 2]), (100, 10, [1])],
)
def test_many_pages_are_fetched_some_at_a_time_and_in_their_order(most: int, size: int, brought: list[int]) -> None:
    lengths, offsets = counting(stats(ProviderSettings(), most), size)
    assert lengths == brought
    assert offsets == [100 * number for number in range(sum(brought))]


def replaying(start: datetime, folder: Path, patch: pytest.MonkeyPatch) -> AbstractContextManager[TimedProject]:
    return stage_at(start, folder, patch, video_series_path=str(SERIES))


def assert_equal_to(series: pl.DataFrame, counted: pl.DataFrame) -> None:
    """Counters and what they grew by, each worked out from the file again."""
    counters = ("views", "likes", "comments")
    expected = series.sort("video_id", "observed_on").select(
        pl.col("video_id").alias("native_id"),
        pl.col("observed_on").alias("stats_on"),
        *counters,
        *(pl.col(name).diff().over("video_id").alias(f"{name}_added") for name in counters),
        (pl.col("observed_on").diff().over("video_id").dt.total_days() - 1).alias("days_missing"),
        pl.any_horizontal((pl.col(name).diff().over("video_id") < 0).fill_null(value=False) for name in counters).alias(
            "is_correction"
        ),
    )
    found = counted.select(expected.columns).sort("native_id", "stats_on")
    assert found.equals(expected.sort("native_id", "stats_on"))
    assert found["is_correction"].any()
