"""The days of a video: each with a count or marked as missing, and numbered in its tracking period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from creator_assets.metrics.video_days import (
    add_tracking_age,
    correct_tracking_age,
    due_on,
    grown_since,
    with_missing_days,
    without_series,
)
from creator_assets.tables.schemas import TrackedVideos, VideoStats
from tests.metrics.frames import frame

BEGUN = datetime(2026, 11, 3, 12, tzinfo=UTC)


def tracked(name: str = "a", begun: datetime | None = BEGUN, **changes: Any) -> dict[str, Any]:
    return {
        "url": f"https://x/{name}", "native_id": name, "state": "tracked" if begun else "already_tracked",
        "tracked_from": begun, "tracked_until": begun and begun + timedelta(days=30),
    } | changes  # fmt: skip


def count(at: datetime, started: datetime, name: str = "a", views: int | None = 7) -> dict[str, Any]:
    age = (at - started).total_seconds() / 3600
    return {
        "native_id": name, "stats_on": at.date(), "counted_at": at if views is not None else None, "views": views,
        "source": "series" if views is not None else "missing", "day_number": (at.date() - started.date()).days + 1,
        "age_hours": age if age >= 0 and views is not None else None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("started_days_before", "days", "begun", "expected"),
    [
        (0, 4, BEGUN, (5, 96.0)),
        # The provider states the start of an earlier period, after a new one has started.
        (45, 4, BEGUN, (5, 96.0)),
        (30, 0, BEGUN, (1, 0.0)),
        # Tracking started elsewhere; that period decides.
        (9, 4, None, (14, 312.0)),
        # The tracking period of the day is unknown.
        (45, 4, None, (None, None)),
        # Somebody else started a new period later.
        (-40, 44, BEGUN, (5, 96.0)),
        # The delay of a response of up to an hour starts no other period.
        (1 / 24, 4, BEGUN, (5, 97.0)),
        (1.1 / 24, 4, BEGUN, (5, 96.0)),
        # A period has 31 days, the first and the last of them in part.
        (30, 0, None, (31, 720.0)),
        (31, 0, None, (None, None)),
        # A count from before the tracking period.
        (20, -3, BEGUN, (18, 408.0)),
    ],
)
def test_a_day_is_numbered_in_its_tracking_period(
    started_days_before: float, days: int, begun: datetime | None, expected: tuple[int | None, float | None]
) -> None:
    at, started = BEGUN + timedelta(days=days), BEGUN - timedelta(days=started_days_before)
    rows = correct_tracking_age(frame(VideoStats, count(at, started)), frame(TrackedVideos, tracked(begun=begun)))
    assert rows.select("day_number", "age_hours").row(0) == expected


def test_a_video_tracked_elsewhere_is_missing_on_the_days_of_its_series() -> None:
    at = BEGUN + timedelta(days=2)
    points = frame(
        VideoStats,
        count(at, BEGUN, "counted"),
        *(count(at, BEGUN, name, None) for name in ("elsewhere", "here", "not of this campaign")),
    )
    began_elsewhere = (tracked(name, None) for name in ("counted", "elsewhere", "unheard of"))
    videos = frame(TrackedVideos, *began_elsewhere, tracked("here"))
    rows = with_missing_days(points, videos, at.date(), at)
    assert sorted(rows.select("native_id", "source", "day_number").rows()) == [
        ("counted", "series", 3),
        ("elsewhere", "missing", 3),
        ("here", "missing", 3),
    ]


@pytest.mark.parametrize(("days", "is_due"), [(-1, False), (0, True), (29, True), (30, False)])
def test_a_video_is_due_from_its_first_day_to_the_day_before_its_end(days: int, is_due: bool) -> None:
    videos = frame(TrackedVideos, tracked("a"), tracked("b", None, tracked_until=None), tracked("c", native_id=None))
    assert due_on(videos, (BEGUN + timedelta(days=days)).date())["native_id"].to_list() == (["a"] if is_due else [])


@pytest.mark.parametrize(
    ("hours", "expected"), [(-12.5, (None, None)), (-1, (1, None)), (0, (1, 0.0)), (12, (2, 12.0)), (36.5, (3, 36.5))]
)
def test_a_single_count_gets_day_number_and_age_of_the_tracking_period(
    hours: float, expected: tuple[int | None, float | None]
) -> None:
    at = BEGUN + timedelta(hours=hours)
    rows = add_tracking_age(frame(VideoStats, count(at, at)), frame(TrackedVideos, tracked()))
    assert rows.select("day_number", "age_hours").row(0) == expected


@pytest.mark.parametrize(
    ("views", "is_correction", "added"), [(6, False, 1), (5, False, 0), (4, True, -1), (None, False, None)]
)
def test_growth_is_the_difference_to_the_previous_count_and_a_lower_counter_is_a_correction(
    views: int | None, is_correction: bool, added: int | None
) -> None:
    at = BEGUN + timedelta(days=4)
    before = frame(VideoStats, count(BEGUN + timedelta(days=1), BEGUN, views=5))
    grown = grown_since(frame(VideoStats, count(at, BEGUN, views=views)), before).row(0, named=True)
    assert (grown["views_added"], grown["is_correction"], grown["days_missing"]) == (added, is_correction, 2)


def test_a_first_count_has_no_growth() -> None:
    grown = grown_since(frame(VideoStats, count(BEGUN, BEGUN)), frame(VideoStats)).row(0, named=True)
    assert (grown["views_added"], grown["is_correction"], grown["days_missing"]) == (None, False, None)


@pytest.mark.parametrize(("days", "names"), [(29, ["b", "open"]), (30, ["open"])])
def test_videos_without_a_count_are_those_that_are_still_tracked(days: int, names: list[str]) -> None:
    at = BEGUN + timedelta(days=days)
    videos = frame(TrackedVideos, tracked("a"), tracked("b"), tracked("open", None))
    points = frame(VideoStats, count(at, BEGUN, "a"), count(at, BEGUN, "b", None))
    assert sorted(without_series(points, videos, at.date())["native_id"]) == names
