"""Answers that say "later" become pending work, and end it when a later answer says more.

Every fetch of an asset passes here, so that no asset need remember to write down what it waits for. Only accounts that
a provider is asked for by platform and handle are noted; batches are written down by whoever hands them in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from creator_assets.ledger.jobs.records import PROFILE, REPORT, Intent, JobState, JobStatus
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution
from creator_assets.providers.contract.operations import Answer, AnswerKind

REPORT_ASSETS = frozenset({"audience_reports"})
LONGEST_PAUSE = timedelta(hours=6)


def note_waiting(ledger: Ledger, answers: Iterable[Answer], who: Attribution) -> None:
    """Write down which accounts of a partition are waited for, and which no longer are."""
    latest = {account: answer for answer in answers if (account := _account(answer)) is not None}
    if not latest or who.partition == "-":
        return
    pending = ledger.jobs
    waited_for = {
        work.subject: work
        for work in pending.of_partition(who.asset, who.partition)
        if work.is_open and work.kind in {PROFILE, REPORT}
    }
    for (platform, username), answer in latest.items():
        provider = answer.request.operation.provider
        subject = f"{who.asset}:{who.partition}:{provider}:{platform}:{username}"
        work = waited_for.get(subject)
        if answer.kind is not AnswerKind.PENDING:
            if work is not None:
                pending.collected(work.job_id)
            continue
        if answer.not_before is None or (work is not None and work.state is not JobState.READY):
            continue
        if work is None:
            intent = Intent(
                kind=REPORT if who.asset in REPORT_ASSETS else PROFILE,
                subject=subject,
                provider=provider,
                parameters={"platform": platform, "username": username},
                request_key=answer.request.request_key(ledger.realm),
                rows_total=1,
            )
            work = pending.intend(ledger.new_attempt_id(), intent, who)
            pending.submitted(work.job_id, answer.request_id, None, next_poll_at=answer.not_before)
        else:
            # It was taken to be ready, was asked for, and was not. It is waited for as long again as it was: a blogger
            # without any video is being fetched for ever.
            age = ledger.now() - work.intended_at
            later = max(answer.not_before, ledger.now() + min(age, LONGEST_PAUSE))
            seen = JobStatus(state=JobState.WAITING, next_poll_at=later, note="asked too early")
            pending.polled(work.job_id, seen)


def _account(answer: Answer) -> tuple[str, str] | None:
    about = {**answer.request.params, **answer.request.about}  # a provider may spell platforms in its own way
    platform, username = about.get("platform"), about.get("username")
    return (platform, username) if platform and username else None
