"""influencers.club: posts of a creator and details of one post (IC-22, IC-23).

A page or a content type costs 0.03 credits; a response without data costs nothing. Posts are paged by ``next_token``,
comments by ``pagination_token``. Page sizes differ by platform.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import islice
from typing import Any

from creator_assets.microcredits import to_microcredits
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.influencers_club import shapes
from creator_assets.sandbox.influencers_club.discovery import platform_in, require_balance
from creator_assets.sandbox.influencers_club.enrichment import charged_result, find, no_data
from creator_assets.sandbox.real_voice import club as real_club
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import Video, counters_at, locate, number_at, posts_by, video_of

PAGE_MICROCREDITS = to_microcredits("0.03")
CONTENT_PLATFORMS = ("instagram", "tiktok", "youtube")
_PAGE_DEFAULT = {"instagram": 12, "tiktok": 30, "youtube": 30}
_PAGE_MAX = {"instagram": 12, "tiktok": 35, "youtube": 50}
_CONTENT_TYPES = {
    "instagram": ("data", "comments", "transcript", "audio"),
    "tiktok": ("data", "comments", "transcript", "audio"),
    "youtube": ("data", "comments", "transcript"),
}
_COMMENTS = ("Great one!", "🔥🔥", "where is this?", "שלום", "Nice e\u0301dit", "write to viewer.mail@example.com")
_COMMENTS_PER_PAGE = 20
_COMMENTS_MAX = 200
_POSTS_MAX = 1_000


def posts(request: SandboxRequest) -> SandboxResponse:
    """IC-22: one page of a creator's posts, newest first."""
    body = request.json()
    platform = platform_in(body, CONTENT_PLATFORMS)
    handle = body.get("handle")
    if not isinstance(handle, str) or not handle:
        raise Refusal("invalid", "This field is required.", status=422, extra={"field": "handle"})
    count = body.get("count", _PAGE_DEFAULT[platform])
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= max(_PAGE_MAX[platform], 12):
        raise Refusal("invalid", f"count must be 1 to {_PAGE_MAX[platform]}.", status=422, extra={"field": "count"})
    if platform == "instagram":
        count = 12  # Instagram's page size is fixed
    offset, newest = _read_token(body.get("pagination_token") or body.get("next_token"))
    require_balance(request, PAGE_MICROCREDITS)
    found = find(request, platform, handle)
    if found is None:
        return no_data(request, handle)
    listed = [
        video for video in islice(posts_by(found, request.now), _POSTS_MAX) if newest is None or video.number <= newest
    ]
    page = listed[offset : offset + count]
    if not page:
        return no_data(request, handle)
    more = offset + count < len(listed)
    result = {
        "num_results": len(page),
        "more_available": more,
        "next_token": _token(offset + count, listed[0].number) if more else None,
        "status": "ok",
        "items": [(real_club.post if request.in_real_voice else shapes.post)(video, found, request) for video in page],
    }
    return charged_result(request, PAGE_MICROCREDITS, result)


def details(request: SandboxRequest) -> SandboxResponse:
    """IC-23: metadata, comments, transcript or audio of one post."""
    body = request.json()
    platform = platform_in(body, CONTENT_PLATFORMS)
    content_type = body.get("content_type", "data")
    if content_type not in _CONTENT_TYPES[platform]:
        raise Refusal(
            "invalid", f'"{content_type}" is not a valid choice.', status=422, extra={"field": "content_type"}
        )
    post_id = body.get("post_id")
    if not isinstance(post_id, str) or not post_id:
        raise Refusal("invalid", "This field is required.", status=422, extra={"field": "post_id"})
    require_balance(request, PAGE_MICROCREDITS)
    located = _locate(request, platform, post_id)
    if located is None:
        return no_data(request, post_id)
    video, owner = located
    if content_type == "comments":
        result: dict[str, Any] = _comments(video, owner, request, body.get("pagination_token"))
        if not result["comments"]:
            return no_data(request, post_id)
    elif content_type == "transcript":
        if video.duration_seconds == 0:
            return no_data(request, post_id)
        result = {"transcript": f"Hello, this is part {video.number}. {video.caption}", "language": owner.language}
    elif content_type == "audio":
        result = {
            "audio_url": f"https://cdn.example.com/audio/{video.video_id}.mp3",
            "title": f"original sound {video.number}",
        }
    else:
        result = {
            **(real_club.post_details if request.in_real_voice else shapes.post)(video, owner, request),
            "duration_seconds": video.duration_seconds,
            "hashtags": list(video.hashtags),
        }
    return charged_result(request, PAGE_MICROCREDITS, result)


def _comments(video: Video, owner: Profile, request: SandboxRequest, token: Any) -> dict[str, Any]:
    total = min(_COMMENTS_MAX, counters_at(video, owner, request.now).comments)
    offset, _ = _read_token(token)
    listed = [
        {
            "comment_id": str(mix_text("comment", video.video_id, at)),
            "text": _COMMENTS[at % len(_COMMENTS)],
            "created_at": int(video.published_at.timestamp()) + 60 * (at + 1),
            "likes": at % 7,
            "user": {"username": f"viewer{mix_text(video.video_id, at) % 10_000}"},
        }
        for at in range(offset, min(offset + _COMMENTS_PER_PAGE, total))
    ]
    more = offset + _COMMENTS_PER_PAGE < total
    token = _token(offset + _COMMENTS_PER_PAGE, 0) if more else None
    return {"comments": listed, "has_more": more, "pagination_token": token}


def _locate(request: SandboxRequest, platform: str, post_id: str) -> tuple[Video, Profile] | None:
    read = locate(platform, post_id)
    owner = request.world.universe.by_index(platform, read[0], request.now) if read else None
    if read is None or owner is None:
        return None
    around = read[1] if isinstance(read[1], int) else number_at(owner, read[1])
    video = video_of(owner, around)
    return (video, owner) if video.video_id == post_id and video.published_at <= request.now else None


def _token(offset: int, newest: int) -> str:
    return urlsafe_b64encode(f"{offset}:{newest}".encode()).decode()


def _read_token(token: Any) -> tuple[int, int | None]:
    if not token:
        return 0, None
    try:
        offset, _, newest = urlsafe_b64decode(str(token)).decode().partition(":")
        return max(0, int(offset)), int(newest)
    except ValueError:
        raise Refusal("invalid", "Invalid pagination token.", status=422, extra={"field": "pagination_token"}) from None
