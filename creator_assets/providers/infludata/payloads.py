"""The shape of what influData is sent and answers: filters of its search, answers as far as they become rows.

``001_c3c54407187bd99d.txt`` shows discovery, client info and cities; of a profile it says in prose what it holds and
shows no body, so the profile's type names the fields of the neighbouring answers and takes what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import polars as pl

from creator_assets.campaigns.catalog import Filter, FilterKind

PLATFORMS = ("instagram", "tiktok", "youtube", "twitch", "facebook", "snapchat")
CATEGORIES = (
    "fashion", "fitness", "beauty", "sports", "food", "diet", "veganism", "travel", "books", "interior", "comedy",
    "tech", "art", "lifestyle", "education", "family", "media", "music", "lgbtq", "gaming", "business",
    "automotive", "sustainability", "animals", "charity", "politics",
)  # fmt: skip
_NUMBER = Filter(kind=FilterKind.NUMBER)
_WHOLE_NUMBER = Filter(kind=FilterKind.WHOLE_NUMBER)
_SORT_FIELDS = ("relevance", "username", "profileScore", "followers", "viewsPost", "engagementMean", "growthRate")


def _search_filters(platform: str) -> dict[str, Filter]:
    """The filters of one platform, by the seed's parameter table and its table of platform coverage."""
    keyword_fields = ("bio", "hashtags", "content", *(("website",) if platform in PLATFORMS[:3] else ()))
    extra_sort = {"tiktok": ("totalViews",), "twitch": ("averageViewers",)}.get(platform, ())
    sorting = tuple(
        way + field[0].upper() + field[1:] for field in _SORT_FIELDS + extra_sort for way in ("asc", "desc")
    )
    filters = {
        "keywords": Filter(kind=FilterKind.TEXTS),
        "keywordFields": Filter(kind=FilterKind.CHOICES, choices=keyword_fields),
        "categories": Filter(kind=FilterKind.CHOICES, choices=CATEGORIES),
        "country": Filter(kind=FilterKind.TEXT),
        "language": Filter(kind=FilterKind.TEXT),
        "followerMin": _WHOLE_NUMBER,
        "followerMax": _WHOLE_NUMBER,
        "engagementRate": _NUMBER,
        "growthRate": Filter(kind=FilterKind.NUMBER, minimum=None),
        "viewsMin": _WHOLE_NUMBER,
        "viewsMax": _WHOLE_NUMBER,
        "sorting": Filter(kind=FilterKind.CHOICE, choices=sorting),
        "gender": Filter(kind=FilterKind.CHOICE, choices=("m", "w")),
    }
    if platform in {"instagram", "tiktok"}:
        filters["city"] = Filter(kind=FilterKind.TEXT)
    if platform == "instagram":
        filters["businessSearch"] = Filter(kind=FilterKind.FLAG)
    return filters


SEARCH_FILTERS: Mapping[str, Mapping[str, Filter]] = {platform: _search_filters(platform) for platform in PLATFORMS}


class UserPage(msgspec.Struct):
    """A page of discovery."""

    users: list[msgspec.Raw]
    count: float | None = None


class ClientInfo(msgspec.Struct, rename="camel"):
    """The account; ``reports_left`` is the remaining balance in requests, whatever its name says."""

    client_id: str
    reports_left: float


USER = pl.Struct(
    {
        "_id": pl.String,
        "username": pl.String,
        "displayName": pl.String,
        "followers": pl.Float64,
        "platform": pl.String,
        "country": pl.String,
        "engagementMean": pl.Float64,
        "score": pl.Float64,
    }
)
PROFILE = pl.Struct(
    {
        "_id": pl.String,
        "userId": pl.String,
        "username": pl.String,
        "displayName": pl.String,
        "bio": pl.String,
        "followers": pl.Float64,
        "following": pl.Float64,
        "posts": pl.Float64,
        "engagementMean": pl.Float64,
        "viewsMean": pl.Float64,
        "likesMean": pl.Float64,
        "commentsMean": pl.Float64,
        "isVerified": pl.Boolean,
        "isBusiness": pl.Boolean,
        "country": pl.String,
        "city": pl.String,
        "language": pl.String,
        "gender": pl.String,
        "categories": pl.List(pl.String),
        "email": pl.String,
    }
)


def users_in(body: bytes) -> list[msgspec.Raw] | None:
    """The raw creators of a page, None where the body is no such page."""
    try:
        return msgspec.json.decode(body, type=UserPage).users
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_profile(body: bytes) -> bool:
    """Whether the body is an object that can be a profile."""
    return bool(_decoded(body, dict[str, msgspec.Raw]))


def is_client_info(body: bytes) -> bool:
    """Whether the body is the documented client info."""
    return _decoded(body, ClientInfo) is not None


def is_city_list(body: bytes) -> bool:
    """Whether the body is a bare list of names."""
    return _decoded(body, list[str]) is not None


def _decoded(body: bytes, type_: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
