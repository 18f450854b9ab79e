"""influencers.club: one creator at a time, by handle or by e-mail (IC-13 to IC-17).

Each successful request costs its mode's price; a request that finds nothing costs nothing and says so with 404. The
same look-ups serve the batches, so that a record costs the same alone and in a file.
"""

from __future__ import annotations

from typing import Any

from creator_assets.microcredits import to_microcredits
from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.influencers_club import shapes
from creator_assets.sandbox.influencers_club.discovery import afford, charged, platform_in
from creator_assets.sandbox.influencers_club.gaps import GAPS
from creator_assets.sandbox.universe import Profile

SEED_PLATFORMS = (
    "instagram",
    "youtube",
    "tiktok",
    "onlyfans",
    "twitter",
    "snapchat",
    "discord",
    "pinterest",
    "facebook",
    "linkedin",
    "twitch",
)
RAW_PLATFORMS = tuple(platform for platform in SEED_PLATFORMS if platform != "twitch")
EMAIL_BASIC_PLATFORMS = ("instagram", "youtube", "tiktok", "twitter", "twitch", "onlyfans")
EMAIL_ADVANCED_PLATFORMS = (*EMAIL_BASIC_PLATFORMS, "linkedin")

SOCIALS_MICROCREDITS = to_microcredits("0.5")
MODE_MICROCREDITS = {
    "raw": to_microcredits("0.03"),
    "full": to_microcredits("1"),
    "basic": to_microcredits("0.1"),
    "advanced": to_microcredits("2"),
}


def socials(call: Call) -> Answer:
    """IC-13: all accounts of the person behind a handle."""
    body = call.json()
    platform = platform_in(body, SEED_PLATFORMS)
    handle = _text(body, "handle")
    afford(call, SOCIALS_MICROCREDITS)
    found = find(call, platform, handle)
    if found is None:
        raise _no_data()
    accounts = call.world.universe.linked(found, call.now)
    return charged(call, SOCIALS_MICROCREDITS, {"result": [shapes.social(one) for one in accounts]})


def by_handle_full(call: Call) -> Answer:
    """IC-14: everything about one handle."""
    return _single(call, "full", SEED_PLATFORMS, "handle")


def by_handle_raw(call: Call) -> Answer:
    """IC-15: the platform's own data about one handle; not for Twitch."""
    return _single(call, "raw", RAW_PLATFORMS, "handle")


def by_email_advanced(call: Call) -> Answer:
    """IC-16: everything about the person behind an address."""
    return _single(call, "advanced", None, "email")


def by_email_basic(call: Call) -> Answer:
    """IC-17: the main account behind an address."""
    return _single(call, "basic", None, "email")


def enriched(call: Call, mode: str, value: str, options: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a mode knows of a handle or address, or None where it knows nothing.

    Args:
        call: The request on whose behalf is looked.
        mode: ``raw``, ``full``, ``basic`` or ``advanced``.
        value: Handle or e-mail address.
        options: ``platform``, ``email_required``, ``include_lookalikes``, ``include_audience_data``, ``min_followers``,
            ``exclude_platforms``.
    """
    if mode in ("raw", "full"):
        found = find(call, str(options.get("platform")), value)
        if found is None or (options.get("email_required") == "must_have" and found.email is None):
            return None
        if mode == "raw":
            return shapes.raw(found, call)
        lookalikes = _truth(options.get("include_lookalikes"), default=False)
        return shapes.full(
            found, call, lookalikes=lookalikes, audience=_truth(options.get("include_audience_data"), default=True)
        )
    followers_least, excluded = email_options(options)
    allowed = EMAIL_BASIC_PLATFORMS if mode == "basic" else EMAIL_ADVANCED_PLATFORMS
    accounts = [
        one
        for one in call.world.universe.by_email(value, call.now)
        if one.platform in allowed
        and one.platform not in excluded
        and (one.followers or 0) >= followers_least
        and GAPS.has_data(one.platform, one.index)
    ]
    if not accounts:
        return None
    greatest = max(accounts, key=lambda one: one.followers or 0)
    if mode == "advanced":
        return shapes.full(greatest, call, lookalikes=False, audience=False)
    social = shapes.social(greatest)
    return {**social, "userId": social.pop("user_id")}


def email_options(options: dict[str, Any]) -> tuple[int, list[str]]:
    """Return the fewest followers and the platforms to leave out, refusing what is neither."""
    least, excluded = options.get("min_followers") or 0, options.get("exclude_platforms") or []
    if isinstance(least, bool) or not str(least).isdecimal():
        raise Refused("invalid", "A valid integer is required.", status=422, extra={"field": "min_followers"})
    if not isinstance(excluded, list):
        raise Refused("invalid", "Expected a list of strings.", status=422, extra={"field": "exclude_platforms"})
    return int(least), excluded


def find(call: Call, platform: str, handle: str) -> Profile | None:
    """Return the account of a handle, if the provider has data on it.

    A YouTube channel id is lower-cased on its way in, as at the provider, and therefore finds nothing.
    """
    found = call.world.universe.by_handle(platform, handle, call.now)
    if found is None and platform != "youtube":
        found = call.world.universe.by_native_id(platform, handle, call.now)
    if found is not None and platform == "youtube" and found.handle == found.native_id:
        found = None
    return found if found is not None and GAPS.has_data(found.platform, found.index) else None


def _single(call: Call, mode: str, platforms: tuple[str, ...] | None, field: str) -> Answer:
    body = call.json()
    if platforms is not None:
        platform_in(body, platforms)
    value = _text(body, field)
    if field == "email" and "@" not in value:
        raise Refused("invalid", "Enter a valid email address.", status=422, extra={"field": "email"})
    cost = MODE_MICROCREDITS[mode]
    afford(call, cost)
    result = enriched(call, mode, value, body)
    if result is None:
        raise _no_data()
    return charged(call, cost, {"result": result})


def _no_data() -> Refused:
    return Refused("not_found", "No data found.")


def _text(body: dict[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Refused("invalid", "This field is required.", status=422, extra={"field": field})
    return value.strip()


def _truth(value: Any, *, default: bool) -> bool:
    if value is None:
        return default
    return value if isinstance(value, bool) else str(value).casefold() in ("true", "1", "yes")
