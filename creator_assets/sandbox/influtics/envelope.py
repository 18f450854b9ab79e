"""Influtics: what all of its answers have in common.

The success envelope, internal ids, platform spellings and the refusal for spent credits; no endpoint lives here.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from creator_assets.sandbox.engine.accounts import next_month
from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.universe.mixing import mix_text

PLATFORMS = {"tiktok": "TikTok", "instagram": "Instagram", "youtube": "YouTube"}
USAGE_KEPT = 1_000


def success(
    call: Call, data: dict[str, Any], *, meta: dict[str, Any] | None = None, charge_microcredits: int = 0
) -> Answer:
    """Return the documented envelope: ``success``, ``data`` and ``meta`` with timing and request id."""
    timing = {"processing_time_ms": 40 + mix_text(call.request_id) % 900, "request_id": call.request_id}
    body = {"success": True, "data": data, "meta": {**(meta or {}), **timing}}
    return Answer(body, charge_microcredits=charge_microcredits)


def internal_id(*parts: str) -> str:
    """Return the provider's own UUID of something."""
    bits = mix_text("influtics", *parts) << 64 | mix_text("influtics/low", *parts)
    return str(uuid.UUID(int=bits, version=4))


def platform_in(text: str | None) -> str:
    """Return the lower-case platform of a parameter that is spelled ``TikTok`` (the default) or ``tiktok``."""
    platform = (text or "tiktok").casefold()
    if platform not in PLATFORMS:
        raise Refused("invalid", f"Invalid platform: {text}", extra={"field": "platform"})
    return platform


def afford(call: Call, cost_microcredits: int) -> None:
    """Refuse a call that the month's credits do not cover: 429 with the seconds until they start again."""
    if cost_microcredits > call.account.left_microcredits:
        wait = int((next_month(call.now) - call.now).total_seconds())
        message = "Monthly credit limit reached."
        raise Refused("monthly", message, extra={"retry_after": wait}, headers={"retry-after": str(wait)})


def note_usage(call: Call, endpoint: str, credits_used: int) -> None:
    """Write a charge into the usage history that the account can read."""
    shelf = call.world.state.shelf("influtics.usage")
    history = shelf.get(call.account.key) or []
    history.append({"created_at": microseconds(call.now), "endpoint": endpoint, "credits_used": credits_used})
    shelf.put(call.account.key, history[-USAGE_KEPT:])


def microseconds(instant: datetime) -> str:
    """Write an instant with microseconds and ``+00:00``."""
    return instant.isoformat(timespec="microseconds")
