"""The front door: what happens to every request at a provider, in the order of a real gateway.

Log the arrival, find the operation, apply faults that come first, check the key, check the pace, run the handler,
charge, commit, distort, send. A handler never sees a socket and a fault never sees a handler. No provider's wording
is known here.
"""

from __future__ import annotations

import asyncio
import gzip
import uuid
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from creator_assets.sandbox.engine.accounts import next_month
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.faults import FaultRule
from creator_assets.sandbox.engine.operation import Answer, Call, Operation, Provider, Refused
from creator_assets.sandbox.engine.world import World
from creator_assets.sandbox.universe.mixing import mix_text

GZIP_FROM_BYTES = 500
BODY_LIMIT_BYTES = 12 * 1024 * 1024  # above the largest documented upload (10 MB)
TRICKLE_PIECES = 20


class Gate:
    """ASGI application of one provider."""

    def __init__(self, world: World, provider: Provider) -> None:
        """Serve ``provider`` in ``world``."""
        self._world = world
        self._provider = provider
        self._routes = [(operation, operation.pattern) for operation in provider.operations]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        path = _path_below(scope)
        method = scope["method"]
        operation, variables, allowed = self._find(method, path)
        arrival = self._world.note_arrival(self._provider.name, operation.id if operation else None, method, path)
        body = await _read(receive)
        if operation is None:
            answer = self._unmatched(path, scope, allowed=allowed)
            arrival["status"] = answer.status
            await _send(send, answer, answer.payload())
            return
        hitting = self._world.faults.strike(self._provider.name, operation.id, _asked(scope, body))
        delay_seconds = sum(rule.seconds for rule in hitting if rule.kind == "latency")
        if delay_seconds:
            await asyncio.sleep(delay_seconds)
        if any(rule.kind == "drop_before_charge" for rule in hitting):
            await _hang_up(scope, receive)
            return
        answer = self._answer(operation, variables, scope, body, hitting)
        arrival["status"] = answer.status
        await self._deliver(operation, answer, hitting, scope, receive, send)

    def _find(self, method: str, path: str) -> tuple[Operation | None, dict[str, str], bool]:
        allowed = False
        for operation, pattern in self._routes:
            matched = pattern.match(path)
            if matched and operation.method == method:
                return operation, matched.groupdict(), True
            allowed = allowed or bool(matched)
        return None, {}, allowed

    def _unmatched(self, path: str, scope: Scope, *, allowed: bool) -> Answer:
        """Answer a path that is no operation: wrong method, missing final slash, or nothing there."""
        request_id = self._request_id()
        if allowed:
            return self._provider.word(Refused("method", f'Method "{scope["method"]}" not allowed.'), request_id)
        slashed = any(pattern.match(path + "/") for _, pattern in self._routes)
        if self._provider.slash_redirect and slashed:
            # A client that follows a 301 turns POST into GET and drops the body, as it would at the provider.
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            return Answer(
                b"", 301, headers={"location": f"{scope['path']}/{query}"}, content_type="text/html; charset=utf-8"
            )
        return self._provider.word(Refused("not_found", "Not found."), request_id)

    def _answer(
        self, operation: Operation, variables: dict[str, str], scope: Scope, body: bytes, hitting: list[FaultRule]
    ) -> Answer:
        """Decide the answer and its charge; nothing here waits, so that no other request comes in between."""
        world, request_id = self._world, self._request_id()
        refused = next((rule for rule in hitting if rule.kind in ("status", "fault_in_body", "monthly_limit")), None)
        try:
            if refused and not refused.after_charge:
                raise self._refusal_of(refused)
            self._provider.settle(world)
            call = self._call(operation, variables, scope, body, request_id)
            answer = operation.handler(call)
            world.settle_charge(
                self._provider.name,
                operation.id,
                call.key,
                answer.charge_microcredits,
                answer.status,
                discovery=answer.discovery,
            )
            if refused:
                answer = self._provider.word(self._refusal_of(refused), request_id)
        except Refused as refusal:
            answer = self._provider.word(refusal, request_id)
            world.meter.record(self._provider.name, operation.id, 0, answer.status, world.clock.now())
        if refused is not None and refused.kind == "fault_in_body":
            answer.status = 200
        world.clock.keep()
        world.state.commit()
        return answer

    def _call(
        self, operation: Operation, variables: dict[str, str], scope: Scope, body: bytes, request_id: str
    ) -> Call:
        world, now = self._world, self._world.clock.now()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        account = None
        if operation.needs_key:
            scheme, _, token = headers.get("authorization", "").partition(" ")
            account = (
                world.accounts.find(self._provider.name, token.strip(), now) if scheme.lower() == "bearer" else None
            )
            if account is None:
                raise Refused("unauthorized", "Invalid, missing or expired API key." if token else "apiKey is null")
            bucket, windows = self._provider.windows(account, operation)
            wait_seconds = world.limiter.admit(f"{account.key}/{bucket}", windows, world.clock.elapsed_seconds())
            if wait_seconds > 0:
                raise Refused(
                    "rate", "Rate limit exceeded. Please try again later.", extra={"wait_seconds": wait_seconds}
                )
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        client = (scope.get("client") or ("unknown", 0))[0]
        origin = f"{scope['scheme']}://{headers.get('host', 'localhost')}/{self._provider.name}"
        return Call(
            world, scope["method"], origin, variables, query, headers, body, now, request_id, client=client, key=account
        )

    def _refusal_of(self, rule: FaultRule) -> Refused:
        headers = {"retry-after": rule.retry_after} if rule.retry_after is not None else {}
        if rule.kind == "monthly_limit":
            reset_at = iso_z(next_month(self._world.clock.now()), milliseconds=True)
            return Refused("monthly", "Monthly request limit exceeded.", extra={"resetDate": reset_at}, headers=headers)
        kinds = {401: "unauthorized", 402: "insufficient", 403: "forbidden", 404: "not_found", 429: "rate"}
        kind = kinds.get(rule.status, "server" if rule.status >= 500 else "invalid")
        return Refused(kind, f"This request was made to fail with {rule.status}.", status=rule.status, headers=headers)

    async def _deliver(
        self, operation: Operation, answer: Answer, hitting: list[FaultRule], scope: Scope, receive: Receive, send: Send
    ) -> None:
        kinds = {rule.kind for rule in hitting}
        if "drop_after_charge" in kinds:
            await _hang_up(scope, receive)
            return
        if answer.status < 300:
            answer.body = self._world.faults.distort(self._provider.name, operation.id, answer.body, hitting)
        payload = answer.payload()
        if "malformed_json" in kinds:
            payload = payload[: max(1, len(payload) - 2)] + b',,"'
        if "empty_body" in kinds:
            payload = b""
        if "wrong_content_type" in kinds:
            answer.content_type = "text/html; charset=utf-8"
        accepts = dict(scope["headers"]).get(b"accept-encoding", b"")
        if self._provider.gzip and b"gzip" in accepts and len(payload) >= GZIP_FROM_BYTES:
            payload = gzip.compress(payload, 1)
            answer.headers["content-encoding"] = "gzip"
        if "truncated_body" in kinds:
            await _send_half(scope, receive, send, answer, payload)
            return
        trickle_seconds = sum(rule.seconds for rule in hitting if rule.kind == "slow_body")
        await _send(send, answer, payload, trickle_seconds=trickle_seconds)

    def _request_id(self) -> str:
        """Return an id that the same sequence of requests gets again, and no other request of the same state ever."""
        shelf, name = self._world.state.shelf("sequence"), self._provider.name
        number = (shelf.get(name) or 0) + 1
        shelf.put(name, number)
        high, low = mix_text(name, self._world.settings.seed, number), mix_text(number, name)
        return str(uuid.UUID(int=high << 64 | low, version=4))


def _path_below(scope: Scope) -> str:
    root: str = scope.get("root_path", "")
    path: str = scope["path"]
    return path.removeprefix(root) if root else path


async def _read(receive: Receive) -> bytes:
    received = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        received += message.get("body", b"")
        if not message.get("more_body") or len(received) > BODY_LIMIT_BYTES:
            break
    return bytes(received)


def _asked(scope: Scope, body: bytes) -> str:
    """The query and the body of a request, as sent."""
    return f"{scope['query_string'].decode('latin-1')} {body.decode('utf-8', errors='replace')}"


def _start(answer: Answer, length: int) -> dict[str, Any]:
    headers = {"content-type": answer.content_type, "content-length": str(length), **answer.headers}
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": answer.status, "headers": pairs}


async def _send(send: Send, answer: Answer, payload: bytes, *, trickle_seconds: float = 0.0) -> None:
    await send(_start(answer, len(payload)))
    if trickle_seconds and payload:
        step = max(1, -(-len(payload) // TRICKLE_PIECES))
        for offset in range(0, len(payload), step):
            await asyncio.sleep(trickle_seconds / TRICKLE_PIECES)
            await send({"type": "http.response.body", "body": payload[offset : offset + step], "more_body": True})
        payload = b""
    await send({"type": "http.response.body", "body": payload})


async def _send_half(scope: Scope, receive: Receive, send: Send, answer: Answer, payload: bytes) -> None:
    await send(_start(answer, len(payload)))
    await send({"type": "http.response.body", "body": payload[: len(payload) // 2], "more_body": True})
    await _hang_up(scope, receive)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the TCP connection without (another) word, and wait until the server has noticed."""
    scope["sandbox.transport"]().close()
    while (await receive())["type"] != "http.disconnect":
        pass
