"""influencers.club: the ``tiktok`` block of a full profile.

From FULL_PROFILE_FIELDS.md, section ``tiktok``. ``engagement_percent`` is "near rates by views"; average views are
``play_count_avg``, comments ``comment_count_avg``, posts ``video_count``.
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
    mean,
    mentioned,
    middle,
    percent,
    picture,
)
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.videos import address_of

RAW = [
    "profile_picture",
    "full_name",
    "user_id",
    "follower_count",
    "biography",
    "is_verified",
    "username",
    "sec_user_id",
    "is_private",
    "following_count",
    "video_count",
    "region",
    "total_likes",
    "profile_picture_hd",
    "post_data",
]


def block(facts: Facts) -> dict[str, Any]:
    """Return the block without its audience."""
    one, bits = facts.profile, facts.bits
    likes, comments, views = facts.medians()
    frequency = round(30 / one.pace_days)
    saves = [counters.likes // 12 for _, counters in facts.posts]
    shares = [counters.shares for _, counters in facts.posts]
    partner = bool(mentioned(facts.posts))
    return {
        "has_merch": bits % 5 == 0,
        "avg_likes": as_float(one.avg_likes),
        "engagement_percent": percent(likes + comments + middle(shares), views),
        "uses_link_in_bio": False,
        "profile_picture": picture(one),
        "full_name": one.name,
        "user_id": one.native_id,
        "follower_count": one.followers,
        "posting_frequency_recent_months": frequency,
        "biography": one.bio,
        "is_verified": one.verified,
        "category": None,
        "username": one.handle,
        "exists": True,
        "sec_user_id": one.sec_uid,
        "tt_seller": None,
        "is_ad": partner,
        "is_commerce": one.business,
        "duet_setting": bits % 2 == 0,
        "is_private": False,
        "following_count": one.following,
        "video_count": one.posts,
        "region": one.country_code,
        "total_likes": (one.avg_likes or 0) * one.posts,
        "mention_status": None,
        "paid_partnership": partner,
        "promotes_affiliate_links": bits % 7 == 0,
        "most_recent_post_date": latest_day(facts.posts),
        "likes_median": int(likes),
        "comment_count_avg": as_float(one.avg_comments),
        "comments_median": int(comments),
        "duration_avg": mean(video.duration_seconds for video, _ in facts.posts),
        "play_count_avg": as_float(one.avg_views),
        "play_count_median": int(views),
        "reach_score": round(100 * middle(counters.views for _, counters in facts.posts) / (one.followers or 1), 2),
        "total_shares": sum(shares),
        "total_saves": sum(saves),
        "shares_median": int(middle(shares)),
        "saves_median": int(middle(saves)),
        "has_paid_partnership": partner,
        "streamer": False,
        "posting_frequency": frequency,
        "profile_picture_hd": picture(one, "_hd"),
        "creator_follower_growth": {
            f"{months}_months_ago": round(one.growth * 100 * months, 4) for months in (6, 12, 3, 9)
        },
        "hashtags": list(counted_hashtags(facts.posts)),
        "niche_class": [slug.capitalize() for slug in one.categories[:1]],
        "niche_sub_class": [slug.capitalize() for slug in one.categories[1:]],
        "saves_count_list": saves,
        "tagged": [],
        "challenges_list": [],
        "reach_score_list": [counters.views for _, counters in facts.posts],
        "links_in_bio": [],
        "brands_found": mentioned(facts.posts),
        "language_code": languages(one),
        "post_data": [_post(post, one) for post in facts.posts],
    }


def _post(post: Post, one: Profile) -> dict[str, Any]:
    """Return a post. ``media`` is one object here, where Instagram has a list."""
    video, counters = post
    return {
        "post_id": video.video_id,
        "created_at": iso_without_zone(video.published_at),
        "caption": video.caption,
        "hashtags": list(video.hashtags),
        "post_url": address_of(video, one.handle),
        "media": {
            "media_id": f"v{video.video_id}",
            "type": "video",
            "url": f"https://cdn.example.com/media/{video.video_id}.mp4",
            "video_duration": video.duration_seconds,
        },
        "mentions": list(video.mentions),
        "engagement": {
            "like_count": counters.likes,
            "comment_count": counters.comments,
            "view_count": counters.views,
            "share_count": counters.shares,
            "download_count": counters.shares // 3,
        },
        "sound": {
            "sound_name": f"original sound {video.number}",
            "sound_url": f"https://cdn.example.com/sound/{video.video_id}.mp3",
        },
    }
