"""The example accounts of the providers' documents, with the documented values.

Every universe has them, so that a documented request gets the documented response. Values that no document shows are
invented.
"""

from __future__ import annotations

from typing import Any

import msgspec

from creator_assets.sandbox.universe.profile import Profile

FIRST_INDEX = 1 << 20  # the first index after the largest universe

_PLAIN: dict[str, Any] = {
    "following": 281,
    "posts": 97,
    "avg_views": 2_086,
    "avg_likes": 187,
    "avg_comments": 8,
    "engagement": 0.042,
    "growth": 0.01,
    "country": "United States",
    "country_code": "US",
    "city": None,
    "language": "en",
    "gender": None,
    "age": None,
    "categories": ("media",),
    "bio": "",
    "hashtags": ("media",),
    "email": None,
    "verified": False,
    "business": False,
    "pace_days": 2.0,
}

_EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "platform": "tiktok",
        "handle": "bar.films",
        "name": "Bar films",
        "native_id": "6912345678901234567",
        "followers": 38_800,
    },
    {
        "platform": "tiktok",
        "handle": "bible._.verse",
        "name": "Bible._.Verse",
        "native_id": "100034034780479488",
        "followers": 818,
    },
    {
        "platform": "instagram",
        "handle": "cristiano",
        "name": "cristiano",
        "native_id": "173560420",
        "followers": 125_000_000,
    },
    {
        "platform": "instagram",
        "handle": "leomessi",
        "name": "leomessi",
        "native_id": "427553890",
        "followers": 100_000_000,
    },
    {"platform": "instagram", "handle": "adidas", "name": "adidas", "native_id": "20269764", "followers": 29_000_000},
    {
        "platform": "youtube",
        "handle": "MrBeast",
        "name": "MrBeast",
        "native_id": "UCX6OQ3DkcsbYNE6H8uQQuVA",
        "followers": 300_000_000,
    },
    {
        "platform": "instagram",
        "handle": "example_user",
        "name": "Example User",
        "native_id": "1234567890",
        "followers": 125_000,
    }
    | {"country": "Germany", "country_code": "DE", "language": "de", "categories": ("fitness",)},
    {
        "platform": "instagram",
        "handle": "fashioninfluencer",
        "name": "fashioninfluencer",
        "native_id": "987654321",
        "followers": 45_000,
    }
    | {"categories": ("fashion",), "hashtags": ("fashion", "style")},
)


def _described(position: int, described: dict[str, Any]) -> Profile:
    index = FIRST_INDEX + position
    return msgspec.convert(_PLAIN | described | {"index": index, "person": f"example-{position}"}, Profile)


PROFILES: tuple[Profile, ...] = tuple(_described(position, described) for position, described in enumerate(_EXAMPLES))
_BY_HANDLE = {(profile.platform, profile.handle.casefold()): profile for profile in PROFILES}
_BY_NATIVE_ID = {(profile.platform, profile.native_id): profile for profile in PROFILES}


def find(platform: str, handle: str) -> Profile | None:
    """Return the example account of a handle."""
    return _BY_HANDLE.get((platform, handle.strip().removeprefix("@").casefold()))


def find_native(platform: str, native_id: str) -> Profile | None:
    """Return the example account of a platform's own id."""
    return _BY_NATIVE_ID.get((platform, native_id))


def at(platform: str, index: int) -> Profile | None:
    """Return the example account at a position of the universe."""
    position = index - FIRST_INDEX
    if not 0 <= position < len(PROFILES) or PROFILES[position].platform != platform:
        return None
    return PROFILES[position]
