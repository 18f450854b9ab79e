"""The vocabulary in which every provider is described: operations, calls, prices, rates and readings.

An ``Operation`` is data: one endpoint with its price, limits and freshness. A ``Call`` is one request one could make
of it. A ``Reading`` says what an answer means: for the data (is it usable?), for the bill (what was charged, and how do
we know?) and for recovery (what would help?). This module knows no single provider and does no I/O.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

import msgspec

from creator_assets.providers.contract.price import Price


class ChargeBasis(StrEnum):
    """How the charge of an answer is known, strongest first."""

    STATED = "stated"  # the answer itself says what it cost
    PRICED = "priced"  # the documented price rule, applied to the answer
    FREE = "free"  # the documents say that such an answer is not charged
    ASSUMED = "assumed"  # nothing says; counted at the worst case until the balance tells


class AnswerKind(StrEnum):
    """What an answer is worth to the tables."""

    FINAL = "final"  # data as documented
    EMPTY = "empty"  # asked and answered: the provider has nothing; asking again soon brings nothing
    PENDING = "pending"  # the provider works on it; ask again at `not_before`
    DAMAGED = "damaged"  # a success that cannot be read; kept for diagnosis, never served again
    FAILED = "failed"  # an error answer; `recovery` says what would help


class Recovery(StrEnum):
    """Failures by what recovers from them, not by their status code."""

    RETRY = "retry"  # a moment later the same request may succeed (5xx, burst 429)
    WAIT = "wait"  # nothing helps before a known date (monthly volume used up)
    TOP_UP = "top_up"  # the account has no credits left
    FIX_KEY = "fix_key"  # the key is wrong, missing or expired
    FIX_PLAN = "fix_plan"  # the account's plan does not include this
    FIX_REQUEST = "fix_request"  # the request itself is refused; sending it again changes nothing
    ASK_FEWER = "ask_fewer"  # so many joined calls are too many just now, and fewer are not


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A documented limit: at most `permits` within any `per_seconds`, counted per key over all of `scope`.

    A call takes its ``weight`` of permits where `weighted` (videos per minute), one otherwise.
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

    ``charge_microcredits`` is what the provider took for it by `basis`; ``retry_after_seconds`` what it asked us to
    wait; ``not_before_seconds`` when a pending answer is worth another look; ``until`` the date before which nothing
    helps; ``room`` how many parts of a joined call that was refused for their number would be taken;
    ``balance_microcredits`` what the answer says is left on the account; ``note`` a sentence for people, free of
    personal data.
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

    ``worst_case`` bounds from above what a call can cost, in microcredits; ``at_least`` what it costs if it succeeds
    with the least data that is charged. ``read`` gives the meaning of a response and never raises for what a
    provider may send. ``sub_budgets`` name further budgets of the provider that must admit the call
    (``"discovery"``). ``repeat_in_doubt`` says what may happen to a request whose fate is unknown: asked again only
    ``after_reconcile``, ``always`` (cheap), or ``never``. ``trial_rates`` hold for a trial key where they differ from
    ``rates``. An answer of an operation that ``holds_secret`` (a key, a code) must reach its caller and nothing else:
    neither archive nor log. ``join`` makes one call of several (at most ``batch_limit``) where the provider answers
    them together: whoever wants such calls asks for each alone, and the door joins those that are lacking. Where `read`
    says that there is `room` for some of them, these and the rest are asked for apart.
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
    join: Callable[[Sequence[Request]], Request] | None = None

    @property
    def is_free(self) -> bool:
        """Whether no call of this operation is ever charged."""
        return self.price.credits == 0


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a request uploads."""

    name: str
    content: bytes
    media_type: str

    def __repr__(self) -> str:
        """Name the file, never its content."""
        return f"File({self.name!r}, {len(self.content)} bytes)"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request that could be made: an operation with its path parameters, query and JSON body.

    With ``files`` (field to file) the request is multipart and ``body`` holds its text fields. ``weight`` is how many
    permits the call takes of a weighted rate and how many units it may be charged for at most. ``stand_ins`` take the
    place of values wherever the call is remembered: for a parameter, a field of the body or a file, a keyed hash of
    what is personal, or what is the same for all spellings of it.
    ``about`` says for the rows whom or what a call is about where the request itself does not; it decides no answer.
    ``parts`` are the calls that were joined into this one: its answer is archived as the answer of each of them.
    """

    operation: Operation
    path_params: Mapping[str, str] = {}
    params: Mapping[str, str] = {}
    body: Mapping[str, object] | None = None
    files: Mapping[str, File] = {}
    weight: int = 1
    redacted_inputs: Mapping[str, str] = {}
    about: Mapping[str, str] = {}
    parts: tuple[Request, ...] = ()

    def __repr__(self) -> str:
        """Name the operation; parameters and body name people."""
        return f"Call({self.operation.provider}/{self.operation.name})"

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
        """The most that this call can cost."""
        return self.operation.worst_case(self)

    def without_inputs(self, body: bytes) -> bytes:
        """An answer's body with every value that has a stand-in replaced by it, however it is spelled."""
        for field, redacted_input in self.redacted_inputs.items():
            value = (self.body or {}).get(field)
            if isinstance(value, str) and value:
                spelled = b"".join(_spellings(letter) for letter in value)
                body = re.sub(spelled, redacted_input.encode().replace(b"\\", rb"\\"), body, flags=re.IGNORECASE)
        return body

    def request_key(self, realm: str) -> str:
        """A digest of everything that decides the answer: who is asked, in which `realm`, and what.

        The realm keeps worlds apart that must never answer for one another (the real providers, each sandbox universe).
        No secret goes in, and no personal value can be read out of it.
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


def _spellings(letter: str) -> bytes:
    """A pattern for a letter as JSON and addresses of pages may write it."""
    if letter.isascii() and letter.isalnum():
        return letter.encode()
    encoded = letter.encode()
    escaped = "".join(f"%{byte:02x}" for byte in encoded)
    return b"(?:%b|%b|%b)" % (re.escape(encoded), escaped.encode(), rb"\\u%04x" % ord(letter))


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A usable answer to a call, fresh or out of the archive: the two make the same rows.

    ``request_id``, ``run_id`` and ``charge_microcredits`` are those of the request that bought it, ``observed_at``
    is when it arrived. Where several calls were joined into one request, this one stood at ``place``, counted from 0,
    among so many ``parts``, and the body answers all of them.
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

    def __repr__(self) -> str:
        """Name the call and the outcome, never the body."""
        return f"Answer({self.request!r}, {self.kind}, HTTP {self.status})"


class PagedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A first call and how to go on from its answers.

    ``follow`` gives the next call, or None when there is no more to ask. At most ``max_calls`` are made whatever
    `follow` says. Single calls are pages of one. ``bound_microcredits`` bounds all of them together where that is less
    than every call at the worst case of the first.
    """

    first: Request
    follow: Callable[[Answer, int], Request | None] = lambda _answer, _calls_made: None
    max_calls: int = 1
    bound_microcredits: int | None = None

    @property
    def worst_case_microcredits(self) -> int:
        """The most that all pages together can cost."""
        every_call = self.first.worst_case_microcredits * self.max_calls
        return every_call if self.bound_microcredits is None else min(every_call, self.bound_microcredits)
