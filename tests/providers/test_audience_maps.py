"""The maps of an audience report under any name and in any form."""

from __future__ import annotations

from typing import Any

import pytest

from creator_assets.providers.parsing.audience_maps import dimension_of, maps_in, number


@pytest.mark.parametrize(
    ("names", "dimension"),
    [
        ("audience_ages ages age ageDistribution ageGroups age_range audienceAgeSplit", "age"),
        ("audience_genders gender genderDistribution gender_split sexRatio", "gender"),
        ("audience_genders_per_age gendersPerAge ageGenderBreakdown", "gender_and_age"),
        ("countries countryDistribution topCountries audience_countries", "country"),
        ("cities topCities audienceCities", "city"),
        ("audience_languages languageDistribution", "language"),
        ("audience_interests interests", "interest"),
        ("audience_brand_affinity brandAffinity brands", "brand"),
        ("audience_ethnicities ethnicity", "ethnicity"),
    ],
)
def test_a_dimension_is_known_under_every_name(names: str, dimension: str) -> None:
    for name in names.split():
        found = dimension_of(name)
        assert found is not None, name
        assert found.name == dimension, name


@pytest.mark.parametrize("name", ["", "mood", "audience", "page", "village"])
def test_other_names_are_no_dimension(name: str) -> None:
    assert dimension_of(name) is None


@pytest.mark.parametrize(
    "shares",
    [
        {"DE": 0.5, "AT": 0.25},
        [{"code": "DE", "weight": 0.5}, {"code": "AT", "weight": "0.25"}],
        [{"label": "DE", "value": 0.5}, {"label": "AT", "value": 0.25}],
        [{"country": "DE", "value": 0.5}, {"country": "AT", "value": 0.25}],
        [{"name": "DE", "percentage": "50%"}, {"name": "AT", "percentage": "25 %"}],
        [{"key": "DE", "ratio": "0,5"}, {"key": "AT", "ratio": 0.25}],
    ],
)
def test_parts_are_read_in_every_form(shares: Any) -> None:
    known, unknown = maps_in({"topCountries": shares})
    ((dimension, parts),) = known.items()
    assert [(part.code, number(part.share)) for part in parts] == [("DE", 0.5), ("AT", 0.25)]
    assert (dimension.name, unknown) == ("country", [])


def test_places_may_stand_one_level_deeper_and_what_nobody_knows_is_listed() -> None:
    report = {
        "geoData": {"countries": {"DE": 1}, "villages": [{"code": "a", "weight": 1}]},
        "moods": {"happy": 1.0},
        "audience_lookalikes": [{"username": "x"}],
        "notable_users": [{"username": "x"}],
        "empty": [],
        "audienceQuality": {"types": [{"code": "real", "weight": 1}]},
        "note": "text",
    }
    known, unknown = maps_in(report)
    assert [dimension.name for dimension in known] == ["country"]
    assert unknown == ["geoData.villages", "moods"]


@pytest.mark.parametrize(
    ("text", "value"), [(0.4, 0.4), ("40%", 0.4), ("0,4", 0.4), (True, None), ("many", None), ([], None)]
)
def test_a_share_is_a_number_in_any_notation(text: Any, value: float | None) -> None:
    assert number(text) == value
