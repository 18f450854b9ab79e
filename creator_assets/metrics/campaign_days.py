"""Performance of a campaign's videos on a day: one row per video, and one row for all videos together.

A row uses a count of the day itself, or the last count after the end of a video's tracking. It never uses a later
count. A day without a count never gets the count of an earlier day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from creator_assets.metrics.evaluation import MISSING, evaluate, evaluate_totals
from creator_assets.metrics.registry import AMOUNT, CAMPAIGN_METRICS, TOTAL_METRICS, VIDEO_METRICS
from creator_assets.metrics.tracking_period import TRACKED_DAYS
from creator_assets.metrics.video_days import COUNTERS, TRACKED_STATES, VIDEO
from creator_assets.metrics.video_days import MISSING as WITHOUT_COUNT

# A count counts as the last one if it is at most this number of days before the end of tracking.
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
    """Return the rows of ``schemas.VideoPerformance``: each video of the brief, as known on that day.

    Args:
        day: The UTC day.
        tracked: Rows of ``schemas.TrackedVideos`` of the day's week.
        stats: Rows of ``schemas.VideoStats`` of the campaign; rows of later days are ignored.
        fees: Fee of a video, by its canonical URL.
        currency: Currency of the fees.
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
    reasons = dict.fromkeys(COUNTERS, no_count) | dict.fromkeys(("views_added", "days_spanned"), no_growth)
    unknown = {
        "fee": "the brief names no fee for the video",
        "creator_average_views": "no provider has its creator's average",
    }
    return evaluate(rows, VIDEO_METRICS, {**reasons, **unknown})


def campaign_on(day: date, videos: pl.DataFrame, fees: Decimal | None, currency: str) -> pl.DataFrame:
    """Return the row of ``schemas.CampaignPerformance``: all videos together.

    Args:
        day: The UTC day.
        videos: Rows of ``schemas.VideoPerformance`` of that day, at least one.
        fees: Sum of all fees of the campaign's creators.
        currency: Currency of the fees.
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
    reasons = {
        f"all_{name}": pl.format("{} of {} videos have no count of {}", f"without_{name}", "videos", pl.lit(name))
        for name in COUNTERS
    }
    campaign = evaluate(totals, CAMPAIGN_METRICS, reasons | {"campaign_fee": "the brief names no fees"})
    of_videos = evaluate_totals(videos, TOTAL_METRICS, "video")
    return pl.concat([campaign.drop(MISSING), of_videos.drop(MISSING)], how="horizontal").with_columns(
        pl.concat([of_videos[MISSING], campaign[MISSING]]).explode(empty_as_null=False).implode().alias(MISSING)
    )


def _each_once(videos: pl.DataFrame) -> pl.DataFrame:
    """Merge rows of one video (a URL and its short link) into one row with the sum of the fees."""
    is_known = pl.col("native_id").is_not_null()
    fee = pl.when(is_known).then(_sum("fee").over(VIDEO)).otherwise("fee")
    identity = pl.coalesce("native_id", "url").alias("identity")
    return videos.with_columns(identity, fee=fee).unique(["platform", "identity"], keep="first", maintain_order=True)


def _with_state(videos: pl.DataFrame, day: date) -> pl.DataFrame:
    """Add the state of each video on the day. For a video that was already tracked, its count gives the start."""
    begun = pl.col("stats_on") - pl.duration(days=pl.col("day_number") - 1)
    over = pl.coalesce(pl.col("tracked_until").dt.date(), begun + pl.duration(days=TRACKED_DAYS))
    # A video that the provider's tracking response left out is tracked nevertheless if it has a count.
    is_counted = (pl.col("state") == "unknown") & pl.col("day_number").is_not_null()
    has_last = pl.col("stats_on") >= over - pl.duration(days=_LAST_WITHIN_DAYS)
    return videos.with_columns(
        state=pl.when(pl.col("stats_on") == day)
        .then(pl.lit("counted"))
        .when(~(pl.col("state").is_in(TRACKED_STATES) | is_counted))
        .then(pl.lit("not_tracked"))
        .when(pl.col("tracked_from").dt.date() > day)
        .then(pl.lit("not_begun"))
        .when((over <= day) & has_last)
        .then(pl.lit("ended"))
        .otherwise(pl.lit("missing"))
    )


def _sum(name: str) -> pl.Expr:
    """The sum of the known values; null if no value is known."""
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum())
