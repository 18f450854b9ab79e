"""What every paid asset wants for a partition, for the plan: the assets' own pure functions, run over the archive.

The tables are not asked: they may stem from an older brief, an older parser or another realm. Where the archive holds
all of discovery's answers, the shortlist follows from them and the profiles are known exactly; where it does not, only
their number is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from creator_assets.assets.discovery import discovery_calls, discovery_rows, shortlist_rows
from creator_assets.assets.profiles import profile_calls, profile_provider, profiles_at_most
from creator_assets.assets.purchase import window_of
from creator_assets.campaigns import Campaign, Profiles
from creator_assets.partitions import Partition
from creator_assets.providers.contract import Call, Pages, ProviderSettings
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.plan import Wanted
from creator_assets.spending.walks import walk

PAID_ASSETS = ("discovery_results", "enriched_profiles")


def wanted_in(
    partition: Partition, campaign: Campaign, ledger: Ledger, settings: Mapping[str, ProviderSettings]
) -> Iterator[Wanted]:
    """What the paid assets of a week want, in the order in which they run."""
    sought = discovery_calls(campaign, settings)
    searches = Wanted(
        asset="discovery_results",
        partition=str(partition.key),
        campaign=campaign.slug,
        window=window_of(partition),
        pages=tuple(one.pages for one in sought),
    )
    yield searches
    if campaign.profiles is None:
        return
    walks = walk(ledger, searches.pages, searches.window)
    known: tuple[Pages, ...] = ()
    possible: tuple[tuple[Call, int], ...] = ()
    if all(one.next_call is None for one in walks):
        found = discovery_rows(campaign, partition, sought, [one.answers for one in walks])
        shortlist = shortlist_rows(campaign, pl.concat([parsed.rows for parsed in found]))
        known = tuple(one.pages for one in profile_calls(campaign.profiles, shortlist, settings))
    else:
        possible = tuple(_possible_profiles(campaign, settings))
    yield Wanted(
        asset="enriched_profiles",
        partition=str(partition.key),
        campaign=campaign.slug,
        window=window_of(partition, campaign.profiles.max_age),
        pages=known,
        at_most=possible,
    )


def _possible_profiles(campaign: Campaign, settings: Mapping[str, ProviderSettings]) -> Iterator[tuple[Call, int]]:
    """An example call for each provider that may be asked: before the shortlist, any may be asked for all."""
    profiles = campaign.profiles or Profiles()
    finders = {(search.platform, search.provider) for search in campaign.discovery}
    finders |= {(lookalike.platform, lookalike.provider) for lookalike in campaign.lookalikes}
    finders |= {(account.platform, "") for account in campaign.roster}
    examples: dict[str, Call] = {}
    for platform, finder in sorted(finders):
        can = profile_provider(profiles, platform, finder)
        call = can.pages(settings[can.provider], platform, "").first
        held = examples.get(can.provider)
        if held is None or call.worst_case_microcredits > held.worst_case_microcredits:
            examples[can.provider] = call
    return ((call, profiles_at_most(campaign)) for call in examples.values())
