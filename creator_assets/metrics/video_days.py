"""A tracked video has a row on each UTC day of its time: with the day's counters, or saying that there are none.

Nothing is interpolated: a day without a count stays without one, and the increments of the next counted day span it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

MISSING = "missing"
COUNTERS = ("views", "likes", "comments", "shares")
# Thirty times 24 hours, which begin at any time of a day, lie on so many of them.
LAST_DAY_NUMBER = 31
VIDEO = ["platform", "native_id"]
"""What a video is known by, whoever tells of it."""
FOLLOWED = ("tracked", "already_tracked")
"""States of videos that somebody tracks."""


def with_missing_days(points: pl.DataFrame, tracked: pl.DataFrame, day: date, looked_at: datetime) -> pl.DataFrame:
    """The counted rows of the tracked videos on one day, and one without counters for each that should have a count.

    Args:
        points: Rows of ``schemas.VideoStats`` on `day`, of any videos; they may tell of days without a count.
        tracked: Rows of ``schemas.TrackedVideos``.
        day: The UTC day.
        looked_at: When the counts were asked for.

    Returns:
        Rows of ``schemas.VideoStats``. Of a video whose tracking began elsewhere only `points` tell which days are its
        own.
    """
    own = _each_once(tracked)
    has_count = pl.col("source") != MISSING
    counted = points.filter(has_count).join(own.select(VIDEO), on=VIDEO, how="semi", maintain_order="left")
    elsewhere = own.filter(pl.col("tracked_from").is_null()).join(counted.select(VIDEO), on=VIDEO, how="anti")
    told = points.filter(~has_count).join(elsewhere.select(VIDEO), on=VIDEO, how="semi", maintain_order="left")
    absent = (
        due_on(tracked, day)
        .join(counted.select(VIDEO), on=VIDEO, how="anti", maintain_order="left")
        .with_columns(
            stats_on=pl.lit(day),
            source=pl.lit(MISSING),
            day_number=(pl.lit(day) - pl.col("tracked_from").dt.date()).dt.total_days() + 1,
            # Where it is known from is the tracking; when it was missed, the look at the counts, which costs nothing.
            observed_at=pl.lit(looked_at).cast(points.schema["observed_at"]),
            cost_microcredits=pl.lit(0, dtype=pl.Int64),
        )
    )
    return pl.concat([counted, told, absent.select(c for c in points.columns if c in absent.columns)], how="diagonal")


def due_on(tracked: pl.DataFrame, day: date) -> pl.DataFrame:
    """Of rows of ``schemas.TrackedVideos`` those whose tracked time has `day` in it, each video once."""
    is_due = (pl.col("tracked_from").dt.date() <= day) & (pl.col("tracked_until").dt.date() > day)
    return _each_once(tracked).filter(is_due)


def grown_since(counted: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Counts with what they grew by since those `before`; a counter that fell makes a row a correction.

    Args:
        counted: Rows of ``schemas.VideoStats`` of one day.
        before: Of each video the last counts of an earlier day: ``stats_on`` and the counters; some have none.
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
    """Of a video that is there under several addresses the answer that began its tracking, where one did."""
    known = tracked.filter(pl.col("native_id").is_not_null()).sort("tracked_from", nulls_last=True, maintain_order=True)
    return known.unique(VIDEO, keep="first", maintain_order=True)


def without_series(points: pl.DataFrame, tracked: pl.DataFrame, day: date) -> pl.DataFrame:
    """The videos that are known, are not past their time on `day` and have no count: ``platform`` and ``native_id``."""
    is_over = (pl.col("tracked_until").dt.date() <= day).fill_null(value=False)
    own = _each_once(tracked.filter(~is_over))
    counted = points.filter(pl.col("source") != MISSING)
    return own.join(counted.select(VIDEO), on=VIDEO, how="anti", maintain_order="left").select(VIDEO)


def on_their_days(counted: pl.DataFrame, tracked: pl.DataFrame) -> pl.DataFrame:
    """Counts that come from elsewhere than a series, with the day and the age that they have in the tracked time.

    A count from before that time has neither: tracking may begin in the middle of a week, when the plan has room again.
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


def in_their_time(counted: pl.DataFrame, tracked: pl.DataFrame) -> pl.DataFrame:
    """Counts of a series, with the day and the age that they have in the tracked time in which they lie.

    A provider may go on stating when a video was first tracked although that time is over and it is tracked anew: then
    the answer that began the new time tells. Where none does, it is not known of which time the count is.
    """
    begun = _each_once(tracked).select(*VIDEO, "tracked_from")
    since = (pl.col("counted_at") - pl.col("tracked_from")).dt.total_seconds() / 3600
    # What the answer itself took to arrive makes no other time.
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
