"""How far the archive leads through pages that are wanted, and what is then left to ask.

The one place where "what is missing" is worked out: the gateway buys it and the plan prices it, so that the two cannot
come to differ. Reads the archive and sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import StoredAnswer, Window, share_of
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request


class Coverage(msgspec.Struct, kw_only=True):
    """How far some pages have been followed: their answers, and the first call that has none yet."""

    pages: PagedRequest
    answers: list[Answer]
    next_request: Request | None

    @property
    def requests_left(self) -> int:
        """How many calls may still be made."""
        return 0 if self.next_request is None else self.pages.max_requests - len(self.answers)

    def went_on(self, answer: Answer) -> None:
        """Take the answer to `next_call` and find the call after it."""
        self.answers.append(answer)
        more = len(self.answers) < self.pages.max_requests
        self.next_request = self.pages.follow(answer, len(self.answers)) if more else None


class JoinedRequest(msgspec.Struct, kw_only=True):
    """Walks that one request takes on together: for each part of its call, those that want the part."""

    groups: list[list[Coverage]]
    next_request: Request | None

    def went_on(self, answer: Answer) -> None:
        """Give each walk the answer as its own, with its share of what was charged."""
        self.next_request = None
        parts = answer.request.parts
        for place, (part, group) in enumerate(zip(parts, self.groups, strict=True)):
            share = share_of(answer.charge_microcredits, place, len(parts))
            own = msgspec.structs.replace(
                answer, request=part, charge_microcredits=share, place=place, parts=len(parts)
            )
            for one in group:
                one.went_on(own)

    def divided(self, room: int) -> list[JoinedRequest]:
        """The same in two requests: one of the first `room` parts, one of the others."""
        return [pack for groups in (self.groups[:room], self.groups[room:]) for pack in _packs(groups)]


class MissingRequests(msgspec.Struct, frozen=True, kw_only=True):
    """The first call that some pages lack, how many calls at most are to be made from there on, and at what cost.

    ``is_first`` is False where somebody else asks the same before.
    """

    next_request: Request
    requests: int
    worst_case_microcredits: int
    is_first: bool


def coverage_of(ledger: Ledger, wanted: Sequence[PagedRequest], window: Window) -> list[Coverage]:
    """Follow all of `wanted` as far as the archive answers, many requests at a time."""
    walks = [Coverage(pages=pages, answers=[], next_request=pages.first) for pages in wanted]
    extend_coverage(ledger, walks, window)
    return walks


def is_answered(ledger: Ledger, pages: PagedRequest, window: Window) -> bool:
    """Whether the archive leads through all of `pages`. Holds one answer at a time, however many there are."""
    request: Request | None = pages.first
    requests_made = 0
    while request is not None and requests_made < pages.max_requests:
        stored = ledger.look_up(request.request_key(ledger.realm), window)
        if stored is None:
            return False
        requests_made += 1
        request = pages.follow(from_archive(request, stored), requests_made)
    return True


def extend_coverage(ledger: Ledger, walks: Sequence[Coverage], window: Window) -> None:
    """Follow walks further, from where they are."""
    walking = [one for one in walks if one.next_request is not None]
    while walking:
        requests = [one.next_request for one in walking if one.next_request is not None]
        keys = [request.request_key(ledger.realm) for request in requests]
        found = ledger.look_up_many(dict.fromkeys(keys, window))
        further = []
        for one, request, key in zip(walking, requests, keys, strict=True):
            if key in found:
                one.went_on(from_archive(request, found[key]))
                if one.next_request is not None:
                    further.append(one)
        walking = further


def missing_by_provider(walks: Iterable[Coverage]) -> dict[str, list[Coverage]]:
    """Those of `walks` that lack something, by who is to be asked for it."""
    found: dict[str, list[Coverage]] = {}
    for one in walks:
        if one.next_request is not None:
            found.setdefault(one.next_request.operation.provider, []).append(one)
    return found


def joined(walks: Iterable[Coverage], realm: str) -> list[Coverage | JoinedRequest]:
    """What to ask for `walks` that lack something: those whose calls one request answers together become one."""
    alone: list[Coverage | JoinedRequest] = []
    by_operation: dict[str, dict[str, list[Coverage]]] = {}
    for one in walks:
        if one.next_request is None:
            continue
        if one.next_request.operation.join is None:
            alone.append(one)
        else:
            of_operation = by_operation.setdefault(one.next_request.operation.id, {})
            of_operation.setdefault(one.next_request.request_key(realm), []).append(one)
    return alone + [pack for by_part in by_operation.values() for pack in _packs(list(by_part.values()))]


def missing(walks: Iterable[Coverage], realm: str, planned: dict[str, int]) -> Iterator[MissingRequests]:
    """What is left to ask for each of `walks`, in their order; one that lacks nothing yields nothing.

    A request that somebody else asks first is answered for both. So of two walks that stand before the same call, the
    second one has only those calls to make that lead further. Calls that can be joined come last, joined.

    Args:
        walks: As `walk` left them.
        realm: The ledger's.
        planned: By request key, how many calls are made from there on by others; what is yielded is added to it.
    """
    to_join: list[Coverage] = []
    for one in walks:
        if one.next_request is None:
            continue
        key = one.next_request.request_key(realm)
        if one.next_request.operation.join is not None:
            if key not in planned:
                to_join.append(one)
            planned[key] = 1
            continue
        requests = max(0, one.requests_left - planned.get(key, 0))
        # Every page costs at most what this one can, and together they may be bounded more tightly.
        worst_case = one.next_request.worst_case_microcredits * requests
        if one.pages.bound_microcredits is not None:
            paid = sum(answer.charge_microcredits for answer in one.answers)
            worst_case = min(worst_case, max(0, one.pages.bound_microcredits - paid))
        yield MissingRequests(
            next_request=one.next_request,
            requests=requests,
            worst_case_microcredits=worst_case,
            is_first=key not in planned,
        )
        planned[key] = max(planned.get(key, 0), one.requests_left)
    for pack in joined(to_join, realm):
        if pack.next_request is not None:
            cost = pack.next_request.worst_case_microcredits
            yield MissingRequests(
                next_request=pack.next_request, requests=1, worst_case_microcredits=cost, is_first=True
            )


def joined_examples(request: Request, count: int) -> list[tuple[Request, int]]:
    """As which calls, and how many of each, so many calls like this one would be sent."""
    join, size = request.operation.join, request.operation.batch_limit or 1
    if join is None:
        return [(request, count)]
    whole, rest = divmod(count, size)
    sizes = [(size, whole), *([(rest, 1)] if rest else [])]
    # At the price of the calls that are joined, which need not be the one that the provider's module declares.
    return [
        (msgspec.structs.replace(join([request] * parts), operation=request.operation), times) for parts, times in sizes
    ]


def _packs(groups: Sequence[Sequence[Coverage]]) -> Iterator[JoinedRequest]:
    """Joined calls of one operation, each of as many parts as it takes. A group of walks wants the same part."""
    parts = [group[0].next_request for group in groups]
    requests = [part for part in parts if part is not None and part.operation.join is not None]
    operation = requests[0].operation
    size = operation.batch_limit or 1
    for start in range(0, len(requests), size):
        some = tuple(requests[start : start + size])
        request = operation.join(some) if operation.join else some[0]
        yield JoinedRequest(
            groups=[list(group) for group in groups[start : start + size]],
            next_request=msgspec.structs.replace(request, operation=operation, parts=some),
        )


def from_archive(request: Request, stored: StoredAnswer) -> Answer:
    """The archived answer to a call, as it was sent: what is remembered alike may have had another weight.

    The weight of a joined request is none of its parts'.
    """
    return Answer(
        request=request if stored.parts > 1 else msgspec.structs.replace(request, weight=stored.weight),
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
