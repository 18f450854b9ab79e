"""Which provider tracks a video: the cheapest for the whole time or the one of the brief, and always the same one."""

from __future__ import annotations

import dagster as dg
import pytest

from tests.assets.following.looks import (
    BOTH,
    CLUB,
    CREDIT,
    LOOK,
    SERIES,
    SPONSORED,
    brief,
    club,
    most,
    plan,
    prices,
    rebuilt_equal,
    stats,
    tracked,
)
from tests.assets.stage import TimedProject

SHORT = "https://vm.tiktok.com/ZMabcdefg/"


@pytest.mark.parametrize(
    ("wish", "price", "provider", "because"),
    [
        ("", None, CLUB, "cheapest of influencers_club 0.9, influtics 30 (a credit of each counted alike)"),
        ("", ("0.5", "0.1"), CLUB, "cheapest of influencers_club 0.45, influtics 3 (at the stated prices)"),
        ("", ("0.5", "0.01"), SERIES, "cheapest of influtics 0.3, influencers_club 0.45 (at the stated prices)"),
        ("provider: influtics,", None, SERIES, "named by the brief"),
        ("provider: influencers_club,", ("0.5", "0.01"), CLUB, "named by the brief"),
    ],
)
def test_the_brief_or_the_price_of_the_whole_time_chooses_the_tracker(
    stage: TimedProject,
    assets: list[dg.AssetsDefinition],
    urls: list[str],
    wish: str,
    price: tuple[str, str] | None,
    provider: str,
    because: str,
) -> None:
    brief(stage, urls, wish, BOTH)
    if price:
        prices(stage, *price)
    (line,) = plan(stage, daily=False)
    rows = tracked(stage, assets)
    assert set(rows.select("provider", "chosen_because", "state").iter_rows()) == {(provider, because, "tracked")}
    cost = 3 * (LOOK if provider == CLUB else 30 * CREDIT)
    assert (line.provider, line.max_microcredits) == (provider, cost)
    assert stage.spent()[provider] == rows["cost_microcredits"].sum() == cost


@pytest.mark.parametrize(("first", "later"), [(("0.5", "0.01"), ("0.5", "0.1")), (("0.5", "0.1"), ("0.5", "0.01"))])
def test_a_video_keeps_its_tracker_and_is_never_followed_twice(
    stage: TimedProject,
    assets: list[dg.AssetsDefinition],
    urls: list[str],
    first: tuple[str, str],
    later: tuple[str, str],
) -> None:
    brief(stage, urls[:2], "", BOTH)
    prices(stage, *first)
    begun = tracked(stage, assets)
    spent = stage.spent()
    prices(stage, *later)
    assert most(plan(stage, daily=False)) == 0
    for days in (0, 7):
        stage.turn(days=days)
        again = tracked(stage, assets)
        assert again.drop("chosen_because", "week").equals(begun.drop("chosen_because", "week"))
        assert again["chosen_because"].unique().to_list() == ["it is tracked there already"]
        assert stage.spent() == spent
    # What joins goes by the prices of now.
    brief(stage, urls, "", BOTH)
    assert tracked(stage, assets)["provider"].n_unique() == 2


def test_a_look_that_was_bought_for_something_else_does_not_decide_which_tracker_a_video_has(
    stage: TimedProject, assets: list[dg.AssetsDefinition]
) -> None:
    stage.brief("one", SPONSORED % 2)
    stage.run("discovery_results", "shortlist", "content", "content_details", slug="one", assets=assets)
    details = stage.table("content_details")
    text = (SPONSORED % 2).replace("max_sponsored", "provider: influtics, max_sponsored")
    stage.brief("one", text.replace("club: 50", "club: 50, influtics: 60"))
    rows = tracked(stage, assets)
    assert set(rows["native_id"]) <= set(details["content_id"])
    assert (rows["provider"].unique().to_list(), stage.spent()[SERIES]) == ([SERIES], 60 * CREDIT)


@pytest.mark.parametrize("days", [7, 42])
def test_a_look_of_an_earlier_week_that_was_bought_for_something_else_begins_no_tracking(
    stage: TimedProject, assets: list[dg.AssetsDefinition], days: int
) -> None:
    stage.brief("one", SPONSORED.split("tracking:", maxsplit=1)[0])
    stage.run("discovery_results", "shortlist", "content", "content_details", slug="one", assets=assets)
    posts = stage.table("content").join(stage.table("content_details"), left_on="native_id", right_on="content_id")
    username, native_id = posts.select("username", "native_id").row(0)
    stage.turn(days=days)
    brief(stage, [f"https://www.tiktok.com/@{username}/video/{native_id}"])
    spent, planned = club(stage), most(plan(stage, daily=False))
    (row,) = tracked(stage, assets).rows(named=True)
    assert (row["state"], row["tracked_from"]) == ("tracked", stage.clock.now)
    assert club(stage) - spent == planned == LOOK
    begun = stage.clock.now
    for number in (0, 1, 29, 30):
        stage.turn(days=number - (stage.clock.now - begun).days)
        tracked(stage, assets)
        assert stats(stage, assets)["day_number"].to_list() == ([number + 1] if number < 30 else [])
    assert club(stage) - spent == 3 * LOOK
    rebuilt_equal(stage, assets)


def test_a_short_link_is_followed_by_the_provider_that_can_resolve_it(
    stage: TimedProject, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, [SHORT, urls[0]], "", BOTH)
    rows = tracked(stage, assets)
    noted = {
        url: (provider, because)
        for url, provider, because in rows.select("url", "provider", "chosen_because").iter_rows()
    }
    assert noted[SHORT] == (SERIES, "the cheapest that knows where a short link leads")
    assert noted[urls[0]][0] == CLUB
    assert stage.spent()[SERIES] == 30 * CREDIT
