"""Details of posts: what is said in and under the posts of a week that engaged most.

A detail is bought once and serves for the `max_age` of the brief, in whatever week the post is listed again. Comments
come in pages, no more of them than the brief allows. Which posts are the best is said in ``metrics.posts``.
"""

from typing import Any

import dagster as dg

from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.requests import rows_of
from creator_assets.demand.videos.content import cut_short
from creator_assets.demand.videos.content_details import detail_requests
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, PaidClientResource, ParquetTables
from creator_assets.spending.fetch import FetchStats
from creator_assets.tables import schemas

GROUP = "videos"


def build_content_details(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["content"], spends_credits=True)
    def content_details(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
    ) -> dg.MaterializeResult[None]:
        """Data, comments, transcript and audio of the posts that engaged most; `empty` where there is no such thing."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            content = read_upstream(tables, schemas.Content, "content", partition)
            wish = campaign.content.details if campaign.content else None
            if wish is None:
                return save(tables, paid_client, schemas.ContentDetails, "content_details", partition, [], FetchStats())
            wanted = detail_requests(campaign, content, paid_client.settings())
            pages = [one.pages for one in wanted]
            fetched = paid_client.fetch(
                pages, fetch_context_of(context, partition, wish.max_age, tolerate_rejections=True)
            )
            parsed = rows_of(wanted, fetched.answers)
            metadata = save(
                tables, paid_client, schemas.ContentDetails, "content_details", partition, parsed, fetched.fetch_stats
            )
            return metadata | {"details": len(wanted), "cut_short": cut_short(pages, fetched.answers)}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [content_details]
