"""The filters of influencers.club's searches, platform by platform.

The key for followers differs from platform to platform. The provider ignores a wrong key and bills the search, so
each platform has its own list. The keys are those of the provider's public connector; their platforms follow from their
names and its notes. Briefs are checked against these lists.
"""

from __future__ import annotations

from collections.abc import Mapping

from creator_assets.campaigns.catalog import Filter, FilterKind

_TEXT = FilterKind.TEXT
_TEXTS = FilterKind.TEXTS
_RANGE = FilterKind.RANGE
_FLAG = FilterKind.FLAG
_SHARE = {"min_pct": Filter(kind=FilterKind.NUMBER, maximum=100)}
_GROWTH = Filter(
    kind=FilterKind.GROUP,
    keys={
        "growth_percentage": Filter(kind=FilterKind.NUMBER, minimum=None),
        "time_range_months": Filter(kind=FilterKind.WHOLE_NUMBER),
    },
)


def _filters(keys_by_kind: Mapping[FilterKind, str], **more: Filter) -> dict[str, Filter]:
    return {key: Filter(kind=kind) for kind, keys in keys_by_kind.items() for key in keys.split()} | more


def _listed_in(dictionary: str) -> Filter:
    """A list of texts that one of the free dictionaries holds."""
    return Filter(kind=_TEXTS, dictionary=dictionary)


_EVERYWHERE = _filters(
    {
        _TEXTS: "keywords_in_bio exclude_keywords_in_bio link_in_bio not_link_in_bio exclude_handles",
        _RANGE: "engagement_percent income",
        _FLAG: "is_verified has_link_in_bio has_done_brand_deals promotes_affiliate_links has_merch"
        " exclude_role_based_emails",
        _TEXT: "ai_search type gender",
    },
    posting_frequency=Filter(kind=FilterKind.NUMBER),
    location=_listed_in("locations"),
    profile_language=_listed_in("languages"),
    brands=_listed_in("brands"),
)
# Instagram creators of 10,000 followers and more only.
_AUDIENCE = Filter(
    kind=FilterKind.GROUP,
    keys={
        "brands": _listed_in("audience_brand_names"),
        "brand_categories": _listed_in("audience_brand_categories"),
        "credibility": Filter(kind=FilterKind.CHOICE, choices=("bad", "low", "normal", "good", "high", "best")),
        "gender": Filter(kind=FilterKind.GROUP, keys={"type": Filter(kind=_TEXT), **_SHARE}),
    },
)
SEARCH_FILTERS: Mapping[str, Mapping[str, Filter]] = {
    "instagram": _EVERYWHERE
    | _filters(
        {
            _RANGE: "number_of_followers average_likes average_comments average_views_for_reels reels_percent"
            " number_of_posts",
            _TEXTS: "keywords_in_captions keywords_not_in_captions hashtags not_hashtags",
            _FLAG: "exclude_private_profile does_live_streaming",
        },
        follower_growth=_GROWTH,
        audience=_AUDIENCE,
    ),
    "youtube": _EVERYWHERE
    | _filters(
        {
            _RANGE: "number_of_subscribers average_views average_views_on_long_videos average_views_on_shorts"
            " median_views_long"
            " number_of_videos shorts_percentage long_video_duration",
            _TEXTS: "keywords_in_description keywords_not_in_description keywords_in_video_description"
            " keywords_not_in_video_description keywords_in_video_titles keywords_not_in_video_titles"
            " links_from_description"
            " links_from_video_description",
            _FLAG: "has_shorts has_podcast has_courses has_membership has_community_posts has_live_streams"
            " is_monetizing",
        },
        subscriber_growth=_GROWTH,
        topics=_listed_in("youtube_topics"),
    ),
    "tiktok": _EVERYWHERE
    | _filters(
        {
            _RANGE: "number_of_followers average_likes average_comments average_views average_video_downloads"
            " number_of_likes video_count",
            _TEXTS: "video_description not_video_description hashtags not_hashtags",
            _FLAG: "has_tik_tok_shop streams_live",
        },
        follower_growth=_GROWTH,
    ),
    "twitch": _EVERYWHERE
    | _filters(
        {
            _RANGE: "followers average_stream_views average_stream_duration streamed_hours_last_30_days"
            " streams_count_last_30_days"
            " maximum_views_count avg_views_last_30_days",
            _FLAG: "is_twitch_partner",
        },
        games_played=_listed_in("twitch_games"),
    ),
    "twitter": _EVERYWHERE
    | _filters(
        {
            _RANGE: "number_of_followers number_of_tweets tweets_count average_likes average_comments average_views",
            _TEXTS: "keywords_in_tweets keywords_not_in_tweets tweets hashtags not_hashtags",
        },
        follower_growth=_GROWTH,
    ),
    "onlyfans": _EVERYWHERE
    | _filters(
        {
            _RANGE: "subscription_price number_of_photos number_of_likes number_of_posts number_of_videos",
            _FLAG: "has_free_account has_videos streams_live",
        }
    ),
}
