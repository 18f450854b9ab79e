"""Bounds of what can be asked while it depends on answers still to come: example requests, and how many of each.

What is asked once the answers are there belongs to the stage's module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from creator_assets.campaigns import Campaign
from creator_assets.demand.stage import RequestBound
from creator_assets.providers.contract.operations import Request


def possible_requests(
    campaign: Campaign, examples: Callable[[str, str], Iterable[Request]], at_most: int
) -> list[RequestBound]:
    """An example for each operation that may be asked: before the shortlist, any may be asked for all.

    Args:
        campaign: The brief.
        examples: Requests for a platform and the provider that found the creator.
        at_most: How many of each.
    """
    found = counted(request for platform, finder in finders_of(campaign) for request in examples(platform, finder))
    return [(request, at_most) for request, _ in found]


def counted(requests: Iterable[Request]) -> list[RequestBound]:
    """Requests of one operation as one example, the most expensive, and their number."""
    examples: dict[str, RequestBound] = {}
    for request in requests:
        held, count = examples.get(request.operation.id, (request, 0))
        costs_more = request.worst_case_microcredits > held.worst_case_microcredits
        examples[request.operation.id] = (request if costs_more else held, count + 1)
    return list(examples.values())


def finders_of(campaign: Campaign) -> list[tuple[str, str]]:
    """The platforms of a brief's creators, each with the provider that may have found them; "" for the roster."""
    finders = {(search.platform, search.provider) for search in campaign.discovery}
    finders |= {(lookalike.platform, lookalike.provider) for lookalike in campaign.lookalikes}
    return sorted(finders | {(account.platform, "") for account in campaign.roster})


def platforms_of(campaign: Campaign) -> list[str]:
    """The platforms of a brief's creators, each once."""
    return list(dict.fromkeys(platform for platform, _finder in finders_of(campaign)))


def max_selected(campaign: Campaign) -> int:
    """How many creators a shortlist can select before it is known."""
    return (campaign.shortlist.top if campaign.shortlist else 0) + len(campaign.roster)


def max_selected_of(campaign: Campaign, top: int) -> int:
    """How many of the best `top` there can be before the shortlist is known."""
    return min(top, max_selected(campaign))
