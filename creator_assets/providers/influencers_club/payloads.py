"""The shape of what influencers.club is sent and answers: filters of its searches, answers as far as they become rows.

Bodies follow the provider's public guides and connectors; ``003_4cf6d03a58a0fd76.txt`` shows none. What these types
do not name stays in the archive and disturbs nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import polars as pl

from creator_assets.campaigns.catalog import Filter, FilterKind

# Those of the full enrichment; the raw one lacks Twitch.
ENRICHED_PLATFORMS = (
    "instagram", "youtube", "tiktok", "onlyfans", "twitter", "snapchat", "discord", "pinterest", "facebook", "linkedin",
    "twitch",
)  # fmt: skip
_TEXT = FilterKind.TEXT
_TEXTS = FilterKind.TEXTS
_RANGE = FilterKind.RANGE
_FLAG = FilterKind.FLAG
_SHARE = {"min_pct": Filter(kind=FilterKind.NUMBER, maximum=100)}
_GROWTH = Filter(
    kind=FilterKind.GROUP,
    keys={
        "growth_percentage": Filter(kind=FilterKind.NUMBER, minimum=None),
        "time_range_months": Filter(kind=FilterKind.WHOLE_NUMBER),
    },
)


def _filters(keys_by_kind: Mapping[FilterKind, str], **more: Filter) -> dict[str, Filter]:
    return {key: Filter(kind=kind) for kind, keys in keys_by_kind.items() for key in keys.split()} | more


_EVERYWHERE = _filters(
    {
        _TEXTS: "location profile_language keywords_in_bio exclude_keywords_in_bio link_in_bio not_link_in_bio"
        " brands exclude_handles",
        _RANGE: "engagement_percent income",
        _FLAG: "is_verified has_link_in_bio has_done_brand_deals promotes_affiliate_links has_merch"
        " exclude_role_based_emails",
        _TEXT: "ai_search type gender",
    },
    posting_frequency=Filter(kind=FilterKind.NUMBER),
)
# Instagram creators of 10,000 followers and more only.
_AUDIENCE = Filter(
    kind=FilterKind.GROUP,
    keys=_filters({_TEXTS: "brands brand_categories"})
    | {
        "credibility": Filter(kind=FilterKind.CHOICE, choices=("bad", "low", "normal", "good", "high", "best")),
        "gender": Filter(kind=FilterKind.GROUP, keys={"type": Filter(kind=_TEXT), **_SHARE}),
    },
)
# The follower key differs from platform to platform, and a wrong key is silently ignored and billed: hence one list
# a platform. Keys as the provider's public connector models them; which platform takes which follows their names and
# its notes.
SEARCH_FILTERS: Mapping[str, Mapping[str, Filter]] = {
    "instagram": _EVERYWHERE
    | _filters(
        {
            _RANGE: "number_of_followers average_likes average_comments average_views_for_reels reels_percent"
            " number_of_posts",
            _TEXTS: "keywords_in_captions keywords_not_in_captions hashtags not_hashtags",
            _FLAG: "exclude_private_profile does_live_streaming",
        },
        follower_growth=_GROWTH,
        audience=_AUDIENCE,
    ),
    "youtube": _EVERYWHERE
    | _filters(
        {
            _RANGE: "number_of_subscribers average_views average_views_on_long_videos average_views_on_shorts"
            " median_views_long"
            " number_of_videos shorts_percentage long_video_duration",
            _TEXTS: "topics keywords_in_description keywords_not_in_description keywords_in_video_description"
            " keywords_not_in_video_description keywords_in_video_titles keywords_not_in_video_titles"
            " links_from_description"
            " links_from_video_description",
            _FLAG: "has_shorts has_podcast has_courses has_membership has_community_posts has_live_streams"
            " is_monetizing",
        },
        subscriber_growth=_GROWTH,
    ),
    "tiktok": _EVERYWHERE
    | _filters(
        {
            _RANGE: "number_of_followers average_likes average_comments average_views average_video_downloads"
            " number_of_likes video_count",
            _TEXTS: "video_description not_video_description hashtags not_hashtags",
            _FLAG: "has_tik_tok_shop streams_live",
        },
        follower_growth=_GROWTH,
    ),
    "twitch": _EVERYWHERE
    | _filters(
        {
            _RANGE: "followers average_stream_views average_stream_duration streamed_hours_last_30_days"
            " streams_count_last_30_days"
            " maximum_views_count avg_views_last_30_days",
            _TEXTS: "games_played",
            _FLAG: "is_twitch_partner",
        }
    ),
    "twitter": _EVERYWHERE
    | _filters(
        {
            _RANGE: "number_of_followers number_of_tweets tweets_count average_likes average_comments average_views",
            _TEXTS: "keywords_in_tweets keywords_not_in_tweets tweets hashtags not_hashtags",
        },
        follower_growth=_GROWTH,
    ),
    "onlyfans": _EVERYWHERE
    | _filters(
        {
            _RANGE: "subscription_price number_of_photos number_of_likes number_of_posts number_of_videos",
            _FLAG: "has_free_account has_videos streams_live",
        }
    ),
}


class CreatorPage(msgspec.Struct):
    """A page of discovery or of look-alikes."""

    accounts: list[msgspec.Raw]


class Enrichment(msgspec.Struct):
    """An enrichment; `result` is empty or null where the provider has nothing."""

    result: msgspec.Raw


class Credits(msgspec.Struct):
    """The account's credits; the seed names both fields and shows neither's type."""

    credits_available: float | str
    credits_used: float | str


ACCOUNT = pl.Struct(
    {
        "user_id": pl.String,
        "profile": pl.Struct(
            {
                "full_name": pl.String,
                "username": pl.String,
                "followers": pl.Float64,
                "engagement_percent": pl.Float64,
            }
        ),
    }
)

# Blocks of the platforms name the same thing differently; a profile reads whichever is there.
PLATFORM_BLOCK = pl.Struct(
    {
        "username": pl.String,
        "custom_url": pl.String,
        "userid": pl.String,
        "user_id": pl.String,
        "id": pl.String,
        "pk": pl.String,
        "full_name": pl.String,
        "title": pl.String,
        "displayName": pl.String,
        "biography": pl.String,
        "description": pl.String,
        "follower_count": pl.Float64,
        "subscriber_count": pl.Float64,
        "total_followers": pl.Float64,
        "following_count": pl.Float64,
        "media_count": pl.Float64,
        "video_count": pl.Float64,
        "tweets_count": pl.Float64,
        "engagement_percent": pl.Float64,
        "avg_likes": pl.Float64,
        "avg_comments": pl.Float64,
        "avg_views": pl.Float64,
        "is_verified": pl.Boolean,
        "is_business_account": pl.Boolean,
        "niche_class": pl.String,
        "category": pl.String,
        "country": pl.String,
    }
)
PROFILE = pl.Struct(
    {
        "email": pl.String,
        "location": pl.String,
        "speaking_language": pl.String,
        "first_name": pl.String,
        "gender": pl.String,
        "is_business": pl.Boolean,
        "block": PLATFORM_BLOCK,
    }
)

FILTER_VALUE = pl.Struct({"value": pl.String, "label": pl.String, "parent": pl.String})
_VALUE_KEYS = ("abbreviation", "abbr", "code", "username", "cleaned_name", "value", "name", "topic", "title")
_LABEL_KEYS = ("full_name", "name", "label", "language", "topic", "title")
_CHILD_KEYS = ("sub_topics", "subtopics", "children", "states", "cities")


def accounts_in(body: bytes) -> list[msgspec.Raw] | None:
    """The raw creators of a page, None where the body is no such page."""
    try:
        return msgspec.json.decode(body, type=CreatorPage).accounts
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def profile_record(body: bytes, platform: str) -> bytes:
    """The result of an enrichment as one record: the top level, and under ``block`` what it says of `platform`.

    Raw enrichments have no blocks: their result is the platform's own object, so it serves as the block.

    Raises:
        msgspec.DecodeError: The body is no enrichment.
    """
    raw = msgspec.json.decode(body, type=Enrichment).result
    result: Any = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    block = result.get(platform)
    top = {key: value for key, value in result.items() if block is not None and key not in ENRICHED_PLATFORMS}
    return msgspec.json.encode({**top, "block": block if block is not None else msgspec.Raw(raw)})


def dictionary_entries(body: bytes) -> list[dict[str, str]]:
    """The entries of a dictionary as value, label and parent.

    The seed names what a dictionary holds and shows no body, so all forms met are read: texts, or objects with the
    value under one of several names, in a bare list or under one key, with sub-entries under another.

    Raises:
        msgspec.DecodeError: The body is no JSON.
    """
    content = msgspec.json.decode(body)
    if isinstance(content, dict):
        content = next((value for value in content.values() if isinstance(value, list)), [])
    return list(_entries(content, ""))


def _entries(content: Any, parent: str) -> Iterator[dict[str, str]]:
    for item in content if isinstance(content, list) else []:
        if isinstance(item, str):
            yield {"value": item, "label": item, "parent": parent}
        elif isinstance(item, dict):
            value = _text_under(item, _VALUE_KEYS)
            yield {"value": value, "label": _text_under(item, _LABEL_KEYS) or value, "parent": parent}
            for key in _CHILD_KEYS:
                yield from _entries(item.get(key), value)


def _text_under(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((str(item[key]) for key in keys if isinstance(item.get(key), str | int) and str(item[key])), "")
