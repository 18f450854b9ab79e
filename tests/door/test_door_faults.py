"""Everything that can go wrong with a paid call, over real HTTP: what is said, what is booked, what comes next.

The till compares its books with the sandbox's meter at the end of every test.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from creator_assets.providers.contract import AnswerKind
from creator_assets.spending.failures import (
    AnswerDamagedError,
    CreditsExhaustedError,
    FateUnknownError,
    KeyRefusedError,
    MissingKeyError,
    PaidCallError,
    ProviderFrozenError,
    ProviderUnavailableError,
    RequestRefusedError,
    StillInDoubtError,
    VolumeExhaustedError,
)
from tests.market import (
    CLUB,
    CREDIT,
    DATA,
    KEYS,
    KNOWN,
    NOBODY,
    Market,
    Till,
    account_of,
    balance,
    full,
    purpose_of,
    search,
    user_data,
)
from tests.spending.scenery import TurnedClock

FIRST, SECOND = KNOWN
OpenTill = Callable[..., Till]


# -- keys


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
    assert not no.value.allow_retries
    assert [request["status"] for request in market.requests()] == [401]


def test_a_refused_key_is_not_tried_for_every_partition_of_a_run(market: Market, open_till: OpenTill) -> None:
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB), key="wrong")])
    for handle in KNOWN:
        with pytest.raises(KeyRefusedError):
            till.fetch(full(handle))
    assert len(market.requests()) == 1


# -- a provider that refuses altogether is frozen for everybody


def test_after_a_refused_key_nobody_asks_until_the_freeze_is_lifted(market: Market, open_till: OpenTill) -> None:
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB), key="wrong")])
    with pytest.raises(KeyRefusedError):
        till.fetch(full(FIRST))
    with pytest.raises(ProviderFrozenError) as frozen:
        till.fetch(full(FIRST), purpose=purpose_of(run_id="run-2"))
    assert str(frozen.value) == (
        "asking influencers_club for enrich_full (enriched_profiles, berlin-fitness|2026-11-16): nothing that costs is "
        f"sent to influencers_club since {till.ledger.now():%Y-%m-%d %H:%M} UTC (the key was refused (HTTP 401)). "
        "Nothing was sent. Mend it, then lift the freeze with `creator-assets budget --unfreeze influencers_club`; "
        "where the provider tells its balance, the hourly look at it does so as soon as there are credits."
    )
    assert not frozen.value.allow_retries
    assert len(market.requests()) == 1
    till.ledger.unfreeze([CLUB], "lifted by hand")
    with pytest.raises(KeyRefusedError):
        till.fetch(full(FIRST), purpose=purpose_of(run_id="run-3"))
    assert len(market.requests()) == 2


def test_an_empty_account_freezes_its_provider_and_no_other_and_free_questions_go_on(till: Till) -> None:
    till.market.set_account(CLUB, limit="0")
    with pytest.raises(CreditsExhaustedError):
        till.fetch(full(FIRST))
    sent = len(till.market.requests())
    with pytest.raises(ProviderFrozenError, match=r"no balance for this .HTTP 402"):
        till.fetch(full(FIRST), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests()) == sent
    assert till.fetch(user_data(FIRST), purpose=purpose_of(run_id="run-2")).tally.calls == 1
    assert till.fetch(balance(CLUB), purpose=purpose_of(run_id="run-2")).tally.calls == 1


def test_a_used_up_discovery_limit_freezes_discovery_alone(till: Till) -> None:
    till.market.set_account(CLUB, discovery_limit="0")
    with pytest.raises(CreditsExhaustedError):
        till.fetch(search(50))
    frozen = [state.scope for state in till.ledger.balances() if state.frozen_reason]
    assert frozen == ["influencers_club/discovery"]


# -- balances and volumes


@pytest.mark.parametrize(
    ("provider", "account", "status"), [(CLUB, {"limit": "0"}, 402), (CLUB, {"discovery_limit": "0"}, 403)]
)
def test_an_empty_account_says_so_and_costs_nothing(
    till: Till, provider: str, account: dict[str, str], status: int
) -> None:
    till.market.set_account(provider, **account)
    wanted = search(50) if status == 403 else full(FIRST)
    with pytest.raises(CreditsExhaustedError, match=f"no balance for this .HTTP {status}.*Top the account up"):
        till.fetch(wanted)
    assert till.books(CLUB) == (0, 0, 0)


def test_a_used_up_discovery_limit_does_not_stop_profiles(till: Till) -> None:
    till.market.set_account(CLUB, discovery_limit="0")
    with pytest.raises(CreditsExhaustedError):
        till.fetch(search(50))
    assert till.fetch(full(FIRST)).tally.calls == 1


def test_a_monthly_limit_stops_until_its_date_and_the_freeze_holds(till: Till, turned_clock: TurnedClock) -> None:
    till.market.fault("monthly_limit", "ID-3")
    with pytest.raises(VolumeExhaustedError, match="admits nothing more until 2026-12-01 00:00 UTC") as stopped:
        till.fetch(user_data(FIRST))
    assert stopped.value.until is not None
    sent = len(till.market.requests())
    with pytest.raises(VolumeExhaustedError, match="2026-12-01") as frozen:
        till.fetch(user_data(SECOND))
    assert frozen.value.until == stopped.value.until
    assert len(till.market.requests()) == sent
    assert turned_clock.slept == []
    # Other providers go on, and what is free can still be asked.
    assert till.fetch(full(FIRST)).tally.calls == 1
    assert till.fetch(balance(DATA)).tally.calls == 1


# -- too fast, and broken servers


def test_a_burst_429_is_waited_for_as_told(till: Till, turned_clock: TurnedClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="7", count=2)
    assert till.fetch(full(FIRST)).answers[0][0].kind is AnswerKind.FINAL
    assert turned_clock.slept == [7.0, 7.0]
    assert till.books(CLUB) == (CREDIT, 0, 0)


def test_a_429_without_a_time_is_waited_for_longer_each_time(till: Till, turned_clock: TurnedClock) -> None:
    till.market.fault("status", "IC-14", status=429, count=2)
    till.fetch(full(FIRST))
    # The pause before the retry; what the push-back of the pace adds to it is over by then.
    assert turned_clock.slept == [1.0, 2.0]


def test_after_three_retries_a_429_is_final(till: Till, turned_clock: TurnedClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="1", count=None)
    with pytest.raises(ProviderUnavailableError, match=r"no usable answer after all retries .HTTP 429") as given_up:
        till.fetch(full(FIRST))
    assert given_up.value.allow_retries
    assert len(till.market.requests(CLUB)) == 4
    assert turned_clock.slept == [1.0, 1.0, 1.0]
    assert till.books(CLUB) == (0, 0, 0)


def test_a_wait_too_long_to_sleep_through_becomes_a_date(till: Till, turned_clock: TurnedClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="3600")
    with pytest.raises(VolumeExhaustedError, match="until 2026-11-17 13:00 UTC"):
        till.fetch(full(FIRST))
    with pytest.raises(VolumeExhaustedError):
        till.fetch(full(SECOND), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests(CLUB)) == 1
    turned_clock.turn(hours=1, seconds=1)
    assert till.fetch(full(SECOND)).tally.calls == 1


def test_every_other_process_is_told_to_slow_down(till: Till, turned_clock: TurnedClock) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="30", count=None)
    with pytest.raises(ProviderUnavailableError):
        till.fetch(full(FIRST))
    till.market.control.delete("/faults")
    turned_clock.slept.clear()
    # Another operation under the same limits, by whomever: its slot lies after the time that was asked for.
    till.fetch(balance(CLUB))
    assert sum(turned_clock.slept) == pytest.approx(30.0, abs=0.5)


def test_a_server_error_that_is_documented_as_free_is_tried_again_for_nothing(till: Till) -> None:
    till.market.fault("status", "ID-3", status=500, count=2)
    assert till.fetch(user_data(FIRST)).tally.calls == 1
    assert till.books(DATA) == (CREDIT, 0, 0)


def test_a_server_error_that_may_have_been_charged_counts_at_its_worst(till: Till) -> None:
    till.market.fault("status", "IC-14", status=504, after_charge=True)
    assert till.fetch(full(FIRST)).tally.calls == 1
    assert till.books(CLUB) == (2 * CREDIT, 0, 0)
    assert till.market.charged(CLUB) == 2 * CREDIT


def test_a_provider_that_stays_down_is_given_up_and_the_bill_is_named(till: Till) -> None:
    till.market.fault("status", "IC-14", status=503, count=None)
    with pytest.raises(ProviderUnavailableError, match="each time it counts at 1 credits"):
        till.fetch(full(FIRST))
    assert till.books(CLUB) == (4 * CREDIT, 0, 0)
    with pytest.raises(ProviderUnavailableError):
        till.fetch(full(SECOND))  # the same run does not ask again
    assert len(till.market.requests(CLUB)) == 4


# -- answers that cannot be used


@pytest.mark.parametrize("kind", ["malformed_json", "empty_body"])
def test_a_success_that_cannot_be_read_is_kept_counted_and_never_served(till: Till, kind: str) -> None:
    till.market.fault(kind, "IC-14")
    with pytest.raises(AnswerDamagedError, match=r"it counts at 1 credits. The body is kept in the archive"):
        till.fetch(full(FIRST))
    assert till.books(CLUB) == (CREDIT, 0, 0)
    assert till.fetch(full(FIRST)).tally.calls == 1
    assert till.books(CLUB) == (2 * CREDIT, 0, 0)


def test_a_free_answer_that_cannot_be_read_costs_nothing(till: Till) -> None:
    till.market.fault("malformed_json", "ID-8")
    with pytest.raises(AnswerDamagedError, match="it cost nothing"):
        till.fetch(balance(DATA))


def test_the_content_type_decides_nothing(till: Till) -> None:
    till.market.fault("wrong_content_type", "IC-14")
    assert till.fetch(full(FIRST)).answers[0][0].kind is AnswerKind.FINAL


def test_a_request_that_the_provider_refuses_is_not_repeated(till: Till) -> None:
    till.market.fault("status", "IC-14", status=422, count=None)
    with pytest.raises(RequestRefusedError, match=r"HTTP 422.*Check the brief"):
        till.fetch(full(FIRST))
    assert len(till.market.requests(CLUB)) == 1


def test_an_undocumented_status_counts_at_its_worst_and_is_not_repeated(till: Till) -> None:
    till.market.fault("status", "IC-14", status=418)
    with pytest.raises(PaidCallError, match="HTTP 418"):
        till.fetch(full(FIRST))
    assert till.books(CLUB) == (CREDIT, 0, 0)
    assert len(till.market.requests(CLUB)) == 1


# -- fates unknown


@pytest.mark.parametrize(
    ("kind", "charged"),
    [
        ("drop_before_charge", 0),
        ("drop_after_charge", CREDIT),
        ("truncated_body", CREDIT),
    ],
)
def test_a_lost_answer_is_counted_kept_in_mind_and_not_asked_again(till: Till, kind: str, charged: int) -> None:
    till.market.fault(kind, "IC-14")
    with pytest.raises(FateUnknownError, match="it may have been charged, so 1 credits stay set aside"):
        till.fetch(full(FIRST))
    assert till.market.charged(CLUB) == charged
    assert till.books(CLUB) == (0, 0, CREDIT)
    # Neither a later run nor the passing of time makes it forgotten.
    with pytest.raises(StillInDoubtError, match="nobody knows whether it was charged"):
        till.fetch(full(FIRST), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests(CLUB)) == 1
    assert till.books(CLUB) == (0, 0, CREDIT)


def test_a_lost_answer_to_a_free_call_is_simply_asked_again(till: Till) -> None:
    till.market.fault("drop_after_charge", "ID-8")
    assert till.fetch(balance(DATA)).tally.calls == 1
    assert len(till.market.requests(DATA)) == 2


@pytest.mark.parametrize(
    ("kind", "reason"), [("latency", "ReadTimeout"), ("slow_body", "the body did not end in time")]
)
def test_an_answer_that_takes_too_long_is_in_doubt(till: Till, kind: str, reason: str) -> None:
    till.market.fault(kind, "IC-14", seconds=1.0)
    with pytest.raises(FateUnknownError, match=reason):
        till.fetch(full(FIRST, timeout_seconds=0.3))
    assert till.books(CLUB) == (0, 0, CREDIT)
    # The provider works on after we have gone, and charges.
    deadline = time.monotonic() + 10
    while till.market.charged(CLUB) < CREDIT and time.monotonic() < deadline:
        time.sleep(0.05)
    assert till.market.charged(CLUB) == CREDIT


def test_a_slow_answer_within_its_time_is_an_answer(till: Till) -> None:
    till.market.fault("slow_body", "IC-14", seconds=0.4)
    assert till.fetch(full(FIRST, timeout_seconds=5.0)).tally.calls == 1


def test_a_provider_out_of_reach_costs_nothing(open_till: OpenTill, turned_clock: TurnedClock) -> None:
    till = open_till(accounts=[account_of(CLUB, "http://127.0.0.1:9")])
    with pytest.raises(ProviderUnavailableError, match="it could not be sent: ConnectError"):
        till.fetch(full(FIRST))
    assert turned_clock.slept == [1.0, 2.0, 4.0]
    assert [attempt.state for attempt in till.ledger.attempts()] == ["voided"] * 4
    assert till.books(CLUB) == (0, 0, 0)


# -- one bad apple


def test_one_lost_answer_does_not_keep_the_others_from_being_bought(till: Till) -> None:
    handles = ("cristiano", "leomessi", "adidas", "example_user", "fashioninfluencer")
    till.market.fault("drop_after_charge", "IC-14", nth=2)
    with pytest.raises(FateUnknownError):
        till.fetch(*map(full, handles))
    assert till.books(CLUB) == (4 * CREDIT, 0, CREDIT)
    # The next run meets the same doubt, wherever it comes in the order, and has nothing else to buy.
    with pytest.raises(StillInDoubtError):
        till.fetch(*map(full, handles), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests(CLUB)) == len(handles)


def test_a_provider_that_answers_nobody_is_not_asked_for_all(till: Till) -> None:
    till.market.fault("drop_before_charge", "IC-14", count=None)
    with pytest.raises(FateUnknownError, match=r"[0-9]+ calls failed"):
        till.fetch(*(full(f"somebody.{n}") for n in range(40)))
    # Five failures stop the fetch; the three others that were under way then may have failed as well.
    assert 5 <= len(till.market.requests(CLUB)) <= 8


def test_what_nobody_has_is_an_answer_and_not_a_failure(till: Till) -> None:
    fetched = till.fetch(full(NOBODY), user_data(NOBODY))
    assert [answer.kind for (answer,) in fetched.answers] == [AnswerKind.EMPTY, AnswerKind.EMPTY]
    assert fetched.tally.spent_microcredits == {CLUB: 0, DATA: 0}
    assert till.fetch(full(NOBODY), user_data(NOBODY)).tally.archive_hits == 2


def test_a_queued_creator_is_pending_until_it_is_due(till: Till, turned_clock: TurnedClock) -> None:
    page = till.fetch(search(50)).answers[0][0].body
    handles = [account["profile"]["username"] for account in json.loads(page)["accounts"]]
    answers = till.fetch(*map(user_data, handles)).answers
    queued = [handle for handle, (answer,) in zip(handles, answers, strict=True) if answer.status == 201]
    assert queued, "of these creators influData has to look for some first"
    wanted = user_data(queued[0])
    assert till.fetch(wanted).tally.archive_hits == 1
    turned_clock.turn(hours=25)
    assert till.fetch(wanted).tally.calls == 1
    assert till.fetch(wanted).answers[0][0].not_before == turned_clock.now + timedelta(hours=24)
    # The week is over: what was known of it last is what it holds, due or not.
    turned_clock.turn(days=7)
    assert till.fetch(wanted).answers[0][0].kind is AnswerKind.PENDING
