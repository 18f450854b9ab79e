"""Linked accounts: asked once for each of the best, kept while fresh, planned as they are billed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from creator_assets.campaigns import load_campaigns
from creator_assets.identity.secret import InstallationSecret
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import catalog
from creator_assets.spending.planning.plan import PlanLine
from tests.assets.house import failure_of
from tests.assets.stage import TimedProject, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
CREDIT = 1_000_000
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 30}
roster: [{platform: instagram, handle: nobody.has.this.name}]
shortlist: {top: 8}
linked_accounts: {top: 9, max_age: 10d}
"""
CHAIN = ("discovery_results", "shortlist", "linked_accounts")
FOUND_MICROCREDITS = 300_000
NOBODY = "nobody.has.this.name"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def plan(stage: TimedProject) -> list[PlanLine]:
    """What the week of the clock would want of `linked_accounts` by now."""
    lines = stage.plan(Partition.week_of("one", stage.clock.now.date()))
    return [line for line in lines if line.asset == "linked_accounts"]


def test_the_best_are_asked_for_once_and_a_miss_costs_nothing(stage: TimedProject) -> None:
    stage.brief("one", BRIEF)
    metadata = state_of(stage.run(*CHAIN, slug="one"), "linked_accounts")
    rows = stage.table("linked_accounts")
    seeds = rows.unique(["seed_platform", "seed_username"])
    linked = seeds.filter(seeds["state"] == "linked").height
    assert (metadata["creators_asked"], seeds.height) == (9, 9)
    assert rows.filter(rows["seed_username"] == NOBODY)["state"].to_list() == ["not_found"]
    assert 0 < linked == 9 - metadata["creators_not_found"]
    assert len(set(rows["platform"])) > 1
    assert rows["cost_microcredits"].sum() == linked * CREDIT // 2
    assert stage.spent()["influencers_club"] == FOUND_MICROCREDITS + linked * CREDIT // 2
    stage.gone = True
    again = state_of(stage.run(*CHAIN, slug="one"), "linked_accounts")
    assert again["content_digest"] == metadata["content_digest"]


def test_the_plan_is_the_bill(stage: TimedProject) -> None:
    stage.brief("one", BRIEF)
    (before,) = plan(stage)
    assert (before.min_microcredits, before.max_microcredits) == (0, 9 * CREDIT // 2)
    stage.run("discovery_results", "shortlist", slug="one")
    (known,) = plan(stage)
    assert (known.calls_min, known.calls_max, known.max_microcredits) == (9, 9, 9 * CREDIT // 2)
    stage.run("linked_accounts", slug="one")
    spent = stage.spent()["influencers_club"] - FOUND_MICROCREDITS
    assert known.min_microcredits <= spent <= known.max_microcredits
    (after,) = plan(stage)
    assert (after.calls_max, after.archive_hits) == (0, 9)


@pytest.mark.parametrize(("max_age", "is_fresh_enough"), [("10d", True), ("3d", False)])
def test_answers_are_used_until_they_are_too_old(stage: TimedProject, max_age: str, is_fresh_enough: bool) -> None:
    stage.brief("one", BRIEF.replace("max_age: 10d", f"max_age: {max_age}"))
    stage.run(*CHAIN, slug="one")
    known = set(stage.table("linked_accounts")["seed_username"])
    spent = stage.spent()["influencers_club"]
    stage.turn(days=7)
    metadata = state_of(stage.run(*CHAIN, slug="one"), "linked_accounts")
    rows = stage.table("linked_accounts", campaign="one", week="2026-11-16")
    bought = rows.filter(pl.col("observed_at") > TUESDAY + timedelta(days=1))
    assert set(bought["seed_username"]) == (set(rows["seed_username"]) - (known if is_fresh_enough else set()))
    assert metadata["archive_hits"] == len(set(rows["seed_username"]) & known) * is_fresh_enough
    assert stage.spent()["influencers_club"] == spent + FOUND_MICROCREDITS + bought["cost_microcredits"].sum()


def test_a_platform_on_which_nobody_links_accounts_is_refused_in_the_brief(stage: TimedProject) -> None:
    stage.brief("one", BRIEF.replace("max_age: 10d}", "max_age: 10d, provider: infludata}"))
    faults = load_campaigns(stage.folder / "campaigns", catalog()).faults
    assert {fault.field for fault in faults} == {"linked_accounts"}
    assert any("infludata cannot link accounts on instagram" in fault.problem for fault in faults)


def test_an_account_has_the_same_id_wherever_it_is_seen(stage: TimedProject) -> None:
    stage.brief("one", BRIEF + "profiles: {depth: full}\n")
    stage.run(*CHAIN, "enriched_profiles", slug="one")
    links, profiles = stage.table("linked_accounts"), stage.table("enriched_profiles")
    same = links.filter(state="linked").join(profiles, on=["platform", "native_id"], suffix="_of_profile")
    assert same.height > 3
    assert same["account_id"].equals(same["account_id_of_profile"])
    assert set(same["account_basis"]) == {"native"}
    accounts = links.filter(state="linked").unique(["platform", "native_id"])
    assert accounts["account_id"].n_unique() == accounts.height
    nobody = links.filter(state="not_found")
    assert nobody["account_basis"].to_list() == ["handle"]
    assert profiles.filter(state="not_found")["account_id"].to_list() == nobody["account_id"].to_list()


def test_a_lost_secret_stops_the_asset_with_a_sentence_before_anything_is_asked(stage: TimedProject) -> None:
    stage.brief("one", BRIEF)
    stage.run("discovery_results", "shortlist", slug="one")
    InstallationSecret.open_with_fingerprint(stage.folder / "data")
    (stage.folder / "data" / "identity.secret").unlink()
    spent, asked = stage.spent(), stage.asked()
    result = stage.run("linked_accounts", slug="one", raise_on_error=False)
    assert "restore it from a backup" in failure_of(result, "linked_accounts")
    assert (stage.spent(), stage.asked()) == (spent, asked)
