"""Requests that fail among many: which failures leave the others to be sent, and which ones stop the fetch.

One request at a time is under way here, so that each test can count the requests that were sent.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from creator_assets.ledger.records import Granted
from creator_assets.spending.accounts import scopes
from creator_assets.spending.failures import (
    AnswerDamagedError,
    CreditsExhaustedError,
    FateUnknownError,
    KeyRefusedError,
    PaidCallError,
    ProviderUnavailableError,
    RequestBusyError,
    RequestRefusedError,
)
from creator_assets.spending.orders import PurchaseOrder
from creator_assets.spending.purchase import BUSY_PATIENCE_SECONDS, BUSY_POLL_SECONDS
from tests.ledger.scenery import TurnedClock
from tests.market import CAMPAIGN, CLUB, KNOWN, Market, Till, account_of, full, purpose_of

OpenTill = Callable[..., Till]
MANY = [f"somebody.{number}" for number in range(12)]


@pytest.fixture
def till(market: Market, open_till: OpenTill) -> Till:
    return open_till(accounts=[account_of(CLUB, market.running.url(CLUB), in_flight=1)])


@pytest.mark.parametrize(("failing", "sent"), [(4, len(MANY)), (5, 5)])
def test_four_requests_may_fail_and_the_fifth_failure_stops_the_fetch(till: Till, failing: int, sent: int) -> None:
    till.market.fault("status", "IC-14", status=422, count=failing)
    with pytest.raises(RequestRefusedError, match=f"{failing} calls failed"):
        till.fetch(*map(full, MANY))
    assert len(till.market.requests(CLUB)) == sent


def test_a_doubt_of_an_earlier_run_is_no_failure_of_this_one(till: Till) -> None:
    """Nothing was sent for it, so it says nothing of the requests that are still to be sent."""
    till.market.fault("drop_after_charge", "IC-14", count=4)
    with pytest.raises(FateUnknownError):
        till.fetch(*map(full, MANY[:4]))
    till.market.fault("status", "IC-14", status=422, count=4)
    with pytest.raises(PaidCallError, match="8 calls failed"):
        till.fetch(*map(full, MANY), purpose=purpose_of(run_id="run-2"))
    assert len(till.market.requests(CLUB)) == len(MANY)


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ({"kind": "malformed_json"}, AnswerDamagedError),
        ({"kind": "drop_before_charge"}, FateUnknownError),
        ({"kind": "status", "status": 422}, RequestRefusedError),
    ],
)
def test_a_failure_of_one_request_leaves_the_others_to_be_sent(
    till: Till, fault: dict[str, object], failure: type[PaidCallError]
) -> None:
    till.market.fault(operation="IC-14", **fault)  # type: ignore[arg-type]
    with pytest.raises(failure):
        till.fetch(*map(full, [KNOWN[0], *MANY]))
    assert len(till.market.requests(CLUB)) == 1 + len(MANY)


def test_a_request_that_another_process_is_sending_leaves_the_others_to_be_sent(
    till: Till, turned_clock: TurnedClock
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
    granted = till.ledger.begin([till.paid_client._exchange._want(purchase)], purchase.spender, purchase.window)[0]
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
    till: Till, status: int, failure: type[PaidCallError], sent: int
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
