"""Pending answers become jobs: the ledger then knows which accounts a partition waits for, and when to poll them.

The paid client calls this for every fetch, however its answers were bought or found. So no asset has to remember it.
Only answers about one account (a platform and a handle) become jobs here. Batches are not noted here: the code that
submits a batch also writes its job down.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from creator_assets.ledger.jobs.records import PROFILE, REPORT, Intent, Job, JobState, JobStatus
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution
from creator_assets.providers.contract.operations import Answer, AnswerKind
from creator_assets.spending.accounts import NO_PARTITION

REPORT_ASSETS = frozenset({"audience_reports"})
LONGEST_PAUSE = timedelta(hours=6)


def note_pending(ledger: Ledger, answers: Iterable[Answer], spender: Attribution, *, is_complete: bool = True) -> None:
    """Write down which accounts the spender's partition waits for, and which it no longer waits for.

    Safe to run again: what is noted already stays as it is, and what a crash left half noted is completed.

    Args:
        ledger: Holds the jobs.
        answers: What a fetch brought. The latest answer about an account counts.
        spender: The asset and the partition that wait.
        is_complete: Whether the asset can use the answers. It cannot after a failed fetch, and not where a page is
            missing. Then no job is closed: the job makes the sensor start the partition again.
    """
    latest = {account: answer for answer in answers if (account := _account(answer)) is not None}
    if not latest or spender.partition == NO_PARTITION:
        return
    open_jobs = {
        job.subject: job
        for job in ledger.jobs.open_of_partition(spender.asset, spender.partition)
        if job.kind in {PROFILE, REPORT}
    }
    for (platform, username), answer in latest.items():
        provider = answer.request.operation.provider
        subject = f"{spender.asset}:{spender.partition}:{provider}:{platform}:{username}"
        job = open_jobs.get(subject)
        if answer.kind is not AnswerKind.PENDING:
            if job is not None and is_complete:
                ledger.jobs.collected(job.job_id)
        elif answer.not_before is None:
            continue
        elif job is None or job.state is JobState.INTENDED:
            intent = Intent(
                kind=REPORT if spender.asset in REPORT_ASSETS else PROFILE,
                subject=subject,
                provider=provider,
                parameters={"platform": platform, "username": username},
                request_key=ledger.key_of(answer.request),
                rows_total=1,
            )
            # Two transactions. A process that dies between them leaves an intended job, which comes here again.
            job = ledger.jobs.intend(ledger.new_attempt_id(), intent, spender)
            ledger.jobs.submitted(job.job_id, answer.request_id, None, next_poll_at=answer.not_before)
        elif job.state is JobState.READY:
            _postpone(ledger, job, answer.not_before)


def _postpone(ledger: Ledger, job: Job, not_before: datetime) -> None:
    """Wait again for an account that was taken to be ready and was not, for as long again as it was waited for.

    An Influtics account without any video is always being fetched: it must not be asked for ever at the same pace.
    """
    age = ledger.now() - job.intended_at
    later = max(not_before, ledger.now() + min(age, LONGEST_PAUSE))
    ledger.jobs.polled(job.job_id, JobStatus(state=JobState.WAITING, next_poll_at=later, note="asked too early"))


def _account(answer: Answer) -> tuple[str, str] | None:
    about = {**answer.request.params, **answer.request.about}  # a provider may spell platforms in its own way
    platform, username = about.get("platform"), about.get("username")
    return (platform, username) if platform and username else None
