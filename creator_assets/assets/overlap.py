"""Overlap: how far the audiences of the best are the same people, and so how many people they reach together.

A comparison of up to ten creators costs the same whatever their number. Larger rosters are compared in the sets that
bound their reach best for the credits that the brief allows; a bound is never shown as a number that is known.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.choosing import best_of, chosen_for
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import purpose_of, read_upstream, save
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import MONTH
from creator_assets.metrics.unique_reach import FORMULA_VERSION, Reach, Union, reach, sets_to_compare
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import Capability, Kind
from creator_assets.providers.contract import Answer, Pages, ProviderSettings
from creator_assets.providers.records import Parsed
from creator_assets.resources import CampaignBriefs, Door, ParquetTables
from creator_assets.tables import schemas

GROUP = "audiences"


class WantedSet(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison, and who makes it."""

    capability: Capability
    pages: Pages
    platform: str


def overlap_calls(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[WantedSet]:
    """The comparisons that a week of `audience_overlap` wants: at most ``max_calls`` for each platform."""
    wish = campaign.overlap
    if wish is None:
        return []
    return [
        WantedSet(capability=can, pages=can.pages(settings[can.provider], platform, creators), platform=platform)
        for platform, names in _rosters(shortlist, wish.top).items()
        for can in [chosen_for(Kind.OVERLAP, campaign, settings, platform=platform, provider=wish.provider)]
        for creators in sets_to_compare(names, wish.max_calls)
    ]


def overlap_rows(wanted: Sequence[WantedSet], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """The rows of `audience_overlap`, a reader at a time."""
    by_reader: dict[Any, list[Answer]] = {}
    for one, of_one in zip(wanted, answers, strict=True):
        by_reader.setdefault(one.capability.rows, []).extend(of_one)
    return [rows(of_reader) for rows, of_reader in by_reader.items()]


def reach_by_platform(shortlist: pl.DataFrame, top: int, overlap: pl.DataFrame) -> dict[str, Reach]:
    """How many people the best `top` reach on each platform, where the followers of all of them are known.

    Args:
        shortlist: Rows of ``schemas.Shortlist``.
        top: How many of it.
        overlap: Rows of ``schemas.AudienceOverlap``.
    """
    found: dict[str, Reach] = {}
    for platform, names in _rosters(shortlist, top).items():
        compared = overlap.filter((pl.col("platform") == platform) & (pl.col("state") == "compared"))
        told = dict(compared.filter(pl.col("followers").is_not_null()).select("username", "followers").iter_rows())
        listed = shortlist.filter(pl.col("platform") == platform).select("username", "followers")
        followers = {name.casefold(): count for name, count in listed.iter_rows() if name in set(names)}
        followers |= {name.casefold(): count for name, count in told.items() if name.casefold() in followers}
        if any(count is None for count in followers.values()):
            continue
        found[platform] = reach(followers, list(_unions(compared, followers)))
    return found


def build_overlap(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def audience_overlap(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, door: Door, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """One row per compared set and creator; the metadata bound how many people the best reach together."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            wanted = overlap_calls(campaign, shortlist, door.settings())
            fetched = door.fetch([one.pages for one in wanted], purpose_of(context, partition, MONTH))
            parsed = overlap_rows(wanted, fetched.answers)
            metadata = save(tables, door, schemas.AudienceOverlap, "audience_overlap", partition, parsed, fetched.tally)
            rows = tables.open().read(schemas.AudienceOverlap, "audience_overlap", partition.path_parts)
            reaches = reach_by_platform(shortlist, campaign.overlap.top, rows) if campaign.overlap else {}
            for platform, one in reaches.items():
                metadata |= {
                    f"reach_lower/{platform}": one.lower,
                    f"reach_upper/{platform}": one.upper,
                    f"reach_is_exact/{platform}": one.is_exact,
                }
            return metadata | {"sets": len(wanted), "reach_formula": FORMULA_VERSION}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [audience_overlap]


def _rosters(shortlist: pl.DataFrame, top: int) -> dict[str, list[str]]:
    """The best `top` by platform, those with the most followers first."""
    followers = {(p, n): f for p, n, f in shortlist.select("platform", "username", "followers").iter_rows()}
    rosters: dict[str, list[str]] = {}
    for platform, username, _ in best_of(shortlist, top):
        rosters.setdefault(platform, []).append(username)
    for platform, names in rosters.items():
        names.sort(key=lambda name: (-(followers[platform, name] or 0), name))
    return rosters


def _unions(compared: pl.DataFrame, followers: Mapping[str, int]) -> Iterator[Union]:
    """Each set that was compared in whole; one whose answer names other creators than the roster tells nothing."""
    for _, rows in compared.group_by("set_id", maintain_order=True):
        creators = frozenset(name.casefold() for name in rows["username"])
        people = rows["total_unique_followers"][0]
        if people is not None and creators <= followers.keys() and rows["creators_compared"][0] == len(creators):
            yield Union(creators=creators, people=people)
