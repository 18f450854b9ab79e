"""Linked accounts: what is asked for the best creators of a shortlist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.cost_bounds import demand_for, possible_requests
from creator_assets.demand.provider_choice import best_of, cheapest_capability, max_selected_of
from creator_assets.demand.requests import ProviderRequest, window_of
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.spending.planning.plan import AssetDemand


def linked_requests(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[ProviderRequest[AnswerRows]]:
    """The calls that a week of `linked_accounts` wants: one for each of the best `top`, in the order of places.

    Raises:
        NoCapabilityError: Nobody with a budget can link accounts of a platform of the shortlist.
    """
    wish = campaign.linked_accounts
    if wish is None:
        return []
    return [
        ProviderRequest(capability=can, pages=can.pages(settings[can.provider], platform, username))
        for platform, username, finder in best_of(shortlist, wish.top)
        for can in [
            cheapest_capability(
                CapabilityKind.LINKED_ACCOUNTS,
                campaign,
                settings,
                platform=platform,
                provider=wish.provider,
                finder=finder,
            )
        ]
    ]


def wanted_links(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[AssetDemand]:
    """What a week asks for, or bounds of it where the shortlist is not known yet."""
    wish = campaign.linked_accounts
    if wish is None:
        return
    known: tuple[PagedRequest, ...] = ()
    possible: tuple[tuple[Request, int], ...] = ()
    if shortlist is not None:
        known = tuple(one.pages for one in linked_requests(campaign, shortlist, settings))
    else:

        def examples(platform: str, finder: str) -> list[Request]:
            can = cheapest_capability(
                CapabilityKind.LINKED_ACCOUNTS,
                campaign,
                settings,
                platform=platform,
                finder=finder,
                provider=wish.provider,
            )
            return [can.pages(settings[can.provider], platform, "").first]

        possible = tuple(possible_requests(campaign, examples, max_selected_of(campaign, wish.top)))
    yield demand_for("linked_accounts", partition, known, at_most=possible, window=window_of(partition, wish.max_age))
