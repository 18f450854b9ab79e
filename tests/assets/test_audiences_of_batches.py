"""Audience reports that a batch of full profiles brings: waited for, made of its results, and never bought again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from creator_assets.definitions import build_definitions
from creator_assets.partitions import Partition
from tests.assets.stage import TimedProject, stage_at, state_of
from tests.assets.test_profiles_that_wait import arrived, planned, tick

MONDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
CREDIT = 1_000_000
SEARCHED = 1_200_000
CHAIN = ("discovery_results", "shortlist", "enrichment_batches", "enriched_profiles", "audience_reports")
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 250}
discovery:
  - {name: many, provider: influencers_club, platform: instagram, max_creators: 120}
shortlist: {top: 104}
profiles: {depth: full, provider: influencers_club}
audiences: {top: 5, provider: influencers_club}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(MONDAY, tmp_path, monkeypatch) as made:
        yield made


def test_what_a_batch_holds_of_audiences_is_not_bought_again(stage: TimedProject) -> None:
    stage.brief("both", BRIEF)
    stage.fault(kind="row_fails", operation="IC-18", nth=1, count=1)
    first = state_of(stage.run(*CHAIN, slug="both"), "audience_reports")
    assert (first["states"], first["waiting_in_batches"]) == ({}, 5)
    assert planned(stage, "both", "audience_reports") == (0, 0)
    stage.turn(minutes=10)
    tick(stage, "batches_waiting")
    done = state_of(stage.run(*CHAIN, slug="both"), "audience_reports")
    assert (sum(done["states"].values()), done["waiting_in_batches"]) == (5, 0)
    profiles, reports = stage.table("enriched_profiles"), stage.table("audience_reports")
    segments = stage.table("audience_segments")
    ready = reports.filter(pl.col("state") == "ready")
    assert ready.height
    assert set(segments["username"]) == set(ready["username"])
    # Only what failed in the batch was asked for alone, and once for both tables.
    assert arrived(stage, "IC-14") == 1
    paid = profiles["cost_microcredits"].sum()
    assert paid == profiles.filter(pl.col("state") == "enriched").height * CREDIT
    assert stage.spent()["influencers_club"] == paid + SEARCHED
    # One answer makes the profile and the report: the same request, at the same cost.
    both = reports.join(profiles, on=["platform", "username"], suffix="_of_profile")
    assert (both["request_id"] == both["request_id_of_profile"]).all()
    assert (both["cost_microcredits"] == both["cost_microcredits_of_profile"]).all()
    asked = stage.asked()
    stage.run("enriched_profiles", "audience_reports", slug="both")
    assert stage.asked() == asked


@pytest.mark.parametrize("waits", [True, False])
def test_a_finished_batch_makes_the_reports_that_wait_for_it(stage: TimedProject, *, waits: bool) -> None:
    stage.brief("later", BRIEF)
    stage.run(*CHAIN[: None if waits else -1], slug="later")
    stage.turn(minutes=10)
    partition = Partition.week_of("later", MONDAY.date()).key
    resources = stage.resources()
    (sensor,) = (one for one in build_definitions(resources).sensors or () if one.name == "batches_waiting")
    with dg.DagsterInstance.ephemeral() as instance:
        metadata = {"waiting_in_batches": 5 if waits else 0}
        instance.report_runless_asset_event(
            dg.AssetMaterialization("audience_reports", partition=partition, metadata=metadata)
        )
        with dg.build_sensor_context(instance, resources={"paid_client": resources["paid_client"]}) as context:
            result: dg.SensorResult = sensor(context)  # type: ignore[assignment]
    (run,) = result.run_requests or ()
    assert (dg.AssetKey("audience_reports") in (run.asset_selection or ())) == waits
