"""The steps of random histories of a ledger, each taken by its model as well; no test here.

Rules are biased towards what went wrong in such systems: few keys, doubt, retry, a late answer.
"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from creator_assets.ledger.errors import ConflictingSettlementError, FencedError, IllegalStepError
from creator_assets.ledger.leases import this_process
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.reconciliation.records import Balance, ReconciliationVerdict
from creator_assets.ledger.records import Fenced, Granted, Refused
from creator_assets.ledger.storage.rows import Count
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis
from tests.ledger.ledger_model import OPEN, Attempt, Model
from tests.ledger.period_rules import MONTH_LIMIT, PeriodRules
from tests.ledger.scenery import CREDIT, START, LedgerDriver, ManualClock, reading, response, week, wipe

amounts = st.integers(0, 4)
keys = st.sampled_from(["a", "b", "c", "a+b", "b+c"])
scopes = st.sampled_from([("plan",), ("plan", "plan/sub"), ("plan", "month")])
rules = st.sampled_from(["after_reconcile", "after_reconcile", "always", "never"])
picks = st.integers(0, 1_000)


class LedgerMachine(PeriodRules):
    """Every rule does one thing to the ledger and the same to the model; the invariants compare them."""

    ledger: Ledger
    clock: ManualClock
    counts: dict[str, int]

    @initialize()
    def start(self) -> None:
        wipe(self.ledger)
        self.clock.now = START.replace(hour=1)
        here = this_process()
        self.owners = {"alive": str(here), "dead": f"{here.machine}:{here.pid}:1"}
        self.desk = LedgerDriver(self.ledger)
        self.desk.window = week()
        self.model = Model(limits={"plan": 12, "plan/sub": 7})
        for scope, limit in self.model.limits.items():
            self.desk.budget(limit * CREDIT, scope)
        self.state_the_month()
        self.ledger.set_limits({"month": MONTH_LIMIT * CREDIT})
        self.model.limits["month"] = MONTH_LIMIT
        self.compare_with_provider()
        self.model.note_overrun()

    # -- rules

    @rule(
        key=keys,
        upper=amounts,
        scopes=scopes,
        rule=rules,
        owner=st.sampled_from(["alive", "dead"]),
        dispatch=st.booleans(),
    )
    def begin(
        self,
        key: str,
        upper: int,
        scopes: tuple[str, ...],
        rule: str,
        owner: str,
        dispatch: bool,
    ) -> None:
        expected = self.model.expect(key, upper, scopes, rule)
        want = msgspec.structs.replace(
            self.desk.want(key, upper * CREDIT, budgets=scopes, repeat_in_doubt=rule), parts=tuple(key.split("+"))
        )
        before = self.entry_count()
        self.act_as(owner)
        (outcome,) = self.desk.begin(want, dispatch=dispatch)
        assert type(outcome).__name__ == expected
        assert (self.entry_count() > before) == (expected == "Granted"), "whatever is not granted writes nothing"
        if isinstance(outcome, Granted):
            state = "sent" if dispatch else "reserved"
            until = self.clock().timestamp() + 600
            self.model.attempts[want.attempt_id] = Attempt(
                key, upper, scopes, owner, state, until, rule, period=self.model.month
            )
            assert self.desk.begin(want, dispatch=dispatch) == [outcome], "repeating an admission is harmless"

    @rule(pick=picks)
    def dispatch(self, pick: int) -> None:
        if (found := self.pick(pick, "reserved", "voided", "in_doubt")) is None:
            return
        attempt_id, attempt = found
        self.act_as(attempt.owner)
        (outcome,) = self.ledger.dispatch([attempt_id])
        is_closed = not self.model.suspended.isdisjoint(attempt.scopes) or self.is_held_too_long(attempt)
        if attempt.state == "reserved" and is_closed:
            assert isinstance(outcome, Refused), "a hold is not sent during a suspension, or after its period"
            return
        assert isinstance(outcome, Granted if attempt.state == "reserved" else Fenced)
        if attempt.state == "reserved":
            attempt.state, attempt.lease_until = "sent", self.clock().timestamp() + 600
            self.act_as("dead" if attempt.owner == "alive" else "alive")
            assert isinstance(self.ledger.dispatch([attempt_id])[0], Fenced), "dispatch is the owner's alone"

    @rule(pick=picks, charge=amounts)
    def arrive(self, pick: int, charge: int) -> None:
        """The request reaches the provider, which charges at most the worst case."""
        found = self.pick(pick, "sent")
        if found is not None and found[1].really is None:
            found[1].really = min(charge, found[1].upper)

    @rule(pick=picks, kind=st.sampled_from([AnswerKind.FINAL, AnswerKind.FINAL, AnswerKind.EMPTY, AnswerKind.FAILED]))
    def settle(self, pick: int, kind: AnswerKind) -> None:
        """The answer arrives, sometimes long after its attempt was given up."""
        found = self.pick(pick, "in_doubt", "resolved", "sent", needs_arrival=True)
        if found is None:
            return
        attempt_id, attempt = found
        assumed = kind is AnswerKind.FAILED
        attempt.charge = attempt.upper if assumed else attempt.really or 0
        attempt.state, attempt.serves = "settled", not assumed
        basis = ChargeBasis.ASSUMED if assumed else ChargeBasis.STATED
        outcome = reading(attempt.charge * CREDIT, kind=kind, basis=basis)
        for _ in range(2):
            self.ledger.settle(attempt_id, outcome, response(attempt_id.encode()), self.clock())
        other = reading(attempt.charge * CREDIT, kind=kind)
        with pytest.raises(ConflictingSettlementError):
            self.ledger.settle(attempt_id, other, response(b"another answer"), self.clock())
        self.model.note_overrun()

    @rule(pick=picks, beyond=st.integers(1, 3))
    def settle_above_its_hold(self, pick: int, beyond: int) -> None:
        found = self.pick(pick, "sent")
        if found is None or found[1].really is not None:
            return
        attempt_id, attempt = found
        attempt.really = attempt.charge = attempt.upper + beyond
        attempt.state, attempt.serves = "settled", True
        self.ledger.settle(attempt_id, reading(attempt.charge * CREDIT), response(attempt_id.encode()), self.clock())
        self.model.note_overrun()

    @rule(pick=picks)
    def lose_the_answer(self, pick: int) -> None:
        if (found := self.pick(pick, "sent")) is None:
            return
        attempt_id, attempt = found
        attempt.state = "in_doubt" if attempt.upper else "voided"
        for _ in range(2):
            assert self.ledger.doubt(attempt_id, "no answer").value == attempt.state

    @rule(key=keys, charge=amounts, foreign=st.integers(0, 1))
    def doubt_then_reconcile_then_a_late_answer(self, key: str, charge: int, foreign: int) -> None:
        """The history that plain chance hardly ever finds."""
        known = set(self.model.attempts)
        self.begin(key, 4, ("plan", "plan/sub"), "always", "alive", dispatch=True)
        for attempt_id in set(self.model.attempts) - known:
            attempt = self.model.attempts[attempt_id]
            attempt.really = charge
            self.ledger.doubt(attempt_id, "no answer")
            attempt.state = "in_doubt"
            self.model.external += foreign
            if self.model.books("plan")[1] == 0:
                self.reconcile()
            self.ledger.settle(attempt_id, reading(charge * CREDIT), response(attempt_id.encode()), self.clock())
            attempt.charge, attempt.state, attempt.serves = charge, "settled", True
            self.model.note_overrun()

    @rule(pick=picks)
    def find_that_it_never_left(self, pick: int) -> None:
        found = self.pick(pick, "reserved", "sent", "in_doubt")
        if found is None or found[1].really is not None:
            return
        attempt_id, attempt = found
        self.act_as("dead" if attempt.owner == "alive" else "alive")
        with pytest.raises(FencedError):
            self.ledger.void(attempt_id, "says a stranger")
        self.act_as(attempt.owner)
        self.ledger.void(attempt_id, "never left")
        attempt.state = "voided"

    @rule(pick=picks, upper=amounts)
    def refuse_a_joined_request_and_ask_its_parts(self, pick: int, upper: int) -> None:
        """There was no room for all of them: the refusal is free, and each part is admitted by itself."""
        joined = [one for one, attempt in self.model.attempts.items() if attempt.state == "sent" and "+" in attempt.key]
        if not joined or self.model.attempts[joined[pick % len(joined)]].really is not None:
            return
        attempt_id = joined[pick % len(joined)]
        attempt = self.model.attempts[attempt_id]
        self.act_as(attempt.owner)
        self.ledger.void(attempt_id, "too many at once", response(attempt_id.encode()))
        attempt.state = "voided"
        for part in attempt.key.split("+"):
            self.begin(part, min(upper, attempt.upper), attempt.scopes, attempt.rule, attempt.owner, dispatch=True)

    @rule(pick=picks)
    def try_an_illegal_step(self, pick: int) -> None:
        if (found := self.pick(pick, "settled", "resolved", "reserved")) is None:
            return
        attempt_id, attempt = found
        step = self.ledger.doubt if attempt.state == "reserved" else self.ledger.void
        with pytest.raises(IllegalStepError):
            step(attempt_id, "?")

    @rule()
    def recover(self) -> None:
        self.act_as("alive")
        self.ledger.recover()
        for attempt in self.model.attempts.values():
            if attempt.state in OPEN and (attempt.owner == "dead" or self.clock().timestamp() >= attempt.lease_until):
                unsent = attempt.state == "reserved" or attempt.upper == 0
                attempt.state = "voided" if unsent else "in_doubt"

    @rule(seconds=st.sampled_from([1, 30, 700]))
    def time_passes(self, seconds: int) -> None:
        self.clock.turn(seconds=seconds)
        self.note_month()

    @rule(scope=st.sampled_from(["plan", "plan/sub"]), limit=st.integers(0, 15))
    def change_the_limit(self, scope: str, limit: int) -> None:
        if limit == self.model.limits[scope]:
            return
        self.desk.budget(limit * CREDIT, scope)
        self.model.limits[scope] = limit
        self.model.overrun[scope, "-"] = max(0, sum(self.model.books(scope)) - limit)

    @rule(scope=st.sampled_from(["plan", "plan/sub"]))
    def the_provider_refuses_altogether(self, scope: str) -> None:
        for _ in range(2):
            self.ledger.suspend_provider([scope], until=None, reason="no credits left")
        self.model.suspended.add(scope)

    @rule(scope=st.sampled_from(["plan", "plan/sub"]))
    def somebody_lifts_a_suspension(self, scope: str) -> None:
        lifted = self.ledger.resume_provider([scope], "lifted by hand")
        assert lifted == ([scope] if scope in self.model.suspended else [])
        self.model.suspended.discard(scope)

    @rule(amount=st.integers(1, 3))
    def somebody_else_uses_the_key(self, amount: int) -> None:
        self.model.external += amount

    @precondition(lambda self: self.model.books("plan")[1] == 0)
    @rule()
    def reconcile(self) -> None:
        verdict = self.compare_with_provider()
        charges = {record.attempt_id: record for record in self.ledger.attempts()}
        for attempt_id, attempt in self.model.attempts.items():
            record = charges[attempt_id]
            if verdict is not ReconciliationVerdict.DRIFT and attempt.state == "in_doubt":
                attempt.state = "resolved"
            if record.charge_microcredits is not None and attempt.state in {"resolved", "settled"}:
                if record.basis != "reconciled":
                    assert record.charge_microcredits == attempt.charge * CREDIT, "no firm charge is ever changed"
                attempt.charge = record.charge_microcredits // CREDIT
        external = [entry.spent_microcredits for entry in self.ledger.entries() if entry.kind == "external"]
        self.model.booked_external = sum(external) // CREDIT
        spent, _, in_doubt = self.model.books("plan")
        if verdict is ReconciliationVerdict.DRIFT:
            assert spent > self.model.used()
        else:
            assert (spent, in_doubt) == (self.model.used(), 0), "after reconciling both sides count the same"
        self.model.note_overrun()

    # -- invariants

    @invariant()
    def the_ledger_is_as_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self.ledger.check() == []
        for state in self.ledger.balances():
            spent, held, in_doubt = self.model.books(state.scope, state.period)
            assert (state.spent_microcredits, state.held_microcredits, state.in_doubt_microcredits) == (
                spent * CREDIT,
                held * CREDIT,
                in_doubt * CREDIT,
            )
            assert state.is_provider_suspended(self.clock()) == (state.scope in self.model.suspended)
            assert state.overrun_microcredits == self.model.overrun.get((state.scope, state.period), 0) * CREDIT
        states = {record.attempt_id: record.state.value for record in self.ledger.attempts()}
        assert states == {attempt_id: attempt.state for attempt_id, attempt in self.model.attempts.items()}
        for attempt in self.model.attempts.values():
            if attempt.state == "voided":
                assert not attempt.really or attempt.upper == 0, "whatever was charged is never voided"
        self.counts["steps"] += 1

    # -- helpers

    def act_as(self, owner: str) -> None:
        self.ledger._owner = lambda: self.owners[owner]

    def pick(self, pick: int, *states: str, needs_arrival: bool = False) -> tuple[str, Attempt] | None:
        found = [
            (attempt_id, attempt)
            for attempt_id, attempt in self.model.attempts.items()
            if attempt.state in states and (attempt.really is not None or not needs_arrival)
        ]
        return found[pick % len(found)] if found else None

    def entry_count(self) -> int:
        (entries,) = self.ledger._database.query(Count, "SELECT COUNT(*) AS count FROM entry WHERE kind <> 'limit'")
        return entries.count

    def compare_with_provider(self) -> ReconciliationVerdict:
        start = self.ledger.start_reconciliation("plan")
        left = (1_000 - self.model.used()) * CREDIT
        self.model.suspended.clear()
        balance = Balance(left_microcredits=left)
        return self.ledger.reconcile(start, balance, left_microcredits=left, lag_seconds=0).verdict
