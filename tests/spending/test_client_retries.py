"""Too fast, and broken servers, over real HTTP: how long is waited, how often is tried, and what it costs.

The till compares its books with the sandbox's meter at the end of every test.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from creator_assets.providers.contract.operations import AnswerKind
from creator_assets.spending.failures import ProviderUnavailableError, VolumeExhaustedError
from tests.ledger.scenery import ManualClock
from tests.market import CLUB, CREDIT, DATA, KNOWN, ClientUnderTest, account_of, balance, full, purpose_of, user_data

FIRST, SECOND = KNOWN
OpenTill = Callable[..., ClientUnderTest]


def test_a_burst_429_is_waited_for_as_stated(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="7", count=2)
    assert till.fetch(full(FIRST)).answers[0][0].kind is AnswerKind.FINAL
    assert turned_clock.slept == [7.0, 7.0]
    assert till.books(CLUB) == (CREDIT, 0, 0)


def test_a_429_without_a_time_is_waited_for_longer_each_time(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    till.market.fault("status", "IC-14", status=429, count=2)
    till.fetch(full(FIRST))
    # The pause before the retry; what the push-back of the pace adds to it is over by then.
    assert turned_clock.slept == [1.0, 2.0]


def test_after_three_retries_a_429_is_final(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="1", count=None)
    with pytest.raises(ProviderUnavailableError, match=r"no usable answer after all retries .HTTP 429") as given_up:
        till.fetch(full(FIRST))
    assert given_up.value.allow_retries
    assert len(till.market.requests(CLUB)) == 4
    assert turned_clock.slept == [1.0, 1.0, 1.0]
    assert till.books(CLUB) == (0, 0, 0)


def test_a_wait_of_two_minutes_is_still_waited_for(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="120")
    assert till.fetch(full(FIRST)).answers[0][0].kind is AnswerKind.FINAL
    assert turned_clock.slept == [120.0]
    till.market.fault("status", "IC-14", status=429, retry_after="121")
    with pytest.raises(VolumeExhaustedError):
        till.fetch(full(SECOND))
    assert turned_clock.slept == [120.0]


def test_a_wait_too_long_to_sleep_through_becomes_a_date(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="3600")
    with pytest.raises(VolumeExhaustedError, match="until 2026-11-17 13:00 UTC"):
        till.fetch(full(FIRST))
    with pytest.raises(VolumeExhaustedError):
        till.fetch(full(SECOND), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests(CLUB)) == 1
    turned_clock.turn(hours=1, seconds=1)
    assert till.fetch(full(SECOND)).fetch_stats.requests == 1


def test_every_other_process_slows_down(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="30", count=None)
    with pytest.raises(ProviderUnavailableError):
        till.fetch(full(FIRST))
    till.market.control.delete("/faults")
    turned_clock.slept.clear()
    # Another operation under the same limits, of any process: its permit lies after the time that was asked for.
    till.fetch(balance(CLUB))
    assert sum(turned_clock.slept) == pytest.approx(30.0, abs=0.5)


def test_a_server_error_that_is_documented_as_free_is_tried_again_for_nothing(till: ClientUnderTest) -> None:
    till.market.fault("status", "ID-3", status=500, count=2)
    assert till.fetch(user_data(FIRST)).fetch_stats.requests == 1
    assert till.books(DATA) == (CREDIT, 0, 0)


def test_a_server_error_that_may_have_been_charged_counts_at_its_worst(till: ClientUnderTest) -> None:
    till.market.fault("status", "IC-14", status=504, after_charge=True)
    assert till.fetch(full(FIRST)).fetch_stats.requests == 1
    assert till.books(CLUB) == (2 * CREDIT, 0, 0)
    assert till.market.charged(CLUB) == 2 * CREDIT


def test_a_provider_that_stays_down_is_given_up_and_the_bill_is_named(till: ClientUnderTest) -> None:
    till.market.fault("status", "IC-14", status=503, count=None)
    with pytest.raises(ProviderUnavailableError, match="each time it counts at 1 credits"):
        till.fetch(full(FIRST))
    assert till.books(CLUB) == (4 * CREDIT, 0, 0)
    with pytest.raises(ProviderUnavailableError):
        till.fetch(full(SECOND))  # the same run does not ask again
    assert len(till.market.requests(CLUB)) == 4


def test_a_provider_out_of_reach_costs_nothing(open_till: OpenTill, turned_clock: ManualClock) -> None:
    till = open_till(accounts=[account_of(CLUB, "http://127.0.0.1:9")])
    with pytest.raises(ProviderUnavailableError, match="it could not be sent: ConnectError"):
        till.fetch(full(FIRST))
    assert turned_clock.slept == [1.0, 2.0, 4.0]
    assert [attempt.state for attempt in till.ledger.attempts()] == ["voided"] * 4
    assert till.books(CLUB) == (0, 0, 0)
