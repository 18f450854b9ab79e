"""Thirty days by Dagster's own daemon: brief, batch, pause, top-up, resume, collection, daily video stats.

Nobody helps but for the top-up. The daemon runs the checked-in definitions on the checked-in instance; runs are
processes of their own. Time is the sandbox's, which this test turns a week at a time, once what the week before asked
for is done: Dagster evaluates schedules by the machine's clock, so the sensor ``sandbox_days`` asks the
schedules' own functions at each of their moments. In the end every row and every credit is compared with the
sandbox's own records.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import polars as pl
import pytest

from creator_assets.ledger.jobs.records import JobState
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.tables import schemas
from tests import market
from tests.automation.daemon import CLUB, LIMITS, DaemonHome, key_of

CREDIT = 1_000_000
DAYS = 30
SLUG = "thirty-days"
MONDAY = market.MONDAY.date()
BEGIN = market.MONDAY + timedelta(hours=6, minutes=16)  # a minute before the weekly schedule
VIDEOS = (
    "https://www.tiktok.com/@some.one/video/7300000000000000001",
    "https://www.youtube.com/watch?v=abcdefghijk",
    "https://www.instagram.com/reel/Cabcdefghij/",
)
BRIEF = f"""
brief: {{market: Germany, start: {MONDAY}, end: {MONDAY + timedelta(days=DAYS - 1)}, currency: EUR}}
budget: {{influencers_club: 250, influtics: 90}}
discovery:
  - name: many
    provider: influencers_club
    platform: instagram
    max_creators: 150
    filters: {{number_of_followers: {{min: 1_000}}}}
shortlist: {{top: 110, min_engagement_rate: 0}}
profiles: {{depth: full, max_age: 30d, provider: influencers_club}}
tracking:
  provider: influtics
  videos: [{", ".join(VIDEOS)}]
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DaemonHome]:
    settings = SandboxSettings(size=2_000, rate_limit_scale=1_000.0, start_at=BEGIN.isoformat())
    with start_in_background(settings) as sandbox, closing(DaemonHome(tmp_path, sandbox)) as made:
        yield made


def test_a_campaign_runs_by_itself_for_thirty_days_to_the_row_and_to_the_credit(home: DaemonHome) -> None:
    home.brief(SLUG, BRIEF)
    home.account(CLUB, set_balance="41.5")  # the search and forty rows of the batch
    home.dagster("sensor", "start", "sandbox_days")
    with home.instance() as instance, home.ledger() as ledger, home.daemon():
        home.until(lambda: has_looked(instance, "sandbox_days"), "the first look at the clock")
        live_through_the_batch(home, ledger)
        live_through_the_days(home, instance)
        compare_credits(home, ledger)
        compare_profiles(home, ledger)
    compare_video_days(home)


def has_looked(instance: dg.DagsterInstance, sensor: str) -> bool:
    states = [state for state in instance.all_instigator_state() if state.origin.instigator_name == sensor]
    return any(getattr(state.instigator_data, "cursor", None) for state in states)


def live_through_the_batch(home: DaemonHome, ledger: Ledger) -> None:
    """The weekly run hands a batch in; it stops for lack of credits and goes on after the top-up."""

    def state() -> JobState | None:
        works = ledger.jobs.of_partition("enrichment_batches", str(Partition.week_of(SLUG, MONDAY).key))
        return works[0].state if works else None

    def minutes_pass() -> None:
        home.turn(minutes=2)

    home.until(lambda: state() is not None, "the batch", meanwhile=minutes_pass)
    home.until(lambda: state() is JobState.PAUSED, "the pause", meanwhile=minutes_pass)
    home.account(CLUB, set_balance="500")
    home.until(lambda: state() is JobState.COLLECTED, "the collection", meanwhile=minutes_pass)


def live_through_the_days(home: DaemonHome, instance: dg.DagsterInstance) -> None:
    """From Monday to Monday, and no week begins before what the one before it asked for is done."""
    last = MONDAY + timedelta(days=DAYS)
    today = MONDAY
    while today < last:
        today = min(today + timedelta(days=7), last)
        home.turn(to=datetime(today.year, today.month, today.day, 7, tzinfo=UTC))
        home.until(lambda day=today: is_done(home, instance, day), f"everything before {today}")  # type: ignore[misc]


def is_done(home: DaemonHome, instance: dg.DagsterInstance, today: date) -> bool:
    """Whether the days before today and the week of today are there, and nothing is under way."""
    days = {str(Partition.day_of(SLUG, MONDAY + timedelta(days=n)).key) for n in range((today - MONDAY).days)}
    weeks = {str(Partition.week_of(SLUG, min(today, MONDAY + timedelta(days=DAYS - 1))).key)}
    return (
        home.is_idle(instance)
        and days <= instance.get_materialized_partitions(dg.AssetKey("video_stats"))
        and weeks <= instance.get_materialized_partitions(dg.AssetKey("tracked_videos"))
    )


def compare_credits(home: DaemonHome, ledger: Ledger) -> None:
    """The books are in order, nothing is held or in doubt, and each provider's meter says the same."""
    assert ledger.check() == []
    meter = home.meter()
    states = ledger.balances()
    for provider in LIMITS:
        own = [state for state in states if state.scope == provider]
        assert [(state.held_microcredits, state.in_doubt_microcredits) for state in own] == [(0, 0)] * len(own)
        assert sum(state.spent_microcredits for state in own) == meter[provider]["charged_microcredits"]
    assert meter["influtics"]["charged_microcredits"] == 30 * len(VIDEOS) * CREDIT  # once each, in five weeks
    assert meter[CLUB]["operations"]["IC-18"]["requests"] == 1


def compare_profiles(home: DaemonHome, ledger: Ledger) -> None:
    """The first week's profiles are the rows of the batch as the provider hands them out."""
    week = Partition.week_of(SLUG, MONDAY)
    rows = home.tables().read(schemas.EnrichedProfiles, "enriched_profiles", week.path_parts)
    (work,) = ledger.jobs.of_partition("enrichment_batches", str(week.key))
    served = asked(home, CLUB, f"/public/v1/enrichment/batch/{work.provider_job_id}/", format="json")
    assert rows.height == len(served) == 110
    found = {row["input_value"]: row["status"] == "success" for row in served}
    assert dict(rows.select("username", pl.col("state") == "enriched").iter_rows()) == found
    charged = home.meter()[CLUB]["operations"]["IC-18"]["charged_microcredits"]
    assert charged == sum(found.values()) * CREDIT == rows["cost_microcredits"].sum()


def compare_video_days(home: DaemonHome) -> None:
    """Each video's thirty days are the provider's own series, value by value."""
    rows = home.tables().scan(schemas.VideoStats, "video_stats").collect()
    assert rows["source"].unique().to_list() == ["series"]
    found = {
        (row["native_id"], row["stats_on"]): (row["views"], row["likes"], row["comments"], row["shares"])
        for row in rows.iter_rows(named=True)
    }
    expected = {}
    for video in asked(home, "influtics", "/v1/videos/stats", limit=100)["data"]["data"]:
        series = video["stats"]
        for moment, views in series["views"].items():
            values = (views, series["likes"][moment], series["comments"][moment], series["reposts"].get(moment))
            expected[video["external_video_id"], datetime.fromisoformat(moment).date()] = values
    assert len(expected) == rows.height == DAYS * len(VIDEOS)
    assert found == expected


def asked(home: DaemonHome, provider: str, path: str, **params: Any) -> Any:
    """What the sandbox answers to somebody else with the same key."""
    headers = {"Authorization": f"Bearer {key_of(provider)}", "x-api-key": key_of(provider)}
    url = f"{home.sandbox.url(provider)}{path}"
    return httpx.get(url, params=params, headers=headers, timeout=30, trust_env=False).raise_for_status().json()
