"""Sensors on pending work: what they decide, how they are bounded, and that they start each run once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from creator_assets.automation import waiting_sensors
from creator_assets.automation.job_decisions import Cursor, decide, read_cursor, readiness_status, why_abandoned
from creator_assets.automation.waiting_sensors import poll_due
from creator_assets.definitions import build_definitions
from creator_assets.ledger.jobs.records import BATCH, PROFILE, REPORT, Intent, Job, JobState
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution
from creator_assets.partitions import Partition
from creator_assets.providers.contract.statements import DataReadiness
from creator_assets.spending.paid_client import PaidClient
from tests.assets.stage import TimedProject, stage_at
from tests.market import ClientUnderTest

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
PARTITION = "berlin-fitness|2026-11-16"


def work(number: int = 1, state: JobState = JobState.WAITING, kind: str = BATCH, **changes: Any) -> Job:
    given: dict[str, Any] = {
        "job_id": f"work-{number}",
        "kind": kind,
        "subject": f"subject-{number}",
        "provider": "influencers_club" if kind == BATCH else "infludata",
        "asset": "enrichment_batches" if kind == BATCH else "enriched_profiles",
        "partition": PARTITION,
        "campaign": "berlin-fitness",
        "run_id": "run-1",
        "owner": "somebody",
        "parameters": {"platform": "instagram", "creators": ["a"], "username": "a", "mode": "full"},
        "request_key": "key",
        "provider_job_id": f"bch_{number}",
        "hold_attempt_id": None,
        "state": state,
        "rows_total": 100,
        "rows_done": 0,
        "rows_failed": 0,
        "charged_microcredits": 0,
        "polls": 0,
        "resumes": 0,
        "intended_at": NOW - timedelta(minutes=10),
        "since": NOW - timedelta(minutes=1),
        "next_poll_at": NOW,
        "note": "",
    }
    return Job(**given | changes)


def test_what_is_done_starts_one_run_for_its_partition_alone() -> None:
    other = work(3, JobState.READY, partition="uk-gaming|2026-11-16")
    decision = decide([work(1, JobState.READY), work(2, JobState.READY), other, work(4)], NOW, Cursor())
    assert [run.partition_key for run in decision.runs] == [PARTITION, "uk-gaming|2026-11-16"]
    assert [key.to_user_string() for key in decision.runs[0].asset_selection or ()] == [
        "enrichment_batches",
        "enriched_profiles",
        "creator_scorecard",
        "roster_reach",
    ]
    assert decision.message == (
        f"1 waiting, 3 ready; runs for {PARTITION}, uk-gaming|2026-11-16; next poll 2026-11-18 12:00 UTC."
    )


def test_the_same_batch_finishing_twice_starts_nothing() -> None:
    first = decide([work(1, JobState.READY)], NOW, Cursor()).runs[0]
    again = decide([work(1, JobState.READY)], NOW + timedelta(minutes=5), Cursor()).runs[0]
    assert again.run_key == first.run_key


def test_a_collection_that_did_not_come_about_is_asked_for_again_an_hour_later() -> None:
    first = decide([work(1, JobState.READY)], NOW, Cursor()).runs[0]
    later = decide([work(1, JobState.READY)], NOW + timedelta(hours=2), Cursor()).runs[0]
    assert later.run_key != first.run_key


def test_what_a_paused_batch_has_so_far_is_collected_once() -> None:
    paused = work(1, JobState.PAUSED, rows_done=10)
    first, later = (decide([paused], NOW + timedelta(hours=n), Cursor()).runs[0].run_key for n in (0, 9))
    assert first == later
    assert decide([work(1, JobState.PAUSED)], NOW, Cursor()).runs == ()


def test_a_batch_that_never_finishes_raises_one_alarm() -> None:
    old = work(1, intended_at=NOW - timedelta(hours=4))
    first = decide([old], NOW, Cursor())
    assert [one.job_id for one in first.too_old] == ["work-1"]
    assert "1 older than expected" in first.message
    assert decide([old], NOW, first.cursor).too_old == ()


@pytest.mark.parametrize("text", [None, "", "nonsense", '{"alarmed": 7}'])
def test_a_cursor_that_cannot_be_read_is_a_first_one(text: str | None) -> None:
    assert read_cursor(text) == Cursor()


def test_pauses_between_polls_grow_from_one_hour_to_six() -> None:
    not_there = DataReadiness(is_known=False, has_audience=False)
    hours = [
        (readiness_status(work(kind=PROFILE, polls=polls), not_there, NOW).next_poll_at - NOW) / timedelta(hours=1)
        for polls in range(6)
    ]
    assert hours == [1, 2, 4, 6, 6, 6]


@pytest.mark.parametrize(
    ("kind", "has_audience", "state"),
    [
        (PROFILE, False, JobState.READY),
        (REPORT, False, JobState.WAITING),
        (REPORT, True, JobState.READY),
    ],
)
def test_a_known_creator_is_ready_for_its_profile_and_not_yet_for_its_report(
    kind: str, has_audience: bool, state: JobState
) -> None:
    said = DataReadiness(is_known=True, has_audience=has_audience)
    assert readiness_status(work(kind=kind), said, NOW).state is state


def test_work_of_a_campaign_that_is_gone_or_of_a_week_that_is_over_is_abandoned() -> None:
    assert why_abandoned(work(), {"berlin-fitness"}, NOW) is None
    assert "campaign" in str(why_abandoned(work(), set(), NOW))
    over = NOW + timedelta(days=7)
    assert why_abandoned(work(), {"berlin-fitness"}, over) is None
    assert "partition ended" in str(why_abandoned(work(kind=PROFILE), {"berlin-fitness"}, over))


def test_work_of_a_day_is_waited_for_until_the_day_is_over() -> None:
    tuesday = work(kind=PROFILE, asset="video_stats", partition="berlin-fitness|2026-11-17")
    at = datetime(2026, 11, 17, 12, tzinfo=UTC)
    assert why_abandoned(tuesday, {"berlin-fitness"}, at) is None
    assert "partition ended" in str(why_abandoned(tuesday, {"berlin-fitness"}, at + timedelta(hours=12)))


def waiting_works(ledger: Ledger, count: int) -> list[Job]:
    who = Attribution(
        asset="enrichment_batches",
        partition=PARTITION,
        campaign="berlin-fitness",
        run_id="r",
        step="s",
        code_version="1",
    )
    for number in range(count):
        intent = Intent(
            kind=BATCH,
            subject=f"subject-{number}",
            provider="influencers_club",
            parameters={},
            request_key=f"key-{number}",
            rows_total=1,
        )
        made = ledger.jobs.intend(ledger.new_attempt_id(), intent, who)
        ledger.jobs.submitted(made.job_id, f"bch_{number}", None, next_poll_at=ledger.now())
    return ledger.jobs.open_jobs()


def test_a_tick_is_bounded_in_items_and_in_seconds(till: ClientUnderTest) -> None:
    works = waiting_works(till.ledger, waiting_sensors.POLLS_PER_TICK + 5)
    seen: list[str] = []

    def look(_paid_client: PaidClient, one: Job, _tick: str) -> None:
        seen.append(one.job_id)

    assert poll_due(till.paid_client, works, look, tick="1") == waiting_sensors.POLLS_PER_TICK
    seconds = iter(range(0, 10_000, 15))
    assert poll_due(till.paid_client, works, look, tick="2", monotonic=lambda: float(next(seconds))) == 2
    assert seen[-2:] == [one.job_id for one in works[:2]]


LONG_LIST = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 250}
discovery:
  - {name: many, provider: influencers_club, platform: instagram, max_creators: 120}
shortlist: {top: 100}
profiles: {depth: full, provider: influencers_club}
"""


def tick(stage: TimedProject, cursor: str | None = None) -> dg.SensorResult:
    """A tick of the real sensor on batches."""
    resources = stage.resources()
    (sensor,) = (one for one in build_definitions(resources).sensors or () if one.name == "batches_waiting")
    with dg.build_sensor_context(resources={"paid_client": resources["paid_client"]}, cursor=cursor) as context:
        result: dg.SensorResult = sensor(context)  # type: ignore[assignment]
    return result


def test_a_batch_that_never_ends_raises_one_alarm_and_stays_counted_when_its_campaign_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage_at(NOW, tmp_path, monkeypatch, batch_rows_per_second=0.000001) as stage:
        stage.brief("long", LONG_LIST)
        stage.run("discovery_results", "shortlist", "enrichment_batches", slug="long")
        stage.turn(hours=4)
        first = tick(stage)
        stage.turn(hours=1)
        second = tick(stage, first.cursor)
        (tmp_path / "campaigns" / "long.yaml").unlink()
        third = tick(stage, second.cursor)
        with Ledger.open(tmp_path / "ledger.sqlite", realm="sandbox-stage", clock=stage.clock) as ledger:
            notices = [(notice.level, notice.message) for notice in ledger.notices()]
            (work,) = ledger.jobs.of_partition("enrichment_batches", str(Partition.week_of("long", NOW.date()).key))
            (budget,) = [one for one in ledger.balances() if one.scope == "influencers_club" and one.is_current]
    assert said(first).startswith("1 waiting; nothing to collect; 1 older than expected; next poll 2026-11-18 ")
    assert said(third) == "no pending job; nothing to collect."
    assert [level for level, _ in notices] == ["job_overdue", "job_abandoned"]
    assert "not done after 4.0 hours" in notices[0][1]
    assert "its campaign is no longer there" in notices[1][1]
    assert (work.state, work.polls) == (JobState.ABANDONED, 2)
    assert (budget.held_microcredits, budget.in_doubt_microcredits) == (0, 100_000_000)


def test_a_provider_that_cannot_be_reached_for_an_hour_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage_at(NOW, tmp_path, monkeypatch) as stage:
        stage.brief("long", LONG_LIST)
        stage.run("discovery_results", "shortlist", "enrichment_batches", slug="long")
        stage.gone = True
        for _ in range(4):
            stage.turn(minutes=15)
            assert said(tick(stage)).startswith("1 waiting; nothing to collect; next poll ")
        stage.gone = False
        stage.turn(hours=1)
        (run,) = tick(stage).run_requests or ()
        assert run.partition_key == Partition.week_of("long", NOW.date()).key
        assert stage.spent()["influencers_club"] > 0


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (JobState.UNCERTAIN, "1 uncertain (check the provider's dashboard); nothing to collect."),
        (JobState.PAUSED, "1 paused (for lack of credits); nothing to collect; next poll 2026-11-18 12:00 UTC."),
        (JobState.FAILED, "1 failed (at the provider); nothing to collect; next poll 2026-11-18 12:00 UTC."),
    ],
)
def test_a_tick_says_why_it_did_not_act_and_when_it_looks_next(state: JobState, why: str) -> None:
    assert decide([work(1, state)], NOW, Cursor()).message == why


def said(result: dg.SensorResult) -> str:
    assert isinstance(result.skip_reason, dg.SkipReason)
    return str(result.skip_reason.skip_message)


SENSORS = ["batches_waiting", "creators_waiting", "bloggers_waiting", "video_stats_waiting"]


@pytest.mark.parametrize("name", SENSORS)
def test_a_tick_of_the_real_sensor_says_what_it_saw(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATOR_ASSETS_DATA", str(tmp_path))
    monkeypatch.setenv("CREATOR_ASSETS_REALM", "sandbox-test")
    definitions = build_definitions()
    sensor: Callable[..., Any] = next(one for one in definitions.sensors or () if one.name == name)
    paid_client = definitions.resources["paid_client"]  # type: ignore[index]
    with dg.build_sensor_context(resources={"paid_client": paid_client}) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    assert said(result) == "no pending job; nothing to collect."
