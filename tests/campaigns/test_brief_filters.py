"""Filters of a search: every documented one may be written, and an unknown one only on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from creator_assets.campaigns import Campaign
from creator_assets.campaigns.brief import examine_brief
from tests.campaigns.every_field import CATALOG

# Names that the provider's own n8n node and its OpenAPI page of the search list for each platform (read 2026-12).
EVERYWHERE = (
    "location gender profile_language ai_search creator_has exclude_role_based_emails exclude_handles is_verified "
    "has_link_in_bio has_done_brand_deals promotes_affiliate_links does_live_streaming link_in_bio brands has_merch"
)
DOCUMENTED = {
    "instagram": "type number_of_followers posting_frequency follower_growth average_likes average_comments "
    "exclude_private_profile keywords_in_bio last_post income exclude_keywords_in_bio keywords_in_captions hashtags "
    "not_hashtags has_videos number_of_posts reels_percent average_views_for_reels engagement_percent audience",
    "youtube": "type posting_frequency last_upload_long_video last_upload_short_video income number_of_subscribers "
    "topics keywords_in_video_titles keywords_in_description keywords_not_in_description keywords_in_video_description "
    "keywords_not_in_video_description links_from_description links_from_video_description hashtags not_hashtags "
    "subscriber_growth has_shorts has_podcast has_courses has_membership shorts_percentage has_community_posts "
    "streams_live average_views_on_long_videos average_views_on_shorts number_of_videos is_monetizing "
    "long_video_duration average_stream_views average_stream_duration last_stream_upload engagement_percent",
    "tiktok": "type number_of_followers posting_frequency follower_growth average_likes average_comments average_views "
    "average_video_downloads has_tik_tok_shop exclude_private_profile keywords_in_bio last_post "
    "exclude_keywords_in_bio hashtags not_hashtags not_video_description video_description "
    "video_count engagement_percent",
    "twitch": "most_recent_stream_date keywords_in_description followers active_subscribers "
    "streamed_hours_last_30_days total_hours_streamed maximum_views_count avg_views_last_30_days "
    "streams_count_last_30_days games_played "
    "is_twitch_partner",
    "twitter": "type number_of_followers average_likes keywords_in_bio keywords_in_tweets last_post "
    "exclude_keywords_in_bio hashtags not_hashtags tweets_count engagement_percent",
}
HEAD = "brief: {market: Germany, start: 2026-11-02, end: 2026-12-13, currency: EUR}\nbudget: {influencers_club: 10}\n"


def examined(filters: str, *, section: str = "discovery", platform: str = "instagram", more: str = "") -> Any:
    name = "name: one" if section == "discovery" else "like: someone"
    search = f"{name}, provider: influencers_club, platform: {platform}, max_creators: 5, {more}filters: {filters}"
    return examine_brief("one", f"{HEAD}shortlist: {{top: 3}}\n{section}: [{{{search}}}]\n".encode(), CATALOG)


def read(filters: str, **options: Any) -> Any:
    found = examined(filters, **options)
    assert isinstance(found.campaign, Campaign), [str(fault) for fault in found.faults]
    return (*found.campaign.discovery, *found.campaign.lookalikes)[0].filters


def fault_of(filters: str, **options: Any) -> str:
    (fault,) = examined(filters, **options).faults
    return str(fault)


@pytest.mark.parametrize("platform", DOCUMENTED)
def test_the_catalog_has_every_documented_filter(platform: str) -> None:
    known = CATALOG.providers["influencers_club"].filters[platform]
    assert set(f"{EVERYWHERE} {DOCUMENTED[platform]}".split()) - set(known) == set()


def test_an_audience_is_described_by_lists_of_shares() -> None:
    audience = (
        "{interests: [{name: Sports, min_pct: 20}], location: [{name: Germany, type: country, min_pct: 30}], "
        "language: [{language_abbr: de}], age: [{range: 18-24, min_pct: 25}, {range: 65+}]}"
    )
    assert read(f"{{audience: {audience}}}") == {
        "audience": {
            "interests": ({"name": "Sports", "min_pct": 20},),
            "location": ({"name": "Germany", "type": "country", "min_pct": 30},),
            "language": ({"language_abbr": "de"},),
            "age": ({"range": "18-24", "min_pct": 25}, {"range": "65+"}),
        }
    }


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ("{audience: {interests: [{min_pct: 20}]}}", "interests[0]: name is missing. Add it"),
        ("{audience: {interests: []}}", "the list is empty"),
        ("{audience: {interests: Sports}}", "expected a list, found text"),
        ("{audience: {location: [{name: Germany, typ: city}]}}", "Did you mean type?"),
        ("{audience: {age: [{range: 18-25}]}}", "Did you mean 18-24?"),
        ("{audience: {interests: [{name: Sports, min_pct: 101}]}}", "101 is out of range"),
        ("{creator_has: {has_youtub: true}}", "Did you mean has_youtube?"),
        ("{last_post: soon}", "expected a whole number"),
        ("{sort: {sort_by: follower}}", "sort_by"),
        ("{sort: {sort_order: asc}}", "sort_by is missing"),
    ],
)
def test_what_a_filter_cannot_be_is_named(filters: str, said: str) -> None:
    assert said in fault_of(filters)


def test_growth_is_an_order_where_the_provider_has_it() -> None:
    assert read("{sort: {sort_by: growth_rate}}", platform="tiktok") == {"sort": {"sort_by": "growth_rate"}}
    assert "growth_rate" in fault_of("{sort: {sort_by: growth_rate}}", platform="twitch")
    assert "look-alikes come in the provider's own order" in fault_of(
        "{sort: {sort_by: relevancy}}", section="lookalikes"
    )


def test_an_unknown_filter_passes_on_purpose_alone_and_with_a_warning() -> None:
    odd = "{mood: [sunny, {a: 1.5, b: true}], location: [Germany]}"
    assert "mood: influencers_club on instagram has no such filter" in fault_of(odd)
    found = examined(odd, more="allow_unknown: true, ")
    (search,) = found.campaign.discovery
    assert search.filters == {"mood": ("sunny", {"a": 1.5, "b": True}), "location": ("Germany",)}
    (warning,) = found.warnings
    assert "it may ignore it and bill the unfiltered answer" in str(warning)
    assert str(warning).startswith("one.yaml:4:")
    # A known filter is held to its form all the same.
    assert "expected a list" in fault_of("{location: Germany}", more="allow_unknown: true, ")
    deep = "{mood: [[[[[[1]]]]]]}"
    assert "nested more than 5 times" in fault_of(deep, more="allow_unknown: true, ")
