"""Requests that were joined into one, in the ledger: no part of one is bought twice, on either back end."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from creator_assets.ledger.records import AdmissionRequest, Busy, Granted, Hit, InDoubt, Overtaken
from tests.ledger.scenery import LedgerDriver, reading, response


def want(desk: LedgerDriver, *names: str) -> AdmissionRequest:
    return msgspec.structs.replace(desk.want("+".join(names)), parts=names)


def test_a_joined_request_keeps_its_parts_from_being_asked_elsewhere(desk: LedgerDriver) -> None:
    (first,) = desk.begin(want(desk, "a", "b"))
    assert isinstance(first, Granted)
    for other in (want(desk, "b"), want(desk, "c", "a"), desk.want("a+b")):
        (outcome,) = desk.begin(other)
        assert isinstance(outcome, Busy) or other.parts == (), outcome
    desk.ledger.doubt(first.attempt_id, "lost")
    (outcome,) = desk.begin(want(desk, "b", "c"))
    assert isinstance(outcome, InDoubt)
    assert isinstance(desk.begin(want(desk, "c", "d"))[0], Granted)


def test_after_a_refusal_that_was_free_its_parts_may_be_asked_in_other_company(desk: LedgerDriver) -> None:
    (whole,) = desk.begin(want(desk, "a", "b", "c"))
    assert isinstance(whole, Granted)
    desk.ledger.void(whole.attempt_id, "too many at once", response())
    first, rest = desk.begin(want(desk, "a", "b"), want(desk, "c"))
    assert isinstance(first, Granted)
    assert isinstance(rest, Granted)
    desk.ledger.settle(first.attempt_id, reading(100), response(), desk.ledger.now())
    assert isinstance(desk.begin(want(desk, "a", "b", "c"))[0], Overtaken)
    assert isinstance(desk.begin(desk.want("a"))[0], Hit)
    assert desk.ledger.check() == []


def test_a_part_that_was_answered_meanwhile_is_not_bought_again(desk: LedgerDriver) -> None:
    (first,) = desk.begin(want(desk, "a", "b", "c"))
    assert isinstance(first, Granted)
    desk.ledger.settle(first.attempt_id, reading(100), response(), desk.ledger.now())
    assert isinstance(desk.begin(want(desk, "c", "d"))[0], Overtaken)
    assert isinstance(desk.begin(want(desk, "a", "b", "c"))[0], Hit)
    alone = desk.begin(desk.want("b"))[0]
    assert isinstance(alone, Hit)
    assert alone.answer.charge_microcredits == 33
    assert desk.ledger.check() == []
    later = msgspec.structs.replace(
        desk.window, start=desk.window.end, end=desk.window.end + timedelta(days=7), reuse_since=desk.window.end
    )
    assert desk.ledger.look_up("b", later) is None
