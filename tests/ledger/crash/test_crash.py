"""Kill -9 wherever money could leak: after each kill the books are in order and come to what the provider counted.

Set ``CREATOR_ASSETS_LONG_PROOFS=1`` for long random runs. Every proof says how many kills it survived.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.reconciliation.records import Balance, ReconciliationVerdict
from creator_assets.ledger.records import AttemptState
from tests.ledger.crash.meter import Meter, metering_provider
from tests.ledger.scenery import CREDIT, LedgerDriver, in_schema, own_postgres_server, week

pytestmark = pytest.mark.kills

LONG = bool(os.environ.get("CREATOR_ASSETS_LONG_PROOFS"))
LOOP_SECONDS = 120 if LONG else 8
SERVER_KILLS = 12 if LONG else 3

Report = Callable[[str], None]


class Payers:
    """The forking parent of paying processes."""

    def __init__(self, target: str | Path, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.crash.payer", str(target), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, **command: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def pay(
        self, key: str, *, fate: str = "answer", kill_at: int = 0, held_first: bool = False, from_send: bool = False
    ) -> dict[str, Any]:
        return self.ask(do="pay", key=key, fate=fate, kill_at=kill_at, held_first=held_first, from_send=from_send)

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.ask(do="reap", pid=pid)

    def close(self) -> None:
        # With whatever it forked and a failed test left behind: the group is its own.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate(timeout=30)


class Proof:
    """A ledger, the provider that it pays, and processes that die."""

    def __init__(self, target: str | Path, meter: Meter, limit: int = 1_000_000) -> None:
        self.ledger = Ledger.open(target, realm="test")
        self.desk = LedgerDriver(self.ledger)
        self.desk.window = week(start=self.ledger.now() - timedelta(days=1))
        self.desk.budget(limit * CREDIT)
        self.meter = meter
        self.payers = Payers(target, meter.port)
        self.reconcile()

    def reconcile(self) -> ReconciliationVerdict:
        start = self.ledger.start_reconciliation("plan")
        left = Balance(left_microcredits=10**12 - self.meter.used)
        return self.ledger.reconcile(start, left, lag_seconds=0).verdict

    def audit(self) -> None:
        """The books are in order, and equal to the meter once what was in doubt is resolved."""
        self.meter.quiesce()
        assert self.ledger.check() == []
        self.ledger.recover()
        assert self.ledger.check() == []
        assert self.reconcile() in {ReconciliationVerdict.AGREED, ReconciliationVerdict.RESOLVED}
        assert self.desk.books() == (self.meter.used, 0, 0)

    def states(self, key: str) -> list[AttemptState]:
        return [record.state for record in self.ledger.attempts() if record.request_key == key]

    def close(self) -> None:
        self.payers.close()
        self.ledger.close()


@contextmanager
def proof_at(target: str | Path, **options: int) -> Iterator[Proof]:
    with metering_provider() as meter:
        proof = Proof(target, meter, **options)
        try:
            yield proof
        finally:
            proof.close()


@pytest.mark.parametrize(
    ("fate", "held_first"), [("answer", False), ("answer", True), ("lost_before", False), ("lost_after", False)]
)
def test_kill_at_every_statement_and_around_every_send(
    target: str | Path, fate: str, held_first: bool, report: Report
) -> None:
    kills = kill_at = paid_twice_unanswered = 0
    with proof_at(target) as proof:
        from_send = fate != "answer"  # what happens before the send does not depend on what happens after it
        while True:
            kill_at += 1
            key = f"{fate}-{kill_at}"
            paid = proof.payers.pay(key, fate=fate, kill_at=kill_at, held_first=held_first, from_send=from_send)
            if not paid["killed"]:
                break
            kills += 1
            answered = AttemptState.SETTLED in proof.states(key)
            proof.audit()
            again = proof.payers.pay(key)
            assert (again["status"], again["outcome"]) == (0, "Hit" if answered else "settled")
            if answered:
                assert proof.meter.by_key[key] == 1, "what was answered is never paid twice"
            assert proof.meter.by_key[key] <= 2, "one kill costs at most one call"
            paid_twice_unanswered += proof.meter.by_key[key] - 1
            assert proof.ledger.look_up(key, proof.desk.window) is not None
        proof.audit()
        assert paid["outcome"] == ("settled" if fate == "answer" else "doubt")
        assert max(proof.meter.by_attempt.values()) == 1, "no attempt is ever sent twice"
        assert proof.ledger.verify_archive().damaged == ()
        dialect = proof.ledger._database.dialect
    # Opening, looking up, admitting and settling take dozens of statements: fewer kills would mean missing points.
    assert kills > (50 if fate == "answer" else 15)
    path = f"{fate}{', held first' if held_first else ''}"
    report(
        f"kill -9 at every statement, {dialect}, {path}: {kills} kills, 0 violations, "
        f"{paid_twice_unanswered} calls paid again because their answer was lost"
    )


@pytest.mark.parametrize("limit", [1_000_000, 60])
def test_processes_killed_at_random_never_break_the_books(target: str | Path, limit: int, report: Report) -> None:
    noise = random.Random(limit)  # noqa: S311 - repeatable
    kills = checks = 0
    with proof_at(target, limit=limit) as proof:
        workers = [proof.payers.ask(do="loop", seed=seed, keys=400)["pid"] for seed in range(4)]
        stop = time.monotonic() + LOOP_SECONDS
        while time.monotonic() < stop:
            time.sleep(noise.uniform(0.02, 0.2))
            assert proof.ledger.check() == []
            assert proof.meter.used <= limit * CREDIT, "the provider never sees more than the limit"
            checks += 1
            number = noise.randrange(len(workers))
            proof.payers.kill(workers[number])
            kills += 1
            workers[number] = proof.payers.ask(do="loop", seed=1000 + kills, keys=400)["pid"]
        for pid in workers:
            proof.payers.kill(pid)
        kills += len(workers)
        proof.audit()
        attempts = list(proof.ledger.attempts())
        settled = [record.request_key for record in attempts if record.state is AttemptState.SETTLED]
        assert len(settled) == len(set(settled)), "what was answered is never bought again"
        assert max(proof.meter.by_attempt.values()) == 1
        # How much work is done between the kills is the machine's affair; that some is done is ours.
        assert settled
        assert proof.ledger.verify_archive().damaged == ()
        dialect = proof.ledger._database.dialect
    made = f"{kills} kills, {checks} checks, {len(attempts)} attempts, 0 violations"
    report(f"random kills, {dialect}, limit {limit}: {made}")


def test_eight_processes_never_overspend_a_budget_that_fits_half(target: str | Path, report: Report) -> None:
    wanted, limit = 8 * 20, 80
    with proof_at(target, limit=limit + 2) as proof:  # the last call still holds its worst case of 3, and costs 1
        workers = [
            proof.payers.ask(do="drain", keys=[f"key-{worker}-{number}" for number in range(20)])["pid"]
            for worker in range(8)
        ]
        for pid in workers:
            proof.payers.ask(do="reap", pid=pid)
        proof.audit()
        spent, held, in_doubt = proof.desk.books()
        assert (held, in_doubt) == (0, 0)
        # Refused is what did not fit while others held their worst case: never more than 7 x 2 credits stay unused.
        assert (limit - 14) * CREDIT <= spent <= limit * CREDIT
        assert proof.meter.used == spent
        dialect = proof.ledger._database.dialect
    report(f"8 processes, {dialect}: {wanted} calls wanted, {limit} fit, {spent // CREDIT} made, 0 violations")


def test_two_processes_that_want_the_same_make_one_call(target: str | Path) -> None:
    with proof_at(target) as proof:
        keys = [f"key-{number}" for number in range(30)]
        workers = [proof.payers.ask(do="drain", keys=keys)["pid"] for _ in range(2)]
        for pid in workers:
            proof.payers.ask(do="reap", pid=pid)
        assert set(proof.meter.by_key.values()) == {1}
        assert len(proof.meter.by_key) == 30
        proof.audit()


@pytest.mark.postgres
def test_a_killed_postgres_server_loses_nothing(report: Report) -> None:
    with own_postgres_server() as (server, folder):
        url = in_schema(server.get_uri(), "killed")
        with proof_at(url) as proof:
            workers = [proof.payers.ask(do="loop", seed=seed, keys=5000)["pid"] for seed in range(4)]
            for number in range(SERVER_KILLS):
                wait_for_settled(proof, 20 * (number + 1))
                kill_server(folder)
                server.ensure_postgres_running()
                assert server.get_uri() in url, "the server came back at the same place"
            wait_for_settled(proof, 20 * (SERVER_KILLS + 1))
            for pid in workers:
                proof.payers.kill(pid)
            proof.audit()
            attempts = list(proof.ledger.attempts())
            settled = [record.request_key for record in attempts if record.state is AttemptState.SETTLED]
            assert len(settled) == len(set(settled))
            assert proof.ledger.verify_archive().damaged == ()
        report(f"killed PostgreSQL servers: {SERVER_KILLS} kills, {len(attempts)} attempts, 0 violations")


def wait_for_settled(proof: Proof, count: int) -> None:
    """Until the processes have work behind them that could be lost."""
    give_up_at = time.monotonic() + 60
    while sum(record.state is AttemptState.SETTLED for record in proof.ledger.attempts()) < count:
        assert time.monotonic() < give_up_at, "the processes did not come back to work"
        time.sleep(0.05)


def kill_server(folder: Path) -> None:
    """Kill -9 the server with all its processes."""
    postmaster = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
    family = [*postmaster.children(recursive=True), postmaster]
    for process in family:
        with suppress(psutil.NoSuchProcess):  # some end by themselves when another is gone
            process.kill()
    psutil.wait_procs(family, timeout=10)
