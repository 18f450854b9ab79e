"""Options of a brief in real runs: fresh profiles, scores, profiles with an e-mail address, weekly reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from creator_assets.partitions import Partition
from creator_assets.sandbox.universe.population import Population, day_of
from tests.assets.stage import TimedProject, stage_at

MONDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
CREDIT = 1_000_000
CHAIN = ("discovery_results", "shortlist", "enrichment_batches", "enriched_profiles")
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50, infludata: 50, influtics: 50}
roster: [%s]
shortlist: {top: 20}
profiles: {%s}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(MONDAY, tmp_path, monkeypatch) as made:
        yield made


def asked(stage: TimedProject, operation: str) -> int:
    arrivals = stage.control.get("/requests").json()
    return sum(request["operation"] == operation for log in arrivals.values() for request in log)


def ask(stage: TimedProject, accounts: list[str], wish: str, platform: str = "instagram") -> pl.DataFrame:
    """The rows of profiles, by a brief with these accounts and this wish."""
    roster = ", ".join(f"{{platform: {platform}, handle: {name}}}" for name in accounts)
    stage.brief("one", BRIEF % (roster, wish))
    stage.run(*CHAIN, slug="one")
    return stage.table("enriched_profiles").sort("username")


def planned(stage: TimedProject) -> int:
    """Microcredits that profiles of this week can cost by now, at the most."""
    lines = stage.plan(Partition.week_of("one", stage.clock.now.date()))
    return sum(line.max_microcredits for line in lines if line.asset == "enriched_profiles")


def people(count: int) -> list[Any]:
    """Instagram profiles of the sandbox, as its universe has them."""
    invented = Population(7, 2_000)
    return [invented.profile("instagram", index, day_of(MONDAY)) for index in range(count)]


def test_a_refreshed_profile_is_another_request_and_is_reused_in_its_window(stage: TimedProject) -> None:
    plain, fresh = "depth: raw, provider: influtics", "depth: raw, provider: influtics, refresh: true"
    ask(stage, ["bar.films"], plain, "tiktok")
    stage.turn(minutes=20)
    (row,) = ask(stage, ["bar.films"], plain, "tiktok").rows(named=True)
    assert (row["state"], stage.spent()["influtics"]) == ("enriched", CREDIT)
    stage.turn(days=6)
    # The cache has the creator; what is paid for is the search for its videos, and the plan holds both.
    roster = "{platform: tiktok, handle: bar.films}"
    stage.brief("one", BRIEF % (roster, fresh))
    assert planned(stage) == 2 * CREDIT
    (row,) = ask(stage, ["bar.films"], fresh, "tiktok").rows(named=True)
    assert (row["state"], stage.spent()["influtics"]) == ("pending", 2 * CREDIT)
    stage.turn(minutes=20)
    (row,) = ask(stage, ["bar.films"], fresh, "tiktok").rows(named=True)
    assert (row["state"], stage.spent()["influtics"]) == ("enriched", 2 * CREDIT)
    arrived = asked(stage, "IT-1")
    (again,) = ask(stage, ["bar.films"], fresh, "tiktok").rows(named=True)
    assert (again["request_id"], asked(stage, "IT-1"), planned(stage)) == (row["request_id"], arrived, 0)
    # Next week it is young enough still.
    stage.turn(days=1)
    rows = ask(stage, ["bar.films"], fresh, "tiktok")
    assert (rows["request_id"].to_list(), asked(stage, "IT-1")) == ([row["request_id"]] * 2, arrived)


def test_scores_are_a_column_where_the_platform_has_them_and_cost_nothing_more(stage: TimedProject) -> None:
    accounts = [one.handle for one in people(12)]
    plain = ask(stage, accounts, "depth: full, provider: infludata")
    enriched = plain.filter(state="enriched")
    assert enriched.height > 6
    assert enriched["profile_score"].null_count() == enriched.height
    spent = stage.spent()["infludata"]
    assert spent == enriched.height * CREDIT
    scored = ask(stage, accounts, "depth: full, provider: infludata, scores: true")
    assert scored.filter(state="enriched")["profile_score"].null_count() == 0
    assert stage.spent()["infludata"] == spent + enriched.height * CREDIT
    # On YouTube there are none: the same request as without the option.
    ask(stage, ["mrbeast"], "depth: full, provider: infludata", "youtube")
    arrived = asked(stage, "ID-3")
    roster = f"{{platform: youtube, handle: mrbeast}}, {{platform: instagram, handle: {accounts[0]}}}"
    stage.brief("one", BRIEF % (roster, "depth: full, provider: infludata, scores: true"))
    stage.run(*CHAIN, slug="one")
    rows = stage.table("enriched_profiles")
    assert (rows.filter(platform="youtube")["state"].to_list(), asked(stage, "ID-3")) == (["enriched"], arrived)


def test_only_profiles_with_an_address_are_paid_for_and_reports_come_with_them(stage: TimedProject) -> None:
    some = people(12)
    accounts = [one.handle for one in some]
    with_address = {one.handle for one in some if one.email}
    rows = ask(stage, accounts, "depth: full, only_with_email: true}\naudiences: {top: 12, provider: influencers_club")
    enriched = rows.filter(state="enriched")
    assert set(rows["provider"]) == {"influencers_club"}
    assert 0 < enriched.height < len(accounts)
    assert set(enriched["username"]) <= with_address
    assert enriched["has_email"].all()
    assert stage.spent()["influencers_club"] == enriched.height * CREDIT
    arrived = stage.asked()
    stage.run("audience_reports", slug="one")
    reports = stage.table("audience_reports")
    assert set(reports.filter(pl.col("state") != "not_found")["username"]) == set(enriched["username"])
    assert (stage.asked(), stage.spent()["influencers_club"]) == (arrived, enriched.height * CREDIT)


def test_creators_are_read_weekly_by_an_order_of_its_own_for_a_list_of_any_length(stage: TimedProject) -> None:
    accounts = [one.handle for one in people(12)]
    ask(stage, accounts, "depth: full, provider: infludata")
    assert (asked(stage, "ID-5"), stage.table("enrichment_batches").height) == (0, 0)
    ask(stage, accounts, "depth: full, provider: infludata, refresh_weekly: true")
    (row,) = stage.table("enrichment_batches").rows(named=True)
    assert (row["mode"], row["total_rows"], row["reported_cost_microcredits"]) == ("queue_weekly", 12, 0)
    # The order is given once a week, whatever runs again.
    ask(stage, accounts, "depth: full, provider: infludata, refresh_weekly: true")
    assert asked(stage, "ID-5") == 1
    stage.turn(days=7)
    ask(stage, accounts, "depth: full, provider: infludata, refresh_weekly: true")
    assert asked(stage, "ID-5") == 2
