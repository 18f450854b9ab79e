"""influencers.club: full and raw profiles, lists of creators, overlap, posts, and the faces of "nothing there".

From FULL_PROFILE_FIELDS.md (full profiles, and ``credits_cost`` and ``trial_searches_left`` beside ``result``),
PUBLIC_DOCS.md 4.4 (the other bodies), the seed ``003`` (prose of each operation) and issue 12, section 1.4 (nothing
there) and section 2 (LinkedIn).
"""

from __future__ import annotations

from typing import Any

from creator_assets.microcredits import to_credits
from creator_assets.sandbox.engine.endpoint import SandboxRequest, SandboxResponse
from creator_assets.sandbox.real_voice import club_instagram, club_tiktok, club_twitch, club_twitter, club_youtube
from creator_assets.sandbox.real_voice.club_audience import audience as audience_of_account
from creator_assets.sandbox.real_voice.facts import Facts, latest_posts, links
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import Video, address_of, counters_at

_BLOCKS = {
    "instagram": club_instagram.block,
    "tiktok": club_tiktok.block,
    "youtube": club_youtube.block,
    "twitter": club_twitter.block,
    "twitch": club_twitch.block,
}
_RAW = {
    "instagram": club_instagram.RAW,
    "tiktok": club_tiktok.RAW,
    "youtube": club_youtube.RAW,
    "twitter": club_twitter.RAW,
}
_BESIDE = {"instagram": club_instagram.beside, "twitter": club_twitter.beside}
_AUDIENCE_PLATFORMS = ("instagram", "tiktok", "youtube")
# The captures of Instagram, X and Twitch have no facts about the person except the e-mail address.
_PERSON_PLATFORMS = ("tiktok", "youtube")
_ALIKE = 5


def gather(one: Profile, request: SandboxRequest) -> Facts:
    """Return the facts of an account that its full profile needs."""
    universe, now = request.world.universe, request.now
    return Facts(
        profile=one,
        posts=latest_posts(one, now),
        linked=tuple(other for other in universe.linked(one, now) if other.platform != one.platform),
        alike=tuple(universe.neighbours(one, _ALIKE, now)),
        now=now,
    )


def full(one: Profile, request: SandboxRequest, *, lookalikes: bool, audience: bool) -> dict[str, Any] | None:
    """Return ``result`` of IC-14 and IC-16, or None for a platform that no document shows."""
    if one.platform not in _BLOCKS:
        return None
    facts = gather(one, request)
    block = _BLOCKS[one.platform](facts)
    if audience and one.platform in _AUDIENCE_PLATFORMS:
        block["audience"] = audience_of_account(facts, lookalikes=lookalikes)
    result: dict[str, Any] = {one.platform: block}
    if one.platform not in _PERSON_PLATFORMS:
        return result | {"email": one.email, "email_type": _email_type(one)}
    return result | _person(facts)


def raw(one: Profile, request: SandboxRequest) -> dict[str, Any] | None:
    """Return ``result`` of IC-15: the platform's own names by platform; None for a platform that no document shows."""
    if one.platform not in _RAW:
        return None
    block = _BLOCKS[one.platform](gather(one, request))
    return {one.platform: {name: block[name] for name in _RAW[one.platform]}}


def linkedin(plain: dict[str, Any], one: Profile) -> dict[str, Any]:
    """Return a plain LinkedIn profile with the three names that issue 12 gives: followers, first name and summary."""
    renamed = {"follower_count": "followers", "biography": "summary"}
    block = {renamed.get(name, name): value for name, value in plain["linkedin"].items()}
    return plain | {"linkedin": {**block, "first_name": _first_name(one)}}


def enriched(cost_microcredits: int, result: Any, *, profile: bool) -> SandboxResponse:
    """Return the envelope of the enrichment family: the cost is a number, and there is no ``credits_left``.

    Only the captures of a ``profile`` have ``trial_searches_left`` beside it.
    """
    body = {"result": result, "credits_cost": float(to_credits(cost_microcredits))}
    if profile:
        body["trial_searches_left"] = 0
    return SandboxResponse(body, charge_microcredits=cost_microcredits)


def email_match(social: dict[str, Any]) -> dict[str, Any]:
    """Return ``result`` of IC-17: a connected account whose id is called ``userId``, and not ``user_id``."""
    return {("userId" if name == "user_id" else name): value for name, value in social.items()}


def overlap(plain: dict[str, Any], cost_microcredits: int) -> dict[str, Any]:
    """Return the body of IC-3, whose names both voices share, with the cost as the number that captures show."""
    return plain | {"credits_cost": float(to_credits(cost_microcredits))}


def accounts_page(left: str, total: int, limit: int, accounts: list[Profile]) -> dict[str, Any]:
    """Return a page of IC-1 and IC-2. Without creators ``accounts`` is null; ``credits_left`` is a text."""
    return {
        "total": total,
        "limit": limit,
        "credits_left": left,
        "accounts": [_account(one) for one in accounts] or None,
    }


def post(video: Video, one: Profile, request: SandboxRequest) -> dict[str, Any]:
    """Return an item of IC-22: ``pk`` is the id for IC-23, ``taken_at`` counts seconds, ``media_type`` is a number."""
    counters = counters_at(video, one, request.now)
    kind = club_instagram.media_type(video.kind, video.video_id)[0] if one.platform == "instagram" else 2
    return {
        "pk": video.video_id,
        "taken_at": int(video.published_at.timestamp()),
        "url": address_of(video, one.handle),
        "media_url": f"https://cdn.example.com/media/{video.video_id}",
        "media_id": video.video_id,
        "media_type": kind,
        "caption": video.caption,
        "engagement": {
            "likes": counters.likes,
            "comments": counters.comments,
            "views": counters.views if kind == 2 else None,
        },
        "user": {"user_id": one.native_id, "username": one.handle, "full_name": one.name},
    }


def post_details(video: Video, one: Profile, request: SandboxRequest) -> dict[str, Any]:
    """Return ``data`` of IC-23: the item of IC-22, with shares (seed 003: "likes, views, shares")."""
    item = post(video, one, request)
    shares = counters_at(video, one, request.now).shares
    return item | {"engagement": item["engagement"] | {"shares": shares}}


def nothing_there(asked: str) -> SandboxResponse:
    """Return one of the faces of "no data", the same one for the same question. All of them are free."""
    faces: tuple[tuple[int, Any], ...] = (
        (204, b""),
        (200, {"detail": "No data found"}),
        (200, {"result": "No data found for this creator.", "credits_cost": 0.0}),
        (200, {"error": "No data found"}),
    )
    status, body = faces[mix_text("nothing there", asked.casefold()) % len(faces)]
    return SandboxResponse(body, status)


def _account(one: Profile) -> dict[str, Any]:
    return {
        "user_id": one.native_id,
        "profile": {
            "full_name": one.name,
            "username": one.handle,
            "picture": f"https://cdn.example.com/{one.platform}/{one.native_id}.jpg",
            "followers": one.followers,
            "engagement_percent": None if one.engagement is None else round(one.engagement * 100, 4),
        },
    }


def _person(facts: Facts) -> dict[str, Any]:
    """Return the facts about the person, and small blocks of the same person's accounts."""
    one = facts.profile
    beside = {other.platform: _BESIDE[other.platform](other) for other in facts.linked if other.platform in _BESIDE}
    person: dict[str, Any] = {
        **beside,
        "has_link_in_bio": one.business,
        "speaking_language": one.language,
        "has_brand_deals": any(video.mentions for video, _ in facts.posts),
        "first_name": _first_name(one),
        "email": one.email,
        "is_business": one.business,
        "email_type": _email_type(one),
        "is_creator": True,
        "location": f"{one.city}, {one.country}" if one.city else one.country,
        "gender": {"m": "male", "f": "female"}.get(one.gender or ""),
        "creator_has": dict.fromkeys((*beside, one.platform), True),
        "other_links": links(one),
        "links_in_bio": links(one),
    }
    return person | _niches(facts) if one.platform == "youtube" else person


def _niches(facts: Facts) -> dict[str, Any]:
    """Return what the provider's model says of a creator, with percentages; in the capture of YouTube only."""
    slugs = facts.profile.categories
    brands = list(dict.fromkeys(name for video, _ in facts.posts for name in video.mentions))
    return {
        "ai_brand_collaborations": [{"percentage": 100 // len(brands), "brand": brand} for brand in brands],
        "ai_niches": [{"percentage": 80.0 if at == 0 else 20.0, "niche": slug} for at, slug in enumerate(slugs)],
        "ai_subniches": [{"percentage": 60.0, "subniche": tag} for tag in facts.profile.hashtags[:2]],
    }


def _email_type(one: Profile) -> str | None:
    if one.email is None:
        return None
    return "business" if one.business else "personal"


def _first_name(one: Profile) -> str | None:
    return (one.name or "").split(" ")[0] or None
