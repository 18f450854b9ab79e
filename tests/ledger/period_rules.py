"""The steps of random histories that turn the billing period and state limits; no test here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Budget
from tests.ledger.ledger_model import MONTHS, Attempt, Model
from tests.ledger.scenery import CREDIT, ManualClock

MONTH_LIMIT = 9
MONTH_ENDS = datetime(2026, 11, 3, tzinfo=UTC)


class PeriodRules(RuleBasedStateMachine):
    """A budget `month` whose billing day comes on the second day of a history."""

    ledger: Ledger
    clock: ManualClock
    model: Model
    begin: Callable[..., None]

    def state_the_month(self, limit: int = MONTH_LIMIT) -> None:
        stated = Budget(scope="month", limit_microcredits=limit * CREDIT, billing_day=MONTH_ENDS.day)
        self.ledger.state_budgets([stated])

    @precondition(lambda self: self.model.month == MONTHS[0])
    @rule(milliseconds=st.sampled_from([-50, 0, 1]), key=st.sampled_from(["a", "b", "c"]))
    def the_month_ends(self, milliseconds: int, key: str) -> None:
        """Shortly before its end nothing is sent on it: a permit may be used 100 milliseconds late."""
        self.clock.now = max(self.clock.now, MONTH_ENDS + timedelta(milliseconds=milliseconds))
        self.note_month()
        self.begin(key, 1, ("plan", "month"), "always", "alive", dispatch=True)

    @rule(key=st.sampled_from(["a", "b", "c"]), limit=st.sampled_from([0, 8, 1_000]))
    def a_process_with_another_limit_asks(self, key: str, limit: int) -> None:
        """It gets nothing that costs, and changes no limit."""
        self.state_the_month(limit)
        self.model.states_another_limit = True
        self.begin(key, 1, ("plan", "month"), "always", "alive", dispatch=True)
        self.model.states_another_limit = False
        self.state_the_month()

    def note_month(self) -> None:
        """After the clock has moved."""
        self.model.month = MONTHS[self.clock() >= MONTH_ENDS]
        until_its_end = MONTH_ENDS - self.clock()
        self.model.is_month_ending = timedelta(0) < until_its_end < timedelta(milliseconds=100)

    def is_held_too_long(self, attempt: Attempt) -> bool:
        """Whether the period of a held attempt is over, or too near to its end to send it."""
        its_last_moment = MONTH_ENDS - timedelta(milliseconds=100)
        return "month" in attempt.scopes and attempt.period == MONTHS[0] and self.clock() > its_last_moment
