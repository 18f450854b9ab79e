"""A look a day: what thirty of them cost, which days are missing, and that all is rebuilt for nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import polars as pl

from tests.assets.following.looks import CLUB, GONE, LOOK, brief, club, most, plan, rebuilt_equal, stats, tracked
from tests.assets.stage import TimedProject


def test_thirty_days_take_thirty_looks_and_are_rebuilt_for_nothing(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, urls[:2])
    bill, influtics = 0, len(stage.control.get("/requests").json()["influtics"])
    skipped, weeks = {5, 6, 7}, set()
    for number in range(32):
        if number not in skipped:
            planned = most([*plan(stage, daily=False), *plan(stage, daily=True)])
            today = stage.clock.now.date()
            if today.isocalendar().week not in weeks:
                weeks.add(today.isocalendar().week)
                tracked(stage, assets)
            rows = stats(stage, assets)
            cost = 2 * LOOK if number < 30 else 0
            # Week and day are planned apart here: the first look is the day's own and is bought once.
            assert club(stage) - bill == cost == planned - (2 * LOOK if number == 0 else 0)
            bill = club(stage)
            assert rows.height == (2 if number < 30 else 0)
        stage.turn(days=1)
    every = stage.table("video_stats").sort("native_id", "stats_on")
    counted = [number for number in range(30) if number not in skipped]
    assert (every.height, bill) == (2 * len(counted), 2 * len(counted) * LOOK)
    assert every["source"].unique().to_list() == ["post_details"]
    names = ("views", "likes", "comments", "shares")
    growth = {name: pl.col(name).diff().over("native_id") for name in names}
    expected = every.select(
        *(added.alias(f"{name}_added") for name, added in growth.items()),
        days_missing=pl.col("stats_on").diff().over("native_id").dt.total_days() - 1,
        is_correction=pl.any_horizontal((added < 0).fill_null(value=False) for added in growth.values()),
    )
    assert every.select(expected.columns).equals(expected)
    assert every["is_correction"].any()
    assert every["day_number"].to_list() == 2 * [number + 1 for number in counted]
    assert every["age_hours"].to_list() == 2 * [24.0 * number for number in counted]
    # Nobody was asked for a series: the campaign may have no account there.
    assert len(stage.control.get("/requests").json()["influtics"]) == influtics
    rebuilt_equal(stage, assets)


def test_a_day_that_nobody_looked_at_is_missing_and_stays_so(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, urls[:1])
    tracked(stage, assets)
    first = stats(stage, assets)
    stage.turn(days=2)
    missed = stage.clock.now.date() - timedelta(days=1)
    asked = stage.asked()
    gap = stats(stage, assets, missed).row(0, named=True)
    assert (gap["source"], gap["views"], gap["day_number"], gap["cost_microcredits"]) == ("missing", None, 2, 0)
    assert gap["observed_at"] == datetime(missed.year, missed.month, missed.day, tzinfo=UTC) + timedelta(days=1)
    assert stage.asked() == asked
    third = stats(stage, assets).row(0, named=True)
    assert (third["days_missing"], third["views_added"]) == (1, third["views"] - first["views"][0])
    assert stats(stage, assets, missed).row(0, named=True) == gap


def test_a_video_without_data_is_an_error_and_is_asked_for_again_where_the_brief_says_so(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, [GONE, urls[0]])
    row = tracked(stage, assets).filter(url=GONE).row(0, named=True)
    assert (row["state"], row["provider"], row["tracked_from"]) == ("error", CLUB, None)
    assert "public" in row["next_step"]
    assert stats(stage, assets).height == 1
    stage.turn(days=7)
    asked = stage.asked()
    tracked(stage, assets)
    assert stage.asked() == asked
    brief(stage, [GONE, urls[0]], "retry_errors: true,")
    assert most(plan(stage, daily=False)) == LOOK
    for _run in range(2):
        tracked(stage, assets)
        assert stage.asked() == asked + 1
    assert club(stage) == LOOK
    rebuilt_equal(stage, assets)


def test_a_look_in_vain_is_a_missing_day_and_what_a_video_grew_by_is_reckoned_over_it(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, urls[:1])
    tracked(stage, assets)
    first = stats(stage, assets)
    stage.turn(days=1)
    stage.fault(kind="status", status=404, operation="IC-23", nth=1)
    gap = stats(stage, assets).row(0, named=True)
    assert (gap["source"], gap["observed_at"]) == ("missing", stage.clock.now)
    stage.turn(days=1)
    third = stats(stage, assets).row(0, named=True)
    assert (third["days_missing"], third["views_added"]) == (1, third["views"] - first["views"][0])
    rebuilt_equal(stage, assets)


def test_what_died_between_looks_goes_on_with_the_rest(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, urls)
    tracked(stage, assets)
    stage.turn(days=1)
    stage.fault(kind="status", status=500, operation="IC-23", nth=2, count=None)
    failed = stage.run("video_stats", slug="one", daily=True, assets=assets, raise_on_error=False)
    assert not failed.success
    metered = stage.control.get("/meter").json()[CLUB]
    assert 3 * LOOK < metered["charged_microcredits"] < 6 * LOOK
    stage.control.delete("/faults").raise_for_status()
    assert stats(stage, assets)["source"].to_list() == ["post_details"] * 3
    # An answer like HTTP 500 counts as charged until the balance tells; the provider itself took each look once.
    assert stage.control.get("/meter").json()[CLUB]["charged_microcredits"] == 6 * LOOK


def test_nothing_is_bought_beyond_the_budget(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, urls, budget="influencers_club: 0.1")
    tracked(stage, assets)
    stage.turn(days=1)
    asked = stage.asked()
    assert not stage.run("video_stats", slug="one", daily=True, assets=assets, raise_on_error=False).success
    assert (stage.asked(), club(stage)) == (asked, 3 * LOOK)
