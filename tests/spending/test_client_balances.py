"""Balances and volumes that are used up, over real HTTP: what is suspended, for how long, and what goes on.

The till compares its books with the sandbox's meter at the end of every test.
"""

from __future__ import annotations

import pytest

from creator_assets.spending.failures import CreditsExhaustedError, ProviderSuspendedError, VolumeExhaustedError
from tests.ledger.scenery import ManualClock
from tests.market import CLUB, DATA, KNOWN, ClientUnderTest, balance, full, purpose_of, search, user_data

FIRST, SECOND = KNOWN


def test_an_empty_account_suspends_its_provider_and_no_other_and_free_requests_go_on(till: ClientUnderTest) -> None:
    till.market.set_account(CLUB, limit="0")
    with pytest.raises(CreditsExhaustedError):
        till.fetch(full(FIRST))
    sent = len(till.market.requests())
    with pytest.raises(ProviderSuspendedError, match=r"no credits for this .HTTP 402"):
        till.fetch(full(FIRST), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests()) == sent
    assert till.fetch(user_data(FIRST), purpose=purpose_of(run_id="run-2")).fetch_stats.requests == 1
    assert till.fetch(balance(CLUB), purpose=purpose_of(run_id="run-2")).fetch_stats.requests == 1


def test_a_used_up_discovery_limit_suspends_discovery_alone(till: ClientUnderTest) -> None:
    till.market.set_account(CLUB, discovery_limit="0")
    with pytest.raises(CreditsExhaustedError):
        till.fetch(search(50))
    suspended = [state.scope for state in till.ledger.balances() if state.provider_suspended_reason]
    assert suspended == ["influencers_club/discovery"]


@pytest.mark.parametrize(
    ("provider", "account", "status"), [(CLUB, {"limit": "0"}, 402), (CLUB, {"discovery_limit": "0"}, 403)]
)
def test_an_empty_account_says_so_and_costs_nothing(
    till: ClientUnderTest, provider: str, account: dict[str, str], status: int
) -> None:
    till.market.set_account(provider, **account)
    wanted = search(50) if status == 403 else full(FIRST)
    with pytest.raises(CreditsExhaustedError, match=f"no credits for this .HTTP {status}.*Top up the account"):
        till.fetch(wanted)
    assert till.books(CLUB) == (0, 0, 0)


def test_a_used_up_discovery_limit_does_not_stop_profiles(till: ClientUnderTest) -> None:
    till.market.set_account(CLUB, discovery_limit="0")
    with pytest.raises(CreditsExhaustedError):
        till.fetch(search(50))
    assert till.fetch(full(FIRST)).fetch_stats.requests == 1


def test_a_monthly_limit_stops_until_its_date_and_the_suspension_holds(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    till.market.fault("monthly_limit", "ID-3")
    with pytest.raises(VolumeExhaustedError, match="accepts no more requests until 2026-12-01 00:00 UTC") as stopped:
        till.fetch(user_data(FIRST))
    assert stopped.value.until is not None
    sent = len(till.market.requests())
    with pytest.raises(VolumeExhaustedError, match="2026-12-01") as suspended:
        till.fetch(user_data(SECOND))
    assert suspended.value.until == stopped.value.until
    assert len(till.market.requests()) == sent
    assert turned_clock.slept == []
    # Other providers go on, and what is free can still be asked.
    assert till.fetch(full(FIRST)).fetch_stats.requests == 1
    assert till.fetch(balance(DATA)).fetch_stats.requests == 1
