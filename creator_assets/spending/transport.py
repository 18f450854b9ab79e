"""One HTTP exchange with a provider: bounded in time and size, and never repeated here.

A failure is either ``UnsentError`` (provably nothing reached the provider) or ``UnansweredError`` (the provider may
have received the request, and charged for it). Retries and the books belong to ``purchase``. No other module sends
HTTP requests to providers.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from creator_assets.providers.contract.operations import Request, Response
from creator_assets.spending.accounts import is_on_this_machine
from creator_assets.spending.content_encoding import ACCEPTED, DamagedEncodingError, decoded
from creator_assets.spending.failures import PaidCallError

MAX_BODY_BYTES = 64 * 1024 * 1024
CONNECT_SECONDS = 10.0
KEEPALIVE_SECONDS = 3.0
_KEPT_HEADERS = frozenset({"content-type", "date", "retry-after", "x-request-id"})


class UnsentError(Exception):
    """The request provably did not reach the provider."""


class UnansweredError(Exception):
    """The request may have reached the provider, and no complete answer arrived."""


class InsecureAddressError(PaidCallError):
    """A key would travel unencrypted."""


class Transport:
    """HTTP to one provider with one key, over connections that stay open.

    Args:
        base_url: Where the operations' paths start. Must be https, or http on this machine.
        key: The provider's API key, sent as a bearer token and never shown.
        in_flight: How many connections may be open at once.
        monotonic: The clock for the time limit of a whole exchange, in seconds.
        http_transport: Replaces the network; for tests of single answers.

    Raises:
        InsecureAddressError: `base_url` is neither https nor local.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        in_flight: int = 8,
        monotonic: Callable[[], float] = time.monotonic,
        http_transport: httpx.BaseTransport | None = None,
    ) -> None:
        if urlsplit(base_url).scheme != "https" and not is_on_this_machine(base_url):
            # The message does not show the address: it may hold a key.
            raise InsecureAddressError(
                "connecting to a provider",
                "its base URL does not start with https://, so the key would travel unencrypted",
                "Correct the variable that ends in _BASE_URL. Only an address on this machine may use http://.",
            )
        self._base_url = base_url.rstrip("/")
        self._monotonic = monotonic
        self._authorization = {"authorization": f"Bearer {key}"}
        # A connection that is idle for longer than the provider keeps it would break under a paid request.
        limits = httpx.Limits(
            max_connections=in_flight, max_keepalive_connections=in_flight, keepalive_expiry=KEEPALIVE_SECONDS
        )
        self._client = httpx.Client(
            # No retry here: each attempt is a row of the ledger.
            transport=http_transport or httpx.HTTPTransport(verify=_certificates(), limits=limits, retries=0),
            # A redirect would drop the body of a POST and could carry the key elsewhere.
            follow_redirects=False,
            # A proxy of the environment would see the key.
            trust_env=False,
            headers={
                "accept": "application/json, text/csv;q=0.5",
                "accept-encoding": ACCEPTED,
                "user-agent": "creator-assets",
            },
        )

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response, whatever its status.

        Raises:
            UnsentError: Nothing reached the provider.
            UnansweredError: It may have been received: time-out, closed connection, a body that is cut, too large or
                compressed wrongly.
        """
        deadline = self._monotonic() + request.operation.timeout_seconds
        try:
            http_request = self._request(request)
        except Exception as error:  # noqa: BLE001 - nothing was sent; the error's text may hold the request
            raise UnsentError(type(error).__name__) from None
        try:
            response = self._client.send(http_request, stream=True)
            try:
                body = self._read(response, deadline)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise UnsentError(type(error).__name__) from None
        except httpx.TransportError as error:
            raise UnansweredError(type(error).__name__) from None
        except DamagedEncodingError as error:
            raise UnansweredError(str(error)) from None
        headers = {name.lower(): value for name, value in response.headers.items() if name.lower() in _KEPT_HEADERS}
        return Response(status=response.status_code, headers=headers, body=body)

    def _request(self, request: Request) -> httpx.Request:
        limit_seconds = request.operation.timeout_seconds
        return self._client.build_request(
            request.operation.method,
            self._base_url + request.path,
            params=dict(request.params if request.sent_params is None else request.sent_params) or None,
            **_content(request),
            headers=self._authorization if request.operation.authenticated else {},
            timeout=httpx.Timeout(limit_seconds, connect=CONNECT_SECONDS, pool=limit_seconds),
        )

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        """The whole body, in bounded memory and time: a slow body must not keep a paid request open for ever."""
        chunks: list[bytes] = []
        size = 0
        # Decoded here: httpx decodes what has arrived at once, however large it becomes.
        for chunk in decoded(response.iter_raw(), response.headers.get("content-encoding", "")):
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise UnansweredError(f"the body is larger than {MAX_BODY_BYTES} bytes")
            if self._monotonic() > deadline:
                raise UnansweredError("the body did not end in time")
            chunks.append(chunk)
        return b"".join(chunks)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates that providers are held against, read once in a process: that takes 20 ms."""
    return httpx.create_ssl_context()


def _content(request: Request) -> dict[str, Any]:
    """The body as httpx takes it: JSON, or multipart with text fields for the body's values where there are files."""
    if not request.files:
        return {"json": request.body}
    files = {field: (file.name, file.content, file.media_type) for field, file in request.files.items()}
    return {"files": files, "data": {name: str(value) for name, value in (request.body or {}).items()}}
