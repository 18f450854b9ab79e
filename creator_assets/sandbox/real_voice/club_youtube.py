"""influencers.club: the ``youtube`` block of a full profile.

From FULL_PROFILE_FIELDS.md, section ``youtube``. The channel has a ``title`` and a ``custom_url``, and no
``username``. Counters of a video are texts. ``posts_per_month`` is a map of years to months. ``engagement_percent`` is
"median likes over views".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.real_voice.facts import (
    Facts,
    Post,
    as_float,
    counted_hashtags,
    languages,
    latest_day,
    mean,
    mentioned,
    middle,
    percent,
    picture,
)
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.videos import BEGINNING, number_at

RAW = [
    "custom_url",
    "profile_picture",
    "view_count",
    "description",
    "title",
    "id",
    "subscriber_count",
    "video_count",
    "exists",
    "published_at",
    "country",
    "related_playlist_id",
    "made_for_kids",
    "privacy_status",
    "moderate_comments",
    "keywords",
    "profile_picture_hd",
    "post_data",
]
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTHS_SHOWN = 6
_SIZES = ("default", "medium", "high", "standard", "maxres")


def block(facts: Facts) -> dict[str, Any]:
    """Return the block without its audience."""
    one, bits = facts.profile, facts.bits
    likes, _, views = facts.medians()
    long = [post for post in facts.posts if post[0].kind != "short"]
    shorts = [post for post in facts.posts if post[0].kind == "short"]
    frequency = round(30 / one.pace_days, 2)
    share_of_shorts = len(shorts) / max(1, len(facts.posts))
    topics = [slug.capitalize() for slug in one.categories]
    hashtags = counted_hashtags(facts.posts)
    return {
        "is_monetization_enabled": (one.followers or 0) >= 1_000,
        "custom_url": f"@{one.handle}",
        "profile_picture": picture(one),
        "posting_frequency_recent_months": frequency,
        "view_count": (one.avg_views or 0) * one.posts,
        "has_community_posts": bits % 2 == 0,
        "description": one.bio,
        "title": one.name or one.handle,
        "first_name": (one.name or one.handle).split(" ")[0],
        "id": one.native_id,
        "niche_class": None,
        "is_verified": one.verified,
        "engagement_percent": percent(likes, views),
        "uses_link_in_bio": one.business,
        "avg_views": as_float(one.avg_views),
        "subscriber_count": one.followers,
        "video_count": one.posts,
        "exists": True,
        "published_at": iso_z(BEGINNING - timedelta(days=bits % 3_000)),
        "speaking_language": one.language,
        "country": one.country_code,
        "related_playlist_id": f"UU{one.native_id.removeprefix('UC')}",
        "made_for_kids": False,
        "privacy_status": "public",
        "moderate_comments": bits % 3 == 0,
        "unsubscribed_trailer_id": facts.posts[-1][0].video_id if facts.posts else None,
        "has_shorts": bool(shorts),
        "last_long_video_upload_date": latest_day(long),
        "last_short_video_upload_date": latest_day(shorts),
        "least_views": min((counters.views for _, counters in facts.posts), default=0),
        "avg_likes": as_float(one.avg_likes),
        "avg_comments": as_float(one.avg_comments),
        "total_comments_last_50": sum(counters.comments for _, counters in facts.posts),
        "median_views_long": int(_middle_views(long)),
        "avg_views_long": mean(counters.views for _, counters in long),
        "avg_views_shorts": mean(counters.views for _, counters in shorts),
        **_engagement(one, long, "long"),
        **_engagement(one, shorts, "shorts"),
        "shorts_percentage": round(100 * share_of_shorts, 2),
        "posting_frequency": frequency,
        "posting_frequency_long": round(frequency * (1 - share_of_shorts), 2),
        "posting_frequency_shorts": round(frequency * share_of_shorts, 2),
        "link": f"https://www.youtube.com/channel/{one.native_id}",
        "has_paid_partnership": bool(mentioned(facts.posts)),
        "promotes_affiliate_links": bits % 7 == 0,
        "streamer": False,
        "profile_picture_hd": picture(one, "_hd"),
        "most_recent_post_date": latest_day(facts.posts),
        "location": one.country,
        "income": {"min": (one.avg_views or 0) // 200, "max": (one.avg_views or 0) // 60, "currency": "USD"},
        "posts_per_month": _posts_per_month(facts),
        "video_hashtags": list(hashtags),
        "niche_sub_class": topics[1:],
        "topic_details": topics,
        "keywords": list(one.hashtags),
        "video_categories": topics[:1],
        "video_topics": topics,
        "email_from_video_desc": [one.email] if one.email else [],
        "language_code": languages(one),
        "hashtags_count": [{"name": name, "count": count} for name, count in hashtags.items()],
        "post_data": [_post(post, one) for post in facts.posts],
    }


def _middle_views(posts: list[Post]) -> float:
    return middle(counters.views for _, counters in posts)


def _engagement(one: Profile, posts: list[Post], kind: str) -> dict[str, float]:
    views = _middle_views(posts)
    likes, comments = (middle(c.likes for _, c in posts), middle(c.comments for _, c in posts))
    return {
        f"engagement_percent_{kind}": percent(likes, views) or 0.0,
        f"engagement_by_comments_and_views_{kind}": percent(comments, views) or 0.0,
        f"engagement_by_likes_and_views_{kind}": percent(likes, views) or 0.0,
        f"engagement_by_views_and_subs_{kind}": percent(views, one.followers) or 0.0,
    }


def _posts_per_month(facts: Facts) -> dict[str, dict[str, int]]:
    """Count the posts of the last six months, newest first, as years with months in words."""
    counts: dict[str, dict[str, int]] = {}
    end = facts.now
    for _ in range(_MONTHS_SHOWN):
        start = end.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        posted = number_at(facts.profile, end) - number_at(facts.profile, start)
        counts.setdefault(str(start.year), {})[_MONTHS[start.month - 1]] = posted
        end = start - timedelta(microseconds=1)
    return counts


def _post(post: Post, one: Profile) -> dict[str, Any]:
    video, counters = post
    minutes, seconds = divmod(video.duration_seconds, 60)
    picture_of = f"https://cdn.example.com/thumbnails/{video.video_id}"
    return {
        "video_id": video.video_id,
        "title": f"Part {video.number}",
        "description": video.caption,
        "published_at": iso_z(video.published_at),
        "category_id": "24",
        "default_language": one.language,
        "default_audio_language": one.language,
        "engagement": {
            "view_count": str(counters.views),
            "like_count": str(counters.likes),
            "comment_count": str(counters.comments),
            "favorite_count": "0",
        },
        "media": {
            "thumbnails": {size: f"{picture_of}/{size}.jpg" for size in _SIZES},
            "duration": f"PT{f'{minutes}M' if minutes else ''}{seconds}S",
            "definition": "hd",
            "embed_html": f'<iframe src="//www.youtube.com/embed/{video.video_id}"></iframe>',
        },
        "post_url": f"https://www.youtube.com/watch?v={video.video_id}",
        "topic_categories": [f"https://en.wikipedia.org/wiki/{slug.capitalize()}" for slug in one.categories],
    }
