"""What dead and stalled processes leave behind, and how late sleepers are fenced off."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from creator_assets.ledger import leases
from creator_assets.ledger.booking.recovery import RecoveryReport
from creator_assets.ledger.errors import FencedError
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import AttemptState, Fenced, Granted
from tests.ledger.scenery import CREDIT, LedgerDriver, ManualClock, dead_owner, open_ledger, reading, response


def as_owner(target: str | Path, clock: ManualClock, owner: str) -> LedgerDriver:
    ledger = open_ledger(target, clock)
    ledger._owner = lambda: owner
    return LedgerDriver(ledger)


def test_holds_of_the_dead_are_released_and_what_they_sent_is_in_doubt(
    desk: LedgerDriver, target: str | Path, clock: ManualClock
) -> None:
    dead = as_owner(target, clock, dead_owner())
    dead.begin(dead.want("held", 3 * CREDIT), dispatch=False)
    dead.granted("sent", 5 * CREDIT)
    dead.granted("free", 0)
    desk.granted("mine", 7 * CREDIT)
    assert desk.books() == (0, 15 * CREDIT, 0)
    assert desk.ledger.recover() == RecoveryReport(voided=2, in_doubt=1, left_alone=1)
    assert desk.books() == (0, 7 * CREDIT, 5 * CREDIT)
    assert desk.ledger.recover() == RecoveryReport(voided=0, in_doubt=0, left_alone=1)
    dead.ledger.close()


def test_an_owner_on_another_machine_is_left_alone_until_its_lease_ends(
    desk: LedgerDriver, target: str | Path, clock: ManualClock
) -> None:
    far = as_owner(target, clock, "far/away:1:1")
    far.granted("key")
    assert desk.ledger.recover() == RecoveryReport(voided=0, in_doubt=0, left_alone=1)
    clock.turn(seconds=601)
    assert desk.ledger.recover() == RecoveryReport(voided=0, in_doubt=1, left_alone=0)
    far.ledger.close()


def test_a_process_that_wakes_up_late_is_fenced_off_before_it_sends(desk: LedgerDriver, clock: ManualClock) -> None:
    granted = desk.granted("key")
    clock.turn(seconds=601)
    desk.ledger.recover()
    with pytest.raises(FencedError, match="must not be sent"):
        desk.ledger.await_permit(granted)
    postponed = desk.ledger.postpone(granted.attempt_id)
    assert isinstance(postponed, Fenced)
    assert postponed.state is AttemptState.IN_DOUBT
    assert desk.ledger.void(granted.attempt_id, "woke up late, did not send") is AttemptState.VOIDED


def test_an_answer_that_arrives_after_recovery_is_still_the_truth(desk: LedgerDriver, clock: ManualClock) -> None:
    granted = desk.granted("key")
    clock.turn(seconds=601)
    desk.ledger.recover()
    desk.ledger.settle(granted.attempt_id, reading(), response(), clock())
    assert desk.books() == (CREDIT, 0, 0)


def test_doubt_is_never_expired_by_time(desk: LedgerDriver, clock: ManualClock) -> None:
    desk.ledger.doubt(desk.granted("key").attempt_id, "timed out")
    clock.turn(days=400)
    desk.ledger.recover()
    assert desk.books() == (0, 0, CREDIT)


def test_a_forked_child_is_another_owner_with_connections_of_its_own(desk: LedgerDriver) -> None:
    granted = desk.granted("key")
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            desk.ledger.doubt(granted.attempt_id, "from the child")
            fenced = isinstance(desk.ledger.postpone(granted.attempt_id), Fenced)
            os.write(write_end, f"{leases.this_process()} {fenced}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write_end)
    with os.fdopen(read_end) as said:
        owner, was_fenced = said.read().split(" ")
    assert was_fenced == "True"
    assert leases.parse_owner(owner).pid == child
    assert leases.is_dead(owner)
    assert desk.books() == (0, 0, CREDIT)


def test_owners_differ_by_start_time_and_machine() -> None:
    here = leases.this_process()
    assert leases.is_dead(str(here)) is False
    assert leases.is_dead(f"{here.machine}:{here.pid}:1") is True
    assert leases.is_dead(f"another:{here.pid}:{here.started}") is None
    assert leases.parse_owner("host/with:colons/[x]:12:34").machine == "host/with:colons/[x]"


def test_two_ledgers_of_one_process_share_their_attempts(
    desk: LedgerDriver, target: str | Path, clock: ManualClock
) -> None:
    with open_ledger(target, clock) as second:
        (held,) = desk.begin(desk.want("key"), dispatch=False)
        assert isinstance(second.dispatch([held.attempt_id])[0], Granted)
        assert isinstance(second, Ledger)
