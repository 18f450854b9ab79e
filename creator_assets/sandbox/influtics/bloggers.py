"""Influtics: one blogger with statistics over the organization's videos (IT-1).

The provider caches a blogger for 7 days from ``updated_at`` and video statistics for 1 day; a cached blogger is free.
For a blogger without videos, it fetches some in the background. ``refresh=true`` fetches them again for 1 credit, if
the statistics are at least 5 days old on average.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.influtics.envelope import (
    PLATFORMS,
    internal_id,
    microseconds,
    note_usage,
    platform_in,
    require_balance,
    success,
)
from creator_assets.sandbox.influtics.gaps import GAPS
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import counters_at, posts_by

BLOGGER_CACHE = timedelta(days=7)
STATS_CACHE = timedelta(days=1)
REFRESH_FROM_AGE = timedelta(days=5)
FRESH_MICROCREDITS = MICROCREDITS_PER_CREDIT
REFRESH_MICROCREDITS = MICROCREDITS_PER_CREDIT
_SITES = {
    "tiktok": "https://www.tiktok.com/@",
    "instagram": "https://www.instagram.com/",
    "youtube": "https://www.youtube.com/@",
}


def info(request: SandboxRequest) -> SandboxResponse:
    """IT-1: a blogger, cached or fresh."""
    if request.world.settings.influtics_generation != "seed":
        raise Refusal(
            "not_found", "This endpoint was removed. Use POST /v1/bloggers/track.", status=410, extra={"code": "GONE"}
        )
    username = request.query.get("username")
    if not username:
        raise Refusal("invalid", "Missing required parameter: username")
    platform = platform_in(request.query.get("platform"))
    found = find(request, platform, username)
    if found is None:
        raise Refusal("invalid", f"Blogger {username} not found or data unavailable")
    section = request.world.state.section(f"influtics.bloggers.{request.account.key}")
    key = f"{platform}/{found.native_id}"
    known: dict[str, Any] | None = section.get(key)
    blogger = dict(known) if known else {"created_at": request.now.isoformat(), "stats_at": None, "due_at": None}
    cached = known is not None and request.now < datetime.fromisoformat(known["updated_at"]) + BLOGGER_CACHE
    finish_fetch(blogger, request.now)
    flags = _enqueue(request, blogger, refresh=request.query.get("refresh", "false").casefold() == "true")
    cost = (0 if cached else FRESH_MICROCREDITS) + (REFRESH_MICROCREDITS if flags["videos_refresh_enqueued"] else 0)
    require_balance(request, cost)
    if not cached:
        blogger |= {"updated_at": request.now.isoformat(), "followers": found.followers}
    section.put(key, blogger)
    if cost:
        note_usage(request, "/v1/bloggers/info", cost // MICROCREDITS_PER_CREDIT)
    return success(request, {"blogger": blogger_body(found, blogger, flags, cached=cached)}, charge_microcredits=cost)


def find(request: SandboxRequest, platform: str, username: str) -> Profile | None:
    """Return the account of a username, if the provider has data on it."""
    found = request.world.universe.by_handle(platform, username, request.now)
    return found if found is not None and GAPS.has_data(platform, found.index) else None


def finish_fetch(blogger: dict[str, Any], now: datetime) -> None:
    """Apply the background fetch of a blogger's videos, if it has ended by now."""
    if blogger["due_at"] is not None and datetime.fromisoformat(blogger["due_at"]) <= now:
        blogger |= {"stats_at": blogger["due_at"], "due_at": None}


def blogger_body(found: Profile, blogger: dict[str, Any], flags: dict[str, bool], *, cached: bool) -> dict[str, Any]:
    """Return the 25 documented fields of a blogger."""
    updated_at = datetime.fromisoformat(blogger["updated_at"])
    return {
        "id": internal_id(found.platform, found.native_id),
        "channel_name": found.name or found.handle,
        "channel_username": found.handle,
        "channel_thumbnail": f"https://cdn.example.com/{found.platform}/{found.native_id}.jpg",
        "url": f"{_SITES[found.platform]}{found.handle}",
        "platform": PLATFORMS[found.platform],
        "number_of_subscribers": blogger["followers"],
        "created_at": microseconds(datetime.fromisoformat(blogger["created_at"])),
        "updated_at": microseconds(updated_at),
        "is_tracked": False,
        "tracking_id": None,
        "last_scraped_at": None,
        **_statistics(found, blogger["stats_at"]),
        "initial_videos_enqueued": flags["initial_videos_enqueued"],
        "estimated_completion": None
        if blogger["due_at"] is None
        else microseconds(datetime.fromisoformat(blogger["due_at"])),
        "stats_update_enqueued": flags["stats_update_enqueued"],
        "videos_refresh_enqueued": flags["videos_refresh_enqueued"],
        "cached": cached,
        "cache_expires_at": iso_z(updated_at + BLOGGER_CACHE, milliseconds=True),
    }


def _enqueue(request: SandboxRequest, blogger: dict[str, Any], *, refresh: bool) -> dict[str, bool]:
    """Decide which background fetch starts now; one at a time, 2 to 5 minutes each."""
    flags = dict.fromkeys(("initial_videos_enqueued", "stats_update_enqueued", "videos_refresh_enqueued"), False)
    if blogger["due_at"] is not None:
        return flags
    if blogger["stats_at"] is None:
        flags["initial_videos_enqueued"] = True
    else:
        age = request.now - datetime.fromisoformat(blogger["stats_at"])
        flags["videos_refresh_enqueued"] = refresh and age >= REFRESH_FROM_AGE
        flags["stats_update_enqueued"] = age >= STATS_CACHE
    if any(flags.values()):
        blogger["due_at"] = (request.now + timedelta(seconds=120 + mix_text(request.request_id) % 181)).isoformat()
    return flags


def _statistics(found: Profile, stats_at: str | None) -> dict[str, int]:
    """Return counts and averages over the fetched videos, at the time of the fetch."""
    names = ("video_count", "avg_views", "median_views", "total_views", "avg_likes", "avg_comments", "avg_reposts")
    if stats_at is None:
        return dict.fromkeys(names, 0)
    seen_at = datetime.fromisoformat(stats_at)
    most = 4 + mix_text("videos", found.native_id) % 9
    counted = [counters_at(video, found, seen_at) for video in islice(posts_by(found, seen_at), most)]
    views = [one.views for one in counted]
    count = max(1, len(counted))
    averages = (
        sum(one.likes for one in counted),
        sum(one.comments for one in counted),
        sum(one.shares for one in counted),
    )
    rounded = [(2 * total + count) // (2 * count) for total in (sum(views), *averages)]
    values = (len(counted), rounded[0], int(median(views)) if views else 0, sum(views), *rounded[1:])
    return dict(zip(names, values, strict=True))
