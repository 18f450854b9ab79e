"""A tracked video has a row on each UTC day of its time: with the day's counters, or saying that there are none.

Nothing is interpolated: a day without a count stays without one, and the increments of the next counted day span it.
"""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

MISSING = "missing"


def with_missing_days(points: pl.DataFrame, tracked: pl.DataFrame, day: date, looked_at: datetime) -> pl.DataFrame:
    """The counted rows of the tracked videos on one day, and one without counters for each that should have a count.

    Args:
        points: Rows of ``schemas.VideoStats`` on `day`, of any videos.
        tracked: Rows of ``schemas.TrackedVideos``.
        day: The UTC day.
        looked_at: When the counts were asked for.

    Returns:
        Rows of ``schemas.VideoStats``. A video whose tracking began elsewhere has no row without a count: nobody knows
        which days are its own.
    """
    keys = ["platform", "native_id"]
    own = tracked.filter(pl.col("native_id").is_not_null()).unique(keys, keep="first", maintain_order=True)
    counted = points.join(own.select(keys), on=keys, how="semi", maintain_order="left")
    first = pl.col("tracked_from").dt.date()
    due = own.filter((first <= day) & (pl.col("tracked_until").dt.date() > day))
    absent = due.join(counted.select(keys), on=keys, how="anti", maintain_order="left").with_columns(
        stats_on=pl.lit(day),
        source=pl.lit(MISSING),
        day_number=(pl.lit(day) - first).dt.total_days() + 1,
        # Where it is known from is the tracking; when it was missed, the look at the counts. The look itself is free.
        observed_at=pl.lit(looked_at).cast(points.schema["observed_at"]),
        cost_microcredits=pl.lit(0, dtype=pl.Int64),
    )
    return pl.concat([counted, absent.select(c for c in points.columns if c in absent.columns)], how="diagonal")


def without_series(points: pl.DataFrame, tracked: pl.DataFrame, day: date) -> pl.DataFrame:
    """The videos that are known, are not past their time on `day` and have no count: ``platform`` and ``native_id``."""
    keys = ["platform", "native_id"]
    is_over = (pl.col("tracked_until").dt.date() <= day).fill_null(value=False)
    own = tracked.filter(pl.col("native_id").is_not_null() & ~is_over).unique(keys, keep="first", maintain_order=True)
    return own.join(points.select(keys), on=keys, how="anti", maintain_order="left").select(keys)


def on_their_days(counted: pl.DataFrame, tracked: pl.DataFrame) -> pl.DataFrame:
    """Counts that come from elsewhere than a series, with the day and the age that they have in the tracked time."""
    keys = ["platform", "native_id"]
    begun = tracked.filter(pl.col("native_id").is_not_null()).unique(keys, keep="first").select(*keys, "tracked_from")
    age = pl.col("counted_at") - pl.col("tracked_from")
    day_number = (pl.col("stats_on") - pl.col("tracked_from").dt.date()).dt.total_days() + 1
    return (
        counted.join(begun, on=keys, how="left", maintain_order="left")
        .with_columns(day_number=day_number, age_hours=age.dt.total_seconds() / 3600)
        .select(counted.columns)
    )
