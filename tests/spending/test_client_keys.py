"""Keys that are missing or refused, over real HTTP: which variable is named, and that nothing is sent in vain.

The till compares its books with the sandbox's meter at the end of every test.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from creator_assets.spending.failures import KeyRefusedError, MissingKeyError, ProviderSuspendedError
from tests.market import CLUB, DATA, KEYS, KNOWN, ClientUnderTest, Market, account_of, full, purpose_of, user_data

FIRST = KNOWN[0]
OpenTill = Callable[..., ClientUnderTest]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "no key is configured. Set INFLUENCERS_CLUB_API_KEY"),
        (f"{KEYS[CLUB]}\n", "a character that no key can have. Set INFLUENCERS_CLUB_API_KEY to the key alone"),
        ("schlüssel", "a character that no key can have"),
    ],
)
def test_without_a_usable_key_the_variable_is_named_and_nothing_is_sent(
    market: Market, open_till: OpenTill, key: str, said: str
) -> None:
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB), key=key, limit=0)])
    with pytest.raises(MissingKeyError) as raised:
        till.fetch(full(FIRST))
    assert said in str(raised.value)
    assert not key.strip() or key.strip() not in str(raised.value)
    assert market.requests() == []
    assert list(till.ledger.attempts()) == []


def test_a_provider_that_is_not_set_up_at_all_is_named(market: Market, open_till: OpenTill) -> None:
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB))])
    with pytest.raises(MissingKeyError, match="asking infludata for user_data: no key is configured"):
        till.fetch(user_data(FIRST))


@pytest.mark.parametrize("provider", [CLUB, DATA])
def test_a_wrong_key_costs_nothing_and_is_not_tried_again(market: Market, open_till: OpenTill, provider: str) -> None:
    till = open_till(accounts=[account_of(provider, market.running.url(provider), key="sk-wrong-key-4711")])
    wanted = full(FIRST) if provider == CLUB else user_data(FIRST)
    with pytest.raises(KeyRefusedError, match=f"the key was refused .HTTP 401.*Check {provider.upper()}_API_KEY") as no:
        till.fetch(wanted)
    assert "4711" not in str(no.value)
    assert str(no.value).endswith(f"Then run `creator-assets budget --resume {provider}`.")
    assert not no.value.allow_retries
    assert [request["status"] for request in market.requests()] == [401]


def test_a_refused_key_is_not_tried_for_every_partition_of_a_run(market: Market, open_till: OpenTill) -> None:
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB), key="wrong")])
    for handle in KNOWN:
        with pytest.raises(KeyRefusedError):
            till.fetch(full(handle))
    assert len(market.requests()) == 1


def test_after_a_refused_key_nothing_is_sent_until_the_provider_is_resumed(market: Market, open_till: OpenTill) -> None:
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB), key="wrong")])
    with pytest.raises(KeyRefusedError):
        till.fetch(full(FIRST))
    with pytest.raises(ProviderSuspendedError) as suspended:
        till.fetch(full(FIRST), purpose=purpose_of(run_id="run-2"))
    assert str(suspended.value) == (
        "asking influencers_club for enrich_full (enriched_profiles, berlin-fitness|2026-11-16): paid requests to "
        f"influencers_club are suspended since {till.ledger.now():%Y-%m-%d %H:%M} UTC (the key was refused (HTTP "
        "401)). Nothing was sent. Fix the cause, then run `creator-assets budget --resume influencers_club`. If the "
        "provider reports its balance, the hourly job `books` resumes it once there are credits."
    )
    assert not suspended.value.allow_retries
    assert len(market.requests()) == 1
    till.ledger.resume_provider([CLUB], "lifted by hand")
    with pytest.raises(KeyRefusedError):
        till.fetch(full(FIRST), purpose=purpose_of(run_id="run-3"))
    assert len(market.requests()) == 2
