"""influencers.club: the ``twitch`` block of a full profile.

From FULL_PROFILE_FIELDS.md, section ``twitch``. Followers are ``total_followers``, and there is no full name and no
``exists``. ``post_data`` is the platform's own answer: shelves of clips and of videos, two kinds with other names.
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.real_voice.facts import Facts, Post, as_float, languages, links, mentioned, picture
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.mixing import mix_text

_GAMES = ("Just Chatting", "Fortnite", "Minecraft", "League of Legends", "Chess")
_LINKED = ("twitter", "instagram", "youtube")


def block(facts: Facts) -> dict[str, Any]:
    """Return the block; Twitch has no audience."""
    one, bits = facts.profile, facts.bits
    streams = round(30 / one.pace_days)
    newest = facts.posts[0][0] if facts.posts else None
    linked = {other.platform: f"https://www.{other.platform}.com/{other.handle}" for other in facts.linked}
    return {
        "username": one.handle,
        "displayName": one.name or one.handle,
        "isPartner": one.verified,
        "profileImageURL": picture(one),
        "total_followers": one.followers,
        "user_id": one.native_id,
        "last_broadcast_game": _GAMES[bits % len(_GAMES)],
        "last_broadcast_id": newest.video_id if newest else None,
        "avg_views": as_float(one.avg_views),
        "streamed_hours_last_30_days": round(streams * 2.5, 2),
        "streams_count_last_30_days": streams,
        "last_streamed": iso_z(newest.published_at) if newest else None,
        "has_merch": bits % 5 == 0,
        "promotes_affiliate_links": bits % 7 == 0,
        "has_paid_partnership": bool(mentioned(facts.posts)),
        "profile_picture_hd": picture(one, "_hd"),
        "social_media": {
            "twitch": f"https://www.twitch.tv/{one.handle}",
            **{name: linked[name] for name in _LINKED if name in linked},
        },
        "panels_urls": links(one),
        "panels_descriptions": [one.bio] if one.bio else [],
        "panels_titles": ["About me"],
        "panels_type": ["DEFAULT"],
        "panels_image": [picture(one, "_panel")],
        "other_links": [],
        "links_in_bio": links(one),
        "language_code": languages(one),
        "post_data": [_answer(facts)] if facts.posts else [],
    }


def _answer(facts: Facts) -> dict[str, Any]:
    """Return the platform's answer: a shelf of clips, then a shelf of videos."""
    one, bits = facts.profile, facts.bits
    half = (len(facts.posts) + 1) // 2
    shelves = [[_clip(post, one) for post in facts.posts[:half]], [_video(post, one) for post in facts.posts[half:]]]
    return {
        "data": {
            "channel": {
                "id": one.native_id,
                "login": one.handle.casefold(),
                "displayName": one.name or one.handle,
                "primaryColorHex": f"{bits % (1 << 24):06X}",
                "videoShelves": {"edges": [{"node": {"items": items}} for items in shelves if items]},
                "__typename": "User",
            }
        },
        "extensions": {
            "durationMilliseconds": 20 + bits % 80,
            "operationName": "ChannelVideoShelvesQuery",
            "requestID": f"{bits:016X}",
        },
    }


def _clip(post: Post, one: Profile) -> dict[str, Any]:
    video, counters = post
    return {
        "__typename": "Clip",
        "id": str(mix_text("clip", video.video_id) % 10**10),
        "broadcaster": _owner(one) | {"profileImageURL": picture(one)},
        "createdAt": iso_z(video.published_at),
        "durationSeconds": 30,
        "game": _game(video.number),
        "slug": f"Clip-{video.video_id}",
        "thumbnailURL": f"https://cdn.example.com/thumbnails/{video.video_id}.jpg",
        "clipTitle": video.caption,
        "clipViewCount": counters.views,
        "isFeatured": False,
    }


def _video(post: Post, one: Profile) -> dict[str, Any]:
    video, counters = post
    return {
        "__typename": "Video",
        "id": str(mix_text("video", video.video_id) % 10**10),
        "game": _game(video.number) | {"boxArtURL": "https://cdn.example.com/boxart.jpg"},
        "previewThumbnailURL": f"https://cdn.example.com/thumbnails/{video.video_id}.jpg",
        "videoTitle": video.caption,
        "lengthSeconds": 7_200,
        "videoViewCount": counters.views,
        "publishedAt": iso_z(video.published_at),
        "owner": _owner(one),
    }


def _owner(one: Profile) -> dict[str, Any]:
    return {
        "id": one.native_id,
        "login": one.handle.casefold(),
        "displayName": one.name or one.handle,
        "__typename": "User",
    }


def _game(number: int) -> dict[str, Any]:
    name = _GAMES[number % len(_GAMES)]
    return {
        "id": str(500_000 + number % len(_GAMES)),
        "slug": name.lower().replace(" ", "-"),
        "displayName": name,
        "name": name,
        "__typename": "Game",
    }
