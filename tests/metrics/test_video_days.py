"""The days of a video: each with a count or marked as missing, and numbered in its tracking period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from creator_assets.metrics.video_days import correct_tracking_age, with_missing_days
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
        # A count from before the tracking period.
        (20, -3, BEGUN, (18, 408.0)),
    ],
)
def test_a_day_is_numbered_in_its_tracking_period(
    started_days_before: int, days: int, begun: datetime | None, expected: tuple[int | None, float | None]
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
