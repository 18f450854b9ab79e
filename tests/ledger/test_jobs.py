"""Jobs that providers do in the background: written down first, held for while they run, settled piece by piece."""

from __future__ import annotations

from datetime import timedelta

import pytest

from creator_assets.ledger.jobs.records import BATCH, Intent, Job, JobState, JobStatus
from creator_assets.providers.contract.operations import ChargeBasis
from tests.ledger.scenery import CREDIT, LedgerDriver, ManualClock, reading, response

SUBMISSION = "key of the submission"


def intent(subject: str = "sixty creators", rows: int = 60) -> Intent:
    parameters = {"platform": "instagram", "creators": ["a", "b"]}
    return Intent(
        kind=BATCH, subject=subject, provider="plan", parameters=parameters, request_key=SUBMISSION, rows_total=rows
    )


def intended(desk: LedgerDriver, subject: str = "sixty creators") -> Job:
    return desk.ledger.jobs.intend(desk.ledger.new_attempt_id(), intent(subject), desk.who)


def submitted(desk: LedgerDriver, rows: int = 60) -> Job:
    """Sixty rows at a credit each, taken by the provider."""
    job = intended(desk)
    sent = desk.granted(SUBMISSION, rows * CREDIT, repeat_in_doubt="never")
    worst = reading(rows * CREDIT, basis=ChargeBasis.ASSUMED)
    desk.ledger.settle(sent.attempt_id, worst, response(b'{"batch_id": "bch_1"}', 201), desk.ledger.now())
    return desk.ledger.jobs.submitted(
        job.job_id,
        "bch_1",
        sent.attempt_id,
        next_poll_at=desk.ledger.now() + timedelta(seconds=60),
        hold_id=desk.ledger.new_attempt_id(),
    )


def poll(desk: LedgerDriver, job: Job, state: JobState, charged: int, **more: int) -> Job:
    status = JobStatus(
        state=state,
        next_poll_at=desk.ledger.now() + timedelta(minutes=1),
        charged_microcredits=charged,
        response=response(f'{{"credits_used": {charged}}}'.encode()),
        **more,  # type: ignore[arg-type]
    )
    return desk.ledger.jobs.polled(job.job_id, status, desk.ledger.new_attempt_id())


def test_the_same_job_is_open_once(desk: LedgerDriver) -> None:
    first = intended(desk)
    again = intended(desk)
    assert again.job_id == first.job_id
    assert [job.job_id for job in desk.ledger.jobs.open_jobs()] == [first.job_id]


def test_what_was_assumed_for_the_submission_is_held_until_the_job_ends(desk: LedgerDriver) -> None:
    job = submitted(desk)
    assert desk.books() == (0, 60 * CREDIT, 0)
    assert (job.state, job.provider_job_id) == (JobState.WAITING, "bch_1")


def test_recovery_leaves_the_hold_alone_for_as_long_as_it_takes(desk: LedgerDriver, clock: ManualClock) -> None:
    submitted(desk)
    clock.turn(days=30)
    assert desk.ledger.recover().left_alone == 1
    assert desk.books() == (0, 60 * CREDIT, 0)


def test_what_the_job_has_charged_leaves_the_hold_piece_by_piece(desk: LedgerDriver) -> None:
    job = submitted(desk)
    poll(desk, job, JobState.WAITING, 20 * CREDIT, rows_done=25)
    assert desk.books() == (20 * CREDIT, 40 * CREDIT, 0)
    poll(desk, job, JobState.PAUSED, 20 * CREDIT, rows_done=25)
    assert desk.books() == (20 * CREDIT, 40 * CREDIT, 0)
    done = poll(desk, job, JobState.READY, 55 * CREDIT, rows_done=60, rows_failed=5)
    assert desk.books() == (55 * CREDIT, 0, 0)
    assert (done.hold_attempt_id, done.charged_microcredits, done.rows_failed) == (None, 55 * CREDIT, 5)


def test_a_job_that_charges_nothing_gives_the_whole_hold_back(desk: LedgerDriver) -> None:
    poll(desk, submitted(desk), JobState.READY, 0)
    assert desk.books() == (0, 0, 0)


def test_a_job_that_charges_more_than_was_held_is_booked_as_it_is(desk: LedgerDriver) -> None:
    poll(desk, submitted(desk), JobState.READY, 70 * CREDIT)
    assert desk.books() == (70 * CREDIT, 0, 0)
    assert any(notice.level == "above_hold" for notice in desk.ledger.notices())


def test_the_same_poll_twice_charges_once(desk: LedgerDriver) -> None:
    job = submitted(desk)
    for _ in range(2):
        poll(desk, job, JobState.READY, 55 * CREDIT)
    assert desk.books() == (55 * CREDIT, 0, 0)


def test_a_job_that_the_provider_forgot_stays_in_doubt_at_its_worst(desk: LedgerDriver) -> None:
    job = submitted(desk)
    poll(desk, job, JobState.WAITING, 20 * CREDIT)
    poll(desk, job, JobState.LOST, 20 * CREDIT)
    assert desk.books() == (20 * CREDIT, 0, 40 * CREDIT)
    assert any(notice.level == "job_lost" for notice in desk.ledger.notices())
    assert desk.ledger.jobs.open_jobs() == []


def test_abandoning_a_job_that_runs_keeps_its_worst_case_in_doubt(desk: LedgerDriver) -> None:
    job = submitted(desk)
    desk.ledger.jobs.abandon(job.job_id, "the campaign is gone")
    assert desk.books() == (0, 0, 60 * CREDIT)
    assert intended(desk).job_id != job.job_id


def test_writing_the_job_down_twice_holds_once(desk: LedgerDriver) -> None:
    job = submitted(desk)
    submission, *_ = desk.ledger.jobs.submissions_of(job)
    again = desk.ledger.jobs.submitted(
        job.job_id,
        "bch_2",
        submission.attempt_id,
        next_poll_at=desk.ledger.now(),
        hold_id=desk.ledger.new_attempt_id(),
    )
    assert again.provider_job_id == "bch_1"
    assert desk.books() == (0, 60 * CREDIT, 0)


def test_an_intent_whose_process_lives_is_left_alone(desk: LedgerDriver) -> None:
    intended(desk)
    assert desk.ledger.jobs.died_while_submitting() == []


def test_a_repr_names_no_creator(desk: LedgerDriver) -> None:
    assert "creators" not in repr(submitted(desk))


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.FAILED])
def test_an_alarm_is_raised_once_for_each_time_that_a_job_stops(desk: LedgerDriver, state: JobState) -> None:
    job = submitted(desk)
    poll(desk, job, state, 0)
    poll(desk, job, state, 0)
    poll(desk, job, JobState.WAITING, 0)
    poll(desk, job, state, 0)
    assert [notice.level for notice in desk.ledger.notices()] == [f"job_{state}"] * 2


def test_a_job_that_ends_without_a_word_about_its_cost_counts_all_that_was_held(desk: LedgerDriver) -> None:
    job = submitted(desk)
    job = poll(desk, job, JobState.WAITING, 20 * CREDIT)
    ended = JobStatus(
        state=JobState.READY, next_poll_at=desk.ledger.now(), response=response(b'{"status": "finished"}')
    )
    job = desk.ledger.jobs.polled(job.job_id, ended)
    assert (job.state, job.hold_attempt_id, job.charged_microcredits) == (JobState.READY, None, 60 * CREDIT)
    last = next(one for one in desk.ledger.attempts() if one.basis == ChargeBasis.ASSUMED and one.charge_microcredits)
    assert (last.charge_microcredits, last.note) == (40 * CREDIT, "it ended, and nothing says what it charged")
