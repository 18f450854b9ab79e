"""Videos that are followed by looks: chosen by price, begun once, a look a day, rebuilt for nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from creator_assets.assets.content import build_content
from creator_assets.assets.content_details import build_content_details
from creator_assets.assets.discovery import build_discovery
from creator_assets.assets.reports import build_reports
from creator_assets.assets.tracking import build_tracking
from creator_assets.assets.videos import build_videos
from creator_assets.assets.wanted import wanted_in
from creator_assets.automation.table_checks import build_table_checks
from creator_assets.partitions import Partition, day_by_campaign, week_by_campaign
from creator_assets.providers.video_urls import instagram_media_id
from creator_assets.spending.plan import PlanLine, make_plan
from tests.assets.stage import Stage, stage_at, state_of

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
SHORT = "https://vm.tiktok.com/ZMabcdefg/"
PRICES = """
version: contract
effective: 2026-01-01
source: test
complete: false
currency: EUR
price_per_credit: {influencers_club: %s, influtics: %s}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def assets() -> list[dg.AssetsDefinition]:
    """The chain, with partitions that begin before the stage's day."""
    weeks, days = week_by_campaign(["one", "finding"], TUESDAY.date()), day_by_campaign(["one"], TUESDAY.date())
    builders = (build_discovery, build_content, build_content_details, build_tracking)
    return [*(one for build in builders for one in build(weeks)), *build_videos(days), *build_reports(weeks, days)]


@pytest.fixture
def urls(stage: Stage, assets: list[dg.AssetsDefinition]) -> list[str]:
    """Three videos that exist."""
    stage.brief("finding", FINDING)
    stage.run("discovery_results", "shortlist", "content", slug="finding", assets=assets)
    posts = stage.table("content").sort("content_id").head(3).select("username", "native_id").iter_rows()
    return [f"https://www.tiktok.com/@{username}/video/{native_id}" for username, native_id in posts]


def brief(stage: Stage, urls: Sequence[str], wish: str = "", budget: str = "influencers_club: 20") -> None:
    stage.brief("one", BRIEF % (budget, wish, ", ".join(f'"{url}"' for url in urls)))


def prices(stage: Stage, club: str, influtics: str) -> None:
    path = stage.folder / "prices.yaml"
    path.write_text(PRICES % (club, influtics))
    stage.environ["CREATOR_ASSETS_PRICES"] = str(path)


def tracked(stage: Stage, assets: list[dg.AssetsDefinition], day: date | None = None) -> pl.DataFrame:
    when = day or stage.clock.now.date()
    stage.run("tracked_videos", slug="one", assets=assets, day=when)
    return stage.table("tracked_videos", campaign="one", week=str(when - timedelta(days=when.weekday()))).sort("url")


def stats(stage: Stage, assets: list[dg.AssetsDefinition], day: date | None = None) -> pl.DataFrame:
    when = day or stage.clock.now.date()
    stage.run("video_stats", slug="one", daily=True, assets=assets, day=when)
    return stage.table("video_stats", campaign="one", day=str(when)).sort("native_id")


def plan(stage: Stage, *, daily: bool) -> list[PlanLine]:
    resources = stage.resources()
    door = resources["door"]
    ledger, today = door.open().ledger, stage.clock.now.date()
    partition = Partition.day_of("one", today) if daily else Partition.week_of("one", today)
    wanted = wanted_in(partition, resources["campaigns"].load()["one"], ledger, door.settings())
    lines = make_plan(ledger, wanted)
    door.close()
    return [line for line in lines if line.asset in {"tracked_videos", "video_stats"}]


def most(lines: Sequence[PlanLine]) -> int:
    return sum(line.max_microcredits for line in lines)


def club(stage: Stage) -> int:
    return stage.spent()[CLUB]


# -- by whom


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
def test_the_brief_or_the_price_of_the_whole_time_says_by_whom(
    stage: Stage,
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
def test_a_video_stays_with_whom_it_was_begun_and_is_never_followed_twice(
    stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str], first: tuple[str, str], later: tuple[str, str]
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
        assert again["chosen_because"].unique().to_list() == ["it is followed there already"]
        assert stage.spent() == spent
    # What joins goes by the prices of now.
    brief(stage, urls, "", BOTH)
    assert tracked(stage, assets)["provider"].n_unique() == 2


def test_a_look_that_was_bought_for_something_else_does_not_decide_by_whom_a_video_is_followed(
    stage: Stage, assets: list[dg.AssetsDefinition]
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
    stage: Stage, assets: list[dg.AssetsDefinition], days: int
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
    for number in range(31):
        rows = stats(stage, assets)
        assert rows["day_number"].to_list() == ([number + 1] if number < 30 else [])
        stage.turn(days=1)
        if stage.clock.now.weekday() == 0:
            tracked(stage, assets)
    assert club(stage) - spent == 30 * LOOK
    rebuilt_equal(stage, assets)


def test_a_short_link_is_followed_by_whom_it_can_be_resolved(
    stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, [SHORT, urls[0]], "", BOTH)
    rows = tracked(stage, assets)
    told = {
        url: (provider, because)
        for url, provider, because in rows.select("url", "provider", "chosen_because").iter_rows()
    }
    assert told[SHORT] == (SERIES, "the cheapest that knows where a short link leads")
    assert told[urls[0]][0] == CLUB
    assert stage.spent()[SERIES] == 30 * CREDIT


# -- day by day


def test_thirty_days_take_thirty_looks_and_are_rebuilt_for_nothing(
    stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]
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


def rebuilt_equal(stage: Stage, assets: list[dg.AssetsDefinition]) -> None:
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


def test_a_day_that_nobody_looked_at_is_missing_and_stays_so(
    stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]
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
    stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]
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
    stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]
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
    stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]
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


def test_nothing_is_bought_beyond_the_budget(stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]) -> None:
    brief(stage, urls, budget="influencers_club: 0.1")
    tracked(stage, assets)
    stage.turn(days=1)
    asked = stage.asked()
    assert not stage.run("video_stats", slug="one", daily=True, assets=assets, raise_on_error=False).success
    assert (stage.asked(), club(stage)) == (asked, 3 * LOOK)


# -- paid posts, reports, checks


def test_paid_posts_are_followed_over_weeks_within_the_plan_of_each_day(
    stage: Stage, assets: list[dg.AssetsDefinition]
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
    stage: Stage, assets: list[dg.AssetsDefinition], is_filling: bool
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
    stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]
) -> None:
    brief(stage, urls[:2], f'fees: {{"{urls[0]}": 100}},')
    checks = [
        one
        for one in build_table_checks()
        if next(iter(one.check_keys)).name in {"tracked_videos_can_be_true", "video_stats_can_be_true"}
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


def test_what_a_materialization_says_of_looks(stage: Stage, assets: list[dg.AssetsDefinition], urls: list[str]) -> None:
    brief(stage, [GONE, *urls[:2]], "", BOTH)
    told = state_of(stage.run("tracked_videos", slug="one", assets=assets), "tracked_videos")
    assert told["states"] == {"error": 1, "tracked": 2}
    told = state_of(stage.run("video_stats", slug="one", daily=True, assets=assets), "video_stats")
    names: Sequence[Any] = ("looked_at", "filled", "without_count", "archive_hits", "requests_made")
    assert [told[name] for name in names] == [2, 0, 0, 2, 0]
