"""How an asset's wish is put to the plan: as the calls themselves, or as examples with the most there can be of them.

Examples stand in where calls depend on results still to come. What is wanted is said in ``wanted``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from creator_assets.assets.falling_through import counted
from creator_assets.assets.purchase import window_of
from creator_assets.campaigns import Campaign
from creator_assets.partitions import Partition
from creator_assets.providers.contract import Call, Pages
from creator_assets.spending.plan import Wanted
from creator_assets.spending.records import Window


def wanted_for(
    asset: str,
    partition: Partition,
    pages: Iterable[Pages],
    *,
    at_most: Iterable[tuple[Call, int]] = (),
    window: Window | None = None,
) -> Wanted:
    """What one asset wants for a partition; answers of the partition's own time unless a window says otherwise."""
    return Wanted(
        asset=asset,
        partition=str(partition.key),
        campaign=partition.campaign,
        window=window or window_of(partition),
        pages=tuple(pages),
        at_most=tuple(at_most),
    )


def possible_calls(
    campaign: Campaign, examples: Callable[[str, str], Iterable[Call]], at_most: int
) -> Iterable[tuple[Call, int]]:
    """An example call for each operation that may be asked: before the shortlist, any may be asked for all."""
    found = counted(call for platform, finder in finders_of(campaign) for call in examples(platform, finder))
    return [(call, at_most) for call, _ in found]


def finders_of(campaign: Campaign) -> list[tuple[str, str]]:
    """The platforms of a brief's creators, each with who may have found them; nobody finds the roster."""
    finders = {(search.platform, search.provider) for search in campaign.discovery}
    finders |= {(lookalike.platform, lookalike.provider) for lookalike in campaign.lookalikes}
    return sorted(finders | {(account.platform, "") for account in campaign.roster})
