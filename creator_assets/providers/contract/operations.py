"""The vocabulary in which every provider is described: operations, requests, responses and answers.

An ``Operation`` is data: one endpoint with its price, limits and freshness. A ``Request`` is one request that could be
made of it. A ``ResponseOutcome`` says what a response means: for the data (is it usable?), for the bill (what was
charged, and how is that known?) and for recovery (what would help?). This module knows no single provider.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

import msgspec

from creator_assets.providers.contract.files import File
from creator_assets.providers.contract.price import Price
from creator_assets.providers.contract.redaction import without


class ChargeBasis(StrEnum):
    """How the charge of an answer is known, strongest first."""

    STATED = "stated"  # the answer itself says what it cost
    PRICED = "priced"  # the documented price rule, applied to the answer
    FREE = "free"  # the documents say that such an answer is not charged
    ASSUMED = "assumed"  # nothing says so; the worst case counts until the balance is compared


class AnswerKind(StrEnum):
    """What an answer is worth to the tables."""

    FINAL = "final"  # data as documented
    EMPTY = "empty"  # the provider has nothing; asking again soon brings nothing
    PENDING = "pending"  # the provider works on it; ask again at `not_before`
    DAMAGED = "damaged"  # a success that cannot be read; kept for diagnosis, never served again
    UNREADABLE = "unreadable"  # the same of paid data: stands for the answer until a person allows to buy it again
    FAILED = "failed"  # an error answer; `recovery` says what would help


class Recovery(StrEnum):
    """Failures by what recovers from them, not by their status code."""

    RETRY = "retry"  # a moment later the same request may succeed (5xx, burst 429)
    WAIT = "wait"  # nothing helps before a known date (monthly volume used up)
    TOP_UP = "top_up"  # the account has no credits left
    FIX_KEY = "fix_key"  # the key is wrong, missing or expired
    FIX_PLAN = "fix_plan"  # the account's plan does not include this
    FIX_ADDRESS = "fix_address"  # not the provider answered, but a server in front of it
    FIX_REQUEST = "fix_request"  # the request itself is refused; sending it again changes nothing
    ASK_FEWER = "ask_fewer"  # the joined requests are too many for now, and fewer are not


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A documented limit: at most `permits` within any `per_seconds`, counted per key over all of `scope`.

    A request takes its ``weight`` of permits where `weighted` (videos per minute), one otherwise.
    """

    scope: str
    permits: int
    per_seconds: float
    weighted: bool = False


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer as it arrived: status, header names in lower case, body bytes after content decoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ResponseOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a response means.

    ``charge_microcredits`` is what the provider took for it, known by `basis`. ``retry_after_seconds`` is how long it
    asked us to wait, ``not_before_seconds`` when to ask again about a pending answer, ``until`` the date before which
    nothing helps. ``room`` is how many parts the provider would take of a joined request that it refused for their
    number. ``balance_microcredits`` is what the response says is left on the account. ``note`` is a sentence for
    people, free of personal data.
    """

    kind: AnswerKind
    charge_microcredits: int
    basis: ChargeBasis
    recovery: Recovery | None = None
    retry_after_seconds: float | None = None
    not_before_seconds: float | None = None
    until: datetime | None = None
    room: int = 0
    balance_microcredits: int | None = None
    note: str = ""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint of one provider.

    ``worst_case`` bounds from above what a request can cost, in microcredits; ``at_least`` is what it costs if it
    succeeds with the least data that is charged. ``read`` gives the outcome of a response and never raises for what a
    provider may send. ``sub_budgets`` name further budgets of the provider that must admit the request
    (``"discovery"``). ``repeat_in_doubt`` says whether a request whose fate is unknown may be sent again: only
    ``after_reconcile``, ``always`` (cheap), or ``never``. ``trial_rates`` hold for a trial key where they differ from
    ``rates``. The answer of an operation that ``holds_secret`` (a key, a code) reaches its caller only: neither archive
    nor log holds it. Unless it ``finds_data``, it orders work, such as a batch, and "nothing there" is no answer.

    ``join`` makes one request of several (at most ``batch_limit``) where the provider answers them together. It keeps
    their operation: the account may pay another price than the declared one. Stages ask for each alone; the paid client
    joins those that the archive lacks. Where `read` finds `room` for some of them, the paid client sends these and the
    rest separately.
    """

    id: str
    provider: str
    name: str
    method: str
    path: str
    price: Price
    worst_case: Callable[[Request], int]
    read: Callable[[Request, Response], ResponseOutcome]
    rates: tuple[Rate, ...]
    freshness: timedelta
    source: str
    used_by: str
    at_least: Callable[[Request], int] = lambda _request: 0
    sub_budgets: tuple[str, ...] = ()
    batch_limit: int | None = None
    authenticated: bool = True
    timeout_seconds: float = 75.0
    repeat_in_doubt: str = "after_reconcile"
    trial_rates: tuple[Rate, ...] = ()
    holds_secret: bool = False
    finds_data: bool = True
    join: Callable[[Sequence[Request]], Request] | None = None

    @property
    def is_free(self) -> bool:
        """Whether no request of this operation is ever charged."""
        return self.price.credits == 0


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request that could be made: an operation with its path parameters, query and JSON body.

    With ``files`` (field to file) the request is multipart and ``body`` holds its text fields. ``weight`` is how many
    permits the request takes of a weighted rate, and how many units it may be charged for at most.
    ``redacted_inputs`` replace values wherever the request is stored. For a parameter, a field of the body or a file
    they hold a keyed hash of what is personal, or one text for all spellings of the same thing. ``about`` tells the
    rows what the request itself does not say; it does not decide the answer. ``parts`` are the requests that were
    joined into this one: its answer is archived as the answer of each of them. ``sent_params`` travel in place of
    `params` where the provider takes another name of the same account, such as its id. The answer is stored under
    `params` all the same: what was bought under either name serves.
    """

    operation: Operation
    path_params: Mapping[str, str] = {}
    params: Mapping[str, str] = {}
    sent_params: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    files: Mapping[str, File] = {}
    weight: int = 1
    redacted_inputs: Mapping[str, str] = {}
    about: Mapping[str, str] = {}
    parts: tuple[Request, ...] = ()

    def __repr__(self) -> str:
        """Name the operation; parameters and body name people."""
        return f"Request({self.operation.provider}/{self.operation.name})"

    @property
    def path(self) -> str:
        """The path with its parameters filled in, each as one segment whatever it holds."""
        return self.operation.path.format(**{name: quote(text, safe="") for name, text in self.path_params.items()})

    def body_text(self, name: str) -> str:
        """The text under `name` in the body.

        Raises:
            TypeError: The body has no text under that name.
        """
        value = (self.body or {}).get(name)
        if not isinstance(value, str):
            raise TypeError(f"{self!r} has no text under {name!r} in its body")
        return value

    def body_texts(self, name: str) -> list[str]:
        """The list of texts under `name` in the body.

        Raises:
            TypeError: The body has no list of texts under that name.
        """
        values = (self.body or {}).get(name)
        if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
            raise TypeError(f"{self!r} has no list of texts under {name!r} in its body")
        return list(values)

    @property
    def worst_case_microcredits(self) -> int:
        """The most that this request can cost."""
        return self.operation.worst_case(self)

    def without_inputs(self, body: bytes) -> bytes:
        """The body of an answer with every redacted input replaced, however the value is spelled there."""
        for field, redacted_input in self.redacted_inputs.items():
            value = (self.body or {}).get(field)
            if isinstance(value, str) and value:
                body = without(body, value, redacted_input)
        return body

    def request_key(self, realm: str) -> str:
        """A digest of everything that decides the answer: the provider, the `realm`, and the request.

        The realm separates answers that must never serve for one another: those of the real providers and those of
        each sandbox universe. No secret goes in, and no personal value can be read out of it.
        """
        identity: dict[str, object] = {
            "realm": realm,
            "provider": self.operation.provider,
            "method": self.operation.method,
            "path": self.path,
            "params": {name: self.redacted_inputs.get(name, text) for name, text in self.params.items()},
            "body": self.body,
        }
        if self.redacted_inputs:
            elsewhere = self.files.keys() | self.params.keys()
            identity["body"] = {
                **(self.body or {}),
                **{k: v for k, v in self.redacted_inputs.items() if k not in elsewhere},
            }
        if self.files:
            identity["files"] = {
                field: self.redacted_inputs.get(field) or hashlib.sha256(file.content).hexdigest()
                for field, file in self.files.items()
            }
        canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A usable answer to a request, fresh or from the archive: both make the same rows.

    ``request_id``, ``run_id`` and ``charge_microcredits`` are those of the request that bought it, ``observed_at``
    is when it arrived. ``place`` is its position among the ``parts`` of a joined request, and the body answers all of
    them. ``body`` is readable text, and ``notes`` say what was repaired for that.
    """

    request: Request
    kind: AnswerKind
    status: int
    body: bytes
    response_sha256: str
    observed_at: datetime
    request_id: str
    run_id: str
    charge_microcredits: int
    not_before: datetime | None = None
    from_archive: bool = False
    place: int = 0
    parts: int = 1
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Name the request and the outcome, never the body."""
        return f"Answer({self.request!r}, {self.kind}, HTTP {self.status})"


class PagedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A first request, and how to go on from its answers.

    ``follow`` takes the last answer and the number of requests made; it gives the next request, or None at the end. At
    most ``max_requests`` are made, whatever `follow` says. A single request is a paged request of one page.
    ``bound_microcredits`` bounds all of them together where that is less than each at the worst case of the first.
    ``records`` names the records of a page: a page that brings none that is new ends the paging.
    """

    first: Request
    follow: Callable[[Answer, int], Request | None] = lambda _answer, _requests_made: None
    max_requests: int = 1
    bound_microcredits: int | None = None
    records: Callable[[Answer], Collection[str]] | None = None

    def brings_nothing_new(self, answers: Sequence[Answer]) -> bool:
        """Whether the last of `answers`, the pages so far, has only records that an earlier page had."""
        if self.records is None or len(answers) < 2:
            return False
        last = set(self.records(answers[-1]))
        return bool(last) and last <= {record for answer in answers[:-1] for record in self.records(answer)}

    @property
    def worst_case_microcredits(self) -> int:
        """The most that all pages together can cost."""
        every_page = self.first.worst_case_microcredits * self.max_requests
        return every_page if self.bound_microcredits is None else min(every_page, self.bound_microcredits)
