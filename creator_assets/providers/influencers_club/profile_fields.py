"""The fields of a profile: each value under the name that it really has on its platform.

Five public captures of full profiles show the names, and the provider's guides those of raw profiles. A platform that
is not named here has the names of ``_USUAL``.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import polars as pl

from creator_assets.providers.influencers_club.payloads import profile_record
from creator_assets.providers.parsing.bodies import object_at, value_at
from creator_assets.providers.parsing.values import flag_of

_NULL = msgspec.Raw(b"null")
_TEXTS = (
    "username", "custom_url", "userid", "user_id", "userId", "id", "pk", "full_name", "title", "displayName", "name",
    "first_name", "last_name", "biography", "description", "summary", "bio", "headline", "category", "country",
    "region", "location", "speaking_language",
)  # fmt: skip
_NUMBERS = (
    "follower_count", "subscriber_count", "total_followers", "followers", "following_count", "following",
    "media_count", "video_count", "tweets_count", "posts_count", "engagement_percent", "avg_likes", "avg_comments",
    "comment_count_avg", "avg_reply", "avg_views", "play_count_avg",
)  # fmt: skip
_FLAGS = ("exists", "is_verified", "is_business_account", "is_business")
_LISTS = ("niche_class", "niche_sub_class", "language_code")

PLATFORM_BLOCK = pl.Struct(
    dict.fromkeys(_TEXTS, pl.String)
    | dict.fromkeys(_NUMBERS, pl.Float64)
    | dict.fromkeys(_FLAGS, pl.Boolean)
    | dict.fromkeys(_LISTS, pl.List(pl.String))
    | {"reels": pl.Struct({"avg_view_count": pl.Float64}), "geo": pl.Struct({"country": pl.String})}
)
PROFILE = pl.Struct(
    dict.fromkeys(("email", "location", "speaking_language", "first_name", "gender"), pl.String)
    | {
        "is_business": pl.Boolean,
        "ai_niches": pl.List(pl.Struct({"niche": pl.String, "percentage": pl.Float64})),
        "block": PLATFORM_BLOCK,
    }
)

_USUAL: Mapping[str, tuple[str, ...]] = {
    "followers": ("follower_count", "subscriber_count", "total_followers", "followers"),
    "following": ("following_count", "following"),
    "posts": ("media_count", "video_count", "tweets_count", "posts_count"),
    "average_views": ("avg_views", "play_count_avg"),
    "average_likes": ("avg_likes",),
    "average_comments": ("avg_comments", "comment_count_avg", "avg_reply"),
    "native_id": ("userid", "user_id", "userId", "pk", "id"),
    "display_name": ("full_name", "title", "displayName", "name"),
    "biography": ("biography", "description", "summary", "bio", "headline"),
    "country": ("country", "geo.country", "region"),
}
_OF_PLATFORM: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "instagram": {"posts": ("media_count",), "average_views": ("reels.avg_view_count", "avg_views")},
    "tiktok": {"posts": ("video_count",), "average_views": ("play_count_avg", "avg_views")},
    "youtube": {"posts": ("video_count",)},
    # On X ``media_count`` counts pictures and videos only.
    "twitter": {"posts": ("tweets_count",)},
    # On LinkedIn ``title`` would be that of a job.
    "linkedin": {"display_name": ("full_name", "name")},
}
ENGAGEMENT_BASES: Mapping[str, str] = {
    # Each was computed from the counters of one capture: 0.474 % stated and 0.473 % computed on Instagram, 2.15 and
    # 2.14 % on YouTube; on TikTok 5.96 % lies near the rates by views and far from those by followers.
    "instagram": "er_followers_median",
    "youtube": "er_views_median",
    "tiktok": "er_views",
}
UNKNOWN_BASIS = "unknown"
NO_PROFILE = "{}"


def value_of(column: str) -> pl.Expr:
    """The value of a column of ``enriched_profiles``, under the names of the row's ``platform``."""
    expression = pl.coalesce(_field(path) for path in _USUAL[column])
    for platform, names in _OF_PLATFORM.items():
        if column in names:
            own = pl.coalesce(_field(path) for path in names[column])
            expression = pl.when(pl.col("platform") == platform).then(own).otherwise(expression)
    return expression


def display_name() -> pl.Expr:
    """The name on the profile; LinkedIn has it in two parts."""
    parts = pl.concat_str(_field("first_name"), _field("last_name"), separator=" ", ignore_nulls=True)
    return pl.coalesce(value_of("display_name"), pl.when(parts != "").then(parts))


def category() -> pl.Expr:
    """The main niche: the platform's own, else the largest that the provider has inferred, else a narrower one."""
    inferred = pl.col("ai_niches").list.eval(
        pl.element().struct.field("niche").sort_by(pl.element().struct.field("percentage"), descending=True)
    )
    return pl.coalesce(
        _field("niche_class").list.first(), _field("category"), inferred.list.first(),
        _field("niche_sub_class").list.first(),
    )  # fmt: skip


def engagement_basis() -> pl.Expr:
    """The definition of the stated engagement rate, by platform; null without a rate."""
    known = pl.col("platform").replace_strict(dict(ENGAGEMENT_BASES), default=UNKNOWN_BASIS)
    return pl.when(_field("engagement_percent").is_not_null()).then(known)


def profile_or_nothing(result: bytes | msgspec.Raw, platform: str) -> str:
    """A profile as a record (see ``payloads.profile_record``); ``NO_PROFILE`` where the result says of none."""
    record = profile_record(result, platform)
    return record if _is_profile(record) else NO_PROFILE


def _is_profile(record: str) -> bool:
    """Whether the block of a record (see ``payloads.profile_record``) holds a profile and not its absence."""
    block = object_at(record.encode(), "block")
    if not block or flag_of(value_at(block.get("exists", _NULL))) is False:
        return False
    return any(bytes(value) not in {b"null", b"[]", b"{}", b'""'} for name, value in block.items() if name != "exists")


def _field(path: str) -> pl.Expr:
    expression = pl.col("block")
    for name in path.split("."):
        expression = expression.struct.field(name)
    return expression
