"""influencers.club: the overlap of the audiences of several creators (IC-3).

A request with 2 to 10 creators costs one credit. The universe computes the overlap.
"""

from __future__ import annotations

from typing import Any

from creator_assets.microcredits import to_microcredits
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.influencers_club.discovery import (
    account_with_data,
    charged_response,
    platform_in,
    profile_url,
    require_balance,
)
from creator_assets.sandbox.real_voice import club as real_club
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.audience import overlap_of

OVERLAP_MICROCREDITS = to_microcredits("1")
OVERLAP_PLATFORMS = ("instagram", "tiktok", "youtube")


def overlap(request: SandboxRequest) -> SandboxResponse:
    """IC-3: the overlap of the audiences of 2 to 10 creators, for one credit."""
    body = request.json()
    platform = platform_in(body, OVERLAP_PLATFORMS)
    creators = body.get("creators")
    if not isinstance(creators, list) or not 2 <= len(creators) <= 10:
        raise Refusal("invalid", "Provide between 2 and 10 creators.", status=422, extra={"field": "creators"})
    found = [account_with_data(request, platform, str(handle)) for handle in creators]
    missing = [str(handle) for handle, profile in zip(creators, found, strict=True) if profile is None]
    if missing:
        raise Refusal("not_found", f"No audience data for: {', '.join(missing)}.")
    profiles = [profile for profile in found if profile is not None]
    require_balance(request, OVERLAP_MICROCREDITS)
    shares = overlap_of(profiles)
    unique_total = sum(
        int((one.followers or 0) * (unique + lapped / 2))
        for one, (lapped, unique) in zip(profiles, shares, strict=True)
    )
    response = charged_response(
        request,
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
    if request.in_real_voice:
        response.body = real_club.overlap(response.body, OVERLAP_MICROCREDITS)
    return response


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
