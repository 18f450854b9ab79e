"""Audience overlap: which sets of creators are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import MONTH
from creator_assets.demand.cost_bounds import demand_for, possible_requests
from creator_assets.demand.provider_choice import best_of, cheapest_capability
from creator_assets.demand.requests import ProviderRequest, window_of
from creator_assets.metrics.unique_reach import sets_to_compare
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.spending.planning.plan import AssetDemand


def overlap_requests(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[ProviderRequest[AnswerRows]]:
    """The comparisons that a week of `audience_overlap` wants: at most ``max_calls`` for each platform."""
    wish = campaign.overlap
    if wish is None:
        return []
    return [
        ProviderRequest(capability=can, pages=can.pages(settings[can.provider], platform, creators))
        for platform, names in rosters(shortlist, wish.top).items()
        for can in [
            cheapest_capability(CapabilityKind.OVERLAP, campaign, settings, platform=platform, provider=wish.provider)
        ]
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


def wanted_overlap(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[AssetDemand]:
    """What a week asks for, or bounds of it where the shortlist is not known yet."""
    wish = campaign.overlap
    if wish is None:
        return
    known: tuple[PagedRequest, ...] = ()
    possible: tuple[tuple[Request, int], ...] = ()
    if shortlist is not None:
        known = tuple(one.pages for one in overlap_requests(campaign, shortlist, settings))
    else:
        # Any platform of the searches may come to be compared.
        platforms = {one.platform for one in campaign.discovery} | {one.platform for one in campaign.lookalikes}
        platforms |= {one.platform for one in campaign.roster}

        def examples(platform: str, _finder: str) -> list[Request]:
            can = cheapest_capability(
                CapabilityKind.OVERLAP, campaign, settings, platform=platform, provider=wish.provider
            )
            return [can.pages(settings[can.provider], platform, ["", " "]).first]

        possible = tuple(possible_requests(campaign, examples, wish.max_calls * len(platforms)))
    yield demand_for("audience_overlap", partition, known, at_most=possible, window=window_of(partition, MONTH))
