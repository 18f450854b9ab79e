"""Before the send: hits, holds, refusals, single flight, doubt."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from creator_assets.ledger.errors import FencedError, LedgerError, UnknownBudgetError
from creator_assets.ledger.records import (
    AdmissionRequest,
    Attribution,
    Busy,
    Fenced,
    Granted,
    Hit,
    InDoubt,
    RefusalReason,
    Refused,
    Window,
)
from creator_assets.providers.contract.operations import AnswerKind, Rate
from tests.ledger.scenery import CREDIT, START, WHO, LedgerDriver, ManualClock, reading, response, week


def test_a_hold_is_the_worst_case_and_settling_gives_the_rest_back(desk: LedgerDriver) -> None:
    granted = desk.granted("key", 20 * CREDIT)
    assert desk.books() == (0, 20 * CREDIT, 0)
    desk.ledger.settle(granted.attempt_id, reading(CREDIT), response(), desk.ledger.now())
    assert desk.books() == (CREDIT, 0, 0)


def test_what_was_answered_is_never_bought_again(desk: LedgerDriver) -> None:
    attempt_id = desk.pay("key")
    outcome = desk.ask("key")
    assert isinstance(outcome, Hit)
    assert outcome.answer.attempt_id == attempt_id
    assert outcome.answer.body == b'{"key": "key"}'
    assert desk.books() == (CREDIT, 0, 0)


def test_a_second_want_for_the_same_request_waits_for_the_first(desk: LedgerDriver) -> None:
    first = desk.granted("key")
    second = desk.ask("key")
    assert isinstance(second, Busy)
    assert second.other_attempt_id == first.attempt_id
    assert desk.books() == (0, CREDIT, 0)


def test_the_same_request_twice_in_one_batch_makes_one_call(desk: LedgerDriver) -> None:
    first, second = desk.begin(desk.want("key"), desk.want("key"))
    assert isinstance(first, Granted)
    assert isinstance(second, Busy)


def test_a_call_that_does_not_fit_as_a_whole_is_refused_and_changes_nothing(desk: LedgerDriver) -> None:
    desk.budget(10 * CREDIT)
    desk.pay("a", 9 * CREDIT, upper=9 * CREDIT)
    before = desk.ledger.balances()
    refused = desk.ask("b", CREDIT + 1)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.scope) == (RefusalReason.BUDGET, "plan")
    assert (refused.needed_microcredits, refused.available_microcredits) == (CREDIT + 1, CREDIT)
    assert refused.message == "up to 1.000001 credits needed, 1 of 10 left"
    assert desk.ledger.balances() == before
    assert isinstance(desk.ask("b", CREDIT), Granted)


def test_every_budget_named_must_admit_and_the_tightest_is_named(desk: LedgerDriver) -> None:
    desk.budget(2 * CREDIT, "plan/discovery")
    desk.budget(3 * CREDIT, "campaign:berlin/plan")
    scopes = ("plan", "plan/discovery", "campaign:berlin/plan")
    desk.pay("a", 2 * CREDIT, upper=2 * CREDIT, budgets=scopes)
    refused = desk.ask("b", CREDIT, budgets=scopes)
    assert isinstance(refused, Refused)
    assert refused.scope == "plan/discovery"
    assert [desk.books(scope) for scope in scopes] == [(2 * CREDIT, 0, 0)] * 3


def test_later_wants_of_a_batch_see_what_earlier_ones_hold(desk: LedgerDriver) -> None:
    desk.budget(3 * CREDIT)
    outcomes = desk.begin(*(desk.want(f"key-{number}") for number in range(5)))
    assert [type(outcome) for outcome in outcomes] == [Granted, Granted, Granted, Refused, Refused]


def test_a_scope_without_a_budget_stops_the_call(desk: LedgerDriver) -> None:
    with pytest.raises(UnknownBudgetError, match="no budget was ever set for campaign:x"):
        desk.ask("key", budgets=("plan", "campaign:x"))
    assert desk.books() == (0, 0, 0)


def test_repeating_an_admission_with_its_ids_holds_once(desk: LedgerDriver) -> None:
    want = desk.want("key")
    first = desk.begin(want)
    assert desk.begin(want) == first
    assert desk.books() == (0, CREDIT, 0)
    desk.ledger.settle(want.attempt_id, reading(), response(), desk.ledger.now())
    (again,) = desk.begin(want)
    assert isinstance(again, Hit)


def test_an_attempt_id_cannot_serve_two_requests(desk: LedgerDriver) -> None:
    want = desk.want("key")
    desk.begin(want)
    with pytest.raises(LedgerError, match="another request"):
        desk.begin(msgspec.structs.replace(want, request_key="other"))


def test_an_attempt_that_is_over_cannot_be_begun_again(desk: LedgerDriver) -> None:
    want = desk.want("key")
    desk.begin(want)
    desk.ledger.void(want.attempt_id, "never sent")
    with pytest.raises(LedgerError, match="ask again with a new id"):
        desk.begin(want)


@pytest.mark.parametrize(("rule", "blocked_in_doubt"), [("after_reconcile", True), ("always", False), ("never", True)])
def test_doubt_blocks_the_same_request_by_the_operations_own_rule(
    desk: LedgerDriver, rule: str, blocked_in_doubt: bool
) -> None:
    doubtful = desk.granted("key", repeat_in_doubt=rule)
    desk.ledger.doubt(doubtful.attempt_id, "timed out")
    outcome = desk.ask("key", repeat_in_doubt=rule)
    assert isinstance(outcome, InDoubt if blocked_in_doubt else Granted)
    if isinstance(outcome, InDoubt):
        assert outcome.doubtful_attempt_id == doubtful.attempt_id
        assert outcome.upper_microcredits == CREDIT
        desk.ledger.allow_repeat(doubtful.attempt_id, "checked by hand")
        assert isinstance(desk.ask("key", repeat_in_doubt=rule), Granted)
    assert desk.books() == (0, CREDIT, CREDIT)


def test_repeating_after_doubt_needs_fresh_budget_on_top_of_the_doubt(desk: LedgerDriver) -> None:
    desk.budget(CREDIT + CREDIT // 2)
    doubtful = desk.granted("key", repeat_in_doubt="always")
    desk.ledger.doubt(doubtful.attempt_id, "timed out")
    refused = desk.ask("key", repeat_in_doubt="always")
    assert isinstance(refused, Refused)
    assert refused.available_microcredits == CREDIT // 2


def test_an_answer_that_could_not_count_is_not_bought(desk: LedgerDriver, clock: ManualClock) -> None:
    for now in (START - timedelta(seconds=1), START + timedelta(days=7)):
        clock.now = now
        refused = desk.ask("key")
        assert isinstance(refused, Refused)
        assert (refused.reason, refused.scope) == (RefusalReason.WINDOW_CLOSED, "window")


def test_a_slot_past_the_end_of_the_window_is_not_granted(desk: LedgerDriver, clock: ManualClock) -> None:
    rate = Rate(scope="plan", permits=1, per_seconds=60)
    clock.now = START + timedelta(days=7) - timedelta(seconds=30)
    desk.granted("a", rates=(rate,))
    refused = desk.ask("b", rates=(rate,))
    assert isinstance(refused, Refused)
    assert refused.reason is RefusalReason.ENDS_SOON
    assert isinstance(
        desk.begin(desk.want("b", rates=(rate,)), window=week(start=START + timedelta(days=1)))[0], Granted
    )


def test_a_call_heavier_than_a_limit_is_refused_at_once(desk: LedgerDriver) -> None:
    rate = Rate(scope="videos", permits=1000, per_seconds=60, weighted=True)
    refused = desk.ask("key", rates=(rate,), weight=1001)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.scope) == (RefusalReason.TOO_HEAVY, "videos")
    assert isinstance(desk.ask("key", rates=(rate,), weight=1000), Granted)


def test_a_pending_answer_is_not_asked_for_before_its_time(desk: LedgerDriver, clock: ManualClock) -> None:
    granted = desk.granted("key")
    pending = reading(CREDIT, kind=AnswerKind.PENDING, not_before_seconds=3600)
    desk.ledger.settle(granted.attempt_id, pending, response(status=202), clock())
    waiting = desk.ask("key")
    assert isinstance(waiting, Hit)
    assert waiting.answer.kind is AnswerKind.PENDING
    assert waiting.answer.not_before == clock() + timedelta(hours=1)
    clock.turn(hours=1)
    assert desk.ledger.look_up("key", desk.window) is None
    assert desk.ledger.look_up("key", desk.window, include_due=True) is not None
    assert isinstance(desk.ask("key"), Granted)


def test_held_calls_are_sent_only_after_dispatch(desk: LedgerDriver) -> None:
    (held,) = desk.begin(desk.want("key"), dispatch=False)
    assert isinstance(held, Granted)
    assert held.send_at is None
    with pytest.raises(FencedError, match="held, not dispatched"):
        desk.ledger.await_permit(held)
    (sent,) = desk.ledger.dispatch([held.attempt_id])
    assert isinstance(sent, Granted)
    assert desk.ledger.dispatch([held.attempt_id]) == [sent]
    assert desk.ledger.await_permit(sent)


def test_dispatch_of_a_reclaimed_or_foreign_attempt_is_fenced(desk: LedgerDriver, clock: ManualClock) -> None:
    (held,) = desk.begin(desk.want("key"), dispatch=False)
    clock.turn(hours=1)  # past the lease
    assert desk.ledger.recover().voided == 1
    (outcome,) = desk.ledger.dispatch([held.attempt_id])
    assert isinstance(outcome, Fenced)
    assert isinstance(desk.ledger.dispatch(["unknown"])[0], Fenced)


def test_every_credit_names_its_spender(desk: LedgerDriver) -> None:
    desk.pay("key")
    (attempt,) = desk.ledger.attempts()
    named = {name: getattr(WHO, name) for name in WHO.__struct_fields__}
    assert {name: getattr(attempt, name) for name in named} == named
    assert attempt.request_key == "key"
    assert attempt.budgets == ("plan",)
    assert attempt.price_version == "v1"
    assert [record.attempt_id for record in desk.ledger.attempts(run_id="run-1")] == [attempt.attempt_id]
    assert list(desk.ledger.attempts(run_id="run-2")) == []


def test_a_spender_without_a_name_is_no_spender() -> None:
    with pytest.raises(ValueError, match="empty: campaign, run_id"):
        Attribution(asset="a", partition="p", campaign="", run_id="", step="s", code_version="1")


@pytest.mark.parametrize("change", [{"upper_microcredits": -1}, {"weight": 0}, {"repeat_in_doubt": "sometimes"}])
def test_a_want_that_cannot_be_booked_is_refused(desk: LedgerDriver, change: dict[str, object]) -> None:
    fields = msgspec.structs.asdict(desk.want("key"))
    with pytest.raises(ValueError, match=r"at least|repeat_in_doubt"):
        AdmissionRequest(**{**fields, **change})


def test_a_window_that_holds_no_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="reuse_since <= start < end"):
        Window(start=START, end=START, reuse_since=START)
