"""What follows from pending jobs: runs for those that are ready, alarms for those that are too old.

Pure functions over jobs and time, with a typed cursor. The sensors that poll jobs are in ``waiting_sensors``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import dagster as dg
import msgspec

from creator_assets.assets.graph import asset_graph, reports_of
from creator_assets.demand.batches.results import BATCHES
from creator_assets.ledger.jobs.records import BATCH, Job, JobState, JobStatus
from creator_assets.partitions import Partition
from creator_assets.providers.contract.statements import DataReadiness
from creator_assets.providers.registry import BATCH_JOBS

FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(hours=6)
"""How long a readiness check waits for the next one: 1 hour at first, then twice as long each time, 6 at most."""
RETRY_AFTER = timedelta(hours=1)
"""A run that should have collected a job and did not is requested again after this time, with a new run key."""
OLD_READINESS = timedelta(days=3)  # "within 24 to 48 hours"

_WHY = {
    JobState.UNCERTAIN: " (check the provider's dashboard)",
    JobState.PAUSED: " (for lack of credits)",
    JobState.FAILED: " (at the provider)",
}
_POLLED = frozenset({JobState.WAITING, JobState.PAUSED, JobState.FAILED})


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """What a sensor remembers: the jobs whose age has raised an alarm. All else is in the ledger."""

    alarmed: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from the state of jobs: runs, alarms, the next cursor, and the message of the tick."""

    runs: tuple[dg.RunRequest, ...]
    too_old: tuple[Job, ...]
    cursor: Cursor
    message: str


def read_cursor(text: str | None) -> Cursor:
    """The cursor of the last tick. A text that cannot be read is an empty cursor."""
    try:
        return msgspec.json.decode(text or "{}", type=Cursor)
    except msgspec.DecodeError:
        return Cursor()


def decide(
    jobs: Sequence[Job],
    now: datetime,
    cursor: Cursor,
    waits_for_batch: Callable[[str], bool] = lambda _partition: False,
) -> Decision:
    """Runs for jobs that are ready or have partial results, alarms for jobs that are too old.

    Args:
        jobs: The open jobs.
        now: The time of the tick.
        cursor: That of the last tick.
        waits_for_batch: Whether the audience reports of a partition wait for a batch.
    """
    done = [job for job in jobs if job.state is JobState.READY or _has_partial_results(job)]
    by_run: dict[tuple[str, str], list[Job]] = {}
    for job in done:
        by_run.setdefault((job.partition, job.asset), []).append(job)
    runs = tuple(
        _run(partition, asset, group, now, with_reports=asset == BATCHES and waits_for_batch(partition))
        for (partition, asset), group in sorted(by_run.items())
    )
    old = [job for job in jobs if job.state is JobState.WAITING and now - job.intended_at > longest_age(job)]
    counts = {state: sum(job.state is state for job in jobs) for state in JobState}
    states = ", ".join(f"{count} {state}{_WHY.get(state, '')}" for state, count in counts.items() if count)
    late = f"; {len(old)} older than expected" if old else ""
    polls = [job.next_poll_at for job in jobs if job.state in _POLLED]
    next_poll = f"; next poll {max(min(polls), now):%Y-%m-%d %H:%M} UTC" if polls else ""
    acts = f"runs for {', '.join(run.partition_key or '' for run in runs)}" if runs else "nothing to collect"
    return Decision(
        runs=runs,
        too_old=tuple(job for job in old if job.job_id not in cursor.alarmed),
        cursor=Cursor(alarmed=tuple(sorted(job.job_id for job in old))),
        message=f"{states or 'no pending job'}; {acts}{late}{next_poll}.",
    )


def longest_age(job: Job) -> timedelta:
    """The age from which a job is not expected to end by itself."""
    return timedelta(seconds=BATCH_JOBS[job.provider].longest_seconds) if job.kind == BATCH else OLD_READINESS


def readiness_status(job: Job, readiness: DataReadiness, now: datetime) -> JobStatus:
    """What a free readiness check means for an account: ready, or polled again after 1, 2, 4, 6, 6 hours."""
    if readiness.is_known and (job.kind != "report" or readiness.has_audience):
        return JobStatus(state=JobState.READY, next_poll_at=now, rows_done=1, note="the provider has it")
    pause = min(FIRST_PAUSE * 2 ** min(job.polls, 3), LONGEST_PAUSE)
    return JobStatus(state=JobState.WAITING, next_poll_at=now + pause, note="not there yet")


def why_abandoned(job: Job, campaigns: Collection[str], now: datetime) -> str | None:
    """Why a job is of no use any more; None where it is."""
    if job.campaign not in campaigns:
        return "its campaign is no longer there"
    kind = asset_graph().stages[job.asset].kind
    is_over = now >= Partition.parse(job.partition, kind).end
    if job.kind != BATCH and is_over:
        return "its partition ended first: a later answer does not belong to that date"
    return None


def _has_partial_results(job: Job) -> bool:
    return job.kind == BATCH and job.state in {JobState.PAUSED, JobState.FAILED} and job.rows_done > 0


def _run(partition: str, asset: str, jobs: Sequence[Job], now: datetime, *, with_reports: bool) -> dg.RunRequest:
    """One run for a partition. The same jobs in the same state request it once an hour at most."""
    states = ",".join(sorted(f"{job.job_id}:{job.state}:{job.since:%Y%m%dT%H%M%S%f}" for job in jobs))
    is_partial = all(job.state is not JobState.READY for job in jobs)
    retry = 0 if is_partial else int((now - max(job.since for job in jobs)) / RETRY_AFTER)
    digest = hashlib.sha256(f"{states}:{retry}".encode()).hexdigest()[:16]
    # Reports depend on what is collected and cost nothing. A run has partitions of weeks or of days, not both.
    reports = reports_of(asset_graph().stages[asset].kind)
    collecting = [BATCHES, "enriched_profiles"] if asset == BATCHES else [asset]
    names = [*collecting, *(["audience_reports"] if with_reports else []), *reports]
    return dg.RunRequest(
        run_key=f"{asset}:{partition}:{digest}",
        partition_key=partition,
        asset_selection=[dg.AssetKey(name) for name in names],
        tags={"creator_assets/because": f"{len(jobs)} pending jobs are ready"},
    )
