"""influencers.club: the fields of an account in enrichment responses.

Belongs here: pure translation of the universe into the provider's field names, percentages and maps. Audience maps have
both forms of the provider: ``{key: share}``, and ``[{code, weight}]`` for TikTok. Charges and refusals do not belong
here.
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.engine.endpoint import SandboxRequest
from creator_assets.sandbox.influencers_club.discovery import profile_url
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.audience import Audience, Shares, audience_of
from creator_assets.sandbox.universe.coverage import audience_missing
from creator_assets.sandbox.universe.videos import Video, address_of, counters_at, posts_by

_FOLLOWER_FIELD = {"youtube": "subscriber_count", "twitch": "total_followers"}
_ID_FIELD = {"instagram": "userid", "tiktok": "user_id", "youtube": "id"}
AUDIENCE_PLATFORMS = ("instagram", "tiktok", "youtube")


def social(one: Profile) -> dict[str, Any]:
    """Return a connected account as IC-13 and IC-17 list it."""
    return {
        "platform": one.platform,
        "user_id": one.native_id,
        "url": profile_url(one),
        "username": one.handle,
        "fullname": one.name,
        "picture": f"https://cdn.example.com/{one.platform}/{one.native_id}.jpg",
        "followers": one.followers,
    }


def raw(one: Profile, request: SandboxRequest) -> dict[str, Any]:
    """Return the platform's own data in the form of IC-15."""
    return {
        "userid": one.native_id,
        "username": one.handle,
        "full_name": one.name,
        "biography": one.bio,
        "follower_count": one.followers,
        "following_count": one.following,
        "media_count": one.posts,
        "is_verified": one.verified,
        "is_business_account": one.business,
        "profile_picture": f"https://cdn.example.com/{one.platform}/{one.native_id}.jpg",
        "post_data": _posts(one, request, 3),
    }


def full(one: Profile, request: SandboxRequest, *, lookalikes: bool, audience: bool) -> dict[str, Any]:
    """Return a full profile as IC-14 and IC-16 give it: facts about the person, then one block per platform."""
    accounts = request.world.universe.linked(one, request.now)
    block = _block(one, request, lookalikes=lookalikes, audience=audience)
    others = {
        other.platform: _block(other, request, lookalikes=False, audience=False) for other in accounts if other != one
    }
    return {
        "email": one.email,
        "email_type": "business" if one.email and one.business else ("personal" if one.email else None),
        "location": (one.city and f"{one.city}, {one.country}") or one.country,
        "speaking_language": one.language,
        "first_name": (one.name or "").split(" ")[0] or None,
        "gender": {"m": "male", "f": "female"}.get(one.gender or ""),
        "has_link_in_bio": one.business,
        "has_brand_deals": "brandname" in one.bio or one.business,
        "is_business": one.business,
        "is_creator": True,
        "creator_has": {account.platform: True for account in accounts},
        "other_links": [],
        "links_in_bio": [],
        **others,
        one.platform: block,
    }


def _block(one: Profile, request: SandboxRequest, *, lookalikes: bool, audience: bool) -> dict[str, Any]:
    block: dict[str, Any] = {
        _ID_FIELD.get(one.platform, "id"): one.native_id,
        "username": one.handle,
        "full_name": one.name,
        _FOLLOWER_FIELD.get(one.platform, "follower_count"): one.followers,
        "following_count": one.following,
        "biography": one.bio,
        "media_count": one.posts,
        "engagement_percent": None if one.engagement is None else round(one.engagement * 100, 4),
        "avg_views": one.avg_views,
        "avg_likes": one.avg_likes,
        "avg_comments": one.avg_comments,
        "follower_growth": {"3_months_ago": round(one.growth * 300, 3), "6_months_ago": round(one.growth * 600, 3)},
        "is_verified": one.verified,
        "hashtags": list(one.hashtags),
        "niche_class": list(one.categories[:1]),
        "niche_sub_class": list(one.categories[1:]),
        "posting_frequency": round(30 / one.pace_days, 2),
        "income": {"min": (one.avg_views or 0) // 200, "max": (one.avg_views or 0) // 60},
        "profile_picture": f"https://cdn.example.com/{one.platform}/{one.native_id}.jpg",
        "post_data": _posts(one, request, 3),
    }
    if lookalikes:
        near = request.world.universe.neighbours(one, 5, request.now)
        block["lookalikes"] = [{"username": other.handle, "followers": other.followers} for other in near]
    if audience and one.platform in AUDIENCE_PLATFORMS:
        block["audience"] = audience_block(one)
    return block


def audience_block(one: Profile) -> dict[str, Any]:
    """Return the audience of an account by basis; one without data has ``success: false`` inside a good response."""
    missing: dict[str, Any] = {"success": False, "error": "audience data is not available"}
    if audience_missing(one.platform, one.index):
        return {"audience_followers": missing, "audience_commenters": missing, "audience_likers": missing}
    audience = audience_of(one)
    listed = one.platform == "tiktok"
    likers = {"success": True, "data": _audience(audience, listed=listed)} if one.platform == "instagram" else missing
    histogram = [
        {"min": None, "max": 0.5, "total": 120},
        {"min": 0.5, "max": 0.8, "total": 640},
        {"min": 0.8, "total": 240},
    ]
    return {
        "audience_followers": {"success": True, "data": _audience(audience, listed=listed)},
        "audience_commenters": missing,
        "audience_likers": likers,
        "audience_credibility_followers_histogram": histogram,
        "audience_credibility_likers_histogram": histogram if likers["success"] else [],
    }


def _audience(audience: Audience, *, listed: bool) -> dict[str, Any]:
    genders_per_age = [
        {
            "code": code,
            "male": round(share * audience.genders[0][1], 4),
            "female": round(share * (1 - audience.genders[0][1]), 4),
        }
        for code, share in audience.ages
    ]
    return {
        "audience_ages": _map(audience.ages, listed=listed),
        "audience_genders": _map(audience.genders, listed=listed),
        "audience_genders_per_age": genders_per_age,
        "audience_geo": {
            "countries": _map(audience.countries, listed=listed),
            "states": [] if listed else {},
            "cities": _map(audience.cities, listed=listed),
        },
        "audience_languages": _map(audience.languages, listed=listed),
        "audience_interests": _map(audience.interests, listed=listed),
        "audience_brand_affinity": [
            {"name": name, "weight": share, "affinity": round(1 + share, 3)} for name, share in audience.brands
        ],
        "audience_ethnicities": _map(
            [("white", 0.4), ("asian", 0.3), ("hispanic", 0.2), ("black", 0.1)], listed=listed
        ),
        "audience_credibility": audience.credibility,
        "credibility_class": "good" if audience.credibility > 0.75 else "normal",
        "audience_reachability": _map(audience.reachability, listed=listed),
        "audience_types": _map(audience.types, listed=listed),
        "notable_users": [],
        "notable_users_ratio": 0.0,
        "audience_lookalikes": [],
    }


def _map(shares: Shares, *, listed: bool) -> dict[str, float] | list[dict[str, Any]]:
    return [{"code": code, "weight": share} for code, share in shares] if listed else dict(shares)


def _posts(one: Profile, request: SandboxRequest, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for video in posts_by(one, request.now):
        if len(found) == count or one.platform not in AUDIENCE_PLATFORMS:
            break
        found.append(post(video, one, request))
    return found


def post(video: Video, one: Profile, request: SandboxRequest) -> dict[str, Any]:
    """Return a post in the form of IC-22; ``pk`` is the id that IC-23 takes."""
    counters = counters_at(video, one, request.now)
    return {
        "pk": video.video_id,
        "taken_at": int(video.published_at.timestamp()),
        "url": address_of(video, one.handle),
        "media_url": [f"https://cdn.example.com/media/{video.video_id}.mp4"],
        "media_id": video.video_id,
        "media_type": video.kind,
        "caption": video.caption,
        "engagement": {
            "likes": counters.likes,
            "comments": counters.comments,
            "views": None if video.kind == "post" else counters.views,
            "shares": counters.shares,
        },
        "user": {"user_id": one.native_id, "username": one.handle, "full_name": one.name},
    }
