"""Requests that fail among many: which failures leave the others to be sent, and which ones stop the fetch.

One request at a time is under way here, so that each test can count the requests that were sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pytest

from creator_assets.ledger.records import Granted
from creator_assets.providers.contract.operations import (
    AnswerKind,
    ChargeBasis,
    PagedRequest,
    Recovery,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.spending.accounts import scopes
from creator_assets.spending.failures import (
    CreditsExhaustedError,
    FateUnknownError,
    KeyRefusedError,
    PaidCallError,
    ProviderUnavailableError,
    RequestBusyError,
    RequestRefusedError,
)
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.orders import PurchaseOrder
from creator_assets.spending.purchase import BUSY_PATIENCE_SECONDS, BUSY_POLL_SECONDS
from tests.ledger.scenery import ManualClock
from tests.market import (
    CAMPAIGN,
    CLUB,
    KEYAPI,
    KNOWN,
    NOON,
    ClientUnderTest,
    Market,
    account_of,
    analytics,
    full,
    purpose_of,
)

OpenTill = Callable[..., ClientUnderTest]
MANY = [f"somebody.{number}" for number in range(12)]


@pytest.fixture
def till(market: Market, open_till: OpenTill) -> ClientUnderTest:
    return open_till(accounts=[account_of(CLUB, market.running.url(CLUB), in_flight=1)])


@pytest.mark.parametrize(("failing", "sent"), [(4, len(MANY)), (5, 5)])
def test_four_requests_may_fail_and_the_fifth_failure_stops_the_fetch(
    till: ClientUnderTest, failing: int, sent: int
) -> None:
    till.market.fault("status", "IC-14", status=422, count=failing)
    with pytest.raises(RequestRefusedError, match=f"{failing} requests failed"):
        till.fetch(*map(full, MANY))
    assert len(till.market.requests(CLUB)) == sent


def test_a_doubt_of_an_earlier_run_is_no_failure_of_this_one(till: ClientUnderTest) -> None:
    """Nothing was sent for it, so it says nothing of the requests that are still to be sent."""
    till.market.fault("drop_after_charge", "IC-14", count=4)
    with pytest.raises(FateUnknownError):
        till.fetch(*map(full, MANY[:4]))
    till.market.fault("status", "IC-14", status=422, count=4)
    with pytest.raises(PaidCallError, match="8 requests failed"):
        till.fetch(*map(full, MANY), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests(CLUB)) == len(MANY)


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ({"kind": "drop_before_charge"}, FateUnknownError),
        ({"kind": "status", "status": 422}, RequestRefusedError),
    ],
)
def test_a_failure_of_one_request_leaves_the_others_to_be_sent(
    till: ClientUnderTest, fault: dict[str, object], failure: type[PaidCallError]
) -> None:
    till.market.fault(operation="IC-14", **fault)  # type: ignore[arg-type]
    with pytest.raises(failure):
        till.fetch(*map(full, [KNOWN[0], *MANY]))
    assert len(till.market.requests(CLUB)) == 1 + len(MANY)


def test_a_request_that_another_process_is_sending_leaves_the_others_to_be_sent(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    request = full(MANY[0]).first
    purchase = PurchaseOrder(
        request=request,
        budget_scopes=scopes(request, CAMPAIGN),
        rates=(),
        spender=purpose_of().spender,
        window=purpose_of().window,
        key_variable="KEY",
    )
    granted = till.ledger.begin(
        [till.paid_client._purchaser._admission_request(purchase)], purchase.spender, purchase.window
    )[0]
    assert isinstance(granted, Granted)
    with pytest.raises(RequestBusyError) as busy:
        till.fetch(*map(full, MANY))
    assert busy.value.allow_retries
    assert turned_clock.slept == [BUSY_POLL_SECONDS] * int(BUSY_PATIENCE_SECONDS / BUSY_POLL_SECONDS) == [0.25] * 600
    assert len(till.market.requests(CLUB)) == len(MANY) - 1
    till.ledger.void(granted.attempt_id, "never sent")


@pytest.mark.parametrize(
    ("status", "failure", "sent"),
    [(401, KeyRefusedError, 1), (402, CreditsExhaustedError, 1), (503, ProviderUnavailableError, 4)],
)
def test_a_failure_of_the_provider_stops_the_fetch_and_the_whole_run(
    till: ClientUnderTest, status: int, failure: type[PaidCallError], sent: int
) -> None:
    till.market.fault("status", "IC-14", status=status, count=None)
    with pytest.raises(failure):
        till.fetch(*map(full, MANY))
    assert len(till.market.requests(CLUB)) == sent
    # The run remembers it for its other partitions, also where somebody mends the account meanwhile.
    till.ledger.resume_provider([CLUB], "mended")
    with pytest.raises(failure):
        till.fetch(full(KNOWN[0]))
    assert len(till.market.requests(CLUB)) == sent


# -- a rejection among many answers


def tolerant(run_id: str = "run-1") -> FetchContext:
    return msgspec.structs.replace(purpose_of(run_id=run_id), tolerate_rejections=True)


@pytest.mark.parametrize(("answered", "is_tolerated"), [(1, False), (2, True)])
def test_a_rejection_is_an_answer_only_among_more_answers_than_rejections(
    till: ClientUnderTest, answered: int, is_tolerated: bool
) -> None:
    till.market.fault("status", "IC-14", asked=f'"{MANY[0]}"', status=422, count=None)
    requests = [full(name) for name in MANY[: answered + 1]]
    if not is_tolerated:
        with pytest.raises(RequestRefusedError):
            till.fetch(*requests, purpose=tolerant())
        return
    fetched = till.fetch(*requests, purpose=tolerant())
    assert (fetched.answers[0][0].kind, fetched.fetch_stats.refused) == (AnswerKind.EMPTY, 1)
    # Sent once more when the others had been answered, and never again.
    assert len(till.market.requests(CLUB)) == answered + 2
    again = till.fetch(*requests, purpose=tolerant("run-2"))
    assert (again.fetch_stats.requests, again.fetch_stats.refused) == (0, 0)


# -- a joined request that is too large


@pytest.mark.parametrize("room", [0, 3])
def test_a_provider_that_has_room_for_nothing_or_for_everything_is_not_asked_again(
    open_till: OpenTill, room: int
) -> None:
    """Its rejection says nothing that would help, so it is a failure."""

    def read(_request: Request, _response: Response) -> ResponseOutcome:
        return ResponseOutcome(
            kind=AnswerKind.FAILED,
            charge_microcredits=1_000_000,  # the sandbox has charged for what this reader calls a rejection
            basis=ChargeBasis.PRICED,
            recovery=Recovery.ASK_FEWER,
            room=room,
        )

    till = open_till()
    pages = [analytics(name) for name in "abc"]
    operation = msgspec.structs.replace(pages[0].first.operation, read=read)
    requests = [PagedRequest(first=msgspec.structs.replace(one.first, operation=operation)) for one in pages]
    with pytest.raises(ProviderUnavailableError):
        till.fetch(*requests)
    assert len(till.market.requests(KEYAPI)) == 1


# -- a machine that is too slow


class SlowMachine(ManualClock):
    """Between any two statements of the process, a minute passes."""

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=30)
        return self.now


def test_a_machine_that_misses_every_permit_gives_up_and_has_sent_nothing(market: Market, open_till: OpenTill) -> None:
    clock = SlowMachine(NOON)
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB), in_flight=1)], clock=clock, sleep=clock.sleep)
    postponed: list[str] = []
    postpone = till.ledger.postpone

    def counted(attempt_id: str) -> object:
        postponed.append(attempt_id)
        return postpone(attempt_id)

    till.ledger.postpone = counted  # type: ignore[method-assign, assignment]
    with pytest.raises(RequestBusyError, match="too slow to send within the provider's rate limit"):
        till.fetch(full(KNOWN[0]))
    assert len(postponed) == 100
    assert market.requests(CLUB) == []
    assert till.books(CLUB) == (0, 0, 0)
