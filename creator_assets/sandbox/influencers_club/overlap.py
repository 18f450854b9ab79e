"""influencers.club: how much the audiences of several creators overlap (IC-3).

One credit a request, however many of the 2 to 10 creators are compared. How audiences come to overlap is the
universe's business.
"""

from __future__ import annotations

from typing import Any

from creator_assets.microcredits import to_microcredits
from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.influencers_club.discovery import afford, charged, known, platform_in, profile_url
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.audience import overlap_of

OVERLAP_MICROCREDITS = to_microcredits("1")
OVERLAP_PLATFORMS = ("instagram", "tiktok", "youtube")


def overlap(call: Call) -> Answer:
    """IC-3: how much the audiences of 2 to 10 creators overlap, at one credit a request."""
    body = call.json()
    platform = platform_in(body, OVERLAP_PLATFORMS)
    creators = body.get("creators")
    if not isinstance(creators, list) or not 2 <= len(creators) <= 10:
        raise Refused("invalid", "Provide between 2 and 10 creators.", status=422, extra={"field": "creators"})
    found = [known(call, platform, str(handle)) for handle in creators]
    missing = [str(handle) for handle, profile in zip(creators, found, strict=True) if profile is None]
    if missing:
        raise Refused("not_found", f"No audience data for: {', '.join(missing)}.")
    profiles = [profile for profile in found if profile is not None]
    afford(call, OVERLAP_MICROCREDITS)
    shares = overlap_of(profiles)
    unique_total = sum(
        int((one.followers or 0) * (unique + lapped / 2))
        for one, (lapped, unique) in zip(profiles, shares, strict=True)
    )
    return charged(
        call,
        OVERLAP_MICROCREDITS,
        {
            "status": "success",
            "success": True,
            "basics": {
                "total_followers": sum(one.followers or 0 for one in profiles),
                "total_unique_followers": unique_total,
            },
            "details": [
                _overlap_line(one, lapped, unique) for one, (lapped, unique) in zip(profiles, shares, strict=True)
            ],
        },
    )


def _overlap_line(one: Profile, overlapping: float, unique: float) -> dict[str, Any]:
    return {
        "user_id": one.native_id,
        "username": one.handle,
        "followers": one.followers,
        "unique_percentage": unique,
        "overlapping_percentage": overlapping,
        "user": {
            "user_id": one.native_id,
            "username": one.handle,
            "followers": one.followers,
            "fullname": one.name,
            "url": profile_url(one),
            "is_verified": one.verified,
            "engagements": one.avg_likes,
            "stats": [{"post_type": "all", "engagements": one.avg_likes}],
        },
    }
