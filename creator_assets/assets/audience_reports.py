"""Audiences: who follows the best of the shortlist, as one row per account and one per share.

The free question whether a report is there comes before a provider's dear call, and only what is there is bought. What
a provider does not have is asked of the next, as ``falling_through`` says. What is still in the making is a row that
says so and when to look again; a later run of the same week buys it then.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from creator_assets.assets.framework.account_ids import with_ids
from creator_assets.assets.framework.left_out import waterfall_metadata
from creator_assets.assets.framework.metadata import states_of
from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.reserve import budget_reserve_of
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.audiences import segment_rows
from creator_assets.demand.provider_choice import ranked_reports
from creator_assets.demand.waterfall import buy_in_waterfall, report_rows
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, Identity, PaidClientResource, ParquetTables
from creator_assets.tables import schemas

GROUP = "audiences"


def build_audiences(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def audience_reports(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """One row per account: its audience report or why there is none yet; the shares stand in `audience_segments`.

        Whether a report is there is asked for free before it is paid for. Waiting reports are rows with the time of
        the next look.
        """
        briefs = campaigns.load()
        kept = budget_reserve_of(context, briefs, paid_client, identity)

        def make(partition: Partition) -> dict[str, Any]:
            campaign, secret = briefs[partition.campaign], identity.secret()
            audiences = campaign.audiences
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            wanted = ranked_reports(campaign, shortlist, paid_client.settings())
            purpose = fetch_context_of(
                context, partition, audiences.max_age if audiences else timedelta(0), tolerate_rejections=True
            )
            keep = kept(partition)
            bought = buy_in_waterfall(
                wanted,
                lambda pages: paid_client.fetch(pages, purpose),
                lambda pages: paid_client.fetch_affordable(pages, purpose, keep),
                report_rows,
            )
            segments = segment_rows(bought.told, keep_sensitive=bool(audiences and audiences.keep_sensitive_because))
            also = save(tables, paid_client, schemas.AudienceSegments, "audience_segments", partition, segments,
                        bought.fetch_stats, in_portions=True)  # fmt: skip
            reports = with_ids(bought.parsed, secret)
            metadata = save(
                tables, paid_client, schemas.AudienceReports, "audience_reports", partition, reports, bought.fetch_stats
            )
            metadata |= waterfall_metadata(context, bought)
            return metadata | {
                "states": states_of(reports),
                "segments": also["dagster/partition_row_count"],
                "segments_path": also["path"],
                "segments_digest": also["content_digest"],
                "segments_rejected": also["rejected_records"],
                "sensitive_kept_because": audiences.keep_sensitive_because if audiences else "",
            }

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [audience_reports]
