"""Reach of a roster: the comparison's own counts come first, and an unknown creator removes the upper bound."""

from __future__ import annotations

from typing import Any

from creator_assets.metrics.roster_reach import roster_reach
from creator_assets.tables.schemas import AudienceOverlap, EnrichedProfiles, RosterReach, Shortlist
from creator_assets.tables.validation import conformed
from tests.metrics.frames import frame, reasons

FOUND = [
    {"username": "a", "selected": True, "followers": 100},
    {"username": "B", "selected": True, "followers": 60},
    {"username": "c", "selected": True, "followers": None},
]
PROFILES = [{"username": "c", "followers": 30}]


def compared(set_id: str, people: int, *names: str, creators: int | None = None) -> list[dict[str, Any]]:
    """Return a compared set in which each creator has ten more followers than in the search."""
    more = {"a": 110, "b": 70, "c": 40, "d": 20}
    return [
        {
            "set_id": set_id, "username": name, "state": "compared", "followers": more[name],
            "creators_compared": creators or len(names), "total_unique_followers": people,
            "cost_microcredits": 1_000_000 // len(names),
        }
        for name in names
    ]  # fmt: skip


def reach(overlap: list[dict[str, Any]], profiles: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    frames = frame(Shortlist, *FOUND), frame(EnrichedProfiles, *(PROFILES if profiles is None else profiles))
    rows = roster_reach({"instagram": ["a", "B", "c"]}, *frames, frame(AudienceOverlap, *overlap))
    (row,) = conformed(RosterReach, "roster_reach", rows).rows(named=True)
    return row


def test_without_comparisons_the_followers_bound_the_reach() -> None:
    row = reach([])
    assert (row["reach_lower"], row["reach_upper"], row["followers_sum"]) == (100, 190, 190)
    assert (row["creators_compared"], row["sets_compared"], row["is_exact"]) == (0, 0, False)
    assert (row["duplication_at_least"], row["missing"]) == (0, [])


def test_a_comparison_of_all_is_exact_by_its_own_counts() -> None:
    row = reach(compared("s", 150, "a", "b", "c"))
    assert (row["reach_lower"], row["reach_upper"], row["followers_sum"], row["is_exact"]) == (150, 150, 220, True)
    assert row["duplication_at_least"] == row["duplication_at_most"] == 70 / 220
    assert row["overlap_cost_microcredits"] == 999_999


def test_a_comparison_with_other_or_fewer_creators_is_ignored() -> None:
    for overlap in (compared("s", 150, "a", "d"), compared("s", 150, "a", "b", creators=3)):
        row = reach(overlap)
        assert (row["sets_compared"], row["creators_compared"]) == (0, 0)
        assert row["reach_upper"] == row["followers_sum"]


def test_a_creator_with_unknown_followers_leaves_only_a_lower_bound() -> None:
    row = reach(compared("s", 150, "a", "b"), profiles=[])
    assert (row["creators"], row["creators_counted"]) == (3, 2)
    assert (row["reach_lower"], row["reach_upper"], row["followers_sum"], row["is_exact"]) == (150, None, None, None)
    unknown = "the followers of 1 of 3 creators are unknown"
    assert reasons(row) == dict.fromkeys(("reach_upper", "duplication_at_least", "duplication_at_most"), unknown)
