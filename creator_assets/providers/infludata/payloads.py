"""The shape of influData's requests and answers: filters of its search, answers as far as they become rows.

``001_c3c54407187bd99d.txt`` shows all answers but one: it describes a profile and its audience report in prose only.
Their types name the fields of similar answers and use those that are there. Forms that only the provider's older public
README has (content by offset, errors as objects) are read as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec
import polars as pl

from creator_assets.campaigns.catalog import Filter, FilterKind
from creator_assets.providers.parsing.bodies import object_at, records_at, text_at, value_at, whole_at
from creator_assets.providers.parsing.outcomes import stated_balance
from creator_assets.providers.parsing.timestamps import parse_timestamp
from creator_assets.providers.parsing.values import flag_of

PLATFORMS = ("instagram", "tiktok", "youtube", "twitch", "facebook", "snapchat")
REPORT_PLATFORMS = PLATFORMS[:3]  # audience reports and content
REPORT_NAMES = ("audienceReport", "audience", "audienceData", "report")
"""Names under which a profile may hold its audience report."""
STATUS_PLATFORMS = PLATFORMS[:4]  # status checks and queueing
SCORE_PLATFORMS = PLATFORMS[:2]  # scores and data logs of a profile
PAGE_SIZE = 20
OLDER_THAN = "older_than"
"""Under this name a request for content carries the date from which it goes on if its cursor has expired; an empty one
where it does not go on."""
CATEGORIES = (
    "fashion", "fitness", "beauty", "sports", "food", "diet", "veganism", "travel", "books", "interior", "comedy",
    "tech", "art", "lifestyle", "education", "family", "media", "music", "lgbtq", "gaming", "business",
    "automotive", "sustainability", "animals", "charity", "politics",
)  # fmt: skip
_OWN_ID = re.compile(r"[0-9a-f]{24}")
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
        # A country is checked by its list of cities: a misspelled one has none.
        "country": Filter(kind=FilterKind.TEXT, dictionary="cities"),
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
        filters["city"] = Filter(kind=FilterKind.TEXT, dictionary="cities")
    if platform == "instagram":
        filters["businessSearch"] = Filter(kind=FilterKind.FLAG)
    return filters


SEARCH_FILTERS: Mapping[str, Mapping[str, Filter]] = {platform: _search_filters(platform) for platform in PLATFORMS}


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
        "verified": pl.Boolean,
        "isBusiness": pl.Boolean,
        "country": pl.String,
        "city": pl.String,
        "language": pl.String,
        "gender": pl.String,
        "categories": pl.List(pl.String),
        "email": pl.String,
        "profileScore": pl.Float64,
    }
)


_PROFILE_NAMES = frozenset({"username", "platform", "timeline", *REPORT_NAMES, *(one.name for one in PROFILE.fields)})
CONTENT = pl.Struct(
    {
        "contentId": pl.String,
        "platform": pl.String,
        "contentType": pl.String,
        "uploaded": pl.String,
        "reach": pl.Float64,
        "likes": pl.Float64,
        "comments": pl.Float64,
        "shares": pl.Float64,
        "engagementRate": pl.Float64,
        "username": pl.String,
        "captions": pl.String,
        "hashtags": pl.List(pl.String),
        "mentions": pl.List(pl.String),
        "isSponsored": pl.Boolean,
        "imageUrl": pl.String,
        "videoUrl": pl.String,
    }
)


class ContentPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of content, by cursor or by offset, with what it cost and what is left, in requests."""

    items: list[msgspec.Raw]
    next_cursor: str = ""
    is_by_offset: bool = False
    watermark: datetime | None = None
    deducted: int | None = None
    remaining: int | None = None


class DataStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a creator is in the database, and whether its audience report is."""

    is_in_database: bool
    has_audience: bool


class TrialKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it was issued. Its representation leaves the key out."""

    api_key: str
    client_id: str
    expires_at: datetime
    requests_included: int

    def __repr__(self) -> str:
        """Name the account, never the key."""
        return f"TrialKey({self.client_id!r})"


def is_own_id(text: str) -> bool:
    """Whether this can be the provider's own id of a creator: 24 hexadecimal digits, as in its example."""
    return _OWN_ID.fullmatch(text) is not None


def users_in(body: bytes) -> list[msgspec.Raw] | None:
    """The raw creators of a page; None for any other body."""
    return records_at(body, "users")


def content_page(body: bytes) -> ContentPage | None:
    """The page of content; None for any other body. ``content`` is the older name of ``items``."""
    fields = object_at(body) or {}
    name = "items" if "items" in fields else "content"
    items = records_at(body, name)
    if items is None:
        return None
    return ContentPage(
        items=items,
        next_cursor=text_at(body, "next_cursor"),
        is_by_offset="next_cursor" not in fields and "offset" in fields,
        watermark=parse_timestamp(value_at(body, "watermark", "created_at_max")),
        deducted=whole_at(body, "tokensDeducted"),
        remaining=whole_at(body, "tokensRemaining"),
    )


def times_in(page: ContentPage) -> list[datetime]:
    """When the pieces of a page were published, as far as they state it."""
    return [at for item in page.items if (at := parse_timestamp(value_at(item, "uploaded"))) is not None]


def data_status(body: bytes) -> DataStatus | None:
    """The status of a creator's data; one that is not in the database may lack every other field."""
    is_in_database = flag_of(value_at(body, "isInDatabase"))
    if is_in_database is None:
        return None
    return DataStatus(is_in_database=is_in_database, has_audience=flag_of(value_at(body, "hasAudienceData")) is True)


def issued_key(body: bytes) -> TrialKey | None:
    """The key of a successful verification; None where one of its parts is missing."""
    key, client_id = text_at(body, "apiKey"), text_at(body, "clientId")
    expires_at, requests = parse_timestamp(value_at(body, "expiresAt")), whole_at(body, "requestsIncluded")
    if not (key and client_id and expires_at and requests is not None):
        return None
    return TrialKey(api_key=key, client_id=client_id, expires_at=expires_at, requests_included=requests)


def is_profile(body: bytes) -> bool:
    """Whether the body is an object with any field of a profile. Its other fields are not documented."""
    return not _PROFILE_NAMES.isdisjoint(object_at(body) or {})


def is_queue_answer(body: bytes) -> bool:
    """Whether the body states a result for each creator that was to be queued."""
    return records_at(body, "processed") is not None


def balance_left(body: bytes) -> int | None:
    """The remaining balance in microcredits: of requests, despite the field's name; None where none can be read."""
    return stated_balance(value_at(body, "reportsLeft"))


def is_client_info(body: bytes) -> bool:
    """Whether the body states the balance, which is what is asked for; the client's id is known without it."""
    return balance_left(body) is not None


def cities_in(body: bytes) -> list[str] | None:
    """The names of a bare list; entries that are no names are left out. None for any other body."""
    entries = value_at(body)
    if not isinstance(entries, list):
        return None
    named = (entry.get("name") if isinstance(entry, dict) else entry for entry in entries)
    return [name for name in named if isinstance(name, str) and name.strip()]


def is_city_list(body: bytes) -> bool:
    """Whether the body is a bare list of names."""
    return cities_in(body) is not None
