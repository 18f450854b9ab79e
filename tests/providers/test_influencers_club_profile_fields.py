"""Each value of a profile under the name that it really has on its platform, by the captured full profiles."""

from __future__ import annotations

from typing import Any

import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.influencers_club import account_rows, requests, rows

from .bench import answer

SETTINGS = ProviderSettings()


def profile_of(platform: str, block: dict[str, Any] | None, **top: Any) -> Any:
    """Return the parsed answer of a full profile."""
    call = requests.full_profile(SETTINGS, platform, "x").first
    return rows.profile_rows([answer(call, {"credits_cost": 1.0, "result": {platform: block, **top}})])


@pytest.mark.parametrize(
    ("platform", "block", "expected"),
    [
        (
            "instagram",
            {"userid": "1", "follower_count": 10, "media_count": 5, "reels": {"avg_view_count": 7.5},
             "avg_comments": 2.5,
             "engagement_percent": 0.474, "language_code": ["de", "en"]},
            {"native_id": "1", "posts": 5, "average_views": 7.5, "average_comments": 2.5, "language": "de",
             "engagement_basis": "er_followers_median"},
        ),
        (
            "tiktok",
            {"user_id": "2", "sec_user_id": "MS4wLjABAAAA", "follower_count": 10, "video_count": 6,
             "play_count_avg": 8.5,
             "comment_count_avg": 1.25, "region": "Spain", "niche_class": ["Sport"], "engagement_percent": 5.96},
            {"native_id": "2", "posts": 6, "average_views": 8.5, "average_comments": 1.25, "country": "Spain",
             "category": "Sport", "engagement_basis": "er_views"},
        ),
        (
            "youtube",
            {"id": "UC1", "title": "T", "description": "D", "subscriber_count": 10, "video_count": 4,
             "avg_views": 9.5, "country": "US", "niche_class": None, "engagement_percent": 2.15},
            {"native_id": "UC1", "display_name": "T", "biography": "D", "posts": 4, "average_views": 9.5,
             "country": "US",
             "engagement_basis": "er_views_median"},
        ),
        (
            "twitter",
            {"userid": "4", "follower_count": 10, "media_count": 4467, "tweets_count": 101963, "avg_reply": 30,
             "engagement_percent": 0.05},
            {"posts": 101963, "average_comments": 30.0, "engagement_basis": "unknown"},
        ),
        (
            "twitch",
            {"user_id": "5", "displayName": "S", "total_followers": 10, "avg_views": 3.5},
            {"native_id": "5", "display_name": "S", "average_views": 3.5, "engagement_basis": None},
        ),
        (
            "linkedin",
            {"id": "ln1", "followers": 10, "first_name": "Lea", "last_name": "Beispiel", "summary": "about me",
             "geo": {"country": "Germany"}},
            {"native_id": "ln1", "display_name": "Lea Beispiel", "biography": "about me", "country": "Germany"},
        ),
    ],
)  # fmt: skip
def test_each_platform_has_its_own_names(platform: str, block: dict[str, Any], expected: dict[str, Any]) -> None:
    row = profile_of(platform, block).rows.row(0, named=True)
    assert {name: row[name] for name in expected} == expected
    assert (row["state"], row["followers"]) == ("enriched", 10)


@pytest.mark.parametrize(
    "block",
    [
        None,
        {},
        {"exists": False},
        {"exists": "false", "username": "x"},
        {"exists": False, "follower_count": 0},
        {"exists": True},
    ],
)
def test_a_block_without_a_value_is_not_found(block: Any) -> None:
    parsed = profile_of("instagram", block, email=None, location="Spain")
    assert parsed.rows.select("state", "followers", "country").rows() == [("not_found", None, None)]
    assert parsed.rejected.is_empty()


def test_a_profile_without_followers_is_a_row_and_says_so() -> None:
    parsed = profile_of("instagram", {"userid": "1", "media_count": 5})
    assert parsed.rows.select("state", "followers", "posts").rows() == [("enriched", None, 5)]
    assert parsed.notes.select("username", "field", "problem").rows() == [("x", "followers", "missing")]


@pytest.mark.parametrize(
    ("block", "top", "niche"),
    [
        ({"niche_class": ["Sport"]}, {"ai_niches": [{"niche": "Music", "percentage": 90.0}]}, "Sport"),
        ({"category": "Chef"}, {}, "Chef"),
        (
            {"niche_class": None, "niche_sub_class": ["Rock"]},
            {"ai_niches": [{"niche": "Art", "percentage": 10}, {"niche": "Music", "percentage": 90.5}]},
            "Music",
        ),
        ({"niche_class": [], "niche_sub_class": ["Rock"]}, {}, "Rock"),
    ],
)
def test_the_niche_is_the_platforms_own_else_the_largest_that_is_inferred(
    block: dict[str, Any], top: dict[str, Any], niche: str
) -> None:
    parsed = profile_of("youtube", {"id": "UC1", "subscriber_count": 1, **block}, **top)
    assert parsed.rows["category"].to_list() == [niche]


@pytest.mark.parametrize("depth", ["full", "raw", "batch"])
def test_the_title_of_a_job_is_no_name_in_any_kind_of_answer(depth: str) -> None:
    block = {"id": "1", "followers": 10, "title": "Chef", "first_name": "Lea", "last_name": "B", "headline": "cooks"}
    if depth == "full":
        parsed = profile_of("linkedin", block)
    elif depth == "raw":
        call = requests.raw_profile(SETTINGS, "linkedin", "x").first
        parsed = rows.profile_rows([answer(call, {"credits_cost": 0.03, "result": block})])
    else:
        call = requests.batch_results(SETTINGS, "bch_1", platform="linkedin", mode="raw").first
        row = {"input_value": "x", "status": "success", "enrichment_data": block}
        parsed = account_rows.batch_profile_rows([answer(call, [row])])
    assert parsed.rows.select("display_name", "biography", "followers").rows() == [("Lea B", "cooks", 10)]
