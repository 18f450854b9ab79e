"""Ledgers of older releases: opened, migrated in one transaction, served; and newer ones, refused untouched."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from creator_assets.ledger.errors import BooksRefusedError, LedgerUnusableError
from creator_assets.ledger.jobs.records import JobState, JobStatus
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import AttemptState, Budget, Hit, Refused
from creator_assets.ledger.storage.migrations import MIGRATIONS, SCHEMA_VERSION, Migration, migrate
from creator_assets.ledger.storage.opening import open_database
from creator_assets.ledger.storage.realm import Realm, inspect_realm
from creator_assets.ledger.storage.schema import split
from creator_assets.ledger.timestamps import to_us
from tests.ledger.old_ledgers import after_the_old_release, contents, make_old_ledger, run, tables_of
from tests.ledger.scenery import CREDIT, START, LedgerDriver, ManualClock, open_ledger, response

ANSWERS = {
    "final": b'{"answer": "final"}',
    "empty": b"{}",
    "pending": b'{"state": "queued"}',
    "first": b'{"both": true}',
    "second": b'{"both": true}',
}
STATES = {
    "doubtful": AttemptState.IN_DOUBT,
    "empty": AttemptState.SETTLED,
    "failed": AttemptState.SETTLED,
    "final": AttemptState.SETTLED,
    "first+second": AttemptState.SETTLED,
    "pending": AttemptState.SETTLED,
    "reserved": AttemptState.RESERVED,
    "resolved": AttemptState.RESOLVED,
    "sent": AttemptState.SENT,
    "voided": AttemptState.VOIDED,
}
NEXT = SCHEMA_VERSION + 1


@pytest.fixture
def old_target(target: str | Path) -> str | Path:
    """A ledger of schema version 1, as commit a855cde made it."""
    make_old_ledger(target)
    return target


@pytest.fixture
def migrated(old_target: str | Path) -> Iterator[LedgerDriver]:
    """The same, opened by this release. Its books must be in order at the end of every test."""
    with open_ledger(old_target, after_the_old_release()) as ledger:
        yield LedgerDriver(ledger)
        assert ledger.check() == []


def test_an_old_ledger_is_migrated_and_its_books_are_in_order(old_target: str | Path) -> None:
    assert inspect_realm(old_target) == Realm(name="test", schema_version=1)
    with open_ledger(old_target, after_the_old_release()) as ledger:
        assert ledger.check() == []
        assert inspect_realm(old_target) == Realm(name="test", schema_version=SCHEMA_VERSION)
        assert ledger.verify_archive().damaged == ()
    with open_ledger(old_target, after_the_old_release()) as ledger:
        assert ledger.check() == []


def test_look_ups_return_the_answers_that_were_archived_before_the_migration(migrated: LedgerDriver) -> None:
    found = migrated.ledger.look_up_many(dict.fromkeys([*ANSWERS, "failed", "voided"], migrated.window))
    assert {key: answer.body for key, answer in found.items()} == ANSWERS
    assert (found["first"].place, found["second"].place, found["second"].parts) == (0, 1, 2)
    assert isinstance(migrated.ask("final"), Hit)


def test_attempts_balances_and_entries_are_as_they_were(migrated: LedgerDriver) -> None:
    attempts = {one.request_key: one.state for one in migrated.ledger.attempts() if one.request_key in STATES}
    assert attempts == STATES
    states = {(state.scope, state.period): state for state in migrated.ledger.balances()}
    assert migrated.books() == (13 * CREDIT, 10 * CREDIT, 3 * CREDIT)
    assert states["plan/discovery", "-"].suspended_at == START + timedelta(days=1, seconds=6)
    assert {entry.kind for entry in migrated.ledger.entries()} >= {
        "limit",
        "hold",
        "settle",
        "void",
        "doubt",
        "resolve",
    }
    assert [(one.level, one.scope) for one in migrated.ledger.notices()][-1] == ("frozen", "refused/monthly")


def test_a_migrated_ledger_goes_on_paying_and_recovering(migrated: LedgerDriver) -> None:
    migrated.pay("new")
    migrated.ledger._sleep(3600)  # past the leases of the old release's process
    report = migrated.ledger.recover()
    assert (report.voided, report.in_doubt, report.left_alone) == (1, 1, 2)
    with pytest.raises(BooksRefusedError), migrated.ledger._database.write() as tx:
        tx.execute("UPDATE entry SET note = 'changed'")
    with pytest.raises(BooksRefusedError), migrated.ledger._database.write() as tx:
        tx.execute("UPDATE attempt SET state = 'reserved'")


def test_the_old_ledgers_jobs_go_on_where_they_were(migrated: LedgerDriver) -> None:
    jobs = {job.subject: job for job in migrated.ledger.jobs.open_jobs()}
    assert {name: str(job.state) for name, job in jobs.items()} == {
        name: name for name in ("intended", "paused", "ready", "uncertain", "waiting")
    }
    waiting = jobs["waiting"]
    assert (waiting.provider_job_id, waiting.polls, waiting.rows_done) == ("provider's waiting", 1, 4)
    assert waiting.parameters["creators"] == ["one", "two"]
    done = JobStatus(
        state=JobState.READY,
        next_poll_at=migrated.ledger.now(),
        charged_microcredits=9 * CREDIT,
        response=response(b"done"),
    )
    before = migrated.books()
    migrated.ledger.jobs.polled(waiting.job_id, done, migrated.ledger.new_attempt_id())
    assert migrated.books() == (before[0] + 5 * CREDIT, before[1] - 6 * CREDIT, before[2])


def test_what_a_provider_refused_before_the_migration_is_still_refused(migrated: LedgerDriver) -> None:
    states = {state.scope: state for state in migrated.ledger.balances()}
    since = START + timedelta(days=1, seconds=31)
    assert states["refused"].provider_suspended_since == since
    assert states["refused/monthly"].provider_suspended_since == since + timedelta(seconds=1)
    assert states["plan/discovery"].provider_suspended_since is None
    refused = migrated.ask("new", budgets=("refused",))
    assert isinstance(refused, Refused)
    assert (refused.message, refused.since) == ("the key was refused (HTTP 401)", since)
    assert migrated.ledger.resume_provider(["refused"], "lifted by hand") == ["refused"]
    migrated.pay("new", budgets=("refused",))


def test_a_budget_that_a_clock_ahead_has_made_waits_for_its_period(old_target: str | Path) -> None:
    for period, ends in (("2026-11", datetime(2026, 12, 1, tzinfo=UTC)), ("2026-12", datetime(2027, 1, 1, tzinfo=UTC))):
        values = f"('api', '{period}', {10 * CREDIT}, 1, {to_us(ends)})"
        run(old_target, f"INSERT INTO budget (scope, period, limit_microcredits, version, ends_us) VALUES {values}")  # noqa: S608
    clock = after_the_old_release()
    with open_ledger(old_target, clock) as ledger:
        ledger.state_budgets([Budget(scope="api", limit_microcredits=20 * CREDIT, billing_day=1)])
        for period in ("2026-11", "2026-12", "2027-01"):
            (current,) = [state for state in ledger.balances() if state.scope == "api" and state.is_current]
            assert (current.period, current.limit_microcredits) == (period, 10 * CREDIT)
            clock.turn(days=30)
        assert [one.scope for one in ledger.disagreements()] == ["api"]


def test_a_ledger_of_the_first_days_gets_the_later_tables(target: str | Path) -> None:
    make_old_ledger(target, first_days=True)
    with open_ledger(target, after_the_old_release()) as ledger:
        assert ledger.jobs.open_jobs() == []
        assert ledger.check() == []
        LedgerDriver(ledger).pay("new")


@pytest.mark.parametrize("first_days", [False, True])
def test_migrations_make_the_very_tables_that_a_new_ledger_gets(
    target: str | Path, tmp_path: Path, first_days: bool
) -> None:
    make_old_ledger(target, first_days=first_days)
    open_ledger(target).close()
    fresh = f"{target}_fresh" if "://" in str(target) else tmp_path / "fresh.sqlite"
    open_ledger(fresh).close()
    try:
        assert tables_of(target) == tables_of(fresh)
    finally:
        if "://" in str(fresh):
            run(fresh, f"DROP SCHEMA {str(fresh).rpartition('=')[2]} CASCADE")


def test_a_migration_is_said_once(old_target: str | Path, caplog: pytest.LogCaptureFixture) -> None:
    open_ledger(old_target).close()
    said = [record.getMessage() for record in caplog.records if "migrated" in record.getMessage()]
    assert len(said) == len(MIGRATIONS)
    assert said[-1].endswith(f"was migrated to schema version {SCHEMA_VERSION}. Older releases refuse it now.")
    open_ledger(old_target).close()
    assert len(caplog.records) == len(said)


def test_the_versions_count_up_by_one() -> None:
    assert [migration.version for migration in MIGRATIONS] == list(range(2, SCHEMA_VERSION + 1))


def test_a_newer_ledger_is_refused_before_anything_is_written(target: str | Path) -> None:
    open_ledger(target).close()
    run(target, f"UPDATE realm SET schema_version = {NEXT}")  # noqa: S608
    before = contents(target)
    with pytest.raises(LedgerUnusableError) as refused:
        open_ledger(target)
    place = "PostgreSQL, schema " if "://" in str(target) else str(target)
    assert str(refused.value).startswith(f"this ledger ({place}")
    assert str(refused.value).endswith(
        f") has schema version {NEXT}, and this release works with version {SCHEMA_VERSION}: a newer release "
        "made or migrated it. Nothing was changed. Install the newer release, or set CREATOR_ASSETS_LEDGER to another "
        "ledger"
    )
    assert contents(target) == before


def test_a_migration_that_fails_leaves_the_ledger_as_it_was_and_says_so(old_target: str | Path) -> None:
    before = contents(old_target)
    second = MIGRATIONS[0]
    failing = Migration(version=2, script=f"{second.script}; ALTER TABLE nowhere RENAME TO somewhere")
    database = open_database(old_target)
    with pytest.raises(
        LedgerUnusableError, match=r"could not be migrated from schema version 1 to 2 \(.*nowhere.*\). It is unchanged"
    ):
        migrate(database, (failing,))
    database.close()
    assert contents(old_target) == before
    open_ledger(old_target).close()


@pytest.mark.kills
def test_a_kill_at_any_statement_leaves_the_old_ledger_or_the_new_one(old_target: str | Path) -> None:
    before = contents(old_target)
    command = [sys.executable, "-m", "tests.ledger.crash.migrator", str(old_target)]
    kills_before_the_commit = kills = 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as migrator:
        assert migrator.stdin is not None
        assert migrator.stdout is not None
        for kill_at in count(1):
            migrator.stdin.write(f"{kill_at}\n")
            migrator.stdin.flush()
            said = migrator.stdout.readline().strip()
            if said != "died":
                break
            kills += 1
            realm = inspect_realm(old_target)
            assert realm is not None
            if realm.schema_version == 1:
                assert contents(old_target) == before
                kills_before_the_commit += 1
        migrator.stdin.close()
    assert said == "0"
    statements = split(MIGRATIONS[0].script, "sqlite")
    assert kills_before_the_commit > 2 * len(statements), "it may die before and after each statement"
    assert kills > kills_before_the_commit, "none died between its commit and its end"
    with open_ledger(old_target, after_the_old_release()) as ledger:
        assert ledger.check() == []


@pytest.mark.slow
def test_of_processes_that_open_at_once_one_migrates_and_all_go_on(old_target: str | Path) -> None:
    context = multiprocessing.get_context("spawn")
    openers = [context.Process(target=_open_once, args=(str(old_target),)) for _ in range(4)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(120)
    assert [opener.exitcode for opener in openers] == [0, 0, 0, 0]
    assert inspect_realm(old_target) == Realm(name="test", schema_version=SCHEMA_VERSION)


def _open_once(target: str) -> None:
    with Ledger.open(target, realm="test") as ledger:
        assert ledger.check() == []


def test_a_migration_runs_once_however_many_ask_for_it(old_target: str | Path) -> None:
    counting = Migration(version=NEXT, script="UPDATE realm SET created_us = created_us + 1")
    databases = [open_database(old_target) for _ in range(4)]
    barrier, made_us = threading.Barrier(len(databases)), contents(old_target)["realm"][0][3]

    def migrate_together(number: int) -> None:
        barrier.wait()
        migrate(databases[number], (*MIGRATIONS, counting))

    threads = [threading.Thread(target=migrate_together, args=(number,)) for number in range(len(databases))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for database in databases:
        database.close()
    assert contents(old_target)["realm"] == [(1, "test", NEXT, made_us + 1, "")]


def test_a_process_whose_ledger_is_migrated_under_it_writes_nothing_more(target: str | Path) -> None:
    with open_ledger(target) as ledger:
        LedgerDriver(ledger).budget(10 * CREDIT)
        run(target, f"UPDATE realm SET schema_version = {NEXT}; ALTER TABLE notice RENAME TO message")  # noqa: S608
        before = contents(target)
        said = rf"another process migrated this ledger to schema version {NEXT} while this one ran.*Nothing was written"
        with pytest.raises(LedgerUnusableError, match=said):
            LedgerDriver(ledger).budget(20 * CREDIT)
        with pytest.raises(LedgerUnusableError, match=said):
            ledger.notices()
        assert contents(target) == before


@pytest.mark.parametrize(
    "maintain", [lambda ledger: ledger.compact_archive(older_than=timedelta(seconds=-1)), Ledger.verify_archive]
)
def test_the_archive_of_a_ledger_that_is_migrated_under_a_process_stays_as_it_is(
    maintain: Callable[[Ledger], object], target: str | Path, tmp_path: Path
) -> None:
    with open_ledger(target, ManualClock(), segments=tmp_path / "segments") as ledger:
        desk = LedgerDriver(ledger)
        desk.budget(10 * CREDIT)
        desk.pay("key")
        run(target, f"UPDATE realm SET schema_version = {NEXT}")  # noqa: S608
        before = contents(target)
        with pytest.raises(LedgerUnusableError, match=f"migrated this ledger to schema version {NEXT} while"):
            maintain(ledger)
        assert contents(target) == before
    assert list(tmp_path.rglob("*.parquet")) == []


def test_another_realms_ledger_is_refused_before_it_is_migrated(old_target: str | Path) -> None:
    before = contents(old_target)
    with pytest.raises(LedgerUnusableError, match="belongs to realm 'test', not 'live'"):
        Ledger.open(old_target, realm="live")
    assert contents(old_target) == before


@pytest.mark.postgres
def test_inspecting_creates_and_changes_nothing(tmp_path: Path, postgres_target: str) -> None:
    assert inspect_realm(tmp_path / "folder" / "ledger.sqlite") is None
    assert not (tmp_path / "folder").exists()
    assert inspect_realm(postgres_target) is None
    assert contents(postgres_target) == {}
    make_old_ledger(tmp_path / "ledger.sqlite")
    before = (tmp_path / "ledger.sqlite").read_bytes()
    assert inspect_realm(tmp_path / "ledger.sqlite") == Realm(name="test", schema_version=1)
    assert (tmp_path / "ledger.sqlite").read_bytes() == before


def test_what_is_open_for_reading_alone_cannot_be_written(old_target: str | Path) -> None:
    database = open_database(old_target, read_only=True)
    before = contents(old_target)
    with pytest.raises(Exception, match=r"reading alone|read-only"), database.write() as tx:
        tx.execute("DELETE FROM realm")
    database.close()
    assert contents(old_target) == before


def test_a_file_with_tables_but_no_realm_is_no_ledger(target: str | Path) -> None:
    open_ledger(target).close()
    run(target, "DELETE FROM realm")
    with pytest.raises(LedgerUnusableError, match="holds tables, but no ledger"):
        open_ledger(target)
