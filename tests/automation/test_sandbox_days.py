"""The schedules by the sandbox's clock: which moments have gone by, what they ask for, and who may live by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from creator_assets.automation.sandbox_days import (
    SCHEDULE_TICKS_PER_TICK,
    VIDEO_DAYS,
    Requests,
    due_between,
    merge_days,
)
from creator_assets.automation.schedules import DAILY, WEEKLY
from creator_assets.definitions import build_definitions
from creator_assets.ledger.errors import LedgerUnusableError
from creator_assets.partition_definitions import RANGE_END, RANGE_START
from creator_assets.settings import WrongSettingError, from_environment
from tests.market import Market

SUNDAY = datetime(2026, 11, 15, 12, tzinfo=UTC)
JOBS: list[tuple[str, str, Requests]] = [
    ("creators", WEEKLY, lambda *_: []),
    (VIDEO_DAYS, DAILY, lambda *_: []),
]
NOBODY = "http://127.0.0.1:9/_sandbox/clock"


def test_each_moment_of_each_schedule_is_due_once_in_the_order_of_time() -> None:
    due = due_between(SUNDAY, SUNDAY + timedelta(days=2), JOBS)
    assert [(one.job, f"{one.at:%a %H:%M}") for one in due] == [
        (VIDEO_DAYS, "Mon 05:41"),
        ("creators", "Mon 06:17"),
        (VIDEO_DAYS, "Tue 05:41"),
    ]
    for one in due:
        assert one not in due_between(one.at, SUNDAY + timedelta(days=2), JOBS)
        assert one in due_between(SUNDAY, one.at, JOBS)
    assert due_between(SUNDAY, SUNDAY, JOBS) == []


def test_a_long_absence_is_made_up_for_in_portions() -> None:
    first = due_between(SUNDAY, SUNDAY + timedelta(days=100), JOBS)
    assert len(first) == SCHEDULE_TICKS_PER_TICK
    rest = due_between(first[-1].at, SUNDAY + timedelta(days=100), JOBS)
    assert rest[0].at > first[-1].at


def request(job: str, key: str) -> dg.RunRequest:
    return dg.RunRequest(job_name=job, partition_key=key, run_key=key, tags={"may_spend": "nothing"})


def test_days_that_follow_each_other_are_one_run_and_nothing_else_is() -> None:
    keys = ("a|2026-11-16", "a|2026-11-17", "a|2026-11-18", "a|2026-11-20", "b|2026-11-21")
    weeks = [request("creators", "a|2026-11-16"), request("creators", "a|2026-11-23")]
    runs = merge_days([*weeks, *(request(VIDEO_DAYS, key) for key in keys)])
    assert runs[:2] == weeks
    joined, *single = runs[2:]
    assert (joined.partition_key, joined.tags[RANGE_START], joined.tags[RANGE_END]) == (None, keys[0], keys[2])
    assert joined.tags["may_spend"] == "nothing"
    assert [run.partition_key for run in single] == list(keys[3:])


def test_real_credits_are_spent_by_real_time() -> None:
    with pytest.raises(WrongSettingError, match="real credits are spent by real time"):
        from_environment({"CREATOR_ASSETS_CLOCK": NOBODY})
    with pytest.raises(WrongSettingError, match="a sandbox on this machine is expected"):
        from_environment({"CREATOR_ASSETS_CLOCK": "http://example.com/clock", "CREATOR_ASSETS_REALM": "sandbox-1"})


def test_a_ledger_lives_by_the_clock_of_the_sandbox_and_by_no_other(market: Market, tmp_path: Path) -> None:
    environ = {"CREATOR_ASSETS_DATA": str(tmp_path), "CREATOR_ASSETS_REALM": "sandbox-1"}
    paid_client = from_environment(environ | {"CREATOR_ASSETS_CLOCK": market.clock_url}).paid_client
    noted = datetime.fromisoformat(market.control.get("/clock").json()["now"])
    assert timedelta(0) <= paid_client.open().ledger.now() - noted < timedelta(seconds=10)
    paid_client.close()
    gone = from_environment(environ | {"CREATOR_ASSETS_CLOCK": NOBODY}).paid_client
    with pytest.raises(LedgerUnusableError, match="does not answer with a time"):
        gone.open()


def test_the_sensor_is_there_only_where_time_is_the_sandboxs() -> None:
    def sensors(**environ: str) -> dict[str, dg.DefaultSensorStatus]:
        made = build_definitions(from_environment(environ)._asdict()).sensors or ()
        return {one.name: one.default_status for one in made}

    assert "sandbox_days" not in sensors()
    by_sandbox = sensors(CREATOR_ASSETS_CLOCK=NOBODY, CREATOR_ASSETS_REALM="sandbox-1")
    assert by_sandbox["sandbox_days"] is dg.DefaultSensorStatus.STOPPED
