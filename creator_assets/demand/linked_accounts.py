"""Linked accounts: what is asked for the best creators of a shortlist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.cost_bounds import possible_calls, wanted_for
from creator_assets.demand.provider_choice import best_of, chosen_at_most, chosen_for
from creator_assets.demand.requests import WantedCall, window_of
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import Kind
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Call, Pages
from creator_assets.spending.planning.plan import Wanted


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


def wanted_links(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[Wanted]:
    wish = campaign.linked_accounts
    if wish is None:
        return
    known: tuple[Pages, ...] = ()
    possible: tuple[tuple[Call, int], ...] = ()
    if shortlist is not None:
        known = tuple(one.pages for one in linked_calls(campaign, shortlist, settings))
    else:

        def examples(platform: str, finder: str) -> list[Call]:
            can = chosen_for(
                Kind.LINKED_ACCOUNTS, campaign, settings, platform=platform, finder=finder, provider=wish.provider
            )
            return [can.pages(settings[can.provider], platform, "").first]

        possible = tuple(possible_calls(campaign, examples, chosen_at_most(campaign, wish.top)))
    yield wanted_for("linked_accounts", partition, known, at_most=possible, window=window_of(partition, wish.max_age))
