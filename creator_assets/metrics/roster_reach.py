"""How many different people the chosen creators reach, one row per platform: bounds, never a number in between.

The arithmetic of the bounds is in ``unique_reach``; here it is fed with what a week knows. Followers of different
platforms cannot be told apart, so there is no row for all platforms together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from creator_assets.metrics.measuring import measured
from creator_assets.metrics.registry import OF_ROSTERS
from creator_assets.metrics.unique_reach import Union, reach

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
    """The rows of ``schemas.RosterReach``.

    Args:
        rosters: The handles whose reach is wanted, by platform.
        shortlist: Rows of ``schemas.Shortlist``.
        profiles: Rows of ``schemas.EnrichedProfiles``.
        overlap: Rows of ``schemas.AudienceOverlap``.
    """
    rows = [
        _counted(platform, frozenset(name.casefold() for name in names), of_platform)
        for platform, names in rosters.items()
        for of_platform in [[_of(platform, frame) for frame in (shortlist, profiles, overlap)]]
    ]
    counted = pl.DataFrame(rows, schema=dict(_COUNTED), orient="row")
    unknown = pl.format(
        "the followers of {} of {} creators are unknown", pl.col("creators") - pl.col("creators_counted"), "creators"
    )
    reasons = dict.fromkeys(("followers_sum", "people_at_least", "people_at_most"), unknown)
    return measured(counted, OF_ROSTERS, reasons).with_columns(is_exact=pl.col("reach_lower") == pl.col("reach_upper"))


def unions(compared: pl.DataFrame, creators: frozenset[str]) -> Iterator[Union]:
    """Each set that was compared in whole; one whose answer names other creators than the roster tells nothing.

    Args:
        compared: Rows of ``schemas.AudienceOverlap`` of one platform, of sets that were compared.
        creators: The roster's handles, case folded.
    """
    for _, rows in compared.group_by("set_id", maintain_order=True):
        names = frozenset(name.casefold() for name in rows["username"])
        people = rows["total_unique_followers"][0]
        if people is not None and names <= creators and rows["creators_compared"][0] == len(names):
            yield Union(creators=names, people=people)


def _counted(platform: str, roster: frozenset[str], of_platform: Sequence[pl.DataFrame]) -> tuple[Any, ...]:
    """A platform's row up to its metrics, of shortlist, profiles and comparisons, in that order."""
    overlap = of_platform[-1]
    compared = overlap.filter(pl.col("state") == "compared")
    # The comparison's own counts fit its unions; of whom it says nothing, the profile knows more than the search.
    followers: dict[str, int] = {}
    seen: list[datetime] = list(overlap["observed_at"])
    for frame in (*of_platform[:-1], compared):
        for name, count, at in frame.select("username", "followers", "observed_at").iter_rows():
            if name.casefold() in roster:
                seen.append(at)
                followers |= {} if count is None else {name.casefold(): count}
    told = list(unions(compared, frozenset(followers)))
    bounds = reach(followers, told)
    is_whole = len(followers) == len(roster)
    return (
        platform,
        len(roster),
        len(followers),
        len(frozenset().union(*(one.creators for one in told))),
        len(told),
        sum(followers.values()) if is_whole else None,
        # Creators whose followers are unknown take nobody away, and may add as many as there are people.
        bounds.lower if followers else None,
        bounds.upper if is_whole else None,
        overlap["cost_microcredits"].sum() if overlap.height else None,
        min(seen),
        max(seen),
    )


def _of(platform: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("platform") == platform)
