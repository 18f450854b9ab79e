"""What a campaign's videos have brought by a day, for what was paid: one row per video, and one for all of them.

Only counts of the day or, once a video's time is over, its last ones are used: a day without a count is no day with the
count of the day before. What was counted later is not known on an earlier day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from creator_assets.metrics.measuring import MISSING, measured, measured_together
from creator_assets.metrics.registry import AMOUNT, OF_BRIEFS, OF_COUNTS, OF_VIDEOS
from creator_assets.metrics.video_days import COUNTERS, FOLLOWED, VIDEO
from creator_assets.metrics.video_days import MISSING as WITHOUT_COUNT

# How long the counters of a tracked video are read (seed `004_40d95a48aadf2d02.txt`), and how near to the end of it a
# count has to lie to be the last one.
_TRACKED_DAYS = 30
_LAST_WITHIN_DAYS = 3
_CONTEXT = ("creator_average_views", "creator_averages_at")
_REASONS = {
    "missing": "no count on this day",
    "not_begun": "not tracked yet on this day",
    "not_tracked": "the video is not tracked",
}
WITH_COUNT = ("counted", "ended")
VIDEO_STATES = (*WITH_COUNT, *_REASONS)


def videos_on(
    day: date, tracked: pl.DataFrame, stats: pl.DataFrame, fees: Mapping[str, Decimal], currency: str
) -> pl.DataFrame:
    """The rows of ``schemas.VideoPerformance``: each video of the brief, as known on that day.

    Args:
        day: The UTC day.
        tracked: Rows of ``schemas.TrackedVideos`` of the day's week.
        stats: Rows of ``schemas.VideoStats`` of the campaign; those of later days are left out.
        fees: What was paid for a video, by its address in the canonical form.
        currency: Of the fees.
    """
    paid = pl.DataFrame({"url": list(fees), "fee": list(fees.values())}, schema={"url": pl.String, "fee": AMOUNT})
    videos = _each_once(tracked.join(paid, on="url", how="left"))
    last = (
        stats.filter((pl.col("source") != WITHOUT_COUNT) & (pl.col("stats_on") <= day))
        .sort("stats_on")
        .unique(VIDEO, keep="last", maintain_order=True)
        .select(
            *VIDEO, "stats_on", "counted_at", "day_number", *COUNTERS, "views_added", "days_missing",
            *_CONTEXT, counts_request_id="request_id", counts_seen_at="observed_at",
        )
    )  # fmt: skip
    rows = _with_state(videos.join(last, on=VIDEO, how="left"), day)
    is_known, is_counted = pl.col("state").is_in(WITH_COUNT), pl.col("state") == "counted"
    counted = [
        pl.when(is_known).then(pl.col(name)).alias(name)
        for name in ("stats_on", "counted_at", "day_number", *COUNTERS, *_CONTEXT)
    ]
    rows = rows.with_columns(
        *counted,
        views_added=pl.when(is_counted).then("views_added"),
        days_spanned=pl.when(is_counted).then(pl.col("days_missing") + 1),
        counts_request_id=pl.when(is_known).then("counts_request_id"),
        observed_at=pl.when(is_known).then("counts_seen_at").otherwise("observed_at"),
        currency=pl.lit(currency),
    ).rename({"stats_on": "counted_on"})
    no_count = pl.col("state").replace_strict(_REASONS, default="the provider does not say", return_dtype=pl.String)
    no_growth = pl.when(pl.col("state") == "ended").then(pl.lit("its tracked time is over")).when(is_counted).then(
        pl.lit("no count before it")
    ).otherwise(no_count)  # fmt: skip
    why = dict.fromkeys(COUNTERS, no_count) | dict.fromkeys(("views_added", "days_spanned"), no_growth)
    not_told = {
        "fee": "the brief names no fee for the video",
        "creator_average_views": "nobody told its creator's average",
    }
    return measured(rows, OF_VIDEOS, {**why, **not_told})


def campaign_on(day: date, videos: pl.DataFrame, fees: Decimal | None, currency: str) -> pl.DataFrame:
    """The row of ``schemas.CampaignPerformance``: all videos together.

    Args:
        day: The UTC day.
        videos: Rows of ``schemas.VideoPerformance`` of that day, at least one.
        fees: What the creators of the campaign are paid in all.
        currency: Of the fees.
    """
    of_state = {f"videos_{state}": (pl.col("state") == state).sum() for state in VIDEO_STATES}
    has_cost = pl.col("fee").is_not_null() & pl.col("views").is_not_null()
    totals = videos.select(
        stats_on=pl.lit(day),
        currency=pl.lit(currency),
        videos=pl.len(),
        **of_state,
        **{name: _sum(name) for name in (*COUNTERS, "views_added")},
        **{f"all_{name}": pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum()) for name in COUNTERS},
        **{f"without_{name}": pl.col(name).is_null().sum() for name in COUNTERS},
        videos_with_cost=has_cost.sum(),
        video_fees=_sum("fee"),
        campaign_fee=pl.lit(fees, dtype=AMOUNT),
        observed_from=pl.col("observed_at").min(),
        observed_at=pl.col("observed_at").max(),
    )
    why = {
        f"all_{name}": pl.format("{} of {} videos have no count of {}", f"without_{name}", "videos", pl.lit(name))
        for name in COUNTERS
    }
    of_brief = measured(totals, OF_BRIEFS, why | {"campaign_fee": "the brief names no fees"})
    together = measured_together(videos, OF_COUNTS, "video")
    return pl.concat([of_brief.drop(MISSING), together.drop(MISSING)], how="horizontal").with_columns(
        pl.concat([together[MISSING], of_brief[MISSING]]).explode(empty_as_null=False).implode().alias(MISSING)
    )


def _each_once(videos: pl.DataFrame) -> pl.DataFrame:
    """A video that the brief has under two addresses (one of them a short link) once, for both its fees."""
    is_known = pl.col("native_id").is_not_null()
    fee = pl.when(is_known).then(_sum("fee").over(VIDEO)).otherwise("fee")
    identity = pl.coalesce("native_id", "url").alias("identity")
    return videos.with_columns(identity, fee=fee).unique(["platform", "identity"], keep="first", maintain_order=True)


def _with_state(videos: pl.DataFrame, day: date) -> pl.DataFrame:
    """What is known of each video on the day; where it was tracked already, its own count tells when that began."""
    begun = pl.col("stats_on") - pl.duration(days=pl.col("day_number") - 1)
    over = pl.coalesce(pl.col("tracked_until").dt.date(), begun + pl.duration(days=_TRACKED_DAYS))
    # What the answer that should have begun it left out is tracked nevertheless if it is counted.
    is_counted = (pl.col("state") == "unknown") & pl.col("day_number").is_not_null()
    has_last = pl.col("stats_on") >= over - pl.duration(days=_LAST_WITHIN_DAYS)
    return videos.with_columns(
        state=pl.when(pl.col("stats_on") == day)
        .then(pl.lit("counted"))
        .when(~(pl.col("state").is_in(FOLLOWED) | is_counted))
        .then(pl.lit("not_tracked"))
        .when(pl.col("tracked_from").dt.date() > day)
        .then(pl.lit("not_begun"))
        .when((over <= day) & has_last)
        .then(pl.lit("ended"))
        .otherwise(pl.lit("missing"))
    )


def _sum(name: str) -> pl.Expr:
    """The sum of what is known; null where nothing is."""
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum())
