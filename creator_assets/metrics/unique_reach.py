"""How many different people follow a roster: bounds from comparisons of at most ten creators each.

A comparison tells the exact union of its creators. For more creators than fit into one, the union is not known, only
bounded: it is at least that of any comparison, and at most what remains when people are taken off who are known to be
counted twice. Followers of different platforms cannot be told apart; reach is one platform's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

SET_LIMIT = 10


class Union(msgspec.Struct, frozen=True, kw_only=True):
    """What one comparison told: its creators, and how many people follow at least one of them."""

    creators: frozenset[str]
    people: int


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of how many people follow at least one creator of a roster; equal where it is known exactly."""

    lower: int
    upper: int


def sets_to_compare(creators: Sequence[str], max_sets: int, limit: int = SET_LIMIT) -> list[list[str]]:
    """The comparisons that bound a roster's reach best for their number: greedily, the greatest creators first.

    Every set after the first repeats the greatest creator: its followers are then known to be counted in both, which
    ties the sets together (the bound of Hunter and Worsley, with sets in place of pairs).

    Args:
        creators: By followers, the greatest first.
        max_sets: How many comparisons may be paid for.
        limit: How many creators one may have.

    Returns:
        Sets of 2 to `limit` creators; fewer than `max_sets` where that covers all, none for a single creator.
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


def reach(followers: Mapping[str, int], unions: Collection[Union]) -> Reach:
    """Bound the reach of a roster.

    Args:
        followers: Of every creator of the roster, in people.
        unions: Comparisons of creators of the roster.
    """
    lower = max([*followers.values(), *(union.people for union in unions)], default=0)
    counted: set[str] = set()
    upper = 0
    for union in sorted(unions, key=lambda one: (-one.people, sorted(one.creators))):
        known = union.creators & counted
        # |A or B| = |A| + |B| - |A and B|, and whoever follows a creator of both is in both.
        together = max((followers[name] for name in known), default=0)
        alone = sum(followers[name] for name in union.creators - counted)
        upper += min(union.people - together, alone)
        counted |= union.creators
    upper += sum(count for name, count in followers.items() if name not in counted)
    return Reach(lower=lower, upper=max(lower, upper))
