"""Who is asked: the brief's provider, else the one that found the creator, else the cheapest that has a budget.

One rule for everything that is bought for a creator of the shortlist. What a provider can do is said in
``providers.capabilities``; what is asked belongs to the stage's file.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.providers.capabilities import Capability, Kind, NoCapabilityError, capability, choices


def chosen_for(
    kind: Kind,
    *,
    platform: str,
    provider: str | None,
    finder: str = "",
    funded: Collection[str] = (),
    depth: str = "",
) -> Capability:
    """The capability that serves one creator.

    Args:
        kind: What is wanted.
        platform: Of the creator.
        provider: The brief's own choice, which leaves no other.
        finder: Who found the creator, and so knows it.
        funded: Providers for which the brief has a budget; nobody else is chosen.
        depth: Which way of it.

    Raises:
        NoCapabilityError: Nobody with a budget can, or not the provider that the brief names.
    """
    if provider is not None:
        return capability(kind, provider=provider, platform=platform, depth=depth)
    if finder in funded:
        try:
            return capability(kind, provider=finder, platform=platform, depth=depth)
        except NoCapabilityError:
            pass
    return choices(kind, platform=platform, depth=depth, among=funded)[0].capability


def best_of(shortlist: pl.DataFrame, top: int) -> list[tuple[str, str, str]]:
    """Platform, handle and finder of the best `top` of a shortlist (``schemas.Shortlist``), in the order of places."""
    best = shortlist.filter("selected").sort("place").head(top)
    return list(best.select("platform", "username", "provider").iter_rows())


def chosen_at_most(campaign: Campaign, top: int) -> int:
    """How many of the best `top` there can be before the shortlist is known."""
    return min(top, (campaign.shortlist.top if campaign.shortlist else 0) + len(campaign.roster))
