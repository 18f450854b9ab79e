"""Comparing the books with the provider's own balance."""

from __future__ import annotations

from datetime import timedelta

import pytest

from creator_assets.ledger.reconciliation.records import (
    Balance,
    Reconciliation,
    ReconciliationStart,
    ReconciliationVerdict,
)
from creator_assets.ledger.records import AttemptState, Budget, Granted
from creator_assets.providers.contract.operations import ChargeBasis
from tests.ledger.scenery import CREDIT, LedgerDriver, ManualClock, reading, response


def compare(desk: LedgerDriver, *, lag_seconds: float = 0, rebase: bool = False, **balance: int) -> Reconciliation:
    start = desk.ledger.start_reconciliation("plan")
    return desk.ledger.reconcile(start, Balance(**balance), lag_seconds=lag_seconds, rebase=rebase)


def used(desk: LedgerDriver, credits_used: float, **options: float) -> Reconciliation:
    return compare(desk, used_microcredits=round(credits_used * CREDIT), **options)  # type: ignore[arg-type]


def left(desk: LedgerDriver, credits_left: float, **options: float) -> Reconciliation:
    return compare(desk, left_microcredits=round(credits_left * CREDIT), **options)  # type: ignore[arg-type]


def in_doubt(desk: LedgerDriver, key: str, upper: int = CREDIT) -> str:
    granted = desk.granted(key, upper)
    desk.ledger.doubt(granted.attempt_id, "timed out")
    return granted.attempt_id


def states(desk: LedgerDriver) -> dict[str, tuple[AttemptState, int | None]]:
    return {record.request_key: (record.state, record.charge_microcredits) for record in desk.ledger.attempts()}


def test_equal_books_agree(desk: LedgerDriver) -> None:
    assert used(desk, 3).verdict is ReconciliationVerdict.BASELINE
    desk.pay("a")
    agreed = used(desk, 4)
    assert (agreed.verdict, agreed.drift_microcredits) == (ReconciliationVerdict.AGREED, 0)
    assert desk.ledger.drift() == []


def test_a_balance_of_what_is_left_serves_as_well(desk: LedgerDriver) -> None:
    assert left(desk, 500).verdict is ReconciliationVerdict.BASELINE
    desk.pay("a")
    assert left(desk, 499).verdict is ReconciliationVerdict.AGREED


def test_a_counter_of_use_that_fits_the_books_counts_from_the_beginning(desk: LedgerDriver) -> None:
    desk.pay("a")
    in_doubt(desk, "b", 5 * CREDIT)
    assert used(desk, 6).verdict is ReconciliationVerdict.BASELINE
    assert used(desk, 6).verdict is ReconciliationVerdict.RESOLVED
    assert states(desk)["b"] == (AttemptState.RESOLVED, 5 * CREDIT)


def test_doubt_before_the_first_known_balance_counts_as_it_can_at_worst(desk: LedgerDriver) -> None:
    in_doubt(desk, "a", 5 * CREDIT)
    assert left(desk, 500).verdict is ReconciliationVerdict.BASELINE
    assert desk.books() == (5 * CREDIT, 0, 0)


@pytest.mark.parametrize(
    ("surplus", "expected"),
    [
        (0, [0, 0, 0]),
        (1, [1, 0, 0]),
        (12, [10, 2, 0]),
        (26, [10, 10, 6]),
        (30, [10, 10, 10]),
    ],
)
def test_a_surplus_within_the_doubt_resolves_it_by_amount(
    desk: LedgerDriver, clock: ManualClock, surplus: int, expected: list[int]
) -> None:
    left(desk, 500)
    desk.pay("paid")
    for key in ("a", "b", "c"):
        in_doubt(desk, key, 10 * CREDIT)
        clock.turn(seconds=1)
    assert left(desk, 499 - surplus).verdict is ReconciliationVerdict.RESOLVED
    assert [states(desk)[key] for key in ("a", "b", "c")] == [
        (AttemptState.RESOLVED, charge * CREDIT) for charge in expected
    ]
    assert desk.books() == ((1 + surplus) * CREDIT, 0, 0)
    assert left(desk, 499 - surplus).verdict is ReconciliationVerdict.AGREED
    assert isinstance(desk.ask("a"), Granted), "what is resolved may be asked again"


def test_a_surplus_beyond_the_doubt_is_foreign_use_and_lessens_what_may_be_spent(desk: LedgerDriver) -> None:
    desk.budget(20 * CREDIT)
    left(desk, 500)
    in_doubt(desk, "a", 2 * CREDIT)
    found = left(desk, 500 - 7)
    assert (found.verdict, found.drift_microcredits) == (ReconciliationVerdict.EXTERNAL, 5 * CREDIT)
    assert desk.books() == (7 * CREDIT, 0, 0)
    assert desk.ledger.notices()[-1].message.startswith("5 credits were used that no call of ours explains")
    assert [drift.drift_microcredits for drift in desk.ledger.drift()] == [5 * CREDIT]
    assert left(desk, 493).verdict is ReconciliationVerdict.AGREED
    assert desk.ledger.drift() == []


def test_foreign_use_beyond_the_limit_is_recorded_as_overrun(desk: LedgerDriver) -> None:
    desk.budget(3 * CREDIT)
    left(desk, 500)
    assert left(desk, 490).verdict is ReconciliationVerdict.EXTERNAL
    (state,) = desk.ledger.balances()
    assert (state.spent_microcredits, state.overrun_microcredits) == (10 * CREDIT, 7 * CREDIT)


def test_a_deficit_is_an_alarm_and_nothing_is_lowered(desk: LedgerDriver, clock: ManualClock) -> None:
    left(desk, 500)
    desk.pay("a", 5 * CREDIT, upper=5 * CREDIT)
    clock.turn(hours=1)
    first = clock()
    assert left(desk, 498).verdict is ReconciliationVerdict.DRIFT
    clock.turn(hours=1)
    assert left(desk, 498).drift_microcredits == -3 * CREDIT
    assert desk.books() == (5 * CREDIT, 0, 0)
    (drift,) = desk.ledger.drift()
    assert (drift.drift_microcredits, drift.since) == (-3 * CREDIT, first)
    assert left(desk, 1498, rebase=True).verdict is ReconciliationVerdict.BASELINE
    assert left(desk, 1498).verdict is ReconciliationVerdict.AGREED


def test_assumed_charges_are_corrected_when_the_provider_took_less(desk: LedgerDriver) -> None:
    left(desk, 500)
    for key in ("a", "b"):
        granted = desk.granted(key, 30 * CREDIT)
        assumed = reading(30 * CREDIT, basis=ChargeBasis.ASSUMED)
        desk.ledger.settle(granted.attempt_id, assumed, response(key.encode()), desk.ledger.now())
    assert left(desk, 500 - 40).verdict is ReconciliationVerdict.RESOLVED
    assert desk.books() == (40 * CREDIT, 0, 0)
    assert {record.basis for record in desk.ledger.attempts()} == {"reconciled"}
    assert left(desk, 460).verdict is ReconciliationVerdict.AGREED


def test_a_difference_must_stand_for_as_long_as_the_balance_may_lag(desk: LedgerDriver, clock: ManualClock) -> None:
    left(desk, 500)
    in_doubt(desk, "a", 5 * CREDIT)
    assert left(desk, 500, lag_seconds=60).verdict is ReconciliationVerdict.UNCONFIRMED
    clock.turn(seconds=30)
    assert left(desk, 500, lag_seconds=60).verdict is ReconciliationVerdict.UNCONFIRMED
    clock.turn(seconds=31)
    assert left(desk, 495, lag_seconds=60).verdict is ReconciliationVerdict.UNCONFIRMED, "the balance had lagged"
    clock.turn(seconds=61)
    assert left(desk, 495, lag_seconds=60).verdict is ReconciliationVerdict.RESOLVED
    assert desk.books() == (5 * CREDIT, 0, 0)


def test_a_movement_between_the_token_and_the_judgement_forbids_an_exact_one(desk: LedgerDriver) -> None:
    left(desk, 500)
    in_doubt(desk, "a", 5 * CREDIT)
    start = desk.ledger.start_reconciliation("plan")
    desk.pay("b")
    judged = desk.ledger.reconcile(start, Balance(left_microcredits=500 * CREDIT), lag_seconds=0)
    assert judged.verdict is ReconciliationVerdict.WITHIN_BOUNDS
    assert desk.books() == (CREDIT, 0, 5 * CREDIT)


def test_calls_under_way_forbid_an_exact_judgement_but_not_an_alarm(desk: LedgerDriver) -> None:
    left(desk, 500)
    desk.granted("a", 5 * CREDIT)
    start: ReconciliationStart = desk.ledger.start_reconciliation("plan")
    assert not start.is_idle
    assert left(desk, 497).verdict is ReconciliationVerdict.WITHIN_BOUNDS
    beyond = left(desk, 490)
    assert (beyond.verdict, beyond.drift_microcredits) == (ReconciliationVerdict.UNCONFIRMED, 10 * CREDIT)
    assert [drift.drift_microcredits for drift in desk.ledger.drift()] == [10 * CREDIT]


def test_doubt_of_a_closed_period_counts_at_its_worst(desk: LedgerDriver) -> None:
    desk.ledger.set_budgets([Budget(scope="api", period="2026-11", limit_microcredits=50 * CREDIT)])
    granted = desk.granted("a", 5 * CREDIT, budgets=("api",))
    desk.ledger.doubt(granted.attempt_id, "timed out")
    desk.ledger.set_budgets([Budget(scope="api", period="2026-12", limit_microcredits=50 * CREDIT)])
    start = desk.ledger.start_reconciliation("api")
    assert desk.ledger.reconcile(start, Balance(used_microcredits=0)).verdict is ReconciliationVerdict.BASELINE
    assert states(desk)["a"] == (AttemptState.RESOLVED, 5 * CREDIT)


def test_every_comparison_is_kept(desk: LedgerDriver, clock: ManualClock) -> None:
    left(desk, 500)
    clock.turn(hours=1)
    left(desk, 500)
    kept = desk.ledger.reconciliations("plan")
    assert [record.verdict for record in kept] == [ReconciliationVerdict.AGREED, ReconciliationVerdict.BASELINE]
    assert kept[0].at - kept[1].at == timedelta(hours=1)


@pytest.mark.parametrize("balance", [{}, {"used_microcredits": 1, "left_microcredits": 1}])
def test_a_balance_says_one_thing(balance: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="one of them"):
        Balance(**balance)
