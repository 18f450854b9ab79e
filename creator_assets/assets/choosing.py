"""Who is asked: the brief's provider, else the cheapest that has a budget; and whom next where that one had nothing.

One rule for everything that is bought for a creator of the shortlist. What a provider can do is said in
``providers.capabilities``, and who is cheapest in ``providers.ranking``; what is asked belongs to the stage's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Capability, Kind, NoCapabilityError
from creator_assets.providers.ranking import Choice, choices

Account = tuple[str, str]
"""Platform and handle."""


def chosen_for(
    kind: Kind,
    campaign: Campaign,
    settings: Mapping[str, ProviderSettings],
    *,
    platform: str,
    provider: str | None,
    finder: str = "",
    depth: str = "",
) -> Capability:
    """The capability that serves one creator: the first of `ranked_for`.

    Raises:
        NoCapabilityError: Nobody with a budget can, or not the provider that the brief names.
    """
    ranked = ranked_for(kind, campaign, settings, platform=platform, provider=provider, finder=finder, depth=depth)
    return ranked[0].capability


def ranked_for(
    kind: Kind,
    campaign: Campaign,
    settings: Mapping[str, ProviderSettings],
    *,
    platform: str,
    provider: str | None,
    depth: str = "",
    finder: str = "",
    max_cost: Decimal | None = None,
) -> list[Choice]:
    """Whom to ask for one creator, in order, each with the reason.

    Args:
        kind: What is wanted.
        campaign: For whom; only providers for which it has a budget are chosen.
        settings: Of every provider; they tell what a credit of each costs.
        platform: Of the creator.
        provider: The brief's own choice, which leaves no other.
        depth: Which way of the kind.
        finder: Who found the creator: asked before others of the same price, for it knows it.
        max_cost: The most that all who are asked may cost together, in the currency of the stated prices (credits where
            none is stated). The list ends before it is exceeded. Calls that are joined are reckoned as full.

    Raises:
        NoCapabilityError: Nobody with a budget can, or not the provider that the brief names, or nobody at that cost.
    """
    among = None if provider is not None else campaign.funded
    ranked = choices(
        kind, provider=provider, platform=platform, depth=depth, settings=settings, among=among, preferred=finder
    )
    if max_cost is None:
        return ranked
    affordable, together = [], Decimal(0)
    for choice in ranked:
        if choice.cost is None or together + choice.cost > max_cost:
            break
        together += choice.cost
        affordable.append(choice)
    if not affordable:
        first = ranked[0]
        costs = "an amount that nobody has stated" if first.cost is None else f"at least {first.cost.normalize():f}"
        raise NoCapabilityError(
            f"`{kind}` on {platform} costs {costs} for each creator ({first.capability.provider}), "
            f"and the brief allows {max_cost.normalize():f}. Raise max_cost_each in the brief, or leave it out."
        )
    return affordable


def best_of(shortlist: pl.DataFrame, top: int) -> list[tuple[str, str, str]]:
    """Platform, handle and finder of the best `top` of a shortlist (``schemas.Shortlist``), in the order of places."""
    best = shortlist.filter("selected").sort("place").head(top)
    return list(best.select("platform", "username", "provider").iter_rows())


def selected_at_most(campaign: Campaign) -> int:
    """How many creators a shortlist can select before it is known."""
    return (campaign.shortlist.top if campaign.shortlist else 0) + len(campaign.roster)


def chosen_at_most(campaign: Campaign, top: int) -> int:
    """How many of the best `top` there can be before the shortlist is known."""
    return min(top, selected_at_most(campaign))
