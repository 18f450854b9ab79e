"""Tables of reports, computed from bought tables without any cost.

The columns of metrics come from the groups of ``metrics.registry``. A metric without a value is null, and `missing`
gives the reason. `observed_from` and `observed_at` are the oldest and the newest response behind a row; later responses
have no effect on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dataframely as dy
import polars as pl

from creator_assets.metrics.registry import (
    AMOUNT,
    CAMPAIGN_METRICS,
    COMPARISON_METRICS,
    COST_METRICS,
    CREATOR_AUDIENCE_METRICS,
    CREATOR_PROFILE_METRICS,
    DUPLICATION_METRICS,
    ENGAGEMENT_METRICS,
    GROWTH_METRICS,
    REACH_METRICS,
    TOTAL_METRICS,
    Metric,
)
from creator_assets.tables.columns import (
    Personal,
    about,
    account_id_column,
    change,
    count,
    flag,
    microcredits,
    number,
    ordinal,
    text,
    timestamp,
    utc_day,
)
from creator_assets.tables.partition_keys import DAILY, WEEKLY, Tables

_TYPES: Mapping[pl.DataType, type[dy.Float64 | dy.Int64]] = {pl.Float64(): dy.Float64, pl.Int64(): dy.Int64}


def metric_columns(metrics: Iterable[Metric]) -> dict[str, dy.Column]:
    """Return the columns of a group of metrics by name, for ``locals().update`` in the body of a schema.

    The body of a class passes its ``locals()`` to the metaclass, so the columns take the position of the call.
    """
    return {metric.id: metric_column(metric) for metric in metrics}


def metric_column(metric: Metric) -> dy.Column:
    """Return the column of a metric; description, unit and version come from its definition."""
    description = f"{metric.meaning} Formula: `{metric.formula}`. If null, `missing` gives the reason."
    metadata = about(metric.unit, Personal.INDIRECT) | {"metric": metric.label}
    if metric.dtype == AMOUNT:
        return _amount(description, metadata)
    return _TYPES[metric.dtype](nullable=True, description=description, metadata=metadata)


def fee(description: str) -> dy.Decimal:
    """Return a column of fees, in the currency of the brief."""
    return _amount(description, about("currency", Personal.INDIRECT))


def missing_column() -> dy.List:
    """Return the column of metrics without a value."""
    return dy.List(
        dy.Struct({"metric": dy.String(), "reason": dy.String()}),
        description="Metrics without a value in this row, each with the reason.",
        metadata=about(personal=Personal.INDIRECT),
    )


def _amount(description: str, metadata: dict[str, str]) -> dy.Decimal:
    return dy.Decimal(AMOUNT.precision, AMOUNT.scale, nullable=True, min=0, description=description, metadata=metadata)


class CreatorScorecard(dy.Schema):
    """One row per selected creator and week: profile, audience and growth, and their costs."""

    platform = text("Platform of the account.", primary_key=True)
    username = text(
        "Handle on the platform, without @, in its one spelling (see the glossary).", Personal.DIRECT, primary_key=True
    )
    account_id = account_id_column()
    place = ordinal("Place on the shortlist, from 1.", "place", personal=Personal.INDIRECT)
    score = number("Score on the shortlist.", "points", nullable=False, min=0, max=1)
    followers_when_found = count("Followers in the search result.", "accounts")
    followers = count("Followers in the profile.", "accounts")
    profile_state = text("State of the profile. Null if the week has none.", nullable=True)
    profile_provider = text("Provider of the profile.", nullable=True)
    vendor_engagement_rate = number("The profile provider's own engagement rate.", "fraction", min=0)
    vendor_engagement_basis = text("The profile provider's definition of engagement.", nullable=True)
    average_views = number("Average views of a post.", "views", min=0)
    average_likes = number("Average likes of a post.", "likes", min=0)
    average_comments = number("Average comments of a post.", "comments", min=0)
    locals().update(metric_columns(CREATOR_PROFILE_METRICS))
    growth_since = timestamp("Time of the earlier count of the growth.", nullable=True)
    audience_state = text("State of the audience report. Null if the week has none.", nullable=True)
    audience_provider = text("Provider of the audience report.", nullable=True)
    audience_credibility = number("Share of followers that this provider considers real.", "fraction", min=0, max=1)
    locals().update(metric_columns(CREATOR_AUDIENCE_METRICS))
    audience_country = text("Largest country of the followers.", Personal.INDIRECT, nullable=True)
    audience_country_share = number("Share of this country.", "fraction", min=0, max=1)
    audience_age = text("Largest age group of the followers.", Personal.INDIRECT, nullable=True)
    audience_age_share = number("Share of this age group.", "fraction", min=0, max=1)
    audience_gender = text("Largest gender of the followers.", Personal.INDIRECT, nullable=True)
    audience_gender_share = number("Share of this gender.", "fraction", min=0, max=1)
    profile_request_id = text("Id of the request that bought the profile. Joins `credit_ledger`.", nullable=True)
    profile_cost_microcredits = microcredits("Cost of the profile when it was bought.", nullable=True)
    audience_request_id = text("Id of the request that bought the audience report.", nullable=True)
    audience_cost_microcredits = microcredits(
        "Cost of the audience report when it was bought, without the cost of the profile.", nullable=True
    )
    observed_from = timestamp("Time of the oldest response behind the row.")
    observed_at = timestamp("Time of the newest response behind the row.")
    missing = missing_column()


class RosterReach(dy.Schema):
    """One row per platform and week: bounds of the number of different people that the selected creators reach.

    No data links the followers of different platforms. Do not add up rows.
    """

    platform = text("Platform of the creators.", primary_key=True)
    creators = count("Creators in the roster.", "creators", Personal.NONE)
    creators_counted = count("Creators with known followers.", "creators", Personal.NONE)
    creators_compared = count("Creators in a comparison.", "creators", Personal.NONE)
    sets_compared = count("Comparisons that bound the reach.", "sets", Personal.NONE)
    followers_sum = count("Sum of the followers of all creators; shared followers count twice.", "accounts")
    locals().update(metric_columns(REACH_METRICS))
    is_exact = flag("Whether both bounds are equal, so that the reach is exact.")
    locals().update(metric_columns(DUPLICATION_METRICS))
    overlap_cost_microcredits = microcredits("Cost of the comparisons when they were bought.", nullable=True)
    observed_from = timestamp("Time of the oldest count.")
    observed_at = timestamp("Time of the newest count.")
    missing = missing_column()


class VideoPerformance(dy.Schema):
    """One row per video of the brief and day: its counters so far, and their cost by its fee."""

    url = text("Canonical URL of the video.", Personal.DIRECT, primary_key=True)
    platform = text("Platform of the video.")
    native_id = text("The platform's own id of the video.", Personal.INDIRECT, nullable=True)
    state = text(
        "`counted` on this day, `ended` (last count after the end of tracking), `missing` (no count), `not_begun` or "
        "`not_tracked`."
    )
    counted_on = utc_day("UTC day of the counters.", nullable=True)
    counted_at = timestamp("Time of the provider's count.", nullable=True)
    day_number = ordinal("Day of tracking, from 1.", "day", nullable=True)
    views = count("Total views.", "views")
    likes = count("Total likes.", "likes")
    comments = count("Total comments.", "comments")
    shares = count("Total shares or reposts.", "shares")
    views_added = change("Change of views since the previous count.", "views")
    fee = fee("Fee of the video in the brief.")
    currency = text("Currency of all amounts (ISO 4217).")
    locals().update(metric_columns(ENGAGEMENT_METRICS))
    locals().update(metric_columns(GROWTH_METRICS))
    creator_average_views = number("Average views of the creator's videos, from `video_stats`.", "views", min=0)
    creator_averages_at = timestamp("Time of the response with that average.", nullable=True)
    locals().update(metric_columns(COMPARISON_METRICS))
    locals().update(metric_columns(COST_METRICS))
    counts_request_id = text("Id of the request that bought the counters. Joins `credit_ledger`.", nullable=True)
    observed_at = timestamp("Time of the observation of the counters, or of their absence.")
    missing = missing_column()


class CampaignPerformance(dy.Schema):
    """One row per day: the counters of all videos of the campaign so far. Sums cover the videos with a count.

    Metrics of videos cover the videos that have every input. Metrics of the campaign need a count of every video.
    """

    stats_on = utc_day("The UTC day.", primary_key=True)
    currency = text("Currency of all amounts (ISO 4217).")
    videos = count("Videos of the brief.", "videos", Personal.NONE)
    videos_counted = count("Videos with a count of this day.", "videos", Personal.NONE)
    videos_ended = count("Videos after the end of tracking, with their last count.", "videos", Personal.NONE)
    videos_missing = count("Tracked videos without a count.", "videos", Personal.NONE)
    videos_not_begun = count("Videos whose tracking starts later.", "videos", Personal.NONE)
    videos_not_tracked = count("Videos without tracking.", "videos", Personal.NONE)
    views = count("Total views of the videos with a count.", "views")
    likes = count("Total likes of the videos with a count.", "likes")
    comments = count("Total comments of the videos with a count.", "comments")
    shares = count("Total shares of the videos with a count.", "shares")
    views_added = change("Change of views of the videos counted on this day since their previous count.", "views")
    video_fees = fee("Sum of the fees of the videos with a fee in the brief.")
    videos_with_cost = count("Videos with fee and views, which `cpm` and `cpv` cover.", "videos", Personal.NONE)
    campaign_fee = fee("Sum of all fees of the campaign's creators in the brief.")
    locals().update(metric_columns(TOTAL_METRICS))
    locals().update(metric_columns(CAMPAIGN_METRICS))
    observed_from = timestamp("Time of the oldest observation behind the row.")
    observed_at = timestamp("Time of the newest observation behind the row.")
    missing = missing_column()


TABLES: Tables = {
    "creator_scorecard": (CreatorScorecard, WEEKLY),
    "roster_reach": (RosterReach, WEEKLY),
    "campaign_performance": (CampaignPerformance, DAILY),
    "video_performance": (VideoPerformance, DAILY),
}
"""The tables of this module, each with its schema and partition keys."""
