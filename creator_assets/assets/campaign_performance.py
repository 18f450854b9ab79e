"""What the videos of a campaign have brought by a day, and for what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from creator_assets.assets.framework.blueprint import Dependency, free_asset
from creator_assets.assets.framework.metadata import missing_values
from creator_assets.assets.framework.step import Step
from creator_assets.campaigns import Campaign
from creator_assets.metrics.campaign_days import campaign_on, videos_on
from creator_assets.metrics.video_days import VIDEO
from creator_assets.partition_definitions import between_days_and_weeks, with_partitions_before
from creator_assets.partitions import PartitionKind
from creator_assets.providers.parsing.video_urls import video_url
from creator_assets.tables import schemas

PLOTTED = ("views", "cpm", "campaign_cpm")
DAYS_BEFORE = 365
"""How far back a video's last count may lie once its tracked time is over."""


@free_asset(
    group="reports",
    kind=PartitionKind.DAY,
    deps=[
        Dependency(asset="tracked_videos", mapping=between_days_and_weeks),
        Dependency(asset="video_stats", mapping=lambda: with_partitions_before(DAYS_BEFORE)),
    ],
    resources=("campaigns", "tables"),
)
def campaign_performance(step: Step) -> dict[str, Any]:
    """What the videos of a campaign have brought by a day, and for what; each by itself in `video_performance`.

    Free. Fees are those of the brief as it is now.
    """
    campaign, day = step.campaign, step.partition.first_day
    tracked = step.read("tracked_videos", step.partition.week())
    # Paid posts that content has found may be of any brand: the campaign did not pay for them.
    tracked = tracked.filter(pl.col("found_in").fill_null("brief") == "brief")
    videos = videos_on(day, tracked, _stats_until(step, tracked), _paid_for(campaign), campaign.currency)
    together = (
        schemas.CampaignPerformance.create_empty()
        if videos.is_empty()
        else campaign_on(day, videos, campaign.fees, campaign.currency)
    )
    of_videos = step.write(videos, "video_performance", prefix="videos") | missing_values(videos, "videos_")
    # Numbers, so that the UI plots them over the days.
    plotted = {name: float(together[name][0]) for name in PLOTTED if together[name].count()}
    return step.write(together) | missing_values(together) | plotted | of_videos


def _paid_for(campaign: Campaign) -> dict[str, Decimal]:
    """The fee of each video for which the brief names one, by the canonical form of its address."""
    fees = campaign.tracking.fees if campaign.tracking else {}
    return {video_url(address).url: fee for address, fee in fees.items()}


def _stats_until(step: Step, tracked: pl.DataFrame) -> pl.DataFrame:
    """The counts of a day, and all earlier ones of those tracked videos that it has no count of.

    Raises:
        UpstreamMissingError: The day's own counts were never written.
    """
    own = step.read("video_stats")
    absent = tracked.select(VIDEO).join(own.filter(pl.col("views").is_not_null()), on=VIDEO, how="anti")
    if absent.is_empty():
        return own
    partition = step.partition
    before = step.tables.scan(schemas.VideoStats, "video_stats", partition.path_parts[:1], (PartitionKind.DAY.value,))
    first = partition.first_day - timedelta(days=DAYS_BEFORE)
    known = before.filter(pl.col("day").is_between(first, partition.first_day, closed="left"))
    return pl.concat([known.join(absent.lazy(), on=VIDEO, how="semi").select(own.columns).collect(), own])
