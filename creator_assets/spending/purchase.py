"""Buying one request: admission, permit of the rate limiter, send, settlement.

Every attempt is settled whatever happens. A request in doubt counts at its worst case and, unless its operation says
otherwise, is not repeated. An answer is archived and charged before anything parses it. What follows an attempt without
an answer is in ``retries``. Which requests are bought belongs to ``paid_client``.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from creator_assets.ledger.archive.bodies import digest
from creator_assets.ledger.errors import LedgerBusyError, LedgerFullError, LedgerGoneError
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
    Recovery,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.parsing.outcomes import free
from creator_assets.providers.parsing.readable import readable
from creator_assets.providers.parsing.reading import AnswerReading, read_answer, unreadable
from creator_assets.spending.archive_coverage import from_archive
from creator_assets.spending.failures import (
    AnswerNotKeptError,
    FateUnknownError,
    PaidCallError,
    RequestBusyError,
    failure_for,
    how_to_repeat,
    refusal_of,
    still_in_doubt,
)
from creator_assets.spending.orders import NotBegunError, OvertakenError, PurchaseOrder, TooManyError
from creator_assets.spending.retries import FailedAttempt, seconds_before_retry, suspend_or_cool_down, with_date
from creator_assets.spending.transport import Transport, UnansweredError, UnsentError

BUSY_POLL_SECONDS = 0.25
BUSY_PATIENCE_SECONDS = 150.0  # longer than any request may take
MAX_POSTPONES = 100


class Purchaser:
    """Buys single requests for the paid client. Waiting and randomness are injected."""

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
        """Bring the answer to a request, with retries where they can help.

        Once `stop` is set, nothing more is sent. What was sent is finished and booked.

        Raises:
            NotBegunError: `stop` was set before the request was sent.
            OvertakenError: Another process has bought a part of the joined request.
            TooManyError: The provider has room for some parts of the joined request only.
            PaidCallError: There is no answer; the subclass says what would help.
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
                outcome = result.outcome
                if outcome.recovery is Recovery.ASK_FEWER and 0 < outcome.room < len(order.request.parts):
                    raise TooManyError(outcome.room)
                suspend_or_cool_down(self._ledger, order, result)
                wait_seconds = seconds_before_retry(outcome, retry, self._jitter)
                if wait_seconds is None:
                    raise failure_for(order.attempted, outcome, order.request.operation.provider, order.key_variable)
                self._pause(wait_seconds, stop)
                retry += 1
        except PaidCallError as error:
            error.operation = order.request.operation.id
            raise

    # -- before the send ---------------------------------------------------------------------------------------------

    def _admit(self, order: PurchaseOrder, stop: threading.Event) -> Granted | Answer:
        """The ledger's admission with a permit to send, or the answer if the archive has it by now."""
        waited_seconds = 0.0
        while True:
            match self._ledger.begin([self._admission_request(order)], order.spender, order.window)[0]:
                case Granted() as granted:
                    return self._await_permit(order, granted, stop)
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
                    self._ledger.recover()  # the other process may have died
                case _:
                    raise RequestBusyError(
                        order.attempted, "another process has not finished the same request", "Run it again later."
                    )

    def _admission_request(self, order: PurchaseOrder) -> AdmissionRequest:
        request, operation = order.request, order.request.operation
        return AdmissionRequest(
            attempt_id=self._ledger.new_attempt_id(),
            request_key=self._ledger.key_of(request),
            provider=operation.provider,
            operation=operation.name,
            upper_microcredits=request.worst_case_microcredits,
            price_version=operation.price.version,
            budgets=order.budget_scopes,
            rates=order.rates,
            weight=request.weight,
            repeat_in_doubt=operation.repeat_in_doubt,
            longest_seconds=operation.timeout_seconds,
            parts=tuple(self._ledger.key_of(part) for part in request.parts),
        )

    def _await_permit(self, order: PurchaseOrder, granted: Granted, stop: threading.Event) -> Granted:
        """Wait until the permit is valid. A permit that was missed is exchanged for the next one."""
        for _ in range(MAX_POSTPONES):
            if self._sleep is None and granted.send_at is not None:
                # A long wait happens here, where giving up ends it. The ledger waits for the exact moment.
                stop.wait(max(0.0, (granted.send_at - self._ledger.now()).total_seconds()))
            in_time = not stop.is_set() and self._ledger.await_permit(granted)
            if stop.is_set():
                self._ledger.void(granted.attempt_id, "never sent: the fetch was given up")
                raise NotBegunError
            if in_time:
                return granted
            again = self._ledger.postpone(granted.attempt_id)
            if isinstance(again, Fenced):
                raise FateUnknownError(
                    order.attempted,
                    "this process slept too long, and its lease ended",
                    "Nothing was sent. Run it again.",
                )
            if isinstance(again, Refused):
                self._ledger.void(granted.attempt_id, f"never sent: {again.message}")
                raise refusal_of(order.attempted, again)
            granted = again
        self._ledger.void(granted.attempt_id, "never sent: every permit was missed")
        raise RequestBusyError(
            order.attempted, "this machine is too slow to send within the provider's rate limit", "Run it again."
        )

    # -- the send and after --------------------------------------------------------------------------------------------

    def _send(self, order: PurchaseOrder, transport: Transport, granted: Granted) -> Answer | FailedAttempt:
        sent_at = self._ledger.now()
        try:
            response = transport.send(order.request)
        except UnsentError as error:
            self._ledger.void(granted.attempt_id, f"never sent: {error}")
            return FailedAttempt(
                free(AnswerKind.FAILED, recovery=Recovery.RETRY, note=f"it could not be sent: {error}")
            )
        except BaseException as error:
            # Any error, an interrupt included: the provider may have charged.
            self._ledger.doubt(granted.attempt_id, type(error).__name__)
            if not isinstance(error, UnansweredError):
                raise
            return _unanswered(order, str(error))
        # Some responses repeat their request: redacted inputs must not reach the archive by that way.
        response = msgspec.structs.replace(response, body=order.request.without_inputs(response.body))
        outcome, text = _reading_of(order, response)
        self._settle(order, granted, outcome, response, sent_at)
        if outcome.kind in {AnswerKind.FAILED, AnswerKind.DAMAGED}:
            return FailedAttempt(with_date(outcome, self._ledger.now()), response.status)
        pause_seconds = outcome.not_before_seconds
        return Answer(
            request=order.request,
            kind=outcome.kind,
            status=response.status,
            body=text.body,
            notes=text.notes,
            response_sha256=digest(response.body),
            observed_at=sent_at,
            request_id=granted.attempt_id,
            run_id=order.spender.run_id,
            charge_microcredits=outcome.charge_microcredits,
            not_before=None if pause_seconds is None else sent_at + timedelta(seconds=pause_seconds),
        )

    def _settle(
        self, order: PurchaseOrder, granted: Granted, outcome: ResponseOutcome, response: Response, sent_at: datetime
    ) -> None:
        """Archive the answer with its charge, in one transaction. A rejection that cost nothing frees the hold."""
        if order.request.operation.holds_secret:
            # A key or a code in the answer is for the caller alone: the archive keeps nothing of it.
            outcome = msgspec.structs.replace(outcome, kind=AnswerKind.FAILED)
            response = msgspec.structs.replace(response, body=b"")
        try:
            if outcome.kind is AnswerKind.FAILED and outcome.charge_microcredits == 0:
                self._ledger.void(granted.attempt_id, outcome.note, response)
            else:
                self._ledger.settle(granted.attempt_id, outcome, response, sent_at)
        except (LedgerBusyError, LedgerFullError, LedgerGoneError) as error:
            if order.request.worst_case_microcredits == 0:
                raise
            # The books still hold the request at its worst case, and once its lease ends it is in doubt.
            raise AnswerNotKeptError(
                order.attempted,
                f"the provider answered, and the ledger did not confirm that it kept the answer ({error})",
                f"{format_credits(order.request.worst_case_microcredits)} credits stay counted for it. "
                f"Mend the cause first. {how_to_repeat(order.request.operation.provider)}",
            ) from error

    def _pause(self, seconds: float, stop: threading.Event) -> None:
        """Wait, unless the fetch is given up.

        Raises:
            NotBegunError: The fetch is given up.
        """
        if self._sleep is not None:
            self._sleep(seconds)
        else:
            stop.wait(seconds)
        if stop.is_set():
            raise NotBegunError


def _reading_of(order: PurchaseOrder, response: Response) -> AnswerReading:
    """What a response means. A mistake in a provider's reader must not lose an answer that was paid for."""
    request = order.request
    try:
        outcome, text = read_answer(request, response)
    except Exception as error:  # noqa: BLE001 - see above; the body is archived and the worst case counted
        outcome, text = unreadable(request, error), readable(response.body, response.headers)
    may_stand = not request.operation.is_free and request.operation.repeat_in_doubt != "never"
    # A refusal that may have been charged would be charged again by each run.
    is_paid_refusal = outcome.recovery is Recovery.FIX_REQUEST and outcome.charge_microcredits > 0
    if may_stand and (outcome.kind is AnswerKind.DAMAGED or is_paid_refusal):
        outcome = msgspec.structs.replace(outcome, kind=AnswerKind.UNREADABLE)
    is_rejection = outcome.recovery is Recovery.FIX_REQUEST and outcome.charge_microcredits == 0
    if order.tolerate_rejection and is_rejection:
        outcome = free(AnswerKind.EMPTY, note=f"refused: {outcome.note}")
    return AnswerReading(outcome, text)


def _unanswered(order: PurchaseOrder, reason: str) -> FailedAttempt:
    request = order.request
    if request.operation.repeat_in_doubt == "always" or request.worst_case_microcredits == 0:
        note = f"no complete answer arrived: {reason}"
        return FailedAttempt(free(AnswerKind.FAILED, recovery=Recovery.RETRY, note=note))
    raise FateUnknownError(
        order.attempted,
        f"the request was sent and no complete answer arrived ({reason}); it may have been charged, so "
        f"{format_credits(request.worst_case_microcredits)} credits stay counted",
        how_to_repeat(request.operation.provider),
    )
