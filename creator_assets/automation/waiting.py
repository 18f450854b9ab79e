"""Sensors on pending work: they look, for nothing, and start a run for exactly the partitions whose work is done.

One per provider that keeps us waiting, for each waits in its own way: batches report their progress, the readiness of
creators is asked for, bloggers whose videos are being fetched are asked for again. Each decision is a pure function
with a typed cursor; a tick is bounded in items and in seconds and goes on where it stopped the next time, for what is
longest due comes first. A tick's text says what was seen and why it did or did not act.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a sensor as they stand.

import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import dagster as dg
import msgspec

from creator_assets.assets.graph import asset_graph, assets_in_job, reports_of
from creator_assets.demand.batches.results import BATCHES
from creator_assets.demand.batches.steps import advance, poller
from creator_assets.ledger.jobs.records import BATCH, Job, JobState, JobStatus, due_jobs
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.capabilities import capability, capability_or_none
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.statements import DataReadiness
from creator_assets.providers.registry import BATCH_JOBS
from creator_assets.resources import PaidClientResource
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient

BATCH_SECONDS = 45
READINESS_SECONDS = 600
BLOGGER_SECONDS = 120  # "2-5 minutes"
LOOKS_PER_TICK = 50
TICK_SECONDS = 40.0  # Dagster gives a tick up after 60
FIRST_LOOK, LONGEST_LOOK = timedelta(hours=1), timedelta(hours=6)
AGAIN = timedelta(hours=1)
"""A run that was to collect and did not is started again after this long, with a key of its own."""
OLD_READINESS = timedelta(days=3)  # "within 24 to 48 hours"

_WHY = {
    JobState.UNCERTAIN: " (a person has to look)",
    JobState.PAUSED: " (for lack of credits)",
    JobState.FAILED: " (at the provider)",
}
_LOOKED_AT = frozenset({JobState.WAITING, JobState.PAUSED, JobState.FAILED})


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """What a sensor remembers: whose age it has raised an alarm for. All else stands in the table."""

    alarmed: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from what was seen: runs, alarms, the next cursor, and the sentence of the tick."""

    runs: tuple[dg.RunRequest, ...]
    too_old: tuple[Job, ...]
    cursor: Cursor
    said: str


def read_cursor(text: str | None) -> Cursor:
    """The cursor of the last tick; one that cannot be read is a first one."""
    try:
        return msgspec.json.decode(text or "{}", type=Cursor)
    except msgspec.DecodeError:
        return Cursor()


def decide(works: Sequence[Job], now: datetime, cursor: Cursor) -> Decision:
    """Runs for what is done or stopped with results, alarms for what is too old."""
    done = [work for work in works if work.state is JobState.READY or _has_partial_results(work)]
    by_run: dict[tuple[str, str], list[Job]] = {}
    for work in done:
        by_run.setdefault((work.partition, work.asset), []).append(work)
    runs = tuple(_run(partition, asset, group, now) for (partition, asset), group in sorted(by_run.items()))
    old = [work for work in works if work.state is JobState.WAITING and now - work.intended_at > longest(work)]
    counts = {state: sum(work.state is state for work in works) for state in JobState}
    seen = ", ".join(f"{count} {state}{_WHY.get(state, '')}" for state, count in counts.items() if count)
    late = f"; {len(old)} older than they should be" if old else ""
    looks = [work.next_poll_at for work in works if work.state in _LOOKED_AT]
    next_look = f"; next look {max(min(looks), now):%Y-%m-%d %H:%M} UTC" if looks else ""
    acts = f"runs for {', '.join(run.partition_key or '' for run in runs)}" if runs else "nothing to collect"
    return Decision(
        runs=runs,
        too_old=tuple(work for work in old if work.job_id not in cursor.alarmed),
        cursor=Cursor(alarmed=tuple(sorted(work.job_id for work in old))),
        said=f"{seen or 'nothing pending'}; {acts}{late}{next_look}.",
    )


def longest(work: Job) -> timedelta:
    """From which age on a piece of work is not believed to end by itself."""
    return timedelta(seconds=BATCH_JOBS[work.provider].longest_seconds) if work.kind == BATCH else OLD_READINESS


def readiness_seen(work: Job, said: DataReadiness, now: datetime) -> JobStatus:
    """What a free status check means for an account: ready, or looked at again after 1, 2, 4, 6, 6 hours."""
    if said.is_known and (work.kind != "report" or said.has_audience):
        return JobStatus(state=JobState.READY, next_poll_at=now, rows_done=1, note="the provider has it")
    pause = min(FIRST_LOOK * 2 ** min(work.polls, 3), LONGEST_LOOK)
    return JobStatus(state=JobState.WAITING, next_poll_at=now + pause, note="not there yet")


def given_up(work: Job, campaigns: Collection[str], now: datetime) -> str | None:
    """Why nobody waits for this any more, None where somebody does."""
    if work.campaign not in campaigns:
        return "its campaign is no longer there"
    is_over = now >= Partition.parse(work.partition, asset_graph().stages[work.asset].kind).end
    if work.kind != BATCH and is_over:
        return "its partition ended first: a later answer must not stand under that date"
    return None


def build_waiting(batch_seconds: int = BATCH_SECONDS) -> list[dg.SensorDefinition]:
    """The sensors on pending work; `batch_seconds` is how often batches are looked at."""

    @dg.sensor(
        target=dg.AssetSelection.assets(BATCHES, "enriched_profiles", *reports_of(PartitionKind.WEEK)),
        minimum_interval_seconds=batch_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Looks at batches, lets paused ones go on once there are credits, has finished ones collected. "
        "Calls nothing that costs; what batches charge was held when they were handed in.",
    )
    def batches_waiting(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        return _tick(context, paid_client, mine=_is_batch, look=_look_at_batch)

    @dg.sensor(
        target=dg.AssetSelection.assets("enriched_profiles", "audience_reports", *reports_of(PartitionKind.WEEK)),
        minimum_interval_seconds=READINESS_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Asks, for free, whether queued creators and reports are there, and has those bought that are. "
        "Its runs spend what the campaign's budget has left; off until somebody switches it on.",
    )
    def creators_waiting(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        return _tick(context, paid_client, mine=_is_asked_about, look=_look_at_creator)

    @dg.sensor(
        target=dg.AssetSelection.assets("enriched_profiles", *reports_of(PartitionKind.WEEK)),
        minimum_interval_seconds=BLOGGER_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Has bloggers asked for again once their videos should be fetched. Free while the provider has "
        "them cached, which no answer promises; off until somebody switches it on.",
    )
    def bloggers_waiting(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        return _tick(context, paid_client, mine=_is_asked_again, look=_ask_again)

    # Of its own because the target of a sensor has one partitioning: the others materialize weeks.
    @dg.sensor(
        target=dg.AssetSelection.assets(*assets_in_job(PartitionKind.DAY)),
        minimum_interval_seconds=BLOGGER_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Materializes the running day again once creators' averages that a provider was fetching should be "
        "there. Its runs spend what the campaign's budget has left; off until you switch it on.",
    )
    def video_stats_waiting(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        return _tick(context, paid_client, mine=_is_of_a_day, look=_look_at_or_ask_again)

    return [batches_waiting, creators_waiting, bloggers_waiting, video_stats_waiting]


def _is_batch(work: Job) -> bool:
    return work.kind == BATCH


def _is_of_a_day(work: Job) -> bool:
    return asset_graph().stages[work.asset].kind is PartitionKind.DAY


def _is_asked_again(work: Job) -> bool:
    return work.kind != BATCH and not _is_of_a_day(work) and not _can_be_asked_about(work)


def _is_asked_about(work: Job) -> bool:
    return work.kind != BATCH and not _is_of_a_day(work) and _can_be_asked_about(work)


def _can_be_asked_about(work: Job) -> bool:
    """Whether the provider says for nothing if something is there."""
    return (
        capability_or_none(CapabilityKind.READINESS, provider=work.provider, platform=work.parameters["platform"])
        is not None
    )


Look = Callable[[PaidClient, Job, str], None]


def _tick(
    context: dg.SensorEvaluationContext, paid_client: PaidClientResource, *, mine: Callable[[Job], bool], look: Look
) -> dg.SensorResult:
    try:
        opened = paid_client.open()
        pending, now = opened.ledger.jobs, opened.ledger.now()
        campaigns = paid_client.campaigns.load()
        # A brief that cannot be read for a moment is not a campaign that is gone.
        known = set(campaigns.by_slug) if not campaigns.faults else None
        waited_for = [work for work in pending.open_jobs() if mine(work)]
        for work in waited_for:
            why = given_up(work, known if known is not None else {work.campaign}, now)
            if why is not None:
                pending.abandon(work.job_id, why)
        look_at(
            opened,
            [work for work in waited_for if pending.get(work.job_id).is_open],
            look,
            tick=f"sensor-{now:%Y%m%dT%H%M%S%f}",
        )
        works = [work for work in pending.open_jobs() if mine(work)]
        decision = decide(works, opened.ledger.now(), read_cursor(context.cursor))
        for work in decision.too_old:
            age = opened.ledger.now() - work.intended_at
            pending.alarm(work.job_id, "job_overdue", f"not done after {age.total_seconds() / 3600:.1f} hours")
    finally:
        paid_client.close()
    cursor = msgspec.json.encode(decision.cursor).decode()
    if not decision.runs:
        return dg.SensorResult(skip_reason=dg.SkipReason(decision.said), cursor=cursor)
    context.log.info(decision.said)
    return dg.SensorResult(run_requests=list(decision.runs), cursor=cursor)


def look_at(
    paid_client: PaidClient,
    works: Sequence[Job],
    look: Look,
    *,
    tick: str,
    monotonic: Callable[[], float] = time.monotonic,
) -> int:
    """Look at what is due, the longest due first, until the tick's items or seconds are used up; returns how many."""
    ends_at = monotonic() + TICK_SECONDS
    looked = 0
    died = {work.job_id for work in paid_client.ledger.jobs.died_while_submitting()}
    for work in due_jobs(works, paid_client.ledger.now())[:LOOKS_PER_TICK]:
        if monotonic() >= ends_at:
            break
        if work.state is JobState.INTENDED and work.job_id not in died:
            continue  # somebody is just handing it in
        look(paid_client, work, tick)
        looked += 1
    return looked


def _look_at_batch(paid_client: PaidClient, work: Job, tick: str) -> None:
    advance(paid_client, work, poller(tick, "batches_waiting"))


def _look_at_creator(paid_client: PaidClient, work: Job, tick: str) -> None:
    pending, now = paid_client.ledger.jobs, paid_client.ledger.now()
    if (work := _noted(paid_client, work)).state is not JobState.WAITING:
        return
    can = capability(CapabilityKind.READINESS, provider=work.provider, platform=work.parameters["platform"])
    pages = can.pages(
        paid_client.accounts[work.provider].settings, work.parameters["platform"], work.parameters["username"]
    )
    window = Window(start=now, end=now + timedelta(hours=1), reuse_since=now)
    try:
        answer = paid_client.fetch(
            [pages], FetchContext(spender=poller(tick, "creators_waiting"), window=window)
        ).answers[0][0]
    except PaidCallError as error:
        later = JobStatus(state=JobState.WAITING, next_poll_at=now + FIRST_LOOK, note=f"no answer: {error.happened}")
        pending.polled(work.job_id, later)
        return
    pending.polled(work.job_id, readiness_seen(work, can.rows(answer), now))


def _noted(paid_client: PaidClient, work: Job) -> Job:
    """The job, waiting from now on where its process died while it wrote the job down: its answer is archived."""
    if work.state is not JobState.INTENDED:
        return work
    now = paid_client.ledger.now()
    return paid_client.ledger.jobs.submitted(work.job_id, work.request_key, None, next_poll_at=now)


def _look_at_or_ask_again(paid_client: PaidClient, work: Job, tick: str) -> None:
    (_look_at_creator if _can_be_asked_about(work) else _ask_again)(paid_client, work, tick)


def _ask_again(paid_client: PaidClient, work: Job, tick: str) -> None:
    """There is no free question: asking again is what tells, and a run does that."""
    del tick  # nobody is asked here
    if _noted(paid_client, work).state is JobState.WAITING:
        due = JobStatus(state=JobState.READY, next_poll_at=paid_client.ledger.now(), note="asked again when it was due")
        paid_client.ledger.jobs.polled(work.job_id, due)


def _has_partial_results(work: Job) -> bool:
    return work.kind == BATCH and work.state in {JobState.PAUSED, JobState.FAILED} and work.rows_done > 0


def _run(partition: str, asset: str, works: Sequence[Job], now: datetime) -> dg.RunRequest:
    """One run for a partition. The same works in the same state ask for it once an hour at most, however often seen."""
    states = ",".join(sorted(f"{work.job_id}:{work.state}:{work.since:%Y%m%dT%H%M%S%f}" for work in works))
    is_partial = all(work.state is not JobState.READY for work in works)
    again = 0 if is_partial else int((now - max(work.since for work in works)) / AGAIN)
    digest = hashlib.sha256(f"{states}:{again}".encode()).hexdigest()[:16]
    # The reports rest on what is collected, cost nothing and are made anew with it. A run has weeks or days, not both.
    reports = reports_of(asset_graph().stages[asset].kind)
    names = [*([BATCHES, "enriched_profiles"] if asset == BATCHES else [asset]), *reports]
    return dg.RunRequest(
        run_key=f"{asset}:{partition}:{digest}",
        partition_key=partition,
        asset_selection=[dg.AssetKey(name) for name in names],
        tags={"creator_assets/because": f"{len(works)} pieces of pending work are done"},
    )
