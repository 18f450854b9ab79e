"""Joined requests whose parts another process buys meanwhile: the rest is joined anew, so often and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from creator_assets.spending.failures import RequestBusyError
from tests.market import CREDIT, KEYAPI, ClientUnderTest, analytics

OpenTill = Callable[..., ClientUnderTest]


def bought_meanwhile(till: ClientUnderTest, other: ClientUnderTest, parts: Iterator[str]) -> list[int]:
    """Let another process buy one part before each attempt of `till`; returns how many parts each attempt had."""
    attempts: list[int] = []
    begin = till.ledger.begin

    def after_another(wants: Any, *arguments: Any, **options: Any) -> Any:
        attempts.append(len(wants[0].parts))
        if (part := next(parts, None)) is not None:
            other.fetch(analytics(part))
        return begin(wants, *arguments, **options)

    till.ledger.begin = after_another  # type: ignore[method-assign, assignment]
    return attempts


def test_what_another_process_has_bought_is_not_bought_again(open_till: OpenTill) -> None:
    till, other = open_till(), open_till()
    attempts = bought_meanwhile(till, other, iter(["a", "c"]))
    fetched = till.fetch(*map(analytics, "abcd"))
    assert attempts == [4, 3, 2]
    assert (fetched.fetch_stats.requests, fetched.fetch_stats.archive_hits) == (1, 2)
    assert fetched.fetch_stats.spent_microcredits == {KEYAPI: CREDIT}
    assert till.books(KEYAPI)[0] == 3 * CREDIT


def test_a_fetch_is_done_when_other_processes_have_bought_everything(open_till: OpenTill) -> None:
    till, other = open_till(), open_till()
    attempts = bought_meanwhile(till, other, iter("abcde"))
    fetched = till.fetch(*map(analytics, "abcde"))
    assert attempts == [5, 4, 3, 2, 1]
    assert (fetched.fetch_stats.requests, fetched.fetch_stats.archive_hits) == (0, 5)


def test_after_five_rounds_the_fetch_gives_up_and_keeps_what_there_is(open_till: OpenTill) -> None:
    till, other = open_till(), open_till()
    attempts = bought_meanwhile(till, other, iter("abcdefgh"))
    with pytest.raises(RequestBusyError, match="other processes keep sending parts of the same request") as busy:
        till.fetch(*map(analytics, "abcdefgh"))
    assert busy.value.allow_retries
    assert attempts == [8, 7, 6, 5, 4]
    assert till.books(KEYAPI)[0] == 5 * CREDIT
