"""The sandbox as one ASGI application: four providers, each under its own prefix, and the control paths.

Belongs here: assembly. ``engine.request_pipeline`` handles a request, and each provider's package builds its responses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount

from creator_assets.sandbox.control import ControlPanel
from creator_assets.sandbox.engine.request_pipeline import RequestPipeline
from creator_assets.sandbox.engine.world import World
from creator_assets.sandbox.providers import PROVIDERS
from creator_assets.sandbox.settings import SandboxSettings


def build_app(settings: SandboxSettings) -> Starlette:
    """Build the application that serves the four providers and ``/_sandbox/``."""
    world = World(settings, PROVIDERS)

    def catch_up() -> None:
        for provider in PROVIDERS:
            provider.run_background_work(world)
        world.state.commit()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        world.clock.keep()
        world.state.close()

    mounts = [Mount(f"/{provider.name}", RequestPipeline(world, provider)) for provider in PROVIDERS]
    # A web page could otherwise turn the clock, by a name of its own that leads to this machine.
    own_host = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False)
    control = Mount("/_sandbox", routes=ControlPanel(world, catch_up).routes(), middleware=[own_host])
    return Starlette(
        routes=[control, *mounts],
        lifespan=lifespan,
    )
