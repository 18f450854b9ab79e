"""influencers.club: the ``instagram`` block of a full profile, and its small form beside another platform's block.

From FULL_PROFILE_FIELDS.md, section ``instagram``, and the seven ``instagram.*`` paths of section ``youtube``.
``engagement_percent`` is "median likes and comments over followers".
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.real_voice.facts import (
    Facts,
    Post,
    as_float,
    counted_hashtags,
    iso_without_zone,
    languages,
    latest_day,
    links,
    mean,
    mentioned,
    middle,
    percent,
    picture,
)
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import address_of

# What "raw platform data" (IC-15) keeps: the names that the platform itself has a value for.
RAW = [
    "username",
    "userid",
    "account_type",
    "profile_picture",
    "full_name",
    "is_private",
    "is_business_account",
    "is_verified",
    "media_count",
    "follower_count",
    "following_count",
    "biography",
    "has_profile_pic",
    "profile_picture_hd",
    "links_in_bio",
    "post_data",
]


def block(facts: Facts) -> dict[str, Any]:
    """Return the block without its audience."""
    one, bits = facts.profile, facts.bits
    likes, comments, _ = facts.medians()
    reels = [post for post in facts.posts if post[0].kind == "reel"]
    hashtags = counted_hashtags(facts.posts)
    return {
        "username": one.handle,
        "userid": one.native_id,
        "exists": True,
        "account_type": 2 if one.business else 3,
        "profile_picture": picture(one),
        "full_name": one.name,
        "is_private": False,
        "is_business_account": one.business,
        "is_verified": one.verified,
        "media_count": one.posts,
        "follower_count": one.followers,
        "following_count": one.following,
        "biography": one.bio or None,
        "video_content_creator": len(reels) * 2 > len(facts.posts),
        "most_recent_post_date": latest_day(facts.posts),
        "reels_percentage_last_12_posts": percent(len(reels), len(facts.posts)),
        "uses_link_in_bio": one.business,
        "engagement_percent": percent(likes + comments, one.followers),
        "has_merch": bits % 5 == 0,
        "promotes_affiliate_links": bits % 7 == 0,
        "avg_likes": as_float(one.avg_likes),
        "avg_comments": as_float(one.avg_comments),
        "likes_median": likes,
        "comments_median": comments,
        "has_profile_pic": True,
        "streamer": False,
        "profile_picture_hd": picture(one, "_hd"),
        "reels": {
            "avg_like_count": mean(counters.likes for _, counters in reels),
            "avg_view_count": mean(counters.views for _, counters in reels),
            "comments_count": [counters.comments for _, counters in reels],
            "median_like_count": int(middle(counters.likes for _, counters in reels)),
            "median_view_count": int(middle(counters.views for _, counters in reels)),
        },
        "locations": [],
        "tagged": [
            {"username": name, "userid": str(mix_text("tagged", name) % 10**10)} for name in mentioned(facts.posts)
        ],
        "links_in_bio": links(one),
        "hashtags": list(hashtags),
        "hashtags_count": [{"name": name, "count": count} for name, count in hashtags.items()],
        "language_code": languages(one),
        "post_data": [_post(post, one) for post in facts.posts],
    }


def beside(one: Profile) -> dict[str, Any]:
    """Return the small block of a person's account on another platform's full profile."""
    return {
        "userid": one.native_id,
        "engagement_percent": None if one.engagement is None else round(one.engagement * 100, 4),
        "profile_picture": picture(one),
        "full_name": one.name,
        "follower_count": one.followers,
        "is_verified": one.verified,
        "username": one.handle,
    }


def _post(post: Post, one: Profile) -> dict[str, Any]:
    """Return a post. Only a video has ``view_count``; a carousel has several media."""
    video, counters = post
    kind, product = media_type(video.kind, video.video_id)
    engagement = {"likes": counters.likes, "comments": counters.comments}
    media = "video" if kind == 2 else "image"
    return {
        "post_id": video.video_id,
        "created_at": iso_without_zone(video.published_at),
        "caption": video.caption,
        "hashtags": list(video.hashtags),
        "post_url": address_of(video, one.handle),
        "media": [
            {
                "media_id": f"{video.video_id}_{at}",
                "type": media,
                "url": f"https://cdn.example.com/media/{video.video_id}_{at}",
            }
            for at in range(3 if kind == 8 else 1)
        ],
        "is_carousel": kind == 8,
        "tagged_users": list(video.mentions),
        "engagement": engagement | ({"view_count": counters.views} if kind == 2 else {}),
        "media_type": kind,
        "product_type": product,
    }


def media_type(kind: str, video_id: str) -> tuple[int, str]:
    """Return Instagram's own number for a kind of media (1 picture, 2 video, 8 carousel) and the product's name."""
    if kind == "reel":
        return 2, "clips"
    if kind == "story":
        return 2, "story"
    return (8, "carousel_container") if mix_text("carousel", video_id) % 3 == 0 else (1, "feed")
