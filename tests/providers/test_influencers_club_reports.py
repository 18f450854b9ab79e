"""Audience reports of influencers.club: shares in every form met become the same rows, and what is missing says so."""

from __future__ import annotations

from typing import Any

import pytest

from creator_assets.providers.influencers_club import rows

from .bench import answer, total_cost
from .club import CREDIT, FULL


def audience(**parts: Any) -> dict[str, Any]:
    block = {"userid": "7", "follower_count": 10, "audience": parts}
    return {"result": {"email": None, "instagram": block}}


LISTED = {"audience_ages": [{"code": "18-24", "weight": 0.75}, {"code": "25-34", "weight": 0.25}]}
MAPPED = {
    "audience_ages": {"18-24": 0.75, "25-34": 0.25},
    "audience_genders_per_age": [{"code": "18-24", "male": 0.5, "female": 0.25}],
    "audience_geo": {"countries": {"DE": 0.5}, "states": [], "cities": [{"code": "Köln", "weight": 0.125}]},
    "audience_brand_affinity": [{"name": "Nike", "weight": 0.25, "affinity": 1.5}],
    "audience_ethnicities": {"a": 1.0},
    "audience_credibility": 0.77,
    "credibility_class": "bad",
    "notable_users": [{"username": "somebody_else"}],
    "audience_lookalikes": [{"username": "another_one"}],
    "notable_users_ratio": 0.01,
}


def test_audiences_in_both_forms_become_the_same_long_rows() -> None:
    def shares(data: Any) -> list[tuple[Any, ...]]:
        bought = answer(FULL, audience(audience_followers={"success": True, "data": data}))
        segments = rows.report_rows([bought]).segments.rows.filter(dimension="age")
        return segments.select("basis", "code", "share", "is_exclusive").rows()

    assert shares(MAPPED) == shares(LISTED) == [("followers", "18-24", 0.75, True), ("followers", "25-34", 0.25, True)]


def test_a_report_names_its_bases_no_people_and_no_ethnicity() -> None:
    likers = {"success": True, "data": LISTED | {"audience_credibility": 0.9}}
    missing = {"success": False, "error": "audience data is not available"}
    body: dict[str, Any] = audience(
        audience_followers={"success": True, "data": MAPPED}, audience_likers=likers, audience_commenters=missing
    )
    parsed = rows.report_rows([answer(FULL, body)])
    report = parsed.reports.rows.row(0, named=True)
    assert {name: report[name] for name in ("state", "native_id", "bases", "credibility", "likers_credibility")} == {
        "state": "ready",
        "native_id": "7",
        "bases": "followers, likers",
        "credibility": 0.77,
        "likers_credibility": 0.9,
    }
    assert (report["credibility_class"], report["notable_share"]) == ("bad", 0.01)
    segments = parsed.segments.rows
    assert set(segments["dimension"]) == {"age", "gender_and_age", "country", "city", "brand"}
    assert segments.filter(dimension="brand").select("code", "share", "affinity", "is_exclusive").rows() == [
        ("Nike", 0.25, 1.5, False)
    ]
    assert segments.filter(dimension="gender_and_age")["code"].sort().to_list() == ["18-24/female", "18-24/male"]
    assert not {"somebody_else", "another_one"} & set(segments["code"])
    assert total_cost(parsed.reports.rows) == total_cost(segments) == CREDIT
    kept = rows.report_rows([answer(FULL, body)], keep_sensitive=True).segments.rows
    assert kept.filter(dimension="ethnicity").height == 1


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        (audience(audience_followers={"success": False}), 200, "unavailable"),
        (audience(audience_followers=None), 200, "unavailable"),
        (audience(audience_followers={"success": True, "data": {}}), 200, "unavailable"),
        (
            audience(audience_likers={"success": True, "data": {"audience_ages": [], "audience_geo": {}}}),
            200,
            "unavailable",
        ),
        ({"result": {"instagram": {"follower_count": 1}}}, 200, "unavailable"),
        ({"detail": "No data found."}, 404, "not_found"),
    ],
)
def test_a_missing_audience_becomes_a_row_with_its_state(body: Any, status: int, state: str) -> None:
    parsed = rows.report_rows([answer(FULL, body, status)])
    assert parsed.reports.rows["state"].to_list() == [state]
    assert parsed.segments.rows.is_empty()


@pytest.mark.parametrize(
    ("data", "shares"),
    [
        # Each dimension is in its own unit, and one that may be in either stays as it came.
        ({"audience_ages": {"a": 60, "b": 40}, "audience_genders": {"m": 0.4, "f": 0.6}}, [0.6, 0.4, 0.4, 0.6]),
        ({"audience_genders": {"m": 0.4, "f": 0.6}, "audience_interests": {"Sport": 45.0}}, [0.4, 0.6, 0.45]),
        ({"audience_interests": {"Sport": 45.0, "Food": 0.5}}, [0.45, 0.005]),
        ({"audience_genders": {"m": 40, "f": 60}, "audience_interests": {"Sport": 0.5}}, [0.4, 0.6, 0.5]),
        ({"audience_genders": {"m": 0.4, "f": 0.6}, "audience_geo": {"countries": {"DE": 50}}}, [0.4, 0.6, 0.5]),
        # A number may be written as text.
        ({"audience_ages": [{"code": "a", "weight": "75"}, {"code": "b", "weight": "25"}]}, [0.75, 0.25]),
        ({"audience_genders_per_age": {"18-24": {"male": 0.5, "female": 0.25}}}, [0.5, 0.25]),
    ],
)
def test_shares_of_each_dimension_are_read_in_its_own_unit(data: dict[str, Any], shares: list[float]) -> None:
    parsed = rows.report_rows([answer(FULL, audience(audience_followers={"success": True, "data": data}))])
    assert parsed.segments.rejected.is_empty()
    assert parsed.segments.rows["share"].to_list() == pytest.approx(shares)


@pytest.mark.parametrize(
    ("written", "read_as"), [(77.0, 0.77), (0.77, 0.77), ("77", 0.77), (170, None), ("good", None)]
)
def test_a_share_of_real_followers_in_another_form_does_not_reject_the_report(written: Any, read_as: float) -> None:
    data = LISTED | {"audience_credibility": written, "notable_users_ratio": written}
    reports = rows.report_rows([answer(FULL, audience(audience_followers={"data": data}))]).reports
    assert reports.rows.select("state", "credibility", "notable_share").rows() == [("ready", read_as, read_as)]


def test_odd_shares_are_rejected_one_by_one() -> None:
    odd = {"audience_ages": {"a": 0.5, "b": "much", "c": None, "d": -0.5}, "audience_genders": "none"}
    parsed = rows.report_rows([answer(FULL, audience(audience_followers={"data": odd}))]).segments
    assert parsed.rows.select("code", "share").rows() == [("a", 0.5)]
    assert parsed.rejected.select("field", "reason").sort("reason").rows() == [
        ("share", "breaks the rule `min` of the table"),
        ("share", "missing"),
        ("share", "not a number"),
    ]
