"""The credit ledger: one object through which every paid call is looked up, admitted, settled and accounted for.

It joins the rooms behind it (admission, settlement, recovery, pacing, archive, books) with one database, one clock
and one owner, and adds what they share: repeating a transaction whose fate is unknown, noticing a clock that was set
back, marking damaged bodies. It sends nothing and knows no provider: the door does the former, the caller's plain
strings say the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from creator_assets.ledger import leases, rate_limits
from creator_assets.ledger.archive import bodies, compaction
from creator_assets.ledger.archive.compaction import CompactReport, VerifyReport
from creator_assets.ledger.booking import admission, budgets, dispatch, recovery, settlement, suspension
from creator_assets.ledger.booking.recovery import RecoveryReport
from creator_assets.ledger.errors import FencedError, LedgerUnusableError
from creator_assets.ledger.jobs.jobs import Jobs
from creator_assets.ledger.notices import notify
from creator_assets.ledger.reader import LedgerReader, Timing
from creator_assets.ledger.reconciliation import reconcile
from creator_assets.ledger.reconciliation.records import Balance, QuietToken, Reconciliation
from creator_assets.ledger.records import (
    AdmissionRequest,
    AttemptState,
    Attribution,
    Budget,
    DispatchOutcome,
    Fenced,
    Granted,
    Outcome,
    Settlement,
    Window,
)
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.migrations import require_unchanged
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import MICROSECONDS, from_us, to_us, uuid7
from creator_assets.providers.contract.operations import Rate, Response, ResponseOutcome

__all__ = ["Ledger", "Timing"]

T = TypeVar("T")

# Clocks of processes on one machine agree, and hosts that share a PostgreSQL use its clock: more than this is a clock
# set back.
_CLOCK_TOLERANCE_US = 2 * MICROSECONDS


class _Awaited(Row, frozen=True):
    """An attempt whose slot has come."""

    state: AttemptState
    owner: str
    not_before_us: int | None


class _BooksState(Row, frozen=True):
    """What every write looks at first: whether the tables are still ours, and when the last entry was made."""

    schema_version: int
    last_entry_us: int | None


_BOOKS_STATE = """
    SELECT schema_version, (SELECT at_us FROM entry ORDER BY seq DESC LIMIT 1) AS last_entry_us
    FROM realm
    """


class Ledger(LedgerReader):
    """Every credit of one realm, in one database. Safe to share between threads; each process opens its own.

    Use `Ledger.open`. Amounts are microcredits, moments aware datetimes.
    """

    # -- before the send
    # -------------------------------------------------------------------------------------------------

    def begin(
        self, wants: Sequence[AdmissionRequest], attribution: Attribution, window: Window, *, dispatch: bool = True
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
                bodies.mark_damaged(tx, sha256, now_us)
            return outcomes

        return self._write(step) if wants else []

    def dispatch(self, attempt_ids: Sequence[str]) -> list[DispatchOutcome]:
        """Mark held attempts as sent and hand out their slots; `Fenced` for whatever is no longer this process's."""
        return self._write(lambda tx, now_us: dispatch.dispatch(tx, attempt_ids, self._terms(now_us)))

    def postpone(self, attempt_id: str) -> Granted | Fenced:
        """Give a missed slot back and take the next one. Only before anything was sent."""
        return self._write(lambda tx, now_us: dispatch.postpone(tx, attempt_id, self._terms(now_us)))

    def await_slot(self, granted: Granted) -> bool:
        """Sleep until the slot.

        True: send now. False: woken too late, or the provider pushed everybody back; `postpone`.

        Raises:
            FencedError: The attempt was reclaimed meanwhile; it must not be sent.
        """
        if granted.send_at is None or granted.send_before is None:
            raise FencedError(f"attempt {granted.attempt_id} is held, not dispatched: nothing may be sent for it yet")
        wait_seconds = (granted.send_at - self.now()).total_seconds()
        if wait_seconds > 0:
            self._sleep(wait_seconds)
        found = self._query(
            _Awaited,
            """
            SELECT a.state, a.owner, (
                SELECT MAX(p.not_before_us)
                FROM rate_permit s
                JOIN rate_limiter p ON p.rate_id = s.rate_id
                WHERE s.attempt_id = a.attempt_id
            ) AS not_before_us
            FROM attempt a
            WHERE a.attempt_id = ?
            """,
            (granted.attempt_id,),
        )
        if not found or found[0].state is not AttemptState.SENT or found[0].owner != self._owner():
            raise FencedError(
                f"attempt {granted.attempt_id} was reclaimed while this process slept: it must not be sent"
            )
        now = self.now()
        # A clock set back makes the slot lie ahead again; waiting for it a second time could take hours.
        early = now < granted.send_at - timedelta(seconds=self._timing.grace_seconds)
        return not early and now <= granted.send_before and (found[0].not_before_us or 0) <= to_us(now)

    def cool_down(self, rates: Sequence[Rate], delay_seconds: float) -> None:
        """The provider said 429: nobody sends under these limits for a while.

        Slots handed out before are postponed, too.
        """

        def step(tx: Transaction, now_us: int) -> None:
            rate_limits.cool_down(tx, rates, until_us=now_us + round(delay_seconds * MICROSECONDS))

        self._write(step)

    # -- after the send
    # --------------------------------------------------------------------------------------------------

    def settle(
        self, attempt_id: str, reading: ResponseOutcome, response: Response, observed_at: datetime
    ) -> AttemptState:
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
        """Fate unknown: count the worst case until the provider's balance tells.

        Returns the state, which may be better known.
        """
        return self._write(lambda tx, now_us: settlement.doubt(tx, attempt_id, reason, now_us))

    def recover(self) -> RecoveryReport:
        """Classify what dead or stalled processes left behind."""
        return self._write(lambda tx, now_us: recovery.recover(tx, is_dead=leases.is_dead, now_us=now_us))

    def allow_repeat(self, attempt_id: str, reason: str) -> None:
        """A person looked: this attempt of unknown fate no longer stands in the way of another one.

        It stays counted.
        """
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
        self._write(lambda tx, now_us: suspension.suspend(tx, scopes, until_us=until_us, reason=reason, now_us=now_us))

    def unfreeze(self, scopes: Sequence[str], reason: str) -> list[str]:
        """Lift a freeze, and say why; returns the scopes that were frozen."""
        return self._write(lambda tx, now_us: suspension.resume(tx, scopes, reason=reason, now_us=now_us))

    # -- comparing with the provider
    # --------------------------------------------------------------------------------------

    def quiet(self, scope: str) -> QuietToken:
        """Take a token, then ask the provider for its balance, then `reconcile` with both."""
        return self._write(lambda tx, now_us: reconcile.quiet(tx, scope, now_us))

    def reconcile(
        self,
        token: QuietToken,
        balance: Balance,
        *,
        left_microcredits: int | None = None,
        lag_seconds: float = 60.0,
        rebase: bool = False,
    ) -> Reconciliation:
        """Compare the books with the provider's balance and act on what the comparison proves.

        Args:
            token: From `quiet`, taken just before the balance was asked for.
            balance: What the provider said.
            left_microcredits: What it said is left on the account, if it did: credits there lift a freeze.
            lag_seconds: How long its balance may trail behind its charges; a difference must stand that long.
            rebase: Start comparing anew, after a top-up for instance.
        """
        lag_us = round(lag_seconds * MICROSECONDS)

        def step(tx: Transaction, now_us: int) -> Reconciliation:
            if left_microcredits:
                suspension.resume_after_balance(tx, token.scope, asked_us=to_us(token.started_at), now_us=now_us)
            return reconcile.reconcile(tx, token, balance, now_us=now_us, lag_us=lag_us, rebase=rebase)

        return self._write(step)

    # -- keeping the archive
    # -----------------------------------------------------------------------------------------------

    @property
    def has_place_for_segments(self) -> bool:
        """Whether old bodies have anywhere to go; a PostgreSQL ledger has to be told where."""
        return self._segments is not None

    def compact_archive(self, *, older_than: timedelta) -> CompactReport:
        """Move bodies that are older than this to Parquet segments. They are found as before, from there."""
        if self._segments is None:
            raise LedgerUnusableError(
                "PostgreSQL needs a place for old answers that every host can reach: set CREATOR_ASSETS_ARCHIVE"
            )
        before_us = to_us(self.now() - older_than)
        return compaction.compact(self._database, self._segments, before_us=before_us, now_us=self._now_us())

    def verify_archive(self) -> VerifyReport:
        """Read every body, from where it lies, and compare it with its hash."""
        if self._segments is not None:
            self._segments.forget()
        return compaction.verify(self._database, self._read_segment, now_us=self._now_us())

    # -- the rest
    # --------------------------------------------------------------------------------------------------------

    @property
    def pending(self) -> Jobs:
        """What providers are working on in the background, and what is held for it."""
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
        )

    def _jitter_us(self) -> int:
        return round((self._timing.grace_seconds + self._timing.path_jitter_seconds) * MICROSECONDS)

    def _write(self, step: Callable[[Transaction, int], T]) -> T:
        def once() -> T:
            with self._database.write() as tx:
                now_us = self._now_us()  # read under the lock, so that the books are in the order of time
                self._mind_the_clock(tx, now_us)
                return step(tx, now_us)

        return self._again(once)

    def _mind_the_clock(self, tx: Transaction, now_us: int) -> None:
        (state,) = tx.query(_BooksState, _BOOKS_STATE)
        require_unchanged(state.schema_version)
        if state.last_entry_us is not None and now_us < state.last_entry_us - _CLOCK_TOLERANCE_US:
            rate_limits.forget_future(tx, now_us=now_us, jitter_us=self._jitter_us())
            moment = f"{from_us(now_us):%Y-%m-%d %H:%M:%S}"
            back = f"the clock was set back to {moment}, before the last entry; every rate waits one window"
            notify(tx, "-", "clock_set_back", back, now_us)
            budgets.book(
                tx, budget_set_id=budgets.budget_set(tx, []), attempt_id=None, kind="clock", at_us=now_us, note=back
            )
