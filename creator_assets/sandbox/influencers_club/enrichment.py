"""influencers.club: enrichment of one creator, by handle or by e-mail (IC-13 to IC-17).

A successful request costs its mode's price. A request without a result gets 404 and costs nothing. Batches use the same
look-ups, so that a record costs the same alone and in a file.
"""

from __future__ import annotations

from typing import Any

from creator_assets.microcredits import to_microcredits
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.influencers_club import shapes
from creator_assets.sandbox.influencers_club.discovery import charged_response, platform_in, require_balance
from creator_assets.sandbox.influencers_club.gaps import GAPS
from creator_assets.sandbox.real_voice import club as real_club
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


def socials(request: SandboxRequest) -> SandboxResponse:
    """IC-13: all accounts of the person behind a handle."""
    body = request.json()
    platform = platform_in(body, SEED_PLATFORMS)
    handle = _text(body, "handle")
    require_balance(request, SOCIALS_MICROCREDITS)
    found = find(request, platform, handle)
    if found is None:
        return no_data(request, handle)
    accounts = request.world.universe.linked(found, request.now)
    return charged_result(request, SOCIALS_MICROCREDITS, [shapes.social(one) for one in accounts])


def by_handle_full(request: SandboxRequest) -> SandboxResponse:
    """IC-14: the full profile of one handle."""
    return _single(request, "full", SEED_PLATFORMS, "handle")


def by_handle_raw(request: SandboxRequest) -> SandboxResponse:
    """IC-15: the platform's own data of one handle; not for Twitch."""
    return _single(request, "raw", RAW_PLATFORMS, "handle")


def by_email_advanced(request: SandboxRequest) -> SandboxResponse:
    """IC-16: the full profile of the person with an e-mail address."""
    return _single(request, "advanced", None, "email")


def by_email_basic(request: SandboxRequest) -> SandboxResponse:
    """IC-17: the main account of the person with an e-mail address."""
    return _single(request, "basic", None, "email")


def enrich(request: SandboxRequest, mode: str, value: str, options: dict[str, Any]) -> dict[str, Any] | None:
    """Return the data of a handle or e-mail address in a mode, or None where there is none.

    Args:
        request: The request that needs the data.
        mode: ``raw``, ``full``, ``basic`` or ``advanced``.
        value: Handle or e-mail address.
        options: ``platform``, ``email_required``, ``include_lookalikes``, ``include_audience_data``, ``min_followers``,
            ``exclude_platforms``.
    """
    if mode in ("raw", "full"):
        found = find(request, str(options.get("platform")), value)
        if found is None or (options.get("email_required") == "must_have" and found.email is None):
            return None
        if mode == "raw":
            return (real_club.raw(found, request) if request.in_real_voice else None) or shapes.raw(found, request)
        lookalikes = _boolean(options.get("include_lookalikes"), default=False)
        audience = _boolean(options.get("include_audience_data"), default=True)
        return _full(found, request, lookalikes=lookalikes, audience=audience)
    followers_least, excluded = email_options(options)
    if mode == "basic":  # the documents have both filters for the advanced match alone
        followers_least, excluded = 0, []
    allowed = EMAIL_BASIC_PLATFORMS if mode == "basic" else EMAIL_ADVANCED_PLATFORMS
    accounts = [
        one
        for one in request.world.universe.by_email(value, request.now)
        if one.platform in allowed
        and one.platform not in excluded
        and (one.followers or 0) >= followers_least
        and GAPS.has_data(one.platform, one.index)
    ]
    if not accounts:
        return None
    largest = max(accounts, key=lambda one: one.followers or 0)
    if mode == "advanced":
        left_out = {
            one.platform
            for one in request.world.universe.linked(largest, request.now)
            if one.platform in excluded or (one.followers or 0) < followers_least
        } - {largest.platform}
        full = _full(largest, request, lookalikes=False, audience=False)
        return {name: value for name, value in full.items() if name not in left_out}
    social = shapes.social(largest)
    if request.in_real_voice:
        return real_club.email_match(social)
    return {**social, "userId": social.pop("user_id")}


def email_options(options: dict[str, Any]) -> tuple[int, list[str]]:
    """Return the minimum followers and the excluded platforms; refuse invalid values."""
    least, excluded = options.get("min_followers") or 0, options.get("exclude_platforms") or []
    if isinstance(least, bool) or not str(least).isdecimal():
        raise Refusal("invalid", "A valid integer is required.", status=422, extra={"field": "min_followers"})
    if not isinstance(excluded, list):
        raise Refusal("invalid", "Expected a list of strings.", status=422, extra={"field": "exclude_platforms"})
    return int(least), excluded


def find(request: SandboxRequest, platform: str, handle: str) -> Profile | None:
    """Return the account of a handle, if the provider has data on it.

    The provider lower-cases a YouTube channel id, and therefore finds nothing for it.
    """
    found = request.world.universe.by_handle(platform, handle, request.now)
    if found is None and platform != "youtube":
        found = request.world.universe.by_native_id(platform, handle, request.now)
    if found is not None and platform == "youtube" and found.handle == found.native_id:
        found = None
    return found if found is not None and GAPS.has_data(found.platform, found.index) else None


def _single(request: SandboxRequest, mode: str, platforms: tuple[str, ...] | None, field: str) -> SandboxResponse:
    body = request.json()
    if platforms is not None:
        platform_in(body, platforms)
    value = _text(body, field)
    if field == "email" and "@" not in value:
        raise Refusal("invalid", "Enter a valid email address.", status=422, extra={"field": "email"})
    cost = MODE_MICROCREDITS[mode]
    require_balance(request, cost)
    result = enrich(request, mode, value, body)
    if result is None:
        return no_data(request, value)
    return charged_result(request, cost, result, profile=mode != "basic")


def charged_result(
    request: SandboxRequest, cost_microcredits: int, result: Any, *, profile: bool = False
) -> SandboxResponse:
    """Return a result with its cost, in the envelope of the voice; a ``profile`` has one more field."""
    if request.in_real_voice:
        return real_club.enriched(cost_microcredits, result, profile=profile)
    return charged_response(request, cost_microcredits, {"result": result})


def no_data(request: SandboxRequest, asked: str) -> SandboxResponse:
    """Return or raise that there is nothing on what was asked; it is free.

    Raises:
        Refusal: The plain voice refuses with 404.
    """
    if request.in_real_voice:
        return real_club.nothing_there(asked)
    raise Refusal("not_found", "No data found.")


def _full(one: Profile, request: SandboxRequest, *, lookalikes: bool, audience: bool) -> dict[str, Any]:
    found = real_club.full(one, request, lookalikes=lookalikes, audience=audience) if request.in_real_voice else None
    if found is not None:
        return found
    plain = shapes.full(one, request, lookalikes=lookalikes, audience=audience)
    return real_club.linkedin(plain, one) if request.in_real_voice and one.platform == "linkedin" else plain


def _text(body: dict[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Refusal("invalid", "This field is required.", status=422, extra={"field": field})
    return value.strip()


def _boolean(value: Any, *, default: bool) -> bool:
    if value is None:
        return default
    return value if isinstance(value, bool) else str(value).casefold() in ("true", "1", "yes")
