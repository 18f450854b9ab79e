"""Batches of profiles, step by step: choose, submit once, look, resume, collect.

Every step may be repeated: what was done is told by the table of pending work and by the archive. No provider knows
idempotency keys, so the intent is written first and compared afterwards; what remains uncertain is never submitted
again by itself, and its worst case stays counted. The assets that take these steps stand in ``batches.py`` and
``profiles.py``; when to take them is decided in ``automation``.
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
from creator_assets.providers.registry import BATCH_JOBS
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.spending.failures import PaidCallError, RequestRefusedError
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient


def submit(paid_client: PaidClient, pages: PagedRequest, purpose: FetchContext) -> Job:
    """Hand a list in, unless that was done; the intent stands in the table before anything is sent.

    Raises:
        PaidCallError: It was not taken. Where that is certain the intent is gone, else the work is `uncertain`.
    """
    request = pages.first
    pending = paid_client.ledger.jobs
    key = request.request_key(paid_client.ledger.realm)
    creators = list(_creators(request))
    intent = Intent(
        kind=BATCH,
        subject=f"{purpose.spender.partition}:{key}",
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
    work = pending.intend(paid_client.ledger.new_attempt_id(), intent, purpose.spender)
    if work.state is not JobState.INTENDED:
        return work
    work = compare(paid_client, work)
    if work.state is not JobState.INTENDED:
        return work
    try:
        fetched = paid_client.fetch([msgspec.structs.replace(pages, first=_once(request))], purpose)
    except PaidCallError as error:
        settled = compare(paid_client, work)
        if settled.state is JobState.INTENDED:
            pending.abandon(work.job_id, f"not submitted: {error.happened}")
        raise
    return _taken(paid_client, work, fetched.answers[0][0].request_id, _job_of(work, fetched.answers[0][0]))


def compare(paid_client: PaidClient, work: Job) -> Job:
    """Hold an intent against the books: taken (then the job is written down), uncertain, or never sent (unchanged).

    An answer that was archived tells the job even where the process died before it wrote the job down.
    """
    ledger = paid_client.ledger
    since = work.intended_at
    window = Window(start=since, end=since + timedelta(days=365), reuse_since=since)
    answer = ledger.look_up(work.request_key, window)
    if answer is not None and answer.kind is AnswerKind.FINAL:
        job_id = str(msgspec.json.decode(answer.body)["batch_id"])
        return _taken(paid_client, work, answer.attempt_id, job_id)
    for submission in ledger.jobs.submissions_of(work):
        if submission.state in {"sent", "in_doubt"} or submission.charge_microcredits:
            reason = "nobody knows whether it was submitted; look at the provider's dashboard, then give it up or wait"
            return ledger.jobs.uncertain(work.job_id, reason)
    return work


def _taken(paid_client: PaidClient, work: Job, attempt_id: str, job_id: str) -> Job:
    ledger = paid_client.ledger
    look_at = ledger.now() + timedelta(seconds=BATCH_JOBS[work.provider].look_seconds)
    return ledger.jobs.submitted(work.job_id, job_id, attempt_id, next_poll_at=look_at, hold_id=ledger.new_attempt_id())


def _once(request: Request) -> Request:
    """The same call, never sent a second time: a server error may have come after the batch was made."""
    read = request.operation.read

    def read_once(asked: Request, response: Response) -> ResponseOutcome:
        reading = read(asked, response)
        if response.status < 500:
            return reading
        return msgspec.structs.replace(reading, recovery=None, kind=AnswerKind.DAMAGED)

    return msgspec.structs.replace(request, operation=msgspec.structs.replace(request.operation, read=read_once))


def _creators(request: Request) -> Sequence[str]:
    (file,) = request.files.values()
    return pl.read_csv(file.content, infer_schema=False).to_series().to_list()


def _job_of(work: Job, answer: Answer) -> str:
    return BATCH_JOBS[work.provider].read(answer).job_id


def look(paid_client: PaidClient, work: Job, who: Attribution) -> Job:
    """Ask how far a job is (free) and book what it has charged.

    Raises:
        PaidCallError: The provider did not say. Nothing is known then, and nothing was changed.
    """
    ledger, jobs = paid_client.ledger, BATCH_JOBS[work.provider]
    pages = jobs.status(paid_client.accounts[work.provider].settings, submitted_id(work), **_about(work))
    try:
        answer = _ask_now(paid_client, pages, who)
    except RequestRefusedError as error:
        if "HTTP 404" not in error.happened:
            raise
        seen = JobStatus(state=JobState.LOST, next_poll_at=ledger.now(), note="the provider answers 404")
        return ledger.jobs.polled(work.job_id, seen)
    said = jobs.read(answer)
    state = _state(said, work)
    seen = JobStatus(
        state=state,
        next_poll_at=_next_look(said, work, ledger.now(), jobs),
        rows_done=said.rows_done,
        rows_failed=said.rows_failed,
        charged_microcredits=said.charged_microcredits,
        note=said.state,
        response=Response(status=answer.status, headers={}, body=answer.body),
    )
    return ledger.jobs.polled(work.job_id, seen, ledger.new_attempt_id())


def resume(paid_client: PaidClient, work: Job, who: Attribution) -> Job:
    """Let a paused or failed job go on: free to ask, and paid out of what is held for it already.

    Raises:
        PaidCallError: It was not resumed; the job stays as it is.
    """
    ledger, jobs = paid_client.ledger, BATCH_JOBS[work.provider]
    _ask_now(
        paid_client, jobs.resume(paid_client.accounts[work.provider].settings, submitted_id(work), **_about(work)), who
    )
    seen = JobStatus(
        state=JobState.WAITING,
        next_poll_at=ledger.now() + timedelta(seconds=jobs.look_seconds),
        resumed=True,
        note="resumed",
    )
    return ledger.jobs.polled(work.job_id, seen)


def may_resume(work: Job, left_microcredits: int | None) -> tuple[bool, str]:
    """Whether a job that stopped should go on, and why (not).

    Its worst case has been held since it was submitted, so that it was admitted then; what may be missing is the
    provider's own balance.

    Args:
        work: Paused or failed.
        left_microcredits: What the provider says is left on the account, None where it does not say.
    """
    if work.state is JobState.FAILED:
        return work.resumes == 0, "failed: resumed once" if work.resumes == 0 else "failed again after it was resumed"
    rest = max(work.rows_total - work.rows_done, 1)
    if left_microcredits is None:
        return False, "paused, and the provider does not say what is left on the account"
    price = _price_of_a_row(work)
    if left_microcredits < price:
        return False, f"paused: {format_credits(left_microcredits)} credits are left, {rest} rows are to be paid"
    return True, f"paused, and {format_credits(left_microcredits)} credits are there again"


def _price_of_a_row(work: Job) -> int:
    """What one row may cost, from what is still held at most; 1 microcredit where nothing is known."""
    return int(work.parameters.get("row_microcredits", 1))


def _state(said: ReportedJob, work: Job) -> JobState:
    if said.is_under_way:
        return JobState.WAITING
    if said.is_paused:
        return JobState.PAUSED
    if said.state == "failed":
        return JobState.FAILED
    return JobState.COLLECTED if work.state is JobState.COLLECTED else JobState.READY


def _next_look(said: ReportedJob, work: Job, now: datetime, jobs: BatchJobs) -> datetime:
    """The provider's own advice while it works; for what stopped, a little longer each time, an hour at most."""
    if said.is_under_way:
        return max(said.next_look_at or now, now + timedelta(seconds=jobs.look_seconds / 2))
    return now + timedelta(seconds=min(3600.0, jobs.look_seconds * 2 ** min(work.polls, 6)))


def _ask_now(paid_client: PaidClient, pages: PagedRequest, who: Attribution) -> Answer:
    """The answer of this moment; no earlier one will do."""
    now = paid_client.ledger.now()
    window = Window(start=now, end=now + timedelta(hours=1), reuse_since=now)
    return paid_client.fetch([pages], FetchContext(spender=who, window=window)).answers[0][0]


def _about(work: Job) -> dict[str, str]:
    return {"platform": work.parameters["platform"], "mode": work.parameters["mode"]}


def advance(paid_client: PaidClient, work: Job, who: Attribution) -> tuple[Job, str]:
    """Take a piece of work as far as it goes by itself: compare a lost intent, look, resume. Costs nothing anew.

    Returns the work and a sentence about it. A provider that does not answer changes nothing.
    """
    try:
        if work.state in {JobState.INTENDED, JobState.UNCERTAIN}:
            work = compare(paid_client, work)
            if work.state is JobState.INTENDED:
                work = paid_client.ledger.jobs.abandon(work.job_id, "its process died before it was submitted")
            return work, f"{work.state}: {work.note}"
        if work.state is JobState.READY:
            return work, "finished; to be collected"
        work = look(paid_client, work, who)
        if work.state in {JobState.PAUSED, JobState.FAILED}:
            left = balance_left(paid_client, work.provider, who) if work.state is JobState.PAUSED else None
            may, why = may_resume(work, left)
            if may:
                return resume(paid_client, work, who), f"resumed ({why})"
            return work, why
    except PaidCallError as error:
        if work.provider_job_id and work.state is not JobState.READY:
            pause = timedelta(seconds=min(3600.0, BATCH_JOBS[work.provider].look_seconds * 2 ** min(work.polls, 6)))
            unseen = JobStatus(
                state=work.state, next_poll_at=paid_client.ledger.now() + pause, note="the provider did not answer"
            )
            work = paid_client.ledger.jobs.polled(work.job_id, unseen)
        return work, f"no answer: {error.happened}"
    charged = format_credits(work.charged_microcredits)
    return work, f"{work.state}: {work.rows_done} of {work.rows_total} rows, {charged} credits"


def balance_left(paid_client: PaidClient, provider: str, who: Attribution) -> int | None:
    """What the provider says is left on the account, in microcredits; free. None where it does not say."""
    can = capability_or_none(CapabilityKind.BALANCE, provider=provider, platform="")
    if can is None:
        return None
    answer = _ask_now(paid_client, can.pages(paid_client.accounts[provider].settings), who)
    return can.rows(answer).left_microcredits


def poller(run_id: str, step: str) -> Attribution:
    """Who looks: nobody pays for it."""
    return Attribution(asset=ASSET, partition="-", campaign=NO_CAMPAIGN, run_id=run_id, step=step, code_version="1")
