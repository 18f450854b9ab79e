"""influData: pieces of content, and the state of a creator in the database.

From the seed ``001`` (getContent, checkDataStatus, bulkAddToEnrich), with what the provider's older README adds, as
PUBLIC_DOCS.md 2.2 lists it. No document shows a body of getUserData, so that the plain voice's stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import BEGINNING, Counters, Video


def piece(documented: dict[str, Any], piece_id: str, video: Video, counters: Counters, one: Profile) -> dict[str, Any]:
    """Return a piece of ID-7: the 16 fields of the seed, and those of the README. Gender is a word here, not ``w``."""
    return documented | {
        "_id": piece_id,
        "_index": f"content-{video.published_at:%Y-%m}",
        "score": None,
        "shares": counters.shares,
        "saves": counters.likes // 12,
        "userId": one.sec_uid or one.native_id,
        "following": one.following,
        "verified": one.verified,
        "country": one.country,
        "city": one.city,
        "language": one.language,
        "gender": {"m": "male", "f": "female"}.get(one.gender or "", "unknown"),
        "profilePicUrl": f"https://cdn.example.com/{one.platform}/{one.native_id}.jpg",
        "keywords": list(one.hashtags),
        "isSponsored": bool(video.mentions),
        "brandMentions": list(video.mentions),
    }


def status(documented: dict[str, Any], one: Profile, now: datetime, *, timeline_days: int) -> dict[str, Any]:
    """Return ID-4 of a creator in the database: the 11 fields of the seed, and those of the README."""
    first = max(BEGINNING.timestamp(), now.timestamp() - timeline_days * 86_400)
    return documented | {
        "displayName": one.name,
        "following": one.following,
        "posts": one.posts,
        "isPrivate": False,
        "firstTimelineDate": iso_z(datetime.fromtimestamp(first, now.tzinfo)),
        "recentTimelineDate": iso_z(now.replace(microsecond=0)),
    }


def processed(documented: dict[str, Any], one: Profile) -> dict[str, Any]:
    """Return an item of ID-5. An item by userId carries the username and may lack ``isNewUser``."""
    if documented["type"] != "userId":
        return documented
    item = documented | {"username": one.handle}
    if mix_text("bulk", one.native_id) % 2:
        item.pop("isNewUser")
    return item


def legacy_page(body: dict[str, Any]) -> dict[str, Any]:
    """Return a page of ID-7 by offset: the pieces are in ``content`` there, not in ``items``."""
    return {("content" if name == "items" else name): value for name, value in body.items()}
