"""Overlap: how far the audiences of the best are the same people.

A comparison of up to ten creators costs the same whatever their number. Larger rosters are compared in the sets that
bound their reach best for the credits that the brief allows. What the reach then is, is a report.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from creator_assets.assets.choosing import best_of, chosen_for
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import WantedCall, purpose_of, read_upstream, rows_of, save
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import MONTH
from creator_assets.metrics.unique_reach import sets_to_compare
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Kind
from creator_assets.resources import CampaignBriefs, Door, ParquetTables
from creator_assets.tables import schemas

GROUP = "audiences"


def overlap_calls(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[WantedCall]:
    """The comparisons that a week of `audience_overlap` wants: at most ``max_calls`` for each platform."""
    wish = campaign.overlap
    if wish is None:
        return []
    return [
        WantedCall(capability=can, pages=can.pages(settings[can.provider], platform, creators))
        for platform, names in rosters(shortlist, wish.top).items()
        for can in [chosen_for(Kind.OVERLAP, campaign, settings, platform=platform, provider=wish.provider)]
        for creators in sets_to_compare(names, wish.max_calls)
    ]


def rosters(shortlist: pl.DataFrame, top: int) -> dict[str, list[str]]:
    """The best `top` by platform, those with the most followers first."""
    followers = {(p, n): f for p, n, f in shortlist.select("platform", "username", "followers").iter_rows()}
    found: dict[str, list[str]] = {}
    for platform, username, _ in best_of(shortlist, top):
        found.setdefault(platform, []).append(username)
    for platform, names in found.items():
        names.sort(key=lambda name: (-(followers[platform, name] or 0), name))
    return found


def build_overlap(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def audience_overlap(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, door: Door, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """One row per compared set and creator; `roster_reach` bounds how many people they reach together."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            wanted = overlap_calls(campaign, shortlist, door.settings())
            fetched = door.fetch([one.pages for one in wanted], purpose_of(context, partition, MONTH))
            parsed = rows_of(wanted, fetched.answers)
            metadata = save(tables, door, schemas.AudienceOverlap, "audience_overlap", partition, parsed, fetched.tally)
            return metadata | {"sets": len(wanted)}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [audience_overlap]
