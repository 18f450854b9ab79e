"""How far the archive leads through pages that are wanted, and what is then left to ask.

The one place where "what is missing" is worked out: the gateway buys it and the plan prices it, so that the two cannot
come to differ. Reads the archive and sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import StoredAnswer, Window, share_of
from creator_assets.providers.contract.operations import Answer, Call, Pages


class Walk(msgspec.Struct, kw_only=True):
    """How far some pages have been followed: their answers, and the first call that has none yet."""

    pages: Pages
    answers: list[Answer]
    next_call: Call | None

    @property
    def calls_left(self) -> int:
        """How many calls may still be made."""
        return 0 if self.next_call is None else self.pages.max_calls - len(self.answers)

    def went_on(self, answer: Answer) -> None:
        """Take the answer to `next_call` and find the call after it."""
        self.answers.append(answer)
        more = len(self.answers) < self.pages.max_calls
        self.next_call = self.pages.follow(answer, len(self.answers)) if more else None


class Joined(msgspec.Struct, kw_only=True):
    """Walks that one request takes on together: for each part of its call, those that want the part."""

    groups: list[list[Walk]]
    next_call: Call | None

    def went_on(self, answer: Answer) -> None:
        """Give each walk the answer as its own, with its share of what was charged."""
        self.next_call = None
        parts = answer.call.parts
        for place, (part, group) in enumerate(zip(parts, self.groups, strict=True)):
            share = share_of(answer.charge_microcredits, place, len(parts))
            own = msgspec.structs.replace(answer, call=part, charge_microcredits=share, place=place, parts=len(parts))
            for one in group:
                one.went_on(own)

    def divided(self, room: int) -> list[Joined]:
        """The same in two requests: one of the first `room` parts, one of the others."""
        return [pack for groups in (self.groups[:room], self.groups[room:]) for pack in _packs(groups)]


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """The first call that some pages lack, how many calls at most are to be made from there on, and at what cost.

    ``is_first`` is False where somebody else asks the same before.
    """

    next_call: Call
    calls: int
    worst_case_microcredits: int
    is_first: bool


def walk(ledger: Ledger, wanted: Sequence[Pages], window: Window) -> list[Walk]:
    """Follow all of `wanted` as far as the archive answers, many requests at a time."""
    walks = [Walk(pages=pages, answers=[], next_call=pages.first) for pages in wanted]
    walk_on(ledger, walks, window)
    return walks


def is_answered(ledger: Ledger, pages: Pages, window: Window) -> bool:
    """Whether the archive leads through all of `pages`. Holds one answer at a time, however many there are."""
    call: Call | None = pages.first
    calls_made = 0
    while call is not None and calls_made < pages.max_calls:
        stored = ledger.look_up(call.request_key(ledger.realm), window)
        if stored is None:
            return False
        calls_made += 1
        call = pages.follow(from_archive(call, stored), calls_made)
    return True


def walk_on(ledger: Ledger, walks: Sequence[Walk], window: Window) -> None:
    """Follow walks further, from where they are."""
    walking = [one for one in walks if one.next_call is not None]
    while walking:
        calls = [one.next_call for one in walking if one.next_call is not None]
        keys = [call.request_key(ledger.realm) for call in calls]
        found = ledger.look_up_many(dict.fromkeys(keys, window))
        further = []
        for one, call, key in zip(walking, calls, keys, strict=True):
            if key in found:
                one.went_on(from_archive(call, found[key]))
                if one.next_call is not None:
                    further.append(one)
        walking = further


def lacking_by_provider(walks: Iterable[Walk]) -> dict[str, list[Walk]]:
    """Those of `walks` that lack something, by who is to be asked for it."""
    found: dict[str, list[Walk]] = {}
    for one in walks:
        if one.next_call is not None:
            found.setdefault(one.next_call.operation.provider, []).append(one)
    return found


def joined(walks: Iterable[Walk], realm: str) -> list[Walk | Joined]:
    """What to ask for `walks` that lack something: those whose calls one request answers together become one."""
    alone: list[Walk | Joined] = []
    by_operation: dict[str, dict[str, list[Walk]]] = {}
    for one in walks:
        if one.next_call is None:
            continue
        if one.next_call.operation.join is None:
            alone.append(one)
        else:
            of_operation = by_operation.setdefault(one.next_call.operation.id, {})
            of_operation.setdefault(one.next_call.request_key(realm), []).append(one)
    return alone + [pack for by_part in by_operation.values() for pack in _packs(list(by_part.values()))]


def missing(walks: Iterable[Walk], realm: str, planned: dict[str, int]) -> Iterator[Missing]:
    """What is left to ask for each of `walks`, in their order; one that lacks nothing yields nothing.

    A request that somebody else asks first is answered for both. So of two walks that stand before the same call, the
    second one has only those calls to make that lead further. Calls that can be joined come last, joined.

    Args:
        walks: As `walk` left them.
        realm: The ledger's.
        planned: By request key, how many calls are made from there on by others; what is yielded is added to it.
    """
    to_join: list[Walk] = []
    for one in walks:
        if one.next_call is None:
            continue
        key = one.next_call.request_key(realm)
        if one.next_call.operation.join is not None:
            if key not in planned:
                to_join.append(one)
            planned[key] = 1
            continue
        calls = max(0, one.calls_left - planned.get(key, 0))
        # Every page costs at most what this one can, and together they may be bounded more tightly.
        worst_case = one.next_call.worst_case_microcredits * calls
        if one.pages.bound_microcredits is not None:
            paid = sum(answer.charge_microcredits for answer in one.answers)
            worst_case = min(worst_case, max(0, one.pages.bound_microcredits - paid))
        yield Missing(
            next_call=one.next_call, calls=calls, worst_case_microcredits=worst_case, is_first=key not in planned
        )
        planned[key] = max(planned.get(key, 0), one.calls_left)
    for pack in joined(to_join, realm):
        if pack.next_call is not None:
            cost = pack.next_call.worst_case_microcredits
            yield Missing(next_call=pack.next_call, calls=1, worst_case_microcredits=cost, is_first=True)


def joined_examples(call: Call, count: int) -> list[tuple[Call, int]]:
    """As which calls, and how many of each, so many calls like this one would be sent."""
    join, size = call.operation.join, call.operation.batch_limit or 1
    if join is None:
        return [(call, count)]
    whole, rest = divmod(count, size)
    sizes = [(size, whole), *([(rest, 1)] if rest else [])]
    # At the price of the calls that are joined, which need not be the one that the provider's module declares.
    return [(msgspec.structs.replace(join([call] * parts), operation=call.operation), times) for parts, times in sizes]


def _packs(groups: Sequence[Sequence[Walk]]) -> Iterator[Joined]:
    """Joined calls of one operation, each of as many parts as it takes. A group of walks wants the same part."""
    parts = [group[0].next_call for group in groups]
    calls = [part for part in parts if part is not None and part.operation.join is not None]
    operation = calls[0].operation
    size = operation.batch_limit or 1
    for start in range(0, len(calls), size):
        some = tuple(calls[start : start + size])
        call = operation.join(some) if operation.join else some[0]
        yield Joined(
            groups=[list(group) for group in groups[start : start + size]],
            next_call=msgspec.structs.replace(call, operation=operation, parts=some),
        )


def from_archive(call: Call, stored: StoredAnswer) -> Answer:
    """The archived answer to a call, as it was sent: what is remembered alike may have had another weight.

    The weight of a joined request is none of its parts'.
    """
    return Answer(
        call=call if stored.parts > 1 else msgspec.structs.replace(call, weight=stored.weight),
        kind=stored.kind,
        status=stored.status,
        body=stored.body,
        response_sha256=stored.sha256,
        observed_at=stored.observed_at,
        request_id=stored.attempt_id,
        run_id=stored.run_id,
        charge_microcredits=stored.charge_microcredits,
        not_before=stored.not_before,
        from_archive=True,
        place=stored.place,
        parts=stored.parts,
    )
