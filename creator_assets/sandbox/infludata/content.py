"""influData: content pieces, by cursor or by offset (ID-7).

Every piece returned costs one request, so a full page costs a hundred. The cursor fixes a point in time and carries
the filters; lower and upper dates are inclusive, so the piece at a watermark comes back and is paid again.
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
from creator_assets.sandbox.engine.operation import Answer, Call
from creator_assets.sandbox.infludata.gaps import GAPS
from creator_assets.sandbox.infludata.keys import afford, refused
from creator_assets.sandbox.infludata.parameters import REPORT_PLATFORMS, number
from creator_assets.sandbox.universe import Criteria, Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import Video, counters_at, posts_by

PAGE_MOST = 100
FOLLOWERS_MIN_DEFAULT = 10_000  # silent in the reference: small creators are missing unless asked for
CREATORS_LOOKED_AT = 300  # per platform; the greatest that fit the filters
PIECES_LOOKED_AT = 5_000
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


def search(call: Call) -> Answer:
    """ID-7: a page of content pieces."""
    limit = int(number(call, "limit") or PAGE_MOST)
    if not 1 <= limit <= PAGE_MOST:
        raise refused(call, "invalid", f"limit must be 1 to {PAGE_MOST}.")
    cursor = call.query.get("cursor") or call.headers.get("x-cursor")
    legacy = any(name in call.query for name in ("offset", "skipCount")) and not cursor
    if cursor:
        filters, offset, seen_at = _read_cursor(call, cursor)
        call.query = filters
    else:
        filters = {name: call.query[name] for name in _FILTERS if call.query.get(name)}
        offset, seen_at = int(number(call, "offset") or number(call, "skipCount") or 0), call.now
    if offset < 0:
        raise refused(call, "invalid", "offset must not be negative.")
    afford(call, MICROCREDITS_PER_CREDIT)
    pieces = list(islice(_pieces(call, seen_at), offset, offset + limit + 1))
    more, pieces = len(pieces) > limit, pieces[:limit]
    cost = MICROCREDITS_PER_CREDIT * len(pieces)
    afford(call, cost)
    body: dict[str, Any] = {"items": [_item(video, one, call) for video, one in pieces]}
    if legacy:
        body |= {"count": len(pieces), "limit": limit, "offset": offset}
    else:
        body |= {
            "next_cursor": _cursor(filters, offset + limit, seen_at) if more else None,
            "watermark": _watermark(pieces),
        }
    body["tokensDeducted"] = len(pieces)
    body["tokensRemaining"] = (call.account.left_microcredits - cost) // MICROCREDITS_PER_CREDIT
    return Answer(body, charge_microcredits=cost)


def _pieces(call: Call, seen_at: datetime) -> Iterator[Piece]:
    """Yield what fits the filters, in the order asked for."""
    least, most = _instant(call, "created_at_gte", "uploadedFrom"), _instant(call, "created_at_lte", "uploadedTo")
    newest_first = heapq.merge(
        *(_of_creator(one, seen_at, least, most) for one in _creators(call)),
        key=lambda piece: piece[0].published_at,
        reverse=True,
    )
    fitting = (piece for piece in newest_first if _fits(call, *piece))
    sorting = call.query.get("sorting", "uploaded")
    if sorting == "uploaded":
        return fitting
    if sorting not in ("reach", "viral"):
        raise refused(call, "invalid", "sorting must be uploaded, reach or viral.")
    window = list(islice(fitting, PIECES_LOOKED_AT))
    window.sort(
        key=lambda piece: piece[0].reach / (1 if sorting == "reach" else max(1, piece[1].avg_views or 1)), reverse=True
    )
    return iter(window)


def _creators(call: Call) -> list[Profile]:
    platforms = _listed(call.query.get("platform")) or ["instagram", "tiktok"]
    if any(platform not in REPORT_PLATFORMS for platform in platforms):
        raise refused(call, "invalid", f"platform takes {', '.join(REPORT_PLATFORMS)}.")
    least = number(call, "min_followers")
    least = number(call, "followerMin") if least is None else least
    least = FOLLOWERS_MIN_DEFAULT if least is None else least
    most = number(call, "followerMax")
    names = _listed(call.query.get("username"))
    universe, query = call.world.universe, call.query
    found: list[Profile] = []
    for platform in platforms:
        if names:
            named = [universe.by_handle(platform, name, call.now) for name in names]
            found += [one for one in named if one is not None and GAPS.has_data(platform, one.index)]
            continue
        criteria = Criteria(
            platform=platform,
            followers_min=int(least),
            followers_max=None if most is None else int(most),
            places=(f"{query['city']}, {query['country']}",)
            if query.get("city") and query.get("country")
            else tuple(_listed(query.get("country"))),
            languages=tuple(_listed(query.get("language"))),
            gender={"m": "m", "w": "f"}.get(query.get("gender", "")),
            known_to=GAPS.has_data,
        )
        found += universe.search(criteria, call.now).page(0, CREATORS_LOOKED_AT)
    return [one for one in found if (one.followers or 0) >= least and (most is None or (one.followers or 0) <= most)]


def _of_creator(one: Profile, seen_at: datetime, least: datetime | None, most: datetime | None) -> Iterator[Piece]:
    for video in posts_by(one, seen_at):
        if least is not None and video.published_at < least:
            return
        if most is None or video.published_at <= most:
            yield video, one


def _fits(call: Call, video: Video, one: Profile) -> bool:
    query = call.query
    kinds = _listed(query.get("contentTypes"))
    if any(kind not in _CONTENT_TYPES for kind in kinds):
        raise refused(call, "invalid", f"contentTypes takes {', '.join(_CONTENT_TYPES)}.")
    tags = {tag.removeprefix("#").casefold() for tag in _listed(query.get("tags"))}
    words = [word.casefold() for word in _listed(query.get("keywords"))]
    least, most = number(call, "viewsMin"), number(call, "viewsMax")
    caption = video.caption.casefold()
    if (kinds and video.kind not in kinds) or (tags and not tags & set(video.hashtags)):
        return False
    if words and not any(word in caption for word in words):
        return False
    if least is None and most is None:
        return True
    views = counters_at(video, one, call.now).views
    return (least is None or views >= least) and (most is None or views <= most)


def _item(video: Video, one: Profile, call: Call) -> dict[str, Any]:
    counters = counters_at(video, one, call.now)
    expires = int((call.now + timedelta(hours=SIGNED_HOURS)).timestamp())
    signature = f"{mix_text('signed', video.video_id, expires):016x}"
    signed = f"https://signed.example.com/{video.platform}/{video.video_id}"
    rate = (counters.likes + counters.comments) / max(1, counters.views)
    return {
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


def _watermark(pieces: list[Piece]) -> dict[str, Any] | None:
    if not pieces:
        return None
    video, _ = max(pieces, key=lambda piece: piece[0].published_at)
    return {
        "created_at_max": iso_z(video.published_at),
        "last_id": f"65ab{mix_text(video.platform, video.video_id):016x}0000"[:24],
    }


def _cursor(filters: dict[str, str], offset: int, seen_at: datetime) -> str:
    return urlsafe_b64encode(msgspec.json.encode([filters, offset, seen_at.isoformat()])).decode()


def _read_cursor(call: Call, cursor: str) -> tuple[dict[str, str], int, datetime]:
    try:
        filters, offset, seen_at = msgspec.json.decode(
            urlsafe_b64decode(cursor), type=tuple[dict[str, str], int, datetime]
        )
    except (ValueError, msgspec.DecodeError):
        raise refused(call, "invalid", "Invalid cursor.") from None
    return filters, offset, seen_at


def _instant(call: Call, *names: str) -> datetime | None:
    text = next((call.query[name] for name in names if call.query.get(name)), None)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise refused(call, "invalid", f"{names[0]} must be an ISO 8601 date.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
