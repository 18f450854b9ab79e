"""The credit ledger: one object through which every paid call is looked up, admitted, settled and accounted for.

It joins the rooms behind it (admission, settlement, recovery, pacing, archive, books) with one database, one clock
and one owner, and adds what they share: repeating a transaction whose fate is unknown, noticing a clock that was set
back, marking damaged bodies. It sends nothing and knows no provider: the door does the former, the caller's plain
strings say the latter.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from creator_assets.providers.contract import Rate, Reading, Response
from creator_assets.spending import (
    admission,
    archive,
    books,
    budgets,
    ledger_schema,
    owners,
    pacing,
    recovery,
    settlement,
)
from creator_assets.spending.database import Clock, Database, Transaction, open_database
from creator_assets.spending.ledger_errors import FencedError, LedgerGoneError, LedgerUnusableError
from creator_assets.spending.moments import MICROSECONDS, from_us, to_us
from creator_assets.spending.records import (
    AttemptRecord,
    AttemptState,
    Attribution,
    Budget,
    BudgetState,
    DispatchOutcome,
    EntryRecord,
    Fenced,
    Granted,
    Notice,
    Outcome,
    RecoveryReport,
    Settlement,
    StoredAnswer,
    Want,
    Window,
)

T = TypeVar("T")

_log = logging.getLogger(__name__)
# A transaction of unknown fate is repeated after these pauses (every step may be repeated by its id), then given up.
_REPEAT_AFTER_SECONDS = (0.1, 1.0, 4.0)
# Clocks of processes on one machine agree, and hosts that share a PostgreSQL use its clock: more than this is a clock
# set back.
_CLOCK_TOLERANCE_US = 2 * MICROSECONDS


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long things may take.

    ``grace_seconds`` is how late a sender may wake up for its slot, ``path_jitter_seconds`` how much the way to the
    provider may vary: together they widen every documented window. ``lease_seconds`` is how long after its slot an
    attempt belongs to its owner even where nobody can see whether that lives; it must exceed the longest request
    timeout.
    """

    grace_seconds: float = 0.1
    path_jitter_seconds: float = 0.15
    lease_seconds: float = 600.0


class Ledger:
    """Every credit of one realm, in one database. Safe to share between threads; each process opens its own.

    Use `Ledger.open`. Amounts are microcredits, moments aware datetimes.
    """

    def __init__(
        self,
        database: Database,
        *,
        realm: str,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        timing: Timing | None = None,
        owner: Callable[[], str] = lambda: str(owners.this_process()),
        read_segment: archive.ReadSegment | None = None,
    ) -> None:
        self._database = database
        self._clock = clock or database.shared_clock(_system_clock)
        self._sleep = sleep
        self._timing = timing or Timing()
        self._owner = owner
        self._read_segment = read_segment
        self.realm = realm
        self._enter_realm()

    @classmethod
    def open(
        cls,
        target: str | Path,
        *,
        realm: str,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        timing: Timing | None = None,
        wait_seconds: float = 30.0,
    ) -> Self:
        """Open or create the ledger of `realm` at a path or ``postgresql://`` URL.

        Args:
            target: A file on a local disk, or the URL of a PostgreSQL database.
            realm: ``live`` or ``sandbox-<universe>``: worlds whose answers and credits must never mix.
            clock: For tests. Left out, the system's clock (the server's, for PostgreSQL).
            sleep: For tests.
            timing: Grace, jitter and lease.
            wait_seconds: How long to queue behind other writers.

        Raises:
            LedgerUnusableError: The place belongs to another realm or cannot hold a ledger.
        """
        return cls(
            open_database(target, wait_seconds=wait_seconds), realm=realm, clock=clock, sleep=sleep, timing=timing
        )

    # -- looking up: no write lock
    # ---------------------------------------------------------------------------------------

    def look_up(self, request_key: str, window: Window, *, include_due: bool = False) -> StoredAnswer | None:
        """The archived answer that serves this request in `window`, or None. See `look_up_many`."""
        return self.look_up_many({request_key: window}, include_due=include_due).get(request_key)

    def look_up_many(self, windows: Mapping[str, Window], *, include_due: bool = False) -> dict[str, StoredAnswer]:
        """The archived answers by request key; what is missing, damaged or due again is not in it.

        A pending answer counts while its ``not_before`` lies ahead, and for good once its window has closed.
        `include_due` also returns pending answers that could be asked again by now: for rebuilding with the network
        off.
        """
        found = archive.look_up(
            self._database.query,
            windows,
            now_us=self._now_us(),
            include_due=include_due,
            read_segment=self._read_segment,
        )
        for sha256 in found.damaged:
            _log.warning("archived body %s is damaged and counts as missing; `archive verify` tells more", sha256)
        return dict(found.answers)

    # -- before the send
    # -------------------------------------------------------------------------------------------------

    def begin(
        self, wants: Sequence[Want], attribution: Attribution, window: Window, *, dispatch: bool = True
    ) -> list[Outcome]:
        """Admit each want or say why not, in order and in one transaction; later wants see what earlier ones hold.

        With `dispatch` the granted attempts are marked as sent at once, so that a crash leaves them all in doubt: ask
        for as many as are about to leave. Without it they are only held, and `dispatch` marks them later. Repeating
        the call with the same attempt ids is harmless.

        Raises:
            UnknownBudgetError: A want names a scope without a budget.
        """

        def step(tx: Transaction, now_us: int) -> list[Outcome]:
            outcomes, damaged = admission.begin(tx, wants, attribution, window, self._terms(now_us), dispatch=dispatch)
            for sha256 in damaged:
                archive.mark_damaged(tx, sha256, now_us)
            return outcomes

        return self._write(step) if wants else []

    def dispatch(self, attempt_ids: Sequence[str]) -> list[DispatchOutcome]:
        """Mark held attempts as sent and hand out their slots; `Fenced` for whatever is no longer this process's."""
        return self._write(lambda tx, now_us: admission.dispatch(tx, attempt_ids, self._terms(now_us)))

    def postpone(self, attempt_id: str) -> Granted | Fenced:
        """Give a missed slot back and take the next one. Only before anything was sent."""
        return self._write(lambda tx, now_us: admission.postpone(tx, attempt_id, self._terms(now_us)))

    def await_slot(self, granted: Granted) -> bool:
        """Sleep until the slot. True: send now. False: woken too late, or the provider pushed everybody back;
        `postpone`.

        Raises:
            FencedError: The attempt was reclaimed meanwhile; it must not be sent.
        """
        if granted.send_at is None or granted.send_before is None:
            raise FencedError(f"attempt {granted.attempt_id} is held, not dispatched: nothing may be sent for it yet")
        wait_seconds = (granted.send_at - self.now()).total_seconds()
        if wait_seconds > 0:
            self._sleep(wait_seconds)
        rows = self._database.query(
            "SELECT a.state, a.owner, (SELECT MAX(p.not_before_us) FROM pace_slot s JOIN pace p ON p.rate_id = "
            "s.rate_id "
            "WHERE s.attempt_id = a.attempt_id) FROM attempt a WHERE a.attempt_id = ?",
            (granted.attempt_id,),
        )
        if not rows or rows[0][0] != "sent" or rows[0][1] != self._owner():
            raise FencedError(
                f"attempt {granted.attempt_id} was reclaimed while this process slept: it must not be sent"
            )
        now = self.now()
        # A clock set back makes the slot lie ahead again; waiting for it a second time could take hours.
        early = now < granted.send_at - timedelta(seconds=self._timing.grace_seconds)
        return not early and now <= granted.send_before and (rows[0][2] or 0) <= to_us(now)

    def push_back(self, rates: Sequence[Rate], delay_seconds: float) -> None:
        """The provider said 429: nobody sends under these limits for a while. Slots handed out before are postponed,
        too."""

        def step(tx: Transaction, now_us: int) -> None:
            pacing.push_back(tx, rates, until_us=now_us + round(delay_seconds * MICROSECONDS))

        self._write(step)

    # -- after the send
    # --------------------------------------------------------------------------------------------------

    def settle(self, attempt_id: str, reading: Reading, response: Response, observed_at: datetime) -> AttemptState:
        """Archive an answer, charge for it and free the rest of the hold, in one transaction.

        `observed_at` decides which partition's window the answer serves: pass the moment the request was sent, which
        admission made sure lies inside the window.
        """
        settlement_ = Settlement(attempt_id=attempt_id, reading=reading, response=response, observed_at=observed_at)
        return self.settle_all([settlement_])[0]

    def settle_all(self, settlements: Sequence[Settlement]) -> list[AttemptState]:
        """Settle several answers in one transaction."""
        return self._write(lambda tx, now_us: [settlement.settle(tx, one, now_us) for one in settlements])

    def void(self, attempt_id: str, reason: str, response: Response | None = None) -> AttemptState:
        """Free the hold: provably never sent, or provably not charged. The answer, if any, is kept for diagnosis."""
        return self._write(
            lambda tx, now_us: settlement.void(
                tx, attempt_id, owner=self._owner(), reason=reason, response=response, now_us=now_us
            )
        )

    def doubt(self, attempt_id: str, reason: str) -> AttemptState:
        """Fate unknown: count the worst case until the provider's balance tells. Returns the state, which may be
        better known."""
        return self._write(lambda tx, now_us: settlement.doubt(tx, attempt_id, reason, now_us))

    def recover(self) -> RecoveryReport:
        """Classify what dead or stalled processes left behind."""
        return self._write(lambda tx, now_us: recovery.recover(tx, is_dead=owners.is_dead, now_us=now_us))

    def allow_repeat(self, attempt_id: str, reason: str) -> None:
        """A person looked: this attempt of unknown fate no longer stands in the way of another one. It stays
        counted."""
        self._write(lambda tx, now_us: recovery.allow_repeat(tx, attempt_id, reason, now_us))

    # -- budgets
    # ---------------------------------------------------------------------------------------------------------

    def set_budgets(self, wanted: Sequence[Budget]) -> None:
        """Set or change limits and thresholds; what is equal already is left alone."""

        def step(tx: Transaction, now_us: int) -> None:
            for budget in wanted:
                budgets.set_budget(tx, budget, now_us)

        self._write(step)

    def freeze(self, scopes: Sequence[str], *, until: datetime | None, reason: str) -> None:
        """Admit nothing on these scopes until then (or until `unfreeze`): the provider itself refuses."""
        until_us = None if until is None else to_us(until)
        self._write(lambda tx, now_us: budgets.freeze(tx, scopes, until_us=until_us, reason=reason, now_us=now_us))

    def unfreeze(self, scopes: Sequence[str]) -> None:
        """Lift a freeze."""
        self._write(lambda tx, _now_us: budgets.unfreeze(tx, scopes))

    # -- reading the books
    # -----------------------------------------------------------------------------------------------

    def balances(self) -> list[BudgetState]:
        """Every budget with what it has spent, held, in doubt and left."""
        with self._database.snapshot() as tx:
            return books.balances(tx)

    def attempts(self, *, run_id: str | None = None) -> Iterator[AttemptRecord]:
        """Every attempt, oldest first, with every column that attributes a credit."""
        return books.attempts(self._database.query, run_id=run_id)

    def entries(self, *, after_seq: int = 0) -> Iterator[EntryRecord]:
        """Every movement of money, oldest first."""
        return books.entries(self._database.query, after_seq=after_seq)

    def notices(self, *, after_id: int = 0) -> list[Notice]:
        """Alarms and thresholds crossed since `after_id`."""
        return books.notices(self._database.query, after_id=after_id)

    def check(self) -> list[str]:
        """Violations of the invariants, as sentences; empty when the books are in order."""
        with self._database.snapshot() as tx:
            return books.violations(tx)

    # -- the rest
    # --------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The time by which this ledger works."""
        return self._clock()

    def new_attempt_id(self) -> str:
        """A UUIDv7: sorts by time, unique across processes."""
        return uuid7(self.now())

    def close(self) -> None:
        """Close this process's connections. Holds that are still open stay open."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _now_us(self) -> int:
        return to_us(self._clock())

    def _terms(self, now_us: int) -> admission.Terms:
        timing = self._timing
        return admission.Terms(
            owner=self._owner(),
            now_us=now_us,
            lease_us=round(timing.lease_seconds * MICROSECONDS),
            jitter_us=self._jitter_us(),
            grace_us=round(timing.grace_seconds * MICROSECONDS),
            read_segment=self._read_segment,
        )

    def _jitter_us(self) -> int:
        return round((self._timing.grace_seconds + self._timing.path_jitter_seconds) * MICROSECONDS)

    def _write(self, step: Callable[[Transaction, int], T]) -> T:
        for pause_seconds in (*_REPEAT_AFTER_SECONDS, None):
            try:
                with self._database.write() as tx:
                    now_us = self._now_us()  # read under the lock, so that the books are in the order of time
                    self._mind_the_clock(tx, now_us)
                    return step(tx, now_us)
            except LedgerGoneError:
                if pause_seconds is None:
                    raise
                self._sleep(pause_seconds)
        raise AssertionError("unreachable")

    def _mind_the_clock(self, tx: Transaction, now_us: int) -> None:
        rows = tx.execute("SELECT at_us FROM entry ORDER BY seq DESC LIMIT 1")
        if rows and now_us < rows[0][0] - _CLOCK_TOLERANCE_US:
            pacing.forget_future(tx, now_us=now_us, jitter_us=self._jitter_us())
            back = f"the clock was set back to {from_us(now_us):%Y-%m-%d %H:%M:%S}, before the last entry; every rate waits one window"
            budgets.notify(tx, "-", "clock_set_back", back, now_us)
            budgets.book(
                tx, gate_set_id=budgets.gate_set(tx, []), attempt_id=None, kind="clock", at_us=now_us, note=back
            )

    def _enter_realm(self) -> None:
        if not self._database.has_tables():
            with self._database.write() as tx:
                self._create(tx)
        rows = self._database.query("SELECT name, schema_version FROM realm", ())
        if not rows:
            raise LedgerUnusableError("this database holds tables, but no ledger: use one of its own")
        name, version = rows[0]
        if version != ledger_schema.SCHEMA_VERSION:
            raise LedgerUnusableError(
                f"this ledger has schema {version}, this release works with {ledger_schema.SCHEMA_VERSION}: use the "
                f"matching release"
            )
        if name != self.realm:
            raise LedgerUnusableError(
                f"this ledger belongs to realm {name!r}, not {self.realm!r}: answers and credits of two worlds must "
                f"not mix; "
                "use another file or schema"
            )

    def _create(self, tx: Transaction) -> None:
        if self._database.has_tables(tx):
            return  # another process was faster
        for statement in ledger_schema.statements(self._database.dialect):
            tx.execute(statement)
        tx.execute(
            "INSERT INTO realm (only_row, name, schema_version, created_us) VALUES (1, ?, ?, ?)",
            (self.realm, ledger_schema.SCHEMA_VERSION, self._now_us()),
        )


def uuid7(moment: datetime) -> str:
    """A version 7 UUID (RFC 9562, 5.7) of that millisecond."""
    milliseconds = to_us(moment) // 1000
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _system_clock() -> datetime:
    return datetime.now(UTC)
