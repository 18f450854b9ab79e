"""influencers.club: search and look-alikes (IC-1, IC-2).

Each creator that a search returns costs 0.01 credits, every time. Searches have a separate limit of 10 % of the plan.
A query gives at most 10,000 results. The provider silently ignores a filter key that the platform does not have.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from creator_assets.microcredits import format_credits, to_microcredits
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.influencers_club.gaps import GAPS
from creator_assets.sandbox.real_voice import club as real_club
from creator_assets.sandbox.universe import Criteria, Profile
from creator_assets.sandbox.universe.audience import audience_of

PRICE_PER_CREATOR_MICROCREDITS = to_microcredits("0.01")
RESULTS_MAX = 10_000
PAGE_MAX = 50
PAGE_DEFAULT = 5
SEARCH_PLATFORMS = ("instagram", "youtube", "tiktok", "twitch", "twitter", "onlyfans")
SIMILAR_PLATFORMS = ("instagram", "youtube", "tiktok", "twitch", "onlyfans")
NUMBER_MAX = 1 << 62
AUDIENCE_FROM_FOLLOWERS = 10_000  # Instagram creators with fewer followers have no audience filters and data

# The name of the follower filter differs by platform; any other name is ignored.
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


def search(request: SandboxRequest) -> SandboxResponse:
    """IC-1: one page of creators that fit the filters."""
    body = request.json()
    platform = platform_in(body, SEARCH_PLATFORMS)
    filters = mapping(body, "filters")
    sort = mapping(body, "sort")
    criteria = criteria_of(platform, filters, ai_search=body.get("ai_search"))
    if sort:
        order = _SORTS.get(str(sort.get("sort_by", "relevancy")))
        if order is None:
            raise Refusal(
                "invalid", f'"{sort.get("sort_by")}" is not a valid choice.', status=422, extra={"field": "sort"}
            )
        criteria = _resorted(criteria, order, descending=sort.get("sort_order", "desc") != "asc")
    return _page(request, body, criteria, discovery=True)


def similar(request: SandboxRequest) -> SandboxResponse:
    """IC-2: one page of creators that resemble the creator with a URL, username or id."""
    body = request.json()
    platform = platform_in(body, SIMILAR_PLATFORMS)
    key, value = body.get("filter_key"), body.get("filter_value")
    if key not in ("url", "username", "id"):
        raise Refusal("invalid", f'"{key}" is not a valid choice.', status=422, extra={"field": "filter_key"})
    if not isinstance(value, str) or not value:
        raise Refusal("invalid", "This field is required.", status=422, extra={"field": "filter_value"})
    reference = _reference(request, platform, key, value)
    if reference is None:
        raise Refusal("not_found", "Creator not found.")
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
    return _page(request, body, like, discovery=request.world.settings.similar_counts_as_discovery)


def platform_in(body: dict[str, Any], allowed: tuple[str, ...]) -> str:
    """Return the platform of a request; refuse one that the operation does not serve."""
    platform = body.get("platform")
    if platform is None:
        raise Refusal("invalid", "This field is required.", status=422, extra={"field": "platform"})
    if platform not in allowed:
        raise Refusal("invalid", f'"{platform}" is not a valid choice.', status=422, extra={"field": "platform"})
    return str(platform)


def require_balance(request: SandboxRequest, worst_microcredits: int) -> None:
    """Refuse a request whose charge exceeds the balance."""
    if worst_microcredits > request.account.left_microcredits:
        raise Refusal("insufficient", "Insufficient credits.")


def charged_response(
    request: SandboxRequest, amount_microcredits: int, body: dict[str, Any], *, discovery: bool = False
) -> SandboxResponse:
    """Return a response that states its cost and the remaining credits, both as text."""
    left = request.account.left_microcredits - amount_microcredits
    stated = {"credits_cost": format_credits(amount_microcredits), "credits_left": format_credits(left)}
    return SandboxResponse(stated | body, charge_microcredits=amount_microcredits, discovery=discovery)


def criteria_of(platform: str, filters: dict[str, Any], *, ai_search: Any = None) -> Criteria:
    """Translate the filters that the platform has; ignore the others, as the provider does."""
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
    """Return an object inside a request body; empty where it is absent."""
    given = holder.get(key)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Refusal("invalid", "Expected a dictionary.", status=422, extra={"field": key})
    return given


def _page(request: SandboxRequest, body: dict[str, Any], criteria: Criteria, *, discovery: bool) -> SandboxResponse:
    paging = mapping(body, "paging")
    first = request.world.settings.first_page
    limit, page = paging.get("limit", PAGE_DEFAULT), paging.get("page", first)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= PAGE_MAX:
        raise Refusal("invalid", f"limit must be between 1 and {PAGE_MAX}.", status=422, extra={"field": "paging"})
    if not isinstance(page, int) or not is_number(page) or page < 0:
        raise Refusal("invalid", "page must be a whole number from 0.", status=422, extra={"field": "paging"})
    offset = (
        max(0, page - first) * limit
    )  # a page before the first shows the first, so that a wrong origin reads one page twice
    if offset >= RESULTS_MAX:
        raise Refusal(
            "invalid", "Only the first 10,000 results of a query can be fetched.", extra={"ceiling": RESULTS_MAX}
        )
    matches = request.world.universe.search(criteria, request.now)
    accounts = matches.page(offset, min(limit, RESULTS_MAX - offset))
    cost = PRICE_PER_CREATOR_MICROCREDITS * len(accounts)
    require_balance(request, cost)
    if discovery and cost > request.account.discovery_left_microcredits:
        raise Refusal("forbidden", "Discovery API credit limit reached for this billing cycle.")
    total = max(matches.total, offset + len(accounts) if accounts else 0)
    if request.in_real_voice:
        left = format_credits(request.account.left_microcredits - cost)
        page_body = real_club.accounts_page(left, total, limit, accounts)
        return SandboxResponse(page_body, charge_microcredits=cost, discovery=discovery)
    listed = [_account(one) for one in accounts]
    return charged_response(request, cost, {"total": total, "limit": limit, "accounts": listed}, discovery=discovery)


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


def _reference(request: SandboxRequest, platform: str, key: str, value: str) -> Profile | None:
    if key == "id":
        found = request.world.universe.by_native_id(platform, value, request.now)
        return found if found is not None and GAPS.has_data(platform, found.index) else None
    handle = re.split(r"[?#]", value)[0].rstrip("/").rpartition("/")[2] if key == "url" else value
    return account_with_data(request, platform, handle)


def account_with_data(request: SandboxRequest, platform: str, handle: str) -> Profile | None:
    """Return the account of a handle or native id, if the provider has data on it."""
    found = request.world.universe.by_handle(platform, handle, request.now)
    if found is None:
        found = request.world.universe.by_native_id(platform, handle, request.now)
    return found if found is not None and GAPS.has_data(platform, found.index) else None


def _resorted(criteria: Criteria, sort: str, *, descending: bool) -> Criteria:
    return msgspec.structs.replace(criteria, sort=sort, descending=descending)


def _range(filters: dict[str, Any], key: str) -> tuple[float | None, float | None]:
    given = mapping(filters, key)
    bounds = [given.get("min"), given.get("max")]
    if any(bound is not None and not is_number(bound) for bound in bounds):
        raise Refusal("invalid", "A valid number is required.", status=422, extra={"field": key})
    return bounds[0], bounds[1]


def _texts(filters: dict[str, Any], key: str) -> list[str]:
    given = filters.get(key) or []
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Refusal("invalid", "Expected a list of strings.", status=422, extra={"field": key})
    return listed


def _keywords(filters: dict[str, Any], ai_search: Any) -> list[str]:
    words = [word.removeprefix("#") for key in _KEYWORD_KEYS for word in _texts(filters, key)]
    query = ai_search or filters.get("ai_search")
    return words + query.split() if isinstance(query, str) else words


def _audience_places(audience: dict[str, Any]) -> list[str]:
    listed = audience.get("location") or []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Refusal("invalid", "Expected a list of objects.", status=422, extra={"field": "audience"})
    return [one["name"] for one in listed if isinstance(one.get("name"), str)]


def _monthly_growth(growth: dict[str, Any]) -> float | None:
    """Convert a percentage over some months to the minimum growth in 30 days, as a fraction."""
    percentage, months = growth.get("growth_percentage"), growth.get("time_range_months") or 1
    if percentage is None:
        return None
    if not is_number(percentage) or not is_number(months) or months <= 0:
        raise Refusal("invalid", "A valid number is required.", status=422, extra={"field": "follower_growth"})
    return float(percentage / 100 / months)


def is_number(value: Any) -> bool:
    """Return whether a JSON value is a number that the provider accepts; booleans are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < NUMBER_MAX
