"""Influtics: the daily statistics of tracked videos, free to read.

A video's first point comes within five minutes of tracking, then one a day shortly after midnight UTC for 30 days.
Points come from the replayed file if it has the video, else from the universe if it has the post, else from the id
alone. A returned point never changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.engine.state import StateSection
from creator_assets.sandbox.influtics.envelope import PLATFORMS, microseconds, platform_in, success
from creator_assets.sandbox.real_voice import influtics as real_influtics
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import Video, counters_at, locate, media_id, number_at, video_of

TRACKED_DAYS = 30
DAILY_AT = time(0, 5, tzinfo=UTC)
LIMIT_DEFAULT, LIMIT_MAX = 50, 100
_SORTS = ("created_at", "views", "likes", "updated_at")

Point = tuple[datetime, int | None, int | None, int | None, int | None]


def videos_of(request: SandboxRequest) -> StateSection:
    """Return the tracked videos of the account, oldest first."""
    return request.world.state.section(f"influtics.videos.{request.account.key}")


def is_active(kept: dict[str, Any], now: datetime) -> bool:
    """Return whether a video is still within its 30 days."""
    return now < datetime.fromisoformat(kept["created_at"]) + timedelta(days=TRACKED_DAYS)


def list_videos(request: SandboxRequest) -> SandboxResponse:
    """``GET /v1/videos/stats``: a page of tracked videos with their series."""
    limit, offset = _whole(request, "limit", LIMIT_DEFAULT), _whole(request, "offset", 0)
    if not 1 <= limit <= LIMIT_MAX or offset < 0:
        raise Refusal("invalid", f"limit must be 1 to {LIMIT_MAX} and offset at least 0", extra={"field": "limit"})
    status = request.query.get("status")
    if status not in (None, "active", "completed", "failed"):
        raise Refusal("invalid", "status must be active, completed or failed", extra={"field": "status"})
    sort, order = request.query.get("sort", "created_at"), request.query.get("order", "desc")
    if sort not in _SORTS or order not in ("asc", "desc"):
        raise Refusal("invalid", f"sort must be one of {', '.join(_SORTS)}, order asc or desc", extra={"field": "sort"})
    kept = videos_of(request).values()
    if request.query.get("platform"):
        platform = platform_in(request.query["platform"])
        kept = [video for video in kept if video["platform"] == platform]
    if status is not None:
        kept = [video for video in kept if ("active" if is_active(video, request.now) else "completed") == status]
    if request.query.get("blogger_username"):
        handle = f"/@{request.query['blogger_username'].removeprefix('@')}/".casefold()
        kept = [video for video in kept if handle in video["url"].casefold()]
    if sort in ("views", "likes", "updated_at"):
        name = "stats_last_updated" if sort == "updated_at" else sort
        kept.sort(key=lambda video: video_body(request, video)[name] or ("" if sort == "updated_at" else 0))
    if order == "desc":
        kept.reverse()
    page = [video_body(request, video) for video in kept[offset : offset + limit]]
    pagination = {"total": len(kept), "limit": limit, "offset": offset, "has_more": offset + limit < len(kept)}
    if request.in_real_voice:
        pagination = real_influtics.pagination(pagination)
    return success(request, {"data": page, "pagination": pagination})


def by_external_id(request: SandboxRequest) -> SandboxResponse:
    """``GET /v1/videos/by-external-id/{id}``: one tracked video by the platform's id."""
    return _single_video(request, "external_video_id", request.path["external_id"])


def by_id(request: SandboxRequest) -> SandboxResponse:
    """``GET /v1/videos/by-id/{id}``: one tracked video by the provider's id."""
    return _single_video(request, "video_id", request.path["video_id"])


def video_body(request: SandboxRequest, kept: dict[str, Any]) -> dict[str, Any]:
    """Return a tracked video with its series up to now."""
    points = list(_points(request, kept))
    keys = [point[0].isoformat(sep=" ", timespec="microseconds").replace("+00:00", "+00") for point in points]
    series = {
        name: {key: point[at] for key, point in zip(keys, points, strict=True) if point[at] is not None}
        for at, name in enumerate(("views", "likes", "comments", "reposts"), start=1)
    }
    latest = points[-1] if points else (None, 0, 0, 0, 0)
    _, views, likes, comments, reposts = latest
    engaged = (likes or 0) + (comments or 0) + (reposts or 0)
    replayed = request.world.video_series.get((kept["platform"], kept["external_video_id"]))
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


def _points(request: SandboxRequest, kept: dict[str, Any]) -> Iterator[Point]:
    """Yield instant, views, likes, comments and reposts of every point that is due."""
    created_at = datetime.fromisoformat(kept["created_at"])
    first_at = created_at + timedelta(seconds=60 + mix_text("first", kept["video_id"]) % 240)
    replayed = request.world.video_series.get((kept["platform"], kept["external_video_id"]))
    source = None if replayed else _source(request, kept, created_at)
    for day in range(TRACKED_DAYS):
        date = created_at.date() + timedelta(days=day)
        at = first_at if day == 0 else datetime.combine(date, DAILY_AT)
        if at > request.now:
            return
        if replayed is not None:
            if date in replayed.days:
                yield at, *replayed.days[date], None
        elif source is not None:
            counters = counters_at(*source, at)
            yield at, counters.views, counters.likes, counters.comments, counters.shares


def _source(request: SandboxRequest, kept: dict[str, Any], created_at: datetime) -> tuple[Video, Any]:
    """Return the post with an id, or one invented from the id alone."""
    platform, external_id = kept["platform"], kept["external_video_id"]
    universe = request.world.universe
    # Influtics identifies an Instagram video by the code in its URL.
    post_id = media_id(external_id) if platform == "instagram" else external_id
    read = locate(platform, post_id)
    # The account at the start of tracking: its later growth must not change returned points.
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


def _single_video(request: SandboxRequest, name: str, value: str) -> SandboxResponse:
    for kept in videos_of(request).values():
        if kept[name] == value:
            return success(request, {"data": video_body(request, kept)})
    raise Refusal("not_found", "Video not found", extra={"code": "VIDEO_NOT_FOUND"})


def _whole(request: SandboxRequest, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None or text == "":
        return default
    if not text.lstrip("-").isdigit():
        raise Refusal("invalid", f"{name} must be a whole number", extra={"field": name})
    return int(text)
