"""What the paid client brings: fresh answers, archived ones, pages to their end; and nothing twice."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import AnswerKind
from creator_assets.spending.failures import NeverObservedError, NotAdmittedError
from creator_assets.spending.fetch import FetchResult
from tests.ledger.scenery import ManualClock
from tests.market import (
    CLUB,
    CREDIT,
    DATA,
    KNOWN,
    MONDAY,
    ClientUnderTest,
    Market,
    data_search,
    full,
    purpose_of,
    search,
    user_data,
)

FIRST, SECOND = KNOWN
OpenTill = Callable[..., ClientUnderTest]


def handles_in(fetched: FetchResult, place: int = 0) -> list[str]:
    """The creators of a search at influencers.club, over all its pages."""
    pages = (json.loads(answer.body) for answer in fetched.answers[place])
    return [account["profile"]["username"] for page in pages for account in page["accounts"]]


# -- the archive


def test_what_was_answered_is_never_asked_again(till: ClientUnderTest) -> None:
    wanted = (full(FIRST), user_data(FIRST), search(120))
    bought = till.fetch(*wanted)
    sent = len(till.market.requests())
    kept = till.fetch(*wanted, purpose=purpose_of(run_id="run-2", asset="another_asset"))
    assert (bought.fetch_stats.requests, bought.fetch_stats.archive_hits) == (5, 0)
    assert (kept.fetch_stats.requests, kept.fetch_stats.archive_hits) == (0, 5)
    assert kept.fetch_stats.spent_microcredits == {}
    assert len(till.market.requests()) == sent
    for fresh, archived in zip(bought.answers, kept.answers, strict=True):
        for one, other in zip(fresh, archived, strict=True):
            assert (one.body, one.response_sha256, one.observed_at, one.charge_microcredits, one.run_id) == (
                other.body,
                other.response_sha256,
                other.observed_at,
                other.charge_microcredits,
                other.run_id,
            )


def test_answers_come_in_the_order_in_which_they_were_wanted(till: ClientUnderTest) -> None:
    handles = ["leomessi", "cristiano", "adidas", "fashioninfluencer", "example_user"]
    till.fetch(full("adidas"))
    fetched = till.fetch(*map(full, handles))
    assert [(answer.request.body or {})["handle"] for (answer,) in fetched.answers] == handles
    assert (fetched.fetch_stats.requests, fetched.fetch_stats.archive_hits) == (4, 1)


def test_every_credit_names_who_spent_it(till: ClientUnderTest) -> None:
    till.fetch(full(FIRST), purpose=purpose_of(run_id="run-9", asset="enriched_profiles"))
    (attempt,) = till.ledger.attempts()
    assert (attempt.asset, attempt.partition, attempt.campaign, attempt.run_id, attempt.charge_microcredits) == (
        "enriched_profiles",
        "berlin-fitness|2026-11-16",
        "berlin-fitness",
        "run-9",
        CREDIT,
    )


def test_two_threads_that_want_the_same_make_one_call(open_till: OpenTill) -> None:
    till = open_till(sleep=None)
    till.market.fault("latency", "IC-14", seconds=0.3, count=None)
    start = threading.Barrier(2)
    fetched: list[FetchResult] = []

    def want() -> None:
        start.wait(timeout=10)
        fetched.append(till.fetch(full(FIRST)))

    threads = [threading.Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(one.fetch_stats.requests for one in fetched) == [0, 1]
    assert len({one.answers[0][0].body for one in fetched}) == 1
    assert len(till.market.requests(CLUB)) == 1


def fetch_in_a_process(running: object, folder: Path, start: object, results: object) -> None:
    """What a second process does: open its own ledger on the same file and want the same."""
    market = Market(running)  # type: ignore[arg-type]
    till = ClientUnderTest.open(market, folder, clock=ManualClock(MONDAY + timedelta(days=1)))
    start.wait(10)  # type: ignore[attr-defined]
    fetch_stats = till.fetch(full(FIRST), search(100)).fetch_stats
    till.paid_client.close()
    market.control.close()
    results.put((fetch_stats.requests, fetch_stats.archive_hits))  # type: ignore[attr-defined]


def test_two_processes_that_want_the_same_make_one_call(till: ClientUnderTest, tmp_path: Path) -> None:
    till.market.fault("latency", seconds=0.2, count=None)
    processes = multiprocessing.get_context("fork")
    start, results = processes.Barrier(2), processes.Queue()
    running = type("Running", (), {"url": till.market.running.url})()
    children = [
        processes.Process(target=fetch_in_a_process, args=(running, tmp_path, start, results)) for _ in range(2)
    ]
    for child in children:
        child.start()
    tallies = [results.get(timeout=30) for _ in children]
    for child in children:
        child.join(timeout=10)
    assert sum(calls for calls, _ in tallies) == 3
    assert sum(hits for _, hits in tallies) == 3
    assert len(till.market.requests(CLUB)) == 3


def test_the_same_wish_twice_in_one_fetch_is_bought_once(till: ClientUnderTest) -> None:
    fetched = till.fetch(full(FIRST), full(FIRST), search(50), search(50))
    assert fetched.answers[0][0].body == fetched.answers[1][0].body
    assert (fetched.fetch_stats.requests, fetched.fetch_stats.archive_hits) == (2, 2)
    assert till.market.charged(CLUB) == CREDIT + CREDIT // 2


# -- pages


def test_pages_are_followed_to_the_number_that_is_wanted(till: ClientUnderTest) -> None:
    fetched = till.fetch(search(120), data_search(60))
    assert [len(pages) for pages in fetched.answers] == [3, 3]
    handles = handles_in(fetched)
    assert len(set(handles)) == len(handles) == 120
    assert fetched.fetch_stats.spent_microcredits == {CLUB: 120 * CREDIT // 100, DATA: 3 * CREDIT}


def test_a_search_ends_with_the_last_creator_there_is(till: ClientUnderTest) -> None:
    fetched = till.fetch(search(500, minimum=1_000_000))
    found = len(handles_in(fetched))
    assert 0 < found < 500
    assert len(fetched.answers[0]) == found // 50 + 1
    assert till.market.charged(CLUB) == found * CREDIT // 100


def test_nothing_found_is_an_answer_and_costs_what_the_provider_says(till: ClientUnderTest) -> None:
    fetched = till.fetch(search(100, minimum=10**12), data_search(60, followerMin=10**12))
    assert [[answer.kind for answer in pages] for pages in fetched.answers] == [[AnswerKind.EMPTY]] * 2
    assert fetched.fetch_stats.spent_microcredits[CLUB] == 0
    assert till.fetch(search(100, minimum=10**12)).fetch_stats.archive_hits == 1


def test_a_page_that_brings_nobody_new_ends_the_search(till: ClientUnderTest) -> None:
    till.market.fault("repeated_page", "IC-1", nth=2, count=None)
    fetched = till.fetch(search(150))
    handles = handles_in(fetched)
    assert len(fetched.answers[0]) == 2
    assert len(handles) == 100
    assert len(set(handles)) == 50
    assert till.market.charged(CLUB) == 100 * CREDIT // 100
    assert till.fetch(search(150)).fetch_stats.requests == 0


def test_a_total_that_shrinks_between_pages_loses_nobody(till: ClientUnderTest) -> None:
    till.market.fault("shrinking_total", "IC-1", count=None)
    assert len(set(handles_in(till.fetch(search(150))))) == 150


@pytest.mark.parametrize("first_page", [0, 1])
def test_pages_are_counted_from_where_the_account_counts_them(
    open_till: OpenTill, first_page: int, tmp_path: Path
) -> None:
    other = Market.start(first_page=first_page)
    try:
        till = ClientUnderTest.open(other.open(), tmp_path, clock=ManualClock(MONDAY))
        settings = ProviderSettings(first_page=first_page)
        fetched = till.fetch(search(100, settings=settings), purpose=purpose_of())
        pagings: list[Any] = [(answer.request.body or {})["paging"] for answer in fetched.answers[0]]
        assert [paging["page"] for paging in pagings] == [first_page, first_page + 1]
        assert len(set(handles_in(fetched))) == 100
        till.compare()
        till.paid_client.close()
    finally:
        other.close()


def test_a_failed_page_keeps_the_pages_before_it(till: ClientUnderTest) -> None:
    till.market.fault("status", "IC-1", status=422, nth=3)
    with pytest.raises(Exception, match="HTTP 422"):
        till.fetch(search(200))
    assert till.market.charged(CLUB) == CREDIT
    again = till.fetch(search(200))
    assert (again.fetch_stats.requests, again.fetch_stats.archive_hits) == (2, 2)


# -- when an answer counts


def test_a_past_partition_comes_out_of_the_archive_or_not_at_all(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    till.fetch(full(FIRST))
    turned_clock.turn(days=7)
    sent = len(till.market.requests())
    assert till.fetch(full(FIRST)).fetch_stats.archive_hits == 1
    with pytest.raises(
        NeverObservedError, match="1 of 2 answers were never observed and the partition ended on 2026-11-22"
    ):
        till.fetch(full(FIRST), full(SECOND))
    assert len(till.market.requests()) == sent


def test_a_partition_that_has_not_begun_buys_nothing(till: ClientUnderTest) -> None:
    with pytest.raises(NotAdmittedError, match="outside the partition's window"):
        till.fetch(full(FIRST), purpose=purpose_of(start=MONDAY + timedelta(days=7)))
    assert till.market.requests() == []


def test_a_new_week_asks_anew_unless_the_answer_is_young_enough(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    till.fetch(full(FIRST))
    turned_clock.turn(days=7)
    next_week = MONDAY + timedelta(days=7)
    carried = till.fetch(full(FIRST), purpose=purpose_of(start=next_week, max_age=timedelta(days=30)))
    assert carried.fetch_stats.archive_hits == 1
    asked = till.fetch(full(FIRST), purpose=purpose_of(start=next_week))
    assert asked.fetch_stats.requests == 1


def test_a_run_into_the_next_week_buys_nothing_for_the_week_before(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    longest = timedelta(seconds=full(FIRST).first.operation.timeout_seconds)
    turned_clock.now = MONDAY + timedelta(days=7) - longest - timedelta(milliseconds=100)  # the grace of a permit
    assert till.fetch(full(FIRST)).fetch_stats.requests == 1
    turned_clock.turn(milliseconds=1)
    with pytest.raises(NotAdmittedError, match=r"could arrive after the partition's window ends. Nothing was sent"):
        till.fetch(full(SECOND))
    turned_clock.now = MONDAY + timedelta(days=7)
    with pytest.raises(NeverObservedError):
        till.fetch(full(SECOND))


def test_another_realm_knows_nothing_of_these_answers(till: ClientUnderTest) -> None:
    call = full(FIRST).first
    assert call.request_key("live") != call.request_key(till.ledger.realm)
