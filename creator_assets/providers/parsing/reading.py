"""What an answer means, before and after its provider's own rules: what holds for every provider alike.

A body is made readable once. A web server or a firewall in front of a provider is not the provider. Where
an answer holds no data, its words decide: a limit, an outage or a refused key is never "nothing there". What a status
means, and what a documented body costs, belongs to each provider's ``operations.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from creator_assets.providers.contract.operations import (
    AnswerKind,
    ChargeBasis,
    Recovery,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.parsing.bodies import decoded
from creator_assets.providers.parsing.outcomes import damaged, free
from creator_assets.providers.parsing.readable import Readable, readable


class Said(StrEnum):
    """What the words of an answer without data speak of."""

    NOTHING = "nothing"
    KEY = "key"
    CREDITS = "credits"
    LIMIT = "limit"
    OUTAGE = "outage"


_THINGS = (
    "data|results?|records?|creators?|influencers?|accounts?|users?|profiles?|match(es)?|posts?|videos?|content|items?|"
    "information"
)
_GONE = "unknown (user|account|creator|handle)|no longer exist|not in (our|the) database"
_STATUS_OF = {Said.KEY: 401, Said.CREDITS: 402, Said.LIMIT: 429, Said.OUTAGE: 503}
# In this order: "no data found, try again later" says that there is nothing.
_WORDS: tuple[tuple[Said, re.Pattern[str]], ...] = tuple(
    (said, re.compile(pattern, re.IGNORECASE))
    for said, pattern in (
        (Said.KEY, r"api.?key|unauthori[sz]ed|unauthenticated|authentication|(invalid|expired|missing) token"),
        (
            Said.CREDITS,
            r"(insufficient|not enough|no( more)?|out of|zero) (credit|balance|tokens|funds)|payment required",
        ),
        (Said.LIMIT, r"rate.?limit|too many|throttl|quota|limit (exceeded|reached)|exceed\w* .{0,40}limit"),
        (
            Said.OUTAGE,
            r"time[d]?.?out|unavailable|internal (server )?error|maintenance|overload|bad gateway|server error",
        ),
        (
            Said.NOTHING,
            rf"\bno (\w+ ){{0,3}}?({_THINGS})\b|not (be )?found|nothing|n[o']t exist|could ?n[o']t find|{_GONE}",
        ),
        (Said.OUTAGE, r"try again|temporar|went wrong"),
    )
)
_TEXTS = ("error", "errors", "message", "detail", "details", "msg", "reason", "description", "code", "result", "data")
_DATA = (
    "accounts", "result", "results", "data", "users", "user", "items", "content", "details", "blogger", "profile",
    "records", "comments",
)  # fmt: skip
# An object of these alone, with an error or a message among them, is no data: not even where anything may be data.
_ABOUT_AN_ERROR = frozenset(
    {*_TEXTS, "status", "success", "ok", "title", "type", "timestamp", "request_id", "requestId"}
)
_SAYS_WHAT_FAILED = frozenset({"error", "errors", "message", "detail", "msg"})
_LONGEST_SENTENCE = 2_000
_NAMES_ONE = ("handle", "username", "post_id", "email", "user_id")
_WHO = "creator|influencer|account|user|profile|handle|post|video"
_NOBODY = re.compile(
    rf"\bno data\b|\b({_WHO})\b.{{0,60}}(not (be )?found|n[o']t exist)|could ?n[o']t find .{{0,20}}\b({_WHO})\b",
    re.IGNORECASE,
)


class AnswerReading(NamedTuple):
    """What an answer means, and its text as every reader sees it."""

    outcome: ResponseOutcome
    text: Readable


def read_answer(request: Request, response: Response) -> AnswerReading:
    """What a response means by the rules of all providers and by its operation's own. Raises only what `read` raises.

    Args:
        request: The request.
        response: Its response, with the bytes that arrived.
    """
    text = readable(response.body, response.headers)
    response = msgspec.structs.replace(response, body=text.body)
    if _is_from_a_web_server(response):
        return AnswerReading(_in_front(request, response), text)
    operation = request.operation
    if operation.finds_data and _holds_nothing(response):
        return AnswerReading(_nothing(request), text)
    outcome = operation.read(request, response)
    if outcome.kind is AnswerKind.FINAL and operation.finds_data and _is_only_words(response.body):
        outcome = damaged(request, "the answer holds words and no data")
    # A provider's own rule for another status knows its words better.
    is_without_data = outcome.kind is AnswerKind.DAMAGED or (
        outcome.kind is AnswerKind.EMPTY and response.status in {200, 404}
    )
    if is_without_data and (said := said_in(response.body)) is not None:
        if said is not Said.NOTHING:
            as_status = msgspec.structs.replace(response, status=_STATUS_OF[said])
            outcome = msgspec.structs.replace(
                operation.read(request, as_status),
                charge_microcredits=0,
                basis=ChargeBasis.FREE,
                note=f"HTTP {response.status} whose words speak of a {said}",
            )
        elif outcome.kind is AnswerKind.DAMAGED and operation.finds_data:
            outcome = _nothing(request)
    if _refuses_for_nobody(request, outcome, response.body):
        outcome = free(AnswerKind.EMPTY, note=f"HTTP {response.status}: the provider has nothing")
    return AnswerReading(outcome, text)


def _refuses_for_nobody(request: Request, outcome: ResponseOutcome, body: bytes) -> bool:
    """Whether a free refusal of a request about one account says that there is no such account."""
    is_refusal = outcome.recovery is Recovery.FIX_REQUEST and outcome.charge_microcredits == 0
    names_one = any(name in (request.body or {}) or name in request.params for name in _NAMES_ONE)
    return is_refusal and names_one and _NOBODY.search(" ".join(_sentences(body))) is not None


def said_in(body: bytes) -> Said | None:
    """What the words of an answer speak of; None where it has no words, or none that are known."""
    words = " ".join(_sentences(body))
    return next((said for said, pattern in _WORDS if pattern.search(words)), None) if words else None


def _sentences(body: bytes) -> Iterator[str]:
    value = decoded(body, Any)
    if value is None and len(body) <= _LONGEST_SENTENCE and not body.lstrip().startswith((b"<", b"{", b"[")):
        value = body.decode()
    if isinstance(value, str):
        yield value[:_LONGEST_SENTENCE]
    if isinstance(value, Mapping):
        yield from _texts_of(value)


def _texts_of(fields: Mapping[str, Any]) -> Iterator[str]:
    for name in _TEXTS:
        found = fields.get(name)
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, str):
                yield one[:_LONGEST_SENTENCE]
            elif isinstance(one, Mapping):
                yield from (text[:_LONGEST_SENTENCE] for text in map(one.get, _TEXTS) if isinstance(text, str))


def _holds_nothing(response: Response) -> bool:
    """Whether a success has no content by its status, or is empty wherever data belongs, without words about it.

    A 200 without any body is something else: the data was lost on its way.
    """
    body = response.body
    if response.status == 204:
        return True
    if response.status != 200 or not body.strip() or said_in(body) is not None:
        return False
    value = decoded(body, Any)
    if value is None:
        return body.strip() == b"null"
    if not isinstance(value, Mapping):
        return value in ([], "")
    data = [value[name] for name in _DATA if name in value]
    return not value or (None in data and all(one is None or one in ([], {}, "") for one in data))


def _is_only_words(body: bytes) -> bool:
    """Whether a body is an object about an error or a message, without a list or an object of data."""
    value = decoded(body, Any)
    if not isinstance(value, Mapping) or not value.keys() & _SAYS_WHAT_FAILED or not value.keys() <= _ABOUT_AN_ERROR:
        return False
    parts = [part for name, part in value.items() if name not in {"error", "errors"}]
    return not any(isinstance(part, list | Mapping) and part for part in parts)


def _nothing(request: Request) -> ResponseOutcome:
    """A success without data: 0 where only data is charged, else the price until the balance tells."""
    unit = request.operation.price.unit
    is_charged = unit.startswith(("request", "search"))
    charge = request.worst_case_microcredits if is_charged else 0
    if not charge:
        return free(AnswerKind.EMPTY, note="the provider has nothing")
    note = "the provider has nothing; whether such an answer costs is not documented"
    return ResponseOutcome(kind=AnswerKind.EMPTY, charge_microcredits=charge, basis=ChargeBasis.ASSUMED, note=note)


def _is_from_a_web_server(response: Response) -> bool:
    """Whether an error page or a redirection answered: the providers' own errors are JSON, and none redirects."""
    if 300 <= response.status < 400:
        return True
    is_error = response.status in {403, 404} or response.status >= 500
    return is_error and bool(response.body.strip()) and decoded(response.body, msgspec.Raw) is None


def _in_front(request: Request, response: Response) -> ResponseOutcome:
    note = f"HTTP {response.status} of a web server or firewall in front of the provider, not of its API"
    if response.status < 500:
        return free(AnswerKind.FAILED, recovery=Recovery.FIX_ADDRESS, note=note)
    outcome = request.operation.read(request, response)
    return msgspec.structs.replace(outcome, kind=AnswerKind.FAILED, recovery=Recovery.RETRY, note=note)


def unreadable(request: Request, error: BaseException) -> ResponseOutcome:
    """The outcome where a provider's reader fails: the answer is kept, and counts at the worst case."""
    return damaged(request, f"reading it failed ({type(error).__name__})")
