"""Fates unknown, over real HTTP: an answer that is lost or late is counted, kept in mind and not asked again.

The till compares its books with the sandbox's meter at the end of every test.
"""

from __future__ import annotations

import random
import time
from datetime import datetime

import msgspec
import pytest

from creator_assets.providers.contract.operations import Response, ResponseOutcome
from creator_assets.spending.failures import AnswerNotKeptError, FateUnknownError, StillInDoubtError, how_to_repeat
from tests.ledger.scenery import ManualClock
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


def test_an_answer_that_a_full_disk_cannot_keep_stays_counted_and_says_so(
    till: ClientUnderTest, turned_clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox has charged it. The message names the credits, and how to send the request again."""
    settle = till.ledger.settle
    writer = till.ledger._database._opened.writer  # type: ignore[attr-defined]

    def settle_on_a_full_disk(attempt_id: str, outcome: ResponseOutcome, response: Response, sent_at: datetime) -> None:
        (size,) = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {size}")
        large = msgspec.structs.replace(response, body=random.Random(1).randbytes(200_000))  # noqa: S311 - no secret
        settle(attempt_id, outcome, large, sent_at)

    with monkeypatch.context() as disk:
        disk.setattr(till.ledger, "settle", settle_on_a_full_disk)
        with pytest.raises(AnswerNotKeptError) as failure:
            till.fetch(full(FIRST))
    assert "the provider answered, and the ledger did not confirm that it kept the answer (no space left" in str(
        failure.value
    )
    assert f"1 credits stay counted for it. Mend the cause first. {how_to_repeat(CLUB)}" in str(failure.value)
    assert till.books(CLUB) == (0, CREDIT, 0)
    assert till.market.charged(CLUB) == CREDIT
    assert len(till.market.requests(CLUB)) == 1
    writer.execute("PRAGMA max_page_count = 1000000")
    turned_clock.turn(hours=1)  # beyond the lease of the attempt
    with pytest.raises(StillInDoubtError):
        till.fetch(full(FIRST))
    assert till.books(CLUB) == (0, 0, CREDIT)
