"""Limits, thresholds with the meaning of Snowflake's resource monitors, provider suspension, periods."""

from __future__ import annotations

from datetime import timedelta

import pytest

from creator_assets.ledger.reconciliation.records import Balance
from creator_assets.ledger.records import Budget, Granted, Hit, RefusalReason, Refused
from creator_assets.spending.failures import suspension_in_words
from tests.ledger.scenery import CREDIT, START, LedgerDriver, ManualClock, reading, response


def reason(outcome: object) -> RefusalReason:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


def test_setting_the_same_budget_again_changes_nothing(desk: LedgerDriver) -> None:
    before = desk.ledger.balances()
    desk.budget(100_000_000)
    assert desk.ledger.balances() == before


def test_a_limit_lowered_below_what_is_gone_is_recorded_as_overrun_and_admits_nothing(desk: LedgerDriver) -> None:
    desk.pay("a", 5 * CREDIT, upper=5 * CREDIT)
    desk.budget(3 * CREDIT)
    (state,) = desk.ledger.balances()
    assert (state.overrun_microcredits, state.left_microcredits) == (2 * CREDIT, 0)
    assert desk.ledger.notices()[-1].message == "the limit was set to 3, 2 below what is gone"
    assert reason(desk.ask("b", 1)) is RefusalReason.BUDGET
    desk.budget(6 * CREDIT)
    assert desk.ledger.balances()[0].overrun_microcredits == 0
    assert isinstance(desk.ask("b"), Granted)


def test_notify_tells_once_and_admits_on(desk: LedgerDriver) -> None:
    desk.budget(10 * CREDIT, notify=0.5)
    for number in range(7):
        desk.pay(f"key-{number}")
    notices = [notice for notice in desk.ledger.notices() if notice.level == "notify"]
    assert [notice.message for notice in notices] == ["5 of 10 credits are spent or in doubt"]


def test_suspend_lets_running_runs_finish_and_admits_no_others(desk: LedgerDriver) -> None:
    desk.budget(10 * CREDIT, suspend=0.5)
    desk.pay("a", 5 * CREDIT, upper=5 * CREDIT)
    newcomer = LedgerDriver(desk.ledger, run_id="run-2")
    assert reason(newcomer.ask("b")) is RefusalReason.SUSPENDED
    assert isinstance(desk.ask("b"), Granted)
    assert isinstance(newcomer.ask("a"), Hit), "what is archived costs nothing and is served"


def test_suspend_immediate_stops_everybody_even_what_was_held(desk: LedgerDriver) -> None:
    desk.budget(10 * CREDIT, suspend_immediate=0.5)
    (held,) = desk.begin(desk.want("held"), dispatch=False)
    desk.pay("a", 5 * CREDIT, upper=5 * CREDIT)
    assert reason(desk.ask("b")) is RefusalReason.STOPPED
    assert reason(desk.ledger.dispatch([held.attempt_id])[0]) is RefusalReason.STOPPED
    desk.budget(20 * CREDIT, suspend_immediate=0.5)
    assert isinstance(desk.ask("b"), Granted), "raising the limit lifts the suspension"


def test_doubt_counts_towards_thresholds_and_holds_do_not(desk: LedgerDriver) -> None:
    desk.budget(10 * CREDIT, suspend=0.5)
    granted = desk.granted("a", 6 * CREDIT)
    assert desk.ledger.balances()[0].suspended_at is None
    desk.ledger.doubt(granted.attempt_id, "timed out")
    assert desk.ledger.balances()[0].suspended_at is not None
    desk.ledger.settle(granted.attempt_id, reading(CREDIT), response(), desk.ledger.now())
    assert desk.ledger.balances()[0].suspended_at is None


def test_a_suspended_provider_admits_nothing_until_its_date(desk: LedgerDriver, clock: ManualClock) -> None:
    until = clock() + timedelta(hours=2)
    desk.ledger.suspend_provider(["plan"], until=until, reason="the monthly volume is used up")
    refused = desk.ask("key")
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.until) == (RefusalReason.PROVIDER_SUSPENDED, until)
    assert refused.message == "the monthly volume is used up"
    clock.turn(hours=2)
    assert isinstance(desk.ask("key"), Granted)


def test_a_suspension_without_a_date_lasts_until_it_is_lifted(desk: LedgerDriver, clock: ManualClock) -> None:
    desk.ledger.suspend_provider(["plan"], until=None, reason="no credits left")
    clock.turn(days=5)
    refused = desk.ask("key")
    assert isinstance(refused, Refused)
    assert refused.until is None
    assert (refused.message, refused.since) == ("no credits left", clock() - timedelta(days=5))
    assert desk.ledger.resume_provider(["plan"], "topped up") == ["plan"]
    assert desk.ledger.resume_provider(["plan"], "topped up") == []
    assert isinstance(desk.ask("key"), Granted)
    assert [(notice.level, notice.message) for notice in desk.ledger.notices()] == [
        ("provider_suspended", "no credits left"),
        ("provider_resumed", "topped up"),
    ]


def test_requests_that_are_refused_together_suspend_once_for_the_first_reason(
    desk: LedgerDriver, clock: ManualClock
) -> None:
    for reason_ in ("the key was refused", "no credits left"):
        desk.ledger.suspend_provider(["plan"], until=None, reason=reason_)
        desk.ledger.suspend_provider(["plan"], until=clock() + timedelta(hours=1), reason="a volume")
        clock.turn(hours=1)
    (state,) = desk.ledger.balances()
    assert state.is_provider_suspended(clock())
    assert suspension_in_words(state) == (
        f"plan: paid requests are suspended since {clock() - timedelta(hours=2):%Y-%m-%d %H:%M} UTC (the key was "
        "refused). Fix the cause, then run `creator-assets budget --resume plan`. If the provider reports its balance, "
        "the hourly job `books` resumes it once there are credits."
    )
    assert len(desk.ledger.notices()) == 1


def test_a_new_period_begins_without_the_suspension_of_the_old_one(desk: LedgerDriver) -> None:
    for period in ("2026-11", "2026-12"):
        desk.ledger.set_budgets([Budget(scope="api", period=period, limit_microcredits=CREDIT)])
        if period == "2026-11":
            desk.ledger.suspend_provider(["api"], until=None, reason="no credits left")
            assert reason(desk.ask("key", budgets=("api",))) is RefusalReason.PROVIDER_SUSPENDED
    assert isinstance(desk.ask("key", budgets=("api",)), Granted)


def test_what_was_held_before_a_suspension_is_not_sent_during_it(desk: LedgerDriver) -> None:
    (held,) = desk.begin(desk.want("held"), dispatch=False)
    desk.ledger.suspend_provider(["plan"], until=None, reason="no credits left")
    assert reason(desk.ledger.dispatch([held.attempt_id])[0]) is RefusalReason.PROVIDER_SUSPENDED


@pytest.mark.parametrize(("left", "is_lifted"), [(CREDIT, True), (0, False), (None, False)])
def test_a_balance_with_credits_lifts_that_providers_suspensions_without_a_date(
    desk: LedgerDriver, clock: ManualClock, left: int | None, is_lifted: bool
) -> None:
    for scope in ("api", "api/part", "apiary", "api/dated"):
        desk.budget(CREDIT, scope)
    desk.ledger.suspend_provider(["api", "api/part", "apiary"], until=None, reason="no credits left")
    desk.ledger.suspend_provider(["api/dated"], until=clock() + timedelta(days=3), reason="a volume")
    clock.turn(minutes=1)
    desk.ledger.reconcile(desk.ledger.start_reconciliation("api"), Balance(used_microcredits=0), left_microcredits=left)
    suspended = {state.scope for state in desk.ledger.balances() if state.is_provider_suspended(clock())}
    assert suspended == ({"apiary", "api/dated"} if is_lifted else {"api", "api/part", "apiary", "api/dated"})


def test_a_balance_that_was_asked_for_before_the_suspension_lifts_nothing(
    desk: LedgerDriver, clock: ManualClock
) -> None:
    start = desk.ledger.start_reconciliation("plan")
    clock.turn(seconds=1)
    desk.ledger.suspend_provider(["plan"], until=None, reason="no credits left")
    desk.ledger.reconcile(start, Balance(used_microcredits=0), left_microcredits=CREDIT)
    assert desk.ledger.balances()[0].is_provider_suspended(clock())


@pytest.mark.parametrize("is_dated", [True, False])
def test_a_suspension_of_an_earlier_period_lifts_none_of_the_present_one(
    desk: LedgerDriver, clock: ManualClock, is_dated: bool
) -> None:
    desk.ledger.set_budgets([Budget(scope="api", period="2026-11", limit_microcredits=CREDIT)])
    desk.ledger.suspend_provider(["api"], until=None, reason="no credits left")
    desk.ledger.set_budgets([Budget(scope="api", period="2026-12", limit_microcredits=CREDIT)])
    clock.turn(minutes=1)
    start = None if is_dated else desk.ledger.start_reconciliation("api")
    clock.turn(seconds=1)
    until = clock() + timedelta(days=3) if is_dated else None
    desk.ledger.suspend_provider(["api"], until=until, reason="a volume" if is_dated else "no credits left")
    clock.turn(minutes=1)
    start = start or desk.ledger.start_reconciliation("api")
    desk.ledger.reconcile(start, Balance(used_microcredits=0), left_microcredits=CREDIT)
    (present,) = [state for state in desk.ledger.balances() if state.scope == "api" and state.is_current]
    assert present.is_provider_suspended(clock())


def test_a_period_that_is_over_admits_nothing_and_the_next_one_starts_afresh(
    desk: LedgerDriver, clock: ManualClock
) -> None:
    november = Budget(scope="api", period="2026-11", limit_microcredits=CREDIT, ends_at=START + timedelta(days=2))
    desk.ledger.set_budgets([november])
    desk.pay("a", budgets=("api",))
    clock.turn(days=1)
    assert reason(desk.ask("b", budgets=("api",))) is RefusalReason.PERIOD_OVER
    desk.ledger.set_budgets([Budget(scope="api", period="2026-12", limit_microcredits=CREDIT)])
    desk.pay("b", budgets=("api",))
    states = {state.period: state for state in desk.ledger.balances() if state.scope == "api"}
    assert [(period, state.spent_microcredits, state.is_current) for period, state in states.items()] == [
        ("2026-11", CREDIT, False),
        ("2026-12", CREDIT, True),
    ]


@pytest.mark.parametrize("limit", [0, 1])
def test_free_calls_need_no_room(desk: LedgerDriver, limit: int) -> None:
    desk.budget(limit)
    assert isinstance(desk.ask("key", 0), Granted)
