"""The scorecard of a creator: profile, audience and growth in one row, with their costs.

No formula mixes counts of different providers. All inputs of a ratio come from the profile's provider, and growth
compares two counts of one provider.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from creator_assets.metrics.evaluation import evaluate
from creator_assets.metrics.registry import CREATOR_METRICS

WEEKS_BEFORE = 5
"""Number of earlier weeks that may contain the earlier count of the growth."""

_APART = timedelta(days=30)
_TOLERANCE = timedelta(days=3)
_ACCOUNT = ["platform", "username"]
_SEGMENT_COLUMNS = {"country": "audience_country", "age": "audience_age", "gender": "audience_gender"}
_PROFILE_STATES = {
    "pending": "the provider is still making the profile",
    "not_found": "the provider knows no such account",
    "unknown": "the provider has no data of the account",
}
_AUDIENCE_STATES = {
    "pending": "the provider is still making the audience report",
    "unavailable": "the provider has no audience report",
    "not_found": "the provider knows no such account",
}


def scorecard(
    shortlist: pl.DataFrame,
    profiles: pl.DataFrame,
    reports: pl.DataFrame,
    segments: pl.DataFrame,
    earlier: pl.DataFrame,
) -> pl.DataFrame:
    """Return the rows of ``schemas.CreatorScorecard``: the selected creators of one week.

    Args:
        shortlist: Rows of ``schemas.Shortlist``.
        profiles: Rows of ``schemas.EnrichedProfiles``.
        reports: Rows of ``schemas.AudienceReports``.
        segments: Rows of ``schemas.AudienceSegments``.
        earlier: Follower counts of the weeks before, in the form of ``follower_counts``.
    """
    chosen = shortlist.filter("selected").select(
        *_ACCOUNT, "place", "score", pl.col("followers").alias("followers_when_found"), found_at="observed_at"
    )
    counts = pl.concat([follower_counts(shortlist), follower_counts(profiles)])
    joined = (
        chosen.join(_profiles(profiles), on=_ACCOUNT, how="left")
        .join(_audiences(reports, profiles), on=_ACCOUNT, how="left")
        .join(_largest_segments(segments), on=_ACCOUNT, how="left")
        .join(_growth(counts, pl.concat([earlier, counts])), on=_ACCOUNT, how="left")
    )
    seen = ["found_at", "profile_seen_at", "audience_seen_at"]
    rows = joined.with_columns(observed_from=pl.min_horizontal(seen), observed_at=pl.max_horizontal(seen))
    no_profile = _because("profile_state", _PROFILE_STATES, "no profile was asked for")
    no_audience = _because("audience_state", _AUDIENCE_STATES, "no audience report was asked for")
    reasons: dict[str, pl.Expr | str] = dict.fromkeys(("followers", "likes", "comments", "views"), no_profile)
    reasons |= {
        "audience_credibility": no_audience,
        "followers_at_end": "no provider has counted the followers",
        "followers_at_start": "the same provider has not counted the followers 27 to 33 days before",
    }
    return evaluate(rows, CREATOR_METRICS, reasons).rename(
        {"views": "average_views", "likes": "average_likes", "comments": "average_comments"}
    )


def follower_counts(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the follower counts in a shortlist or in profiles: account, provider, followers and time."""
    return rows.filter(pl.col("followers").is_not_null()).select(*_ACCOUNT, "provider", "followers", "observed_at")


def _profiles(profiles: pl.DataFrame) -> pl.DataFrame:
    return profiles.select(
        *_ACCOUNT,
        "account_id",
        "followers",
        profile_state="state",
        profile_provider="provider",
        vendor_engagement_rate="engagement_rate",
        vendor_engagement_basis="engagement_basis",
        views="average_views",
        likes="average_likes",
        comments="average_comments",
        profile_request_id="request_id",
        profile_cost_microcredits="cost_microcredits",
        profile_seen_at="observed_at",
    )


def _audiences(reports: pl.DataFrame, profiles: pl.DataFrame) -> pl.DataFrame:
    """Return the audience reports with their additional cost: 0 if one response contains profile and audience."""
    came_along = pl.col("request_id").is_in(profiles["request_id"].unique().implode())
    return reports.select(
        *_ACCOUNT,
        audience_state="state",
        audience_provider="provider",
        audience_credibility="credibility",
        audience_request_id="request_id",
        audience_cost_microcredits=pl.when(came_along).then(0).otherwise("cost_microcredits"),
        audience_seen_at="observed_at",
    )


def _largest_segments(segments: pl.DataFrame) -> pl.DataFrame:
    """Return the largest segment of the followers by country, age and gender. Among equal ones, the first code."""
    # A large week has a million segments: filter before sorting.
    of_followers = (
        segments.lazy()
        .filter(pl.col("basis") == "followers", pl.col("dimension").is_in(list(_SEGMENT_COLUMNS)))
        .select(*_ACCOUNT, "dimension", "code", "share")
        .sort("share", "code", descending=[True, False])
        .collect()
    )
    largest = of_followers.select(_ACCOUNT).unique()
    for dimension, name in _SEGMENT_COLUMNS.items():
        first = (
            of_followers.filter(pl.col("dimension") == dimension)
            .group_by(_ACCOUNT, maintain_order=True)
            .agg(pl.col("code").first().alias(name), pl.col("share").first().alias(f"{name}_share"))
        )
        largest = largest.join(first, on=_ACCOUNT, how="left")
    return largest


def _growth(counts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return the newest count of each creator, and the count that is closest to 30 days before it."""
    newest = (
        counts.sort("observed_at", "provider", descending=[True, False])
        .unique(_ACCOUNT, keep="first", maintain_order=True)
        .rename({"followers": "followers_at_end", "observed_at": "counted_at"})
    )
    distance = pl.col("counted_at") - pl.col("observed_at") - _APART
    nearest = (
        newest.join(known, on=[*_ACCOUNT, "provider"], how="inner")
        .filter(distance.abs() <= _TOLERANCE)
        .sort(distance.abs(), "observed_at", "followers")
        .unique(_ACCOUNT, keep="first", maintain_order=True)
        .select(*_ACCOUNT, pl.col("followers").alias("followers_at_start"), growth_since="observed_at")
    )
    return newest.select(*_ACCOUNT, "followers_at_end").join(nearest, on=_ACCOUNT, how="left")


def _because(state: str, words: dict[str, str], absent: str) -> pl.Expr:
    reason = pl.col(state).replace_strict(words, default="the provider does not say", return_dtype=pl.String)
    return pl.when(pl.col(state).is_null()).then(pl.lit(absent)).otherwise(reason)
