"""Outcomes of responses, as far as providers agree: what a status means for the data, the bill and recovery.

A provider states its own rules as data, an ``ErrorRule`` for each status that it documents. They are applied here, so
that no provider needs its own chain of conditions. An outcome quotes an error's code, never its message: messages name
people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from creator_assets.microcredits import InexactAmountError, to_microcredits
from creator_assets.providers.contract.operations import (
    AnswerKind,
    ChargeBasis,
    Recovery,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.parsing.bodies import value_at
from creator_assets.providers.parsing.timestamps import parse_http_date, parse_timestamp

_CODE = re.compile(r"^[A-Za-z0-9_.-]{1,64}$")
_BARE_CODE = re.compile(r"^[A-Z][A-Z0-9_]{2,63}$")  # without a field that says so, a lower-case word may be a handle
# A charge of more than a million credits, or a balance of more than a thousand million, is a mistake in the answer.
MOST_MICROCREDITS = 10**12
MOST_LEFT_MICROCREDITS = 10**15
_LONGEST_WAIT_SECONDS = 366 * 86_400.0  # no period of a plan is longer: more is a mistake in the answer
# A burst limit ends within minutes. A longer wait means that the volume of a period is used up.
_LONGEST_BURST_SECONDS = 3_600.0


class ErrorRule(msgspec.Struct, frozen=True):
    """What a status means: what would help, and whether the provider may have charged for it."""

    recovery: Recovery
    may_be_charged: bool = False


# The provider refuses before it does any work: nothing is delivered, so nothing is charged. A 5xx can come after the
# work (504s were seen billed), so it counts at the worst case until the balance is compared.
COMMON_ERRORS: Mapping[int, ErrorRule] = {
    400: ErrorRule(Recovery.FIX_REQUEST),
    401: ErrorRule(Recovery.FIX_KEY),
    402: ErrorRule(Recovery.TOP_UP),
    403: ErrorRule(Recovery.FIX_PLAN),
    404: ErrorRule(Recovery.FIX_REQUEST),
    405: ErrorRule(Recovery.FIX_REQUEST),
    415: ErrorRule(Recovery.FIX_REQUEST),
    422: ErrorRule(Recovery.FIX_REQUEST),
    429: ErrorRule(Recovery.RETRY),
}
_SERVER_ERROR = ErrorRule(Recovery.RETRY, may_be_charged=True)
_UNDOCUMENTED = ErrorRule(Recovery.FIX_REQUEST, may_be_charged=True)


def read_error(
    request: Request, response: Response, rules: Mapping[int, ErrorRule], *, status: int | None = None
) -> ResponseOutcome:
    """The outcome of a response that is no success.

    A status that neither `rules` nor the common rules name counts at the worst case (``ChargeBasis.ASSUMED``). A 429
    that names a date, or asks to wait for more than an hour, is no burst limit: only that date helps.

    Args:
        request: The request.
        response: Its response.
        rules: The provider's own rules; they go before the common ones.
        status: The status that counts, where a provider states it in the body of a 200.
    """
    status = response.status if status is None else status
    fallback = _SERVER_ERROR if status >= 500 else _UNDOCUMENTED
    rule = rules.get(status) or COMMON_ERRORS.get(status) or fallback
    body = json_object(response)
    wait_seconds = retry_after(response, body)
    until = parse_timestamp(error_field(body, "resetDate")) if status == 429 else None
    if status == 429 and until is None and wait_seconds is not None and wait_seconds > _LONGEST_BURST_SECONDS:
        sent_at = parse_http_date(response.headers.get("date"))
        until = sent_at and sent_at + timedelta(seconds=wait_seconds)
    is_burst = status != 429 or (until is None and (wait_seconds or 0) <= _LONGEST_BURST_SECONDS)
    charged = rule.may_be_charged and request.worst_case_microcredits > 0
    code = error_code(body)
    return ResponseOutcome(
        kind=AnswerKind.FAILED,
        charge_microcredits=request.worst_case_microcredits if charged else 0,
        basis=ChargeBasis.ASSUMED if charged else ChargeBasis.FREE,
        recovery=rule.recovery if is_burst else Recovery.WAIT,
        retry_after_seconds=wait_seconds,
        until=until,
        note=f"HTTP {response.status}" + (f" {code}" if code else ""),
    )


Reader = Callable[[Request, Response], ResponseOutcome]


def reader_of_free(on_error: Reader, is_documented: Callable[[bytes], bool]) -> Reader:
    """The reader of an operation that is never charged: a 2xx with the documented body is its data."""

    def read(request: Request, response: Response) -> ResponseOutcome:
        if not 200 <= response.status < 300:
            return on_error(request, response)
        if not is_documented(response.body):
            return damaged(request, "the answer is not the documented one")
        return free(AnswerKind.FINAL)

    return read


def free(kind: AnswerKind, **more: Any) -> ResponseOutcome:
    """The outcome of a response that is free by the documents."""
    return ResponseOutcome(kind=kind, charge_microcredits=0, basis=ChargeBasis.FREE, **more)


def stated_microcredits(amount: Any) -> int | None:
    """An amount as an answer states it (a number or a text); None where it cannot be booked exactly."""
    if amount is None or isinstance(amount, bool):
        return None
    try:
        return to_microcredits(Decimal(str(amount)))
    except (InexactAmountError, ArithmeticError):
        return None


def stated_balance(amount: Any) -> int | None:
    """A balance or a counter of use as an answer states it; None for a sentinel and for anything impossible."""
    return plausible(stated_microcredits(amount), MOST_LEFT_MICROCREDITS)


def plausible(amount_microcredits: int | None, most: int = MOST_MICROCREDITS) -> int | None:
    """An amount that an answer states; None where it is negative or impossibly large."""
    return amount_microcredits if amount_microcredits is not None and 0 <= amount_microcredits <= most else None


def damaged(request: Request, note: str) -> ResponseOutcome:
    """A success whose body cannot be read: stored for diagnosis, and counted at the worst case for the time being."""
    worst = request.worst_case_microcredits
    return ResponseOutcome(
        kind=AnswerKind.DAMAGED,
        charge_microcredits=worst,
        basis=ChargeBasis.ASSUMED if worst else ChargeBasis.FREE,
        recovery=Recovery.RETRY,
        note=note,
    )


def json_object(response: Response) -> Mapping[str, Any]:
    """The body as a JSON object; empty where it is anything else."""
    body = value_at(response.body)
    return body if isinstance(body, dict) else {}


def error_code(body: Mapping[str, Any]) -> str:
    """The code of an error body in any known shape: an object with a code, or a plain code; empty without one."""
    error = body.get("error")
    if isinstance(error, str):
        return error if _BARE_CODE.match(error) else ""
    candidates = [error.get("code") if isinstance(error, dict) else None, body.get("code")]
    return next((str(c) for c in candidates if isinstance(c, str | int) and _CODE.match(str(c))), "")


def error_text(body: Mapping[str, Any]) -> str:
    """The texts of an error in lower case. They tell meanings apart and are never shown, for they may name people."""
    error = body.get("error")
    texts = [error.get("message"), error.get("code")] if isinstance(error, dict) else [error]
    texts += [body.get("message"), body.get("detail")]
    return " ".join(text.lower() for text in texts if isinstance(text, str))


def error_field(body: Mapping[str, Any], name: str) -> Any:
    """A field of an error body: beside the error, in it, or in its details."""
    error = body.get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    places = (body, error, details if isinstance(details, dict) else {})
    return next((place[name] for place in places if place.get(name) is not None), None)


def retry_after(response: Response, body: Mapping[str, Any]) -> float | None:
    """Seconds that the provider asks to wait: the header (seconds or HTTP date), else ``retry_after`` in the body.

    None where neither states a wait, or states an impossible one (negative, no number, beyond a year).
    """
    stated: Any = response.headers.get("retry-after", error_field(body, "retry_after"))
    until, sent_at = parse_http_date(stated), parse_http_date(response.headers.get("date"))
    try:
        seconds = (until - sent_at).total_seconds() if until and sent_at else float(stated)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds <= _LONGEST_WAIT_SECONDS else None
