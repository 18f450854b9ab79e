"""Profiles: what a provider knows of each creator on the shortlist, asked once a week and reused while fresh enough."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.account_ids import with_ids
from creator_assets.assets.batch_results import batched_profiles
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import purpose_of, read_upstream, save
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign, Profiles
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import Capability, Kind, NoCapabilityError, capability
from creator_assets.providers.contract import Answer, Pages, ProviderSettings
from creator_assets.providers.records import Parsed
from creator_assets.resources import CampaignBriefs, Door, Identity, ParquetTables
from creator_assets.tables import schemas

GROUP = "profiles"
ANSWERS_AT_A_TIME = 500


class WantedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One profile to ask for, and who is asked."""

    capability: Capability
    pages: Pages


def profile_calls(
    profiles: Profiles | None, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[WantedProfile]:
    """The calls that a week of `enriched_profiles` wants: one for each creator chosen, in the order of places.

    Args:
        profiles: The brief's wish: depth, and the provider if it names one; None wants no profiles.
        shortlist: Rows of ``schemas.Shortlist``.
        settings: Of every provider.
    """
    wanted: list[WantedProfile] = []
    if profiles is None:
        return wanted
    chosen = shortlist.filter("selected").sort("place").select("platform", "username", "provider")
    for platform, username, finder in chosen.iter_rows():
        can = profile_provider(profiles, platform, finder)
        wanted.append(WantedProfile(capability=can, pages=can.pages(settings[can.provider], platform, username)))
    return wanted


def wanted_accounts(
    profiles: Profiles | None, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> dict[tuple[str, str], Pages]:
    """The single call for each account chosen (platform and handle), in the order of places."""
    chosen = shortlist.filter("selected").sort("place").select("platform", "username").iter_rows()
    calls = profile_calls(profiles, shortlist, settings)
    return {account: one.pages for account, one in zip(chosen, calls, strict=profiles is not None)}


def profile_rows(wanted: Sequence[WantedProfile], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """The rows of `enriched_profiles`; some answers at a time, for decoding takes the memory of their bodies again."""
    by_reader: dict[Callable[..., Parsed], list[Answer]] = {}
    for one, pages in zip(wanted, answers, strict=True):
        by_reader.setdefault(one.capability.rows, []).extend(pages)
    return [
        rows(of_one_reader[start : start + ANSWERS_AT_A_TIME])
        for rows, of_one_reader in by_reader.items()
        for start in range(0, len(of_one_reader), ANSWERS_AT_A_TIME)
    ]


def profile_provider(profiles: Profiles, platform: str, finder: str) -> Capability:
    """Who is asked for a profile: the brief's provider, else the one that found the creator, else whoever can.

    Raises:
        NoCapabilityError: Nobody can.
    """
    if profiles.provider is None:
        try:
            return capability(Kind.PROFILE, provider=finder, platform=platform, depth=profiles.depth)
        except NoCapabilityError:
            pass
    return capability(Kind.PROFILE, provider=profiles.provider, platform=platform, depth=profiles.depth)


def build_profiles(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist", "enrichment_batches"], spends_credits=True)
    def enriched_profiles(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        door: Door,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """One row per selected account and week: what the provider knew when it was last asked, and what that cost."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            profiles = briefs[partition.campaign].profiles
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            wanted = profile_calls(profiles, shortlist, door.settings())
            max_age = profiles.max_age if profiles else timedelta(0)
            purpose = purpose_of(context, partition, max_age)
            # What a batch has, or may have, is asked of nobody else.
            accounts = list(wanted_accounts(profiles, shortlist, door.settings()))
            batched = batched_profiles(door.open(), partition, profiles, accounts, purpose.spender)
            single = [one for account, one in zip(accounts, wanted, strict=True) if account not in batched.settled]
            fetched = door.fetch([one.pages for one in single], purpose)
            parsed = with_ids([*profile_rows(single, fetched.answers), *batched.rows], identity.secret())
            metadata = save(
                tables, door, schemas.EnrichedProfiles, "enriched_profiles", partition, parsed, fetched.tally
            )
            for work in batched.works:
                door.open().ledger.pending.collected(work.work_id)
            return metadata | {"waiting_in_batches": batched.waiting}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [enriched_profiles]


def profiles_at_most(campaign: Campaign) -> int:
    """How many profiles a week can want before its shortlist is known."""
    if campaign.profiles is None:
        return 0
    return (campaign.shortlist.top if campaign.shortlist else 0) + len(campaign.roster)
