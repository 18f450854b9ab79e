"""influencers.club: the ``twitter`` block of a full profile, and its small form beside another platform's block.

From FULL_PROFILE_FIELDS.md, section ``twitter``, and the seven ``twitter.*`` paths of section ``youtube``. Posts are
``tweets_count``; ``media_count`` "counts pictures only"; comments are ``avg_reply``, a whole number.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.real_voice.facts import (
    Facts,
    Post,
    as_float,
    counted_hashtags,
    languages,
    latest_day,
    links,
    mean,
    mentioned,
    picture,
)
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.mixing import mix_text

RAW = [
    "userid",
    "username",
    "join_date",
    "biography",
    "follower_count",
    "following_count",
    "media_count",
    "tweets_count",
    "full_name",
    "is_verified",
    "direct_messaging",
    "profile_picture",
    "creator_favorite_count",
    "exists",
    "links_in_bio",
    "post_data",
]
_OPENED = datetime(2009, 1, 1, tzinfo=UTC)


def block(facts: Facts) -> dict[str, Any]:
    """Return the block; X has no audience."""
    one, bits = facts.profile, facts.bits
    hashtags = counted_hashtags(facts.posts)
    tagged = mentioned(facts.posts)
    return {
        "userid": one.native_id,
        "username": one.handle,
        "join_date": iso_z(_OPENED + timedelta(days=bits % 5_000)),
        "biography": one.bio,
        "follower_count": one.followers,
        "following_count": one.following,
        "media_count": one.posts // 3,
        "tweets_count": one.posts,
        "full_name": one.name,
        "is_verified": one.verified,
        "direct_messaging": bits % 2 == 0,
        "profile_picture": picture(one),
        "creator_favorite_count": bits % 50_000,
        "most_recent_post_date": latest_day(facts.posts),
        "subscriber_button": False,
        "super_followed_by": False,
        "exists": True,
        "avg_likes": as_float(one.avg_likes),
        "avg_views": as_float(one.avg_views),
        "avg_quotes": mean(counters.shares // 5 for _, counters in facts.posts),
        "avg_reply": one.avg_comments,
        "avg_retweet": mean(counters.shares for _, counters in facts.posts),
        "engagement_percent": None if one.engagement is None else round(one.engagement * 100, 4),
        "uses_link_in_bio": one.business,
        "has_paid_partnership": bool(tagged),
        "promotes_affiliate_links": bits % 7 == 0,
        "has_merch": bits % 5 == 0,
        "streamer": False,
        "profile_picture_hd": picture(one, "_hd"),
        "tweets_type": {"ordinary": len(facts.posts), "retweeted": 0, "conversation": 0, "quoted": 0},
        "platforms": {"twitter": [f"https://x.com/{one.handle}"]},
        "tweets": [video.caption for video, _ in facts.posts],
        "tagged": [str(mix_text("tagged", name) % 10**10) for name in tagged],
        "tagged_usernames": tagged,
        "recommended_users": [other.handle for other in facts.alike],
        "retweet_users": [other.handle for other in facts.alike[:2]],
        "retweets_count": [counters.shares for _, counters in facts.posts],
        "languages_tweet": languages(one),
        "other_links": links(one),
        "links_in_bio": links(one),
        "hashtags": list(hashtags),
        "hashtags_count": [{"name": name, "count": count} for name, count in hashtags.items()],
        "language_code": languages(one),
        "post_data": [_post(post, one, pinned=at == 0 and bits % 2 == 0) for at, post in enumerate(facts.posts)],
    }


def beside(one: Profile) -> dict[str, Any]:
    """Return the small block of a person's account on another platform's full profile."""
    return {
        "userid": one.native_id,
        "follower_count": one.followers,
        "engagement_percent": None if one.engagement is None else round(one.engagement * 100, 4),
        "profile_picture": picture(one),
        "is_verified": one.verified,
        "full_name": one.name,
        "username": one.handle,
    }


def _post(post: Post, one: Profile, *, pinned: bool) -> dict[str, Any]:
    video, counters = post
    tweet_id = str(int.from_bytes(urlsafe_b64decode(f"{video.video_id}="), "big"))
    media = [
        {"media_key": f"3_{tweet_id}", "type": "photo", "url": f"https://cdn.example.com/media/{tweet_id}.jpg"},
    ]
    return {
        "tweet_id": tweet_id,
        "created_at": iso_z(video.published_at, milliseconds=True),
        "text": video.caption,
        "lang": one.language,
        "engagement": {
            "like_count": counters.likes,
            "retweet_count": counters.shares,
            "reply_count": counters.comments,
            "quote_count": counters.shares // 5,
            "view_count": counters.views,
        },
        "media": media if video.number % 3 == 0 else [],
        "tweet_url": f"https://x.com/{one.handle}/status/{tweet_id}",
        "hashtags": list(video.hashtags),
        "mentions": list(video.mentions),
        "is_pinned": pinned,
    }
