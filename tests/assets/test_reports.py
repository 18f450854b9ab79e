"""Reports over real runs: what they say follows from the bought tables, costs nothing and knows nothing later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from creator_assets.assets.graph import build_assets
from creator_assets.automation.table_checks import build_table_checks
from creator_assets.partition_definitions import day_by_campaign, week_by_campaign
from tests.assets.house import failure_of
from tests.assets.stage import TimedProject, stage_at, state_of
from tests.metrics.frames import reasons

CREDIT = 1_000_000
TUESDAY = datetime(2026, 9, 8, 0, 30, tzinfo=UTC)
FIRST = TUESDAY.date()
ONE, TWO, GONE = (
    f"https://www.tiktok.com/@some.one/video/73000000000000{number}" for number in ("00001", "00002", "00404")
)
CREATORS = """
brief: {market: Germany, start: 2026-09-07, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 500}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 20}
roster: [{platform: instagram, handle: adidas}]
shortlist: {top: 4}
profiles: {depth: full, provider: influencers_club}
audiences: {top: 3, provider: influencers_club}
"""
VIDEOS = """
brief: {market: Germany, start: 2026-09-07, end: 2036-12-28, currency: EUR, fees: 3_000}
budget: {influtics: 500}
tracking:
  videos: [%s]
  fees: {"%s": 500.50}
"""
WEEKLY = ("discovery_results", "shortlist", "enriched_profiles", "audience_reports", "creator_scorecard")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def assets() -> list[dg.AssetsDefinition]:
    """The chain, with partitions that begin before the stage's day."""
    weeks, days = week_by_campaign(["one"], FIRST), day_by_campaign(["one"], FIRST)
    return build_assets(weeks, days)


def by_name(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["username"]: row for row in rows.rows(named=True)}


# -- creators


def test_a_scorecard_says_what_its_tables_say(stage: TimedProject, assets: list[dg.AssetsDefinition]) -> None:
    stage.brief("one", CREATORS)
    result = stage.run(*WEEKLY, slug="one", assets=assets)
    spent = stage.spent()
    cards, profiles = by_name(stage.table("creator_scorecard")), by_name(stage.table("enriched_profiles"))
    reports = by_name(stage.table("audience_reports"))
    assert cards.keys() == set(stage.table("shortlist").filter("selected")["username"])
    assert len(reports) == 3
    for name, card in cards.items():
        profile = profiles[name]
        engaged = profile["average_likes"] + profile["average_comments"]
        assert card["er_followers_mean"] == pytest.approx(engaged / profile["followers"])
        assert card["er_views"] == pytest.approx(engaged / profile["average_views"])
        assert card["account_id"] == profile["account_id"] is not None
        assert card["vendor_engagement_rate"] == profile["engagement_rate"]
        assert card["profile_cost_microcredits"] == CREDIT
        report = reports.get(name)
        assert (card["effective_followers"] is None) == (report is None)
        if report:
            assert card["effective_followers"] == round(profile["followers"] * report["credibility"])
            # The report came in the answer of the profile.
            assert card["audience_cost_microcredits"] == 0
        else:
            assert reasons(card)["effective_followers"] == "no audience report was asked for"
        assert card["growth_30d"] is None
        assert "27 to 33 days before" in reasons(card)["growth_30d"]
    metadata = state_of(result, "creator_scorecard")
    assert metadata["without_value"] == {"effective_followers": 2, "growth_30d": 5}
    assert set(spent.values()) == {0, spent["influencers_club"]}


def test_growth_is_known_once_a_count_of_a_month_ago_is(stage: TimedProject, assets: list[dg.AssetsDefinition]) -> None:
    stage.brief("one", CREATORS)
    stage.run(*WEEKLY, slug="one", assets=assets)
    first = state_of(stage.run("creator_scorecard", slug="one", assets=assets), "creator_scorecard")
    before = by_name(stage.table("shortlist", campaign="one", week="2026-09-07"))
    stage.turn(days=28)
    stage.run(*WEEKLY, slug="one", assets=assets)
    spent = stage.spent()
    found = by_name(stage.table("shortlist", campaign="one", week="2026-10-05"))
    cards = stage.table("creator_scorecard", campaign="one", week="2026-10-05")
    known = [card for card in by_name(cards).values() if card["growth_30d"] is not None]
    assert len(known) >= 3
    for card in known:
        now, then = found[card["username"]]["followers"], before[card["username"]]["followers"]
        assert card["growth_30d"] == pytest.approx((now - then) / then)
        assert card["growth_since"] == TUESDAY
    # The first week learns nothing from what came later, and a rebuild asks nobody.
    stage.gone = True
    again = stage.run("creator_scorecard", slug="one", day=FIRST, assets=assets)
    assert state_of(again, "creator_scorecard")["content_digest"] == first["content_digest"]
    assert stage.spent() == spent


def test_a_report_without_its_tables_says_which_to_make(stage: TimedProject, assets: list[dg.AssetsDefinition]) -> None:
    stage.brief("one", CREATORS)
    result = stage.run("creator_scorecard", slug="one", assets=assets, raise_on_error=False)
    assert "shortlist has no one|2026-09-07 yet" in failure_of(result, "creator_scorecard")


def test_a_scorecard_says_what_it_can_where_tables_were_never_made(
    stage: TimedProject, assets: list[dg.AssetsDefinition]
) -> None:
    stage.brief("one", CREATORS)
    stage.run("discovery_results", "shortlist", "creator_scorecard", "roster_reach", slug="one", assets=assets)
    cards = stage.table("creator_scorecard")
    assert cards.height == stage.table("shortlist")["selected"].sum()
    assert cards["er_followers_mean"].null_count() == cards.height
    for card in cards.iter_rows(named=True):
        assert reasons(card)["er_followers_mean"] == "no profile was asked for"
        assert reasons(card)["effective_followers"] == "no profile was asked for"
    assert stage.table("roster_reach").height == 1


# -- campaigns


def test_a_campaign_day_by_day_to_the_end_of_its_videos(stage: TimedProject, assets: list[dg.AssetsDefinition]) -> None:
    stage.brief("one", VIDEOS % (f'"{ONE}", "{TWO}"', ONE))
    stage.run("tracked_videos", slug="one", assets=assets)
    digests: dict[date, str] = {}
    for number in (0, 1, 3, 29, 30, 33):
        stage.turn(seconds=(TUESDAY + timedelta(days=number, minutes=20) - stage.clock.now).total_seconds())
        stage.run("tracked_videos", slug="one", assets=assets)
        result = stage.run("video_stats", "campaign_performance", slug="one", daily=True, assets=assets)
        metadata = state_of(result, "campaign_performance")
        digests[stage.clock.now.date()] = metadata["content_digest"]
        assert metadata["views"] > metadata["cpm"] > 0
    assert stage.spent()["influtics"] == 2 * 30 * CREDIT
    days = {row["day"]: row for row in stage.table("campaign_performance").rows(named=True)}
    videos = {(row["day"], row["url"]): row for row in stage.table("video_performance").rows(named=True)}
    for day, row in days.items():
        both = [videos[day, url] for url in (ONE, TWO)]
        is_over = day >= FIRST + timedelta(days=30)
        assert [one["state"] for one in both] == (["ended"] if is_over else ["counted"]) * 2
        views = sum(one["views"] for one in both)
        assert row["views"] == views
        assert row["campaign_cpm"] == pytest.approx(Decimal(3_000_000) / views, abs=Decimal("1e-9"))
        assert row["cpm"] == both[0]["cpm"] == pytest.approx(Decimal(500_500) / both[0]["views"], abs=Decimal("1e-9"))
        assert reasons(both[1])["cpm"] == "the brief names no fee for the video"
        assert row["missing"] == []
    last = days[FIRST + timedelta(days=29)]
    assert [days[FIRST + timedelta(days=number)]["views"] for number in (30, 33)] == [last["views"]] * 2
    assert videos[FIRST + timedelta(days=3), ONE]["views_per_day"] is not None
    # A day that is over is made again out of the tables: what was counted since is not in it.
    stage.gone = True
    for day, digest in digests.items():
        again = stage.run("campaign_performance", slug="one", daily=True, day=day, assets=assets)
        assert state_of(again, "campaign_performance")["content_digest"] == digest


def test_a_video_without_a_count_leaves_the_campaigns_cost_unknown(
    stage: TimedProject, assets: list[dg.AssetsDefinition]
) -> None:
    stage.brief("one", VIDEOS % (f'"{ONE}", "{GONE}"', ONE))
    stage.run("tracked_videos", slug="one", assets=assets)
    stage.turn(minutes=20)
    checks = [one for one in build_table_checks() if "_performance" in next(iter(one.check_keys)).name]
    result = stage.run(
        "video_stats",
        "campaign_performance",
        slug="one",
        daily=True,
        assets=[*assets, *checks],
    )
    (row,) = stage.table("campaign_performance").rows(named=True)
    assert (row["videos"], row["videos_counted"], row["videos_not_tracked"]) == (2, 1, 1)
    assert row["cpm"] is not None
    assert reasons(row)["campaign_cpm"] == "1 of 2 videos have no count of views"
    assert {one.check_name: one.passed for one in result.get_asset_check_evaluations()} == {
        "video_performance_is_consistent": True,
        "campaign_performance_is_consistent": True,
    }


def test_a_campaign_without_videos_has_no_days(stage: TimedProject, assets: list[dg.AssetsDefinition]) -> None:
    stage.brief("one", CREATORS)
    stage.run("tracked_videos", slug="one", assets=assets)
    stage.run("video_stats", "campaign_performance", slug="one", daily=True, assets=assets)
    assert stage.table("campaign_performance").is_empty()
    assert stage.table("video_performance").is_empty()
    assert stage.asked() == 0
