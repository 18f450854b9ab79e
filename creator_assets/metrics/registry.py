"""Every metric of the reports, once: what it is, how it is reckoned, in what unit, over what, since which version.

A formula is given twice side by side, in words and as an expression over named inputs, so that a table, the UI and the
documentation say the same. Figures of a provider are no metrics: they stand in the tables as the provider gives them.
How a metric is applied to rows, and what becomes of inputs that are missing, belongs to ``measuring``.

Two definitions of one idea (engagement over followers, over views) are two metrics and never share a column.
"""

from __future__ import annotations

import msgspec
import polars as pl

AMOUNT = pl.Decimal(38, 9)
"""Type of an amount of a currency: to a billionth of it, so that the cost of one view is more than nothing."""

_OURS = "of this project"
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
        id: Its name, which is the column's.
        version: Raised with every change of the formula; values of two versions are not compared.
        meaning: What it tells, in a sentence.
        formula: How it is reckoned, in the names of its inputs.
        expression: The same for Polars.
        inputs: Columns that must be known; without one of them there is no value.
        denominator: Those of them that are divided by; where they add up to 0 there is no value.
        unit: Of the value.
        dtype: Of the value.
        source: Where the definition was read.
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
        """Id and version, by which a value says what it is."""
        return f"{self.id}.{self.version}"


def _ratio(*numerator: str, over: tuple[str, ...], times: int = 1) -> pl.Expr:
    total = pl.sum_horizontal(numerator, ignore_nulls=False)
    return (total if times == 1 else total * times) / pl.sum_horizontal(over, ignore_nulls=False)


ER_FOLLOWERS_MEAN = Metric(
    id="er_followers_mean",
    meaning="How many of the followers engage with a post of average success.",
    formula="(average likes + average comments) / followers",
    expression=_ratio("likes", "comments", over=("followers",)),
    inputs=("likes", "comments", "followers"),
    denominator=("followers",),
    unit="fraction",
    source=_ER,
)
ER_VIEWS = Metric(
    id="er_views",
    meaning="How many of those who view also like or comment.",
    formula="(likes + comments) / views",
    expression=_ratio("likes", "comments", over=("views",)),
    inputs=("likes", "comments", "views"),
    denominator=("views",),
    unit="fraction",
    source=_ER,
)
ER_VIEWS_ALL = Metric(
    id="er_views_all",
    meaning="How many of those who view like, comment or share, all counted at once (the provider's `er` is not).",
    formula="(likes + comments + shares) / views",
    expression=_ratio("likes", "comments", "shares", over=("views",)),
    inputs=("likes", "comments", "shares", "views"),
    denominator=("views",),
    unit="fraction",
    source=_STATS,
)
MEAN_VIEWS_PER_FOLLOWER = Metric(
    id="mean_views_per_follower",
    meaning="Views of a post of average success for each follower; of averages, where others take medians.",
    formula="average views / followers",
    expression=_ratio("views", over=("followers",)),
    inputs=("views", "followers"),
    denominator=("followers",),
    unit="views per follower",
    source=_VIEWS_OVER_FOLLOWERS,
)
GROWTH_30D = Metric(
    id="growth_30d",
    meaning="Followers won or lost in 30 days; two counts of one provider, 27 to 33 days apart.",
    formula="(followers at the end - followers at the start) / followers at the start",
    expression=(pl.col("followers_at_end") - pl.col("followers_at_start")) / pl.col("followers_at_start"),
    inputs=("followers_at_end", "followers_at_start"),
    denominator=("followers_at_start",),
    unit="fraction",
    source=_GROWTH,
)
EFFECTIVE_FOLLOWERS = Metric(
    id="effective_followers",
    meaning="Followers whom the report's provider judges to be real.",
    formula="followers x audience credibility",
    expression=(pl.col("followers") * pl.col("audience_credibility")).round(),
    inputs=("followers", "audience_credibility"),
    unit="accounts",
    dtype=pl.Int64(),
    source=_OURS,
)
VIEWS_PER_DAY = Metric(
    id="views_per_day",
    meaning="How fast a video is viewed, over the days since its count before.",
    formula="views added / days since the count before",
    expression=_ratio("views_added", over=("days_spanned",)),
    inputs=("views_added", "days_spanned"),
    denominator=("days_spanned",),
    unit="views per day",
    source=_VELOCITY,
)
VIEWS_OVER_CREATOR_AVERAGE = Metric(
    id="views_over_creator_average",
    meaning="How often the average views of its creator's videos a video has. That average is over videos of any age, "
    "only those that the provider has for this account, the video itself perhaps among them: a young video looks "
    "weaker than it is.",
    formula="views / creator's average views",
    expression=_ratio("views", over=("creator_average_views",)),
    inputs=("views", "creator_average_views"),
    denominator=("creator_average_views",),
    unit="times the average",
    source=_AVERAGES,
)


def _cost(name: str, meaning: str, formula: str, fee: str, over: tuple[str, ...], unit: str, times: int = 1) -> Metric:
    return Metric(
        id=name,
        meaning=meaning,
        formula=formula,
        expression=_ratio(fee, over=over, times=times),
        inputs=(fee, *over),
        denominator=over,
        unit=unit,
        dtype=AMOUNT,
        source=_CPE if len(over) > 1 else _COSTS,
    )


_PAID = "by the fees of the videos"
_ALL = "by all that the brief pays; needs a count of every video"
CPM = _cost("cpm", f"Cost of a thousand views, {_PAID}.", "fee x 1000 / views", "fee", ("views",), "currency", 1_000)
CPV = _cost("cpv", f"Cost of a view, {_PAID}.", "fee / views", "fee", ("views",), "currency")
CPE = _cost(
    "cpe", f"Cost of an engagement, {_PAID}.", "fee / (likes + comments)", "fee", ("likes", "comments"), "currency"
)
CAMPAIGN_CPM = _cost(
    "campaign_cpm",
    f"Cost of a thousand views, {_ALL}.",
    "fees of the brief x 1000 / views of all videos",
    "campaign_fee",
    ("all_views",),
    "currency",
    1_000,
)
CAMPAIGN_CPE = _cost(
    "campaign_cpe",
    f"Cost of an engagement, {_ALL}.",
    "fees of the brief / (likes + comments of all videos)",
    "campaign_fee",
    ("all_likes", "all_comments"),
    "currency",
)
REACH_LOWER = Metric(
    id="reach_lower",
    meaning="Different people who follow at least one of the creators: not fewer than this.",
    formula="the greatest union that was told, or the greatest creator",
    expression=pl.col("people_at_least"),
    inputs=("people_at_least",),
    unit="accounts",
    dtype=pl.Int64(),
    source=f"{_OURS}, `metrics/unique_reach.py`",
)
REACH_UPPER = Metric(
    id="reach_upper",
    meaning="Different people who follow at least one of the creators: not more than this.",
    formula="sum of followers - people who are surely counted twice (Hunter and Worsley, over sets)",
    expression=pl.col("people_at_most"),
    inputs=("people_at_most",),
    unit="accounts",
    dtype=pl.Int64(),
    source=f"{_OURS}, `metrics/unique_reach.py`",
)
DUPLICATION_AT_LEAST = Metric(
    id="duplication_at_least",
    meaning="Share of the summed followers that is surely the same people again.",
    formula="(sum of followers - reach_upper) / sum of followers",
    expression=(pl.col("followers_sum") - pl.col("people_at_most")) / pl.col("followers_sum"),
    inputs=("followers_sum", "people_at_most"),
    denominator=("followers_sum",),
    unit="fraction",
    source=_OURS,
)
DUPLICATION_AT_MOST = Metric(
    id="duplication_at_most",
    meaning="Share of the summed followers that may be the same people again.",
    formula="(sum of followers - reach_lower) / sum of followers",
    expression=(pl.col("followers_sum") - pl.col("people_at_least")) / pl.col("followers_sum"),
    inputs=("followers_sum", "people_at_least"),
    denominator=("followers_sum",),
    unit="fraction",
    source=_OURS,
)

OF_CREATORS = (ER_FOLLOWERS_MEAN, ER_VIEWS, MEAN_VIEWS_PER_FOLLOWER, GROWTH_30D, EFFECTIVE_FOLLOWERS)
OF_ROSTERS = (REACH_LOWER, REACH_UPPER, DUPLICATION_AT_LEAST, DUPLICATION_AT_MOST)
OF_COUNTS = (ER_VIEWS, ER_VIEWS_ALL, CPM, CPV, CPE)
OF_VIDEOS = (*OF_COUNTS, VIEWS_PER_DAY, VIEWS_OVER_CREATOR_AVERAGE)
OF_BRIEFS = (CAMPAIGN_CPM, CAMPAIGN_CPE)
METRICS = {one.id: one for one in (*OF_CREATORS, *OF_ROSTERS, *OF_VIDEOS, *OF_BRIEFS)}
