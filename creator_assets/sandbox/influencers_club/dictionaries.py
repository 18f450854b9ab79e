"""influencers.club: the nine dictionaries of filter values (IC-4 to IC-12), all free.

Brands and the four audience dictionaries take ``search`` and ``offset``. The values are those that the universe
supports.
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.engine.endpoint import Handler, Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.influencers_club.discovery import SEARCH_PLATFORMS
from creator_assets.sandbox.universe.audience import BRAND_CATEGORIES, BRANDS, INTERESTS
from creator_assets.sandbox.universe.vocabulary import CATEGORIES, COUNTRIES, LANGUAGES, NAME_OF_COUNTRY

_PAGE = 100
_GAMES = ("Just Chatting", "Fortnite", "Minecraft", "League of Legends", "Chess", "Grand Theft Auto V")
_TOPICS = {
    "Gaming": ("Action game", "Role-playing video game", "Strategy video game"),
    "Lifestyle": ("Fashion", "Fitness", "Food", "Pets", "Technology", "Tourism"),
    "Music": ("Classical music", "Hip hop music", "Pop music", "Rock music"),
    "Society": ("Business", "Health", "Politics"),
    "Sports": ("Association football", "Basketball", "Tennis"),
}


def _languages(_: SandboxRequest) -> SandboxResponse:
    return SandboxResponse([{"language": name, "abbreviation": code} for code, name in sorted(LANGUAGES.items())])


def _locations(request: SandboxRequest) -> SandboxResponse:
    platform = request.path["platform"]
    if platform not in SEARCH_PLATFORMS:
        raise Refusal("not_found", "Not found.")
    places = sorted(set(NAME_OF_COUNTRY.values()))
    places += [f"{city}, {name}" for _, name, _, _, cities in COUNTRIES for city in cities]
    return SandboxResponse(places)


def _brands(request: SandboxRequest) -> SandboxResponse:
    listed = [
        {"full_name": f"{name} Inc.", "cleaned_name": name.lower(), "username": name.lower().replace(" ", "")}
        for name in BRANDS
    ]
    return _searched(request, listed)


def _topics(_: SandboxRequest) -> SandboxResponse:
    return SandboxResponse(
        [
            {"topic_details": name, "sub_topic_details": [{"topic_details": sub} for sub in subs]}
            for name, subs in _TOPICS.items()
        ]
    )


def _games(_: SandboxRequest) -> SandboxResponse:
    return SandboxResponse([{"game_id": str(500_000 + at), "game_name": name} for at, name in enumerate(_GAMES)])


def _audience_brand_categories(request: SandboxRequest) -> SandboxResponse:
    return _searched(request, list(BRAND_CATEGORIES))


def _audience_brand_names(request: SandboxRequest) -> SandboxResponse:
    return _searched(request, list(BRANDS))


def _audience_interests(request: SandboxRequest) -> SandboxResponse:
    return _searched(
        request, list(INTERESTS) + [slug.capitalize() for slug in CATEGORIES if slug.capitalize() not in INTERESTS]
    )


def _audience_locations(request: SandboxRequest) -> SandboxResponse:
    places = [{"name": name, "type": "country"} for name in sorted(set(NAME_OF_COUNTRY.values()))]
    places += [{"name": f"{city}, {name}", "type": "city"} for _, name, _, _, cities in COUNTRIES for city in cities]
    return _searched(request, places)


def _searched(request: SandboxRequest, values: list[Any]) -> SandboxResponse:
    """Return the values that contain ``search``, from ``offset`` on."""
    wanted = request.query.get("search", "").casefold()
    try:
        offset = max(0, int(request.query.get("offset", "0")))
    except ValueError:
        raise Refusal("invalid", "A valid integer is required.", status=422, extra={"field": "offset"}) from None
    found = [value for value in values if wanted in str(value).casefold()]
    return SandboxResponse(found[offset : offset + _PAGE])


DICTIONARIES: tuple[tuple[str, str, Handler], ...] = (
    ("IC-4", "languages", _languages),
    ("IC-5", "locations/{platform}", _locations),
    ("IC-6", "brands", _brands),
    ("IC-7", "yt-topics", _topics),
    ("IC-8", "games", _games),
    ("IC-9", "audience-brand-categories", _audience_brand_categories),
    ("IC-10", "audience-brand-names", _audience_brand_names),
    ("IC-11", "audience-interests", _audience_interests),
    ("IC-12", "audience-locations", _audience_locations),
)
