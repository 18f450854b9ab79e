"""influData: content pieces, by cursor or by offset (ID-7).

Every returned piece costs one request, so a full page costs 100. The cursor holds a point in time and the filters.
Lower and upper dates are inclusive: the piece at a watermark is returned and charged again.
"""

from __future__ import annotations

import heapq
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.endpoint import SandboxRequest, SandboxResponse
from creator_assets.sandbox.infludata.gaps import GAPS
from creator_assets.sandbox.infludata.keys import refusal, require_balance
from creator_assets.sandbox.infludata.parameters import REPORT_PLATFORMS, number
from creator_assets.sandbox.real_voice import infludata as real_infludata
from creator_assets.sandbox.universe import Criteria, Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import Video, counters_at, posts_by

PAGE_MAX = 100
FOLLOWERS_MIN_DEFAULT = 10_000  # not in the reference: without a filter, small creators are missing
CREATORS_MAX = 300  # per platform; the largest that match the filters
PIECES_MAX = 5_000
SIGNED_HOURS = 24
_PREFIX = {"instagram": "IG", "tiktok": "TT", "youtube": "YT"}
_CONTENT_TYPES = ("post", "reel", "story", "video", "short")
_FILTERS = (
    "platform",
    "username",
    "keywords",
    "tags",
    "min_followers",
    "followerMin",
    "followerMax",
    "viewsMin",
    "viewsMax",
    "created_at_gte",
    "uploadedFrom",
    "created_at_lte",
    "uploadedTo",
    "contentTypes",
    "country",
    "city",
    "gender",
    "language",
    "sorting",
)

Piece = tuple[Video, Profile]


def search(request: SandboxRequest) -> SandboxResponse:
    """ID-7: a page of content pieces."""
    limit = int(number(request, "limit") or PAGE_MAX)
    if not 1 <= limit <= PAGE_MAX:
        raise refusal(request, "invalid", f"limit must be 1 to {PAGE_MAX}.")
    cursor = request.query.get("cursor") or request.headers.get("x-cursor")
    legacy = any(name in request.query for name in ("offset", "skipCount")) and not cursor
    if cursor:
        filters, offset, seen_at = _read_cursor(request, cursor)
        request.query = filters
    else:
        filters = {name: request.query[name] for name in _FILTERS if request.query.get(name)}
        offset, seen_at = int(number(request, "offset") or number(request, "skipCount") or 0), request.now
    if offset < 0:
        raise refusal(request, "invalid", "offset must not be negative.")
    require_balance(request, MICROCREDITS_PER_CREDIT)
    pieces = list(islice(_pieces(request, seen_at), offset, offset + limit + 1))
    more, pieces = len(pieces) > limit, pieces[:limit]
    if not pieces and request.in_real_voice:
        raise refusal(request, "not_found", "No content found.")
    cost = MICROCREDITS_PER_CREDIT * len(pieces)
    require_balance(request, cost)
    body: dict[str, Any] = {"items": [_item(video, one, request) for video, one in pieces]}
    if legacy:
        body |= {"count": len(pieces), "limit": limit, "offset": offset}
    else:
        body |= {
            "next_cursor": _cursor(filters, offset + limit, seen_at) if more else None,
            "watermark": _watermark(pieces),
        }
    body["tokensDeducted"] = len(pieces)
    body["tokensRemaining"] = (request.account.left_microcredits - cost) // MICROCREDITS_PER_CREDIT
    if legacy and request.in_real_voice:
        body = real_infludata.legacy_page(body)
    return SandboxResponse(body, charge_microcredits=cost)


def _pieces(request: SandboxRequest, seen_at: datetime) -> Iterator[Piece]:
    """Yield the pieces that match the filters, in the requested order."""
    least, most = _instant(request, "created_at_gte", "uploadedFrom"), _instant(request, "created_at_lte", "uploadedTo")
    newest_first = heapq.merge(
        *(_of_creator(one, seen_at, least, most) for one in _creators(request)),
        key=lambda piece: piece[0].published_at,
        reverse=True,
    )
    fitting = (piece for piece in newest_first if _fits(request, *piece))
    sorting = request.query.get("sorting", "uploaded")
    if sorting == "uploaded":
        return fitting
    if sorting not in ("reach", "viral"):
        raise refusal(request, "invalid", "sorting must be uploaded, reach or viral.")
    window = list(islice(fitting, PIECES_MAX))
    window.sort(
        key=lambda piece: piece[0].reach / (1 if sorting == "reach" else max(1, piece[1].avg_views or 1)), reverse=True
    )
    return iter(window)


def _creators(request: SandboxRequest) -> list[Profile]:
    platforms = _split(request.query.get("platform")) or ["instagram", "tiktok"]
    if any(platform not in REPORT_PLATFORMS for platform in platforms):
        raise refusal(request, "invalid", f"platform takes {', '.join(REPORT_PLATFORMS)}.")
    least = number(request, "min_followers")
    least = number(request, "followerMin") if least is None else least
    least = FOLLOWERS_MIN_DEFAULT if least is None else least
    most = number(request, "followerMax")
    names = _split(request.query.get("username"))
    universe, query = request.world.universe, request.query
    found: list[Profile] = []
    for platform in platforms:
        if names:
            named = [universe.by_handle(platform, name, request.now) for name in names]
            countries = _split(query.get("country"))
            found += [
                one
                for one in named
                if one is not None
                and GAPS.has_data(platform, one.index)
                and (not countries or one.country in countries)
            ]
            continue
        criteria = Criteria(
            platform=platform,
            followers_min=int(least),
            followers_max=None if most is None else int(most),
            places=(f"{query['city']}, {query['country']}",)
            if query.get("city") and query.get("country")
            else tuple(_split(query.get("country"))),
            languages=tuple(_split(query.get("language"))),
            gender={"m": "m", "w": "f"}.get(query.get("gender", "")),
            known_to=GAPS.has_data,
        )
        found += universe.search(criteria, request.now).page(0, CREATORS_MAX)
    return [one for one in found if (one.followers or 0) >= least and (most is None or (one.followers or 0) <= most)]


def _of_creator(one: Profile, seen_at: datetime, least: datetime | None, most: datetime | None) -> Iterator[Piece]:
    for video in posts_by(one, seen_at):
        if least is not None and video.published_at < least:
            return
        if most is None or video.published_at <= most:
            yield video, one


def _fits(request: SandboxRequest, video: Video, one: Profile) -> bool:
    query = request.query
    kinds = _split(query.get("contentTypes"))
    if any(kind not in _CONTENT_TYPES for kind in kinds):
        raise refusal(request, "invalid", f"contentTypes takes {', '.join(_CONTENT_TYPES)}.")
    tags = {tag.removeprefix("#").casefold() for tag in _split(query.get("tags"))}
    words = [word.casefold() for word in _split(query.get("keywords"))]
    least, most = number(request, "viewsMin"), number(request, "viewsMax")
    caption = video.caption.casefold()
    if (kinds and video.kind not in kinds) or (tags and not tags & set(video.hashtags)):
        return False
    if words and not any(word in caption for word in words):
        return False
    if least is None and most is None:
        return True
    views = counters_at(video, one, request.now).views
    return (least is None or views >= least) and (most is None or views <= most)


def _item(video: Video, one: Profile, request: SandboxRequest) -> dict[str, Any]:
    counters = counters_at(video, one, request.now)
    expires = int((request.now + timedelta(hours=SIGNED_HOURS)).timestamp())
    signature = f"{mix_text('signed', video.video_id, expires):016x}"
    signed = f"https://signed.example.com/{video.platform}/{video.video_id}"
    rate = (counters.likes + counters.comments) / max(1, counters.views)
    piece = {
        "contentId": f"{_PREFIX[video.platform]}_{video.video_id}",
        "platform": video.platform,
        "contentType": video.kind,
        "uploaded": iso_z(video.published_at),
        "reach": counters.views,
        "likes": counters.likes,
        "comments": counters.comments,
        "engagementRate": round(rate, 4),
        "viralFactor": round(counters.views / max(1, one.avg_views or 1), 2),
        "username": one.handle,
        "followers": one.followers,
        "captions": video.caption,
        "hashtags": list(video.hashtags),
        "mentions": [f"@{name}" for name in video.mentions],
        "imageUrl": f"{signed}.jpg?expires={expires}&signature={signature}",
        "videoUrl": None if video.kind == "post" else f"{signed}.mp4?expires={expires}&signature={signature}",
    }
    return real_infludata.piece(piece, _piece_id(video), video, counters, one) if request.in_real_voice else piece


def _watermark(pieces: list[Piece]) -> dict[str, Any] | None:
    if not pieces:
        return None
    video, _ = max(pieces, key=lambda piece: piece[0].published_at)
    return {
        "created_at_max": iso_z(video.published_at),
        "last_id": _piece_id(video),
    }


def _piece_id(video: Video) -> str:
    return f"65ab{mix_text(video.platform, video.video_id):016x}0000"[:24]


def _cursor(filters: dict[str, str], offset: int, seen_at: datetime) -> str:
    return urlsafe_b64encode(msgspec.json.encode([filters, offset, seen_at.isoformat()])).decode()


def _read_cursor(request: SandboxRequest, cursor: str) -> tuple[dict[str, str], int, datetime]:
    try:
        filters, offset, seen_at = msgspec.json.decode(
            urlsafe_b64decode(cursor), type=tuple[dict[str, str], int, datetime]
        )
    except (ValueError, msgspec.DecodeError):
        raise refusal(request, "invalid", "Invalid cursor.") from None
    return filters, offset, seen_at


def _instant(request: SandboxRequest, *names: str) -> datetime | None:
    text = next((request.query[name] for name in names if request.query.get(name)), None)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise refusal(request, "invalid", f"{names[0]} must be an ISO 8601 date.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
