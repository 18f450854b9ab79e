"""Accounts, as numbers, grouped by links: a union-find with rules about what may be joined.

Strong links join whatever their two ends belong to. A weak link speaks for its own two ends alone: it joins two groups
only if every strongly joined part of the one is linked to every such part of the other. So between any two accounts of
a group newly made there is a path with at most one weak link, and weak links never form a chain. What counts as strong,
and what the numbers stand for, belongs to ``people``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

MEMBERS_MAX = 50
"""More accounts than a person has; a group that would grow beyond is a mistake that should not grow."""


class Verdict(StrEnum):
    """What became of a link."""

    JOINED = "joined"  # its accounts are one person's, and it is sure enough to say so
    WEAK = "weak"  # too unsure to join anything
    WEAK_CHAIN = "weak_chain"  # would have joined accounts that nothing links directly
    SAME_PLATFORM = "same_platform"  # two accounts of a platform need more evidence than this
    KEPT_APART = "kept_apart"  # somebody decided that they are two people
    TOO_MANY = "too_many"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """From which confidence on a link may do what."""

    join: float = 0.70
    strong: float = 0.95
    same_platform: float = 0.97
    decided: float = 1.0  # no evidence reaches it; only a decision to the contrary stands against it


class _Forest:
    """Disjoint sets of 0..n-1; find halves paths."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def find(self, one: int) -> int:
        parent = self.parent
        while parent[one] != one:
            parent[one] = one = parent[parent[one]]
        return one

    def join(self, kept: int, gone: int) -> None:
        self.parent[gone] = kept


class Clusters:
    """Groups of accounts under the rules, grown link by link."""

    def __init__(
        self,
        platforms: Sequence[int],
        *,
        apart: Iterable[tuple[int, int]] = (),
        direct: Mapping[tuple[int, int], float],
        rules: Rules,
    ) -> None:
        """Begin with every account by itself.

        Args:
            platforms: For each account the number of its platform.
            apart: Pairs that must not come together.
            direct: The confidence of every link, by its pair, the smaller number first.
            rules: From which confidence on a link may do what.
        """
        self._platforms = platforms
        self._direct = direct
        self._rules = rules
        self._groups = _Forest(len(platforms))
        self._parts = _Forest(len(platforms))
        self._members: dict[int, list[int]] = {}
        self._apart: dict[int, set[int]] = {}
        for one, other in apart:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)

    def keep(self, group: Sequence[int]) -> None:
        """Put accounts together that were one group before, whatever the rules say of it now."""
        for one in group[1:]:
            here, there = self._groups.find(group[0]), self._groups.find(one)
            if here != there:
                self._merge(here, there)

    def add(self, links: Iterable[tuple[int, int, float]]) -> list[Verdict]:
        """Judge links, which must come in the order of falling confidence, and join what they join."""
        strong, join = self._rules.strong, self._rules.join
        verdicts = []
        judged = []
        for one, other, confidence in links:
            here, there = self._groups.find(one), self._groups.find(other)
            verdict = Verdict.WEAK if confidence < join else Verdict.JOINED
            if verdict is Verdict.JOINED and here != there:
                verdict = self._refusal(here, there, confidence) or Verdict.JOINED
                if verdict is Verdict.JOINED:
                    self._merge(here, there)
            if confidence >= strong and verdict is Verdict.JOINED:
                self._parts.join(self._parts.find(one), self._parts.find(other))
            verdicts.append(verdict)
            judged.append((one, other, confidence))
        return [self._final(*link, verdict) for link, verdict in zip(judged, verdicts, strict=True)]

    def _final(self, one: int, other: int, confidence: float, verdict: Verdict) -> Verdict:
        """The verdict on a link as the groups are now: they may have met by other links, or have grown, since."""
        if verdict in {Verdict.WEAK, Verdict.JOINED}:
            return verdict
        here, there = self._groups.find(one), self._groups.find(other)
        return Verdict.JOINED if here == there else self._refusal(here, there, confidence) or verdict

    def group_of(self, one: int) -> int:
        """A number that the accounts of a group, and no others, have in common."""
        return self._groups.find(one)

    def _merge(self, here: int, there: int) -> None:
        mine, theirs = self._of(here), self._of(there)
        if len(mine) < len(theirs):
            here, there, mine, theirs = there, here, theirs, mine
        self._groups.join(here, there)
        mine.extend(theirs)
        self._members[here] = mine
        self._members.pop(there, None)

    def _of(self, root: int) -> list[int]:
        return self._members.get(root) or [root]

    def _refusal(self, here: int, there: int, confidence: float) -> Verdict | None:
        if not self._apart and here not in self._members and there not in self._members:
            # Two single accounts, by far the most frequent case: only the link itself is in question.
            same = self._platforms[here] == self._platforms[there]
            return Verdict.SAME_PLATFORM if same and confidence < self._rules.same_platform else None
        mine, theirs = self._of(here), self._of(there)
        if len(mine) + len(theirs) > MEMBERS_MAX:
            return Verdict.TOO_MANY
        if self._apart and any(not self._apart.get(one, set()).isdisjoint(theirs) for one in mine):
            return Verdict.KEPT_APART
        if confidence >= self._rules.decided:
            return None
        if any(
            self._platforms[one] == self._platforms[other] and self._linked(one, other) < self._rules.same_platform
            for one in mine
            for other in theirs
        ):
            return Verdict.SAME_PLATFORM
        if confidence < self._rules.strong and not self._all_parts_linked(mine, theirs):
            return Verdict.WEAK_CHAIN
        return None

    def _linked(self, one: int, other: int) -> float:
        return self._direct.get((one, other) if one < other else (other, one), 0.0)

    def _all_parts_linked(self, mine: Sequence[int], theirs: Sequence[int]) -> bool:
        find = self._parts.find
        linked = {
            (find(one), find(other)) for one in mine for other in theirs if self._linked(one, other) >= self._rules.join
        }
        return len(linked) == len({find(one) for one in mine}) * len({find(other) for other in theirs})


def best_paths(size: int, roots: Iterable[int], links: Iterable[tuple[int, int, float]]) -> list[tuple[int, float]]:
    """For each account the neighbour on its surest way to its group's root, and the weakest link on that way.

    Args:
        size: Number of accounts.
        roots: One account of each group.
        links: Links within groups in the order of falling confidence.

    Returns:
        By account: the position in `links` of the link by which it is reached (-1 for a root or where no link leads),
        and the confidence (1 for a root, 0 where no link leads).
    """
    forest = _Forest(size)
    neighbours: dict[int, list[tuple[int, int, float]]] = {}
    for position, (one, other, confidence) in enumerate(links):
        here, there = forest.find(one), forest.find(other)
        if here != there:
            # Links come best first: those that join make up the tree whose weakest links are the strongest possible.
            forest.join(here, there)
            neighbours.setdefault(one, []).append((other, position, confidence))
            neighbours.setdefault(other, []).append((one, position, confidence))
    reached = [(-1, 0.0)] * size
    for root in roots:
        reached[root] = (-1, 1.0)
        waiting = [root] if root in neighbours else []
        while waiting:
            one = waiting.pop()
            for other, position, confidence in neighbours[one]:
                if reached[other] == (-1, 0.0):
                    reached[other] = (position, min(confidence, reached[one][1]))
                    waiting.append(other)
    return reached
