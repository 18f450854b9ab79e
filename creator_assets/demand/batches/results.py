"""What batches contribute to a week of profiles: their rows, and the creators that need no single request.

Results come out of the archive where they were fetched before; fetching them is free. Handing lists in and polling
them belongs to ``steps``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

import msgspec
import polars as pl

from creator_assets.demand.provider_choice import Account
from creator_assets.demand.stage import Buyer, StageContext
from creator_assets.handles import canonical_handle
from creator_assets.ledger.jobs.records import BATCH, Job, JobState
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest
from creator_assets.providers.contract.parsed import Parsed, Problem
from creator_assets.providers.parsing.provenance import RawRecord, no_problems, problems
from creator_assets.providers.parsing.records import decode
from creator_assets.providers.parsing.table_rows import conform
from creator_assets.providers.registry import BATCH_JOBS
from creator_assets.spending.archive_coverage import coverage_of
from creator_assets.tables.schemas import EnrichedProfiles

BATCHES = "enrichment_batches"
RESULTS_LATE = timedelta(days=2)
"""What was asked for within a partition may be collected this much later."""


class BatchedProfiles(msgspec.Struct, frozen=True, kw_only=True):
    """What batches contribute to a week of profiles: rows, the creators not to ask for singly, the jobs collected.

    ``missed`` are the creators that a finished batch has nothing of; ``rows_of_missed`` say so.
    """

    rows: list[Parsed]
    settled: set[Account]
    missed: set[Account]
    rows_of_missed: list[Parsed]
    jobs: list[Job]
    waiting: int


def batched_profiles(at: StageContext, buyer: Buyer, wanted: Sequence[Account]) -> BatchedProfiles:
    """The rows that batches have for the wanted accounts. What is still waited for is asked of nobody else."""
    profiles = at.campaign.profiles
    if profiles is None or profiles.option:  # a batch has none of the options, so it answers another request
        return BatchedProfiles(rows=[], settled=set(), missed=set(), rows_of_missed=[], jobs=[], waiting=0)
    jobs = works_for(at, profiles.max_age)
    covered = set(covered_by(jobs))
    collected = results(buyer, jobs)
    has_rows: set[Account] = set()
    parsed, of_missed = [], []
    settled, missed = _settled(jobs, collected)
    named: set[Account] = set()
    for _, found in reversed(collected):  # the newest first
        rows = _of_accounts(found, set(wanted) - has_rows, "unknown", is_state=False)
        has_rows.update(rows.rows.select("platform", "username").iter_rows())
        parsed.append(rows)
        without_data = _of_accounts(found, (missed & set(wanted)) - named, "unknown", is_state=True)
        named.update(without_data.rows.select("platform", "username").iter_rows())
        of_missed.append(msgspec.structs.replace(without_data, rejected=no_problems(), notes=no_problems()))
    ready = [job for job, _ in collected if job.state is JobState.READY]
    return BatchedProfiles(
        rows=parsed,
        settled=settled,
        missed=missed & set(wanted),
        rows_of_missed=of_missed,
        jobs=ready,
        waiting=len((covered & set(wanted)) - has_rows - missed),
    )


def _of_accounts(parsed: Parsed, accounts: Collection[Account], state: str, *, is_state: bool) -> Parsed:
    """The rows of some accounts that are, or are not, in a state."""
    keep = [
        (platform, username) in accounts and (of_row == state) is is_state
        for platform, username, of_row in parsed.rows.select("platform", "username", "state").iter_rows()
    ]
    return parsed.with_rows(parsed.rows.filter(pl.Series(keep, dtype=pl.Boolean)))


def covered_accounts(at: StageContext, max_age: timedelta) -> set[Account]:
    """Accounts that a batch has, or may have: nobody else is asked for them meanwhile."""
    return set(covered_by(works_for(at, max_age)))


def settled_accounts(at: StageContext, max_age: timedelta) -> tuple[set[Account], set[Account]]:
    """Accounts that a run would not ask for singly, and those that a finished batch has nothing of, by the archive."""
    if at.campaign.profiles is not None and at.campaign.profiles.option:
        return set(), set()
    jobs = works_for(at, max_age)
    collected = [
        (job, parsed)
        for job in jobs
        if job.provider_job_id and (parsed := _archived(at.ledger, job, at.settings[job.provider])) is not None
    ]
    return _settled(jobs, collected)


def _settled(jobs: Sequence[Job], collected: Sequence[tuple[Job, Parsed]]) -> tuple[set[Account], set[Account]]:
    """Who is in a batch and did not fail there, or has a row of any; and who has none of a finished one."""
    has_rows = {
        account
        for _, parsed in collected
        for account in parsed.rows.filter(pl.col("state") != "unknown").select("platform", "username").iter_rows()
    }
    missed = failed_creators(collected) - has_rows
    return (set(covered_by(jobs)) - missed) | has_rows, missed


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


def accounts_of(job: Job) -> list[Account]:
    """The creators of a batch. An older release may have written their handles in another spelling."""
    platform = job.parameters["platform"]
    return [(platform, canonical_handle(name, platform)) for name in job.parameters["creators"]]


def covered_by(jobs: Iterable[Job]) -> dict[tuple[str, str], Job]:
    """Which creators (platform and handle) are in a batch that runs, is done, or may have been submitted."""
    found: dict[tuple[str, str], Job] = {}
    for job in jobs:
        if job.kind == BATCH and job.state not in {JobState.LOST, JobState.ABANDONED}:
            for account in accounts_of(job):
                found[account] = job
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
            parsed = parsed_results(job, buyer.fetch([_pages_of(job, settings)], _window_of(job)).answers[0])
        else:
            parsed = _archived(client.ledger, job, settings)
        if parsed is not None:
            found.append((job, parsed))
    return found


def _archived(ledger: Ledger, job: Job, settings: ProviderSettings) -> Parsed | None:
    """The rows of a job that were fetched before, None where there are none; nobody is asked."""
    (way,) = coverage_of(ledger, [_pages_of(job, settings)], _window_of(job))
    return parsed_results(job, way.answers)


def results_of(at: StageContext, job: Job, buyer: Buyer | None = None) -> Answer | None:
    """The newest results of a job with what it charged: out of the archive, else fetched by `buyer`, which is free."""
    if job.kind != BATCH or not job.provider_job_id:
        return None
    pages, window = _pages_of(job, at.settings[job.provider]), _window_of(job)
    if buyer is not None and _has_results(job):
        answers: Sequence[Answer] = buyer.fetch([pages], window).answers[0]
    else:
        answers = at.coverage([pages], window)[0].answers
    if not answers or answers[0].kind is not AnswerKind.FINAL:
        return None
    return msgspec.structs.replace(answers[0], charge_microcredits=job.charged_microcredits)


def parsed_results(job: Job, answers: Sequence[Answer]) -> Parsed | None:
    """The rows of what a job answered; None where it has not answered yet."""
    if not answers or answers[0].kind is not AnswerKind.FINAL:
        return None
    answer = msgspec.structs.replace(answers[0], charge_microcredits=job.charged_microcredits)
    return _joined(job, answer, BATCH_JOBS[job.provider].rows([answer]))


def _joined(job: Job, answer: Answer, parsed: Parsed) -> Parsed:
    """The rows of the creators of a job. A row of anybody else is rejected: it cannot be joined to a creator.

    A finished job says of every creator what it has. One that it leaves out gets a row that says so.
    """
    creators = set(accounts_of(job))
    is_ours = pl.Series(
        [account in creators for account in parsed.rows.select("platform", "username").iter_rows()], dtype=pl.Boolean
    )
    strangers = (
        parsed.rows.with_row_index("position")
        .filter(~is_ours)
        .with_columns(
            field=pl.lit("input_value"),
            problem=pl.lit(str(Problem.UNKNOWN)),
            reason=pl.lit("no creator of the batch has this name"),
        )
    )
    ours = parsed.rows.filter(is_ours)
    if job.state in {JobState.READY, JobState.COLLECTED}:
        left_out = creators - set(ours.select("platform", "username").iter_rows())
        ours = pl.concat([ours, _left_out(job, answer, sorted(left_out))])
    return Parsed(rows=ours, rejected=pl.concat([parsed.rejected, problems(strangers)]), notes=parsed.notes)


def _left_out(job: Job, answer: Answer, accounts: Sequence[Account]) -> pl.DataFrame:
    known = pl.DataFrame(
        [(0, place, *account, "unknown", job.parameters["mode"]) for place, account in enumerate(accounts)],
        schema={"answer_index": pl.Int64, "position": pl.Int64}
        | dict.fromkeys(("platform", "username", "state", "depth"), pl.String),
        orient="row",
    )
    records = [RawRecord(0, place, "{}") for place in range(len(accounts))]
    free = msgspec.structs.replace(answer, charge_microcredits=0, notes=())
    return conform(EnrichedProfiles, decode([free], records, pl.Struct({"_": pl.String}), {}, known)).rows


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
            failed |= set(accounts_of(job)) - set(has_row.iter_rows())
    return failed
