"""The facts of one account that a full profile needs, gathered once from the universe.

Does not belong here: field names of a provider.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from statistics import median

import msgspec

from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import Counters, Video, counters_at, posts_by

Post = tuple[Video, Counters]

# FULL_PROFILE_FIELDS.md: "the last 12 (Instagram), 33 (TikTok), 50 (YouTube) or 20 (X) posts". Twitch is not counted.
POSTS_SHOWN = {"instagram": 12, "tiktok": 33, "youtube": 50, "twitter": 20, "twitch": 8}
_LOOKED_THROUGH = 200  # stories are no posts of a profile


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """One account with its latest posts, the same person's accounts, and accounts like it."""

    profile: Profile
    posts: tuple[Post, ...]
    linked: tuple[Profile, ...]
    alike: tuple[Profile, ...]
    now: datetime

    @property
    def bits(self) -> int:
        """Well-spread bits of the account, for the facts that the universe does not have."""
        return mix_text("real voice", self.profile.platform, self.profile.native_id)

    def medians(self) -> tuple[float, float, float]:
        """Return the medians of likes, comments and views over the posts."""
        return (
            middle(counters.likes for _, counters in self.posts),
            middle(counters.comments for _, counters in self.posts),
            middle(counters.views for _, counters in self.posts),
        )


def latest_posts(one: Profile, now: datetime) -> tuple[Post, ...]:
    """Return the posts that a full profile shows, newest first."""
    shown = POSTS_SHOWN.get(one.platform, 0)
    if not shown:
        return ()
    posts = (video for video in islice(posts_by(one, now), _LOOKED_THROUGH) if video.kind != "story")
    return tuple((video, counters_at(video, one, now)) for video in islice(posts, shown))


def middle(values: Iterable[float]) -> float:
    """Return the median; 0 for no values."""
    listed = list(values)
    return float(median(listed)) if listed else 0.0


def mean(values: Iterable[float]) -> float:
    """Return the average, rounded to two places; 0 for no values."""
    listed = list(values)
    return round(sum(listed) / len(listed), 2) if listed else 0.0


def percent(part: float, whole: float | None) -> float | None:
    """Return a percentage, or None where the whole is unknown or 0."""
    return round(100 * part / whole, 4) if whole else None


def as_float(value: float | None) -> float | None:
    """Return a number as a float, and None as it is."""
    return None if value is None else float(value)


def iso_without_zone(instant: datetime) -> str:
    """Write an instant as ISO 8601 in UTC without a zone."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def latest_day(posts: Iterable[Post]) -> str | None:
    """Return the day of the newest post, or None."""
    newest = next(iter(posts), None)
    return None if newest is None else newest[0].published_at.date().isoformat()


def counted_hashtags(posts: Iterable[Post]) -> dict[str, int]:
    """Count the hashtags of posts, the most frequent first."""
    counts: dict[str, int] = {}
    for video, _ in posts:
        for tag in video.hashtags:
            counts[tag] = counts.get(tag, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def mentioned(posts: Iterable[Post]) -> list[str]:
    """Return the handles that posts mention, each once."""
    return list(dict.fromkeys(name for video, _ in posts for name in video.mentions))


def picture(one: Profile, size: str = "") -> str:
    """Return the address of an account's picture."""
    return f"https://cdn.example.com/{one.platform}/{one.native_id}{size}.jpg"


def languages(one: Profile) -> list[str]:
    """Return the languages of an account as a list."""
    return [one.language] if one.language else []


def links(one: Profile) -> list[str]:
    """Return the links of an account's description; business accounts have one."""
    return [f"https://links.example.com/{one.person}"] if one.business else []
