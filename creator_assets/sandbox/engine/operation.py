"""The vocabulary between the request pipeline and the providers.

A provider is a list of operations and a way to word refusals; an operation is a method, a path and a handler; a
handler gets a `Call` and returns an `Answer` that states its charge. Nothing here knows HTTP servers, faults or any
one provider.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from creator_assets.sandbox.engine.accounts import Account
from creator_assets.sandbox.engine.limits import RateWindow

if TYPE_CHECKING:
    from creator_assets.sandbox.engine.world import World


@dataclass(slots=True)
class Answer:
    """What goes back over the wire, and what it costs.

    Attributes:
        body: JSON-able value, or bytes that are sent as they are.
        status: HTTP status.
        charge_microcredits: What the provider charges for this answer.
        discovery: Whether the charge also counts against a separate discovery limit.
        headers: Extra response headers.
        content_type: Media type of the body.
    """

    body: Any
    status: int = 200
    charge_microcredits: int = 0
    discovery: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def payload(self) -> bytes:
        """Return the body as bytes."""
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


class Refused(Exception):  # noqa: N818 - a refusal is an answer of the provider, not an error of ours
    """A documented refusal, worded by the provider it belongs to.

    Attributes:
        kind: One of `REFUSAL_STATUS`.
        message: What the answer says.
        status: HTTP status, where it differs from the kind's usual one.
        extra: Further fields for the body, e.g. the invalid field.
        headers: Extra response headers.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        status: int | None = None,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Remember what is refused and why."""
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status or REFUSAL_STATUS.get(kind, 400)
        self.extra = extra or {}
        self.headers = headers or {}


REFUSAL_STATUS = {
    "invalid": 400,
    "unauthorized": 401,
    "insufficient": 402,
    "forbidden": 403,
    "not_found": 404,
    "method": 405,
    "rate": 429,
    "monthly": 429,
    "server": 500,
}


@dataclass(slots=True)
class Call:
    """One authenticated request on its way to a handler."""

    world: World
    method: str
    base_url: str
    path: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    now: datetime
    request_id: str
    client: str
    key: Account | None

    @property
    def account(self) -> Account:
        """The caller's account; operations that need no key must not ask."""
        if self.key is None:
            raise Refused("unauthorized", "Authentication credentials were not provided.")
        return self.key

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, refusing anything else."""
        try:
            decoded = msgspec.json.decode(self.body or b"{}")
        except msgspec.DecodeError:
            raise Refused("invalid", "JSON parse error") from None
        if not isinstance(decoded, dict):
            raise Refused("invalid", "Invalid data. Expected a dictionary.")
        return decoded


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint of a provider.

    Attributes:
        id: Short stable name used by the meter and by fault rules, e.g. ``ID-6``.
        method: HTTP method.
        path: Path below the provider's prefix, with ``{name}`` for a variable segment.
        handler: What answers it.
        needs_key: Whether a bearer key is required.
    """

    id: str
    method: str
    path: str
    handler: Handler
    needs_key: bool = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as an anchored expression with one named group per variable."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + r"\Z")


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider as the request pipeline sees it.

    Attributes:
        name: Name in the meter and first segment of every path.
        operations: Its endpoints.
        word: Turns a refusal into the provider's documented error answer.
        windows: Rate limits of a key at an operation, and the bucket that they share.
        default_account: The account of a new sandbox: its ``key``, ``plan``, ``limit`` in credits, and other fields of
            an account.
        settle: Brings background work (batches, queues) up to the present, charging what fell due.
        slash_redirect: Whether a path without its final slash answers 301 instead of 404.
        gzip: Whether bodies are compressed for clients that accept it.
    """

    name: str
    operations: tuple[Operation, ...]
    word: Callable[[Refused, str], Answer]
    windows: Callable[[Account, Operation], tuple[str, tuple[RateWindow, ...]]]
    default_account: Mapping[str, Any]
    settle: Callable[[World], None] = lambda _world: None
    slash_redirect: bool = False
    gzip: bool = False
