"""How far the archive answers paged requests, and what is missing.

This is the one place that computes what is missing. The paid client buys it and the plan prices it, so the two cannot
differ. It reads the archive and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import StoredAnswer, Window, share_of
from creator_assets.providers.contract.older_spellings import NO_OLDER_SPELLINGS, OlderSpellings
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest, Request, Response
from creator_assets.providers.parsing.readable import readable
from creator_assets.providers.parsing.reading import read_answer


class Coverage(msgspec.Struct, kw_only=True):
    """One paged request: its answers so far, and the first request that has no answer yet."""

    pages: PagedRequest
    answers: list[Answer]
    next_request: Request | None

    @property
    def requests_left(self) -> int:
        """How many requests may still be made."""
        return 0 if self.next_request is None else self.pages.max_requests - len(self.answers)

    def advance(self, answer: Answer) -> None:
        """Take the answer to `next_request` and find the request after it."""
        self.answers.append(answer)
        has_more = len(self.answers) < self.pages.max_requests and not self.pages.brings_nothing_new(self.answers)
        self.next_request = self.pages.follow(answer, len(self.answers)) if has_more else None


class JoinedRequest(msgspec.Struct, kw_only=True):
    """One request that answers several coverages: for each of its parts, the coverages that need this part."""

    groups: list[list[Coverage]]
    next_request: Request | None

    def advance(self, answer: Answer) -> None:
        """Give each coverage the answer to its part, with the part's share of the charge."""
        self.next_request = None
        parts = answer.request.parts
        for place, (part, group) in enumerate(zip(parts, self.groups, strict=True)):
            share = share_of(answer.charge_microcredits, place, len(parts))
            answer_to_part = msgspec.structs.replace(
                answer, request=part, charge_microcredits=share, place=place, parts=len(parts)
            )
            for coverage in group:
                coverage.advance(answer_to_part)

    def split(self, size: int) -> list[JoinedRequest]:
        """The same as two requests: one of the first `size` parts, one of the other parts."""
        return [joint for groups in (self.groups[:size], self.groups[size:]) for joint in _join(groups)]


class MissingRequests(msgspec.Struct, frozen=True, kw_only=True):
    """What one coverage lacks: its next request, how many requests may follow at most, and their worst-case cost.

    ``is_first`` is False where an earlier coverage makes the same request.
    """

    next_request: Request
    requests: int
    worst_case_microcredits: int
    is_first: bool


def coverage_of(
    ledger: Ledger, requests: Sequence[PagedRequest], window: Window, older: OlderSpellings = NO_OLDER_SPELLINGS
) -> list[Coverage]:
    """Follow all `requests` as far as the archive answers them, many at a time.

    Args:
        ledger: The archive.
        requests: What is asked for.
        window: When an answer counts.
        older: How older releases spelled handles: what was bought under such a spelling serves, too.
    """
    coverages = [Coverage(pages=pages, answers=[], next_request=pages.first) for pages in requests]
    extend_coverage(ledger, coverages, window, older)
    return coverages


def is_answered(ledger: Ledger, pages: PagedRequest, window: Window) -> bool:
    """Whether the archive answers all of `pages`. Holds one answer at a time, however many there are."""
    request: Request | None = pages.first
    requests_made = 0
    while request is not None and requests_made < pages.max_requests:
        stored = ledger.look_up(ledger.key_of(request), window)
        if stored is None:
            return False
        requests_made += 1
        request = pages.follow(from_archive(request, stored), requests_made)
    return True


def extend_coverage(
    ledger: Ledger, coverages: Sequence[Coverage], window: Window, older: OlderSpellings = NO_OLDER_SPELLINGS
) -> None:
    """Follow coverages further, from where they are; `older` as in `coverage_of`."""
    open_coverages = [coverage for coverage in coverages if coverage.next_request is not None]
    while open_coverages:
        requests = [coverage.next_request for coverage in open_coverages if coverage.next_request is not None]
        keys = [ledger.key_of(request) for request in requests]
        found = ledger.look_up_many(dict.fromkeys(keys, window))
        found |= _found_as_older(
            ledger, {k: r for k, r in zip(keys, requests, strict=True) if k not in found}, window, older
        )
        extended = []
        for coverage, request, key in zip(open_coverages, requests, keys, strict=True):
            if key in found:
                coverage.advance(from_archive(request, found[key]))
                if coverage.next_request is not None:
                    extended.append(coverage)
        open_coverages = extended


def _found_as_older(
    ledger: Ledger, missing: Mapping[str, Request], window: Window, older: OlderSpellings
) -> dict[str, StoredAnswer]:
    """By the key of a request, the answer that an older release bought under another spelling of its handle."""
    spelled = {key: older.older_request(request) for key, request in missing.items()}
    older_keys = {key: ledger.key_of(request) for key, request in spelled.items() if request is not None}
    if not older_keys:
        return {}
    found = ledger.look_up_many(dict.fromkeys(older_keys.values(), window))
    return {key: found[older_key] for key, older_key in older_keys.items() if older_key in found}


def missing_by_provider(coverages: Iterable[Coverage]) -> dict[str, list[Coverage]]:
    """The coverages that lack something, by the provider that is asked next."""
    missing: dict[str, list[Coverage]] = {}
    for coverage in coverages:
        if coverage.next_request is not None:
            missing.setdefault(coverage.next_request.operation.provider, []).append(coverage)
    return missing


def joined(coverages: Iterable[Coverage], key_of: Callable[[Request], str]) -> list[Coverage | JoinedRequest]:
    """What to send for the coverages that lack something: requests that can be joined become one request."""
    alone: list[Coverage | JoinedRequest] = []
    by_operation: dict[str, dict[str, list[Coverage]]] = {}
    for coverage in coverages:
        request = coverage.next_request
        if request is None:
            continue
        if request.operation.join is None:
            alone.append(coverage)
        else:
            of_operation = by_operation.setdefault(request.operation.id, {})
            of_operation.setdefault(key_of(request), []).append(coverage)
    return alone + [joint for by_part in by_operation.values() for joint in _join(list(by_part.values()))]


def missing_requests(
    coverages: Iterable[Coverage], key_of: Callable[[Request], str], planned: dict[str, int]
) -> Iterator[MissingRequests]:
    """What each of `coverages` lacks, in their order. A complete coverage yields nothing.

    The answer to a request serves everybody who makes it. So of two coverages with the same next request, the second
    needs only the requests that go further. Requests that can be joined come last, joined.

    Args:
        coverages: As `coverage_of` or `extend_coverage` left them.
        key_of: The ledger's.
        planned: By request key, how many requests others make from there on. What is yielded is added to it.
    """
    to_join: list[Coverage] = []
    for coverage in coverages:
        request = coverage.next_request
        if request is None:
            continue
        key = key_of(request)
        if request.operation.join is not None:
            if key not in planned:
                to_join.append(coverage)
            planned[key] = 1
            continue
        requests = max(0, coverage.requests_left - planned.get(key, 0))
        # Every page costs at most what this one can. All pages together may have a tighter bound.
        worst_case = request.worst_case_microcredits * requests
        if coverage.pages.bound_microcredits is not None:
            paid = sum(answer.charge_microcredits for answer in coverage.answers)
            worst_case = min(worst_case, max(0, coverage.pages.bound_microcredits - paid))
        yield MissingRequests(
            next_request=request, requests=requests, worst_case_microcredits=worst_case, is_first=key not in planned
        )
        planned[key] = max(planned.get(key, 0), coverage.requests_left)
    for joint in joined(to_join, key_of):
        if joint.next_request is not None:
            cost = joint.next_request.worst_case_microcredits
            yield MissingRequests(
                next_request=joint.next_request, requests=1, worst_case_microcredits=cost, is_first=True
            )


def joined_examples(request: Request, count: int) -> list[tuple[Request, int]]:
    """The requests that `count` requests like this one are sent as, and how many there are of each."""
    join, size = request.operation.join, request.operation.batch_limit or 1
    if join is None:
        return [(request, count)]
    whole, rest = divmod(count, size)
    sizes = [(size, whole), *([(rest, 1)] if rest else [])]
    return [(join([request] * parts), times) for parts, times in sizes]


def from_archive(request: Request, stored: StoredAnswer) -> Answer:
    """The archived answer to a request, as that request was sent: the same key may have been sent with another weight.

    The weight of a joined request is not the weight of its parts.
    """
    text = readable(stored.body, stored.headers)
    kind = stored.kind
    if kind is AnswerKind.UNREADABLE:
        kind = _kind_by_now(request, stored)
    return Answer(
        request=request if stored.parts > 1 else msgspec.structs.replace(request, weight=stored.weight),
        kind=kind,
        status=stored.status,
        body=text.body,
        notes=text.notes,
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


def _kind_by_now(request: Request, stored: StoredAnswer) -> AnswerKind:
    """What an answer that could not be read is to the readers of this release: they may have learned to read it."""
    response = Response(status=stored.status, headers=stored.headers, body=stored.body)
    try:
        found = read_answer(request, response).outcome.kind
    except Exception:  # noqa: BLE001 - a provider may have sent anything
        return AnswerKind.UNREADABLE
    return found if found in {AnswerKind.FINAL, AnswerKind.EMPTY} else AnswerKind.UNREADABLE


def _join(groups: Sequence[Sequence[Coverage]]) -> Iterator[JoinedRequest]:
    """Joined requests of one operation, each of as many parts as it takes. The coverages of a group need one part."""
    parts = [group[0].next_request for group in groups]
    requests = [part for part in parts if part is not None and part.operation.join is not None]
    operation = requests[0].operation
    size = operation.batch_limit or 1
    for start in range(0, len(requests), size):
        some = tuple(requests[start : start + size])
        request = operation.join(some) if operation.join else some[0]
        yield JoinedRequest(
            groups=[list(group) for group in groups[start : start + size]],
            next_request=msgspec.structs.replace(request, parts=some),
        )
