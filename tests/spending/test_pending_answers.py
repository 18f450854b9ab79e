"""Answers that say "later": each becomes a job of its asset and partition, however it was bought or found."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from creator_assets.automation import waiting_sensors
from creator_assets.automation.job_decisions import FIRST_PAUSE
from creator_assets.automation.waiting_sensors import poll_due
from creator_assets.ledger.jobs.records import PROFILE, REPORT, Intent, JobState, JobStatus
from creator_assets.ledger.ledger import Ledger
from creator_assets.providers.contract.operations import (
    Answer,
    AnswerKind,
    ChargeBasis,
    PagedRequest,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.infludata import requests as infludata
from creator_assets.providers.keyapi import requests as keyapi
from creator_assets.spending.failures import RequestRefusedError
from creator_assets.spending.orders import PurchaseOrder
from creator_assets.spending.pending_answers import note_pending
from creator_assets.spending.purchase import Purchaser
from creator_assets.spending.transport import Transport
from tests.ledger.scenery import ManualClock
from tests.market import CREDIT, DATA, KEYS, KNOWN, SETTINGS, ClientUnderTest, full, lacked_by, purpose_of, user_data

OpenTill = Callable[..., ClientUnderTest]
CONTEXT = purpose_of()
OTHER = purpose_of(asset="audience_reports", run_id="run-0")
QUEUED = lacked_by(DATA)[0]
"""A creator that influData does not have yet: it answers that the data comes in a day or two."""


def profile(username: str = QUEUED) -> PagedRequest:
    return infludata.profile(SETTINGS, "tiktok", username)


def jobs(till: ClientUnderTest) -> list[tuple[str, str, str, str]]:
    return [
        (one.asset, one.partition, str(one.state), one.parameters["username"]) for one in till.ledger.jobs.open_jobs()
    ]


WAITING = (CONTEXT.spender.asset, CONTEXT.spender.partition, "waiting", QUEUED)


# -- however it is bought or found


def bought(till: ClientUnderTest) -> None:
    assert till.fetch(profile()).fetch_stats.requests == 1


def bought_of_a_fallback(till: ClientUnderTest) -> None:
    assert till.paid_client.fetch_affordable([profile()], CONTEXT, dict).fetch_stats.requests == 1


def found_in_the_archive(till: ClientUnderTest) -> None:
    till.fetch(profile(), purpose=OTHER)
    assert till.fetch(profile()).fetch_stats.archive_hits == 1


def found_of_a_fallback(till: ClientUnderTest) -> None:
    till.fetch(profile(), purpose=OTHER)
    assert till.paid_client.fetch_affordable([profile()], CONTEXT, dict).fetch_stats.archive_hits == 1


def asked_for_free(till: ClientUnderTest) -> None:
    till.fetch(infludata.status(SETTINGS, "tiktok", QUEUED))


def bought_beside_a_failure(till: ClientUnderTest) -> None:
    till.market.fault("status", "IC-14", status=422)
    with pytest.raises(RequestRefusedError):
        till.fetch(full(KNOWN[0]), profile())


def answered_together_with_others(till: ClientUnderTest) -> None:
    def read(request: Request, _response: Response) -> ResponseOutcome:
        charge, basis = request.worst_case_microcredits, ChargeBasis.PRICED
        return ResponseOutcome(
            kind=AnswerKind.PENDING, charge_microcredits=charge, basis=basis, not_before_seconds=3_600
        )

    one = keyapi.profile(SETTINGS, "tiktok", QUEUED)
    later = msgspec.structs.replace(one.first.operation, read=read)
    first = msgspec.structs.replace(one.first, operation=later, about={"platform": "tiktok", "username": QUEUED})
    other = msgspec.structs.replace(keyapi.profile(SETTINGS, "tiktok", "b").first, operation=later)
    pages = [PagedRequest(first=first), PagedRequest(first=other)]
    assert till.fetch(*pages).fetch_stats.requests == 1


@pytest.mark.parametrize(
    "way",
    [
        bought,
        bought_of_a_fallback,
        found_in_the_archive,
        found_of_a_fallback,
        asked_for_free,
        bought_beside_a_failure,
        answered_together_with_others,
    ],
)
def test_a_pending_answer_is_noted_whichever_way_it_comes(
    way: Callable[[ClientUnderTest], None], till: ClientUnderTest
) -> None:
    way(till)
    assert WAITING in jobs(till)


def test_each_partition_that_an_answer_serves_waits_for_it(till: ClientUnderTest) -> None:
    till.fetch(profile(), purpose=OTHER)
    till.fetch(profile())
    till.fetch(profile())
    assert sorted(jobs(till)) == sorted([WAITING, (OTHER.spender.asset, *WAITING[1:])])
    # A report needs more than a profile: the sensor polls it for its audience.
    kinds = {one.asset: (one.kind, one.rows_total) for one in till.ledger.jobs.open_jobs()}
    assert kinds == {"enriched_profiles": (PROFILE, 1), "audience_reports": (REPORT, 1)}


def test_a_spender_without_a_partition_waits_for_nothing(till: ClientUnderTest) -> None:
    spender = msgspec.structs.replace(CONTEXT.spender, partition="-")
    till.fetch(profile(), purpose=msgspec.structs.replace(CONTEXT, spender=spender))
    assert jobs(till) == []


def test_a_fetch_that_fails_closes_no_job(till: ClientUnderTest) -> None:
    """The asset could not use the answer, so the job stays: it is what makes the sensor start the partition again."""
    note_pending(till.ledger, [pending_answer(till, AnswerKind.PENDING)], CONTEXT.spender)
    till.market.fault("status", "IC-14", status=422)
    with pytest.raises(RequestRefusedError):
        till.fetch(full(KNOWN[1]), user_data(KNOWN[0]))
    assert len(jobs(till)) == 1
    assert till.fetch(user_data(KNOWN[0])).fetch_stats.archive_hits == 1
    assert jobs(till) == []


def test_an_answer_of_which_the_rest_cannot_be_paid_closes_no_job(till: ClientUnderTest) -> None:
    """The asset gets none of its pages, so it waits as before."""
    till.fetch(user_data(KNOWN[0]), purpose=OTHER)
    note_pending(till.ledger, [pending_answer(till, AnswerKind.PENDING)], CONTEXT.spender)
    pages = PagedRequest(first=user_data(KNOWN[0]).first, max_requests=2, follow=lambda *_: user_data(KNOWN[1]).first)
    reserve = {DATA: 1_000_000 * CREDIT}
    assert till.paid_client.fetch_affordable([pages], CONTEXT, lambda: reserve).answers == ((),)
    assert len(jobs(till)) == 1
    assert [len(one) for one in till.paid_client.fetch_affordable([pages], CONTEXT, dict).answers] == [2]
    assert jobs(till) == []


# -- a process that dies


def test_a_crash_between_the_answer_and_its_note_loses_nothing(till: ClientUnderTest) -> None:
    account = till.paid_client.accounts[DATA]
    order = PurchaseOrder(
        request=profile().first,
        budget_scopes=(DATA,),
        rates=account.settings.rates_of(profile().first.operation),
        spender=CONTEXT.spender,
        window=CONTEXT.window,
        key_variable=account.key_variable,
    )
    # All that a process does that dies as soon as the answer is archived.
    with Transport(account.base_url, KEYS[DATA]) as transport:
        answer = Purchaser(till.ledger).buy(order, transport, threading.Event())
    assert (answer.kind, jobs(till)) == (AnswerKind.PENDING, [])
    assert till.fetch(profile()).fetch_stats.archive_hits == 1
    assert jobs(till) == [WAITING]


def die_while_noting(file: Path) -> None:
    """The first half of a note, in a process that ends there."""
    ledger = Ledger.open(file, realm="sandbox-test", clock=ManualClock(CONTEXT.window.start))
    spender, asked = CONTEXT.spender, {"platform": "tiktok", "username": QUEUED}
    intent = Intent(
        kind=PROFILE,
        subject=f"{spender.asset}:{spender.partition}:{DATA}:tiktok:{QUEUED}",
        provider=DATA,
        parameters=asked,
        request_key=profile().first.request_key("sandbox-test"),
        rows_total=1,
    )
    ledger.jobs.intend(ledger.new_attempt_id(), intent, spender)


@pytest.fixture
def half_noted(till: ClientUnderTest, tmp_path: Path) -> ClientUnderTest:
    process = multiprocessing.get_context("fork").Process(target=die_while_noting, args=(tmp_path / "ledger.sqlite",))
    process.start()
    process.join()
    assert jobs(till) == [(*WAITING[:2], "intended", QUEUED)]
    return till


def test_a_crash_in_the_middle_of_a_note_is_completed_by_the_next_fetch(half_noted: ClientUnderTest) -> None:
    half_noted.fetch(profile())
    assert jobs(half_noted) == [WAITING]


def test_a_crash_in_the_middle_of_a_note_is_completed_by_the_next_poll(half_noted: ClientUnderTest) -> None:
    polled = poll_due(
        half_noted.paid_client, half_noted.ledger.jobs.open_jobs(), waiting_sensors._poll_readiness, tick="1"
    )
    assert (polled, jobs(half_noted)) == (1, [WAITING])
    (job,) = half_noted.ledger.jobs.open_jobs()
    assert job.next_poll_at == half_noted.ledger.now() + FIRST_PAUSE


def pending_answer(till: ClientUnderTest, kind: AnswerKind, minutes: int = 24 * 60) -> Answer:
    return Answer(
        request=user_data(KNOWN[0]).first,
        kind=kind,
        status=201,
        body=b"{}",
        response_sha256="0" * 64,
        observed_at=till.ledger.now(),
        request_id="request-1",
        run_id="run-1",
        charge_microcredits=0,
        not_before=till.ledger.now() + timedelta(minutes=minutes),
    )


# -- until another answer says more


def test_an_answer_that_says_later_is_waited_for_until_another_says_more(till: ClientUnderTest) -> None:
    for _ in range(2):
        note_pending(till.ledger, [pending_answer(till, AnswerKind.PENDING)], CONTEXT.spender)
    (noted,) = till.ledger.jobs.open_jobs()
    assert (noted.kind, noted.state) == (PROFILE, JobState.WAITING)
    assert noted.next_poll_at == till.ledger.now() + timedelta(hours=24)
    note_pending(till.ledger, [pending_answer(till, AnswerKind.FINAL)], CONTEXT.spender)
    assert till.ledger.jobs.open_jobs() == []


def test_what_is_found_unready_again_and_again_is_asked_for_ever_less(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    note_pending(till.ledger, [pending_answer(till, AnswerKind.PENDING, minutes=5)], CONTEXT.spender)
    minutes = []
    for _ in range(10):
        (noted,) = till.ledger.jobs.open_jobs()
        minutes.append(int((noted.next_poll_at - till.ledger.now()) / timedelta(minutes=1)))
        turned_clock.now = noted.next_poll_at
        ready = JobStatus(state=JobState.READY, next_poll_at=till.ledger.now())
        till.ledger.jobs.polled(noted.job_id, ready)
        note_pending(till.ledger, [pending_answer(till, AnswerKind.PENDING, minutes=5)], CONTEXT.spender)
    assert minutes == [5, 5, 10, 20, 40, 80, 160, 320, 360, 360]
