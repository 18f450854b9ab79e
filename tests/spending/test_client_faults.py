"""Answers that cannot be used, over real HTTP, and one of many that fails: what is said, and what is booked.

The till compares its books with the sandbox's meter at the end of every test.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from creator_assets.providers.contract.operations import AnswerKind
from creator_assets.spending.failures import (
    AnswerDamagedError,
    FateUnknownError,
    RequestRefusedError,
    StillInDoubtError,
)
from tests.ledger.scenery import ManualClock
from tests.market import (
    CLUB,
    CREDIT,
    DATA,
    KNOWN,
    NOBODY,
    ClientUnderTest,
    balance,
    full,
    purpose_of,
    search,
    user_data,
)

FIRST = KNOWN[0]


@pytest.mark.parametrize("kind", ["malformed_json", "empty_body"])
def test_a_success_that_cannot_be_read_stands_for_its_answer_until_a_person_allows_more(
    till: ClientUnderTest, kind: str
) -> None:
    till.market.fault(kind, "IC-14")
    assert till.fetch(full(FIRST)).fetch_stats.unreadable == 1
    first = till.fetch(full(FIRST), full(KNOWN[1]))
    assert [answers[0].kind for answers in first.answers] == [AnswerKind.UNREADABLE, AnswerKind.FINAL]
    assert till.books(CLUB) == (2 * CREDIT, 0, 0)
    again = till.fetch(full(FIRST))
    assert (again.fetch_stats.requests, again.fetch_stats.unreadable) == (0, 1)
    ledger = till.ledger
    (unreadable,) = ledger.unreadable_answers()
    assert (unreadable.operation, unreadable.charge_microcredits) == ("enrich_full", CREDIT)
    assert ledger.allow_again([unreadable.request_id, "no-such-id"]) == 1
    assert ledger.unreadable_answers() == []
    assert till.books(CLUB) == (2 * CREDIT, 0, 0)
    assert till.fetch(full(FIRST)).answers[0][0].kind is AnswerKind.FINAL
    assert till.books(CLUB) == (3 * CREDIT, 0, 0)


def test_a_free_answer_that_cannot_be_read_costs_nothing(till: ClientUnderTest) -> None:
    till.market.fault("malformed_json", "ID-8")
    with pytest.raises(AnswerDamagedError, match="it cost nothing"):
        till.fetch(balance(DATA))


def test_the_content_type_decides_nothing(till: ClientUnderTest) -> None:
    till.market.fault("wrong_content_type", "IC-14")
    assert till.fetch(full(FIRST)).answers[0][0].kind is AnswerKind.FINAL


def test_a_request_that_the_provider_refuses_is_not_repeated(till: ClientUnderTest) -> None:
    till.market.fault("status", "IC-14", status=422, count=None)
    with pytest.raises(RequestRefusedError, match=r"HTTP 422.*Check the filters and handles in the brief"):
        till.fetch(full(FIRST))
    assert len(till.market.requests(CLUB)) == 1


def test_an_undocumented_status_counts_at_its_worst_and_is_not_repeated(till: ClientUnderTest) -> None:
    till.market.fault("status", "IC-14", status=418, count=None)
    for _ in range(2):
        assert till.fetch(full(FIRST)).answers[0][0].kind is AnswerKind.UNREADABLE
    assert till.books(CLUB) == (CREDIT, 0, 0)
    assert len(till.market.requests(CLUB)) == 1
    assert [one.note for one in till.ledger.unreadable_answers()] == ["HTTP 418"]


def test_one_lost_answer_does_not_keep_the_others_from_being_bought(till: ClientUnderTest) -> None:
    handles = ("cristiano", "leomessi", "adidas", "example_user", "fashioninfluencer")
    till.market.fault("drop_after_charge", "IC-14", nth=2)
    with pytest.raises(FateUnknownError):
        till.fetch(*map(full, handles))
    assert till.books(CLUB) == (4 * CREDIT, 0, CREDIT)
    # The next run meets the same doubt, wherever it comes in the order, and has nothing else to buy.
    with pytest.raises(StillInDoubtError):
        till.fetch(*map(full, handles), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests(CLUB)) == len(handles)


def test_a_provider_that_answers_nobody_is_not_asked_for_all(till: ClientUnderTest) -> None:
    till.market.fault("drop_before_charge", "IC-14", count=None)
    with pytest.raises(FateUnknownError, match=r"[0-9]+ requests failed"):
        till.fetch(*(full(f"somebody.{n}") for n in range(40)))
    # Five failures stop the fetch; the three others that were under way then may have failed as well.
    assert 5 <= len(till.market.requests(CLUB)) <= 8


def test_what_nobody_has_is_an_answer_and_not_a_failure(till: ClientUnderTest) -> None:
    fetched = till.fetch(full(NOBODY), user_data(NOBODY))
    assert [answer.kind for (answer,) in fetched.answers] == [AnswerKind.EMPTY, AnswerKind.EMPTY]
    assert fetched.fetch_stats.spent_microcredits == {CLUB: 0, DATA: 0}
    assert till.fetch(full(NOBODY), user_data(NOBODY)).fetch_stats.archive_hits == 2


def test_a_queued_creator_is_pending_until_it_is_due(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    page = till.fetch(search(50)).answers[0][0].body
    handles = [account["profile"]["username"] for account in json.loads(page)["accounts"]]
    answers = till.fetch(*map(user_data, handles)).answers
    queued = [handle for handle, (answer,) in zip(handles, answers, strict=True) if answer.status == 201]
    assert queued, "of these creators influData has to look for some first"
    wanted = user_data(queued[0])
    assert till.fetch(wanted).fetch_stats.archive_hits == 1
    turned_clock.turn(hours=25)
    assert till.fetch(wanted).fetch_stats.requests == 1
    assert till.fetch(wanted).answers[0][0].not_before == turned_clock.now + timedelta(hours=24)
    # The week is over: what was known of it last is what it holds, due or not.
    turned_clock.turn(days=7)
    assert till.fetch(wanted).answers[0][0].kind is AnswerKind.PENDING
