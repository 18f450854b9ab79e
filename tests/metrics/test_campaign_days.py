"""A campaign on a day: counts of that day or the last ones, never later ones, and costs with fees and views only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.campaign_days import campaign_on, videos_on
from creator_assets.tables.schemas import CampaignPerformance, TrackedVideos, VideoPerformance, VideoStats
from creator_assets.tables.validation import conformed
from tests.metrics.frames import frame, reasons

METRICS_OF_A_VIDEO = (
    "er_views", "er_views_all", "views_per_day", "views_over_creator_average", "cpm", "cpv", "cpe",
)  # fmt: skip
BEGUN = datetime(2026, 11, 3, 12, tzinfo=UTC)
FIRST = BEGUN.date()


def tracked(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "url": f"https://x/{name}", "native_id": name, "state": "tracked", "tracked_from": BEGUN,
        "tracked_until": BEGUN + timedelta(days=30),
    } | changes  # fmt: skip


def count(name: str, day_number: int, views: int | None, **changes: Any) -> dict[str, Any]:
    day = FIRST + timedelta(days=day_number - 1)
    is_known = views is not None
    return {
        "native_id": name, "stats_on": day, "day_number": day_number, "source": "series" if is_known else "missing",
        "views": views, "likes": views // 10 if views is not None else None, "comments": 1 if is_known else None,
        "shares": 0 if is_known else None, "views_added": 5 if day_number > 1 else None,
        "days_missing": 0 if day_number > 1 else None, "counted_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
        "creator_average_views": 400.0, "creator_averages_at": BEGUN,
    } | changes  # fmt: skip


def on(
    day_number: int, videos: list[dict[str, Any]], counts: list[dict[str, Any]], **fees: str
) -> tuple[dict[str, dict[str, Any]], pl.DataFrame]:
    paid = {f"https://x/{name}": Decimal(fee) for name, fee in fees.items()}
    day = FIRST + timedelta(days=day_number - 1)
    rows = videos_on(day, frame(TrackedVideos, *videos), frame(VideoStats, *counts), paid, "EUR")
    made = conformed(VideoPerformance, "video_performance", rows)
    return {row["url"].rpartition("/")[2]: row for row in made.rows(named=True)}, rows


def total(day: date, rows: pl.DataFrame, fees: str | None) -> dict[str, Any]:
    made = campaign_on(day, rows, Decimal(fees) if fees else None, "EUR")
    (row,) = conformed(CampaignPerformance, "campaign_performance", made).rows(named=True)
    return row


@pytest.mark.parametrize(
    ("day", "counts", "video", "state", "views"),
    [
        (2, [(1, 100), (2, 200)], {}, "counted", 200),
        (2, [(1, 100), (3, 300)], {}, "missing", None),  # neither the day before nor a later count
        (2, [(1, 100), (2, None)], {}, "missing", None),
        (31, [(29, 100), (30, 200)], {}, "ended", 200),
        (90, [(30, 200), (2, 100)], {}, "ended", 200),
        (40, [(28, 200)], {}, "ended", 200),  # three days before the end is near enough
        (40, [(27, 200)], {}, "missing", None),
        (40, [(5, 100)], {}, "missing", None),  # tracking has ended, without a count near its end
        (0, [], {}, "not_begun", None),
        (2, [], {"state": "error", "tracked_from": None, "tracked_until": None}, "not_tracked", None),
        (2, [(2, 200)], {"state": "already_tracked", "tracked_from": None, "tracked_until": None}, "counted", 200),
        (40, [(30, 200)], {"state": "already_tracked", "tracked_from": None, "tracked_until": None}, "ended", 200),
        # Without an end, tracking ends 30 days after the start that the day number gives.
        (31, [(30, 200)], {"state": "already_tracked", "tracked_from": None, "tracked_until": None}, "ended", 200),
        (30, [(29, 200)], {"state": "already_tracked", "tracked_from": None, "tracked_until": None}, "missing", None),
        (9, [(8, 80)], {"state": "unknown", "tracked_from": None, "tracked_until": None}, "missing", None),
        (40, [(30, 200)], {"state": "unknown", "tracked_from": None, "tracked_until": None}, "ended", 200),
        (9, [], {"state": "unknown", "tracked_from": None, "tracked_until": None}, "not_tracked", None),
        (40, [(9, 90)], {"state": "already_tracked", "tracked_from": None, "tracked_until": None}, "missing", None),
    ],
)
def test_a_video_has_the_count_of_its_day_or_its_last_count_or_none(
    day: int, counts: list[tuple[int, int | None]], video: dict[str, Any], state: str, views: int | None
) -> None:
    rows, _ = on(day, [tracked("a", **video)], [count("a", *one) for one in counts], a="50")
    row = rows["a"]
    assert (row["state"], row["views"]) == (state, views)
    assert (row["cpm"] is None) == (views is None)
    if views is None:
        assert row["counted_on"] is None
        assert set(reasons(row)) == set(METRICS_OF_A_VIDEO)
    if state == "ended":
        assert row["views_added"] is None
        assert reasons(row) == {"views_per_day": "its tracked time is over"}


def test_a_cost_needs_a_fee_and_views() -> None:
    counts = [count("a", 2, 4_000), count("b", 2, 0), count("c", 2, 500)]
    rows, _ = on(2, [tracked("a"), tracked("b"), tracked("c")], counts, a="12.50", b="1")
    assert (rows["a"]["cpm"], rows["a"]["cpv"]) == (Decimal("3.125"), Decimal("0.003125"))
    assert rows["a"]["cpe"] == Decimal("0.031172070")
    assert reasons(rows["b"])["cpm"] == "views is 0"
    assert rows["b"]["cpe"] == 1
    assert reasons(rows["c"]) == dict.fromkeys(("cpm", "cpv", "cpe"), "the brief names no fee for the video")


def test_growth_after_missing_days_is_divided_by_them() -> None:
    rows, _ = on(5, [tracked("a")], [count("a", 5, 900, views_added=600, days_missing=2)])
    assert (rows["a"]["views_added"], rows["a"]["views_per_day"]) == (600, 200)
    rows, _ = on(1, [tracked("a")], [count("a", 1, 900)])
    assert reasons(rows["a"])["views_per_day"] == "no count before it"


@pytest.mark.parametrize(
    ("average", "value", "why"),
    [
        (400.0, 2.5, {}),
        (None, None, {"views_over_creator_average": "no provider has its creator's average"}),
        (0.0, None, {"views_over_creator_average": "creator_average_views is 0"}),
    ],
)
def test_views_are_compared_with_the_creators_average(
    average: float | None, value: float | None, why: dict[str, str]
) -> None:
    rows, _ = on(2, [tracked("a")], [count("a", 2, 1_000, creator_average_views=average)], a="1")
    assert (rows["a"]["creator_average_views"], rows["a"]["views_over_creator_average"]) == (average, value)
    assert reasons(rows["a"]) == why


def test_a_video_with_two_urls_counts_once_with_both_fees() -> None:
    short = tracked("a", url="https://x/s")
    rows, _ = on(
        2, [tracked("a"), short, tracked("u", native_id=None, state="error")], [count("a", 2, 100)], a="2", s="3"
    )
    assert [(row["fee"], row["state"]) for row in rows.values()] == [(Decimal(5), "counted"), (None, "not_tracked")]


def test_a_campaign_sums_known_counts_and_counts_the_videos() -> None:
    day = FIRST + timedelta(days=1)
    videos = [tracked("a"), tracked("b"), tracked("c"), tracked("d", state="error", tracked_from=None)]
    counts = [count("a", 2, 1_000), count("b", 2, 3_000), count("c", 1, 9_000)]
    _, rows = on(2, videos, counts, a="10", c="90", d="7")
    row = total(day, rows, "500")
    states = ("videos", "videos_counted", "videos_ended", "videos_missing", "videos_not_begun", "videos_not_tracked")
    assert [row[name] for name in states] == [4, 2, 0, 1, 0, 1]
    assert (row["views"], row["likes"], row["views_added"]) == (4_000, 400, 10)
    # Only the video with both counts: no fee without views, no views without a fee.
    assert (row["cpm"], row["videos_with_cost"], row["video_fees"]) == (10, 1, 107)
    assert row["er_views"] == 402 / 4_000
    assert reasons(row) == {
        "campaign_cpm": "2 of 4 videos have no count of views",
        "campaign_cpe": "2 of 4 videos have no count of likes",
    }


def test_campaign_costs_need_a_count_of_every_video() -> None:
    day = FIRST + timedelta(days=1)
    videos, counts = [tracked("a"), tracked("b")], [count("a", 2, 1_000), count("b", 2, 3_000)]
    _, rows = on(2, videos, counts)
    row = total(day, rows, "500")
    assert (row["campaign_cpm"], row["campaign_cpe"]) == (125, pytest.approx(Decimal("1.243781095")))
    assert reasons(row)["cpm"] == "no video has all of it: fee, views"
    assert reasons(total(day, rows, None))["campaign_cpm"] == "the brief names no fees"
