"""Tables of reports: what follows from bought tables alone, for nothing. Metrics are columns made of their definition.

A metric without a value is null and stands in `missing` with the reason. `observed_from` and `observed_at` are the
oldest and the newest answer that a row rests on: nothing in it was known later.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy
import polars as pl

from creator_assets.metrics.registry import (
    AMOUNT,
    CAMPAIGN_CPE,
    CAMPAIGN_CPM,
    CPE,
    CPM,
    CPV,
    DUPLICATION_AT_LEAST,
    DUPLICATION_AT_MOST,
    EFFECTIVE_FOLLOWERS,
    ER_FOLLOWERS_MEAN,
    ER_VIEWS,
    ER_VIEWS_ALL,
    GROWTH_30D,
    MEAN_VIEWS_PER_FOLLOWER,
    REACH_LOWER,
    REACH_UPPER,
    VIEWS_OVER_CREATOR_AVERAGE,
    VIEWS_PER_DAY,
    Metric,
)
from creator_assets.tables.columns import Personal, about, accounts_id, count, flag, moment, money, number, text

_TYPES: Mapping[pl.DataType, type[dy.Float64 | dy.Int64]] = {pl.Float64(): dy.Float64, pl.Int64(): dy.Int64}


def metric(of: Metric) -> dy.Column:
    """A column of a metric's values: meaning, formula, unit and version are those of its definition."""
    description = f"{of.meaning} {of.formula}. Null where `missing` says why."
    facts = about(of.unit, Personal.INDIRECT) | {"metric": of.label}
    if of.dtype == AMOUNT:
        return _amount(description, facts)
    return _TYPES[of.dtype](nullable=True, description=description, metadata=facts)


def fee(description: str) -> dy.Decimal:
    """A column of what somebody is paid, in the currency of the brief."""
    return _amount(description, about("currency", Personal.INDIRECT))


def reasons() -> dy.List:
    """The column of metrics without a value."""
    return dy.List(
        dy.Struct({"metric": dy.String(), "reason": dy.String()}),
        description="The metrics that have no value here, each with the reason.",
        metadata=about(personal=Personal.INDIRECT),
    )


def _amount(description: str, facts: dict[str, str]) -> dy.Decimal:
    return dy.Decimal(AMOUNT.precision, AMOUNT.scale, nullable=True, min=0, description=description, metadata=facts)


class CreatorScorecard(dy.Schema):
    """One row per chosen creator and week: its profile, audience and growth on one line, and what knowing it cost."""

    platform = text("Platform of the account.", primary_key=True)
    username = text("Handle on the platform, without @.", Personal.DIRECT, primary_key=True)
    account_id = accounts_id()
    place = dy.Int64(min=1, description="Place on the shortlist, 1 first.", metadata=about("place"))
    score = number("Score by which it was chosen.", "points", nullable=False, min=0, max=1)
    followers_when_found = count("Followers by the finding that is used.", "accounts")
    followers = count("Followers by the profile.", "accounts")
    profile_state = text("State of the profile; null where none was asked for.", nullable=True)
    profile_provider = text("Who told the profile.", nullable=True)
    vendor_engagement_rate = number("Engagement as that provider gives it.", "fraction", min=0)
    vendor_engagement_basis = text("Which definition of engagement that provider uses.", nullable=True)
    average_views = number("Average views of a post.", "views", min=0)
    average_likes = number("Average likes of a post.", "likes", min=0)
    average_comments = number("Average comments of a post.", "comments", min=0)
    er_followers_mean = metric(ER_FOLLOWERS_MEAN)
    er_views = metric(ER_VIEWS)
    mean_views_per_follower = metric(MEAN_VIEWS_PER_FOLLOWER)
    growth_30d = metric(GROWTH_30D)
    growth_since = moment("When the earlier followers were counted.", nullable=True)
    audience_state = text("State of the audience report; null where none was asked for.", nullable=True)
    audience_provider = text("Who told the audience.", nullable=True)
    audience_credibility = number("Share of the followers that it judges to be real.", "fraction", min=0, max=1)
    effective_followers = metric(EFFECTIVE_FOLLOWERS)
    audience_country = text("Greatest country among the followers.", Personal.INDIRECT, nullable=True)
    audience_country_share = number("Its share.", "fraction", min=0, max=1)
    audience_age = text("Greatest age group among the followers.", Personal.INDIRECT, nullable=True)
    audience_age_share = number("Its share.", "fraction", min=0, max=1)
    audience_gender = text("Greater gender among the followers.", Personal.INDIRECT, nullable=True)
    audience_gender_share = number("Its share.", "fraction", min=0, max=1)
    profile_request_id = text("The request that bought the profile; joins `credit_ledger`.", nullable=True)
    profile_cost_microcredits = money("What the profile cost when it was bought.", nullable=True)
    audience_request_id = text("The request that bought the audience report.", nullable=True)
    audience_cost_microcredits = money("What the report cost beyond the profile when it was bought.", nullable=True)
    observed_from = moment("When the oldest of it was observed.")
    observed_at = moment("When the newest of it was observed.")
    missing = reasons()


class RosterReach(dy.Schema):
    """One row per platform and week: how many different people the chosen creators reach there, as bounds.

    Followers of different platforms cannot be told apart: rows must not be added up.
    """

    platform = text("Platform of the creators.", primary_key=True)
    creators = count("Creators whose reach it is.", "creators", Personal.NONE)
    creators_counted = count("Creators whose followers are known.", "creators", Personal.NONE)
    creators_compared = count("Creators who are in a comparison.", "creators", Personal.NONE)
    sets_compared = count("Comparisons that bound the reach.", "sets", Personal.NONE)
    followers_sum = count("Followers of all creators, people counted as often as they follow.", "accounts")
    reach_lower = metric(REACH_LOWER)
    reach_upper = metric(REACH_UPPER)
    is_exact = flag("Whether both bounds are one number: the reach is known.")
    duplication_at_least = metric(DUPLICATION_AT_LEAST)
    duplication_at_most = metric(DUPLICATION_AT_MOST)
    overlap_cost_microcredits = money("What the comparisons cost when they were bought.", nullable=True)
    observed_from = moment("When the oldest count was observed.")
    observed_at = moment("When the newest count was observed.")
    missing = reasons()


class VideoPerformance(dy.Schema):
    """One row per video of the brief and day: what it has brought by then, for what was paid for it."""

    url = text("Address in its one canonical form.", Personal.DIRECT, primary_key=True)
    platform = text("Platform of the video.")
    native_id = text("The platform's own id of the video.", Personal.INDIRECT, nullable=True)
    state = text(
        "`counted` on this day, `ended` (its time is over; the last count), `missing` (no count), `not_begun` or "
        "`not_tracked`."
    )
    counted_on = dy.Date(nullable=True, description="UTC day of the counters.", metadata=about("UTC day"))
    counted_at = moment("When the provider counted.", nullable=True)
    day_number = dy.Int64(nullable=True, min=1, description="Day of tracking, 1 first.", metadata=about("day"))
    views = count("Views so far.", "views")
    likes = count("Likes so far.", "likes")
    comments = count("Comments so far.", "comments")
    shares = count("Shares or reposts so far.", "shares")
    views_added = dy.Int64(
        nullable=True, description="Views since the count before it.", metadata=about("views", Personal.INDIRECT)
    )
    fee = fee("What was paid for the video, by the brief.")
    currency = text("Currency of all amounts (ISO 4217).")
    er_views = metric(ER_VIEWS)
    er_views_all = metric(ER_VIEWS_ALL)
    views_per_day = metric(VIEWS_PER_DAY)
    creator_average_views = number("Average views of its creator's videos, as `video_stats` has them.", "views", min=0)
    creator_averages_at = moment("When that average was told.", nullable=True)
    views_over_creator_average = metric(VIEWS_OVER_CREATOR_AVERAGE)
    cpm = metric(CPM)
    cpv = metric(CPV)
    cpe = metric(CPE)
    counts_request_id = text("The request that told the counters; joins `credit_ledger`.", nullable=True)
    observed_at = moment("When the counters, or that there are none, were observed; an average has its own moment.")
    missing = reasons()


class CampaignPerformance(dy.Schema):
    """One row per day: what the campaign's videos have brought by then. Sums are those of the videos with a count.

    Metrics of videos are over those that have every part of it; those of the campaign need a count of every video.
    """

    stats_on = dy.Date(primary_key=True, description="The UTC day.", metadata=about("UTC day"))
    currency = text("Currency of all amounts (ISO 4217).")
    videos = count("Videos of the brief.", "videos", Personal.NONE)
    videos_counted = count("Of these, with a count of this day.", "videos", Personal.NONE)
    videos_ended = count("Of these, whose time is over, with their last count.", "videos", Personal.NONE)
    videos_missing = count("Of these, without a count that they should have.", "videos", Personal.NONE)
    videos_not_begun = count("Of these, tracked only later.", "videos", Personal.NONE)
    videos_not_tracked = count("Of these, not tracked.", "videos", Personal.NONE)
    views = count("Views so far of the videos with a count.", "views")
    likes = count("Likes likewise.", "likes")
    comments = count("Comments likewise.", "comments")
    shares = count("Shares likewise.", "shares")
    views_added = dy.Int64(
        nullable=True,
        description="Views that the videos counted on this day have won since their count before it.",
        metadata=about("views", Personal.INDIRECT),
    )
    video_fees = fee("What was paid for the videos for which the brief names a fee.")
    videos_with_cost = count(
        "Videos with fee and views: those over which `cpm` and `cpv` are.", "videos", Personal.NONE
    )
    campaign_fee = fee("What the creators of the campaign are paid in all, by the brief.")
    er_views = metric(ER_VIEWS)
    er_views_all = metric(ER_VIEWS_ALL)
    cpm = metric(CPM)
    cpv = metric(CPV)
    cpe = metric(CPE)
    campaign_cpm = metric(CAMPAIGN_CPM)
    campaign_cpe = metric(CAMPAIGN_CPE)
    observed_from = moment("When the oldest of it was observed.")
    observed_at = moment("When the newest of it was observed.")
    missing = reasons()
