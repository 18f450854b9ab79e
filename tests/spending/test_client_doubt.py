"""Fates unknown, over real HTTP: an answer that is lost or late is counted, kept in mind and not asked again.

The till compares its books with the sandbox's meter at the end of every test.
"""

from __future__ import annotations

import time

import pytest

from creator_assets.spending.failures import FateUnknownError, StillInDoubtError
from tests.market import CLUB, CREDIT, DATA, KNOWN, ClientUnderTest, balance, full, purpose_of

FIRST = KNOWN[0]


@pytest.mark.parametrize(
    ("kind", "charged"),
    [
        ("drop_before_charge", 0),
        ("drop_after_charge", CREDIT),
        ("truncated_body", CREDIT),
    ],
)
def test_a_lost_answer_is_counted_kept_in_mind_and_not_asked_again(
    till: ClientUnderTest, kind: str, charged: int
) -> None:
    till.market.fault(kind, "IC-14")
    with pytest.raises(FateUnknownError, match="it may have been charged, so 1 credits stay counted"):
        till.fetch(full(FIRST))
    assert till.market.charged(CLUB) == charged
    assert till.books(CLUB) == (0, 0, CREDIT)
    # Neither a later run nor the passing of time makes it forgotten.
    with pytest.raises(StillInDoubtError, match="it is unknown whether it was charged"):
        till.fetch(full(FIRST), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests(CLUB)) == 1
    assert till.books(CLUB) == (0, 0, CREDIT)


def test_a_lost_answer_to_a_free_call_is_simply_asked_again(till: ClientUnderTest) -> None:
    till.market.fault("drop_after_charge", "ID-8")
    assert till.fetch(balance(DATA)).fetch_stats.requests == 1
    assert len(till.market.requests(DATA)) == 2


@pytest.mark.parametrize(
    ("kind", "reason"), [("latency", "ReadTimeout"), ("slow_body", "the body did not end in time")]
)
def test_an_answer_that_takes_too_long_is_in_doubt(till: ClientUnderTest, kind: str, reason: str) -> None:
    till.market.fault(kind, "IC-14", seconds=1.0)
    with pytest.raises(FateUnknownError, match=reason):
        till.fetch(full(FIRST, timeout_seconds=0.3))
    assert till.books(CLUB) == (0, 0, CREDIT)
    # The provider works on after we have gone, and charges.
    deadline = time.monotonic() + 10
    while till.market.charged(CLUB) < CREDIT and time.monotonic() < deadline:
        time.sleep(0.05)
    assert till.market.charged(CLUB) == CREDIT


def test_a_slow_answer_within_its_time_is_an_answer(till: ClientUnderTest) -> None:
    till.market.fault("slow_body", "IC-14", seconds=0.4)
    assert till.fetch(full(FIRST, timeout_seconds=5.0)).fetch_stats.requests == 1
