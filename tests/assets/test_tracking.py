"""Tracking: fifty videos in a request, each paid for once, whatever joins the brief, fails or is found later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.posts import is_sponsored
from creator_assets.partitions import Partition
from creator_assets.providers.parsing.video_urls import address_of
from creator_assets.tables import schemas
from tests.assets.stage import TimedProject, stage_at, state_of

CREDIT = 1_000_000
TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
TABLE = "tracked_videos"
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influtics: 100_000}
tracking: {videos: [%s]%s}
"""
FINDING = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influtics: 100_000, infludata: 4000}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 10}
content: {top: 8, max_items: 20}
tracking: {max_sponsored: %d}
"""
FOUND = ("discovery_results", "shortlist", "content")
GONE = "https://www.tiktok.com/@a/video/7300000000000000404"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def videos(*numbers: int) -> list[str]:
    return [f"https://www.tiktok.com/@some.one/video/73{number:017d}" for number in numbers]


def brief(urls: list[str], more: str = "") -> str:
    return BRIEF % (", ".join(f'"{url}"' for url in urls), more)


def requests(stage: TimedProject) -> list[dict[str, Any]]:
    arrived: list[dict[str, Any]] = stage.control.get("/requests", params={"provider": "influtics"}).json()["influtics"]
    return arrived


def planned(stage: TimedProject) -> list[dict[str, Any]]:
    stage.run("credit_plan", slug="one")
    week = stage.clock.now.date() - timedelta(days=stage.clock.now.weekday())
    plan = stage.table("credit_plan", campaign="one", week=f"{week}")
    return plan.filter(pl.col("asset") == TABLE).rows(named=True)


def test_fifty_go_in_a_request_and_the_bill_is_the_plan(stage: TimedProject) -> None:
    stage.brief("one", brief(videos(*range(1, 121))))
    (line,) = planned(stage)
    assert (line["calls_min"], line["calls_max"], line["max_microcredits"]) == (3, 3, 120 * 30 * CREDIT)
    metadata = state_of(stage.run(TABLE, slug="one"), TABLE)
    assert (metadata["requests_made"], len(requests(stage)), metadata["states"]) == (3, 3, {"tracked": 120})
    assert stage.spent()["influtics"] == 120 * 30 * CREDIT
    rows = stage.table(TABLE)
    assert set(rows["cost_microcredits"]) == {30 * CREDIT}
    assert rows["native_id"].n_unique() == 120
    assert (rows["url"].str.extract(r"(\d+)$") == rows["native_id"]).all()


def test_what_joins_or_leaves_the_brief_does_not_buy_the_others_again(stage: TimedProject) -> None:
    stage.brief("one", brief(videos(*range(1, 61))))
    stage.run(TABLE, slug="one")
    stage.brief("one", brief([*videos(99), *videos(*range(60, 10, -1))]))
    (line,) = planned(stage)
    assert (line["archive_hits"], line["max_microcredits"]) == (50, 30 * CREDIT)
    stage.run(TABLE, slug="one")
    assert stage.spent()["influtics"] == 61 * 30 * CREDIT
    assert stage.table(TABLE)["state"].to_list() == ["tracked"] * 51
    assert stage.table(TABLE)["found_in"].unique().to_list() == ["brief"]


def test_a_video_that_joins_a_brief_leaves_the_weeks_before_as_they_were(stage: TimedProject) -> None:
    stage.turn(days=-7)
    stage.brief("one", brief(videos(1)))
    stage.run(TABLE, slug="one")
    first = stage.table(TABLE)
    stage.turn(days=7)
    stage.brief("one", brief(videos(1, 2)))
    earlier = stage.clock.now.date() - timedelta(days=7)
    stage.run(TABLE, slug="one", day=earlier)
    assert stage.table(TABLE).equals(first)
    stage.run(TABLE, slug="one")
    stage.run(TABLE, slug="one", day=earlier)
    assert stage.table(TABLE, campaign="one", week="2026-11-02").equals(first)
    assert stage.table(TABLE, campaign="one", week="2026-11-09").height == 2
    # A week in which nothing was followed was never observed.
    stage.brief("one", brief(videos(2)))
    assert not stage.run(TABLE, slug="one", day=earlier, raise_on_error=False).success


def test_another_campaign_finds_a_video_tracked(stage: TimedProject) -> None:
    stage.brief("one", brief(videos(1, 2)))
    stage.brief("two", brief(videos(2, 3)))
    stage.run(TABLE, slug="one")
    stage.run(TABLE, slug="two")
    assert stage.spent()["influtics"] == 3 * 30 * CREDIT
    assert stage.table(TABLE, campaign="two")["state"].to_list() == ["tracked"] * 2


def test_a_handle_that_is_written_otherwise_later_is_no_other_video(stage: TimedProject) -> None:
    (url,) = videos(1)
    stage.brief("one", brief([url]))
    stage.run(TABLE, slug="one")
    (began,) = stage.table(TABLE)["tracked_from"]
    renamed = url.replace("@some.one", "@renamed")
    stage.brief("one", brief([renamed]))
    stage.brief("two", brief([renamed]))
    (line,) = planned(stage)
    assert line["max_microcredits"] == 0
    for slug in ("one", "two"):
        stage.run(TABLE, slug=slug)
        row = stage.table(TABLE, campaign=slug).select("url", "state", "tracked_from").row(0)
        assert row == (renamed, "tracked", began)
    assert stage.spent()["influtics"] == 30 * CREDIT


def test_a_request_of_unknown_fate_keeps_each_of_its_videos_from_being_sent_again(stage: TimedProject) -> None:
    stage.brief("one", brief(videos(*range(1, 31))))
    stage.fault(kind="drop_after_charge", operation="IT-2", nth=1)
    assert not stage.run(TABLE, slug="one", raise_on_error=False).success
    sent = len(requests(stage))
    # In other company, each of them is still the same video.
    stage.brief("one", brief([*videos(30), *videos(*range(50, 60))]))
    assert not stage.run(TABLE, slug="one", raise_on_error=False).success
    assert len(requests(stage)) == sent


def test_videos_that_fail_among_others_are_distinguished(stage: TimedProject) -> None:
    stage.brief("one", brief([*videos(1), GONE, *videos(2)]))
    stage.run(TABLE, slug="one")
    states = dict(stage.table(TABLE).select("url", "state").iter_rows())
    assert states == {videos(1)[0]: "tracked", GONE: "error", videos(2)[0]: "tracked"}


@pytest.mark.parametrize(("more", "asked_in_all"), [("", 1), (", retry_errors: true", 2)])
def test_an_error_is_asked_for_again_once_a_week_and_only_where_the_brief_says_so(
    stage: TimedProject, more: str, asked_in_all: int
) -> None:
    stage.turn(days=-7)
    stage.brief("one", brief([GONE, *videos(1)], more))
    stage.run(TABLE, slug="one")
    stage.run(TABLE, slug="one")
    assert len(requests(stage)) == 1
    stage.turn(days=7)
    lines = planned(stage)
    assert sum(line["max_microcredits"] for line in lines) == (asked_in_all - 1) * 30 * CREDIT
    for _run in range(2):
        stage.run(TABLE, slug="one")
    assert len(requests(stage)) == asked_in_all
    # The earlier week stays what it was, and the later one is rebuilt from what was asked in it.
    rows = stage.table(TABLE).sort("week", "url")
    stage.gone = True
    for day in (TUESDAY - timedelta(days=7), TUESDAY):
        stage.run(TABLE, slug="one", day=day.date())
    assert stage.table(TABLE).sort("week", "url").equals(rows)


@pytest.mark.parametrize("has_looked", [False, True])
def test_a_video_that_its_answer_left_out_is_asked_for_again_once_the_series_is_seen_to_lack_it(
    stage: TimedProject, *, has_looked: bool
) -> None:
    stage.turn(days=-7)
    stage.brief("one", brief([*videos(1), GONE], ", retry_errors: true"))
    stage.fault(kind="null_field", provider="influtics", operation="IT-2", field="data.results.*.status")
    stage.run(TABLE, slug="one")
    assert stage.table(TABLE)["state"].to_list() == ["unknown"] * 2
    stage.turn(minutes=20)
    if has_looked:
        stage.run("video_stats", slug="one", daily=True)
        assert stage.table("video_stats")["source"].to_list() == ["series"]
    stage.turn(days=7)
    assert sum(line["max_microcredits"] for line in planned(stage)) == 30 * CREDIT * has_looked
    before = len(requests(stage))
    stage.run(TABLE, slug="one")
    later = stage.table(TABLE, campaign="one", week="2026-11-09")
    # What the series has is tracked, and not paid for a second time.
    assert dict(later.select("url", "state").iter_rows()) == {
        videos(1)[0]: "unknown",
        GONE: "error" if has_looked else "unknown",
    }
    assert len(requests(stage)) - before == has_looked


def limit_the_plan(stage: TimedProject, videos: int) -> None:
    stage.control.post("/accounts", json={"key": "sandbox-influtics", "video_limit": videos}).raise_for_status()


def test_videos_beyond_the_plan_are_rows_and_are_asked_for_again_later(stage: TimedProject) -> None:
    limit_the_plan(stage, 0)
    stage.brief("one", brief(videos(1, 2, 3)))
    metadata = state_of(stage.run(TABLE, slug="one"), TABLE)
    assert metadata["states"] == {"over_limit": 3}
    assert (stage.spent()["influtics"], len(requests(stage))) == (0, 1)
    row = stage.table(TABLE).row(0, named=True)
    assert "Video limit reached" in row["problem"]
    assert "raise it" in row["next_step"]
    limit_the_plan(stage, 3)
    stage.turn(hours=2)
    assert state_of(stage.run(TABLE, slug="one"), TABLE)["states"] == {"tracked": 3}
    assert stage.spent()["influtics"] == 90 * CREDIT


def test_of_videos_beyond_the_plan_as_many_are_tracked_as_it_has_room_for(stage: TimedProject) -> None:
    limit_the_plan(stage, 100)
    stage.brief("before", brief(videos(*range(1, 81))))
    stage.run(TABLE, slug="before")
    sent = len(requests(stage))
    # Two of these are tracked already and one is gone, which takes no room.
    urls = [*videos(1, 2), GONE, *videos(*range(101, 148))]
    stage.brief("one", brief(urls))
    (line,) = planned(stage)
    assert (line["calls_max"], line["max_microcredits"]) == (1, 48 * 30 * CREDIT)
    states = state_of(stage.run(TABLE, slug="one"), TABLE)["states"]
    assert states == {"error": 1, "over_limit": 27, "tracked": 22}
    rows = dict(stage.table(TABLE, campaign="one").select("url", "state").iter_rows())
    assert [url for url in urls if rows[url] == "over_limit"] == urls[-27:], "the first of the brief come first"
    asked = len(requests(stage))
    assert 2 <= asked - sent <= 6

    # A second run has nothing to ask before its time, and the week is rebuilt without the provider.
    table = stage.table(TABLE, campaign="one")
    stage.gone = True
    stage.run(TABLE, slug="one")
    assert stage.table(TABLE, campaign="one").equals(table)
    stage.gone = False
    limit_the_plan(stage, 110)
    stage.turn(hours=2)
    assert state_of(stage.run(TABLE, slug="one"), TABLE)["states"] == {"error": 1, "over_limit": 17, "tracked": 32}


# -- paid posts that content has found


def test_paid_posts_are_tracked_beside_the_brief_and_stay_so_in_later_weeks(stage: TimedProject) -> None:
    stage.turn(days=-7)
    stage.brief("one", FINDING % 3)
    before = planned(stage)
    assert [(line["calls_max"], line["max_microcredits"]) for line in before] == [(1, 90 * CREDIT)]
    stage.run(*FOUND, slug="one")
    (line,) = planned(stage)
    metadata = state_of(stage.run(TABLE, slug="one"), TABLE)
    assert metadata["found_in_content"] == 3
    assert stage.spent()["influtics"] == line["max_microcredits"] == 90 * CREDIT
    first = stage.table(TABLE)
    paid_posts = stage.table("content").filter(is_sponsored())
    assert set(first["native_id"]) <= set(paid_posts["native_id"])
    assert first["found_in"].unique().to_list() == ["content"]
    # Somebody else's paid posts are none of the campaign's own performance.
    stage.run("video_stats", "campaign_performance", slug="one", daily=True)
    assert stage.table("video_stats").height == 3
    assert stage.table("video_performance").is_empty()
    stage.turn(days=7)
    stage.run(*FOUND, slug="one")
    lines = planned(stage)
    stage.run(TABLE, slug="one")
    second = stage.table(TABLE, campaign="one", week="2026-11-09")
    assert set(first["url"]) <= set(second["url"])
    bill = stage.spent()["influtics"] - 90 * CREDIT
    assert bill == sum(line["max_microcredits"] for line in lines) == (second.height - 3) * 30 * CREDIT
    # All of it again, out of the archive.
    shutil.rmtree(stage.folder / "data" / "tables")
    stage.gone = True
    for day in (TUESDAY - timedelta(days=7), TUESDAY):
        stage.run(*FOUND, TABLE, slug="one", day=day.date())
    assert stage.table(TABLE, campaign="one", week="2026-11-09").equals(second)


def test_paid_posts_that_cannot_be_tracked_for_want_of_an_address_are_counted(stage: TimedProject) -> None:
    stage.brief("one", FINDING % 3)
    stage.run(*FOUND, slug="one")
    posts = stage.table("content").drop("campaign", "week")
    on_instagram = pl.lit("instagram").alias("platform"), pl.lit(None, dtype=pl.String).alias("url")
    paid = posts.filter(is_sponsored())
    changed = pl.concat([posts.filter(~is_sponsored()), paid.head(2).with_columns(*on_instagram), paid[2:]])
    week = Partition.week_of("one", stage.clock.now.date())
    stage.resources()["tables"].open().write(schemas.Content, "content", week.path_parts, changed)
    metadata = state_of(stage.run(TABLE, slug="one"), TABLE)
    assert (metadata["paid_posts_without_address"], metadata["found_in_content"]) == (2, min(3, paid.height - 2))


def test_a_paid_post_that_the_brief_names_by_another_handle_is_one_video(stage: TimedProject) -> None:
    stage.turn(days=-7)
    stage.brief("one", FINDING % 3)
    stage.run(*FOUND, slug="one")
    native_id = stage.table("content").filter(is_sponsored()).sort("likes", descending=True)["native_id"][0]
    named = f"https://www.tiktok.com/@renamed.since/video/{native_id}"
    stage.brief("one", (FINDING % 3).replace("tracking: {", f'tracking: {{videos: ["{named}"], '))
    stage.run(TABLE, slug="one")
    first = stage.table(TABLE)
    assert first["native_id"].is_unique().all()
    (row,) = first.filter(url=named).rows(named=True)
    (post,) = stage.table("content").filter(native_id=native_id).rows(named=True)
    # Whose it is now, the provider of its post knows better than an address that was written down.
    assert (row["found_in"], row["username"]) == ("brief", post["username"])
    stage.turn(days=7)
    stage.run(*FOUND, TABLE, slug="one")
    second = stage.table(TABLE, campaign="one", week="2026-11-09")
    assert second["native_id"].is_unique().all()
    tracked = pl.concat([first.select("native_id"), second.select("native_id")]).n_unique()
    assert stage.spent()["influtics"] == tracked * 30 * CREDIT


@pytest.mark.parametrize(
    ("platform", "url", "expected"),
    [
        ("tiktok", None, "https://www.tiktok.com/@some.one/video/7"),
        ("youtube", None, None),
        ("instagram", None, None),
        ("instagram", "https://www.instagram.com/reel/Cabc/", "https://www.instagram.com/p/Cabc/"),
        ("twitch", None, None),
    ],
)
def test_a_post_has_an_address_where_its_id_says_enough(platform: str, url: str | None, expected: str | None) -> None:
    video = address_of(platform, "7", username="some.one", url=url)
    assert (video and video.url) == expected
