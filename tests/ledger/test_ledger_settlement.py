"""After the send: charges, voids, doubts, late truths, and who may say what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from creator_assets.ledger.booking import budgets
from creator_assets.ledger.errors import (
    BooksRefusedError,
    ConflictingSettlementError,
    FencedError,
    IllegalStepError,
    UnknownAttemptError,
)
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.reconciliation.records import Balance
from creator_assets.ledger.records import AttemptState, Granted, Settlement
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis
from tests.ledger.scenery import CREDIT, LedgerDriver, reading, response


def other_process(desk: LedgerDriver) -> Ledger:
    """The same ledger as a process sees it that lives elsewhere."""
    ledger = desk.ledger
    return Ledger(
        ledger._database, realm="test", clock=ledger._clock, sleep=ledger._sleep, owner=lambda: "elsewhere:7:1"
    )


def test_a_charge_above_its_hold_is_recorded_and_alarmed_never_clamped(desk: LedgerDriver) -> None:
    desk.budget(10 * CREDIT)
    granted = desk.granted("key", 9 * CREDIT)
    desk.ledger.settle(granted.attempt_id, reading(12 * CREDIT), response(), desk.ledger.now())
    (state,) = desk.ledger.balances()
    assert (state.spent_microcredits, state.overrun_microcredits, state.left_microcredits) == (
        12 * CREDIT,
        2 * CREDIT,
        0,
    )
    levels = {notice.level: notice.message for notice in desk.ledger.notices()}
    assert levels["overrun"].startswith("2 credits beyond the limit of 10")
    assert levels["above_hold"] == "operation cost 12 credits, at most 9 were expected"


def test_settling_twice_is_settling_once(desk: LedgerDriver) -> None:
    granted = desk.granted("key")
    for _ in range(2):
        state = desk.ledger.settle(granted.attempt_id, reading(), response(), desk.ledger.now())
        assert state is AttemptState.SETTLED
    assert desk.books() == (CREDIT, 0, 0)
    assert [entry.kind for entry in desk.ledger.entries()] == ["limit", "hold", "settle"]


@pytest.mark.parametrize(("charge", "body"), [(CREDIT - 1, b"one"), (CREDIT, b"two")])
def test_settling_again_with_something_else_is_refused(desk: LedgerDriver, charge: int, body: bytes) -> None:
    granted = desk.granted("key")
    desk.ledger.settle(granted.attempt_id, reading(CREDIT), response(b"one"), desk.ledger.now())
    with pytest.raises(ConflictingSettlementError):
        desk.ledger.settle(granted.attempt_id, reading(charge), response(body), desk.ledger.now())
    assert desk.books() == (CREDIT, 0, 0)


def test_several_answers_settle_together_or_not_at_all(desk: LedgerDriver) -> None:
    first, second = desk.granted("a"), desk.granted("b")
    now = desk.ledger.now()
    good = Settlement(attempt_id=first.attempt_id, response_outcome=reading(), response=response(), observed_at=now)
    bad = Settlement(attempt_id="unknown", response_outcome=reading(), response=response(), observed_at=now)
    with pytest.raises(UnknownAttemptError):
        desk.ledger.settle_all([good, bad])
    assert desk.books() == (0, 2 * CREDIT, 0)
    other = Settlement(
        attempt_id=second.attempt_id, response_outcome=reading(), response=response(b"b"), observed_at=now
    )
    assert desk.ledger.settle_all([good, other]) == [AttemptState.SETTLED] * 2
    assert desk.books() == (2 * CREDIT, 0, 0)


@pytest.mark.parametrize("kind", [AnswerKind.DAMAGED, AnswerKind.FAILED])
def test_damage_and_failures_are_kept_and_charged_but_never_served(desk: LedgerDriver, kind: AnswerKind) -> None:
    granted = desk.granted("key")
    desk.ledger.settle(
        granted.attempt_id,
        reading(CREDIT, kind=kind, basis=ChargeBasis.ASSUMED),
        response(b"{", 500),
        desk.ledger.now(),
    )
    assert desk.books() == (CREDIT, 0, 0)
    assert desk.ledger.look_up("key", desk.window) is None
    (attempt,) = desk.ledger.attempts()
    assert (attempt.kind, attempt.status, attempt.basis) == (kind, 500, "assumed")
    assert isinstance(desk.ask("key"), Granted)


def test_a_void_keeps_the_answer_for_diagnosis_and_costs_nothing(desk: LedgerDriver) -> None:
    granted = desk.granted("key")
    assert desk.ledger.void(granted.attempt_id, "documented as free", response(b"no", 404)) is AttemptState.VOIDED
    assert desk.ledger.void(granted.attempt_id, "again") is AttemptState.VOIDED
    assert desk.books() == (0, 0, 0)
    (attempt,) = desk.ledger.attempts()
    assert (attempt.kind, attempt.status, attempt.note) == (AnswerKind.FAILED, 404, "documented as free")
    assert isinstance(desk.ask("key"), Granted)


def test_a_late_answer_settles_what_was_in_doubt_or_resolved(desk: LedgerDriver) -> None:
    granted = desk.granted("key", 20 * CREDIT)
    assert desk.ledger.doubt(granted.attempt_id, "timed out") is AttemptState.IN_DOUBT
    assert desk.books() == (0, 0, 20 * CREDIT)
    desk.ledger.settle(granted.attempt_id, reading(CREDIT), response(), desk.ledger.now())
    assert desk.books() == (CREDIT, 0, 0)
    assert desk.ledger.doubt(granted.attempt_id, "too late to doubt") is AttemptState.SETTLED


def test_a_late_answer_replaces_what_the_pool_had_assigned(desk: LedgerDriver) -> None:
    granted = desk.granted("key", 20 * CREDIT)
    desk.ledger.doubt(granted.attempt_id, "timed out")
    desk.ledger.reconcile(desk.ledger.start_reconciliation("plan"), Balance(left_microcredits=0), lag_seconds=0)
    assert desk.books() == (20 * CREDIT, 0, 0)
    desk.ledger.settle(granted.attempt_id, reading(CREDIT), response(), desk.ledger.now())
    assert desk.books() == (CREDIT, 0, 0)


def test_doubt_about_a_free_call_is_no_doubt(desk: LedgerDriver) -> None:
    granted = desk.granted("key", 0)
    assert desk.ledger.doubt(granted.attempt_id, "timed out") is AttemptState.VOIDED


def test_what_was_never_dispatched_is_not_in_doubt(desk: LedgerDriver) -> None:
    (held,) = desk.begin(desk.want("key"), dispatch=False)
    with pytest.raises(IllegalStepError, match="void it"):
        desk.ledger.doubt(held.attempt_id, "?")
    with pytest.raises(IllegalStepError, match="only what was sent"):
        desk.ledger.settle(held.attempt_id, reading(), response(), desk.ledger.now())


def test_only_the_owner_may_say_that_a_request_never_left(desk: LedgerDriver) -> None:
    granted = desk.granted("key")
    with pytest.raises(FencedError, match="belongs to another process"):
        other_process(desk).void(granted.attempt_id, "I think")
    desk.ledger.doubt(granted.attempt_id, "slept past the lease")
    with pytest.raises(FencedError, match="belongs to another process"):
        other_process(desk).void(granted.attempt_id, "I think")
    assert desk.ledger.void(granted.attempt_id, "woke up and did not send") is AttemptState.VOIDED


def test_what_is_settled_cannot_be_voided(desk: LedgerDriver) -> None:
    attempt_id = desk.pay("key")
    with pytest.raises(IllegalStepError, match="is settled"):
        desk.ledger.void(attempt_id, "never mind")


def test_an_unknown_attempt_is_named(desk: LedgerDriver) -> None:
    with pytest.raises(UnknownAttemptError, match="was never admitted"):
        desk.ledger.doubt("unknown", "?")


def test_balances_are_the_sums_of_the_entries(desk: LedgerDriver) -> None:
    desk.pay("a", CREDIT // 3)
    desk.ledger.doubt(desk.granted("b", 5 * CREDIT).attempt_id, "timed out")
    desk.ledger.void(desk.granted("c", 7 * CREDIT).attempt_id, "no connection")
    desk.granted("d", 2 * CREDIT)
    entries = list(desk.ledger.entries())
    assert desk.books() == (
        sum(entry.spent_microcredits for entry in entries),
        sum(entry.held_microcredits for entry in entries),
        sum(entry.in_doubt_microcredits for entry in entries),
    )
    assert list(desk.ledger.entries(after_seq=entries[-2].seq)) == entries[-1:]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET spent_microcredits = 0",
        "DELETE FROM entry",
        "UPDATE response SET status = 200",
        "DELETE FROM response",
        "DELETE FROM attempt",
        "UPDATE attempt SET state = 'voided' WHERE state = 'settled'",
        "UPDATE attempt SET state = 'sent' WHERE state = 'settled'",
        "UPDATE budget SET held_microcredits = limit_microcredits + 1",
        "UPDATE budget SET spent_microcredits = -1",
    ],
)
def test_the_database_itself_refuses_to_falsify_the_books(desk: LedgerDriver, statement: str) -> None:
    desk.pay("key")
    with pytest.raises(BooksRefusedError), desk.ledger._database.write() as tx:
        tx.execute(statement)


def test_a_hold_beyond_the_limit_is_refused_by_the_database_even_if_nobody_checked(desk: LedgerDriver) -> None:
    with desk.ledger._database.write() as tx:
        plan = budgets.budget_set(
            tx, [budgets.current_budgets(tx, ["plan"], {}, desk.ledger._now_us())["plan"].budget_id]
        )
    with pytest.raises(BooksRefusedError), desk.ledger._database.write() as tx:
        budgets.book(tx, budget_set_id=plan, attempt_id=None, kind="hold", at_us=0, held=100 * CREDIT + 1)


def test_falsified_books_are_noticed(desk: LedgerDriver) -> None:
    desk.pay("key")
    with desk.ledger._database.write() as tx:
        tx.execute("UPDATE budget SET spent_microcredits = spent_microcredits + 1")
    assert desk.ledger.check() == ["a budget differs from the sum of its entries: plan"]
    with desk.ledger._database.write() as tx:
        tx.execute("UPDATE budget SET spent_microcredits = spent_microcredits - 1")


def test_observation_decides_the_window_not_the_moment_of_settling(desk: LedgerDriver) -> None:
    granted = desk.granted("key")
    observed_at = desk.ledger.now() - timedelta(days=3)
    desk.ledger.settle(granted.attempt_id, reading(), response(), observed_at)
    assert desk.ledger.look_up("key", desk.window) is None
