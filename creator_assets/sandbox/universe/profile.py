"""The data of one creator account, and the criteria of a search.

Plain values: fractions stay fractions, unknown stays None. The names, units and gaps of a provider's responses belong
to the provider's own package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One account of one creator on one platform, on one day.

    Attributes:
        index: Position in the universe. Platform and index identify the account.
        platform: Lower-case platform name.
        handle: Handle in the platform's spelling; in real data it may be a channel title or a channel id.
        name: Display name, None where unknown.
        native_id: The platform's own id, as text.
        person: Label shared by all accounts of one person.
        followers: Followers or subscribers; None where hidden or unknown.
        following: Accounts followed.
        posts: Posts so far.
        avg_views: Average views of a post (Twitch: concurrent viewers).
        avg_likes: Average likes of a post.
        avg_comments: Average comments of a post.
        engagement: Engagement rate as a fraction of followers; above 1 for small accounts with a viral video.
        growth: Follower growth in 30 days, as a fraction.
        country: English country name.
        country_code: ISO 3166 alpha-2 code.
        city: English city name.
        language: ISO 639-1 code.
        gender: ``m`` or ``f``.
        age: Years.
        categories: Slugs of influData's category list, main category first.
        bio: Self-description.
        hashtags: Hashtags in use, without ``#``.
        email: Address at a reserved domain.
        verified: Whether the platform verified the account.
        business: Whether it is a business account.
        pace_days: Days between two posts.
        sec_uid: TikTok's second id.
    """

    index: int
    platform: str
    handle: str
    name: str | None
    native_id: str
    person: str
    followers: int | None
    following: int
    posts: int
    avg_views: int | None
    avg_likes: int | None
    avg_comments: int | None
    engagement: float | None
    growth: float
    country: str | None
    country_code: str | None
    city: str | None
    language: str | None
    gender: str | None
    age: int | None
    categories: tuple[str, ...]
    bio: str
    hashtags: tuple[str, ...]
    email: str | None
    verified: bool
    business: bool
    pace_days: float
    sec_uid: str | None = None


class Criteria(msgspec.Struct, frozen=True, kw_only=True):
    """The criteria of a search; None and empty set no condition.

    Attributes:
        platform: Lower-case platform name.
        followers_min: Minimum followers.
        followers_max: Maximum followers.
        engagement_min: Minimum engagement rate, as a fraction.
        engagement_max: Maximum engagement rate, as a fraction.
        growth_min: Minimum growth in 30 days, as a fraction.
        views_min: Minimum average views.
        views_max: Maximum average views.
        posts_min: Minimum posts.
        places: Any of these: country name, ISO code, city, or ``City, Country``; case does not matter.
        categories: Any of these slugs.
        languages: Any of these ISO 639-1 codes.
        gender: ``m`` or ``f``.
        keywords: Any of these in handle, name, bio or hashtags.
        keyword_fields: Fields to search for keywords: ``bio``, ``hashtags``, ``name``; empty means all.
        verified: Whether verified.
        business: Whether a business account.
        has_email: Whether the account has an e-mail address.
        known_to: Says by platform and index whether the searched provider has data on an account.
        excluded_handles: Handles to leave out.
        sort: One of `SORTS`.
        descending: Direction of the sort.
    """

    platform: str
    followers_min: int | None = None
    followers_max: int | None = None
    engagement_min: float | None = None
    engagement_max: float | None = None
    growth_min: float | None = None
    views_min: int | None = None
    views_max: int | None = None
    posts_min: int | None = None
    places: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    gender: str | None = None
    keywords: tuple[str, ...] = ()
    keyword_fields: tuple[str, ...] = ()
    verified: bool | None = None
    business: bool | None = None
    has_email: bool | None = None
    known_to: Callable[[str, int], bool] | None = None
    excluded_handles: frozenset[str] = frozenset()
    sort: str = "rank"
    descending: bool = True


SORTS: dict[str, Callable[[Profile], Any]] = {
    "followers": lambda profile: profile.followers or 0,
    "username": lambda profile: profile.handle.casefold(),
    "engagement": lambda profile: profile.engagement or 0.0,
    "growth": lambda profile: profile.growth,
    "views": lambda profile: profile.avg_views or 0,
}


class Matches(Protocol):
    """The accounts that a search found, in order."""

    @property
    def total(self) -> int:
        """Number of matching accounts; an estimate where counting all of them would take too long."""

    def page(self, offset: int, limit: int) -> list[Profile]:
        """Return up to ``limit`` accounts from position ``offset``."""


def keywords_match(profile: Profile, criteria: Criteria) -> bool:
    """Return whether any keyword occurs in the searched fields."""
    if not criteria.keywords:
        return True
    fields = criteria.keyword_fields or ("bio", "hashtags", "name")
    texts = {
        "bio": profile.bio,
        "hashtags": " ".join(profile.hashtags),
        "name": f"{profile.handle} {profile.name or ''}",
    }
    searched = " ".join(texts[field] for field in fields if field in texts).casefold()
    return any(keyword.casefold() in searched for keyword in criteria.keywords)


def within(value: float | None, least: float | None, most: float | None) -> bool:
    """Return whether a value is in a closed range. An unknown value is only in the unlimited range."""
    if least is None and most is None:
        return True
    return value is not None and (least is None or value >= least) and (most is None or value <= most)
