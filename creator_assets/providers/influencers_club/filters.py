"""The filters of influencers.club's searches, platform by platform.

The key for followers differs from platform to platform. The provider ignores a wrong key and bills the search, so
each platform has its own list. The keys are those of the provider's public connectors (its MCP server and its n8n node)
and of its OpenAPI page of the search (docs.influencers.club/openapi/discovery). Briefs are checked against these lists.
"""

from __future__ import annotations

from collections.abc import Mapping

from creator_assets.campaigns.catalog import Filter, FilterKind

_TEXT = FilterKind.TEXT
_TEXTS = FilterKind.TEXTS
_RANGE = FilterKind.RANGE
_FLAG = FilterKind.FLAG
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


def _share_of(**keys: Filter) -> Filter:
    """Groups of an audience, each with the least share of the audience that it must have."""
    share = {"min_pct": Filter(kind=FilterKind.NUMBER, maximum=100)}
    return Filter(kind=FilterKind.GROUPS, keys={**keys, **share}, required=tuple(keys)[:1])


# On which other sites a creator is. `has_whatsApp` is the provider's own spelling.
_CREATOR_HAS = Filter(
    kind=FilterKind.GROUP,
    keys=_filters(
        {
            _FLAG: "has_amazonaffiliates has_anchor has_applemusic has_bandcamp has_behance has_buymeacoffee "
            "has_cameo has_canva has_clubhouse has_community has_discord has_dribbble has_etsy "
            "has_facebook has_fiverr has_github has_gofundme has_goodreads has_instagram has_kakao "
            "has_kickstarter has_kofi has_linkedin has_linktree has_medium has_onlyfans has_patreon "
            "has_personal_website has_phone has_pinterest has_podcast has_redbubble has_shopify "
            "has_shopltk has_snapchat has_soundcloud has_spotify has_spring has_streamlabs has_substack "
            "has_telegram has_tiktok has_tumblr has_twitch has_twitter has_udemy has_viber has_vimeo "
            "has_vk has_weebly has_whatsApp has_wix has_youtube"
        }
    ),
)
_SORTS = ("relevancy", "engagement_rate", "number_of_followers")
_ORDERS = Filter(kind=FilterKind.CHOICE, choices=("asc", "desc"))


def _sorted_by(*orders: str) -> Filter:
    """No condition: who is found first, and so who is bought of those who fit."""
    return Filter(
        kind=FilterKind.GROUP,
        keys={"sort_by": Filter(kind=FilterKind.CHOICE, choices=orders), "sort_order": _ORDERS},
        required=("sort_by",),
    )


SORT = "sort"
"""Stands beside the filters of a request, not among them."""
_DAYS = Filter(kind=FilterKind.WHOLE_NUMBER)
_EVERYWHERE = _filters(
    {
        _TEXTS: "keywords_in_bio exclude_keywords_in_bio link_in_bio not_link_in_bio exclude_handles",
        _RANGE: "engagement_percent income",
        _FLAG: "is_verified has_link_in_bio has_done_brand_deals promotes_affiliate_links has_merch"
        " exclude_role_based_emails exclude_previous",
        _TEXT: "ai_search type gender",
    },
    posting_frequency=Filter(kind=FilterKind.NUMBER),
    location=_listed_in("locations"),
    profile_language=_listed_in("languages"),
    brands=_listed_in("brands"),
    sort=_sorted_by(*_SORTS),
)
# Nothing says that OnlyFans knows these.
_PUBLIC = _filters({_FLAG: "does_live_streaming"}, creator_has=_CREATOR_HAS)
_GROWING = {"sort": _sorted_by(*_SORTS, "growth_rate")}
# Instagram creators of 10,000 followers and more only.
_AUDIENCE = Filter(
    kind=FilterKind.GROUP,
    keys={
        "brands": _listed_in("audience_brand_names"),
        "brand_categories": _listed_in("audience_brand_categories"),
        "interests": _share_of(name=Filter(kind=_TEXT, dictionary="audience_interests")),
        "location": _share_of(
            name=Filter(kind=_TEXT, dictionary="audience_locations"),
            type=Filter(kind=FilterKind.CHOICE, choices=("country", "state", "city")),
        ),
        "language": _share_of(language_abbr=Filter(kind=_TEXT, dictionary="languages")),
        "age": _share_of(
            range=Filter(kind=FilterKind.CHOICE, choices=("13-17", "18-24", "25-34", "35-44", "45-64", "65+", "65-"))
        ),
        "credibility": Filter(kind=FilterKind.CHOICE, choices=("bad", "low", "normal", "good", "high", "best")),
        "gender": Filter(
            kind=FilterKind.GROUP,
            keys={"type": Filter(kind=_TEXT), "min_pct": Filter(kind=FilterKind.NUMBER, maximum=100)},
        ),
    },
)
SEARCH_FILTERS: Mapping[str, Mapping[str, Filter]] = {
    "instagram": _EVERYWHERE
    | _PUBLIC
    | _GROWING
    | _filters(
        {
            _RANGE: "number_of_followers average_likes average_comments average_views_for_reels reels_percent"
            " number_of_posts",
            _TEXTS: "keywords_in_captions keywords_not_in_captions hashtags not_hashtags",
            _FLAG: "exclude_private_profile has_videos",
        },
        last_post=_DAYS,
        follower_growth=_GROWTH,
        audience=_AUDIENCE,
    ),
    "youtube": _EVERYWHERE
    | _PUBLIC
    | _GROWING
    | _filters(
        {
            _RANGE: "number_of_subscribers average_views average_views_on_long_videos average_views_on_shorts"
            " median_views_long number_of_videos shorts_percentage long_video_duration average_stream_views"
            " average_stream_duration",
            _TEXTS: "keywords_in_description keywords_not_in_description keywords_in_video_description"
            " keywords_not_in_video_description keywords_in_video_titles keywords_not_in_video_titles"
            " links_from_description links_from_video_description hashtags not_hashtags",
            _FLAG: "has_shorts has_podcast has_courses has_membership has_community_posts has_live_streams"
            " has_live_videos streams_live is_monetizing",
        },
        last_upload_long_video=_DAYS,
        last_upload_short_video=_DAYS,
        last_stream_upload=_DAYS,
        subscriber_growth=_GROWTH,
        topics=_listed_in("youtube_topics"),
    ),
    "tiktok": _EVERYWHERE
    | _PUBLIC
    | _GROWING
    | _filters(
        {
            _RANGE: "number_of_followers average_likes average_comments average_views average_video_downloads"
            " number_of_likes video_count",
            _TEXTS: "video_description not_video_description hashtags not_hashtags",
            _FLAG: "has_tik_tok_shop streams_live exclude_private_profile",
        },
        last_post=_DAYS,
        follower_growth=_GROWTH,
    ),
    "twitch": _EVERYWHERE
    | _PUBLIC
    | _filters(
        {
            _RANGE: "followers active_subscribers average_stream_views average_stream_duration total_hours_streamed"
            " streamed_hours_last_30_days streams_count_last_30_days maximum_views_count avg_views_last_30_days",
            _TEXTS: "keywords_in_description",
            _FLAG: "is_twitch_partner",
        },
        most_recent_stream_date=_DAYS,
        games_played=_listed_in("twitch_games"),
    ),
    "twitter": _EVERYWHERE
    | _PUBLIC
    | _filters(
        {
            _RANGE: "number_of_followers number_of_tweets tweets_count average_likes average_comments average_views",
            _TEXTS: "keywords_in_tweets keywords_not_in_tweets tweets hashtags not_hashtags",
        },
        last_post=_DAYS,
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
