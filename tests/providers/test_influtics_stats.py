"""Influtics counts tracked videos: what a day of a video is, what it added, and which days are missing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import ChargeBasis
from creator_assets.providers.influtics import requests, rows, stat_rows

from .bench import ProviderBench, answer

SETTINGS = ProviderSettings()
CREDIT = 1_000_000


def video(stats: Any, **fields: Any) -> dict[str, Any]:
    return {
        "video_id": "uuid",
        "external_video_id": "7489443966908189959",
        "platform": "TikTok",
        "created_at": "2025-06-30T08:20:00+00:00",
        "stats": stats,
    } | fields


def page(*videos: Any, more: bool = False) -> dict[str, Any]:
    return {"success": True, "data": {"data": list(videos), "pagination": {"has_more": more}}}


STATS = requests.stats(SETTINGS, 250)


def test_a_series_becomes_a_row_a_day_with_what_it_added_and_what_is_missing() -> None:
    series = {
        "views": {
            "2025-06-30 08:26:03.730104+00": 100,
            "2025-06-30 23:00:00+00": 150,
            "2025-07-02 00:05:00+00": 400,
            "2025-07-03 00:05:00+00": 390,
        },
        "likes": {"2025-06-30 23:00:00+00": 10, "2025-07-02 00:05:00+00": 12, "2025-07-03 00:05:00+00": 13},
    }
    table = stat_rows.stat_rows([answer(STATS.first, page(video(series)))]).rows.sort("stats_on")
    columns = ("stats_on", "views", "views_added", "likes_added", "days_missing", "day_number", "is_correction")
    assert table.select(columns).rows() == [
        (date(2025, 6, 30), 150, None, None, None, 1, False),
        (date(2025, 7, 2), 400, 250, 2, 1, 3, False),
        (date(2025, 7, 3), 390, -10, 1, 0, 4, True),
    ]
    assert table["comments"].to_list() == [None] * 3
    assert table["age_hours"][0] == pytest.approx(14 + 40 / 60)
    assert table["platform"].unique().to_list() == ["tiktok"]
    only = stat_rows.stat_rows([answer(STATS.first, page(video(series)))], days=[date(2025, 7, 2)]).rows
    assert only.select(columns).rows() == table.select(columns).rows()[1:2]


@pytest.mark.parametrize(
    ("day", "number"),
    [(date(2025, 6, 29), None), (date(2025, 6, 30), 1), (date(2025, 7, 29), 30), (date(2025, 7, 30), None)],
)
def test_a_tracked_day_without_a_count_has_a_row(day: date, number: int | None) -> None:
    series = {"views": {"2025-07-03 00:05:00+00": 390}}
    table = stat_rows.stat_rows([answer(STATS.first, page(video(series)))], days=[day, date(2025, 7, 3)]).rows
    found = table.filter(stats_on=day).select("source", "day_number", "views", "counted_at", "is_correction").rows()
    assert found == ([] if number is None else [("missing", number, None, None, None)])
    assert table.filter(stats_on=date(2025, 7, 3))["source"].to_list() == ["series"]


def test_each_counter_keeps_its_own_last_count_of_a_day_and_a_day_of_nulls_is_none() -> None:
    series = {
        "views": {"2025-07-01 00:05:00.1+00": 5, "2025-07-02 00:05:00+00": None, "2025-07-03 00:05:00.1+00": 9},
        "likes": {"2025-07-01 00:05:00.2+00": 1, "2025-07-03 00:05:00.2+00": 2},
    }
    latest = {"views": None, "likes": 3, "stats_last_updated": "2025-07-03T00:05:01+00:00"}
    table = stat_rows.stat_rows([answer(STATS.first, page(video(series, **latest)))]).rows.sort("stats_on")
    assert table.select("stats_on", "views", "likes", "views_added", "likes_added", "days_missing").rows() == [
        (date(2025, 7, 1), 5, 1, None, None, None),
        (date(2025, 7, 3), 9, 3, 4, 2, 1),
    ]


def test_a_count_just_before_the_stated_start_is_kept_without_an_age() -> None:
    early = video({"views": {"2025-06-30 08:19:00+00": 6}})
    parsed = stat_rows.stat_rows([answer(STATS.first, page(early))])
    assert parsed.rows.select("views", "day_number", "age_hours").rows() == [(6, 1, None)]


def test_an_odd_point_or_video_is_rejected_and_the_others_pass() -> None:
    fine = {"views": {"2025-07-01 00:05:00+00": 5}}
    odd = {"views": {"yesterday": 5, "2025-07-02 00:05:00+00": "7"}}
    given = page(video(fine, external_video_id=None), video(odd), {}, video("none"), video(fine, platform="vk"))
    parsed = stat_rows.stat_rows([answer(STATS.first, given)])
    assert sorted(parsed.rows.select("platform", "views").rows()) == [("tiktok", 7), ("vk", 5)]
    assert parsed.rejected.select("field", "reason").rows() == [("native_id", "missing"), ("counted_at", "missing")]


def test_the_newest_counters_count_where_the_series_lacks_them() -> None:
    newest = {"views": 9, "likes": None, "stats_last_updated": "2025-07-01T10:00:00.000000+00:00"}
    table = stat_rows.stat_rows([answer(STATS.first, page(video({}, **newest)))]).rows
    assert table.select("stats_on", "views", "likes").rows() == [(date(2025, 7, 1), 9, None)]


def test_pages_of_statistics_are_requested_until_the_last() -> None:
    assert STATS.max_requests == 3
    assert STATS.worst_case_microcredits == 0
    first = answer(STATS.first, page(more=True))
    second = STATS.follow(first, 1)
    assert second is not None
    assert second.params["offset"] == "100"
    assert STATS.follow(answer(second, page()), 2) is None
    unsaid = {"success": True, "data": {"data": [video({})] * 100}}
    assert STATS.follow(answer(STATS.first, unsaid), 1) is not None


def test_tracked_videos_are_read_day_by_day_over_http(bench: ProviderBench) -> None:
    urls = [f"https://www.tiktok.com/@bar.films/video/74894439669081{number:05d}" for number in range(60)]
    bought = [bench.fetch(pages)[0] for pages in requests.track(SETTINGS, urls)]
    assert rows.tracked_rows(bought).rows["state"].unique().to_list() == ["tracked"]
    assert bench.booked["influtics"] == bench.meter("influtics") == 60 * 30 * CREDIT
    bench.advance(days=3)
    pages = bench.fetch(requests.stats(SETTINGS, 60))
    table = stat_rows.stat_rows(pages).rows
    assert table["native_id"].n_unique() == 60
    assert table.group_by("native_id").len()["len"].unique().to_list() == [4]
    bench.ask(requests.track(SETTINGS, urls[:1])[0].first)
    assert (bench.outcomes[-1].basis, bench.outcomes[-1].charge_microcredits) == (ChargeBasis.ASSUMED, 30 * CREDIT)
    found = rows.balance(bench.ask(requests.balance(SETTINGS).first))
    assert found.used_microcredits == bench.meter("influtics")


@pytest.mark.parametrize("sentinel", [-1, None, "hidden", True])
def test_a_sentinel_of_yesterday_inflates_no_growth_of_today(sentinel: Any) -> None:
    series = {
        "views": {"2025-07-01 00:05:00+00": sentinel, "2025-07-02 00:05:00+00": "400"},
        "likes": {"2025-07-01 00:05:00+00": 10, "2025-07-02 00:05:00+00": 12},
    }
    table = stat_rows.stat_rows([answer(STATS.first, page(video(series)))]).rows.sort("stats_on")
    columns = ("views", "views_added", "likes_added", "is_correction")
    assert table.select(columns).rows() == [(None, None, None, False), (400, None, 2, False)]


@pytest.mark.parametrize("key", ["1751414700", "1751414700000", "2025-07-02T00:05:00Z", "2025-07-02 00:05:00"])
def test_a_count_has_its_moment_in_every_notation(key: str) -> None:
    table = stat_rows.stat_rows([answer(STATS.first, page(video({"views": {key: 400}})))]).rows
    assert table.select("stats_on", "views").rows() == [(date(2025, 7, 2), 400)]


@pytest.mark.parametrize("odd", [-1, True, [1, 2], {"value": 1}])
def test_a_counter_that_is_no_count_is_null_and_noted(odd: Any) -> None:
    day = "2025-06-30 23:00:00+00"
    at_once = stat_rows.stat_rows([answer(STATS.first, page(video({"views": {day: 150}, "likes": {day: odd}})))])
    in_place = stat_rows.stat_rows([answer(STATS.first, page(video({"views": {day: 150}, "likes": [odd, odd]})))])
    latest = video({}, stats_last_updated="2025-06-30T23:00:00Z", views=150, likes=odd)
    for parsed in (at_once, in_place, stat_rows.stat_rows([answer(STATS.first, page(latest))])):
        assert parsed.rows.select("views", "likes").rows() == [(150, None)]
        assert "likes" in parsed.notes["field"].to_list()
