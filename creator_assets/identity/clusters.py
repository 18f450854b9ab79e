"""Group accounts, given as numbers, by their links: a union-find with rules about which links may join groups.

A strong link joins the groups of its two accounts. A weak link speaks only for its own two accounts: it joins two
groups only if every strongly joined part of one group is linked to every such part of the other. So a path with at
most one weak link connects any two accounts of a new group, and weak links never form a chain.

``people`` turns accounts into numbers and back. ``evidence`` says how confident a link is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

MEMBERS_MAX = 50
"""The most accounts of one person. A group that would be larger is a mistake and must not grow."""


class LinkVerdict(StrEnum):
    """Whether a link joined its two accounts, or why not."""

    JOINED = "joined"  # one person's accounts, and the confidence suffices
    WEAK = "weak"  # the confidence is too low
    WEAK_CHAIN = "weak_chain"  # would join accounts without a direct link
    SAME_PLATFORM = "same_platform"  # two accounts on one platform need more evidence
    KEPT_APART = "kept_apart"  # the team decided that they are two people's
    TOO_MANY = "too_many"  # the group would have more than `MEMBERS_MAX` accounts


class LinkRules(msgspec.Struct, frozen=True, kw_only=True):
    """The least confidence with which a link may do something."""

    join: float = 0.70  # join two groups
    strong: float = 0.95  # be part of a chain
    same_platform: float = 0.97  # join two accounts on one platform
    decided: float = 1.0  # join despite the other rules; no evidence reaches it, only a decision of the team does


class _DisjointSets:
    """Disjoint sets of the numbers 0..n-1, with path halving."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def find(self, one: int) -> int:
        parent = self.parent
        while parent[one] != one:
            parent[one] = one = parent[parent[one]]
        return one

    def join(self, root: int, other_root: int) -> None:
        self.parent[other_root] = root


class Clusters:
    """Groups of accounts that grow link by link, according to the rules."""

    def __init__(
        self,
        platforms: Sequence[int],
        *,
        apart: Iterable[tuple[int, int]] = (),
        direct: Mapping[tuple[int, int], float],
        rules: LinkRules,
    ) -> None:
        """Start with one group per account.

        Args:
            platforms: The number of each account's platform.
            apart: Pairs of accounts that must not be in one group.
            direct: The confidence of every link by its pair of accounts, the smaller number first.
            rules: The least confidence with which a link may do something.
        """
        self._platforms = platforms
        self._direct = direct
        self._rules = rules
        self._groups = _DisjointSets(len(platforms))
        self._strong_parts = _DisjointSets(len(platforms))
        self._members: dict[int, list[int]] = {}
        self._apart: dict[int, set[int]] = {}
        for one, other in apart:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)

    def restore_group(self, group: Sequence[int]) -> None:
        """Put the accounts of an earlier group together again. The rules are not applied."""
        for one in group[1:]:
            here, there = self._groups.find(group[0]), self._groups.find(one)
            if here != there:
                self._merge(here, there)

    def add_links(self, links: Iterable[tuple[int, int, float]]) -> list[LinkVerdict]:
        """Join groups by links.

        Args:
            links: Two accounts and a confidence each, sorted by falling confidence.

        Returns:
            The verdict on each link, with the groups as they are after all links.
        """
        strong, join = self._rules.strong, self._rules.join
        first_verdicts = []
        seen = []
        for one, other, confidence in links:
            here, there = self._groups.find(one), self._groups.find(other)
            verdict = LinkVerdict.WEAK if confidence < join else LinkVerdict.JOINED
            if verdict is LinkVerdict.JOINED and here != there:
                verdict = self._refusal(here, there, confidence) or LinkVerdict.JOINED
                if verdict is LinkVerdict.JOINED:
                    self._merge(here, there)
            if confidence >= strong and verdict is LinkVerdict.JOINED:
                self._strong_parts.join(self._strong_parts.find(one), self._strong_parts.find(other))
            first_verdicts.append(verdict)
            seen.append((one, other, confidence))
        return [self._final(*link, verdict) for link, verdict in zip(seen, first_verdicts, strict=True)]

    def _final(self, one: int, other: int, confidence: float, verdict: LinkVerdict) -> LinkVerdict:
        """The verdict on a link with the groups as they are now. Other links may have joined or enlarged them since."""
        if verdict in {LinkVerdict.WEAK, LinkVerdict.JOINED}:
            return verdict
        here, there = self._groups.find(one), self._groups.find(other)
        return LinkVerdict.JOINED if here == there else self._refusal(here, there, confidence) or verdict

    def group_of(self, one: int) -> int:
        """A number that is the same for all accounts of a group, and different for all others."""
        return self._groups.find(one)

    def _merge(self, here: int, there: int) -> None:
        members, others = self._members_of(here), self._members_of(there)
        if len(members) < len(others):
            here, there, members, others = there, here, others, members
        self._groups.join(here, there)
        members.extend(others)
        self._members[here] = members
        self._members.pop(there, None)

    def _members_of(self, root: int) -> list[int]:
        return self._members.get(root) or [root]

    def _refusal(self, here: int, there: int, confidence: float) -> LinkVerdict | None:
        """Why a link of this confidence may not join two groups; None if it may."""
        if not self._apart and here not in self._members and there not in self._members:
            # Two single accounts, by far the most frequent case: only the link itself counts.
            same = self._platforms[here] == self._platforms[there]
            return LinkVerdict.SAME_PLATFORM if same and confidence < self._rules.same_platform else None
        members, others = self._members_of(here), self._members_of(there)
        if len(members) + len(others) > MEMBERS_MAX:
            return LinkVerdict.TOO_MANY
        if self._apart and any(not self._apart.get(one, set()).isdisjoint(others) for one in members):
            return LinkVerdict.KEPT_APART
        if confidence >= self._rules.decided:
            return None
        if any(
            self._platforms[one] == self._platforms[other]
            and self._direct_confidence(one, other) < self._rules.same_platform
            for one in members
            for other in others
        ):
            return LinkVerdict.SAME_PLATFORM
        if confidence < self._rules.strong and not self._all_parts_linked(members, others):
            return LinkVerdict.WEAK_CHAIN
        return None

    def _direct_confidence(self, one: int, other: int) -> float:
        return self._direct.get((one, other) if one < other else (other, one), 0.0)

    def _all_parts_linked(self, members: Sequence[int], others: Sequence[int]) -> bool:
        """Whether every strongly joined part of one group has a link to every such part of the other."""
        part_of = self._strong_parts.find
        linked = {
            (part_of(one), part_of(other))
            for one in members
            for other in others
            if self._direct_confidence(one, other) >= self._rules.join
        }
        return len(linked) == len({part_of(one) for one in members}) * len({part_of(other) for other in others})


def strongest_paths(
    size: int, roots: Iterable[int], links: Iterable[tuple[int, int, float]]
) -> list[tuple[int, float]]:
    """Find the path from each account to its group's root whose weakest link is the strongest.

    Args:
        size: Number of accounts.
        roots: One account of each group.
        links: Links within groups, sorted by falling confidence.

    Returns:
        For each account the position in `links` of the first link on its path, and the confidence of the weakest link
        on its path. A root has the position -1 and the confidence 1. An account without a path has -1 and 0.
    """
    trees = _DisjointSets(size)
    neighbours: dict[int, list[tuple[int, int, float]]] = {}
    for position, (one, other, confidence) in enumerate(links):
        here, there = trees.find(one), trees.find(other)
        if here != there:
            # The strongest links come first, so these links form a maximum spanning tree.
            trees.join(here, there)
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
