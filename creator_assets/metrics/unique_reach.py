"""Bounds of the number of different people who follow a roster, from comparisons of at most ten creators each.

A comparison gives the exact union of its creators. For more creators there are only bounds. The union is at least that
of any comparison. It is at most the sum of followers without the people that are certainly counted twice. Reach is per
platform, because no data links the followers of different platforms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

SET_LIMIT = 10


class AudienceUnion(msgspec.Struct, frozen=True, kw_only=True):
    """Result of one comparison: its creators, and the number of people who follow at least one of them."""

    creators: frozenset[str]
    people: int


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of the number of people who follow at least one creator of a roster. Equal bounds are exact."""

    lower: int
    upper: int


def sets_to_compare(creators: Sequence[str], max_sets: int, limit: int = SET_LIMIT) -> list[list[str]]:
    """Select the comparisons with the tightest bounds, greedily, largest creators first.

    Every set after the first repeats the largest creator. Its followers are certainly counted in both sets, so the
    upper bound can subtract them (bound of Hunter and Worsley, with sets instead of pairs).

    Args:
        creators: Handles, by followers, largest first.
        max_sets: Maximum number of comparisons.
        limit: Maximum number of creators in one comparison.

    Returns:
        Sets of 2 to `limit` creators. Fewer than `max_sets` if they cover all creators; none for a single creator.
    """
    if len(creators) < 2 or max_sets < 1:
        return []
    sets = [list(creators[:limit])]
    rest = creators[limit:]
    for start in range(0, len(rest), limit - 1):
        if len(sets) == max_sets:
            break
        sets.append([creators[0], *rest[start : start + limit - 1]])
    return sets


def reach(followers: Mapping[str, int], unions: Collection[AudienceUnion]) -> Reach:
    """Bound the reach of a roster.

    Args:
        followers: Followers of every creator of the roster.
        unions: Comparisons of creators of the roster.
    """
    lower = max([*followers.values(), *(union.people for union in unions)], default=0)
    counted: set[str] = set()
    upper = 0
    for union in sorted(unions, key=lambda one: (-one.people, sorted(one.creators))):
        known = union.creators & counted
        # |A or B| = |A| + |B| - |A and B|. The followers of a creator of both sets are in both.
        together = max((followers[name] for name in known), default=0)
        alone = sum(followers[name] for name in union.creators - counted)
        upper += min(union.people - together, alone)
        counted |= union.creators
    upper += sum(count for name, count in followers.items() if name not in counted)
    return Reach(lower=lower, upper=max(lower, upper))
