"""The status board of pending work, and giving work up: what people and scripts see, and what it does to the books."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from creator_assets.cli import app
from creator_assets.cli.errors import SetupError
from creator_assets.cli.screen import console
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.jobs.records import JobState
from creator_assets.ledger.records import Granted, InDoubt, Window
from tests.ledger.scenery import CREDIT, LedgerDriver, open_ledger
from tests.ledger.test_jobs import SUBMISSION, intended, poll, submitted

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LedgerDriver]:
    """A ledger where the commands find it, in a checkout of its own; no sandbox is started, and nobody is asked."""
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(CHECKOUT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "width", 160)
    for name, value in {
        "DAGSTER_HOME": str(tmp_path),
        "CREATOR_ASSETS_DATA": str(tmp_path / "data"),
        "CREATOR_ASSETS_REALM": "test",
        "INFLUDATA_API_KEY": "anything",
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "data").mkdir()
    secret = InstallationSecret.open_with_fingerprint(tmp_path / "data")
    with open_ledger(tmp_path / "data" / "ledger-test.sqlite", secret=secret) as ledger:
        made = LedgerDriver(ledger)
        made.budget(100 * CREDIT)
        day = timedelta(days=1)
        made.window = Window(start=ledger.now() - day, end=ledger.now() + day, reuse_since=ledger.now() - 2 * day)
        yield made


def run(*arguments: str, code: int = 0, answer: str | None = None) -> Result:
    done = CliRunner().invoke(app, ["pending", *arguments], input=answer)
    assert done.exit_code == code, done.output
    return done


def listed() -> Any:
    return json.loads(run("list", "--json").stdout)


def test_without_open_work_nothing_is_waited_for(desk: LedgerDriver) -> None:
    assert run("list").stdout == "No job is pending.\n"
    assert listed() == []


def test_a_job_is_shown_with_its_state_its_rows_and_what_is_held(desk: LedgerDriver) -> None:
    work = poll(desk, submitted(desk), JobState.WAITING, 20 * CREDIT, rows_done=25, rows_failed=2)
    said = run("list").stdout
    for part in (work.job_id[:18], work.partition, "waiting", "25 of 60, 2", "40", "a sensor polls it"):
        assert part in said
    (shown,) = listed()
    assert (shown["state"], shown["provider_job_id"], shown["campaign"]) == ("waiting", "bch_1", work.campaign)
    assert shown["rows"] == {"total": 60, "done": 25, "failed": 2}
    assert shown["credits"] == {"charged": "20", "held": "40"}
    assert shown["age_seconds"] >= 0
    assert run("list", "--provider", "nobody").stdout == "No job is pending.\n"


def test_giving_up_asks_first_and_keeps_what_was_held_counted(desk: LedgerDriver) -> None:
    work = submitted(desk)
    declined = run("abandon", work.job_id[:18], "--reason", "too slow", answer="n\n", code=1)
    assert "60 credits that are held for it stay counted, in doubt" in declined.stdout
    assert desk.books() == (0, 60 * CREDIT, 0)
    run("abandon", work.job_id, "--reason", "too slow", "--yes")
    assert desk.books() == (0, 0, 60 * CREDIT)
    given_up = desk.ledger.jobs.get(work.job_id)
    assert (given_up.state, given_up.note) == (JobState.ABANDONED, "too slow")


def test_what_never_arrived_may_be_handed_in_again_and_stays_counted(desk: LedgerDriver) -> None:
    work = intended(desk)
    sent = desk.granted(SUBMISSION, 60 * CREDIT, repeat_in_doubt="never")
    desk.ledger.doubt(sent.attempt_id, "no answer")
    desk.ledger.jobs.uncertain(work.job_id, "nobody knows")
    (shown,) = listed()
    assert shown["next"].startswith("check the provider's dashboard")
    assert isinstance(desk.ask(SUBMISSION, 10 * CREDIT, repeat_in_doubt="never"), InDoubt)
    run("abandon", work.job_id, "--reason", "not on the dashboard", "--never-arrived", "--yes")
    assert isinstance(desk.ask(SUBMISSION, 10 * CREDIT, repeat_in_doubt="never"), Granted)
    assert desk.books() == (0, 10 * CREDIT, 60 * CREDIT)


def test_what_is_just_being_handed_in_is_left_to_its_process(desk: LedgerDriver) -> None:
    work = intended(desk)
    refused = run("abandon", work.job_id, "--reason", "impatience", "--yes", code=1)
    assert isinstance(refused.exception, SetupError)
    assert "while its process submits it" in str(refused.exception)
    assert desk.ledger.jobs.get(work.job_id).state is JobState.INTENDED


def test_an_id_of_no_open_job_is_refused_with_where_the_ids_are(desk: LedgerDriver) -> None:
    refused = run("abandon", "0000", "--reason", "?", "--yes", code=1)
    assert "No open job has an id that begins with 0000" in str(refused.exception)
    submitted(desk)
    second = intended(desk, "other creators")
    refused = run("abandon", second.job_id[:6], "--reason", "?", "--yes", code=1)
    assert "2 open jobs have ids that begin with" in str(refused.exception)
