"""Overlap: how far the audiences of the best are the same people.

A comparison of up to ten creators costs the same whatever their number. Larger rosters are compared in the sets that
bound their reach best for the credits that the brief allows. What the reach then is, is a report.
"""

from typing import Any

import dagster as dg

from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.campaigns.model import MONTH
from creator_assets.demand.audience_overlap import overlap_requests
from creator_assets.demand.requests import rows_of
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, PaidClientResource, ParquetTables
from creator_assets.tables import schemas

GROUP = "audiences"


def build_overlap(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def audience_overlap(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
    ) -> dg.MaterializeResult[None]:
        """One row per compared set and creator; `roster_reach` bounds how many people they reach together."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            wanted = overlap_requests(campaign, shortlist, paid_client.settings())
            fetched = paid_client.fetch([one.pages for one in wanted], fetch_context_of(context, partition, MONTH))
            parsed = rows_of(wanted, fetched.answers)
            metadata = save(
                tables, paid_client, schemas.AudienceOverlap, "audience_overlap", partition, parsed, fetched.fetch_stats
            )
            return metadata | {"sets": len(wanted)}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [audience_overlap]
