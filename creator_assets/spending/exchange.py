"""One call bought: admission, slot, send, and the books closed whatever happens; with bounded retries.

Each retry is an attempt of its own in the ledger. A request whose fate is unknown is counted and, unless its
operation says otherwise, not repeated; an answer that arrived is archived and charged before anybody looks into it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta

from creator_assets.microcredits import format_credits
from creator_assets.providers.contract import Answer, AnswerKind, Basis, Call, Reading, Recovery, Response
from creator_assets.providers.readings import damaged
from creator_assets.spending.archive import digest
from creator_assets.spending.failures import (
    BudgetRefusedError,
    FateUnknownError,
    NotAdmittedError,
    PaidCallError,
    ProviderUnavailableError,
    RequestBusyError,
    VolumeExhaustedError,
    failure_for,
)
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import (
    Attribution,
    Busy,
    Fenced,
    Granted,
    Hit,
    InDoubt,
    RefusalReason,
    Refused,
    StoredAnswer,
    Want,
    Window,
)
from creator_assets.spending.transport import Transport, UnansweredError, UnsentError

MAX_RETRIES = 3
LONGEST_WAIT_SECONDS = 120.0
BUSY_POLL_SECONDS = 0.25
BUSY_PATIENCE_SECONDS = 150.0  # longer than any request may take


class Exchange:
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
        self._sleep = sleep or time.sleep

    def buy(
        self,
        call: Call,
        key_variable: str,
        transport: Transport,
        budget_scopes: tuple[str, ...],
        spender: Attribution,
        window: Window,
    ) -> Answer:
        """Bring the answer to `call`, trying again where that can help.

        Raises:
            PaidCallError: There is none; the subclass tells what would help.
        """
        attempted = f"asking {call.operation.provider} for {call.operation.name} ({spender.asset}, {spender.partition})"
        failure: PaidCallError | None = None
        for retry in range(MAX_RETRIES + 1):
            admitted = self._admit(call, attempted, budget_scopes, spender, window)
            if isinstance(admitted, Answer):
                return admitted
            result = self._send(call, transport, admitted, attempted, spender)
            if isinstance(result, Answer):
                return result
            failure = failure_for(attempted, result, key_variable)
            self._mind(call, result)
            wait_seconds = self._wait_before_retry(result, retry)
            if wait_seconds is None:
                raise failure
            if retry < MAX_RETRIES:
                self._sleep(wait_seconds)
        raise failure or ProviderUnavailableError(attempted, "no attempt was made", "Run it again.")

    # -- before the send ---------------------------------------------------------------------------------------------

    def _admit(
        self, call: Call, attempted: str, budget_scopes: tuple[str, ...], spender: Attribution, window: Window
    ) -> Granted | Answer:
        waited_seconds = 0.0
        while True:
            want = self._want(call, budget_scopes)
            match self._ledger.begin([want], spender, window)[0]:
                case Granted() as granted:
                    return self._in_time(granted, attempted)
                case Hit(answer=stored):
                    return from_archive(call, stored)
                case Refused() as refused:
                    raise _refusal(attempted, refused)
                case InDoubt(since=since, upper_microcredits=upper):
                    raise FateUnknownError(
                        attempted,
                        f"the same request was sent on {since:%Y-%m-%d %H:%M} UTC and nobody knows whether it was "
                        f"charged;"
                        f" {format_credits(upper)} credits stay set aside for it",
                        "Reconcile with the provider's balance first; then it may be asked again.",
                    )
                case Busy() if waited_seconds < BUSY_PATIENCE_SECONDS:
                    self._sleep(BUSY_POLL_SECONDS)
                    waited_seconds += BUSY_POLL_SECONDS
                case _:
                    raise RequestBusyError(
                        attempted, "another process has been asking for the same for long", "Run it again later."
                    )

    def _want(self, call: Call, budget_scopes: tuple[str, ...]) -> Want:
        operation = call.operation
        return Want(
            attempt_id=self._ledger.new_attempt_id(),
            request_key=call.request_key(self._ledger.realm),
            provider=operation.provider,
            operation=operation.name,
            upper_microcredits=call.worst_case_microcredits,
            price_version=operation.price.version,
            budgets=budget_scopes,
            rates=operation.rates,
            weight=call.weight,
            repeat_in_doubt=operation.repeat_in_doubt,
        )

    def _in_time(self, granted: Granted, attempted: str) -> Granted:
        """Wait for the slot; a missed one is given back for the next."""
        while not self._ledger.await_slot(granted):
            again = self._ledger.postpone(granted.attempt_id)
            if isinstance(again, Fenced):
                raise FateUnknownError(
                    attempted, "this process slept too long and was written off", "Run it again; nothing was sent."
                )
            granted = again
        return granted

    # -- the send and after --------------------------------------------------------------------------------------------

    def _send(
        self, call: Call, transport: Transport, granted: Granted, attempted: str, spender: Attribution
    ) -> Answer | Reading:
        sent_at = self._ledger.now()
        try:
            response = transport.send(call)
        except UnsentError as error:
            self._ledger.void(granted.attempt_id, f"never sent: {error}")
            return _unsent(str(error))
        except BaseException as error:
            # Whatever it is, an interrupt included: from here on the provider may have charged.
            self._ledger.doubt(granted.attempt_id, type(error).__name__)
            if not isinstance(error, UnansweredError):
                raise
            return _unanswered(call, attempted, str(error))
        reading = _read(call, response)
        if reading.kind is AnswerKind.FAILED and reading.charge_microcredits == 0:
            self._ledger.void(granted.attempt_id, reading.note, response)
            return reading
        self._ledger.settle(granted.attempt_id, reading, response, sent_at)
        if reading.kind in {AnswerKind.FAILED, AnswerKind.DAMAGED}:
            return reading
        pause = reading.not_before_seconds
        return Answer(
            call=call,
            kind=reading.kind,
            status=response.status,
            body=response.body,
            response_sha256=digest(response.body),
            observed_at=sent_at,
            request_id=granted.attempt_id,
            run_id=spender.run_id,
            charge_microcredits=reading.charge_microcredits,
            not_before=None if pause is None else sent_at + timedelta(seconds=pause),
        )

    def _mind(self, call: Call, reading: Reading) -> None:
        """Tell every process that uses the key what the provider just said: slow down, or stop until a date."""
        if reading.recovery is Recovery.WAIT and reading.until is not None:
            self._ledger.freeze([call.operation.provider], until=reading.until, reason=reading.note)
        elif reading.note.startswith("HTTP 429"):
            self._ledger.push_back(call.operation.rates, reading.retry_after_seconds or 1.0)

    def _wait_before_retry(self, reading: Reading, retry: int) -> float | None:
        """Seconds to wait for another try: what the provider asks for, else 1, 2, 4 with jitter. None: no other."""
        if reading.recovery is not Recovery.RETRY or reading.kind is AnswerKind.DAMAGED:
            return None
        wait_seconds = reading.retry_after_seconds
        if wait_seconds is None:
            wait_seconds = 2.0**retry * (1 + self._jitter() / 4)
        return wait_seconds if wait_seconds <= LONGEST_WAIT_SECONDS else None


def from_archive(call: Call, stored: StoredAnswer) -> Answer:
    """The archived answer to a call."""
    return Answer(
        call=call,
        kind=stored.kind,
        status=stored.status,
        body=stored.body,
        response_sha256=stored.sha256,
        observed_at=stored.observed_at,
        request_id=stored.attempt_id,
        run_id=stored.run_id,
        charge_microcredits=stored.charge_microcredits,
        not_before=stored.not_before,
        from_archive=True,
    )


def _read(call: Call, response: Response) -> Reading:
    """What the answer means. A mistake in a provider's reader must not lose an answer that was paid for."""
    try:
        return call.operation.read(call, response)
    except Exception as error:  # noqa: BLE001 - see above; the body is archived and the worst case counted
        return damaged(call, f"reading it failed ({type(error).__name__})")


def _unsent(reason: str) -> Reading:
    return Reading(
        kind=AnswerKind.FAILED, charge_microcredits=0, basis=Basis.FREE, recovery=Recovery.RETRY, note=reason
    )


def _refusal(attempted: str, refused: Refused) -> PaidCallError:
    match refused.reason:
        case RefusalReason.FROZEN:
            return VolumeExhaustedError(
                attempted, refused.message, "Run it again after that; nothing was sent.", refused.until
            )
        case RefusalReason.BUDGET:
            return BudgetRefusedError(
                attempted,
                refused.scope,
                refused.needed_microcredits,
                refused.available_microcredits,
                "Nothing more was sent; what was paid for so far is kept. Raise the budget or ask for less.",
            )
        case _:
            return NotAdmittedError(
                attempted, refused.message, "Nothing was sent. `creator-assets budget` shows every limit."
            )


def _unanswered(call: Call, attempted: str, reason: str) -> Reading:
    if call.operation.repeat_in_doubt == "always" or call.worst_case_microcredits == 0:
        return _unsent(reason)
    raise FateUnknownError(
        attempted,
        f"the request was sent and no whole answer came back ({reason}); it may have been charged, so"
        f" {format_credits(call.worst_case_microcredits)} credits stay set aside",
        "Reconcile with the provider's balance; then it may be asked again.",
    )
