"""Schedules. What spends is off until you switch it on, and says what it may spend. What is free is on.

Which runs a schedule requests is a pure function of briefs and time. Whether such a run is admitted is decided when it
is submitted, in ``run_coordinator``.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a schedule as they stand.

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg

from creator_assets.campaigns import Campaign
from creator_assets.demand.videos.trackers import snapshot_capabilities
from creator_assets.microcredits import format_credits
from creator_assets.partitions import Partition, current_day
from creator_assets.resources import CampaignBriefs

WEEKLY = "17 6 * * 1"  # Mondays, early, off the full hour that everybody uses
HOURLY = "23 * * * *"
DAILY = "41 5 * * *"  # after the counters of the day before are in, which is at 00:05 UTC
NIGHTLY = "52 2 * * *"
AFTER_NIGHT = "34 4 * * *"


def build_schedules(
    creators: Any, books: Any, video_days: Any, upkeep: Any, people: Any
) -> list[dg.ScheduleDefinition]:
    """All schedules for these jobs."""

    @dg.schedule(
        job=creators,
        cron_schedule=WEEKLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Materializes the week of each running campaign: search, choose, enrich. Spends at most what its "
        "budget has left.",
    )
    def weekly_creators(
        context: dg.ScheduleEvaluationContext, campaigns: CampaignBriefs
    ) -> Iterator[dg.RunRequest] | dg.SkipReason:
        requests = runs_of_week(list(campaigns.load().by_slug.values()), context.scheduled_execution_time)
        return iter(requests) if requests else dg.SkipReason("No campaign runs today.")

    hourly_books = dg.ScheduleDefinition(
        name="hourly_books",
        job=books,
        cron_schedule=HOURLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Materializes the ledger as a table, and reconciles it with the balances of the providers. Free.",
        tags={"may_spend": "nothing"},
    )

    @dg.schedule(
        job=video_days,
        cron_schedule=DAILY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Materializes yesterday's counters of the tracked videos of each running campaign. A series is "
        "free. Snapshots, gaps and creators' averages cost, and are bought for the running day. Off because there is "
        "nothing to read before videos are tracked, which costs.",
    )
    def daily_video_stats(
        context: dg.ScheduleEvaluationContext, campaigns: CampaignBriefs
    ) -> Iterator[dg.RunRequest] | dg.SkipReason:
        requests = runs_of_day(list(campaigns.load().by_slug.values()), context.scheduled_execution_time)
        return iter(requests) if requests else dg.SkipReason("No running campaign tracks a video.")

    nightly_archive = dg.ScheduleDefinition(
        name="nightly_archive",
        job=upkeep,
        cron_schedule=NIGHTLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Moves old answers to compressed segments. Free.",
        tags={"may_spend": "nothing"},
    )
    nightly_people = dg.ScheduleDefinition(
        name="nightly_people",
        job=people,
        cron_schedule=AFTER_NIGHT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Matches all accounts to creators, from everything known by now. Free.",
        tags={"may_spend": "nothing"},
    )
    return [weekly_creators, hourly_books, daily_video_stats, nightly_archive, nightly_people]


def runs_of_week(campaigns: Sequence[Campaign], now: datetime) -> list[dg.RunRequest]:
    """One run for each campaign that runs on that day, so a failure of one does not stop another."""
    today = current_day(now)
    return [
        dg.RunRequest(
            partition_key=Partition.week_of(campaign.slug, today).key,
            # The time is part of the key: the same week may be requested again, the same tick may not.
            run_key=f"{campaign.slug}:{now:%Y-%m-%dT%H:%M}",
            tags={"may_spend": _may_spend(campaign)},
        )
        for campaign in campaigns
        if campaign.runs_on(today)
    ]


def runs_of_day(campaigns: Sequence[Campaign], now: datetime) -> list[dg.RunRequest]:
    """One run for each running campaign that tracks videos, for the day before, whose counters are complete.

    Counter snapshots and creators' averages can only be bought on the day itself. So a campaign that buys snapshots,
    fills gaps of a series or requests averages has a run for the running day as well.
    """
    today = current_day(now)
    yesterday = today - timedelta(days=1)
    free = [
        _run_of_day(campaign, yesterday, f"{campaign.slug}:{now:%Y-%m-%dT%H:%M}", "nothing")
        for campaign in campaigns
        if campaign.tracking is not None and campaign.runs_on(yesterday)
    ]
    buying = [
        _run_of_day(campaign, today, f"{campaign.slug}:{now:%Y-%m-%dT%H:%M}:today", _may_spend(campaign))
        for campaign in campaigns
        if campaign.tracking is not None
        and (campaign.tracking.buys_on_days or snapshot_capabilities(campaign))
        and campaign.runs_on(today)
    ]
    return free + buying


def _run_of_day(campaign: Campaign, day: date, run_key: str, may_spend: str) -> dg.RunRequest:
    partition_key = Partition.day_of(campaign.slug, day).key
    return dg.RunRequest(partition_key=partition_key, run_key=run_key, tags={"may_spend": may_spend})


def _may_spend(campaign: Campaign) -> str:
    amounts = sorted(campaign.budget_microcredits.items())
    return ", ".join(f"{name} {format_credits(amount)}" for name, amount in amounts) or "nothing"
