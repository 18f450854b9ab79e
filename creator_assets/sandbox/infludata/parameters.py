"""influData: reading query parameters and identifying creators, the same for all of its operations.

Parsing and look-up; what an operation then answers or charges is its own business.
"""

from __future__ import annotations

import math

from creator_assets.sandbox.engine.operation import Call
from creator_assets.sandbox.infludata.keys import refused
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.identity import PLATFORMS as ALL_PLATFORMS
from creator_assets.sandbox.universe.mixing import mix_text

PLATFORMS = ("instagram", "tiktok", "youtube", "twitch", "facebook", "snapchat")
STATUS_PLATFORMS = ("instagram", "tiktok", "youtube", "twitch")
REPORT_PLATFORMS = ("instagram", "tiktok", "youtube")
NUMBER_MOST = 1e18
_ID_PREFIX = "507f"
# The id that the reference shows, and the creator that it shows it for.
DOCUMENTED_ID, DOCUMENTED_CREATOR = "507f1f77bcf86cd799439011", ("instagram", "cristiano")


def platform_of(call: Call, allowed: tuple[str, ...]) -> str:
    """Return the ``platform`` parameter."""
    platform = call.query.get("platform")
    if platform is None:
        raise refused(call, "invalid", "Missing required parameter: platform")
    if platform not in allowed:
        raise refused(call, "invalid", f"platform must be one of {', '.join(allowed)}.")
    return platform


def number(call: Call, name: str) -> float | None:
    """Return a numeric parameter, or None where it is not given."""
    text = call.query.get(name)
    if text is None or text == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) < NUMBER_MOST:
        raise refused(call, "invalid", f"{name} must be a number.")
    return value


def truth(call: Call, name: str) -> bool:
    """Return a boolean parameter, false by default."""
    text = call.query.get(name, "false").casefold()
    if text not in ("true", "false"):
        raise refused(call, "invalid", f"{name} must be true or false.")
    return text == "true"


def identified(call: Call, allowed: tuple[str, ...]) -> tuple[str, str, Profile | None]:
    """Return platform, identifier and account that a request names by exactly one of username, userId and _id."""
    given = {name: call.query[name] for name in ("username", "userId", "_id") if call.query.get(name)}
    if len(given) != 1:
        raise refused(call, "invalid", "Exactly one of username, userId and _id is required.")
    [(kind, value)] = given.items()
    if kind == "_id":
        found = by_internal_id(call, value)
        platform = call.query.get("platform") or (found.platform if found else "instagram")
        return platform, value, found
    platform = platform_of(call, allowed)
    return platform, value, look_up(call, platform, kind, value)


def look_up(call: Call, platform: str, kind: str, value: str) -> Profile | None:
    """Return the account of a username or a platform's own id."""
    universe = call.world.universe
    return (
        universe.by_handle(platform, value, call.now)
        if kind == "username"
        else universe.by_native_id(platform, value, call.now)
    )


def internal_id(one: Profile) -> str:
    """Return the provider's own id of an account: 24 hexadecimal digits that lead back to it."""
    if (one.platform, one.handle) == DOCUMENTED_CREATOR:
        return DOCUMENTED_ID
    tail = mix_text("infludata", one.platform, one.native_id) & (1 << 48) - 1
    return f"{_ID_PREFIX}{ALL_PLATFORMS.index(one.platform):02x}{one.index:06x}{tail:012x}"


def by_internal_id(call: Call, text: str) -> Profile | None:
    """Return the account of an id made by `internal_id`."""
    if text == DOCUMENTED_ID:
        return call.world.universe.by_handle(*DOCUMENTED_CREATOR, call.now)
    try:
        platform, index = ALL_PLATFORMS[int(text[4:6], 16)], int(text[6:12], 16)
    except (ValueError, IndexError):
        return None
    found = call.world.universe.by_index(platform, index, call.now)
    return found if found is not None and internal_id(found) == text.casefold() else None
