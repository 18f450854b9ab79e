"""The credit ledger: one object through which every paid call is looked up, admitted, settled and accounted for.

It joins admission, settlement, recovery, rate limits, archive and jobs with one database, one clock and one owner, and
adds what they share: it repeats a transaction whose fate is unknown, notices a clock that was set back, and marks
damaged bodies. It sends nothing and knows no provider. Reading alone belongs to ``reader.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from creator_assets.ledger import leases, rate_limits
from creator_assets.ledger.archive import bodies, compaction
from creator_assets.ledger.archive.compaction import CompactReport, VerifyReport
from creator_assets.ledger.archive.unreadable import allow_again
from creator_assets.ledger.booking import admission, budgets, dispatch, recovery, settlement, suspension
from creator_assets.ledger.booking.recovery import RecoveryReport
from creator_assets.ledger.errors import FencedError, LedgerUnusableError
from creator_assets.ledger.jobs.jobs import Jobs
from creator_assets.ledger.notices import notify
from creator_assets.ledger.reader import LedgerReader, Timing
from creator_assets.ledger.reconciliation import reconcile
from creator_assets.ledger.reconciliation.records import Balance, Reconciliation, ReconciliationStart
from creator_assets.ledger.records import (
    AdmissionRequest,
    AttemptState,
    Attribution,
    Budget,
    DispatchOutcome,
    Granted,
    Outcome,
    Settlement,
    Window,
)
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.migrations import require_unchanged
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import MICROSECONDS, from_us, to_us, to_us_or_none, uuid7
from creator_assets.providers.contract.operations import Rate, Response, ResponseOutcome

__all__ = ["Ledger", "Timing"]

T = TypeVar("T")

# Clocks of processes on one machine agree, and hosts that share a PostgreSQL use its clock. A time that lies further
# back than this before the last entry means that the clock was set back.
_CLOCK_TOLERANCE_US = 2 * MICROSECONDS


class _BooksState(Row, frozen=True):
    """What every write checks first: whether the tables are still ours, and when the last entry was made."""

    schema_version: int
    last_entry_us: int | None


_BOOKS_STATE = """
    SELECT schema_version, (SELECT at_us FROM entry ORDER BY seq DESC LIMIT 1) AS last_entry_us
    FROM realm
    """


class Ledger(LedgerReader):
    """Every credit of one realm, in one database. Safe to share between threads; each process opens its own.

    Use `Ledger.open`. Amounts are microcredits, times are aware datetimes.
    """

    # Before the send.

    def begin(
        self, requests: Sequence[AdmissionRequest], attribution: Attribution, window: Window, *, dispatch: bool = True
    ) -> list[Outcome]:
        """Admit each request or say why not, in order and in one transaction. Later ones see what earlier ones hold.

        With `dispatch` the granted attempts are marked as sent at once, so a crash leaves all of them in doubt: pass as
        many as are about to leave. Without it they are only held, and `dispatch` marks them later. Repeating the call
        with the same attempt ids is harmless.

        Raises:
            UnknownBudgetError: A request names a scope without a budget.
        """

        def step(tx: Transaction, now_us: int) -> list[Outcome]:
            terms = self._terms(now_us)
            outcomes, damaged = admission.begin(tx, requests, attribution, window, terms, dispatch=dispatch)
            for sha256 in damaged:
                bodies.mark_damaged(tx, sha256, now_us)
            return outcomes

        return self._write(step) if requests else []

    def dispatch(self, attempt_ids: Sequence[str]) -> list[DispatchOutcome]:
        """Mark held attempts as sent, and give each its permit. Another process's attempt is `Fenced`."""
        return self._write(lambda tx, now_us: dispatch.dispatch(tx, attempt_ids, self._terms(now_us)))

    def postpone(self, attempt_id: str) -> DispatchOutcome:
        """Give a missed permit back and take the next one. Only before anything was sent.

        `Refused` where the next one comes too late: void the attempt then.
        """
        return self._write(lambda tx, now_us: dispatch.postpone(tx, attempt_id, self._terms(now_us)))

    def await_permit(self, granted: Granted) -> bool:
        """Sleep until the permit's time.

        Returns:
            True: send now. False: this process woke too late, or the provider asked everybody to wait; `postpone`.

        Raises:
            FencedError: The attempt was reclaimed meanwhile; it must not be sent.
        """
        if granted.send_at is None or granted.send_before is None:
            raise FencedError(f"attempt {granted.attempt_id} is held, not dispatched: nothing may be sent for it yet")
        wait_seconds = (granted.send_at - self.now()).total_seconds()
        if wait_seconds > 0:
            self._sleep(wait_seconds)
        permit = dispatch.find_permit(self._query, granted.attempt_id)
        if permit is None or permit.state is not AttemptState.SENT or permit.owner != self._owner():
            raise FencedError(
                f"attempt {granted.attempt_id} was reclaimed while this process slept: it must not be sent"
            )
        now = self.now()
        # A clock that was set back puts the permit into the future again; waiting a second time could take hours.
        is_early = now < granted.send_at - timedelta(seconds=self._timing.grace_seconds)
        return not is_early and now <= granted.send_before and (permit.not_before_us or 0) <= to_us(now)

    def cool_down(self, rates: Sequence[Rate], delay_seconds: float) -> None:
        """Let nobody send under these limits for a while: the provider answered 429.

        Permits that were given before are postponed, too.
        """

        def step(tx: Transaction, now_us: int) -> None:
            rate_limits.cool_down(tx, rates, until_us=now_us + round(delay_seconds * MICROSECONDS))

        self._write(step)

    # After the send.

    def settle(
        self, attempt_id: str, outcome: ResponseOutcome, response: Response, observed_at: datetime
    ) -> AttemptState:
        """Archive an answer, charge for it and release the rest of the hold, in one transaction.

        `observed_at` decides which partition's window the answer serves. Pass the time at which the request was sent:
        admission made sure that it lies inside the window.
        """
        one = Settlement(attempt_id=attempt_id, response_outcome=outcome, response=response, observed_at=observed_at)
        (state,) = self.settle_all([one])
        return state

    def settle_all(self, settlements: Sequence[Settlement]) -> list[AttemptState]:
        """Settle several answers in one transaction."""
        return self._write(lambda tx, now_us: [settlement.settle(tx, one, now_us) for one in settlements])

    def void(self, attempt_id: str, reason: str, response: Response | None = None) -> AttemptState:
        """Release the hold: provably never sent, or provably not charged. A response is kept for diagnosis."""
        return self._write(
            lambda tx, now_us: settlement.void(
                tx, attempt_id, owner=self._owner(), reason=reason, response=response, now_us=now_us
            )
        )

    def doubt(self, attempt_id: str, reason: str) -> AttemptState:
        """Mark an attempt of unknown fate as in doubt: its worst case counts until the provider's balance says more.

        Returns the state, which stays where the fate is known already.
        """
        return self._write(lambda tx, now_us: settlement.doubt(tx, attempt_id, reason, now_us))

    def recover(self) -> RecoveryReport:
        """Classify what dead or stalled processes left behind."""
        return self._write(lambda tx, now_us: recovery.recover(tx, is_dead=leases.is_dead, now_us=now_us))

    def allow_repeat(self, attempt_id: str, reason: str) -> None:
        """Let a request be sent again although an attempt at it is of unknown fate. A person decides that.

        The attempt stays counted.
        """
        self._write(lambda tx, now_us: recovery.allow_repeat(tx, attempt_id, reason, now_us))

    # Budgets.

    def set_budgets(self, stated: Sequence[Budget]) -> None:
        """Set or change limits and thresholds. What is equal already stays as it is."""

        def step(tx: Transaction, now_us: int) -> None:
            for budget in stated:
                budgets.set_budget(tx, budget, now_us)

        self._write(step)

    def set_limits(self, limits: Mapping[str, int]) -> None:
        """Change limits (microcredits, by scope) from now on. Each leaves a notice with both limits, host and time.

        A scope about which this process states nothing must have a budget.
        """

        def step(tx: Transaction, now_us: int) -> None:
            for scope, limit_microcredits in limits.items():
                budgets.set_limit(tx, scope, limit_microcredits, self._stated, now_us)

        self._write(step)

    def suspend_provider(self, scopes: Sequence[str], *, until: datetime | None, reason: str) -> None:
        """Admit nothing on these scopes until then (or until `resume_provider`): the provider itself refuses."""
        until_us = to_us_or_none(until)
        self._write(
            lambda tx, now_us: suspension.suspend(
                tx, scopes, self._stated, until_us=until_us, reason=reason, now_us=now_us
            )
        )

    def resume_provider(self, scopes: Sequence[str], reason: str) -> list[str]:
        """Lift suspensions, and say why. Returns the scopes that were suspended."""
        return self._write(lambda tx, now_us: suspension.resume(tx, scopes, self._stated, reason=reason, now_us=now_us))

    # Comparing with the provider.

    def start_reconciliation(self, scope: str) -> ReconciliationStart:
        """Note the state of the books. Then ask the provider for its balance, then `reconcile` with both."""
        return self._write(lambda tx, now_us: reconcile.start_reconciliation(tx, scope, self._stated, now_us))

    def reconcile(
        self,
        start: ReconciliationStart,
        balance: Balance,
        *,
        left_microcredits: int | None = None,
        lag_seconds: float = 60.0,
        rebase: bool = False,
    ) -> Reconciliation:
        """Compare the books with the provider's balance and act on what the comparison proves.

        Args:
            start: From `start_reconciliation`, made just before the balance was asked for.
            balance: The provider's balance.
            left_microcredits: What is left on the account by the provider's word, if it says so: credits there lift a
                suspension without a date.
            lag_seconds: How long its balance may trail behind its charges; a difference must stand that long.
            rebase: Start comparing anew, after a top-up for instance.
        """
        lag_us = round(lag_seconds * MICROSECONDS)

        def step(tx: Transaction, now_us: int) -> Reconciliation:
            if left_microcredits:
                asked_us = to_us(start.started_at)
                suspension.resume_after_balance(tx, start.scope, self._stated, asked_us=asked_us, now_us=now_us)
            return reconcile.reconcile(tx, start, balance, self._stated, now_us=now_us, lag_us=lag_us, rebase=rebase)

        return self._write(step)

    # Maintaining the archive.

    def allow_again(self, request_ids: Sequence[str]) -> int:
        """Let unreadable answers be bought again; returns how many there were. The archive keeps them."""
        return self._write(lambda tx, now_us: allow_again(tx, request_ids, now_us))

    @property
    def has_segment_store(self) -> bool:
        """Whether old bodies have anywhere to go; for a PostgreSQL ledger, CREATOR_ASSETS_ARCHIVE says where."""
        return self._segments is not None

    def compact_archive(self, *, older_than: timedelta) -> CompactReport:
        """Move bodies that are older than this to Parquet segments. They are found as before, from there."""
        if self._segments is None:
            raise LedgerUnusableError(
                "PostgreSQL needs a place for old answers that every host can reach: set CREATOR_ASSETS_ARCHIVE"
            )
        self._require_unchanged()
        before_us = to_us(self.now() - older_than)
        report = compaction.compact(self._query, self._write, self._segments, before_us=before_us)
        if report.segments:
            self._database.shrink()
        return report

    def verify_archive(self) -> VerifyReport:
        """Read every body, from wherever it is stored, and compare it with its hash."""
        self._require_unchanged()
        if self._segments is not None:
            self._segments.forget()
        return compaction.verify(self._query, self._write, self._read_segment)

    # The rest.

    @property
    def jobs(self) -> Jobs:
        """What providers do in the background, and what is held for it."""
        return Jobs(self._write, self._query, self._owner)

    def new_attempt_id(self) -> str:
        """A UUIDv7: sorts by time, unique across processes."""
        return uuid7(self.now())

    def _terms(self, now_us: int) -> admission.AdmissionTerms:
        timing = self._timing
        return admission.AdmissionTerms(
            owner=self._owner(),
            now_us=now_us,
            lease_us=round(timing.lease_seconds * MICROSECONDS),
            jitter_us=self._jitter_us(),
            grace_us=round(timing.grace_seconds * MICROSECONDS),
            read_segment=self._read_segment,
            stated=self._stated,
        )

    def _jitter_us(self) -> int:
        return round((self._timing.grace_seconds + self._timing.path_jitter_seconds) * MICROSECONDS)

    def _write(self, step: Callable[[Transaction, int], T]) -> T:
        def once() -> T:
            with self._database.write() as tx:
                now_us = self._now_us()  # read under the lock, so that the books are in the order of time
                (state,) = tx.query(_BooksState, _BOOKS_STATE)
                require_unchanged(state.schema_version)
                if state.last_entry_us is not None and now_us < state.last_entry_us - _CLOCK_TOLERANCE_US:
                    self._note_clock_set_back(tx, now_us)
                return step(tx, now_us)

        return self._again(once)

    def _note_clock_set_back(self, tx: Transaction, now_us: int) -> None:
        rate_limits.reset(tx, now_us=now_us, jitter_us=self._jitter_us())
        now = f"{from_us(now_us):%Y-%m-%d %H:%M:%S}"
        message = f"the clock was set back to {now}, before the last entry; every rate limit waits one window"
        notify(tx, "-", "clock_set_back", message, now_us)
        no_budgets = budgets.budget_set(tx, [])
        budgets.book(tx, budget_set_id=no_budgets, attempt_id=None, kind="clock", at_us=now_us, note=message)
