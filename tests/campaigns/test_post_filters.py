"""Filters of posts in a brief: checked before anything is bought, and refused where they would be ignored."""

from __future__ import annotations

from datetime import date

import pytest

from creator_assets.campaigns import Campaign, read_brief
from creator_assets.campaigns.post_filters import PostFilters
from tests.campaigns.every_field import CATALOG, faults_of

TERMS = """\
brief: {market: Germany, start: 2026-11-02, end: 2026-12-13, currency: EUR}
budget: {influencers_club: 9, infludata: 90}
shortlist: {top: 3}
"""


def brief(filters: str, *, platforms: tuple[str, ...] = ("instagram",), provider: str = "") -> str:
    roster = ", ".join(f"{{platform: {one}, handle: a}}" for one in platforms)
    named = f"provider: {provider}, " if provider else ""
    return f"{TERMS}roster: [{roster}]\ncontent: {{{named}top: 2, max_items: 5, filters: {filters}}}\n"


def chosen(filters: str, *platforms: str) -> PostFilters | None:
    campaign = read_brief("one", brief(filters, platforms=platforms or ("instagram",)).encode(), CATALOG)
    assert isinstance(campaign, Campaign), [str(fault) for fault in campaign]
    assert campaign.content is not None
    return campaign.content.chosen


def test_filters_are_read_in_one_order_and_none_are_none() -> None:
    first = chosen("{keywords: [summer sale, abs], tags: ['#fit', fit, gym], types: [reel, post], until: 2026-12-01}")
    again = chosen("{keywords: [abs, summer sale], tags: [gym, '##fit'], types: [post, reel], until: 2026-12-01}")
    assert first is not None
    assert first == again
    assert (first.keywords, first.tags, first.types) == (("abs", "summer sale"), ("fit", "gym"), ("post", "reel"))
    assert (first.until, first.sorting, first.min_views) == (date(2026, 12, 1), "uploaded", None)
    assert chosen("{}") is None
    assert chosen("{sorting: uploaded}") is None


def test_a_platform_is_asked_for_its_own_types_alone() -> None:
    found = chosen("{types: [reel, video, short]}", "instagram", "tiktok")
    assert found is not None
    on = {platform: found.types_on(platform) for platform in ("instagram", "tiktok", "youtube", "twitch")}
    assert on == {"instagram": ("reel",), "tiktok": ("video",), "youtube": ("short", "video"), "twitch": None}
    every = chosen("{min_views: 5}")
    assert every is not None
    assert every.types_on("tiktok") == ()


@pytest.mark.parametrize(
    ("filters", "field", "problem"),
    [
        ("{keywords: ['a, b']}", "filters.keywords[0]", "a comma would make two words of this"),
        ("{tags: ['#']}", "filters.tags[0]", "this hashtag has no letters"),
        ("{types: [livestream]}", "filters.types[0]", "unknown value"),
        ("{types: [video, short]}", "filters.types", "no such posts are on instagram"),
        ("{min_views: 10, max_views: 9}", "filters.max_views", "the most views, 9, are below the least, 10"),
        ("{sorting: oldest}", "filters.sorting", "unknown value"),
        ("{until: someday}", "filters.until", ""),
        ("{language: de}", "filters.language", ""),
    ],
)
def test_what_cannot_be_meant_is_refused(filters: str, field: str, problem: str) -> None:
    (fault,) = faults_of(brief(filters))
    assert fault.field == f"content.{field}"
    assert problem in fault.problem


def test_filters_need_a_provider_that_has_them_on_each_platform() -> None:
    (fault,) = faults_of(brief("{min_views: 5}", provider="influencers_club"))
    assert (fault.field, fault.problem, fault.remedy) == (
        "content.filters",
        "influencers_club does not offer this on instagram",
        "It is offered by: infludata on instagram, tiktok, youtube",
    )
    without = brief("{min_views: 5}").replace("infludata: 90", "infludata: 0")
    assert faults_of(without) == () or faults_of(without)[0].field == "content.filters"
