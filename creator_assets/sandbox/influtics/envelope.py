"""Influtics: the common parts of all responses.

Belongs here: the success envelope, internal ids, platform spellings, the usage history and the refusal for spent
credits. Endpoints do not belong here.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from creator_assets.sandbox.engine.accounts import next_month
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.universe.mixing import mix_text

PLATFORMS = {"tiktok": "TikTok", "instagram": "Instagram", "youtube": "YouTube"}
USAGE_KEPT = 1_000


def success(
    request: SandboxRequest, data: dict[str, Any], *, meta: dict[str, Any] | None = None, charge_microcredits: int = 0
) -> SandboxResponse:
    """Return the documented envelope: ``success``, ``data`` and ``meta`` with timing and request id."""
    timing = {"processing_time_ms": 40 + mix_text(request.request_id) % 900, "request_id": request.request_id}
    body = {"success": True, "data": data, "meta": {**(meta or {}), **timing}}
    return SandboxResponse(body, charge_microcredits=charge_microcredits)


def internal_id(*parts: str) -> str:
    """Return the provider's own UUID of something."""
    bits = mix_text("influtics", *parts) << 64 | mix_text("influtics/low", *parts)
    return str(uuid.UUID(int=bits, version=4))


def platform_in(text: str | None) -> str:
    """Return the lower-case platform of a parameter that is spelled ``TikTok`` (the default) or ``tiktok``."""
    platform = (text or "tiktok").casefold()
    if platform not in PLATFORMS:
        raise Refusal("invalid", f"Invalid platform: {text}", extra={"field": "platform"})
    return platform


def require_balance(request: SandboxRequest, cost_microcredits: int) -> None:
    """Refuse a request that exceeds the month's credits: 429 with the seconds until the next month."""
    if cost_microcredits > request.account.left_microcredits:
        wait = int((next_month(request.now) - request.now).total_seconds())
        message = "Monthly credit limit reached."
        raise Refusal("monthly", message, extra={"retry_after": wait}, headers={"retry-after": str(wait)})


def note_usage(request: SandboxRequest, endpoint: str, credits_used: int) -> None:
    """Add a charge to the account's usage history."""
    section = request.world.state.section("influtics.usage")
    history = section.get(request.account.key) or []
    history.append({"created_at": microseconds(request.now), "endpoint": endpoint, "credits_used": credits_used})
    section.put(request.account.key, history[-USAGE_KEPT:])


def microseconds(instant: datetime) -> str:
    """Write an instant with microseconds and ``+00:00``."""
    return instant.isoformat(timespec="microseconds")
