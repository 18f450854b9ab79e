"""Sensors on pending jobs: they poll jobs, for free, and request a run for exactly the partitions that are ready.

One sensor for each way of waiting: batches report their progress, the readiness of creators is checked, and accounts
whose videos are being fetched are requested again. A tick is bounded in jobs and in seconds. The next tick continues,
because the longest due job comes first. What follows from the jobs is decided in ``job_decisions``.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a sensor as they stand.

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta

import dagster as dg
import msgspec

from creator_assets.assets.graph import asset_graph, assets_in_job, reports_of
from creator_assets.automation.job_decisions import FIRST_PAUSE, decide, read_cursor, readiness_status, why_abandoned
from creator_assets.demand.audiences import WAITING_IN_BATCHES
from creator_assets.demand.batches.results import BATCHES
from creator_assets.demand.batches.steps import advance, poller
from creator_assets.ledger.jobs.records import BATCH, Job, JobState, JobStatus, due_jobs
from creator_assets.ledger.records import Window
from creator_assets.partitions import PartitionKind
from creator_assets.providers.capabilities import capability, capability_or_none
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.resources import PaidClientResource
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient

BATCH_SECONDS = 45
READINESS_SECONDS = 600
BLOGGER_SECONDS = 120  # "2-5 minutes"
POLLS_PER_TICK = 50
TICK_SECONDS = 40.0  # Dagster ends a tick after 60

Poll = Callable[[PaidClient, Job, str], None]


def build_waiting(batch_seconds: int = BATCH_SECONDS) -> list[dg.SensorDefinition]:
    """The sensors on pending jobs; batches are polled every `batch_seconds`."""

    @dg.sensor(
        target=dg.AssetSelection.assets(
            BATCHES, "enriched_profiles", "audience_reports", *reports_of(PartitionKind.WEEK)
        ),
        minimum_interval_seconds=batch_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Polls batches, resumes paused ones once there are credits, and collects finished ones, also for "
        "audience reports that wait for them. Free: what batches charge was held when they were submitted.",
    )
    def batches_waiting(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        return _tick(context, paid_client, is_mine=_is_batch, poll=_poll_batch)

    @dg.sensor(
        target=dg.AssetSelection.assets("enriched_profiles", "audience_reports", *reports_of(PartitionKind.WEEK)),
        minimum_interval_seconds=READINESS_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Checks, for free, whether queued creators and reports are ready, and buys those that are. Its "
        "runs spend what the campaign's budget has left. Off until you switch it on.",
    )
    def creators_waiting(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        return _tick(context, paid_client, is_mine=_has_readiness_check, poll=_poll_readiness)

    @dg.sensor(
        target=dg.AssetSelection.assets("enriched_profiles", *reports_of(PartitionKind.WEEK)),
        minimum_interval_seconds=BLOGGER_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Requests accounts again once the provider should have fetched their videos. Free while the "
        "provider has them cached, which it does not promise. Off until you switch it on.",
    )
    def bloggers_waiting(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        return _tick(context, paid_client, is_mine=_has_no_readiness_check, poll=_request_again)

    # A sensor of its own, because the target of a sensor has one partitioning and the others materialize weeks.
    @dg.sensor(
        target=dg.AssetSelection.assets(*assets_in_job(PartitionKind.DAY)),
        minimum_interval_seconds=BLOGGER_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Materializes the running day again once the provider should have fetched the averages of its "
        "creators. Its runs spend what the campaign's budget has left. Off until you switch it on.",
    )
    def video_stats_waiting(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        return _tick(context, paid_client, is_mine=_is_of_a_day, poll=_poll_or_request_again)

    return [batches_waiting, creators_waiting, bloggers_waiting, video_stats_waiting]


def _is_batch(job: Job) -> bool:
    return job.kind == BATCH


def _is_of_a_day(job: Job) -> bool:
    return asset_graph().stages[job.asset].kind is PartitionKind.DAY


def _has_readiness_check(job: Job) -> bool:
    return job.kind != BATCH and not _is_of_a_day(job) and _is_checked_for_free(job)


def _has_no_readiness_check(job: Job) -> bool:
    return job.kind != BATCH and not _is_of_a_day(job) and not _is_checked_for_free(job)


def _is_checked_for_free(job: Job) -> bool:
    """Whether the provider says for free if the answer is ready."""
    platform = job.parameters["platform"]
    return capability_or_none(CapabilityKind.READINESS, provider=job.provider, platform=platform) is not None


def _tick(
    context: dg.SensorEvaluationContext, paid_client: PaidClientResource, *, is_mine: Callable[[Job], bool], poll: Poll
) -> dg.SensorResult:
    with closing(paid_client):
        opened = paid_client.open()
        pending, now = opened.ledger.jobs, opened.ledger.now()
        campaigns = paid_client.briefs()
        # A brief that cannot be read for a moment does not mean that its campaign is gone.
        known = set(campaigns.by_slug) if not campaigns.faults else None

        def mine() -> list[Job]:
            return [job for job in pending.open_jobs() if is_mine(job)]

        for job in mine():
            why = why_abandoned(job, known if known is not None else {job.campaign}, now)
            if why is not None:
                pending.abandon(job.job_id, why)
        poll_due(opened, mine(), poll, tick=f"sensor-{now:%Y%m%dT%H%M%S%f}")
        decision = decide(
            mine(),
            opened.ledger.now(),
            read_cursor(context.cursor),
            lambda partition: _waits_for_batch(context, partition),
        )
        for job in decision.too_old:
            age = opened.ledger.now() - job.intended_at
            pending.alarm(job.job_id, "job_overdue", f"not done after {age.total_seconds() / 3600:.1f} hours")
    cursor = msgspec.json.encode(decision.cursor).decode()
    if not decision.runs:
        return dg.SensorResult(skip_reason=dg.SkipReason(decision.message), cursor=cursor)
    context.log.info(decision.message)
    return dg.SensorResult(run_requests=list(decision.runs), cursor=cursor)


def _waits_for_batch(context: dg.SensorEvaluationContext, partition: str) -> bool:
    """Whether the latest audience reports of a partition left some creators to a batch."""
    try:
        instance = context.instance
    except dg.DagsterInvariantViolationError:  # a context that was built by hand, without an instance
        return False
    of_partition = dg.AssetRecordsFilter(asset_key=dg.AssetKey("audience_reports"), asset_partitions=[partition])
    made = instance.fetch_materializations(of_partition, limit=1).records
    latest = made[0].asset_materialization if made else None
    value = latest.metadata.get(WAITING_IN_BATCHES) if latest else None
    return bool(value and value.value)


def poll_due(
    paid_client: PaidClient,
    jobs: Sequence[Job],
    poll: Poll,
    *,
    tick: str,
    monotonic: Callable[[], float] = time.monotonic,
) -> int:
    """Poll the jobs that are due, the longest due first, until the tick has used up its jobs or seconds.

    Returns:
        How many jobs were polled.
    """
    ends_at = monotonic() + TICK_SECONDS
    polled = 0
    died = {job.job_id for job in paid_client.ledger.jobs.died_while_submitting()}
    for job in due_jobs(jobs, paid_client.ledger.now())[:POLLS_PER_TICK]:
        if monotonic() >= ends_at:
            break
        if job.state is JobState.INTENDED and job.job_id not in died:
            continue  # its process is submitting it
        poll(paid_client, job, tick)
        polled += 1
    return polled


def _poll_batch(paid_client: PaidClient, job: Job, tick: str) -> None:
    advance(paid_client, job, poller(tick, "batches_waiting"))


def _poll_readiness(paid_client: PaidClient, job: Job, tick: str) -> None:
    pending, now = paid_client.ledger.jobs, paid_client.ledger.now()
    if (job := _noted(paid_client, job)).state is not JobState.WAITING:
        return
    can = capability(CapabilityKind.READINESS, provider=job.provider, platform=job.parameters["platform"])
    pages = can.pages(
        paid_client.accounts[job.provider].settings, job.parameters["platform"], job.parameters["username"]
    )
    window = Window(start=now, end=now + timedelta(hours=1), reuse_since=now)
    try:
        answer = paid_client.fetch(
            [pages], FetchContext(spender=poller(tick, "creators_waiting"), window=window)
        ).answers[0][0]
    except PaidCallError as error:
        later = JobStatus(state=JobState.WAITING, next_poll_at=now + FIRST_PAUSE, note=f"no answer: {error.happened}")
        pending.polled(job.job_id, later)
        return
    pending.polled(job.job_id, readiness_status(job, can.rows(answer), now))


def _request_again(paid_client: PaidClient, job: Job, tick: str) -> None:
    """There is no free check. Only the request itself, by a run, shows whether the answer is ready."""
    del tick  # nothing is sent here
    if _noted(paid_client, job).state is JobState.WAITING:
        due = JobStatus(state=JobState.READY, next_poll_at=paid_client.ledger.now(), note="requested again when due")
        paid_client.ledger.jobs.polled(job.job_id, due)


def _poll_or_request_again(paid_client: PaidClient, job: Job, tick: str) -> None:
    (_poll_readiness if _is_checked_for_free(job) else _request_again)(paid_client, job, tick)


def _noted(paid_client: PaidClient, job: Job) -> Job:
    """The job, waiting from now on where its process died while it noted the job: the answer is archived."""
    if job.state is not JobState.INTENDED:
        return job
    now = paid_client.ledger.now()
    return paid_client.ledger.jobs.submitted(job.job_id, job.request_key, None, next_poll_at=now)
