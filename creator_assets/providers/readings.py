"""What an answer's status means for the data, for the bill and for recovery, as far as providers agree.

A provider states its own rules as data (an ``ErrorRule`` for each status it documents); the reading of them is here
once, so that no provider's file has its own ladder of conditions. A reading quotes an error's code, never its
message: messages name people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from creator_assets.providers.contract import AnswerKind, Basis, Call, Reading, Recovery, Response

_CODE = re.compile(r"^[A-Za-z0-9_.-]{1,64}$")
_LONGEST_WAIT_SECONDS = 7 * 86_400.0


class ErrorRule(msgspec.Struct, frozen=True):
    """What a status means: what would help, and whether the provider may have charged for it all the same."""

    recovery: Recovery
    may_be_charged: bool = False


# Refusals before any work is done: nothing was delivered, so nothing is charged. A 5xx can come after the work (504s
# were seen billed, see the influencers.club rules), so it counts at the worst case until the balance tells.
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


def read_error(call: Call, response: Response, rules: Mapping[int, ErrorRule]) -> Reading:
    """Read an answer that is no success.

    A status that neither `rules` nor the common rules name is counted at the call's worst case (``Basis.ASSUMED``).
    """
    fallback = _SERVER_ERROR if response.status >= 500 else _UNDOCUMENTED
    rule = rules.get(response.status) or COMMON_ERRORS.get(response.status) or fallback
    body = json_object(response)
    until = moment(body.get("resetDate"))
    charged = rule.may_be_charged and call.worst_case_microcredits > 0
    code = error_code(body)
    return Reading(
        kind=AnswerKind.FAILED,
        charge_microcredits=call.worst_case_microcredits if charged else 0,
        basis=Basis.ASSUMED if charged else Basis.FREE,
        recovery=Recovery.WAIT if until and response.status == 429 else rule.recovery,
        retry_after_seconds=retry_after(response, body),
        until=until,
        note=f"HTTP {response.status}" + (f" {code}" if code else ""),
    )


def damaged(call: Call, note: str) -> Reading:
    """A success whose body cannot be read: kept for diagnosis and counted at the worst case until the balance tells."""
    worst = call.worst_case_microcredits
    return Reading(
        kind=AnswerKind.DAMAGED,
        charge_microcredits=worst,
        basis=Basis.ASSUMED if worst else Basis.FREE,
        recovery=Recovery.RETRY,
        note=note,
    )


def json_object(response: Response) -> Mapping[str, Any]:
    """The body as a JSON object; empty where it is anything else."""
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def error_code(body: Mapping[str, Any]) -> str:
    """The code of an error body in any of the shapes met: an object with a code, a plain code, or nothing."""
    error = body.get("error")
    candidates = [error.get("code") if isinstance(error, dict) else error, body.get("code")]
    return next((str(c) for c in candidates if isinstance(c, str | int) and _CODE.match(str(c))), "")


def retry_after(response: Response, body: Mapping[str, Any]) -> float | None:
    """Seconds that the provider asks to wait: the header (seconds or HTTP date), else ``retry_after`` in the body."""
    stated: Any = response.headers.get("retry-after", body.get("retry_after"))
    if stated is None and isinstance(body.get("error"), dict):
        stated = body["error"].get("retry_after")
    try:
        seconds = float(stated)
    except (TypeError, ValueError):
        try:
            sent = parsedate_to_datetime(response.headers.get("date", ""))
            seconds = (parsedate_to_datetime(str(stated)) - sent).total_seconds()
        except (TypeError, ValueError):
            return None
    return seconds if 0 <= seconds <= _LONGEST_WAIT_SECONDS else None


def moment(value: Any) -> datetime | None:
    """An ISO 8601 text as an aware UTC moment, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
