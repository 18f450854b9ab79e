"""What a creator's videos usually get, beside the tracked ones: one ask for all of them, within the plan, then kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import polars as pl
import pytest

from creator_assets.partitions import Partition
from creator_assets.providers.parsing.video_urls import address_of
from creator_assets.spending.planning.plan import PlanLine, PlanVerdict
from tests.assets.stage import TimedProject, stage_at, state_of

CREDIT = 1_000_000
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
TABLE = "video_stats"
KNOWN = [f"https://www.tiktok.com/@bar.films/video/730000000000000000{number}" for number in (1, 2)]
NOBODY = "https://www.tiktok.com/@canary.nobody.4711/video/7300000000000000003"
UNNAMED = "https://www.youtube.com/watch?v=abcdefghijk"
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influtics: %s}
tracking: {%s, videos: [%s]}
"""
WISH = "creator_averages: 7d"
FINDING = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influtics: 400, infludata: 4000}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 10}
content: {top: 8, max_items: 20}
tracking: {max_sponsored: 3, creator_averages: 7d}
"""
FIGURES = ("creator_average_views", "creator_average_likes", "creator_average_comments", "creator_videos_averaged")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(NOW, tmp_path, monkeypatch) as made:
        yield made


def brief(stage: TimedProject, urls: list[str], wish: str = WISH, budget: int = 400) -> None:
    stage.brief("one", BRIEF % (budget, wish, ", ".join(f'"{url}"' for url in urls)))
    stage.run("tracked_videos", slug="one")


def stats(stage: TimedProject, day: date | None = None) -> pl.DataFrame:
    stage.run("tracked_videos", slug="one", day=day)
    stage.run(TABLE, slug="one", daily=True, day=day)
    return stage.table(TABLE, campaign="one", day=str(day or stage.clock.now.date())).sort("native_id")


def spent(stage: TimedProject, videos: int) -> int:
    """Credits beyond those for tracking so many videos."""
    return stage.spent()["influtics"] // CREDIT - 30 * videos


def plan_of_day(stage: TimedProject) -> list[PlanLine]:
    return stage.plan(Partition.day_of("one", stage.clock.now.date()))


def blogger(stage: TimedProject, username: str) -> dict[str, Any]:
    """What the provider says of a blogger to somebody else with the same key, for nothing while it is cached."""
    answer = httpx.get(
        f"{stage.sandbox.url('influtics')}/v1/bloggers/info",
        params={"username": username, "platform": "TikTok"},
        headers={"Authorization": "Bearer sandbox-influtics"},
        trust_env=False,
    )
    averages: dict[str, Any] = answer.raise_for_status().json()["data"]["blogger"]
    return averages


def test_a_creator_is_asked_once_for_all_its_videos_and_again_at_the_age_of_the_brief(stage: TimedProject) -> None:
    brief(stage, [*KNOWN, UNNAMED])
    (line,) = plan_of_day(stage)
    assert (line.operation, line.calls_min, line.min_microcredits, line.max_microcredits) == ("blogger", 1, 0, CREDIT)
    first = stats(stage)
    assert first.height == 3
    # Its videos are being fetched: it is paid for, and nothing is known.
    assert first.select(pl.col(FIGURES).is_null().all()).row(0) == (True,) * 4
    assert spent(stage, 3) == 1
    stage.turn(minutes=20)
    rows = stats(stage)
    averages = blogger(stage, "bar.films")
    expected = tuple(averages[name] for name in ("avg_views", "avg_likes", "avg_comments", "video_count"))
    assert expected[0] > 0
    assert rows.select(FIGURES).rows() == [expected, expected, (None,) * 4]
    assert rows["creator_averages_at"].to_list() == [stage.clock.now, stage.clock.now, None]
    stage.run("campaign_performance", slug="one", daily=True)
    judged = stage.table("video_performance").sort("native_id")
    assert judged["views_over_creator_average"].to_list() == [
        *(rows["views"][:2] / rows["creator_average_views"][:2]),
        None,
    ]
    asked = stage.asked()
    for _day in range(7):
        stage.turn(days=1)
        assert {line.max_microcredits for line in plan_of_day(stage)} == {0}
        assert stats(stage)["creator_average_views"].to_list() == [expected[0], expected[0], None]
    assert (spent(stage, 3), stage.asked()) == (1, asked + 7)  # a look at the series each day
    stage.turn(days=1)
    assert plan_of_day(stage)[0].max_microcredits == CREDIT
    again = stats(stage)["creator_averages_at"][0]
    assert (again, spent(stage, 3)) == (stage.clock.now, 2)
    # Once nothing of the creator is followed any more, nobody asks.
    stage.turn(days=23)
    assert plan_of_day(stage) == []


@pytest.mark.filterwarnings("ignore:Non-compliant tag keys:DeprecationWarning")
def test_averages_that_are_being_fetched_make_the_sensor_run_their_day_again(stage: TimedProject) -> None:
    brief(stage, KNOWN)
    stage.run(TABLE, slug="one", daily=True)
    stage.turn(minutes=10)
    definitions = stage.definitions().get_repository_def()
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(
            instance=instance, repository_def=definitions, resources={"paid_client": stage.resources()["paid_client"]}
        ) as context,
    ):
        weekly = definitions.get_sensor_def("bloggers_waiting").evaluate_tick(context)
        daily = definitions.get_sensor_def("video_stats_waiting").evaluate_tick(context)
    (run,) = daily.run_requests or ()
    assert not weekly.run_requests
    assert run.partition_key == Partition.day_of("one", NOW.date()).key
    assert sorted(key.to_user_string() for key in run.asset_selection or ()) == ["campaign_performance", TABLE]


def test_a_day_that_is_over_has_them_from_the_archive_alone(stage: TimedProject) -> None:
    brief(stage, KNOWN)
    stage.turn(days=1)
    missed = NOW.date()
    assert stats(stage, missed)["creator_average_views"].to_list() == [None, None]
    assert spent(stage, 2) == 0
    stats(stage)
    stage.turn(minutes=20)
    days = [stage.clock.now.date() + timedelta(days=number) for number in range(3)]
    before = [stats(stage)]
    for _day in days[1:]:
        stage.turn(days=1)
        before.append(stats(stage))
    assert all(rows["creator_average_views"].is_not_null().all() for rows in before)
    stage.turn(days=1)
    shutil.rmtree(stage.folder / "data" / "tables" / TABLE)
    stage.gone = True
    for day, rows in zip(days, before, strict=True):
        assert stats(stage, day).select(FIGURES).equals(rows.select(FIGURES))
    assert stats(stage, missed)["creator_average_views"].to_list() == [None, None]
    assert spent(stage, 2) == 1


def test_a_profile_of_the_same_creator_is_the_same_answer(stage: TimedProject) -> None:
    profiles = "shortlist: {top: 1}\nroster: [{platform: tiktok, handle: bar.films}]\nprofiles: {depth: raw}\n"
    stage.brief("two", (BRIEF % (400, WISH, f'"{KNOWN[0]}"')) + profiles)
    stage.run("discovery_results", "shortlist", "enrichment_batches", "enriched_profiles", slug="two")
    stage.turn(minutes=20)
    stage.run("enriched_profiles", "tracked_videos", slug="two")
    arrived = len(bloggers_asked(stage))
    stage.run(TABLE, slug="two", daily=True)
    (row,) = stage.table(TABLE).rows(named=True)
    (profile,) = stage.table("enriched_profiles").rows(named=True)
    assert row["creator_average_views"] == profile["average_views"] > 0
    assert row["creator_averages_request_id"] == profile["request_id"]
    assert len(bloggers_asked(stage)) == arrived
    assert spent(stage, 1) == 1


def bloggers_asked(stage: TimedProject) -> list[Any]:
    arrived = stage.control.get("/requests", params={"provider": "influtics"}).json()["influtics"]
    return [one for one in arrived if one["operation"] == "IT-1"]


def test_a_creator_that_nobody_knows_stays_unknown_and_is_named_nowhere(stage: TimedProject) -> None:
    brief(stage, [NOBODY])
    assert stage.table("tracked_videos")["username"].to_list() == ["canary.nobody.4711"]
    result = stage.run(TABLE, slug="one", daily=True)
    averages = state_of(result, TABLE)
    assert (averages["with_averages"], averages["requests_made"]) == (0, 2)
    assert spent(stage, 1) == 0
    assert "canary" not in repr((averages, plan_of_day(stage), result.dagster_run))
    assert not [path for path in stage.folder.glob("ledger.sqlite*") if b"canary" in path.read_bytes()]
    stage.turn(days=1)
    assert stats(stage)["creator_average_views"].to_list() == [None]


def test_the_newer_form_tells_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stage_at(NOW, tmp_path, monkeypatch, influtics_generation="jobs") as stage:
        brief(stage, KNOWN)
        stats(stage)
        stage.turn(minutes=20)
        rows = stats(stage)
        assert (rows["creator_average_views"] > 0).all()
        assert rows["creator_averages_request_id"].n_unique() == 1
        stage.turn(days=1)
        assert stats(stage).select(FIGURES).equals(rows.select(FIGURES))
        assert spent(stage, 2) == 1


@pytest.mark.parametrize(("wish", "budget"), [("retry_errors: false", 400), (WISH, 60)])
def test_nothing_is_asked_without_the_briefs_word_or_beyond_its_budget(
    stage: TimedProject, wish: str, budget: int
) -> None:
    brief(stage, KNOWN, wish, budget)
    lines = plan_of_day(stage)
    assert {line.verdict for line in lines} == ({PlanVerdict.DOES_NOT_FIT} if wish == WISH else set())
    result = stage.run(TABLE, slug="one", daily=True, raise_on_error=False)
    assert result.success == (wish != WISH)
    assert bloggers_asked(stage) == []


def test_the_creators_of_paid_posts_are_those_of_content_and_within_the_plans_bound(stage: TimedProject) -> None:
    stage.brief("one", FINDING)
    stage.run("discovery_results", "shortlist", "content", "tracked_videos", slug="one")
    tracked = stage.table("tracked_videos")
    posts = stage.table("content").select("platform", "native_id", "username")
    assert tracked.height == 3
    found = tracked.select("platform", "native_id", "username").join(posts, on=["platform", "native_id"])
    assert (found["username"] == found["username_right"]).all()
    (line,) = plan_of_day(stage)
    stats(stage)
    stage.turn(minutes=20)
    rows = stats(stage)
    known = rows["creator_average_views"].count()
    assert known > 0
    assert 0 < spent(stage, 3) <= tracked["username"].n_unique() <= line.max_microcredits // CREDIT


@pytest.mark.parametrize(
    ("platform", "url", "username"),
    [
        ("youtube", "https://www.youtube.com/watch?v=abcdefghijk", "Some.One"),
        ("instagram", "https://www.instagram.com/reel/Cabc/", "Some.One"),
    ],
)
def test_an_address_that_names_nobody_has_the_creator_of_its_post(platform: str, url: str, username: str) -> None:
    video = address_of(platform, "7", username=username, url=url)
    assert video is not None
    assert video.username == username


def test_fresh_averages_look_for_new_videos_from_five_days_of_age_and_are_planned_for_two(stage: TimedProject) -> None:
    brief(stage, KNOWN)
    stats(stage)
    stage.turn(minutes=20)
    older = stats(stage)["creator_averages_at"][0]
    assert spent(stage, 2) == 1
    stage.turn(days=6)
    # Still young enough by the brief; but fresh averages are another request.
    brief(stage, KNOWN, f"{WISH}, refresh_averages: true")
    assert plan_of_day(stage)[0].max_microcredits == 2 * CREDIT
    stats(stage)
    assert spent(stage, 2) == 2
    stage.turn(minutes=20)
    assert stats(stage)["creator_averages_at"][0] == stage.clock.now > older
    assert (spent(stage, 2), plan_of_day(stage)[0].max_microcredits) == (2, 0)
