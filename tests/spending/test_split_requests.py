"""A joined request with more parts than there is room for is split in two: what fits is bought, the rest waits.

The provider here lets an account track so many videos at a time, and refuses a whole request that goes beyond.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest

from creator_assets.ledger.records import Budget
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import AnswerKind, PagedRequest
from creator_assets.providers.influtics import operations as influtics
from creator_assets.providers.influtics import requests as influtics_requests
from creator_assets.spending.accounts import Account
from creator_assets.spending.failures import FateUnknownError, StillInDoubtError
from creator_assets.spending.fetch import FetchResult
from creator_assets.spending.transport import Transport
from tests.ledger.scenery import ManualClock
from tests.market import CAMPAIGN, CREDIT, ClientUnderTest, Market, purpose_of

KEY, PRICE, PLENTY = "sandbox-influtics", 30 * CREDIT, 100_000 * CREDIT
OpenTill = Callable[..., ClientUnderTest]


@pytest.fixture
def market() -> Iterator[Market]:
    """A sandbox of its own, for what is tracked in one stays tracked."""
    made = Market.start()
    yield made
    made.close()


@pytest.fixture
def till(market: Market, open_till: OpenTill) -> ClientUnderTest:
    return open_till(**before(market.running.url(influtics.NAME)))


def before(base_url: str, limit: int = PLENTY) -> dict[str, object]:
    """The options of a till before one account."""
    account = Account(
        provider=influtics.NAME, base_url=base_url, key=KEY, key_variable="INFLUTICS_API_KEY",
        settings=ProviderSettings(),
        budgets=(Budget(scope=influtics.NAME, period="2026", limit_microcredits=limit),),
    )  # fmt: skip
    return {"accounts": [account], "campaign_budgets": {CAMPAIGN: {influtics.NAME: PLENTY}}}


def plan_of(market: Market, videos: int) -> None:
    market.control.post("/accounts", json={"key": KEY, "video_limit": videos}).raise_for_status()


def tracking(*numbers: int) -> list[PagedRequest]:
    return influtics_requests.track(
        ProviderSettings(), [f"https://www.tiktok.com/@a/video/73{one:017d}" for one in numbers]
    )


def kinds(fetched: FetchResult) -> dict[AnswerKind, int]:
    return Counter(answer.kind for (answer,) in fetched.answers)


def states(till: ClientUnderTest) -> dict[str, int]:
    return Counter(str(attempt.state) for attempt in till.ledger.attempts())


def test_as_many_parts_as_fit_are_bought_and_the_others_wait(market: Market, till: ClientUnderTest) -> None:
    plan_of(market, 20)
    fetched = till.fetch(*tracking(*range(50)))
    assert [answer.kind for (answer,) in fetched.answers] == [AnswerKind.FINAL] * 20 + [AnswerKind.PENDING] * 30
    assert fetched.fetch_stats.spent_microcredits == {influtics.NAME: 20 * PRICE}
    # One refused whole and never an answer, one bought, one refused for good.
    assert states(till) == {"voided": 1, "settled": 2}
    assert till.fetch(*tracking(*range(50))).fetch_stats.requests == 0


def test_requests_that_race_for_the_same_room_track_no_more_than_it(market: Market, till: ClientUnderTest) -> None:
    plan_of(market, 70)
    fetched = till.fetch(*tracking(*range(170)))
    assert kinds(fetched)[AnswerKind.FINAL] <= 70
    assert set(kinds(fetched)) == {AnswerKind.FINAL, AnswerKind.PENDING}
    assert market.charged(influtics.NAME) == kinds(fetched)[AnswerKind.FINAL] * PRICE
    assert market.charged(influtics.NAME) >= 50 * PRICE


def test_a_plan_without_room_is_asked_once_for_each_request(market: Market, till: ClientUnderTest) -> None:
    plan_of(market, 0)
    assert kinds(till.fetch(*tracking(*range(100)))) == {AnswerKind.PENDING: 100}
    assert states(till) == {"settled": 2}


def test_a_budget_for_the_whole_is_enough_for_its_parts(market: Market, open_till: OpenTill) -> None:
    plan_of(market, 20)
    till = open_till(**before(market.running.url(influtics.NAME), limit=50 * PRICE))
    assert kinds(till.fetch(*tracking(*range(50)))) == {AnswerKind.FINAL: 20, AnswerKind.PENDING: 30}


def test_a_lost_answer_to_what_fits_holds_up_its_parts_and_nobody_else(market: Market, till: ClientUnderTest) -> None:
    plan_of(market, 20)
    market.fault("drop_after_charge", "IT-2", nth=2)
    with pytest.raises(FateUnknownError):
        till.fetch(*tracking(*range(50)))
    assert till.books(influtics.NAME) == (0, 0, 20 * PRICE)
    with pytest.raises(StillInDoubtError):
        till.fetch(*tracking(19))
    assert kinds(till.fetch(*tracking(*range(20, 50)))) == {AnswerKind.PENDING: 30}


def test_what_could_not_be_asked_any_more_is_asked_by_the_next_run(market: Market, till: ClientUnderTest) -> None:
    plan_of(market, 20)
    market.fault("status", "IT-2", nth=3, status=401)
    with pytest.raises(Exception, match="key was refused"):
        till.fetch(*tracking(*range(50)))
    assert till.books(influtics.NAME) == (20 * PRICE, 0, 0)
    till.ledger.resume_provider([influtics.NAME], "mended")
    again = till.fetch(*tracking(*range(50)), purpose=purpose_of(run_id="run-2"))
    assert (again.fetch_stats.archive_hits, kinds(again)) == (20, {AnswerKind.FINAL: 20, AnswerKind.PENDING: 30})
    assert market.charged(influtics.NAME) == 20 * PRICE


def test_later_the_rest_is_tracked_as_room_comes(
    market: Market, till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    plan_of(market, 20)
    till.fetch(*tracking(*range(50)))
    plan_of(market, 45)
    turned_clock.now += timedelta(hours=2)
    assert kinds(till.fetch(*tracking(*range(50)))) == {AnswerKind.FINAL: 45, AnswerKind.PENDING: 5}
    assert market.charged(influtics.NAME) == 45 * PRICE


@pytest.mark.parametrize(("said", "most"), [("1000 tracked videos. Current usage: 980", 5), ("1 tracked videos", 1),
                                            ("1000 tracked videos. Current usage: 999", 99)])  # fmt: skip
def test_a_provider_that_says_one_thing_and_does_another_is_asked_so_often_at_most(
    open_till: OpenTill, said: str, most: int
) -> None:
    asked: list[int] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(len(json.loads(request.content)["urls"]))
        error = {"code": "SUBSCRIPTION_LIMIT", "message": f"Video limit reached. Your Pro plan allows {said}"}
        return httpx.Response(403, content=iter([json.dumps({"success": False, "error": error}).encode()]))

    till = open_till(
        **before("https://example.invalid"),
        transport=lambda account: Transport(account.base_url, account.key, http_transport=httpx.MockTransport(refuse)),
    )
    assert kinds(till.fetch(*tracking(*range(50)))) == {AnswerKind.PENDING: 50}
    assert len(asked) <= most
    assert till.books(influtics.NAME) == (0, 0, 0)
