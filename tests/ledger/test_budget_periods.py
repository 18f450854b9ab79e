"""Which period a credit is booked on, who decides about a limit, and what is due too late to be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from creator_assets.ledger.book_records import BudgetState
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Budget, Granted, Outcome, RefusalReason, Refused, Window
from creator_assets.providers.contract.operations import Rate
from tests.ledger.scenery import CREDIT, LedgerDriver, ManualClock, open_ledger, reading, response

LATE_NOVEMBER = datetime(2026, 11, 30, 12, tzinfo=UTC)
LONG = Window(
    start=datetime(2026, 1, 1, tzinfo=UTC),
    end=datetime(2028, 1, 1, tzinfo=UTC),
    reuse_since=datetime(2026, 1, 1, tzinfo=UTC),
)

Open = Callable[..., LedgerDriver]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(LATE_NOVEMBER)


@pytest.fixture
def process(target: str | Path, clock: ManualClock) -> Iterator[Open]:
    """Opens the one ledger as a process with its own clock and its own settings. The books are in order at the end."""
    opened: list[Ledger] = []

    def open_(
        limit: int = 10, *, ahead: timedelta = timedelta(0), billing_day: int = 1, **changes: object
    ) -> LedgerDriver:
        timed = ManualClock(clock() + ahead) if ahead else clock
        ledger = open_ledger(target, timed)
        opened.append(ledger)
        desk = LedgerDriver(ledger)
        desk.window = LONG
        stated = Budget(scope="api", limit_microcredits=limit * CREDIT, billing_day=billing_day)
        ledger.state_budgets([msgspec.structs.replace(stated, **changes)])
        return desk

    yield open_
    for ledger in opened:
        assert ledger.check() == []
        ledger.close()


def spend(desk: LedgerDriver, count: int, prefix: str) -> list[Outcome]:
    """Ask for requests of one credit each, and pay for those that are admitted."""
    outcomes: list[Outcome] = []
    for number in range(count):
        outcome = desk.ask(f"{prefix}{number}", budgets=("api",))
        outcomes.append(outcome)
        if isinstance(outcome, Granted):
            answer = response(outcome.attempt_id.encode())
            desk.ledger.settle(outcome.attempt_id, reading(CREDIT), answer, desk.ledger.now())
    return outcomes


def admitted(outcomes: list[Outcome]) -> int:
    return sum(isinstance(outcome, Granted) for outcome in outcomes)


def present(desk: LedgerDriver) -> BudgetState:
    (state,) = [one for one in desk.ledger.balances() if one.scope == "api" and one.is_current]
    return state


def only(outcome: Outcome) -> RefusalReason:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


# -- one period, one budget


def test_a_process_with_a_clock_ahead_opens_no_second_budget(process: Open) -> None:
    here = process()
    assert admitted(spend(here, 11, "a")) == 10
    ahead = process(ahead=timedelta(days=1))
    assert present(ahead).period == "2026-12"
    assert admitted(spend(here, 3, "b")) == 0
    assert (present(here).period, present(here).spent_microcredits) == ("2026-11", 10 * CREDIT)


def test_what_a_clock_ahead_buys_counts_in_the_period_of_its_own_time(process: Open, clock: ManualClock) -> None:
    here, ahead = process(), process(ahead=timedelta(days=1))
    assert admitted(spend(ahead, 4, "a")) == 4
    assert admitted(spend(here, 11, "b")) == 10
    clock.turn(days=1)
    assert present(here).spent_microcredits == 4 * CREDIT
    assert admitted(spend(here, 11, "c")) == 6


def test_reading_writes_nothing(process: Open) -> None:
    here = process()
    before = list(here.ledger.entries())
    assert (present(here).period, present(here).limit_microcredits) == ("2026-11", 10 * CREDIT)
    assert here.ledger.disagreements() == []
    assert list(here.ledger.entries()) == before == []


def test_a_process_that_goes_on_past_the_end_books_on_the_next_period(process: Open, clock: ManualClock) -> None:
    here = process()
    assert admitted(spend(here, 10, "a")) == 10
    clock.turn(hours=12)
    assert admitted(spend(here, 11, "b")) == 10
    assert [(one.period, one.spent_microcredits) for one in here.ledger.balances()] == [
        ("2026-11", 10 * CREDIT),
        ("2026-12", 10 * CREDIT),
    ]


@pytest.mark.parametrize(("before", "after", "ends"), [(1, 15, (2026, 12, 15)), (15, 1, (2027, 1, 1))])
def test_another_billing_day_opens_no_second_budget(
    process: Open, clock: ManualClock, before: int, after: int, ends: tuple[int, int, int]
) -> None:
    assert admitted(spend(process(billing_day=before), 10, "a")) == 10
    changed = process(billing_day=after)
    end = datetime(*ends, tzinfo=UTC)
    while clock() < end - timedelta(days=1):
        assert admitted(spend(changed, 1, f"{clock()}")) == 0
        clock.turn(days=1)
    clock.now = end
    assert admitted(spend(changed, 11, "c")) == 10


def test_an_attempt_outside_the_period_of_its_budget_is_found(process: Open) -> None:
    here = process()
    spend(here, 1, "a")
    with here.ledger._database.write() as tx:
        tx.execute("UPDATE budget SET starts_us = ends_us - 1")
    assert [one for one in here.ledger.check() if "period does not contain" in one]
    with here.ledger._database.write() as tx:
        tx.execute("UPDATE budget SET starts_us = NULL")


# -- who decides about a limit


def test_a_process_with_a_larger_limit_is_refused_and_changes_nothing(process: Open) -> None:
    here = process(10)
    spend(here, 1, "a")
    other = process(1_000)
    (refused,) = spend(other, 1, "b")
    assert only(refused) is RefusalReason.LIMIT_DISAGREES
    assert isinstance(refused, Refused)
    assert "10 credits in the ledger, and 1000 by the settings" in refused.message
    assert present(other).limit_microcredits == present(here).limit_microcredits == 10 * CREDIT
    (differs,) = other.ledger.disagreements()
    assert (differs.stated_microcredits, differs.limit_microcredits) == (1_000 * CREDIT, 10 * CREDIT)
    assert here.ledger.disagreements() == []


def test_a_limit_that_is_set_holds_for_all_and_leaves_a_notice(process: Open, clock: ManualClock) -> None:
    here = process(10)
    spend(here, 1, "a")
    other = process(20)
    other.ledger.set_limits({"api": 20 * CREDIT})
    (notice,) = other.ledger.notices()
    assert (notice.level, notice.at) == ("limit", clock())
    assert notice.message.startswith("the limit was changed from 10 to 20 on ")
    assert "2026-11-30 12:00 UTC" in notice.message
    assert admitted(spend(other, 1, "b")) == 1
    assert only(spend(here, 1, "c")[0]) is RefusalReason.LIMIT_DISAGREES
    clock.turn(days=1)
    assert present(other).limit_microcredits == 20 * CREDIT, "the next period has the limit of the ledger"
    assert only(spend(here, 1, "c")[0]) is RefusalReason.LIMIT_DISAGREES


def test_the_first_limit_above_zero_is_taken_from_the_settings(process: Open) -> None:
    assert only(spend(process(0), 1, "a")[0]) is RefusalReason.BUDGET
    assert admitted(spend(process(10), 1, "b")) == 1
    assert only(spend(process(0), 1, "c")[0]) is RefusalReason.LIMIT_DISAGREES


def test_a_limit_that_was_set_to_zero_is_not_taken_from_the_settings(process: Open) -> None:
    here = process(10)
    here.ledger.set_limits({"api": 0})
    assert only(spend(here, 1, "a")[0]) is RefusalReason.LIMIT_DISAGREES


def test_a_brief_changes_its_campaigns_limit_with_a_notice(process: Open) -> None:
    here = process(10, billing_day=None, follows_brief=True)
    spend(here, 10, "a")
    assert here.ledger.notices() == []
    edited = process(12, billing_day=None, follows_brief=True)
    assert here.ledger.notices() == [], "reading the brief changes nothing"
    assert admitted(spend(edited, 3, "b")) == 2
    (notice,) = edited.ledger.notices()
    assert notice.message.startswith("the limit was changed from 10 to 12 on ")


# -- what is due too late


@pytest.mark.parametrize(("seconds", "is_sent"), [(75, True), (74, False)])
def test_a_request_leaves_only_if_its_answer_fits_into_the_period(
    process: Open, clock: ManualClock, seconds: int, is_sent: bool
) -> None:
    here = process()
    clock.now = datetime(2026, 12, 1, tzinfo=UTC) - timedelta(seconds=seconds) - timedelta(milliseconds=100)
    want = msgspec.structs.replace(here.want("a", budgets=("api",)), longest_seconds=75.0)
    (outcome,) = here.begin(want)
    assert isinstance(outcome, Granted if is_sent else Refused)
    if isinstance(outcome, Refused):
        assert (outcome.reason, outcome.message) == (
            RefusalReason.ENDS_SOON,
            "its answer could arrive after the billing period of api ends",
        )
        assert present(here).held_microcredits == 0
        clock.now = datetime(2026, 12, 1, tzinfo=UTC)
        assert isinstance(here.ask("a", budgets=("api",)), Granted)
        assert present(here).period == "2026-12"


@pytest.mark.parametrize("dispatch", [True, False])
def test_a_request_leaves_only_if_its_answer_fits_into_the_window(process: Open, dispatch: bool) -> None:
    here = process()
    end = here.ledger.now() + timedelta(seconds=75)
    want = msgspec.structs.replace(here.want("a", budgets=("api",)), longest_seconds=75.0)
    window = msgspec.structs.replace(LONG, end=end)
    assert only(here.begin(want, window=window, dispatch=dispatch)[0]) is RefusalReason.ENDS_SOON
    assert present(here).held_microcredits == 0


def test_a_permit_that_was_missed_is_not_swapped_for_one_that_is_too_late(process: Open, clock: ManualClock) -> None:
    here = process()
    clock.now = datetime(2026, 12, 1, tzinfo=UTC) - timedelta(seconds=90)
    rate = Rate(scope="api", permits=100, per_seconds=1)
    want = msgspec.structs.replace(here.want("a", budgets=("api",), rates=(rate,)), longest_seconds=75.0)
    held = msgspec.structs.replace(here.want("b", budgets=("api",), rates=(rate,)), longest_seconds=75.0)
    (granted,) = here.begin(want)
    here.begin(held, dispatch=False)
    clock.turn(seconds=20)
    assert isinstance(granted, Granted)
    for outcome in (here.ledger.postpone(granted.attempt_id), *here.ledger.dispatch([held.attempt_id])):
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.ENDS_SOON
        here.ledger.void(outcome.attempt_id, "too late")
    assert present(here).held_microcredits == 0
