"""How an asset's wish is put to the plan: as the calls themselves, or as examples with the most there can be of them.

Examples stand in where calls depend on results still to come. What is wanted is said in ``wanted``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from creator_assets.campaigns import Audiences, Campaign, Profiles
from creator_assets.demand.provider_choice import options_for
from creator_assets.demand.requests import window_of
from creator_assets.demand.waterfall import Expected, counted
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Call, Pages
from creator_assets.spending.planning.plan import Wanted


def wanted_for(
    asset: str,
    partition: Partition,
    pages: Iterable[Pages],
    *,
    at_most: Iterable[tuple[Call, int]] = (),
    window: Window | None = None,
    falls_through: bool = False,
) -> Wanted:
    """What one asset wants for a partition; answers of the partition's own time unless a window says otherwise."""
    return Wanted(
        asset=asset,
        partition=str(partition.key),
        campaign=partition.campaign,
        window=window or window_of(partition),
        pages=tuple(pages),
        at_most=tuple(at_most),
        falls_through=falls_through,
    )


def wanted_rounds(asset: str, partition: Partition, will: Expected, window: Window) -> Iterator[Wanted]:
    """What an asset wants that falls through: what is certain, and what misses may lead to."""
    yield wanted_for(asset, partition, will.known, at_most=will.possible, window=window)
    if will.known_further or will.possible_further:
        yield wanted_for(
            asset, partition, will.known_further, at_most=will.possible_further, window=window, falls_through=True
        )


def bounded(
    campaign: Campaign, wish: Profiles | Audiences, settings: Mapping[str, ProviderSettings], at_most: int
) -> Expected:
    """What can be asked before it is known for whom: whoever is nobody's first choice, only after misses."""

    def first(platform: str, finder: str) -> list[Call]:
        return [options_for(campaign, wish, platform, "", settings, finder)[0].pages.first]

    def further(platform: str, finder: str) -> list[Call]:
        return [one.pages.first for one in options_for(campaign, wish, platform, "", settings, finder)[1:]]

    certain = possible_calls(campaign, first, at_most)
    asked_first = {call.operation.id for call, _ in certain}
    return Expected(
        known=[],
        possible=certain,
        known_further=[],
        possible_further=[
            one for one in possible_calls(campaign, further, at_most) if one[0].operation.id not in asked_first
        ],
    )


def possible_calls(
    campaign: Campaign, examples: Callable[[str, str], Iterable[Call]], at_most: int
) -> list[tuple[Call, int]]:
    """An example call for each operation that may be asked: before the shortlist, any may be asked for all."""
    found = counted(call for platform, finder in finders_of(campaign) for call in examples(platform, finder))
    return [(call, at_most) for call, _ in found]


def finders_of(campaign: Campaign) -> list[tuple[str, str]]:
    """The platforms of a brief's creators, each with who may have found them; nobody finds the roster."""
    finders = {(search.platform, search.provider) for search in campaign.discovery}
    finders |= {(lookalike.platform, lookalike.provider) for lookalike in campaign.lookalikes}
    return sorted(finders | {(account.platform, "") for account in campaign.roster})
