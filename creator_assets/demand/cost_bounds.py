"""How an asset's wish is put to the plan: as the calls themselves, or as examples with the most there can be of them.

Examples stand in where calls depend on results still to come. What is wanted is said in ``wanted``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from creator_assets.campaigns import Audiences, Campaign, Profiles
from creator_assets.demand.provider_choice import options_for
from creator_assets.demand.requests import window_of
from creator_assets.demand.waterfall import DemandForecast, counted
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.spending.planning.plan import AssetDemand


def demand_for(
    asset: str,
    partition: Partition,
    pages: Iterable[PagedRequest],
    *,
    at_most: Iterable[tuple[Request, int]] = (),
    window: Window | None = None,
    is_waterfall: bool = False,
) -> AssetDemand:
    """What one asset wants for a partition; answers of the partition's own time unless a window says otherwise."""
    return AssetDemand(
        asset=asset,
        partition=str(partition.key),
        campaign=partition.campaign,
        window=window or window_of(partition),
        pages=tuple(pages),
        at_most=tuple(at_most),
        is_waterfall=is_waterfall,
    )


def wanted_rounds(asset: str, partition: Partition, will: DemandForecast, window: Window) -> Iterator[AssetDemand]:
    """What an asset wants that falls through: what is certain, and what misses may lead to."""
    yield demand_for(asset, partition, will.known, at_most=will.possible, window=window)
    if will.known_further or will.possible_further:
        yield demand_for(
            asset, partition, will.known_further, at_most=will.possible_further, window=window, is_waterfall=True
        )


def bounded(
    campaign: Campaign, wish: Profiles | Audiences, settings: Mapping[str, ProviderSettings], at_most: int
) -> DemandForecast:
    """What can be asked before it is known for whom: whoever is nobody's first choice, only after misses."""

    def first(platform: str, finder: str) -> list[Request]:
        return [options_for(campaign, wish, platform, "", settings, finder)[0].pages.first]

    def further(platform: str, finder: str) -> list[Request]:
        return [one.pages.first for one in options_for(campaign, wish, platform, "", settings, finder)[1:]]

    certain = possible_requests(campaign, first, at_most)
    asked_first = {request.operation.id for request, _ in certain}
    return DemandForecast(
        known=[],
        possible=certain,
        known_further=[],
        possible_further=[
            one for one in possible_requests(campaign, further, at_most) if one[0].operation.id not in asked_first
        ],
    )


def possible_requests(
    campaign: Campaign, examples: Callable[[str, str], Iterable[Request]], at_most: int
) -> list[tuple[Request, int]]:
    """An example call for each operation that may be asked: before the shortlist, any may be asked for all."""
    found = counted(request for platform, finder in finders_of(campaign) for request in examples(platform, finder))
    return [(request, at_most) for request, _ in found]


def finders_of(campaign: Campaign) -> list[tuple[str, str]]:
    """The platforms of a brief's creators, each with who may have found them; nobody finds the roster."""
    finders = {(search.platform, search.provider) for search in campaign.discovery}
    finders |= {(lookalike.platform, lookalike.provider) for lookalike in campaign.lookalikes}
    return sorted(finders | {(account.platform, "") for account in campaign.roster})
