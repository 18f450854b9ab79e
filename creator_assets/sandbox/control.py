"""The paths below ``/_sandbox/``: what a test reads and turns while the providers are running.

Reading the meter, the arrival log and the clock; moving the clock, adding faults, changing accounts. None of it exists at
the real providers, and none of it is metered, limited or subject to faults.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from creator_assets.microcredits import InexactAmountError, format_credits
from creator_assets.sandbox.clock import iso_z
from creator_assets.sandbox.world import World

Endpoint = Callable[[Request], Awaitable[Response]]


def control_routes(world: World, settle: Callable[[], None]) -> list[Route]:
    """Return the control routes of ``world``; ``settle`` brings background work up to the present before it is read."""

    async def health(_: Request) -> Response:
        return _json({"status": "ok", "universe_id": world.universe.universe_id, **world.universe.describe()})

    async def meter(_: Request) -> Response:
        settle()
        return _json(world.meter.read())

    async def requests(request: Request) -> Response:
        wanted = request.query_params.get("provider")
        return _json({name: list(log) for name, log in world.arrivals.items() if wanted in (None, name)})

    async def read_clock(_: Request) -> Response:
        return _json({"now": iso_z(world.clock.now(), milliseconds=True), "rate": world.settings.clock_rate})

    async def move_clock(request: Request) -> Response:
        order = await _object(request)
        try:
            if "advance_seconds" in order:
                now = world.clock.advance(float(order["advance_seconds"]))
            else:
                instant = datetime.fromisoformat(order["set"])
                now = world.clock.set(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": f'expected {{"advance_seconds": n}} or {{"set": "ISO 8601"}}: {error}'}, 400)
        settle()
        return _json({"now": iso_z(now, milliseconds=True), "rate": world.settings.clock_rate})

    async def read_faults(_: Request) -> Response:
        return _json(world.faults.read())

    async def add_faults(request: Request) -> Response:
        described = msgspec.json.decode(await request.body())
        try:
            added = [world.faults.add(one) for one in (described if isinstance(described, list) else [described])]
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        return _json([msgspec.to_builtins(rule) for rule in added], 201)

    async def clear_faults(_: Request) -> Response:
        world.faults.clear()
        return _json([])

    async def mail(_: Request) -> Response:
        return _json(list(world.mail))

    async def read_accounts(_: Request) -> Response:
        return _json([_shown(account) for name in world.arrivals for account in world.accounts.of_provider(name, world.clock.now())])

    async def change_account(request: Request) -> Response:
        settle()
        try:
            account = world.accounts.describe(await _object(request), world.clock.now())
        except (ValueError, InexactAmountError) as error:
            return _json({"error": str(error)}, 400)
        world.state.commit()
        return _json(_shown(account))

    return [
        Route("/health", health, methods=["GET"]),
        Route("/meter", meter, methods=["GET"]),
        Route("/requests", requests, methods=["GET"]),
        Route("/clock", read_clock, methods=["GET"]),
        Route("/clock", move_clock, methods=["POST"]),
        Route("/faults", read_faults, methods=["GET"]),
        Route("/faults", add_faults, methods=["POST"]),
        Route("/faults", clear_faults, methods=["DELETE"]),
        Route("/mail", mail, methods=["GET"]),
        Route("/accounts", read_accounts, methods=["GET"]),
        Route("/accounts", change_account, methods=["POST"]),
    ]


def _shown(account: Any) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(account)
    shown["left"] = format_credits(account.left_microcredits)
    shown["limit"] = format_credits(account.limit_microcredits)
    shown["used"] = format_credits(account.used_microcredits)
    return shown


async def _object(request: Request) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(await request.body())
    except msgspec.DecodeError as error:
        raise ValueError(f"the body is no JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise TypeError("the body is no JSON object")
    return decoded


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
