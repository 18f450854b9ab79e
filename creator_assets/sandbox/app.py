"""The sandbox as one ASGI application: its providers, each under its own prefix, and the control paths.

Putting together only; how a request travels is in `request_pipeline`, what a provider says in its own folder.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from creator_assets.sandbox.control import ControlPanel
from creator_assets.sandbox.engine.request_pipeline import Gate
from creator_assets.sandbox.engine.world import World
from creator_assets.sandbox.mounts import mounted_providers
from creator_assets.sandbox.settings import SandboxSettings


def build_app(settings: SandboxSettings) -> Starlette:
    """Build the application that serves the providers and ``/_sandbox/``."""
    providers = mounted_providers()
    world = World(settings, providers)

    def settle() -> None:
        for provider in providers:
            provider.settle(world)
        world.state.commit()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        world.clock.keep()
        world.state.close()

    mounts = [Mount(f"/{provider.name}", Gate(world, provider)) for provider in providers]
    return Starlette(
        routes=[Mount("/_sandbox", routes=ControlPanel(world, settle).routes()), *mounts], lifespan=lifespan
    )
