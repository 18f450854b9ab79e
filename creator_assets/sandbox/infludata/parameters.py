"""influData: parsing of query parameters and look-up of creators, the same for all of its operations.

Responses and charges do not belong here.
"""

from __future__ import annotations

import math

from creator_assets.sandbox.engine.endpoint import SandboxRequest
from creator_assets.sandbox.infludata.keys import refusal
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.identity import PLATFORMS as ALL_PLATFORMS
from creator_assets.sandbox.universe.mixing import mix_text

PLATFORMS = ("instagram", "tiktok", "youtube", "twitch", "facebook", "snapchat")
STATUS_PLATFORMS = ("instagram", "tiktok", "youtube", "twitch")
REPORT_PLATFORMS = ("instagram", "tiktok", "youtube")
NUMBER_MAX = 1e18
_ID_PREFIX = "507f"
# The id in the reference's example, and the creator of that example.
DOCUMENTED_ID, DOCUMENTED_CREATOR = "507f1f77bcf86cd799439011", ("instagram", "cristiano")


def platform_of(request: SandboxRequest, allowed: tuple[str, ...]) -> str:
    """Return the ``platform`` parameter."""
    platform = request.query.get("platform")
    if platform is None:
        raise refusal(request, "invalid", "Missing required parameter: platform")
    if platform not in allowed:
        raise refusal(request, "invalid", f"platform must be one of {', '.join(allowed)}.")
    return platform


def number(request: SandboxRequest, name: str) -> float | None:
    """Return a numeric parameter, or None where it is absent."""
    text = request.query.get(name)
    if text is None or text == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) < NUMBER_MAX:
        raise refusal(request, "invalid", f"{name} must be a number.")
    return value


def boolean(request: SandboxRequest, name: str) -> bool:
    """Return a boolean parameter, false by default."""
    text = request.query.get(name, "false").casefold()
    if text not in ("true", "false"):
        raise refusal(request, "invalid", f"{name} must be true or false.")
    return text == "true"


def identify(request: SandboxRequest, allowed: tuple[str, ...]) -> tuple[str, str, Profile | None]:
    """Return platform, identifier and account of a request, which names exactly one of username, userId and _id."""
    given = {name: request.query[name] for name in ("username", "userId", "_id") if request.query.get(name)}
    if len(given) != 1:
        raise refusal(request, "invalid", "Exactly one of username, userId and _id is required.")
    [(kind, value)] = given.items()
    if kind == "_id":
        found = by_internal_id(request, value)
        platform = request.query.get("platform") or (found.platform if found else "instagram")
        return platform, value, found
    platform = platform_of(request, allowed)
    return platform, value, look_up(request, platform, kind, value)


def look_up(request: SandboxRequest, platform: str, kind: str, value: str) -> Profile | None:
    """Return the account of a username or a platform's own id."""
    universe = request.world.universe
    return (
        universe.by_handle(platform, value, request.now)
        if kind == "username"
        else universe.by_native_id(platform, value, request.now)
    )


def internal_id(one: Profile) -> str:
    """Return the provider's own id of an account: 24 hexadecimal digits that encode its position."""
    if (one.platform, one.handle) == DOCUMENTED_CREATOR:
        return DOCUMENTED_ID
    tail = mix_text("infludata", one.platform, one.native_id) & (1 << 48) - 1
    return f"{_ID_PREFIX}{ALL_PLATFORMS.index(one.platform):02x}{one.index:06x}{tail:012x}"


def by_internal_id(request: SandboxRequest, text: str) -> Profile | None:
    """Return the account of an id made by `internal_id`."""
    if text == DOCUMENTED_ID:
        return request.world.universe.by_handle(*DOCUMENTED_CREATOR, request.now)
    try:
        platform, index = ALL_PLATFORMS[int(text[4:6], 16)], int(text[6:12], 16)
    except (ValueError, IndexError):
        return None
    found = request.world.universe.by_index(platform, index, request.now)
    return found if found is not None and internal_id(found) == text.casefold() else None
