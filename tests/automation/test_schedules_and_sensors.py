"""What runs by itself: what spends is off and says what it may spend; what is free is on, and says what it found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from creator_assets.automation.ledger_sensors import NOTICES_PER_TICK, alarms, recovered
from creator_assets.automation.schedules import runs_of_day, runs_of_week
from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import Tracking
from creator_assets.definitions import build_definitions
from creator_assets.ledger.book_records import Notice
from creator_assets.ledger.booking.recovery import RecoveryReport
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Budget
from tests.ledger.scenery import CREDIT, LedgerDriver, ManualClock, dead_owner

NOW = datetime(2026, 11, 18, 6, 17, tzinfo=UTC)


def campaign(slug: str, start: str, end: str) -> Campaign:
    return Campaign(
        slug=slug,
        market="Germany",
        start=date.fromisoformat(start),
        end=date.fromisoformat(end),
        currency="EUR",
        budget_microcredits={"infludata": 3_500_000, "influencers_club": 0},
    )


def test_each_running_campaign_gets_a_run_of_its_own_for_the_week_of_the_tick() -> None:
    requests = runs_of_week(
        [
            campaign("running", "2026-11-02", "2026-12-13"),
            campaign("last-day", "2026-11-02", "2026-11-18"),
            campaign("over", "2026-11-02", "2026-11-17"),
            campaign("to-come", "2026-11-19", "2026-12-13"),
        ],
        NOW,
    )
    assert [request.partition_key for request in requests] == ["running|2026-11-16", "last-day|2026-11-16"]
    assert requests[0].tags["may_spend"] == "infludata 3.5, influencers_club 0"


def test_the_same_tick_asks_once_and_the_next_one_may_ask_again() -> None:
    brief = [campaign("running", "2026-11-02", "2026-12-13")]
    first, same = runs_of_week(brief, NOW)[0].run_key, runs_of_week(brief, NOW)[0].run_key
    later = runs_of_week(brief, datetime(2026, 11, 25, 6, 17, tzinfo=UTC))[0].run_key
    assert first == same
    assert later != first


def test_what_spends_is_off_and_what_is_free_is_on() -> None:
    definitions = build_definitions()
    schedules = {schedule.name: schedule.default_status for schedule in definitions.schedules or ()}
    sensors = {sensor.name: sensor.default_status for sensor in definitions.sensors or ()}
    assert schedules == {
        "weekly_creators": dg.DefaultScheduleStatus.STOPPED,
        "hourly_books": dg.DefaultScheduleStatus.RUNNING,
        "daily_video_stats": dg.DefaultScheduleStatus.STOPPED,
        "nightly_archive": dg.DefaultScheduleStatus.RUNNING,
        "nightly_people": dg.DefaultScheduleStatus.RUNNING,
    }
    on, off = dg.DefaultSensorStatus.RUNNING, dg.DefaultSensorStatus.STOPPED
    free = ("recovery", "recovery_after_failure", "ledger_alarms", "batches_waiting")
    assert sensors == dict.fromkeys(free, on) | dict.fromkeys(
        ("creators_waiting", "bloggers_waiting", "video_stats_waiting"), off
    )


def test_videos_are_read_for_the_day_before_and_only_where_some_are_tracked() -> None:
    tracking = Tracking(videos=("https://www.tiktok.com/@bar.films/video/1234567890",))
    tracks = campaign("tracks", "2026-11-02", "2026-12-13").model_copy(update={"tracking": tracking})
    requests = runs_of_day([tracks, campaign("none", "2026-11-02", "2026-12-13")], NOW)
    assert [request.partition_key for request in requests] == ["tracks|2026-11-17"]
    assert requests[0].tags["may_spend"] == "nothing"


@pytest.mark.parametrize("bought", [{"fill_from": "influencers_club"}, {"creator_averages": timedelta(days=7)}])
def test_a_campaign_that_buys_on_its_days_has_a_run_for_the_running_day_as_well(bought: dict[str, Any]) -> None:
    tracking = Tracking(videos=("https://www.tiktok.com/@bar.films/video/1",), **bought)
    fills = campaign("fills", "2026-11-18", "2026-12-13").model_copy(update={"tracking": tracking})
    requests = runs_of_day([fills], NOW)
    assert [(one.partition_key, one.tags["may_spend"]) for one in requests] == [
        ("fills|2026-11-18", "infludata 3.5, influencers_club 0"),
    ]
    assert len({one.run_key for one in runs_of_day([fills], NOW + timedelta(days=1))}) == 2


def test_the_nightly_job_runs_on_a_ledger_that_is_still_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATOR_ASSETS_DATA", str(tmp_path))
    monkeypatch.setenv("CREATOR_ASSETS_REALM", "sandbox-test")
    job = build_definitions().resolve_job_def("archive_upkeep")
    assert job.execute_in_process(instance=dg.DagsterInstance.ephemeral()).success


def test_the_nightly_job_leaves_bodies_in_postgresql_until_a_place_is_named(
    postgres_target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREATOR_ASSETS_DATA", str(tmp_path))
    monkeypatch.setenv("CREATOR_ASSETS_REALM", "sandbox-test")
    monkeypatch.setenv("CREATOR_ASSETS_LEDGER", postgres_target)
    job = build_definitions().resolve_job_def("archive_upkeep")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance)
        messages = [record.user_message for record in instance.all_logs(result.run_id)]
    assert "Nothing was moved. Set CREATOR_ASSETS_ARCHIVE to a place for old answers." in messages


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (RecoveryReport(voided=0, in_doubt=0, left_alone=2), "Nothing to recover; 2 requests are under way."),
        (RecoveryReport(voided=3, in_doubt=1, left_alone=0), "3 holds released"),
    ],
)
def test_a_recovery_says_what_it_did(report: RecoveryReport, message: str) -> None:
    assert message in recovered(report)


def test_the_recovery_sensor_says_what_its_tick_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATOR_ASSETS_DATA", str(tmp_path))
    with Ledger.open(tmp_path / "ledger-live.sqlite", realm="live", clock=ManualClock()) as ledger:
        ledger._owner = dead_owner
        dead = LedgerDriver(ledger)
        dead.budget(2 * CREDIT)
        dead.begin(dead.want("held", CREDIT), dispatch=False)
    definitions = build_definitions()
    sensor = next(sensor for sensor in definitions.sensors or () if sensor.name == "recovery")
    paid_client = definitions.resources["paid_client"]  # type: ignore[index]
    for message in ("1 holds released", "Nothing to recover; 0 requests are under way."):
        with dg.build_sensor_context(resources={"paid_client": paid_client}) as context:
            skipped = sensor(context)
        assert isinstance(skipped, dg.SkipReason)
        assert message in (skipped.skip_message or "")


def notices(count: int) -> list[Notice]:
    return [
        Notice(notice_id=n, scope="infludata", level="notify", at=NOW, message=f"message {n}")
        for n in range(1, count + 1)
    ]


def test_new_alarms_become_observations_and_move_the_cursor() -> None:
    result = alarms(notices(2), 0)
    assert [event.description for event in result.asset_events] == ["message 1", "message 2"]
    assert result.cursor == "2"


def test_a_flood_of_alarms_is_passed_on_in_portions() -> None:
    result = alarms(notices(NOTICES_PER_TICK + 10), 0)
    assert len(result.asset_events) == NOTICES_PER_TICK
    assert result.cursor == str(NOTICES_PER_TICK)


def test_without_a_new_alarm_the_cursor_stays() -> None:
    result = alarms([], 7)
    assert result.cursor == "7"
    assert not result.asset_events


def test_the_alarm_sensor_reads_the_real_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATOR_ASSETS_DATA", str(tmp_path))
    with Ledger.open(tmp_path / "ledger-live.sqlite", realm="live") as ledger:
        ledger.set_budgets([Budget(scope="infludata", limit_microcredits=10, notify=0.0)])
    definitions = build_definitions()
    sensor = next(sensor for sensor in definitions.sensors or () if sensor.name == "ledger_alarms")
    paid_client = definitions.resources["paid_client"]  # type: ignore[index]
    with dg.build_sensor_context(resources={"paid_client": paid_client}) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    assert result.cursor is not None
