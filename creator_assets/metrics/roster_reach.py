"""Reach of the selected creators, one row per platform: lower and upper bound of the number of different people.

``unique_reach`` computes the bounds; this module collects its inputs from the tables of a week. No data links the
followers of different platforms, so there is no row for all platforms together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from creator_assets.handles import canonical_handle
from creator_assets.metrics.evaluation import evaluate
from creator_assets.metrics.registry import ROSTER_METRICS
from creator_assets.metrics.unique_reach import AudienceUnion, reach

_COUNTED: Mapping[str, Any] = {
    "platform": pl.String,
    "creators": pl.Int64,
    "creators_counted": pl.Int64,
    "creators_compared": pl.Int64,
    "sets_compared": pl.Int64,
    "followers_sum": pl.Int64,
    "people_at_least": pl.Int64,
    "people_at_most": pl.Int64,
    "overlap_cost_microcredits": pl.Int64,
    "observed_from": pl.Datetime("us", "UTC"),
    "observed_at": pl.Datetime("us", "UTC"),
}


def roster_reach(
    rosters: Mapping[str, Sequence[str]], shortlist: pl.DataFrame, profiles: pl.DataFrame, overlap: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of ``schemas.RosterReach``.

    Args:
        rosters: The handles to include, by platform.
        shortlist: Rows of ``schemas.Shortlist``.
        profiles: Rows of ``schemas.EnrichedProfiles``.
        overlap: Rows of ``schemas.AudienceOverlap``.
    """
    rows = [
        _counted(platform, frozenset(canonical_handle(name, platform) for name in names), of_platform)
        for platform, names in rosters.items()
        for of_platform in [[_of(platform, frame) for frame in (shortlist, profiles, overlap)]]
    ]
    counted = pl.DataFrame(rows, schema=dict(_COUNTED), orient="row")
    unknown = pl.format(
        "the followers of {} of {} creators are unknown", pl.col("creators") - pl.col("creators_counted"), "creators"
    )
    reasons = dict.fromkeys(("followers_sum", "people_at_least", "people_at_most"), unknown)
    return evaluate(counted, ROSTER_METRICS, reasons).with_columns(
        is_exact=pl.col("reach_lower") == pl.col("reach_upper")
    )


def unions(compared: pl.DataFrame, creators: frozenset[str]) -> Iterator[AudienceUnion]:
    """Yield the union of each complete comparison. A comparison with creators outside the roster is skipped.

    Args:
        compared: Rows of ``schemas.AudienceOverlap`` of one platform, with the state ``compared``.
        creators: The roster's handles in their one spelling (``handles``).
    """
    for _, rows in compared.group_by("set_id", maintain_order=True):
        names = frozenset(
            canonical_handle(name, platform) for platform, name in rows.select("platform", "username").rows()
        )
        people = rows["total_unique_followers"][0]
        if people is not None and names <= creators and rows["creators_compared"][0] == len(names):
            yield AudienceUnion(creators=names, people=people)


def _counted(platform: str, roster: frozenset[str], of_platform: Sequence[pl.DataFrame]) -> tuple[Any, ...]:
    """Return a platform's row without its metrics, from shortlist, profiles and comparisons, in that order."""
    overlap = of_platform[-1]
    compared = overlap.filter(pl.col("state") == "compared")
    # A comparison's own counts match its unions. For other creators the profile is better than the search.
    followers: dict[str, int] = {}
    seen: list[datetime] = list(overlap["observed_at"])
    for frame in (*of_platform[:-1], compared):
        for written, count, at in frame.select("username", "followers", "observed_at").iter_rows():
            name = canonical_handle(written, platform)
            if name in roster:
                seen.append(at)
                followers |= {} if count is None else {name: count}
    complete = list(unions(compared, frozenset(followers)))
    bounds = reach(followers, complete)
    is_whole = len(followers) == len(roster)
    return (
        platform,
        len(roster),
        len(followers),
        len(frozenset().union(*(one.creators for one in complete))),
        len(complete),
        sum(followers.values()) if is_whole else None,
        # A creator with unknown followers does not lower the lower bound, but makes the upper bound unknown.
        bounds.lower if followers else None,
        bounds.upper if is_whole else None,
        overlap["cost_microcredits"].sum() if overlap.height else None,
        min(seen),
        max(seen),
    )


def _of(platform: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("platform") == platform)
