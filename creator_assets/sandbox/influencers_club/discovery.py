"""influencers.club: search and look-alikes (IC-1, IC-2).

A search costs 0.01 credits for each creator that it returns, every time, and draws on a limit of its own (10 % of the
plan). Up to 10,000 results of a query can be fetched. A filter key that the platform does not have is ignored in
silence.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from creator_assets.microcredits import format_credits, to_microcredits
from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.influencers_club.gaps import GAPS
from creator_assets.sandbox.universe import Criteria, Profile
from creator_assets.sandbox.universe.audience import audience_of

PRICE_PER_CREATOR_MICROCREDITS = to_microcredits("0.01")
RESULTS_MOST = 10_000
PAGE_MOST = 50
PAGE_DEFAULT = 5
SEARCH_PLATFORMS = ("instagram", "youtube", "tiktok", "twitch", "twitter", "onlyfans")
SIMILAR_PLATFORMS = ("instagram", "youtube", "tiktok", "twitch", "onlyfans")
NUMBER_MOST = 1 << 62
AUDIENCE_FROM_FOLLOWERS = 10_000  # audience filters and data exist for Instagram creators from here on

# The follower filter has another name on each platform; any other name is ignored.
FOLLOWER_KEY = {
    "instagram": "number_of_followers",
    "tiktok": "number_of_followers",
    "twitter": "number_of_followers",
    "youtube": "number_of_subscribers",
    "twitch": "followers",
}
_GROWTH_KEY = {"youtube": "subscriber_growth"}
_SORTS = {
    "relevancy": "rank",
    "engagement_rate": "engagement",
    "number_of_followers": "followers",
    "growth_rate": "growth",
}
_GENDERS = {"male": "m", "female": "f", "m": "m", "f": "f"}
_KEYWORD_KEYS = ("keywords_in_bio", "keywords_in_description", "hashtags", "topics", "games_played")


def search(call: Call) -> Answer:
    """IC-1: one page of creators that fit the filters."""
    body = call.json()
    platform = platform_in(body, SEARCH_PLATFORMS)
    filters = mapping(body, "filters")
    sort = mapping(body, "sort")
    criteria = criteria_of(platform, filters, ai_search=body.get("ai_search"))
    if sort:
        order = _SORTS.get(str(sort.get("sort_by", "relevancy")))
        if order is None:
            raise Refused(
                "invalid", f'"{sort.get("sort_by")}" is not a valid choice.', status=422, extra={"field": "sort"}
            )
        criteria = _resorted(criteria, order, descending=sort.get("sort_order", "desc") != "asc")
    return _page(call, body, criteria, discovery=True)


def similar(call: Call) -> Answer:
    """IC-2: one page of creators that resemble one, named by URL, username or id."""
    body = call.json()
    platform = platform_in(body, SIMILAR_PLATFORMS)
    key, value = body.get("filter_key"), body.get("filter_value")
    if key not in ("url", "username", "id"):
        raise Refused("invalid", f'"{key}" is not a valid choice.', status=422, extra={"field": "filter_key"})
    if not isinstance(value, str) or not value:
        raise Refused("invalid", "This field is required.", status=422, extra={"field": "filter_value"})
    reference = _reference(call, platform, key, value)
    if reference is None:
        raise Refused("not_found", "Creator not found.")
    filters = mapping(body, "filters")
    criteria = criteria_of(platform, filters)
    followers = reference.followers or 1_000
    like = Criteria(
        platform=platform,
        categories=reference.categories[:1],
        places=criteria.places,
        followers_min=criteria.followers_min if criteria.followers_min is not None else followers // 5,
        followers_max=criteria.followers_max if criteria.followers_max is not None else followers * 5,
        engagement_min=criteria.engagement_min,
        engagement_max=criteria.engagement_max,
        known_to=GAPS.has_data,
        excluded_handles=criteria.excluded_handles | {reference.handle.casefold()},
    )
    return _page(call, body, like, discovery=call.world.settings.similar_counts_as_discovery)


def platform_in(body: dict[str, Any], allowed: tuple[str, ...]) -> str:
    """Return the platform of a request, refusing one that the operation does not serve."""
    platform = body.get("platform")
    if platform is None:
        raise Refused("invalid", "This field is required.", status=422, extra={"field": "platform"})
    if platform not in allowed:
        raise Refused("invalid", f'"{platform}" is not a valid choice.', status=422, extra={"field": "platform"})
    return str(platform)


def afford(call: Call, worst_microcredits: int) -> None:
    """Refuse a call whose charge the balance would not cover."""
    if worst_microcredits > call.account.left_microcredits:
        raise Refused("insufficient", "Insufficient credits.")


def charged(call: Call, amount_microcredits: int, body: dict[str, Any], *, discovery: bool = False) -> Answer:
    """Return an answer that states its own cost and what is left, both as text."""
    left = call.account.left_microcredits - amount_microcredits
    stated = {"credits_cost": format_credits(amount_microcredits), "credits_left": format_credits(left)}
    return Answer(stated | body, charge_microcredits=amount_microcredits, discovery=discovery)


def criteria_of(platform: str, filters: dict[str, Any], *, ai_search: Any = None) -> Criteria:
    """Translate the filters that the platform has; what it does not have is ignored, as the provider does."""
    least, most = _range(filters, FOLLOWER_KEY.get(platform, ""))
    audience = mapping(filters, "audience") if platform == "instagram" else {}
    if audience and (least is None or least < AUDIENCE_FROM_FOLLOWERS):
        least = AUDIENCE_FROM_FOLLOWERS
    engagement, views = _range(filters, "engagement_percent"), _range(filters, "average_views")
    gender = filters.get("gender")
    verified = filters.get("is_verified")
    return Criteria(
        platform=platform,
        followers_min=None if least is None else int(least),
        followers_max=None if most is None else int(most),
        engagement_min=None if engagement[0] is None else engagement[0] / 100,
        engagement_max=None if engagement[1] is None else engagement[1] / 100,
        growth_min=_monthly_growth(mapping(filters, _GROWTH_KEY.get(platform, "follower_growth"))),
        views_min=None if views[0] is None else int(views[0]),
        views_max=None if views[1] is None else int(views[1]),
        places=(*_texts(filters, "location"), *_audience_places(audience)),
        languages=tuple(_texts(filters, "profile_language")),
        gender=_GENDERS.get(gender.casefold()) if isinstance(gender, str) else None,
        keywords=tuple(_keywords(filters, ai_search)),
        verified=verified if isinstance(verified, bool) else None,
        known_to=GAPS.has_data,
        excluded_handles=frozenset(
            handle.removeprefix("@").casefold() for handle in _texts(filters, "exclude_handles")
        ),
    )


def mapping(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object inside a request, empty where it is not given."""
    given = holder.get(key)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Refused("invalid", "Expected a dictionary.", status=422, extra={"field": key})
    return given


def _page(call: Call, body: dict[str, Any], criteria: Criteria, *, discovery: bool) -> Answer:
    paging = mapping(body, "paging")
    first = call.world.settings.first_page
    limit, page = paging.get("limit", PAGE_DEFAULT), paging.get("page", first)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= PAGE_MOST:
        raise Refused("invalid", f"limit must be between 1 and {PAGE_MOST}.", status=422, extra={"field": "paging"})
    if not isinstance(page, int) or not is_number(page) or page < 0:
        raise Refused("invalid", "page must be a whole number from 0.", status=422, extra={"field": "paging"})
    offset = (
        max(0, page - first) * limit
    )  # a page before the first shows the first, so that a wrong origin reads one page twice
    if offset >= RESULTS_MOST:
        raise Refused(
            "invalid", "Only the first 10,000 results of a query can be fetched.", extra={"ceiling": RESULTS_MOST}
        )
    matches = call.world.universe.search(criteria, call.now)
    accounts = matches.page(offset, min(limit, RESULTS_MOST - offset))
    cost = PRICE_PER_CREATOR_MICROCREDITS * len(accounts)
    afford(call, cost)
    if discovery and cost > call.account.discovery_left_microcredits:
        raise Refused("forbidden", "Discovery API credit limit reached for this billing cycle.")
    listed = [_account(one) for one in accounts]
    total = max(matches.total, offset + len(listed) if listed else 0)
    return charged(call, cost, {"total": total, "limit": limit, "accounts": listed}, discovery=discovery)


def _account(one: Profile) -> dict[str, Any]:
    profile: dict[str, Any] = {
        "full_name": one.name,
        "username": one.handle,
        "picture": f"https://cdn.example.com/{one.platform}/{one.native_id}.jpg",
        "followers": one.followers,
        "engagement_percent": None if one.engagement is None else round(one.engagement * 100, 4),
    }
    listed: dict[str, Any] = {"user_id": one.native_id, "profile": profile}
    if one.platform == "instagram" and (one.followers or 0) >= AUDIENCE_FROM_FOLLOWERS:
        audience = audience_of(one)
        listed["audience"] = {
            "genders": dict(audience.genders),
            "countries": dict(audience.countries),
            "interests": [name for name, _ in audience.interests],
        }
    return listed


def profile_url(one: Profile) -> str:
    """Return the public address of an account."""
    sites = {
        "tiktok": "https://www.tiktok.com/@",
        "youtube": "https://www.youtube.com/@",
        "twitch": "https://www.twitch.tv/",
    }
    return f"{sites.get(one.platform, f'https://www.{one.platform}.com/')}{one.handle}"


def _reference(call: Call, platform: str, key: str, value: str) -> Profile | None:
    if key == "id":
        found = call.world.universe.by_native_id(platform, value, call.now)
        return found if found is not None and GAPS.has_data(platform, found.index) else None
    handle = re.split(r"[?#]", value)[0].rstrip("/").rpartition("/")[2] if key == "url" else value
    return known(call, platform, handle)


def known(call: Call, platform: str, handle: str) -> Profile | None:
    """Return the account of a handle or native id, if the provider has data on it."""
    found = call.world.universe.by_handle(platform, handle, call.now)
    if found is None:
        found = call.world.universe.by_native_id(platform, handle, call.now)
    return found if found is not None and GAPS.has_data(platform, found.index) else None


def _resorted(criteria: Criteria, sort: str, *, descending: bool) -> Criteria:
    return msgspec.structs.replace(criteria, sort=sort, descending=descending)


def _range(filters: dict[str, Any], key: str) -> tuple[float | None, float | None]:
    given = mapping(filters, key)
    bounds = [given.get("min"), given.get("max")]
    if any(bound is not None and not is_number(bound) for bound in bounds):
        raise Refused("invalid", "A valid number is required.", status=422, extra={"field": key})
    return bounds[0], bounds[1]


def _texts(filters: dict[str, Any], key: str) -> list[str]:
    given = filters.get(key) or []
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Refused("invalid", "Expected a list of strings.", status=422, extra={"field": key})
    return listed


def _keywords(filters: dict[str, Any], ai_search: Any) -> list[str]:
    words = [word.removeprefix("#") for key in _KEYWORD_KEYS for word in _texts(filters, key)]
    query = ai_search or filters.get("ai_search")
    return words + query.split() if isinstance(query, str) else words


def _audience_places(audience: dict[str, Any]) -> list[str]:
    listed = audience.get("location") or []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Refused("invalid", "Expected a list of objects.", status=422, extra={"field": "audience"})
    return [one["name"] for one in listed if isinstance(one.get("name"), str)]


def _monthly_growth(growth: dict[str, Any]) -> float | None:
    """Return the least growth in 30 days as a fraction, out of a percentage over some months."""
    percentage, months = growth.get("growth_percentage"), growth.get("time_range_months") or 1
    if percentage is None:
        return None
    if not is_number(percentage) or not is_number(months) or months <= 0:
        raise Refused("invalid", "A valid number is required.", status=422, extra={"field": "follower_growth"})
    return float(percentage / 100 / months)


def is_number(value: Any) -> bool:
    """Tell whether a JSON value is a number that a provider would take; booleans are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < NUMBER_MOST
