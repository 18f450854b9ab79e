"""Looks at paid posts and at Instagram's, and what reports, checks and materializations make of looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl
import pytest

from creator_assets.automation.table_checks import build_table_checks
from creator_assets.providers.parsing.video_urls import instagram_media_id
from tests.assets.following.looks import (
    BOTH,
    CLUB,
    FINDING,
    GONE,
    LOOK,
    SPONSORED,
    brief,
    club,
    most,
    plan,
    rebuilt_equal,
    stats,
    tracked,
)
from tests.assets.stage import TimedProject, state_of


def test_paid_posts_are_followed_over_weeks_within_the_plan_of_each_day(
    stage: TimedProject, assets: list[dg.AssetsDefinition]
) -> None:
    stage.brief("one", SPONSORED % 2)
    chain = ("discovery_results", "shortlist", "content", "content_details")
    before = most(plan(stage, daily=False)), most(plan(stage, daily=True))
    assert before == (2 * LOOK, 2 * LOOK)
    followed: set[str] = set()
    for number in range(15):
        if number == 0 or stage.clock.now.weekday() == 0:
            stage.run(*chain, slug="one", assets=assets)
            planned, bill = most(plan(stage, daily=False)), club(stage)
            followed |= set(tracked(stage, assets)["native_id"])
            assert club(stage) - bill == planned
        planned, bill = most(plan(stage, daily=True)), club(stage)
        rows = stats(stage, assets)
        assert set(rows["native_id"]) == followed
        assert (rows["source"] == "post_details").all()
        assert club(stage) - bill == planned
        assert most(plan(stage, daily=True)) == 0
        stage.turn(days=1)
    assert len(followed) >= 4
    rebuilt_equal(stage, assets)


@pytest.mark.parametrize("is_filling", [False, True])
def test_an_instagram_post_is_looked_at_by_the_number_behind_its_code(
    stage: TimedProject, assets: list[dg.AssetsDefinition], is_filling: bool
) -> None:
    found = FINDING.replace("infludata", CLUB).replace("name: tiktok", "name: one").replace("tiktok", "instagram")
    stage.brief("finding", found)
    stage.run("discovery_results", "shortlist", "content", slug="finding", assets=assets)
    posts = stage.table("content").filter(pl.col("views").is_not_null()).sort("content_id").head(2)
    spent = club(stage)
    if is_filling:
        stage.control.post("/accounts", json={"key": "sandbox-influtics", "video_limit": 0}).raise_for_status()
    wish = "provider: influtics, fill_from: influencers_club," if is_filling else ""
    brief(stage, posts["url"].to_list(), wish, BOTH)
    rows = tracked(stage, assets)
    codes = posts["url"].str.extract("/p/(.+)/")
    assert (rows["native_id"].sort() == codes.sort()).all()
    counted = stats(stage, assets)
    assert counted["source"].unique().to_list() == ["post_details"]
    assert dict(counted.select("native_id", "views").iter_rows()) == dict(zip(codes, posts["views"], strict=True))
    assert [instagram_media_id(code) for code in codes] == posts["native_id"].to_list()
    assert club(stage) - spent == 2 * LOOK


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("ybyPRoQWzX", "908540701891980503"),
        ("CA0YnOonSfS", "2320587956892280786"),
        ("CA0YnOonSfS98BGEO8qRUEqmSFtVVPv1CnX_7E0", "2320587956892280786"),
    ],
)
def test_the_code_of_an_instagram_post_is_its_number(code: str, number: str) -> None:
    assert instagram_media_id(code) == number


def test_reports_and_checks_take_looks_for_counts(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, urls[:2], f'fees: {{"{urls[0]}": 100}},')
    checks = [
        one
        for one in build_table_checks()
        if next(iter(one.check_keys)).name in {"tracked_videos_is_consistent", "video_stats_is_consistent"}
    ]
    checked = [stage.run("tracked_videos", slug="one", assets=[*assets, *checks])]
    for _day in range(2):
        checked.append(stage.run("video_stats", slug="one", daily=True, assets=[*assets, *checks]))
        stage.turn(days=1)
    evaluated = [one for result in checked for one in result.get_asset_check_evaluations()]
    assert [one.passed for one in evaluated] == [True] * 3
    day = stage.clock.now.date() - timedelta(days=1)
    stage.run("campaign_performance", slug="one", daily=True, assets=assets, day=day)
    (row,) = stage.table("campaign_performance").rows(named=True)
    counted = stage.table("video_stats", campaign="one", day=str(day))
    assert (row["videos_counted"], row["views"]) == (2, counted["views"].sum())
    video = stage.table("video_performance").row(by_predicate=pl.col("url") == urls[0], named=True)
    assert float(video["cpm"]) == pytest.approx(100 / video["views"] * 1_000)


def test_what_a_materialization_says_of_looks(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, [GONE, *urls[:2]], "", BOTH)
    metadata = state_of(stage.run("tracked_videos", slug="one", assets=assets), "tracked_videos")
    assert metadata["states"] == {"error": 1, "tracked": 2}
    metadata = state_of(stage.run("video_stats", slug="one", daily=True, assets=assets), "video_stats")
    names: Sequence[Any] = ("snapshots", "filled", "without_count", "archive_hits", "requests_made")
    assert [metadata[name] for name in names] == [2, 0, 0, 2, 0]
