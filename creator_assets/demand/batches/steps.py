"""Batches of profiles, step by step: submit once, poll, resume.

Every step may be repeated: the ledger's jobs and the archive say what was done. No provider knows idempotency keys, so
the intent is written first and compared afterwards. What remains uncertain is never submitted again by itself, and its
worst case stays counted. Which lists are submitted belongs to ``choice``; when to poll, to ``automation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl

from creator_assets.demand.batches.choice import ASSET
from creator_assets.demand.batches.results import submitted_id
from creator_assets.ledger.jobs.records import BATCH, Intent, Job, JobState, JobStatus
from creator_assets.ledger.records import Attribution, Window
from creator_assets.microcredits import format_credits
from creator_assets.providers.capabilities import capability_or_none
from creator_assets.providers.contract.batch_jobs import BatchJobs, ReportedJob
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import (
    Answer,
    AnswerKind,
    PagedRequest,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.parsing.bodies import text_at
from creator_assets.providers.registry import BATCH_JOBS
from creator_assets.spending.accounts import NO_CAMPAIGN, NO_PARTITION
from creator_assets.spending.failures import PaidCallError, RequestRefusedError
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient


def submit(paid_client: PaidClient, pages: PagedRequest, context: FetchContext) -> Job:
    """Submit a list, unless that was done; the ledger has the intent before anything is sent.

    Raises:
        PaidCallError: It was not accepted. Where that is certain the intent is gone, else the job is `uncertain`.
    """
    request = pages.first
    pending = paid_client.ledger.jobs
    key = paid_client.ledger.key_of(request)
    creators = list(_creators(request))
    intent = Intent(
        kind=BATCH,
        subject=f"{context.spender.partition}:{key}",
        provider=request.operation.provider,
        parameters={
            "platform": request.about["platform"],
            "mode": request.about["mode"],
            "creators": creators,
            "row_microcredits": request.worst_case_microcredits // request.weight,
        },
        request_key=key,
        rows_total=len(creators),
    )
    job = pending.intend(paid_client.ledger.new_attempt_id(), intent, context.spender)
    if job.state is not JobState.INTENDED:
        return job
    job = compare(paid_client, job)
    if job.state is not JobState.INTENDED:
        return job
    try:
        fetched = paid_client.fetch([msgspec.structs.replace(pages, first=_once(request))], context)
    except PaidCallError as error:
        settled = compare(paid_client, job)
        if settled.state is JobState.INTENDED:
            pending.abandon(job.job_id, f"not submitted: {error.happened}")
        raise
    return _taken(paid_client, job, fetched.answers[0][0].request_id, _provider_job_of(job, fetched.answers[0][0]))


def compare(paid_client: PaidClient, job: Job) -> Job:
    """Hold an intent against the books: taken (then the job is written down), uncertain, or never sent (unchanged).

    An answer that was archived tells the job even where the process died before it wrote the job down.
    """
    ledger = paid_client.ledger
    since = job.intended_at
    window = Window(start=since, end=since + timedelta(days=365), reuse_since=since)
    answer = ledger.look_up(job.request_key, window)
    if answer is not None and answer.kind is AnswerKind.FINAL:
        job_id = text_at(answer.body, "batch_id")
        return _taken(paid_client, job, answer.attempt_id, job_id)
    for submission in ledger.jobs.submissions_of(job):
        if submission.state in {"sent", "in_doubt"} or submission.charge_microcredits:
            reason = "it is unknown whether it was submitted; check the provider's dashboard, then abandon it or wait"
            return ledger.jobs.uncertain(job.job_id, reason)
    return job


def _taken(paid_client: PaidClient, job: Job, attempt_id: str, job_id: str) -> Job:
    ledger = paid_client.ledger
    poll_at = ledger.now() + timedelta(seconds=BATCH_JOBS[job.provider].poll_seconds)
    return ledger.jobs.submitted(job.job_id, job_id, attempt_id, next_poll_at=poll_at, hold_id=ledger.new_attempt_id())


def _once(request: Request) -> Request:
    """The same request, never sent a second time: a server error may have come after the batch was made."""
    read = request.operation.read

    def read_once(asked: Request, response: Response) -> ResponseOutcome:
        outcome = read(asked, response)
        if response.status < 500:
            return outcome
        return msgspec.structs.replace(outcome, recovery=None, kind=AnswerKind.DAMAGED)

    return msgspec.structs.replace(request, operation=msgspec.structs.replace(request.operation, read=read_once))


def _creators(request: Request) -> Sequence[str]:
    (file,) = request.files.values()
    return pl.read_csv(file.content, infer_schema=False).to_series().to_list()


def _provider_job_of(job: Job, answer: Answer) -> str:
    return BATCH_JOBS[job.provider].read(answer).job_id


def poll(paid_client: PaidClient, job: Job, attribution: Attribution) -> Job:
    """Ask how far a job is (free) and book what it has charged.

    Raises:
        PaidCallError: The provider did not say. Nothing is known then, and nothing was changed.
    """
    ledger, batch_jobs = paid_client.ledger, BATCH_JOBS[job.provider]
    pages = batch_jobs.status(paid_client.accounts[job.provider].settings, submitted_id(job), **_about(job))
    try:
        answer = _ask_now(paid_client, pages, attribution)
    except RequestRefusedError as error:
        if "HTTP 404" not in error.happened:
            raise
        status = JobStatus(state=JobState.LOST, next_poll_at=ledger.now(), note="the provider answers 404")
        return ledger.jobs.polled(job.job_id, status)
    reported = batch_jobs.read(answer)
    state = _state(reported, job)
    status = JobStatus(
        state=state,
        next_poll_at=_next_poll(reported, job, ledger.now(), batch_jobs),
        rows_done=reported.rows_done,
        rows_failed=reported.rows_failed,
        charged_microcredits=reported.charged_microcredits,
        note=reported.state,
        response=Response(status=answer.status, headers={}, body=answer.body),
    )
    return ledger.jobs.polled(job.job_id, status, ledger.new_attempt_id())


def resume(paid_client: PaidClient, job: Job, attribution: Attribution) -> Job:
    """Resume a paused or failed job: free to ask, and paid out of what is held for it already.

    Raises:
        PaidCallError: It was not resumed; the job stays as it is.
    """
    ledger, batch_jobs = paid_client.ledger, BATCH_JOBS[job.provider]
    _ask_now(
        paid_client,
        batch_jobs.resume(paid_client.accounts[job.provider].settings, submitted_id(job), **_about(job)),
        attribution,
    )
    status = JobStatus(
        state=JobState.WAITING,
        next_poll_at=ledger.now() + timedelta(seconds=batch_jobs.poll_seconds),
        resumed=True,
        note="resumed",
    )
    return ledger.jobs.polled(job.job_id, status)


def may_resume(job: Job, left_microcredits: int | None) -> tuple[bool, str]:
    """Whether a job that stopped should go on, and why (not).

    Its worst case has been held since it was submitted, so that it was admitted then; what may be missing is the
    provider's own balance.

    Args:
        job: Paused or failed.
        left_microcredits: What the provider says is left on the account, None where it does not say.
    """
    if job.state is JobState.FAILED:
        return job.resumes == 0, "failed: resumed once" if job.resumes == 0 else "failed again after it was resumed"
    rest = max(job.rows_total - job.rows_done, 1)
    if left_microcredits is None:
        return False, "paused, and the provider does not say what is left on the account"
    price = _price_of_a_row(job)
    if left_microcredits < price:
        return False, f"paused: {format_credits(left_microcredits)} credits are left, {rest} rows are to be paid"
    return True, f"paused, and {format_credits(left_microcredits)} credits are there again"


def _price_of_a_row(job: Job) -> int:
    """What one row may cost, from what is still held at most; 1 microcredit where nothing is known."""
    return int(job.parameters.get("row_microcredits", 1))


def _state(reported: ReportedJob, job: Job) -> JobState:
    if reported.is_under_way:
        return JobState.WAITING
    if reported.is_paused:
        return JobState.PAUSED
    if reported.state == "failed":
        return JobState.FAILED
    return JobState.COLLECTED if job.state is JobState.COLLECTED else JobState.READY


def _next_poll(reported: ReportedJob, job: Job, now: datetime, batch_jobs: BatchJobs) -> datetime:
    """The provider's own advice while it works; for what stopped, a little longer each time, an hour at most."""
    if reported.is_under_way:
        return max(reported.next_look_at or now, now + timedelta(seconds=batch_jobs.poll_seconds / 2))
    return now + timedelta(seconds=min(3600.0, batch_jobs.poll_seconds * 2 ** min(job.polls, 6)))


def _ask_now(paid_client: PaidClient, pages: PagedRequest, attribution: Attribution) -> Answer:
    """The answer of this moment; no earlier one will do."""
    now = paid_client.ledger.now()
    window = Window(start=now, end=now + timedelta(hours=1), reuse_since=now)
    return paid_client.fetch([pages], FetchContext(spender=attribution, window=window)).answers[0][0]


def _about(job: Job) -> dict[str, str]:
    return {"platform": job.parameters["platform"], "mode": job.parameters["mode"]}


def advance(paid_client: PaidClient, job: Job, attribution: Attribution) -> tuple[Job, str]:
    """Take a job as far as it goes by itself: compare a lost intent, poll, resume. It costs nothing new.

    Returns the job and a sentence about it. A provider that does not answer changes nothing.
    """
    try:
        if job.state in {JobState.INTENDED, JobState.UNCERTAIN}:
            job = compare(paid_client, job)
            if job.state is JobState.INTENDED:
                job = paid_client.ledger.jobs.abandon(job.job_id, "its process died before it was submitted")
            return job, f"{job.state}: {job.note}"
        if job.state is JobState.READY:
            return job, "finished; to be collected"
        job = poll(paid_client, job, attribution)
        if job.state in {JobState.PAUSED, JobState.FAILED}:
            left = balance_left(paid_client, job.provider, attribution) if job.state is JobState.PAUSED else None
            may, why = may_resume(job, left)
            if may:
                return resume(paid_client, job, attribution), f"resumed ({why})"
            return job, why
    except PaidCallError as error:
        if job.provider_job_id and job.state is not JobState.READY:
            pause = timedelta(seconds=min(3600.0, BATCH_JOBS[job.provider].poll_seconds * 2 ** min(job.polls, 6)))
            unanswered = JobStatus(
                state=job.state, next_poll_at=paid_client.ledger.now() + pause, note="the provider did not answer"
            )
            job = paid_client.ledger.jobs.polled(job.job_id, unanswered)
        return job, f"no answer: {error.happened}"
    charged = format_credits(job.charged_microcredits)
    return job, f"{job.state}: {job.rows_done} of {job.rows_total} rows, {charged} credits"


def balance_left(paid_client: PaidClient, provider: str, attribution: Attribution) -> int | None:
    """What the provider says is left on the account, in microcredits; free. None where it does not say."""
    can = capability_or_none(CapabilityKind.BALANCE, provider=provider, platform="")
    if can is None:
        return None
    answer = _ask_now(paid_client, can.pages(paid_client.accounts[provider].settings), attribution)
    return can.rows(answer).left_microcredits


def poller(run_id: str, step: str) -> Attribution:
    """The names of a poll: no campaign pays for it."""
    return Attribution(
        asset=ASSET, partition=NO_PARTITION, campaign=NO_CAMPAIGN, run_id=run_id, step=step, code_version="1"
    )
