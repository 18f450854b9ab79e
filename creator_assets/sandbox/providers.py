"""The list of the sandboxed providers.

Belongs here: one line per provider. Everything else about a provider belongs to its own package.
"""

from __future__ import annotations

from creator_assets.sandbox.engine.endpoint import SandboxProvider
from creator_assets.sandbox.infludata import INFLUDATA
from creator_assets.sandbox.influencers_club import INFLUENCERS_CLUB
from creator_assets.sandbox.influtics import INFLUTICS
from creator_assets.sandbox.keyapi import KEYAPI

PROVIDERS: tuple[SandboxProvider, ...] = (
    INFLUENCERS_CLUB,
    INFLUDATA,
    INFLUTICS,
    KEYAPI,
)
