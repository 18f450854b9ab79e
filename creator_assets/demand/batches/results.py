"""What batches contribute to a week of profiles: their rows, and the creators that need no single request.

Results come out of the archive where they were fetched before; fetching them is free. Handing lists in and polling
them belongs to ``steps``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec
import polars as pl

from creator_assets.demand.provider_choice import Account
from creator_assets.demand.stage import Buyer, StageContext
from creator_assets.ledger.jobs.records import BATCH, Job, JobState
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.registry import BATCH_JOBS
from creator_assets.spending.archive_coverage import coverage_of

BATCHES = "enrichment_batches"
RESULTS_LATE = timedelta(days=2)
"""What was asked for within a partition may be collected this much later."""


class BatchedProfiles(msgspec.Struct, frozen=True, kw_only=True):
    """What batches contribute to a week of profiles: rows, the creators not to ask for singly, the jobs collected."""

    rows: list[Parsed]
    settled: set[Account]
    jobs: list[Job]
    waiting: int


def batched_profiles(at: StageContext, buyer: Buyer, wanted: Sequence[Account]) -> BatchedProfiles:
    """The rows that batches have for the wanted accounts. What is still waited for is asked of nobody else."""
    profiles = at.campaign.profiles
    if profiles is None:
        return BatchedProfiles(rows=[], settled=set(), jobs=[], waiting=0)
    jobs = works_for(at, profiles.max_age)
    covered = set(covered_by(jobs))
    collected = results(buyer, jobs)
    has_rows: set[Account] = set()
    parsed = []
    for _, found in reversed(collected):  # the newest first
        keep = [
            (platform, username) in set(wanted) and (platform, username) not in has_rows and state != "unknown"
            for platform, username, state in found.rows.select("platform", "username", "state").iter_rows()
        ]
        rows = found.rows.filter(pl.Series(keep, dtype=pl.Boolean))
        has_rows.update(rows.select("platform", "username").iter_rows())
        parsed.append(found.with_rows(rows))
    settled = _settled(jobs, collected)
    ready = [job for job, _ in collected if job.state is JobState.READY]
    return BatchedProfiles(rows=parsed, settled=settled, jobs=ready, waiting=len((covered & set(wanted)) - has_rows))


def covered_accounts(at: StageContext, max_age: timedelta) -> set[Account]:
    """Accounts that a batch has, or may have: nobody else is asked for them meanwhile."""
    return set(covered_by(works_for(at, max_age)))


def settled_accounts(at: StageContext, max_age: timedelta) -> set[Account]:
    """Accounts that a run would not ask for singly by what the archive holds: the plan's view of `batched_profiles`."""
    jobs = works_for(at, max_age)
    collected = [
        (job, parsed)
        for job in jobs
        if job.provider_job_id and (parsed := _archived(at.ledger, job, at.settings[job.provider])) is not None
    ]
    return _settled(jobs, collected)


def _settled(jobs: Sequence[Job], collected: Sequence[tuple[Job, Parsed]]) -> set[Account]:
    """Who is in a batch and did not fail there, and who has a row of any."""
    has_rows = {
        account
        for _, parsed in collected
        for account in parsed.rows.filter(pl.col("state") != "unknown").select("platform", "username").iter_rows()
    }
    return (set(covered_by(jobs)) - failed_creators(collected)) | has_rows


def works_for(at: StageContext, max_age: timedelta) -> list[Job]:
    """The week's own batches, and those of other weeks whose results are young enough to serve it."""
    own = at.ledger.jobs.of_partition(BATCHES, at.partition.key)
    ours = {job.job_id for job in own}
    earliest = at.partition.start - max_age
    others = [
        job
        for job in at.ledger.jobs.of_kind(BATCH, JobState.COLLECTED)
        if job.job_id not in ours and earliest <= job.since < at.partition.end
    ]
    return [*others, *own]


def covered_by(jobs: Iterable[Job]) -> dict[tuple[str, str], Job]:
    """Which creators (platform and handle) are in a batch that runs, is done, or may have been submitted."""
    found: dict[tuple[str, str], Job] = {}
    for job in jobs:
        if job.kind == BATCH and job.state not in {JobState.LOST, JobState.ABANDONED}:
            for name in job.parameters["creators"]:
                found[job.parameters["platform"], name] = job
    return found


def results(buyer: Buyer, jobs: Sequence[Job]) -> list[tuple[Job, Parsed]]:
    """The rows of every job that has any, out of the archive where they were fetched before; free.

    Of a job that stopped in the middle the rows so far; of one that was given up or lost those collected before, for
    they are paid. Each row carries its share of what the job charged.
    """
    client = buyer.paid_client
    found = []
    for job in jobs:
        if job.kind != BATCH or not job.provider_job_id:
            continue
        settings = client.accounts[job.provider].settings
        if _has_results(job):
            parsed = _parsed(job, buyer.fetch([_pages_of(job, settings)], _window_of(job)).answers[0])
        else:
            parsed = _archived(client.ledger, job, settings)
        if parsed is not None:
            found.append((job, parsed))
    return found


def _archived(ledger: Ledger, job: Job, settings: ProviderSettings) -> Parsed | None:
    """The rows of a job that were fetched before, None where there are none; nobody is asked."""
    (way,) = coverage_of(ledger, [_pages_of(job, settings)], _window_of(job))
    return _parsed(job, way.answers)


def _parsed(job: Job, answers: Sequence[Answer]) -> Parsed | None:
    if not answers or answers[0].kind is not AnswerKind.FINAL:
        return None
    return BATCH_JOBS[job.provider].rows(
        [msgspec.structs.replace(answers[0], charge_microcredits=job.charged_microcredits)]
    )


def _pages_of(job: Job, settings: ProviderSettings) -> PagedRequest:
    batch_jobs = BATCH_JOBS[job.provider]
    return batch_jobs.results(
        settings, submitted_id(job), platform=job.parameters["platform"], mode=job.parameters["mode"]
    )


def submitted_id(job: Job) -> str:
    """The provider's id of a job.

    Raises:
        ValueError: It was not submitted, or nobody knows whether it was.
    """
    if job.provider_job_id is None:
        raise ValueError(f"the work {job.job_id} has no job of the provider: it is {job.state}")
    return job.provider_job_id


def _window_of(job: Job) -> Window:
    """Results of a stopped job and of the finished one are the same request: the moment tells them apart."""
    if job.state in {JobState.ABANDONED, JobState.LOST}:
        return Window(start=job.since, end=job.since + timedelta.resolution, reuse_since=job.intended_at)
    return Window(start=job.since, end=job.since + RESULTS_LATE, reuse_since=job.since)


def _has_results(job: Job) -> bool:
    if job.state in {JobState.READY, JobState.COLLECTED}:
        return True
    return job.state in {JobState.PAUSED, JobState.FAILED} and job.rows_done > 0


def failed_creators(collected: Sequence[tuple[Job, Parsed]]) -> set[tuple[str, str]]:
    """The creators whose rows failed in a finished job, or that it left out: they are asked for again, alone."""
    failed: set[tuple[str, str]] = set()
    for job, parsed in collected:
        if job.state in {JobState.READY, JobState.COLLECTED}:
            has_row = parsed.rows.filter(pl.col("state") != "unknown").select("platform", "username")
            asked = {(job.parameters["platform"], name) for name in job.parameters["creators"]}
            failed |= asked - set(has_row.iter_rows())
    return failed
