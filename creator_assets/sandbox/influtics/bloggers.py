"""Influtics: one blogger with statistics over the videos that the organization has (IT-1).

Two clocks decide: the blogger is cached for 7 days from ``updated_at`` and free while cached, the video statistics
for 1 day. A blogger without videos has some fetched in the background; ``refresh=true`` has them fetched again for 1
credit, but only when the statistics are at least 5 days old on average.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.influtics.envelope import (
    PLATFORMS,
    afford,
    internal_id,
    microseconds,
    note_usage,
    platform_in,
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


def info(call: Call) -> Answer:
    """IT-1: a blogger, cached or fresh."""
    if call.world.settings.influtics_generation != "seed":
        raise Refused(
            "not_found", "This endpoint was removed. Use POST /v1/bloggers/track.", status=410, extra={"code": "GONE"}
        )
    username = call.query.get("username")
    if not username:
        raise Refused("invalid", "Missing required parameter: username")
    platform = platform_in(call.query.get("platform"))
    found = find(call, platform, username)
    if found is None:
        raise Refused("invalid", f"Blogger {username} not found or data unavailable")
    shelf = call.world.state.shelf(f"influtics.bloggers.{call.account.key}")
    key = f"{platform}/{found.native_id}"
    known: dict[str, Any] | None = shelf.get(key)
    blogger = dict(known) if known else {"created_at": call.now.isoformat(), "stats_at": None, "due_at": None}
    cached = known is not None and call.now < datetime.fromisoformat(known["updated_at"]) + BLOGGER_CACHE
    land(blogger, call.now)
    flags = _enqueue(call, blogger, refresh=call.query.get("refresh", "false").casefold() == "true")
    cost = (0 if cached else FRESH_MICROCREDITS) + (REFRESH_MICROCREDITS if flags["videos_refresh_enqueued"] else 0)
    afford(call, cost)
    if not cached:
        blogger |= {"updated_at": call.now.isoformat(), "followers": found.followers}
    shelf.put(key, blogger)
    if cost:
        note_usage(call, "/v1/bloggers/info", cost // MICROCREDITS_PER_CREDIT)
    return success(call, {"blogger": described(found, blogger, flags, cached=cached)}, charge_microcredits=cost)


def find(call: Call, platform: str, username: str) -> Profile | None:
    """Return the account of a username, if the provider has data on it."""
    found = call.world.universe.by_handle(platform, username, call.now)
    return found if found is not None and GAPS.has_data(platform, found.index) else None


def land(blogger: dict[str, Any], now: datetime) -> None:
    """Take in the background fetch of a blogger's videos, if it is over by now."""
    if blogger["due_at"] is not None and datetime.fromisoformat(blogger["due_at"]) <= now:
        blogger |= {"stats_at": blogger["due_at"], "due_at": None}


def described(found: Profile, blogger: dict[str, Any], flags: dict[str, bool], *, cached: bool) -> dict[str, Any]:
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


def _enqueue(call: Call, blogger: dict[str, Any], *, refresh: bool) -> dict[str, bool]:
    """Decide what goes into the background queue now; one fetch at a time, 2 to 5 minutes each."""
    flags = dict.fromkeys(("initial_videos_enqueued", "stats_update_enqueued", "videos_refresh_enqueued"), False)
    if blogger["due_at"] is not None:
        return flags
    if blogger["stats_at"] is None:
        flags["initial_videos_enqueued"] = True
    else:
        age = call.now - datetime.fromisoformat(blogger["stats_at"])
        flags["videos_refresh_enqueued"] = refresh and age >= REFRESH_FROM_AGE
        flags["stats_update_enqueued"] = age >= STATS_CACHE
    if any(flags.values()):
        blogger["due_at"] = (call.now + timedelta(seconds=120 + mix_text(call.request_id) % 181)).isoformat()
    return flags


def _statistics(found: Profile, stats_at: str | None) -> dict[str, int]:
    """Return counts and averages over the fetched videos, as they stood when they were fetched."""
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
