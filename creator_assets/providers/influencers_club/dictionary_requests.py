"""Requests for influencers.club's nine dictionaries, which are free: the values that searches may use.

Which filter takes its values from which dictionary is declared in ``filters``. The seed names no parameter; that the
long dictionaries take ``search`` and ``offset`` is from the provider's public connector
(github.com/Influencers-Club/influencers-club-mcp).
"""

from __future__ import annotations

import msgspec

from creator_assets.campaigns.catalog import listed_values
from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.capability_protocols import Filters
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.providers.influencers_club.filters import SEARCH_FILTERS
from creator_assets.providers.influencers_club.operations import DICTIONARIES
from creator_assets.providers.influencers_club.payloads import dictionary_entries

_DICTIONARY_PLATFORMS = {"youtube_topics": "youtube", "twitch_games": "twitch"} | dict.fromkeys(
    (name for name in DICTIONARIES if name.startswith("audience_")), "instagram"
)
_SEARCHABLE = frozenset({"brands", *(name for name in DICTIONARIES if name.startswith("audience_"))})
MAX_PAGES = 20


@at_account_prices
def dictionaries(_settings: ProviderSettings, platform: str, _filters: Filters) -> list[PagedRequest]:
    """All dictionaries with values for searches on `platform`, of long ones the first pages; free."""
    return [
        _dictionary(name, platform) for name in DICTIONARIES if _DICTIONARY_PLATFORMS.get(name, platform) == platform
    ]


@at_account_prices
def dictionaries_of(_settings: ProviderSettings, platform: str, filters: Filters) -> list[PagedRequest]:
    """The dictionaries that hold the values of these filters; long ones are searched for each value. Free."""
    needed: dict[tuple[str, str], None] = {}
    for one in listed_values(filters, SEARCH_FILTERS.get(platform, {})):
        for value in one.values if one.dictionary in _SEARCHABLE else ("",):
            needed[one.dictionary, value] = None
    return [_dictionary(name, platform, value) for name, value in needed]


def _dictionary(name: str, platform: str, search: str = "") -> PagedRequest:
    """A dictionary, or the entries of a long one that match `search`. A long one is read until a page is empty."""
    first = Request(
        operation=DICTIONARIES[name],
        path_params={"platform": platform} if name == "locations" else {},
        params={"search": search} if search else {},
    )
    if name not in _SEARCHABLE:
        return PagedRequest(first=first)

    def follow(answer: Answer, _requests_made: int) -> Request | None:
        read = sum(1 for entry in dictionary_entries(answer.body) if not entry["parent"])
        offset = int(answer.request.params.get("offset", "0")) + read
        return msgspec.structs.replace(first, params={**first.params, "offset": str(offset)}) if read else None

    return PagedRequest(first=first, follow=follow, max_requests=MAX_PAGES)
