"""The request pipeline: the steps of every request at a provider, in the order of a real gateway.

Log the arrival, find the endpoint, apply early faults, check the key, check the rate limit, run the handler, charge,
commit, distort, send. The hostile voice meets a request before its key is checked, at the handler and after the charge.
A handler never sees a socket, and a fault never sees a handler. The texts of a provider do not belong here.
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
from creator_assets.sandbox.engine.endpoint import Endpoint, Refusal, SandboxProvider, SandboxRequest, SandboxResponse
from creator_assets.sandbox.engine.faults import FaultRule
from creator_assets.sandbox.engine.hostility import Encounter
from creator_assets.sandbox.engine.world import World
from creator_assets.sandbox.universe.mixing import mix_text

GZIP_FROM_BYTES = 500
BODY_LIMIT_BYTES = 12 * 1024 * 1024  # above the largest documented upload (10 MB)
TRICKLE_PIECES = 20


class RequestPipeline:
    """ASGI application of one provider."""

    def __init__(self, world: World, provider: SandboxProvider) -> None:
        """Serve ``provider`` on the state of ``world``."""
        self._world = world
        self._provider = provider
        self._routes = [(endpoint, endpoint.pattern) for endpoint in provider.endpoints]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one HTTP request."""
        path = _path_below(scope)
        method = scope["method"]
        endpoint, variables, allowed = self._find(method, path)
        arrival = self._world.note_arrival(self._provider.name, endpoint.id if endpoint else None, method, path)
        body = await _read(receive)
        if endpoint is None:
            response = self._unmatched(path, scope, allowed=allowed)
            arrival["status"] = response.status
            await _send(send, response, response.payload())
            return
        active_rules = self._world.faults.matching_rules(self._provider.name, endpoint.id, _query_and_body(scope, body))
        delay_seconds = sum(rule.seconds for rule in active_rules if rule.kind == "latency")
        if delay_seconds:
            await asyncio.sleep(delay_seconds)
        if any(rule.kind == "drop_before_charge" for rule in active_rules):
            await _close_connection(scope, receive)
            return
        draw = self._world.hostile.draw(self._provider.name, endpoint.id, path, scope["query_string"], body)
        met = Encounter(endpoint, draw) if draw else None
        response = self._respond(endpoint, variables, scope, body, active_rules, met)
        arrival["status"] = response.status
        await self._send_with_faults(endpoint, response, active_rules, scope, receive, send)

    def _find(self, method: str, path: str) -> tuple[Endpoint | None, dict[str, str], bool]:
        allowed = False
        for endpoint, pattern in self._routes:
            matched = pattern.match(path)
            if matched and endpoint.method == method:
                return endpoint, matched.groupdict(), True
            allowed = allowed or bool(matched)
        return None, {}, allowed

    def _unmatched(self, path: str, scope: Scope, *, allowed: bool) -> SandboxResponse:
        """Respond to a path that is no endpoint: wrong method, missing final slash, or unknown path."""
        request_id = self._request_id()
        if allowed:
            return self._provider.refusal_response(
                Refusal("method", f'Method "{scope["method"]}" not allowed.'), request_id
            )
        slashed = any(pattern.match(path + "/") for _, pattern in self._routes)
        if self._provider.slash_redirect and slashed:
            # A client that follows a 301 turns POST into GET and drops the body, as at the real provider.
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            return SandboxResponse(
                b"", 301, headers={"location": f"{scope['path']}/{query}"}, content_type="text/html; charset=utf-8"
            )
        return self._provider.refusal_response(Refusal("not_found", "Not found."), request_id)

    def _respond(
        self,
        endpoint: Endpoint,
        variables: dict[str, str],
        scope: Scope,
        body: bytes,
        active_rules: list[FaultRule],
        met: Encounter | None,
    ) -> SandboxResponse:
        """Build the response and charge it. Nothing here awaits, so that no other request runs in between."""
        world, request_id = self._world, self._request_id()
        refusing = next(
            (rule for rule in active_rules if rule.kind in ("status", "fault_in_body", "monthly_limit")), None
        )
        if met is not None and (page := met.in_front()) is not None:
            world.meter.record(self._provider.name, endpoint.id, 0, page.status, world.clock.now())
            return page
        try:
            if refusing and not refusing.after_charge:
                raise self._refusal_of(refusing)
            self._provider.run_background_work(world)
            request = self._request(endpoint, variables, scope, body, request_id)
            response = met.answer(request) if met else endpoint.handler(request)
            world.charge(
                self._provider.name,
                endpoint.id,
                request.key,
                response.charge_microcredits,
                response.status,
                discovery=response.discovery,
            )
            if refusing:
                response = self._provider.refusal_response(self._refusal_of(refusing), request_id)
        except Refusal as refusal:
            response = self._provider.refusal_response(refusal, request_id)
            world.meter.record(self._provider.name, endpoint.id, 0, response.status, world.clock.now())
        if refusing is not None and refusing.kind == "fault_in_body":
            response.status = 200
        world.clock.keep()
        world.state.commit()
        return met.sent(response) if met else response

    def _request(
        self, endpoint: Endpoint, variables: dict[str, str], scope: Scope, body: bytes, request_id: str
    ) -> SandboxRequest:
        world, now = self._world, self._world.clock.now()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        account = None
        if endpoint.needs_key:
            scheme, _, token = headers.get("authorization", "").partition(" ")
            account = (
                world.accounts.find(self._provider.name, token.strip(), now) if scheme.lower() == "bearer" else None
            )
            if account is None:
                raise Refusal("unauthorized", "Invalid, missing or expired API key." if token else "apiKey is null")
            bucket, windows = self._provider.rate_windows(account, endpoint)
            wait_seconds = world.limiter.admit(f"{account.key}/{bucket}", windows, world.clock.elapsed_seconds())
            if wait_seconds > 0:
                raise Refusal(
                    "rate", "Rate limit exceeded. Please try again later.", extra={"wait_seconds": wait_seconds}
                )
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        client = (scope.get("client") or ("unknown", 0))[0]
        origin = f"{scope['scheme']}://{headers.get('host', 'localhost')}/{self._provider.name}"
        return SandboxRequest(
            world, scope["method"], origin, variables, query, headers, body, now, request_id, client=client, key=account
        )

    def _refusal_of(self, rule: FaultRule) -> Refusal:
        headers = {"retry-after": rule.retry_after} if rule.retry_after is not None else {}
        if rule.kind == "monthly_limit":
            reset_at = iso_z(next_month(self._world.clock.now()), milliseconds=True)
            return Refusal("monthly", "Monthly request limit exceeded.", extra={"resetDate": reset_at}, headers=headers)
        kinds = {401: "unauthorized", 402: "insufficient", 403: "forbidden", 404: "not_found", 429: "rate"}
        kind = kinds.get(rule.status, "server" if rule.status >= 500 else "invalid")
        return Refusal(kind, f"This request was made to fail with {rule.status}.", status=rule.status, headers=headers)

    async def _send_with_faults(
        self,
        endpoint: Endpoint,
        response: SandboxResponse,
        active_rules: list[FaultRule],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        kinds = {rule.kind for rule in active_rules}
        if "drop_after_charge" in kinds:
            await _close_connection(scope, receive)
            return
        if response.status < 300:
            response.body = self._world.faults.distort(self._provider.name, endpoint.id, response.body, active_rules)
        payload = response.payload()
        if "malformed_json" in kinds:
            payload = payload[: max(1, len(payload) - 2)] + b',,"'
        if "empty_body" in kinds:
            payload = b""
        if "wrong_content_type" in kinds:
            response.content_type = "text/html; charset=utf-8"
        accepts = dict(scope["headers"]).get(b"accept-encoding", b"")
        if self._provider.gzip and b"gzip" in accepts and len(payload) >= GZIP_FROM_BYTES:
            payload = gzip.compress(payload, 1)
            response.headers["content-encoding"] = "gzip"
        if "truncated_body" in kinds:
            await _send_half(scope, receive, send, response, payload)
            return
        trickle_seconds = sum(rule.seconds for rule in active_rules if rule.kind == "slow_body")
        await _send(send, response, payload, trickle_seconds=trickle_seconds)

    def _request_id(self) -> str:
        """Return a unique id. The same sequence of requests on the same state gets the same ids."""
        section, name = self._world.state.section("sequence"), self._provider.name
        number = (section.get(name) or 0) + 1
        section.put(name, number)
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


def _query_and_body(scope: Scope, body: bytes) -> str:
    """Return the query and the body of a request as text."""
    return f"{scope['query_string'].decode('latin-1')} {body.decode('utf-8', errors='replace')}"


def _start(response: SandboxResponse, length: int) -> dict[str, Any]:
    headers = {"content-type": response.content_type, "content-length": str(length), **response.headers}
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": response.status, "headers": pairs}


async def _send(send: Send, response: SandboxResponse, payload: bytes, *, trickle_seconds: float = 0.0) -> None:
    await send(_start(response, len(payload)))
    if trickle_seconds and payload:
        step = max(1, -(-len(payload) // TRICKLE_PIECES))
        for offset in range(0, len(payload), step):
            await asyncio.sleep(trickle_seconds / TRICKLE_PIECES)
            await send({"type": "http.response.body", "body": payload[offset : offset + step], "more_body": True})
        payload = b""
    await send({"type": "http.response.body", "body": payload})


async def _send_half(scope: Scope, receive: Receive, send: Send, response: SandboxResponse, payload: bytes) -> None:
    await send(_start(response, len(payload)))
    await send({"type": "http.response.body", "body": payload[: len(payload) // 2], "more_body": True})
    await _close_connection(scope, receive)


async def _close_connection(scope: Scope, receive: Receive) -> None:
    """Close the TCP connection without sending more, and wait until the server has noticed."""
    scope["sandbox.transport"]().close()
    while (await receive())["type"] != "http.disconnect":
        pass
