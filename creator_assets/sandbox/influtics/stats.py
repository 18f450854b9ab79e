"""Influtics: the daily statistics of tracked videos, free to read.

A video's first point comes within five minutes of tracking, then one a day shortly after midnight UTC for 30 days.
Points come from a replayed file where it has the video, from the universe where the id is one of its posts, and else
from the id alone. A point that was once shown never changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.engine.state import Shelf
from creator_assets.sandbox.influtics.envelope import PLATFORMS, microseconds, platform_in, success
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import Video, counters_at, locate, media_id, number_at, video_of

TRACKED_DAYS = 30
DAILY_AT = time(0, 5, tzinfo=UTC)
LIMIT_DEFAULT, LIMIT_MOST = 50, 100
_SORTS = ("created_at", "views", "likes", "updated_at")

Point = tuple[datetime, int | None, int | None, int | None, int | None]


def videos_of(call: Call) -> Shelf:
    """Return the tracked videos of the caller, oldest first."""
    return call.world.state.shelf(f"influtics.videos.{call.account.key}")


def is_active(kept: dict[str, Any], now: datetime) -> bool:
    """Tell whether a video is still within its 30 days."""
    return now < datetime.fromisoformat(kept["created_at"]) + timedelta(days=TRACKED_DAYS)


def listed(call: Call) -> Answer:
    """``GET /v1/videos/stats``: a page of tracked videos with their series."""
    limit, offset = _whole(call, "limit", LIMIT_DEFAULT), _whole(call, "offset", 0)
    if not 1 <= limit <= LIMIT_MOST or offset < 0:
        raise Refused("invalid", f"limit must be 1 to {LIMIT_MOST} and offset at least 0", extra={"field": "limit"})
    status = call.query.get("status")
    if status not in (None, "active", "completed", "failed"):
        raise Refused("invalid", "status must be active, completed or failed", extra={"field": "status"})
    sort, order = call.query.get("sort", "created_at"), call.query.get("order", "desc")
    if sort not in _SORTS or order not in ("asc", "desc"):
        raise Refused("invalid", f"sort must be one of {', '.join(_SORTS)}, order asc or desc", extra={"field": "sort"})
    kept = videos_of(call).values()
    if call.query.get("platform"):
        platform = platform_in(call.query["platform"])
        kept = [video for video in kept if video["platform"] == platform]
    if status is not None:
        kept = [video for video in kept if ("active" if is_active(video, call.now) else "completed") == status]
    if call.query.get("blogger_username"):
        handle = f"/@{call.query['blogger_username'].removeprefix('@')}/".casefold()
        kept = [video for video in kept if handle in video["url"].casefold()]
    if sort in ("views", "likes", "updated_at"):
        name = "stats_last_updated" if sort == "updated_at" else sort
        kept.sort(key=lambda video: shown(call, video)[name] or ("" if sort == "updated_at" else 0))
    if order == "desc":
        kept.reverse()
    page = [shown(call, video) for video in kept[offset : offset + limit]]
    pagination = {"total": len(kept), "limit": limit, "offset": offset, "has_more": offset + limit < len(kept)}
    return success(call, {"data": page, "pagination": pagination})


def by_external_id(call: Call) -> Answer:
    """``GET /v1/videos/by-external-id/{id}``: one tracked video by the platform's id."""
    return _one(call, "external_video_id", call.path["external_id"])


def by_id(call: Call) -> Answer:
    """``GET /v1/videos/by-id/{id}``: one tracked video by the provider's id."""
    return _one(call, "video_id", call.path["video_id"])


def shown(call: Call, kept: dict[str, Any]) -> dict[str, Any]:
    """Return a tracked video with its series up to now."""
    points = list(_points(call, kept))
    keys = [point[0].isoformat(sep=" ", timespec="microseconds").replace("+00:00", "+00") for point in points]
    series = {
        name: {key: point[at] for key, point in zip(keys, points, strict=True) if point[at] is not None}
        for at, name in enumerate(("views", "likes", "comments", "reposts"), start=1)
    }
    latest = points[-1] if points else (None, 0, 0, 0, 0)
    _, views, likes, comments, reposts = latest
    engaged = (likes or 0) + (comments or 0) + (reposts or 0)
    replayed = call.world.video_series.get((kept["platform"], kept["external_video_id"]))
    return {
        "video_id": kept["video_id"],
        "external_video_id": kept["external_video_id"],
        "stats": {name: series[name] for name in ("likes", "views", "reposts", "comments")},
        "views": views,
        "likes": likes,
        "comments": comments,
        "reposts": reposts,
        "platform": PLATFORMS[kept["platform"]],
        "created_at": microseconds(datetime.fromisoformat(kept["created_at"])),
        "title": replayed.title if replayed else None,
        "thumbnail_url": f"https://cdn.example.com/thumbnails/{kept['external_video_id']}.jpg",
        "cpm": None,
        "er": round(100 * engaged / views, 2) if views else 0,
        "stats_last_updated": microseconds(points[-1][0]) if points else None,
    }


def _points(call: Call, kept: dict[str, Any]) -> Iterator[Point]:
    """Yield instant, views, likes, comments and reposts of every point that fell due."""
    created_at = datetime.fromisoformat(kept["created_at"])
    first_at = created_at + timedelta(seconds=60 + mix_text("first", kept["video_id"]) % 240)
    replayed = call.world.video_series.get((kept["platform"], kept["external_video_id"]))
    source = None if replayed else _source(call, kept, created_at)
    for day in range(TRACKED_DAYS):
        date = created_at.date() + timedelta(days=day)
        at = first_at if day == 0 else datetime.combine(date, DAILY_AT)
        if at > call.now:
            return
        if replayed is not None:
            if date in replayed.days:
                yield at, *replayed.days[date], None
        elif source is not None:
            counters = counters_at(*source, at)
            yield at, counters.views, counters.likes, counters.comments, counters.shares


def _source(call: Call, kept: dict[str, Any], created_at: datetime) -> tuple[Video, Any]:
    """Return the post behind an id, or one made up from the id alone."""
    platform, external_id = kept["platform"], kept["external_video_id"]
    universe = call.world.universe
    # An Instagram video is known here by the code in its address.
    post_id = media_id(external_id) if platform == "instagram" else external_id
    read = locate(platform, post_id)
    # The account as it was when tracking began: its later growth must not change points already shown.
    owner = universe.by_index(platform, read[0], created_at) if read else None
    if read is not None and owner is not None:
        video = video_of(owner, read[1] if isinstance(read[1], int) else number_at(owner, read[1]))
        if video.video_id == post_id:
            return video, owner
    standing = universe.by_handle("tiktok", "bar.films", created_at)
    bits = mix_text("foreign", platform, external_id)
    video = Video(
        video_id=external_id,
        number=0,
        platform=platform,
        kind="video",
        published_at=created_at - timedelta(hours=bits % 48),
        caption="",
        hashtags=(),
        mentions=(),
        duration_seconds=15,
        reach=1_000 + bits % 200_000,
    )
    return video, standing


def _one(call: Call, name: str, value: str) -> Answer:
    for kept in videos_of(call).values():
        if kept[name] == value:
            return success(call, {"data": shown(call, kept)})
    raise Refused("not_found", "Video not found", extra={"code": "VIDEO_NOT_FOUND"})


def _whole(call: Call, name: str, default: int) -> int:
    text = call.query.get(name)
    if text is None or text == "":
        return default
    if not text.lstrip("-").isdigit():
        raise Refused("invalid", f"{name} must be a whole number", extra={"field": name})
    return int(text)
