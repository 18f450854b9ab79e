"""Reports: what the bought tables say together, for nothing: creators, the reach of a roster, what a campaign brought.

Nobody is asked here. A report is rebuilt from its tables at any time, and knows nothing that was observed later than
its partition. What a metric is stands in ``metrics.registry``, how rows are made of tables beside it.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from creator_assets.assets.framework.metadata import materialization_metadata
from creator_assets.assets.framework.paid_step import read_if_made, read_upstream
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.demand.audience_overlap import rosters
from creator_assets.metrics import registry
from creator_assets.metrics.campaign_days import campaign_on, videos_on
from creator_assets.metrics.evaluation import MISSING, code_version
from creator_assets.metrics.roster_reach import roster_reach as reach_rows
from creator_assets.metrics.scorecard import WEEKS_BEFORE, follower_counts, scorecard
from creator_assets.metrics.video_days import VIDEO
from creator_assets.partitions import Partition, PartitionKind, between_days_and_weeks, with_partitions_before
from creator_assets.providers.parsing.video_urls import video_url
from creator_assets.resources import CampaignBriefs, ParquetTables
from creator_assets.tables import schemas

GROUP = "reports"
OF_WEEKS = ("creator_scorecard", "roster_reach")
OF_DAYS = ("campaign_performance",)
PLOTTED = ("views", "cpm", "campaign_cpm")
DAYS_BEFORE = 365
"""How far back a video's last count may lie once its tracked time is over."""


def earlier_counts(tables: ParquetTables, partition: Partition) -> pl.DataFrame:
    """The counts of followers of the weeks before, from the tables that have them; weeks never made are left out."""
    store = tables.open()
    weeks = [
        Partition.week_of(partition.campaign, partition.first_day - timedelta(weeks=before))
        for before in range(1, WEEKS_BEFORE + 1)
    ]
    sources: Mapping[str, type[dy.Schema]] = {
        "shortlist": schemas.Shortlist,
        "enriched_profiles": schemas.EnrichedProfiles,
    }
    return pl.concat(
        [
            follower_counts(store.read(schema, table, week.path_parts))
            for table, schema in sources.items()
            for week in weeks
            if store.exists(table, week.path_parts)
        ]
        or [follower_counts(schemas.Shortlist.create_empty())]
    )


def paid_for(campaign: Campaign) -> dict[str, Decimal]:
    """The fee of each video for which the brief names one, by the canonical form of its address."""
    fees = campaign.tracking.fees if campaign.tracking else {}
    return {video_url(address).url: fee for address, fee in fees.items()}


def stats_until(tables: ParquetTables, partition: Partition, tracked: pl.DataFrame) -> pl.DataFrame:
    """The counts of a day, and all earlier ones of those tracked videos that it has no count of.

    Raises:
        UpstreamMissingError: The day's own counts were never written.
    """
    own = read_upstream(tables, schemas.VideoStats, "video_stats", partition)
    absent = tracked.select(VIDEO).join(own.filter(pl.col("views").is_not_null()), on=VIDEO, how="anti")
    if absent.is_empty():
        return own
    of_campaign = partition.path_parts[:1]
    before = tables.open().scan(schemas.VideoStats, "video_stats", of_campaign, (PartitionKind.DAY.value,))
    first = partition.first_day - timedelta(days=DAYS_BEFORE)
    known = before.filter(pl.col("day").is_between(first, partition.first_day, closed="left"))
    return pl.concat([known.join(absent.lazy(), on=VIDEO, how="semi").select(own.columns).collect(), own])


def build_reports(weeks: dg.PartitionsDefinition[Any], days: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage: creators and reach by `weeks` x campaign, performance by `days` x campaign."""

    @table_asset(
        GROUP,
        partitions=weeks,
        deps=[
            dg.AssetDep("shortlist", partition_mapping=with_partitions_before(WEEKS_BEFORE)),
            dg.AssetDep("enriched_profiles", partition_mapping=with_partitions_before(WEEKS_BEFORE)),
            "audience_reports",
        ],
        code_version=code_version(1, registry.CREATOR_METRICS),
    )
    def creator_scorecard(context: dg.AssetExecutionContext, tables: ParquetTables) -> dg.MaterializeResult[None]:
        """One row per chosen creator: engagement, growth and audience on one line, and what it cost to know. Free.

        Made of what is there: without profiles or audience reports of the week their values are null, with the reason.
        """

        def make(partition: Partition) -> dict[str, Any]:
            rows = scorecard(
                read_upstream(tables, schemas.Shortlist, "shortlist", partition),
                read_if_made(tables, schemas.EnrichedProfiles, "enriched_profiles", partition),
                read_if_made(tables, schemas.AudienceReports, "audience_reports", partition),
                read_if_made(tables, schemas.AudienceSegments, "audience_segments", partition),
                earlier_counts(tables, partition),
            )
            return _write(tables, schemas.CreatorScorecard, "creator_scorecard", partition, rows)

        return materialize_partitions(context, PartitionKind.WEEK, make)

    @table_asset(
        GROUP,
        partitions=weeks,
        deps=["shortlist", "enriched_profiles", "audience_overlap"],
        code_version=code_version(1, registry.ROSTER_METRICS),
    )
    def roster_reach(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """One row per platform: bounds of how many different people the chosen creators reach. Free.

        They are those of the brief's `overlap`; without it all that were chosen, bounded by their followers alone.
        """
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            overlap = briefs[partition.campaign].overlap
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            rows = reach_rows(
                rosters(shortlist, overlap.top if overlap else shortlist.height),
                shortlist,
                read_if_made(tables, schemas.EnrichedProfiles, "enriched_profiles", partition),
                read_if_made(tables, schemas.AudienceOverlap, "audience_overlap", partition),
            )
            return _write(tables, schemas.RosterReach, "roster_reach", partition, rows)

        return materialize_partitions(context, PartitionKind.WEEK, make)

    @table_asset(
        GROUP,
        partitions=days,
        deps=[
            dg.AssetDep("tracked_videos", partition_mapping=between_days_and_weeks()),
            dg.AssetDep("video_stats", partition_mapping=with_partitions_before(DAYS_BEFORE)),
        ],
        code_version=code_version(1, (*registry.VIDEO_METRICS, *registry.CAMPAIGN_METRICS)),
    )
    def campaign_performance(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """What the videos of a campaign have brought by a day, and for what; each by itself in `video_performance`.

        Free. Fees are those of the brief as it is now.
        """
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign, day = briefs[partition.campaign], partition.first_day
            tracked = read_upstream(tables, schemas.TrackedVideos, "tracked_videos", partition.week())
            # Paid posts that content has found may be of any brand: the campaign did not pay for them.
            tracked = tracked.filter(pl.col("found_in").fill_null("brief") == "brief")
            stats = stats_until(tables, partition, tracked)
            videos = videos_on(day, tracked, stats, paid_for(campaign), campaign.currency)
            together = (
                schemas.CampaignPerformance.create_empty()
                if videos.is_empty()
                else campaign_on(day, videos, campaign.fees, campaign.currency)
            )
            also = _write(tables, schemas.VideoPerformance, "video_performance", partition, videos)
            metadata = _write(tables, schemas.CampaignPerformance, "campaign_performance", partition, together)
            return metadata | {
                # Numbers, so that the UI plots them over the days.
                **{name: float(together[name][0]) for name in PLOTTED if together[name].count()},
                "videos": also["dagster/partition_row_count"],
                "videos_path": also["path"],
                "videos_digest": also["content_digest"],
                "videos_without_value": also["without_value"],
            }

        return materialize_partitions(context, PartitionKind.DAY, make)

    return [creator_scorecard, roster_reach, campaign_performance]


def _write(
    tables: ParquetTables, schema: type[dy.Schema], table: str, partition: Partition, rows: pl.DataFrame
) -> dict[str, Any]:
    written = tables.open().write(schema, table, partition.path_parts, rows)
    without = rows.select(pl.col(MISSING).explode(empty_as_null=False).struct.field("metric")).to_series()
    counts = without.value_counts().sort("metric").iter_rows()
    return materialization_metadata(schema, written) | {"without_value": dict(counts)}
