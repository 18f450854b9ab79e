"""Every metric of the reports, once: meaning, formula, unit, denominator and version.

The formula of a metric is a text and an expression over the same named inputs; a test compares the two. Tables, the UI
and the documentation show the text. The columns of a metric follow from its group: no schema lists metrics by name.

Does not belong here: evaluation on rows and missing inputs (``evaluation``), and figures of a provider. A provider's
figure is not a metric; it is a separate column. Two definitions of one concept (engagement by followers, by views) are
two metrics with two columns.
"""

from __future__ import annotations

import msgspec
import polars as pl

AMOUNT = pl.Decimal(38, 9)
"""Type of an amount of money, to a billionth of the currency. The cost of one view is often below a hundredth."""

_OURS = "this project"
_ER = "https://faq.infludata.com/en/support/solutions/articles/80000601866-what-is-the-engagement-rate-and-how-is-it-calculated-"
_VIEWS_OVER_FOLLOWERS = (
    "https://faq.infludata.com/en/support/solutions/articles/80001039715-what-makes-up-the-videos-view-total-score-"
)
_STATS = "https://docs.influtics.com/api-reference/videos/stats"
_AVERAGES = "seed `000_243d6688ae00c433.txt` (avg_views: of videos that the organization tracks)"
_COSTS = "https://influencerdb.net/blog/ignoring-engagement-disastrous-for-influencer-marketing/"
_CPE = "https://help.hypeauditor.com/en/articles/3546047-what-is-cpe-and-how-is-it-calculated"
_VELOCITY = "https://brightbean.xyz/glossary/youtube-analytics/how-to-calculate-youtube-video-velocity"
_GROWTH = "seed `001_c3c54407187bd99d.txt` (growthRate: per month)"


class Metric(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One metric.

    Attributes:
        id: Name of the metric and of its column.
        meaning: What the metric measures, in one or two sentences.
        formula: The calculation as arithmetic over the inputs.
        expression: The same calculation for Polars.
        inputs: Columns that the calculation needs. If one is null, the metric is null.
        denominator: Inputs that the formula divides by. If their sum is 0, the metric is null.
        unit: Unit of the value.
        dtype: Type of the value.
        source: Where the definition comes from.
        version: Increases with every change of the formula. Values of two versions are not comparable.
    """

    id: str
    meaning: str
    formula: str
    expression: pl.Expr
    inputs: tuple[str, ...]
    unit: str
    source: str
    denominator: tuple[str, ...] = ()
    dtype: pl.DataType = pl.Float64()
    version: int = 1

    @property
    def label(self) -> str:
        """Id and version, as column metadata and code versions contain them."""
        return f"{self.id}.{self.version}"


def _ratio(*numerator: str, over: tuple[str, ...], times: int = 1) -> pl.Expr:
    total = pl.sum_horizontal(numerator, ignore_nulls=False)
    return (total if times == 1 else total * times) / pl.sum_horizontal(over, ignore_nulls=False)


ER_FOLLOWERS_MEAN = Metric(
    id="er_followers_mean",
    meaning="Engagement with an average post, divided by followers.",
    formula="(likes + comments) / followers",
    expression=_ratio("likes", "comments", over=("followers",)),
    inputs=("likes", "comments", "followers"),
    denominator=("followers",),
    unit="fraction",
    source=_ER,
)
ER_VIEWS = Metric(
    id="er_views",
    meaning="Likes and comments, divided by views. Of a creator on Instagram, likes are of all posts, views of reels.",
    formula="(likes + comments) / views",
    expression=_ratio("likes", "comments", over=("views",)),
    inputs=("likes", "comments", "views"),
    denominator=("views",),
    unit="fraction",
    source=_ER,
)
ER_VIEWS_ALL = Metric(
    id="er_views_all",
    meaning="Likes, comments and shares of the same count, divided by views. The provider's `er` mixes counts.",
    formula="(likes + comments + shares) / views",
    expression=_ratio("likes", "comments", "shares", over=("views",)),
    inputs=("likes", "comments", "shares", "views"),
    denominator=("views",),
    unit="fraction",
    source=_STATS,
)
MEAN_VIEWS_PER_FOLLOWER = Metric(
    id="mean_views_per_follower",
    meaning="Average views of a post, divided by followers. Other tools use medians instead of averages.",
    formula="views / followers",
    expression=_ratio("views", over=("followers",)),
    inputs=("views", "followers"),
    denominator=("followers",),
    unit="views per follower",
    source=_VIEWS_OVER_FOLLOWERS,
)
GROWTH_30D = Metric(
    id="growth_30d",
    meaning="Change of followers in 30 days, by two counts of one provider that are 27 to 33 days apart.",
    formula="(followers_at_end - followers_at_start) / followers_at_start",
    expression=(pl.col("followers_at_end") - pl.col("followers_at_start")) / pl.col("followers_at_start"),
    inputs=("followers_at_end", "followers_at_start"),
    denominator=("followers_at_start",),
    unit="fraction",
    source=_GROWTH,
)
EFFECTIVE_FOLLOWERS = Metric(
    id="effective_followers",
    meaning="Followers that the provider of the audience report considers real.",
    formula="followers * audience_credibility",
    expression=(pl.col("followers") * pl.col("audience_credibility")).round(),
    inputs=("followers", "audience_credibility"),
    unit="accounts",
    dtype=pl.Int64(),
    source=_OURS,
)
VIEWS_PER_DAY = Metric(
    id="views_per_day",
    meaning="New views per day since the previous count of the video.",
    formula="views_added / days_spanned",
    expression=_ratio("views_added", over=("days_spanned",)),
    inputs=("views_added", "days_spanned"),
    denominator=("days_spanned",),
    unit="views per day",
    source=_VELOCITY,
)
VIEWS_OVER_CREATOR_AVERAGE = Metric(
    id="views_over_creator_average",
    meaning="Views of a video, divided by the average views of its creator's videos. The average covers videos of any "
    "age that the provider has for this account. It may include the video itself. A new video has a low value.",
    formula="views / creator_average_views",
    expression=_ratio("views", over=("creator_average_views",)),
    inputs=("views", "creator_average_views"),
    denominator=("creator_average_views",),
    unit="times the average",
    source=_AVERAGES,
)


def _cost(name: str, meaning: str, fee: str, over: tuple[str, ...], times: int = 1) -> Metric:
    numerator = fee if times == 1 else f"{fee} * {times}"
    denominator = over[0] if len(over) == 1 else f"({' + '.join(over)})"
    return Metric(
        id=name,
        meaning=meaning,
        formula=f"{numerator} / {denominator}",
        expression=_ratio(fee, over=over, times=times),
        inputs=(fee, *over),
        denominator=over,
        unit="currency",
        dtype=AMOUNT,
        source=_CPE if len(over) > 1 else _COSTS,
    )


_VIDEO_FEES = "by the fees of the videos"
_ALL_FEES = "by all fees of the brief. Needs a count of every video"
CPM = _cost("cpm", f"Cost of 1,000 views, {_VIDEO_FEES}.", "fee", ("views",), times=1_000)
CPV = _cost("cpv", f"Cost of one view, {_VIDEO_FEES}.", "fee", ("views",))
CPE = _cost("cpe", f"Cost of one engagement, {_VIDEO_FEES}.", "fee", ("likes", "comments"))
CAMPAIGN_CPM = _cost("campaign_cpm", f"Cost of 1,000 views, {_ALL_FEES}.", "campaign_fee", ("all_views",), times=1_000)
CAMPAIGN_CPE = _cost(
    "campaign_cpe", f"Cost of one engagement, {_ALL_FEES}.", "campaign_fee", ("all_likes", "all_comments")
)
REACH_LOWER = Metric(
    id="reach_lower",
    meaning="Minimum number of different people who follow at least one of the creators. It is the largest union of a "
    "comparison, or the followers of the largest creator.",
    formula="people_at_least",
    expression=pl.col("people_at_least"),
    inputs=("people_at_least",),
    unit="accounts",
    dtype=pl.Int64(),
    source=f"{_OURS}, `metrics/unique_reach.py`",
)
REACH_UPPER = Metric(
    id="reach_upper",
    meaning="Maximum number of different people who follow at least one of the creators. It is the sum of followers "
    "without the people that are certainly counted twice (bound of Hunter and Worsley, over sets).",
    formula="people_at_most",
    expression=pl.col("people_at_most"),
    inputs=("people_at_most",),
    unit="accounts",
    dtype=pl.Int64(),
    source=f"{_OURS}, `metrics/unique_reach.py`",
)
DUPLICATION_AT_LEAST = Metric(
    id="duplication_at_least",
    meaning="Minimum share of the summed followers that are people counted again.",
    formula="(followers_sum - people_at_most) / followers_sum",
    expression=(pl.col("followers_sum") - pl.col("people_at_most")) / pl.col("followers_sum"),
    inputs=("followers_sum", "people_at_most"),
    denominator=("followers_sum",),
    unit="fraction",
    source=_OURS,
)
DUPLICATION_AT_MOST = Metric(
    id="duplication_at_most",
    meaning="Maximum share of the summed followers that are people counted again.",
    formula="(followers_sum - people_at_least) / followers_sum",
    expression=(pl.col("followers_sum") - pl.col("people_at_least")) / pl.col("followers_sum"),
    inputs=("followers_sum", "people_at_least"),
    denominator=("followers_sum",),
    unit="fraction",
    source=_OURS,
)

# Each group is one block of columns in a report's table (``tables.report_schemas``), in this order.
CREATOR_PROFILE_METRICS = (ER_FOLLOWERS_MEAN, ER_VIEWS, MEAN_VIEWS_PER_FOLLOWER, GROWTH_30D)
CREATOR_AUDIENCE_METRICS = (EFFECTIVE_FOLLOWERS,)
REACH_METRICS = (REACH_LOWER, REACH_UPPER)
DUPLICATION_METRICS = (DUPLICATION_AT_LEAST, DUPLICATION_AT_MOST)
ENGAGEMENT_METRICS = (ER_VIEWS, ER_VIEWS_ALL)
COST_METRICS = (CPM, CPV, CPE)
GROWTH_METRICS = (VIEWS_PER_DAY,)
COMPARISON_METRICS = (VIEWS_OVER_CREATOR_AVERAGE,)
CAMPAIGN_METRICS = (CAMPAIGN_CPM, CAMPAIGN_CPE)

CREATOR_METRICS = (*CREATOR_PROFILE_METRICS, *CREATOR_AUDIENCE_METRICS)
ROSTER_METRICS = (*REACH_METRICS, *DUPLICATION_METRICS)
TOTAL_METRICS = (*ENGAGEMENT_METRICS, *COST_METRICS)
"""Metrics of one video that are also evaluated on the sums of all videos."""
VIDEO_METRICS = (*TOTAL_METRICS, *GROWTH_METRICS, *COMPARISON_METRICS)
METRICS = {metric.id: metric for metric in (*CREATOR_METRICS, *ROSTER_METRICS, *VIDEO_METRICS, *CAMPAIGN_METRICS)}
