"""The HTTP server of one case: it gives the case's answers, counts the requests, and has the case's clock.

It listens on this machine only, for the length of one case. A request without a route gets a JSON error that is never
charged, and is counted apart.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from creator_assets.replay.case import Route

CLOCK_PATH = "/_sandbox/clock"
_NO_BODY = frozenset({204, 304})
_NO_ROUTE = b'{"error": {"code": "NO_ROUTE", "message": "the case has no answer to this request"}}'
_MOST_REQUEST_BYTES = 64 * 1024 * 1024


class CaseServer:
    """The answers of a case over HTTP; use it as a context manager."""

    def __init__(self, routes: list[Route], now: Callable[[], datetime]) -> None:
        """Listen on a free port. `now` is the case's clock."""
        self._routes, self._now = list(routes), now
        self._lock = threading.Lock()
        self.requests = 0
        self.without_route: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        """The address, without a final slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body for a request."""
        parts = urlsplit(target)
        if parts.path == CLOCK_PATH:
            return 200, {}, msgspec.json.encode({"now": self._now().isoformat()})
        fields = dict(parse_qsl(parts.query)) | _object(body)
        with self._lock:
            self.requests += 1
            route = next((one for one in self._routes if _fits(one, method, parts.path, fields)), None)
            if route is None:
                self.without_route.append(f"{method} {parts.path}")
                return 404, {}, _NO_ROUTE
            if route.once:
                self._routes.remove(route)
        return route.status, route.headers, route.content

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one packet: apart, each answer waits 40 ms for an acknowledgement.
            wbufsize = -1
            disable_nagle_algorithm = True

            def handle_request(self) -> None:
                length = min(int(self.headers.get("content-length") or 0), _MOST_REQUEST_BYTES)
                status, headers, content = server.answer(self.command, self.path, self.rfile.read(length))
                self.send_response(status)
                for name, value in ({"content-type": "application/json"} | lower(headers)).items():
                    if name not in {"content-length", "transfer-encoding", "connection"}:
                        self.send_header(name, value)
                if status not in _NO_BODY:
                    self.send_header("content-length", str(len(content)))
                self.end_headers()
                if status not in _NO_BODY and self.command != "HEAD":
                    self.wfile.write(content)
                self.wfile.flush()

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_request  # noqa: N815 - names of the library

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - a name of the library
                pass

        return Handler


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def _fits(route: Route, method: str, path: str, fields: Mapping[str, Any]) -> bool:
    if (route.method.upper(), route.path.rstrip("/")) != (method.upper(), path.rstrip("/")):
        return False
    return all(str(fields.get(name)) == str(value) for name, value in (route.when or {}).items())


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
