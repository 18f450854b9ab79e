"""Linked accounts: on which other platforms the best of the shortlist are, as a provider states it.

Such a statement is the strongest evidence there is for two accounts being one person's. It is asked once for a creator
and used for as long as the brief says. What is made of it belongs to the room ``identity``.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from creator_assets.assets.framework.account_ids import with_ids
from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.linked_accounts import linked_requests
from creator_assets.demand.requests import rows_of
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, Identity, PaidClientResource, ParquetTables
from creator_assets.tables import schemas

GROUP = "profiles"


def build_linked_accounts(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def linked_accounts(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """One row per account that a provider says is of the same person as one of the best of the shortlist."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign, secret = briefs[partition.campaign], identity.secret()
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            wanted = linked_requests(campaign, shortlist, paid_client.settings())
            wish = campaign.linked_accounts
            purpose = fetch_context_of(
                context, partition, wish.max_age if wish else timedelta(0), tolerate_rejections=True
            )
            fetched = paid_client.fetch([one.pages for one in wanted], purpose)
            parsed = with_ids(rows_of(wanted, fetched.answers), secret)
            metadata = save(
                tables, paid_client, schemas.LinkedAccounts, "linked_accounts", partition, parsed, fetched.fetch_stats
            )
            found = [state for one in parsed for state in one.rows["state"]]
            return metadata | {"creators_asked": len(wanted), "creators_not_found": found.count("not_found")}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [linked_accounts]
