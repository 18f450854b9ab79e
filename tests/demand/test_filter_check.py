"""Values of filters that a provider does not know: each is found, with its place in the brief, for no credit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from creator_assets.campaigns import Lookalike, Search, fault_in
from creator_assets.demand.filter_check import WrongValue, wrong_values
from creator_assets.providers.capabilities import catalog
from tests.market import ALL_SETTINGS, CLUB, DATA, ClientUnderTest, campaign_of


def wrong(till: ClientUnderTest, provider: str, platform: str, filters: Any) -> list[WrongValue]:
    search = Search(name="one", provider=provider, platform=platform, max_creators=20, filters=filters)
    found = wrong_values(campaign_of(discovery=(search,)), catalog(), ALL_SETTINGS, lambda pages: till.fetch(*pages))
    assert till.books(CLUB) == till.books(DATA) == (0, 0, 0)
    return found


@pytest.mark.parametrize(
    ("provider", "platform", "filters", "steps", "remedy"),
    [
        (CLUB, "instagram", {"location": ("Germany", "Germny")}, ("location",), "Did you mean 'Germany'"),
        (CLUB, "instagram", {"profile_language": ("klingon",)}, ("profile_language",), "`languages` holds"),
        (CLUB, "instagram", {"audience": {"interests": ({"name": "Qqq", "min_pct": 10},)}},
         ("audience", "interests", 0, "name"), "`audience_interests`"),
        (CLUB, "instagram", {"brands": ("Nobody Ever",)}, ("brands",), "`brands` holds"),
        (CLUB, "instagram", {"audience": {"brands": ("Qqq",)}}, ("audience", "brands"), "`audience_brand_names`"),
        (CLUB, "youtube", {"topics": ("Fitnes",)}, ("topics",), "Did you mean 'Fitness'"),
        (CLUB, "twitch", {"games_played": ("Ches",)}, ("games_played",), "Did you mean 'Chess'"),
        (DATA, "tiktok", {"country": "germany"}, ("country",), "`cities` holds"),
        (DATA, "tiktok", {"country": "Germany", "city": "Berln"}, ("city",), "Did you mean 'Berlin'"),
    ],
)  # fmt: skip
def test_a_value_that_the_provider_does_not_know_is_found_with_the_nearest_right_one(
    till: ClientUnderTest, provider: str, platform: str, filters: Any, steps: tuple[str, ...], remedy: str
) -> None:
    (found,) = wrong(till, provider, platform, filters)
    assert found.steps == ("discovery", 0, "filters", *steps)
    assert f"{provider} does not know the value" in found.problem
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("provider", "platform", "filters"),
    [
        (CLUB, "instagram", {"location": ("Germany",), "profile_language": ("de",), "brands": ("nike",)}),
        (
            CLUB,
            "instagram",
            {"location": (" germany",), "profile_language": ("German", "fr"), "brands": ("Nike Inc.",)},
        ),
        (CLUB, "instagram", {"audience": {"brand_categories": ("Sports",), "credibility": "good"}}),
        (CLUB, "youtube", {"topics": ("Sports", "Basketball")}),
        (CLUB, "tiktok", {"hashtags": ("whatever",), "number_of_followers": {"min": 10}}),
        (DATA, "tiktok", {"country": "Germany", "city": "Berlin", "followerMin": 1_000}),
    ],
)
def test_known_values_and_free_texts_pass(till: ClientUnderTest, provider: str, platform: str, filters: Any) -> None:
    assert wrong(till, provider, platform, filters) == []


def test_only_the_dictionaries_that_are_needed_are_asked_and_each_once(till: ClientUnderTest) -> None:
    wrong(till, CLUB, "instagram", {"location": ("Germany", "France"), "brands": ("nike", "adidas")})
    wrong(till, CLUB, "instagram", {"location": ("Spain",)})
    asked = [(request["operation"]) for request in till.market.requests(CLUB)]
    assert sorted(set(asked)) == ["IC-5", "IC-6"]
    assert asked.count("IC-5") == 1


def test_look_alike_searches_are_checked_as_well(till: ClientUnderTest) -> None:
    like = Lookalike(
        provider=CLUB, platform="instagram", like="cristiano", max_creators=5, filters={"location": ("Nowhere",)}
    )
    found = wrong_values(campaign_of(lookalikes=(like,)), catalog(), ALL_SETTINGS, lambda pages: till.fetch(*pages))
    assert [one.steps for one in found] == [("lookalikes", 0, "filters", "location")]


def test_a_brief_that_is_gone_meanwhile_is_named_without_a_line(tmp_path: Path) -> None:
    fault = fault_in(tmp_path, "gone", ("discovery", 0), "is wrong", "Mend it")
    assert str(fault) == f"{tmp_path}/gone.yaml:1:1: is wrong. Mend it."
