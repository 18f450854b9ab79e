"""The partitions as Dagster knows them: weeks and days by campaign, the mappings between them, the tags of a range.

What a partition is, and its key, belongs to ``partitions``, which knows no Dagster.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import date

import dagster as dg

from creator_assets.campaigns.slug import SLUG_RULE, is_slug
from creator_assets.partitions import CAMPAIGN, DATE, FIRST_MONDAY, Partition, PartitionKeyError, monday_of

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
"""Tags by which Dagster knows that a run makes a range of partitions."""


def range_tags(first: Partition, last: Partition) -> dict[str, str]:
    """Return the tags of one run for all partitions from the first to the last, by campaign and time."""
    return {RANGE_START: str(first.key), RANGE_END: str(last.key)}


def week_by_campaign(
    slugs: Iterable[str], first_day: date = FIRST_MONDAY, *, weeks_ahead: int = 0
) -> dg.MultiPartitionsDefinition:
    """Return all weeks from the week of `first_day` to the current week, for each campaign.

    The ``end_offset`` of 1 makes the current week a partition. By default, Dagster offers a week only after its end.
    Dagster uses the clock of this machine; `weeks_ahead` adds weeks for a sandbox with a faster clock.

    Raises:
        PartitionKeyError: One of the slugs breaks the rule.
    """
    weeks = dg.WeeklyPartitionsDefinition(_start(first_day), day_offset=1, end_offset=1 + weeks_ahead, timezone="UTC")
    return dg.MultiPartitionsDefinition({CAMPAIGN: _campaigns(slugs), DATE: weeks})


def day_by_campaign(
    slugs: Iterable[str], first_day: date = FIRST_MONDAY, *, weeks_ahead: int = 0
) -> dg.MultiPartitionsDefinition:
    """Return all days from the Monday on or before `first_day` to today plus `weeks_ahead`, for each campaign.

    The start on a Monday ensures that the week of every day exists.

    Raises:
        PartitionKeyError: One of the slugs breaks the rule.
    """
    days = daily(first_day, days_ahead=7 * weeks_ahead)
    return dg.MultiPartitionsDefinition({CAMPAIGN: _campaigns(slugs), DATE: days})


def daily(first_day: date = FIRST_MONDAY, *, days_ahead: int = 0) -> dg.DailyPartitionsDefinition:
    """Return all days from the Monday on or before `first_day` to today, for assets without a campaign."""
    return dg.DailyPartitionsDefinition(_start(first_day), end_offset=1 + days_ahead, timezone="UTC")


def between_days_and_weeks() -> dg.MultiPartitionMapping:
    """Map a day to its week, and a week to its existing days, within the same campaign.

    Use it for the dependency of a daily asset on a weekly asset, and the reverse. The current week has future days.
    Without ``allow_nonexistent_upstream_partitions`` Dagster would refuse every run of that week.
    """
    return _within_campaign(0)


def with_partitions_before(count: int) -> dg.MultiPartitionMapping:
    """Map a week to itself and the `count` weeks before it (a day to days), within the same campaign.

    Use it for the dependency of an asset that also reads earlier partitions of its upstream asset.
    """
    return _within_campaign(-count)


def _within_campaign(start_offset: int) -> dg.MultiPartitionMapping:
    with warnings.catch_warnings():
        # Dagster marks both as beta. The release is pinned and the behaviour tested.
        warnings.simplefilter("ignore", dg.BetaWarning)
        dates = dg.TimeWindowPartitionMapping(start_offset=start_offset, allow_nonexistent_upstream_partitions=True)
        return dg.MultiPartitionMapping(
            {
                CAMPAIGN: dg.DimensionPartitionMapping(CAMPAIGN, dg.IdentityPartitionMapping()),
                DATE: dg.DimensionPartitionMapping(DATE, dates),
            }
        )


def _campaigns(slugs: Iterable[str]) -> dg.StaticPartitionsDefinition:
    known = sorted(set(slugs))
    if not all(map(is_slug, known)):
        raise PartitionKeyError(f"the campaign of a partition key must be {SLUG_RULE}")
    return dg.StaticPartitionsDefinition(known)


def _start(first_day: date) -> str:
    return monday_of(first_day).isoformat()
