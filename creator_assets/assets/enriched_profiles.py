"""Profiles: what a provider knows of each creator on the shortlist, asked once a week and reused while fresh enough.

Who is asked, and who next where one has nothing, is said in ``falling_through``; long lists are handed in by
``batches`` before this asset runs, and it takes what they brought.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from creator_assets.assets.framework.account_ids import with_ids
from creator_assets.assets.framework.left_out import waterfall_metadata
from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.reserve import budget_reserve_of
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.batches.results import batched_profiles
from creator_assets.demand.provider_choice import ranked_profiles
from creator_assets.demand.waterfall import buy_in_waterfall, profile_rows
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, Identity, PaidClientResource, ParquetTables
from creator_assets.tables import schemas

GROUP = "profiles"


def build_profiles(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist", "enrichment_batches"], spends_credits=True)
    def enriched_profiles(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """One row per selected account and week: what the provider knew when it was last asked, and what that cost."""
        briefs = campaigns.load()
        kept = budget_reserve_of(context, briefs, paid_client, identity)

        def make(partition: Partition) -> dict[str, Any]:
            campaign, secret = briefs[partition.campaign], identity.secret()
            profiles = campaign.profiles
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            ranked = ranked_profiles(campaign, shortlist, paid_client.settings())
            purpose = fetch_context_of(
                context, partition, profiles.max_age if profiles else timedelta(0), tolerate_rejections=True
            )
            # What a batch has, or may have, is asked of nobody else; what it had nothing of falls through as well.
            batched = batched_profiles(
                paid_client.open(), partition, profiles, [one.account for one in ranked], purpose.spender
            )
            keep = kept(partition)
            bought = buy_in_waterfall(
                [one for one in ranked if one.account not in batched.settled],
                lambda pages: paid_client.fetch(pages, purpose),
                lambda pages: paid_client.fetch_affordable(pages, purpose, keep),
                profile_rows,
                in_batches=[one for one in ranked if one.account in batched.settled],
                of_batches=batched.rows,
            )
            parsed = with_ids(bought.parsed, secret)
            metadata = save(
                tables,
                paid_client,
                schemas.EnrichedProfiles,
                "enriched_profiles",
                partition,
                parsed,
                bought.fetch_stats,
            )
            for work in batched.works:
                paid_client.open().ledger.jobs.collected(work.job_id)
            return metadata | waterfall_metadata(context, bought) | {"waiting_in_batches": batched.waiting}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [enriched_profiles]
