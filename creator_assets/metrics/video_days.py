"""Daily rows of tracked videos: one row per video and UTC day of its tracking, with counters or marked as missing.

Counters are never interpolated. A day without a count stays empty, and the growth of the next count covers it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from creator_assets.metrics.tracking_period import LAST_DAY_NUMBER

MISSING = "missing"
COUNTERS = ("views", "likes", "comments", "shares")
VIDEO = ["platform", "native_id"]
"""The columns that identify a video at every provider."""
TRACKED_STATES = ("tracked", "already_tracked")
"""States of videos that have a tracker."""


def with_missing_days(points: pl.DataFrame, tracked: pl.DataFrame, day: date, polled_at: datetime) -> pl.DataFrame:
    """Return the counts of the tracked videos on one day, and a row without counters for each missing count.

    Args:
        points: Rows of ``schemas.VideoStats`` on `day`, of any videos; rows without a count are allowed.
        tracked: Rows of ``schemas.TrackedVideos``.
        day: The UTC day.
        polled_at: Time of the request for the counts.

    Returns:
        Rows of ``schemas.VideoStats``. For a video that was already tracked, only `points` show its days.
    """
    own = _each_once(tracked)
    has_count = pl.col("source") != MISSING
    counted = points.filter(has_count).join(own.select(VIDEO), on=VIDEO, how="semi", maintain_order="left")
    elsewhere = own.filter(pl.col("tracked_from").is_null()).join(counted.select(VIDEO), on=VIDEO, how="anti")
    without_count = points.filter(~has_count).join(elsewhere.select(VIDEO), on=VIDEO, how="semi", maintain_order="left")
    absent = (
        due_on(tracked, day)
        .join(counted.select(VIDEO), on=VIDEO, how="anti", maintain_order="left")
        .with_columns(
            stats_on=pl.lit(day),
            source=pl.lit(MISSING),
            day_number=(pl.lit(day) - pl.col("tracked_from").dt.date()).dt.total_days() + 1,
            # The row comes from the tracking response, its time from the request for the counts; it costs nothing.
            observed_at=pl.lit(polled_at).cast(points.schema["observed_at"]),
            cost_microcredits=pl.lit(0, dtype=pl.Int64),
        )
    )
    filled = absent.select(name for name in points.columns if name in absent.columns)
    return pl.concat([counted, without_count, filled], how="diagonal")


def due_on(tracked: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the rows of ``schemas.TrackedVideos`` whose tracking includes `day`, one per video."""
    is_due = (pl.col("tracked_from").dt.date() <= day) & (pl.col("tracked_until").dt.date() > day)
    return _each_once(tracked).filter(is_due)


def grown_since(counted: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Add the growth since the counts `before`. A row with a lower counter is a correction.

    Args:
        counted: Rows of ``schemas.VideoStats`` of one day.
        before: The last earlier counts of each video: ``stats_on`` and the counters. A video may have none.
    """
    earlier = before.select(*VIDEO, before_on="stats_on", **{f"before_{name}": name for name in COUNTERS})
    growth = {name: pl.col(name) - pl.col(f"before_{name}") for name in COUNTERS}
    return (
        counted.join(earlier, on=VIDEO, how="left", maintain_order="left")
        .with_columns(
            days_missing=(pl.col("stats_on") - pl.col("before_on")).dt.total_days() - 1,
            is_correction=pl.any_horizontal((added < 0).fill_null(value=False) for added in growth.values()),
            **{f"{name}_added": added for name, added in growth.items()},
        )
        .select(counted.columns)
    )


def _each_once(tracked: pl.DataFrame) -> pl.DataFrame:
    """Return one row per video. Of several URLs of a video, keep the row that started its tracking, if there is one."""
    known = tracked.filter(pl.col("native_id").is_not_null()).sort("tracked_from", nulls_last=True, maintain_order=True)
    return known.unique(VIDEO, keep="first", maintain_order=True)


def without_series(points: pl.DataFrame, tracked: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return key columns of the videos that are still tracked on `day` and have no count."""
    is_over = (pl.col("tracked_until").dt.date() <= day).fill_null(value=False)
    own = _each_once(tracked.filter(~is_over))
    counted = points.filter(pl.col("source") != MISSING)
    return own.join(counted.select(VIDEO), on=VIDEO, how="anti", maintain_order="left").select(VIDEO)


def add_tracking_age(counted: pl.DataFrame, tracked: pl.DataFrame) -> pl.DataFrame:
    """Add day number and age in the tracking period to counts that do not come from a series.

    A count from before the tracking period has neither. Tracking may start in the middle of a week, when the plan has
    room again.
    """
    begun = _each_once(tracked).select(*VIDEO, "tracked_from")
    age = pl.col("counted_at") - pl.col("tracked_from")
    day_number = (pl.col("stats_on") - pl.col("tracked_from").dt.date()).dt.total_days() + 1
    return (
        counted.join(begun, on=VIDEO, how="left", maintain_order="left")
        .with_columns(
            day_number=pl.when(day_number >= 1).then(day_number),
            age_hours=pl.when(age >= timedelta(0)).then(age.dt.total_seconds() / 3600),
        )
        .select(counted.columns)
    )


def correct_tracking_age(counted: pl.DataFrame, tracked: pl.DataFrame) -> pl.DataFrame:
    """Correct day number and age of a series' counts to their tracking period.

    A provider may still state the start of an earlier tracking period after a new one started. Then the response that
    started the new period decides. Without such a response, the period of the count is unknown.
    """
    begun = _each_once(tracked).select(*VIDEO, "tracked_from")
    since = (pl.col("counted_at") - pl.col("tracked_from")).dt.total_seconds() / 3600
    # A difference of up to one hour is the delay of the response, not another period.
    is_anew = (since >= 0) & (pl.col("age_hours") - since > 1)
    number = (pl.col("stats_on") - pl.col("tracked_from").dt.date()).dt.total_days() + 1
    is_known = (pl.col("day_number") <= LAST_DAY_NUMBER).fill_null(value=True)
    return (
        counted.join(begun, on=VIDEO, how="left", maintain_order="left")
        .with_columns(
            day_number=pl.when(is_anew).then(number).otherwise("day_number"),
            age_hours=pl.when(is_anew).then(since).otherwise("age_hours"),
        )
        .with_columns(day_number=pl.when(is_known).then("day_number"), age_hours=pl.when(is_known).then("age_hours"))
        .select(counted.columns)
    )
