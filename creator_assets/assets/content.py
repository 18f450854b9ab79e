"""Content: what the best of the shortlist have published since it was last looked, each piece bought once.

A provider that sells whole pages may list a known piece again on the page that reaches back to it; no further page is
bought.

A week's pull goes on where the pulls of the weeks before came to: their answers are read out of the archive, so that
neither a lost table nor a run that died makes a piece be paid for again. Where a provider can only be asked for its
newest page, the pull ends at the first known piece.
"""

from typing import Any

import dagster as dg

from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.record_counts import RecordCounts
from creator_assets.demand.requests import rows_of
from creator_assets.demand.videos.content import content_pulls, cut_short, pull_pages
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, PaidClientResource, ParquetTables
from creator_assets.spending.fetch import FetchStats
from creator_assets.tables import schemas

GROUP = "videos"


def build_content(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def content(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
    ) -> dg.MaterializeResult[None]:
        """New posts of the best creators, each bought in one week only; `media_url` dies at `media_expires_at`."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            if campaign.content is None:
                return save(tables, paid_client, schemas.Content, "content", partition, [], FetchStats())
            pulls = content_pulls(campaign, shortlist, paid_client.settings())
            ledger = paid_client.open().ledger
            pages = pull_pages(pulls, partition, campaign.content.max_items, ledger, paid_client.settings())
            fetched = paid_client.fetch(pages, fetch_context_of(context, partition, tolerate_rejections=True))
            parsed = rows_of(pulls, fetched.answers)
            metadata = save(tables, paid_client, schemas.Content, "content", partition, parsed, fetched.fetch_stats)
            counts = RecordCounts()
            for pull, of_one in zip(pulls, fetched.answers, strict=True):
                counts.add(pull.capability, of_one)
            told = {"creators": len(pulls), "cut_short": cut_short(pages, fetched.answers)}
            return metadata | counts.metadata() | told

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [content]
