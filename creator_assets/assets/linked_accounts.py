"""Linked accounts: on which other platforms the best of the shortlist are, as a provider states it.

Such a statement is the strongest evidence there is for two accounts being one person's. It is asked once for a creator
and used for as long as the brief says. What is made of it belongs to the room ``identity``.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from creator_assets.assets.framework.account_ids import with_ids
from creator_assets.assets.framework.paid_step import purpose_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.linked_accounts import linked_calls
from creator_assets.demand.requests import rows_of
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.resources import CampaignBriefs, Door, Identity, ParquetTables
from creator_assets.tables import schemas

GROUP = "profiles"


def build_linked_accounts(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def linked_accounts(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        door: Door,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """One row per account that a provider says is of the same person as one of the best of the shortlist."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign, secret = briefs[partition.campaign], identity.secret()
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            wanted = linked_calls(campaign, shortlist, door.settings())
            wish = campaign.linked_accounts
            purpose = purpose_of(context, partition, wish.max_age if wish else timedelta(0), takes_refusals=True)
            fetched = door.fetch([one.pages for one in wanted], purpose)
            parsed = with_ids(rows_of(wanted, fetched.answers), secret)
            metadata = save(tables, door, schemas.LinkedAccounts, "linked_accounts", partition, parsed, fetched.tally)
            found = [state for one in parsed for state in one.rows["state"]]
            return metadata | {"creators_asked": len(wanted), "creators_not_found": found.count("not_found")}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [linked_accounts]
