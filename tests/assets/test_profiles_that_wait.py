"""Profiles that come later, from the request to the collected row: rows that a batch lost, creators that are queued."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from creator_assets.assets.graph import asset_graph
from creator_assets.automation.run_coordinator import plan_of
from creator_assets.definitions import build_definitions
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from tests.assets.stage import TimedProject, stage_at, state_of
from tests.market import lacked_by

MONDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
CREDIT = 1_000_000
CHAIN = ("discovery_results", "shortlist", "enrichment_batches", "enriched_profiles")
FOUND = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 250, infludata: 250}
discovery:
  - {name: many, provider: influencers_club, platform: instagram, max_creators: %d}
shortlist: {top: %d}
profiles: {depth: %s, provider: %s}
"""

# Who is in neither database, by a brief that has a budget with these two alone: the first misses, the second queues.
ROSTER = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {keyapi: 10, infludata: 10}
roster: [{platform: tiktok, handle: %s}]
shortlist: {top: 1}
profiles: {depth: full}
"""

BLOGGERS = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 250, influtics: 100}
discovery:
  - {name: many, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 8}
profiles: {depth: raw, provider: influtics}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(MONDAY, tmp_path, monkeypatch) as made:
        yield made


def arrived(stage: TimedProject, operation: str) -> int:
    arrivals = stage.control.get("/requests").json()
    return sum(request["operation"] == operation for log in arrivals.values() for request in log)


def tick(stage: TimedProject, name: str) -> dg.SensorResult:
    """A tick of the real sensor."""
    resources = stage.resources()
    (sensor,) = (one for one in build_definitions(resources).sensors or () if one.name == name)
    with dg.build_sensor_context(resources={"paid_client": resources["paid_client"]}) as context:
        result: dg.SensorResult = sensor(context)  # type: ignore[assignment]
    return result


def planned(stage: TimedProject, slug: str, asset: str = "enriched_profiles") -> tuple[int, int]:
    """Calls and microcredits, at the worst, by the plan of this week."""
    paid_client = stage.resources()["paid_client"]
    try:
        week = Partition.week_of(slug, stage.clock.now.date())
        lines = plan_of([week], asset_graph().stages_in({asset}), paid_client, stage.resources()["campaigns"].load())
    finally:
        paid_client.close()
    return sum(line.calls_max for line in lines), sum(line.max_microcredits for line in lines)


def open_work(stage: TimedProject) -> list[str]:
    with Ledger.open(stage.folder / "ledger.sqlite", realm="sandbox-stage", clock=stage.clock) as ledger:
        return [str(work.state) for work in ledger.jobs.open_jobs()]


def test_rows_that_a_batch_lost_are_asked_for_again_alone(stage: TimedProject) -> None:
    stage.brief("lost", FOUND % (120, 100, "full", "influencers_club"))
    stage.fault(kind="row_fails", operation="IC-18", nth=3, count=2)
    stage.run(*CHAIN, slug="lost")
    assert stage.table("enriched_profiles").is_empty()
    stage.turn(minutes=10)
    (run,) = tick(stage, "batches_waiting").run_requests or ()
    assert run.partition_key == Partition.week_of("lost", MONDAY.date()).key
    # Two rows are lost: once the results are there, the plan has those two, and the run asks for no others.
    stage.fault(kind="status", operation="IC-14", status=422, count=None)
    failed = stage.run("enrichment_batches", "enriched_profiles", slug="lost", raise_on_error=False)
    assert not failed.success
    assert planned(stage, "lost") == (2, 2 * CREDIT)
    stage.control.delete("/faults")
    asked = arrived(stage, "IC-14")
    stage.run("enrichment_batches", "enriched_profiles", slug="lost")
    rows = stage.table("enriched_profiles")
    assert (rows.height, rows["username"].n_unique()) == (100, 100)
    assert "unknown" not in rows["state"].to_list()
    assert (arrived(stage, "IC-18"), arrived(stage, "IC-14") - asked) == (1, 2)
    assert planned(stage, "lost") == (0, 0)
    enriched = rows.filter(pl.col("state") == "enriched").height
    assert rows["cost_microcredits"].sum() == enriched * CREDIT
    assert stage.spent()["influencers_club"] == enriched * CREDIT + 1_200_000
    assert open_work(stage) == []
    # Once they are there, nobody is asked again.
    asked = stage.asked()
    stage.run("enriched_profiles", slug="lost")
    assert stage.asked() == asked


def test_creators_that_a_batch_has_nothing_of_are_rows_that_say_so_once_the_week_is_over(stage: TimedProject) -> None:
    stage.brief("late", FOUND % (120, 100, "full", "influencers_club"))
    stage.fault(kind="row_fails", operation="IC-18", nth=3, count=2)
    stage.turn(hours=24 * 6)
    stage.run(*CHAIN, slug="late")
    stage.turn(hours=13)
    tick(stage, "batches_waiting")
    stage.run("enriched_profiles", slug="late", day=MONDAY.date())
    rows = stage.table("enriched_profiles")
    lost = rows.filter(pl.col("state") == "unknown")
    assert (rows.height, lost.height, lost["cost_microcredits"].sum()) == (100, 2, 0)
    assert all("the batch" in because for because in lost["chosen_because"])
    assert arrived(stage, "IC-14") == 0


def test_a_queued_creator_is_looked_at_for_nothing_and_bought_when_it_is_there(stage: TimedProject) -> None:
    stage.brief("queued", FOUND % (60, 60, "full", "infludata"))
    stage.run(*CHAIN, slug="queued")
    first = stage.table("enriched_profiles")
    waiting = first.filter(pl.col("state") == "pending")
    assert waiting.height >= 1
    assert waiting["cost_microcredits"].sum() == 0
    assert open_work(stage) == ["waiting"] * waiting.height
    assert said(tick(stage, "creators_waiting")).startswith(f"{waiting.height} waiting; nothing to collect; next poll ")
    assert arrived(stage, "ID-4") == 0  # the provider said a day

    # After a day some are there, after two all are; each is asked about for nothing, and bought once.
    for hours in (25, 25):
        stage.turn(hours=hours)
        requests = tick(stage, "creators_waiting").run_requests or ()
        assert {run.partition_key for run in requests} <= {Partition.week_of("queued", MONDAY.date()).key}
        if requests:
            stage.run("enriched_profiles", slug="queued")
    rows = stage.table("enriched_profiles")
    assert rows["state"].value_counts().rows() == [("enriched", 60)]
    assert stage.spent()["infludata"] == 60 * CREDIT == rows["cost_microcredits"].sum()
    assert arrived(stage, "ID-3") == 60 + waiting.height
    assert open_work(stage) == []
    assert state_of(stage.run("enriched_profiles", slug="queued"), "enriched_profiles")["credits_spent"] == 0


def test_a_creator_that_the_fallback_provider_queues_is_waited_for_and_bought(stage: TimedProject) -> None:
    stage.brief("next", ROSTER % lacked_by("keyapi", "infludata")[0])
    stage.run(*CHAIN, slug="next")
    (first,) = stage.table("enriched_profiles").rows(named=True)
    assert (first["provider"], first["state"]) == ("infludata", "pending")
    assert open_work(stage) == ["waiting"]

    stage.turn(hours=49)
    (run,) = tick(stage, "creators_waiting").run_requests or ()
    assert run.partition_key == Partition.week_of("next", MONDAY.date()).key
    assert (run.asset_selection or ())[0].to_user_string() == "enriched_profiles"
    stage.run("enriched_profiles", slug="next")
    (later,) = stage.table("enriched_profiles").rows(named=True)
    assert (later["provider"], later["state"]) == ("infludata", "enriched")
    assert open_work(stage) == []


@pytest.mark.parametrize(("is_trial", "calls"), [(False, 2), (True, 11)])
def test_a_long_list_is_made_known_at_once_in_calls_of_as_many_as_the_key_takes(
    is_trial: bool, calls: int, stage: TimedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred in a call, ten with a trial key; it costs nothing, is done once a week, and is a row for each call."""
    stage.brief("long", FOUND % (120, 101, "full", "infludata"))
    stage.environ = {"INFLUDATA_IS_TRIAL": str(is_trial).lower()}
    stage.run(*CHAIN[:2], slug="long")
    assert planned(stage, "long", "enrichment_batches") == (calls, 0)
    first = state_of(stage.run("enrichment_batches", slug="long"), "enrichment_batches")
    rows = stage.table("enrichment_batches")
    assert (rows.height, arrived(stage, "ID-5")) == (calls, calls)
    assert (rows["total_rows"].sum(), rows["mode"].unique().to_list()) == (101, ["queue"])
    assert meter(stage, "infludata") == 0
    # Two days later everybody is there, without having been asked for.
    stage.turn(hours=48)
    stage.run("enriched_profiles", slug="long")
    assert stage.table("enriched_profiles")["state"].unique().to_list() == ["enriched"]
    stage.gone = True
    again = state_of(stage.run("enrichment_batches", slug="long"), "enrichment_batches")
    assert again["content_digest"] == first["content_digest"]


@pytest.mark.parametrize("generation", ["seed", "jobs"])
def test_a_blogger_whose_videos_are_fetched_is_asked_for_again_and_paid_once(
    generation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage_at(MONDAY, tmp_path, monkeypatch, influtics_generation=generation) as stage:
        stage.brief("fetched", BLOGGERS)
        stage.run(*CHAIN, slug="fetched")
        first = stage.table("enriched_profiles")
        waiting = first.filter(pl.col("state") == "pending").height
        assert waiting >= 1
        assert open_work(stage) == ["waiting"] * waiting
        assert tick(stage, "creators_waiting").run_requests in (None, [])
        stage.turn(minutes=6)
        (run,) = tick(stage, "bloggers_waiting").run_requests or ()
        assert (run.asset_selection or ())[0].to_user_string() == "enriched_profiles"
        stage.run("enriched_profiles", slug="fetched")
        rows = stage.table("enriched_profiles")
        assert "pending" not in rows["state"].to_list()
        enriched = rows.filter(pl.col("state") == "enriched")
        assert enriched.height >= waiting
        assert (enriched["average_views"] > 0).all()
        assert open_work(stage) == []
        assert meter(stage, "influtics") == enriched.height * CREDIT


def meter(stage: TimedProject, provider: str) -> int:
    return int(stage.control.get("/meter").json()[provider]["charged_microcredits"])


def said(result: dg.SensorResult) -> str:
    assert isinstance(result.skip_reason, dg.SkipReason)
    return str(result.skip_reason.skip_message)
