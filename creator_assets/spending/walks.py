"""How far the archive leads through pages that are wanted, and what is then left to ask.

The one place where "what is missing" is worked out: the gateway buys it and the plan prices it, so that the two cannot
come to differ. Reads the archive and sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from creator_assets.providers.contract import Answer, Call, Pages
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import StoredAnswer, Window


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
    walking = list(walks)
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
    return walks


def missing(walks: Iterable[Walk], realm: str, planned: dict[str, int]) -> Iterator[Missing]:
    """What is left to ask for each of `walks`, in their order; one that lacks nothing yields nothing.

    A request that somebody else asks first is answered for both. So of two walks that stand before the same call, the
    second one has only those calls to make that lead further.

    Args:
        walks: As `walk` left them.
        realm: The ledger's.
        planned: By request key, how many calls are made from there on by others; what is yielded is added to it.
    """
    for one in walks:
        if one.next_call is None:
            continue
        key = one.next_call.request_key(realm)
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


def from_archive(call: Call, stored: StoredAnswer) -> Answer:
    """The archived answer to a call."""
    return Answer(
        call=call,
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
    )
