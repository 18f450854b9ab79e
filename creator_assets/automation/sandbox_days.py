"""The schedules by the sandbox's clock: defined only where ``CREATOR_ASSETS_CLOCK`` names one.

Dagster's daemon evaluates a schedule by this machine's clock, which cannot be set. Where the sandbox's clock counts,
this sensor calls the schedules' own functions for each of their ticks that has passed, so a month passes in a minute.
The cron lines and the requests are in ``schedules``, and only there.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a sensor as they stand.

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import dagster as dg
import msgspec

# Dagster's own reading of a cron line, so that both agree on the times. The release is pinned.
from dagster._utils.schedules import cron_string_iterator

from creator_assets.automation.schedules import DAILY, WEEKLY, runs_of_day, runs_of_week
from creator_assets.campaigns import Campaign
from creator_assets.partition_definitions import range_tags
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, PaidClientResource

SECONDS = 2
"""The interval of sensors where days pass in seconds: every turn of Dagster's own loop, which takes five."""
SCHEDULE_TICKS_PER_TICK = 40
VIDEO_DAYS = "video_days"

Requests = Callable[[Sequence[Campaign], datetime], list[dg.RunRequest]]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A tick of a schedule that has passed."""

    at: datetime
    job: str
    requests: Requests


def due_between(since: datetime, now: datetime, jobs: Sequence[tuple[str, str, Requests]]) -> list[Due]:
    """The ticks of schedules after `since` up to `now`, in the order of time, as many as one tick of the sensor takes.

    Args:
        since: The last tick that was served.
        now: The sandbox's present.
        jobs: For each schedule, the name of its job, its cron line and its requests.
    """
    found = [
        Due(at=at.astimezone(UTC), job=job, requests=requests)
        for job, cron, requests in jobs
        for at in takewhile(lambda at: at <= now, cron_string_iterator(since.timestamp() + 1, cron, "UTC"))
    ]
    return sorted(found, key=lambda due: (due.at, due.job))[:SCHEDULE_TICKS_PER_TICK]


def merge_days(requests: Sequence[dg.RunRequest]) -> list[dg.RunRequest]:
    """The same requests, with one run for consecutive days of a campaign: all of them have passed already."""
    joined: list[list[dg.RunRequest]] = []
    for request in requests:
        if joined and _follows(joined[-1][-1], request):
            joined[-1].append(request)
        else:
            joined.append([request])
    return [_ranged(group) if len(group) > 1 else group[0] for group in joined]


def _follows(before: dg.RunRequest, request: dg.RunRequest) -> bool:
    if before.job_name != request.job_name or request.job_name != VIDEO_DAYS:
        return False
    return _day(request).follows(_day(before))


def _ranged(group: Sequence[dg.RunRequest]) -> dg.RunRequest:
    first, last = group[0], group[-1]
    tags = {**first.tags, **range_tags(_day(first), _day(last))}
    return dg.RunRequest(run_key=last.run_key, job_name=first.job_name, tags=tags)


def _day(request: dg.RunRequest) -> Partition:
    return Partition.parse(str(request.partition_key), PartitionKind.DAY)


def build_sandbox_days(creators: Any, video_days: Any) -> list[dg.SensorDefinition]:
    """The sensor that replaces the schedules of these jobs."""
    jobs = [("creators", WEEKLY, runs_of_week), (VIDEO_DAYS, DAILY, runs_of_day)]

    @dg.sensor(
        jobs=[creators, video_days],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Requests the runs of weekly_creators and daily_video_stats by the sandbox's clock. Spends the "
        "sandbox's credits. Off until you switch it on.",
    )
    def sandbox_days(
        context: dg.SensorEvaluationContext, campaigns: CampaignBriefs, paid_client: PaidClientResource
    ) -> dg.SensorResult | dg.SkipReason:
        with closing(paid_client):
            now = paid_client.open().ledger.now()
        since = datetime.fromisoformat(context.cursor) if context.cursor else now
        due = due_between(since, now, jobs)
        briefs = list(campaigns.load().by_slug.values()) if due else []
        runs = [
            run.with_replaced_attrs(job_name=one.job, run_key=f"{one.job}:{run.run_key}")
            for one in due
            for run in one.requests(briefs, one.at)
        ]
        # By campaign first, so that the days of each follow each other; a week comes before its days.
        runs.sort(key=lambda run: (str(run.partition_key).partition("|")[0], run.job_name))
        cursor = (due[-1].at if due else since).isoformat()
        message = f"{now:%Y-%m-%d %H:%M} at the sandbox: {len(due)} ticks of schedules have passed since {since:%H:%M}"
        return dg.SensorResult(run_requests=merge_days(runs), skip_reason=None if runs else message, cursor=cursor)

    return [sandbox_days]
