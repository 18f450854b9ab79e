"""The types between the request pipeline and the sandboxed providers.

A provider is a list of endpoints and a function that builds refusals. An endpoint is a method, a path and a handler.
A handler takes a `SandboxRequest` and returns a `SandboxResponse` with its charge. HTTP servers, faults and single
providers do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from creator_assets.sandbox.engine.accounts import SandboxAccount
from creator_assets.sandbox.engine.limits import RateWindow

if TYPE_CHECKING:
    from creator_assets.sandbox.engine.world import World


@dataclass(slots=True)
class SandboxResponse:
    """One HTTP response and its charge.

    Attributes:
        body: A value that becomes JSON, or bytes.
        status: HTTP status.
        charge_microcredits: Credits that the provider charges for it.
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


class Refusal(Exception):  # noqa: N818 - a refusal is a response of the provider, not an error of the sandbox
    """A documented refusal of a request. The provider turns it into a response.

    Attributes:
        kind: One of `REFUSAL_STATUS`.
        message: Message of the response.
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
        """Create a refusal; `status` defaults to the kind's usual one."""
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
class SandboxRequest:
    """One authenticated request for a handler."""

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
    key: SandboxAccount | None

    @property
    def account(self) -> SandboxAccount:
        """The caller's account.

        Raises:
            Refusal: The request has no key.
        """
        if self.key is None:
            raise Refusal("unauthorized", "Authentication credentials were not provided.")
        return self.key

    @property
    def in_real_voice(self) -> bool:
        """Whether bodies have the form of the providers' own documents (``--voice real`` or ``hostile``)."""
        return self.world.settings.voice != "plain"

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; refuse any other body."""
        try:
            decoded = msgspec.json.decode(self.body or b"{}")
        except msgspec.DecodeError:
            raise Refusal("invalid", "JSON parse error") from None
        if not isinstance(decoded, dict):
            raise Refusal("invalid", "Invalid data. Expected a dictionary.")
        return decoded


Handler = Callable[[SandboxRequest], SandboxResponse]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a provider.

    Attributes:
        id: Id of the provider's operation, for the meter and for fault rules, e.g. ``ID-6``.
        method: HTTP method.
        path: Path below the provider's prefix, with ``{name}`` for a variable segment.
        handler: Function that returns its response.
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
class SandboxProvider:
    """One provider for the request pipeline.

    Attributes:
        name: Name in the meter, and first segment of every path.
        endpoints: Its endpoints.
        refusal_response: Builds the provider's documented error response from a refusal and the request id.
        rate_windows: Rate limits of a key at an endpoint, and the name of the bucket that they share.
        run_background_work: Runs background work (batches, queues) up to the current time and charges it.
        slash_redirect: Whether a path without its final slash gets 301 instead of 404.
        accounts: Accounts of a new sandbox, in the form of `SandboxAccounts.describe`, without the provider's name.
        gzip: Whether bodies are compressed for clients that accept it.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    refusal_response: Callable[[Refusal, str], SandboxResponse]
    rate_windows: Callable[[SandboxAccount, Endpoint], tuple[str, tuple[RateWindow, ...]]]
    accounts: tuple[dict[str, Any], ...]
    run_background_work: Callable[[World], None] = lambda _world: None
    slash_redirect: bool = False
    gzip: bool = False
