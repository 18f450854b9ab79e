"""Linked accounts: on which other platforms the best of the shortlist are, as a provider states it.

Such a statement is the strongest evidence there is for two accounts being one person's. It is asked once for a creator
and used for as long as the brief says. What is made of it belongs to the room ``identity``.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl

from creator_assets.assets.account_ids import with_ids
from creator_assets.assets.choosing import best_of, chosen_for
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import WantedCall, purpose_of, read_upstream, rows_of, save
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Kind
from creator_assets.resources import CampaignBriefs, Door, Identity, ParquetTables
from creator_assets.tables import schemas

GROUP = "profiles"


def linked_calls(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[WantedCall]:
    """The calls that a week of `linked_accounts` wants: one for each of the best `top`, in the order of places.

    Raises:
        NoCapabilityError: Nobody with a budget can link accounts of a platform of the shortlist.
    """
    wish = campaign.linked_accounts
    if wish is None:
        return []
    return [
        WantedCall(capability=can, pages=can.pages(settings[can.provider], platform, username))
        for platform, username, finder in best_of(shortlist, wish.top)
        for can in [
            chosen_for(
                Kind.LINKED_ACCOUNTS, campaign, settings, platform=platform, provider=wish.provider, finder=finder
            )
        ]
    ]


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
