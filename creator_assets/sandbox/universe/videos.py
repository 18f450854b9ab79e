"""The posts of an account, and the growth of their counters.

Post number n of an account is a pure function of both. Its id encodes account and number, so that nothing is stored.
New posts appear with the sandbox clock. Counters rise, level off, and sometimes fall, like corrected counters.
"""

from __future__ import annotations

import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from creator_assets.sandbox.universe.mixing import mix, mix_text, share
from creator_assets.sandbox.universe.profile import Profile

BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)  # post number 0 of every account
_INDEX_BITS = 21
_CODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_KINDS = {
    "instagram": ("reel", "post", "reel", "story"),
    "tiktok": ("video",),
    "youtube": ("video", "video", "short"),
}


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """One post.

    Attributes:
        video_id: The platform's id of the post.
        number: Position among the account's posts; the oldest is 0.
        platform: Lower-case platform name.
        kind: ``reel``, ``post``, ``story``, ``video`` or ``short``.
        published_at: UTC instant.
        caption: Text with hashtags and mentions.
        hashtags: Hashtags in it, without ``#``.
        mentions: Mentioned handles, without ``@``.
        duration_seconds: Length; 0 for a picture.
        reach: Views at which the counter levels off.
    """

    video_id: str
    number: int
    platform: str
    kind: str
    published_at: datetime
    caption: str
    hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    duration_seconds: int
    reach: int


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Counters of a post at one instant."""

    views: int
    likes: int
    comments: int
    shares: int


def posts_by(profile: Profile, now: datetime) -> Iterator[Video]:
    """Yield an account's posts, newest first."""
    for number in range(_latest(profile, now), -1, -1):
        video = video_of(profile, number)
        if video.published_at <= now:
            yield video


def video_of(profile: Profile, number: int) -> Video:
    """Compute post ``number`` of an account."""
    bits = mix_text("post", profile.platform, profile.native_id, number)
    kinds = _KINDS.get(profile.platform, ("post",))
    kind = kinds[bits % len(kinds)]
    published_at = _published_at(profile, number)
    mentions = ("brandname",) if bits >> 8 & 7 == 0 else ()
    # A post that mentions a brand is paid for and disclosed.
    tags = (*profile.hashtags[: 1 + bits % 3], *("ad" for _ in mentions))
    words = [f"Part {number} ✨", *(f"#{tag}" for tag in tags), *(f"@{name}" for name in mentions)]
    followers = profile.followers or 1_000
    return Video(
        video_id=_video_id(profile, number, published_at),
        number=number,
        platform=profile.platform,
        kind=kind,
        published_at=published_at,
        caption=" ".join(words),
        hashtags=tags,
        mentions=mentions,
        duration_seconds=0 if kind in ("post", "story") else 8 + (bits >> 12) % 90,
        reach=max(10, int((profile.avg_views or followers * 0.4) * (0.3 + 1.4 * share(bits)))),
    )


def counters_at(video: Video, profile: Profile, now: datetime) -> Counters:
    """Compute a post's counters at the full hour before ``now``.

    Views approach the reach within days. On about one day in twelve, the platform has removed some of them.
    """
    age_hours = max(0, int((now - video.published_at).total_seconds() // 3600))
    views = int(video.reach * (1 - math.exp(-(age_hours + 1) / 60)))
    bits = mix_text(video.video_id, age_hours // 24)
    if bits % 12 == 0:
        views = int(views * 0.985)
    rate = min(0.6, (profile.engagement or 0.03) * (profile.followers or 1_000) / max(1, profile.avg_views or 1_000))
    likes = int(views * rate * 0.9)
    return Counters(views=views, likes=likes, comments=int(views * rate * 0.05), shares=int(views * rate * 0.02))


def locate(platform: str, video_id: str) -> tuple[int, datetime | int] | None:
    """Decode an account's index, and the post's instant (TikTok) or number, from an id of this universe.

    Returns None for an id of another form. The caller must compute the post and compare its id, because an id of the
    right form may belong to no post.
    """
    if platform == "tiktok":
        if not video_id.isascii() or not video_id.isdigit() or len(video_id) > 19:
            return None
        seconds, low = divmod(int(video_id), 1 << 32)
        return low >> 11, datetime.fromtimestamp(min(seconds, 1 << 32), UTC)
    if platform == "instagram":
        if not video_id.isascii() or not video_id.isdigit() or len(video_id) > 20:
            return None
        raw = int(video_id)
    else:
        try:
            raw = int.from_bytes(urlsafe_b64decode(f"{video_id}="), "big")
        except ValueError:
            return None
    return raw >> 43 & (1 << _INDEX_BITS) - 1, raw >> 27 & 0xFFFF


def shortcode(media_id: str) -> str:
    """Return the code in the URL of an Instagram post: its numeric id in URL-safe base64 without leading zeros.

    This is the platform's own rule; see https://github.com/notslang/instagram-id-to-url-segment.
    """
    number, letters = int(media_id), ""
    while number:
        number, digit = divmod(number, 64)
        letters = _CODE_LETTERS[digit] + letters
    return letters


def media_id(code: str) -> str:
    """Return the id of the Instagram post with ``code`` in its URL."""
    number = 0
    for letter in code:
        number = number * 64 + _CODE_LETTERS.index(letter)
    return str(number)


def address_of(video: Video, handle: str) -> str:
    """Return the URL of a post."""
    if video.platform == "instagram":
        return f"https://www.instagram.com/p/{shortcode(video.video_id)}/"
    if video.platform == "youtube":
        return f"https://www.youtube.com/watch?v={video.video_id}"
    return f"https://www.tiktok.com/@{handle}/video/{video.video_id}"


def number_at(profile: Profile, published_at: datetime) -> int:
    """Return the number of the post that an account published at an instant."""
    return max(0, int((published_at - BEGINNING) / timedelta(days=profile.pace_days)))


def _latest(profile: Profile, now: datetime) -> int:
    return int((now - BEGINNING) / timedelta(days=profile.pace_days))


def _published_at(profile: Profile, number: int) -> datetime:
    jitter = 0.9 * share(mix(mix_text(profile.native_id), number))
    exact = BEGINNING + timedelta(days=profile.pace_days * (number + jitter))
    return exact.replace(microsecond=0)


def _video_id(profile: Profile, number: int, published_at: datetime) -> str:
    if profile.platform == "tiktok":
        low = profile.index << 11 | mix_text(profile.native_id, number) & 0x7FF
        return str(int(published_at.timestamp()) << 32 | low)
    raw = profile.index << 43 | (number & 0xFFFF) << 27 | mix_text(profile.native_id, number) & (1 << 27) - 1
    if profile.platform == "instagram":
        return str(raw)
    return urlsafe_b64encode(raw.to_bytes(8, "big")).decode().rstrip("=")
