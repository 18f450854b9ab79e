"""A provider over real HTTP that counts what it charges, and may lose an answer before or after charging for it.

It knows nothing of the ledger: what it counted is the truth that the books must come to.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit


class Meter:
    """What the provider charged: in all, by request and by attempt."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.port = 0
        self.used = 0
        self.by_key: Counter[str] = Counter()
        self.by_attempt: Counter[str] = Counter()
        self.under_way = 0

    def charge(self, key: str, attempt_id: str, amount: int) -> None:
        with self._lock:
            self.used += amount
            self.by_key[key] += 1
            self.by_attempt[attempt_id] += 1

    def arrived(self, change: int) -> None:
        with self._lock:
            self.under_way += change

    def quiesce(self) -> None:
        """Wait until every request that ever reached this port has been dealt with, those of the dead included."""
        # Connections are accepted in order: once this one was, no older one waits any more.
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as probe:
            probe.shutdown(socket.SHUT_WR)
            probe.recv(1)
        while self.under_way:
            time.sleep(0.001)


class _Handler(BaseHTTPRequestHandler):
    """``GET /<key>?attempt=&charge=&fate=``: fates are answer, lost_before and lost_after (the charge)."""

    meter: ClassVar[Meter]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.close_connection = True
        if query["fate"] == "lost_before":
            return
        self.meter.charge(url.path[1:], query["attempt"], int(query["charge"]))
        if query["fate"] == "lost_after":
            return
        body = f'{{"key": "{url.path[1:]}", "credits": {query["charge"]}}}'.encode()
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            return  # the client is dead

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    meter: ClassVar[Meter]
    daemon_threads = True
    request_queue_size = 128

    def process_request(self, request: Any, client_address: Any) -> None:
        self.meter.arrived(+1)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.meter.arrived(-1)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed in mid-request is what these proofs are about."""


@contextmanager
def metering_provider() -> Iterator[Meter]:
    """A provider on a free port, stopped on leaving."""
    meter = Meter()
    handler = type("Handler", (_Handler,), {"meter": meter})
    serve = type("Server", (_Server,), {"meter": meter})
    with serve(("127.0.0.1", 0), handler) as server:
        meter.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield meter
        finally:
            server.shutdown()
            thread.join(10)
