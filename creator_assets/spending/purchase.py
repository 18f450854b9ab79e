"""One call bought: admission, slot, send, and the books closed whatever happens; with bounded retries.

Each retry is an attempt of its own in the ledger. A request whose fate is unknown is counted and, unless its
operation says otherwise, not repeated; an answer that arrived is archived and charged before anybody looks into it.
A failure that may have been charged counts at its worst case before it is tried again, within the budgets as ever.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from creator_assets.ledger.archive.bodies import digest
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import (
    AdmissionRequest,
    Busy,
    Fenced,
    Granted,
    Hit,
    InDoubt,
    Overtaken,
    Refused,
)
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import (
    Answer,
    AnswerKind,
    ChargeBasis,
    Recovery,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.parsing.outcomes import damaged, free
from creator_assets.spending.archive_coverage import from_archive
from creator_assets.spending.failures import (
    FateUnknownError,
    PaidCallError,
    RequestBusyError,
    failure_for,
    how_to_repeat,
    refusal_of,
    still_in_doubt,
)
from creator_assets.spending.orders import NotBegunError, OvertakenError, PurchaseOrder, TooManyError
from creator_assets.spending.transport import Transport, UnansweredError, UnsentError

MAX_RETRIES = 3
LONGEST_WAIT_SECONDS = 120.0  # a provider that asks for more is closed until then, for everybody
BUSY_POLL_SECONDS = 0.25
BUSY_PATIENCE_SECONDS = 150.0  # longer than any request may take
MAX_POSTPONES = 100


class _Failed(msgspec.Struct, frozen=True):
    """A try that brought nothing, and the status of its answer where there was one."""

    reading: ResponseOutcome
    status: int | None = None


class Purchaser:
    """Buys single calls for the door. Time to wait and randomness are injected."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        jitter: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._jitter = jitter or random.random
        self._sleep = sleep

    def buy(self, order: PurchaseOrder, transport: Transport, stop: threading.Event) -> Answer:
        """Bring the answer to a call, trying again where that can help.

        Once `stop` is set nothing more is sent; what was sent is finished and booked.

        Raises:
            NotBegunError: `stop` came first.
            OvertakenError: A joined call has been answered in part.
            TooManyError: There is room for a part of a joined call.
            PaidCallError: There is no answer; the subclass tells what would help.
        """
        try:
            retry = 0
            while True:
                admitted = self._admit(order, stop)
                if isinstance(admitted, Answer):
                    return admitted
                result = self._send(order, transport, admitted)
                if isinstance(result, Answer):
                    return result
                if result.reading.recovery is Recovery.ASK_FEWER and 0 < result.reading.room < len(order.request.parts):
                    raise TooManyError(result.reading.room)
                self._tell_the_others(order, result)
                wait_seconds = self._wait_before_retry(result.reading, retry)
                if wait_seconds is None:
                    raise failure_for(order.attempted, result.reading, order.key_variable)
                self._pause(wait_seconds, stop)
                retry += 1
        except PaidCallError as error:
            error.operation = order.request.operation.id
            raise

    # -- before the send ---------------------------------------------------------------------------------------------

    def _admit(self, order: PurchaseOrder, stop: threading.Event) -> Granted | Answer:
        """The ledger's leave and a slot, or the answer where it is in the archive by now."""
        waited_seconds = 0.0
        while True:
            match self._ledger.begin([self._want(order)], order.spender, order.window)[0]:
                case Granted() as granted:
                    return self._in_time(order, granted, stop)
                case Hit(answer=stored):
                    return from_archive(order.request, stored)
                case Refused() as refused:
                    raise refusal_of(order.attempted, refused)
                case Overtaken():
                    raise OvertakenError
                case InDoubt() as doubt:
                    raise still_in_doubt(order.attempted, order.request.operation.provider, doubt)
                case Busy() if waited_seconds < BUSY_PATIENCE_SECONDS:
                    self._pause(BUSY_POLL_SECONDS, stop)
                    waited_seconds += BUSY_POLL_SECONDS
                    self._ledger.recover()  # the other one may have died, and would be waited for in vain
                case _:
                    raise RequestBusyError(
                        order.attempted, "another process has been asking for the same for long", "Run it again later."
                    )

    def _want(self, order: PurchaseOrder) -> AdmissionRequest:
        request, operation = order.request, order.request.operation
        return AdmissionRequest(
            attempt_id=self._ledger.new_attempt_id(),
            request_key=request.request_key(self._ledger.realm),
            provider=operation.provider,
            operation=operation.name,
            upper_microcredits=request.worst_case_microcredits,
            price_version=operation.price.version,
            budgets=order.budget_scopes,
            rates=order.rates,
            weight=request.weight,
            repeat_in_doubt=operation.repeat_in_doubt,
            parts=tuple(part.request_key(self._ledger.realm) for part in request.parts),
        )

    def _in_time(self, order: PurchaseOrder, granted: Granted, stop: threading.Event) -> Granted:
        """Wait for the slot; a missed one is given back for the next."""
        for _ in range(MAX_POSTPONES):
            if self._sleep is None and granted.send_at is not None:
                # Long waits are slept through here, where giving up ends them; the ledger minds the exact moment.
                stop.wait(max(0.0, (granted.send_at - self._ledger.now()).total_seconds()))
            in_time = not stop.is_set() and self._ledger.await_slot(granted)
            if stop.is_set():
                self._ledger.void(granted.attempt_id, "never sent: the fetch was given up")
                raise NotBegunError
            if in_time:
                return granted
            again = self._ledger.postpone(granted.attempt_id)
            if isinstance(again, Fenced):
                raise FateUnknownError(
                    order.attempted,
                    "this process slept too long and was written off",
                    "Run it again; nothing was sent.",
                )
            granted = again
        self._ledger.void(granted.attempt_id, "never sent: no slot could be kept")
        raise RequestBusyError(
            order.attempted, "this machine is too slow to keep a slot of the provider's rate limit", "Run it again."
        )

    # -- the send and after --------------------------------------------------------------------------------------------

    def _send(self, order: PurchaseOrder, transport: Transport, granted: Granted) -> Answer | _Failed:
        sent_at = self._ledger.now()
        try:
            response = transport.send(order.request)
        except UnsentError as error:
            self._ledger.void(granted.attempt_id, f"never sent: {error}")
            return _Failed(_free_failure(f"it could not be sent: {error}"))
        except BaseException as error:
            # Whatever it is, an interrupt included: from here on the provider may have charged.
            self._ledger.doubt(granted.attempt_id, type(error).__name__)
            if not isinstance(error, UnansweredError):
                raise
            return _unanswered(order, str(error))
        # What a stand-in stands for is in the request alone: some answers repeat what they were asked.
        response = msgspec.structs.replace(response, body=order.request.without_inputs(response.body))
        reading = _read(order, response)
        self._close_books(order, granted, reading, response, sent_at)
        if reading.kind in {AnswerKind.FAILED, AnswerKind.DAMAGED}:
            return _Failed(self._dated(reading), response.status)
        pause_seconds = reading.not_before_seconds
        return Answer(
            request=order.request,
            kind=reading.kind,
            status=response.status,
            body=response.body,
            response_sha256=digest(response.body),
            observed_at=sent_at,
            request_id=granted.attempt_id,
            run_id=order.spender.run_id,
            charge_microcredits=reading.charge_microcredits,
            not_before=None if pause_seconds is None else sent_at + timedelta(seconds=pause_seconds),
        )

    def _close_books(
        self, order: PurchaseOrder, granted: Granted, reading: ResponseOutcome, response: Response, sent_at: datetime
    ) -> None:
        """Archive the answer with its charge, in one transaction; a refusal that cost nothing frees the hold."""
        if order.request.operation.holds_secret:
            # A key or a code in the answer is for the caller alone: nothing of it is kept, so nothing is served again.
            reading = msgspec.structs.replace(reading, kind=AnswerKind.FAILED)
            response = msgspec.structs.replace(response, body=b"")
        if reading.kind is AnswerKind.FAILED and reading.charge_microcredits == 0:
            self._ledger.void(granted.attempt_id, reading.note, response)
        else:
            self._ledger.settle(granted.attempt_id, reading, response, sent_at)

    def _dated(self, reading: ResponseOutcome) -> ResponseOutcome:
        """A wait that is too long to sleep through becomes a date before which nothing is sent."""
        wait_seconds = reading.retry_after_seconds
        if reading.recovery is not Recovery.RETRY or wait_seconds is None or wait_seconds <= LONGEST_WAIT_SECONDS:
            return reading
        until = self._ledger.now() + timedelta(seconds=wait_seconds)
        return msgspec.structs.replace(reading, recovery=Recovery.WAIT, until=until)

    def _tell_the_others(self, order: PurchaseOrder, failed: _Failed) -> None:
        """Every process that uses the key learns what the provider just said: slow down, or stop.

        An empty account stops what draws on the same budget: discovery has one of its own, and profiles may go on.
        """
        reading, operation = failed.reading, order.request.operation
        if reading.recovery in {Recovery.FIX_KEY, Recovery.TOP_UP} and operation.authenticated:
            parts = operation.sub_budgets if reading.recovery is Recovery.TOP_UP else ()
            scopes = [f"{operation.provider}/{part}" for part in parts] or [operation.provider]
            happened = failure_for(order.attempted, reading, order.key_variable).happened
            self._ledger.freeze(scopes, until=None, reason=happened)
        elif reading.recovery is Recovery.WAIT and reading.until is not None:
            self._ledger.freeze([operation.provider], until=reading.until, reason=reading.note)
        elif reading.recovery is Recovery.RETRY and (failed.status == 429 or reading.retry_after_seconds):
            self._ledger.cool_down(order.rates, reading.retry_after_seconds or 1.0)

    def _wait_before_retry(self, reading: ResponseOutcome, retry: int) -> float | None:
        """Seconds to wait for another try: what the provider asks for, else 1, 2, 4 with jitter. None: no other."""
        if reading.recovery is not Recovery.RETRY or reading.kind is AnswerKind.DAMAGED or retry >= MAX_RETRIES:
            return None
        if reading.retry_after_seconds is not None:
            return reading.retry_after_seconds
        return 2.0**retry * (1 + self._jitter() / 4)

    def _pause(self, seconds: float, stop: threading.Event) -> None:
        """Wait, unless the fetch is given up.

        Raises:
            NotBegunError: It is.
        """
        if self._sleep is not None:
            self._sleep(seconds)
        else:
            stop.wait(seconds)
        if stop.is_set():
            raise NotBegunError


def _read(order: PurchaseOrder, response: Response) -> ResponseOutcome:
    """What the answer means. A mistake in a provider's reader must not lose an answer that was paid for."""
    try:
        reading = order.request.operation.read(order.request, response)
    except Exception as error:  # noqa: BLE001 - see above; the body is archived and the worst case counted
        return damaged(order.request, f"reading it failed ({type(error).__name__})")
    is_refusal = reading.recovery is Recovery.FIX_REQUEST and reading.charge_microcredits == 0
    return (
        free(AnswerKind.EMPTY, note=f"refused: {reading.note}") if order.tolerate_rejection and is_refusal else reading
    )


def _free_failure(note: str) -> ResponseOutcome:
    return ResponseOutcome(
        kind=AnswerKind.FAILED, charge_microcredits=0, basis=ChargeBasis.FREE, recovery=Recovery.RETRY, note=note
    )


def _unanswered(order: PurchaseOrder, reason: str) -> _Failed:
    request = order.request
    if request.operation.repeat_in_doubt == "always" or request.worst_case_microcredits == 0:
        return _Failed(_free_failure(f"no whole answer came back: {reason}"))
    raise FateUnknownError(
        order.attempted,
        f"the request was sent and no whole answer came back ({reason}); it may have been charged, so "
        f"{format_credits(request.worst_case_microcredits)} credits stay set aside",
        how_to_repeat(request.operation.provider),
    )
