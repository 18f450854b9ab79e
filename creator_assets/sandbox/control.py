"""The control paths below ``/_sandbox/``: tests read and change the sandbox through them.

A test reads the meter, the arrival log and the clock. It moves the clock, adds faults, changes accounts and renames
creators. The real providers have none of these paths. The sandbox does not meter, limit or fail them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from creator_assets.microcredits import format_credits
from creator_assets.sandbox.engine.accounts import SandboxAccount
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.world import World


class ControlPanel:
    """The control paths of one world."""

    def __init__(self, world: World, run_background_work: Callable[[], None]) -> None:
        """Control ``world``; call ``run_background_work`` before each read."""
        self._world = world
        self._run_background_work = run_background_work

    def routes(self) -> list[Route]:
        """Return the routes, relative to the prefix."""
        return [
            Route("/health", self.health, methods=["GET"]),
            Route("/meter", self.meter, methods=["GET"]),
            Route("/requests", self.requests, methods=["GET"]),
            Route("/mail", self.mail, methods=["GET"]),
            Route("/clock", self.clock, methods=["GET"]),
            Route("/clock", self.move_clock, methods=["POST"]),
            Route("/faults", self.faults, methods=["GET"]),
            Route("/faults", self.add_faults, methods=["POST"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/hostile", self.hostile, methods=["GET"]),
            Route("/hostile", self.start_hostile, methods=["POST"]),
            Route("/default_accounts", self.default_accounts, methods=["GET"]),
            Route("/accounts", self.accounts, methods=["GET"]),
            Route("/accounts", self.change_account, methods=["POST"]),
            Route("/renames", self.rename, methods=["POST"]),
        ]

    async def health(self, _: Request) -> Response:
        """Return that the sandbox is up, and the universe that it serves."""
        universe = self._world.universe
        return _json({"status": "ok", "universe_id": universe.universe_id, **universe.describe()})

    async def meter(self, _: Request) -> Response:
        """Return the charges of each provider."""
        self._run_background_work()
        return _json(self._world.meter.read())

    async def requests(self, request: Request) -> Response:
        """Return the requests of one provider or of all, in the order of their arrival."""
        wanted = request.query_params.get("provider")
        return _json({name: list(log) for name, log in self._world.arrivals.items() if wanted in (None, name)})

    async def mail(self, _: Request) -> Response:
        """Return the e-mails that the providers would have sent."""
        return _json(list(self._world.mail))

    async def clock(self, _: Request) -> Response:
        """Return the sandbox's current time."""
        return _json(
            {"now": iso_z(self._world.clock.now(), milliseconds=True), "rate": self._world.settings.clock_rate}
        )

    async def move_clock(self, request: Request) -> Response:
        """Advance or set the clock."""
        try:
            order = await _object(request)
            if "advance_seconds" in order:
                self._world.clock.advance(float(order["advance_seconds"]))
            else:
                instant = datetime.fromisoformat(order["set"])
                self._world.clock.set(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": f'expected {{"advance_seconds": n}} or {{"set": "ISO 8601"}}: {error}'}, 400)
        self._run_background_work()
        return await self.clock(request)

    async def faults(self, _: Request) -> Response:
        """Return the active fault rules."""
        return _json(self._world.faults.read())

    async def add_faults(self, request: Request) -> Response:
        """Add one fault rule or a list of them."""
        try:
            described = await _body(request)
            rules = [self._world.faults.add(one) for one in (described if isinstance(described, list) else [described])]
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        return _json([msgspec.to_builtins(rule) for rule in rules], 201)

    async def clear_faults(self, _: Request) -> Response:
        """Remove every fault rule."""
        self._world.faults.clear()
        return _json([])

    async def hostile(self, _: Request) -> Response:
        """Return the seed of the hostile voice, and what it did to each answer."""
        hostile = self._world.hostile
        return _json({"seed": hostile.seed, "answers": list(hostile.log)})

    async def start_hostile(self, request: Request) -> Response:
        """Begin the hostile voice again with another seed; null spoils nothing."""
        try:
            seed = (await _object(request))["seed"]
            seed = None if seed is None else int(seed)
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": f'expected {{"seed": n}} or {{"seed": null}}: {error}'}, 400)
        if self._world.settings.voice != "hostile":
            return _json({"error": "this sandbox has another voice; start it with the voice `hostile`"}, 400)
        self._world.hostile.start(seed)
        return await self.hostile(request)

    async def default_accounts(self, _: Request) -> Response:
        """Return the account with which each provider of a new sandbox starts."""
        return _json(self._world.default_accounts)

    async def accounts(self, _: Request) -> Response:
        """Return every account with its remaining credits."""
        self._run_background_work()
        now = self._world.clock.now()
        return _json(
            [_shown(one) for name in self._world.arrivals for one in self._world.accounts.of_provider(name, now)]
        )

    async def change_account(self, request: Request) -> Response:
        """Create or change an account."""
        self._run_background_work()
        try:
            account = self._world.accounts.describe(await _object(request), self._world.clock.now())
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        self._world.state.commit()
        return _json(_shown(account))

    async def rename(self, request: Request) -> Response:
        """Give a creator's account another handle."""
        world = self._world
        try:
            order = await _object(request)
            renamed = world.universe.rename(order["platform"], order["from"], order["to"], world.clock.now())
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": f'expected {{"platform": …, "from": handle, "to": handle}}: {error}'}, 400)
        world.state.commit()
        return _json({"platform": renamed.platform, "handle": renamed.handle, "native_id": renamed.native_id})


def _shown(account: SandboxAccount) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(account)
    shown["left"] = format_credits(account.left_microcredits)
    shown["limit"] = format_credits(account.limit_microcredits)
    shown["used"] = format_credits(account.used_microcredits)
    return shown


async def _body(request: Request) -> Any:
    """The JSON of a request. A web page cannot send this content type to another site without asking first."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ValueError("the content type is not application/json")
    try:
        return msgspec.json.decode(await request.body())
    except msgspec.DecodeError as error:
        raise ValueError(f"the body is no JSON: {error}") from error


async def _object(request: Request) -> dict[str, Any]:
    decoded = await _body(request)
    if not isinstance(decoded, dict):
        raise TypeError("the body is no JSON object")
    return decoded


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
