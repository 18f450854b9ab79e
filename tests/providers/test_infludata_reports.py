"""Audience reports of influData: one row and long segments in fractions, or a row that says why there are none."""

from __future__ import annotations

from typing import Any

import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.infludata import requests, rows

from .bench import answer, total_cost

SETTINGS = ProviderSettings(client_id="sandbox-client")
CREDIT = 1_000_000
REPORT = {
    "userId": "7",
    "followers": 10,
    "audienceReport": {
        "ages": [{"code": "18-24", "percentage": 60}, {"code": "25-34", "percentage": 39.5}],
        "genders": {"m": 40, "w": 60},
        "ethnicities": {"a": 50, "b": 50},
        "cities": [{"name": "Köln", "percentage": 0.5}],
        "audienceQuality": {"realPercentage": 81.25, "types": [{"code": "real", "percentage": 70}]},
    },
}


def test_a_report_becomes_one_row_and_long_segments_in_fractions() -> None:
    call = requests.profile_with_report(SETTINGS, "tiktok", "x").first
    bought = answer(call, REPORT)
    parsed = rows.report_rows([bought])
    assert bought.charge_microcredits == 20 * CREDIT == total_cost(parsed.reports.rows)
    report = parsed.reports.rows.row(0, named=True)
    assert (report["state"], report["bases"], report["credibility"]) == ("ready", "followers", 0.8125)
    shares = {(row[0], row[1]): row[2] for row in parsed.segments.rows.select("dimension", "code", "share").rows()}
    assert shares == {
        ("age", "18-24"): 0.6,
        ("age", "25-34"): 0.395,
        ("gender", "m"): 0.4,
        ("gender", "w"): 0.6,
        ("city", "Köln"): 0.005,
        ("type", "real"): 0.7,
    }


def test_ethnicity_is_dropped_unless_it_is_asked_for() -> None:
    bought = answer(requests.profile_with_report(SETTINGS, "tiktok", "x").first, REPORT)
    assert "ethnicity" not in rows.report_rows([bought]).segments.rows["dimension"].to_list()
    kept = rows.report_rows([bought], keep_sensitive=True).segments.rows
    assert kept.filter(dimension="ethnicity")["share"].to_list() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("body", "status", "state", "charge"),
    [({}, 202, "pending", 1), ({}, 201, "pending", 0), ({"error": "no"}, 404, "not_found", 0),
     ({"userId": "7", "followers": 1}, 200, "unavailable", 20)],
)  # fmt: skip
def test_a_missing_report_becomes_a_row_with_its_state(body: Any, status: int, state: str, charge: int) -> None:
    bought = answer(requests.profile_with_report(SETTINGS, "tiktok", "x").first, body, status)
    parsed = rows.report_rows([bought])
    row = parsed.reports.rows.row(0, named=True)
    assert (row["state"], row["cost_microcredits"]) == (state, charge * CREDIT)
    assert row["next_look_at"] == bought.not_before
    assert parsed.segments.rows.is_empty()


def test_names_that_no_reader_knows_are_listed_and_a_report_of_them_alone_is_unreadable() -> None:
    call = requests.profile_with_report(SETTINGS, "tiktok", "x").first
    bought = answer(call, {"followers": 10, "audienceReport": {"moods": {"happy": 1.0}, "vibes": [{"a": 1}]}})
    parsed = rows.report_rows([bought])
    assert parsed.reports.rows["state"].to_list() == ["unreadable"]
    segments = parsed.segments
    assert segments.rows.is_empty()
    assert segments.rejected.select("username", "field", "problem").rows() == [
        ("x", "followers.moods", "unknown"),
        ("x", "followers.vibes", "unknown"),
    ]
    assert total_cost(segments.rejected) == 20 * CREDIT


def test_a_small_share_in_a_report_of_per_cent_stays_as_it_came_and_is_noted() -> None:
    call = requests.profile_with_report(SETTINGS, "tiktok", "x").first
    report = {
        "ages": {"18-24": 60, "25-34": 40},
        "cities": {"Bonn": 0.5},
        "languages": [{"code": "de", "percentage": 0.5}],
    }
    segments = rows.report_rows([answer(call, {"followers": 10, "audienceReport": report})]).segments
    shares = {(one["dimension"], one["code"]): one["share"] for one in segments.rows.to_dicts()}
    assert shares == {("age", "18-24"): 0.6, ("age", "25-34"): 0.4, ("city", "Bonn"): 0.5, ("language", "de"): 0.005}
    assert segments.notes.select("field", "problem").rows() == [("followers.city", "ambiguous")]


def test_a_report_under_a_name_that_no_document_has_is_found_by_its_maps() -> None:
    call = requests.profile_with_report(SETTINGS, "tiktok", "x").first
    body = {"followers": 10, "audienceInsights": {"ageDistribution": [{"label": "18-24", "value": "100%"}]}}
    segments = rows.report_rows([answer(call, body)]).segments
    assert segments.rows.select("dimension", "code", "share").rows() == [("age", "18-24", 1.0)]
