"""influData: search, and the cities for its filters (ID-6, ID-9).

A page of 20 costs one request, even if it is empty. Engagement and growth are percentages here, in filters and
responses, although getContent uses fractions.
"""

from __future__ import annotations

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.endpoint import SandboxRequest, SandboxResponse
from creator_assets.sandbox.infludata.gaps import GAPS
from creator_assets.sandbox.infludata.keys import refusal, require_balance
from creator_assets.sandbox.infludata.parameters import PLATFORMS, boolean, internal_id, number, platform_of
from creator_assets.sandbox.universe import Criteria, Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.vocabulary import CATEGORIES, CITIES

PAGE = 20
SKIP_MAX = 100_000
_KEYWORD_FIELDS = {"bio": "bio", "hashtags": "hashtags", "content": "hashtags", "website": "bio"}
_SORTS = {
    "relevance": "rank",
    "username": "username",
    "profilescore": "rank",
    "followers": "followers",
    "viewspost": "views",
    "engagementmean": "engagement",
    "growthrate": "growth",
    "totalviews": "views",
    "averageviewers": "views",
}


def search(request: SandboxRequest) -> SandboxResponse:
    """ID-6: twenty creators that match the filters."""
    criteria = _criteria(request)
    skip = int(number(request, "skipCount") or 0)
    if skip < 0 or skip % PAGE or skip > SKIP_MAX:
        raise refusal(request, "invalid", f"skipCount must be a multiple of {PAGE} up to {SKIP_MAX}.")
    require_balance(request, MICROCREDITS_PER_CREDIT)
    matches = request.world.universe.search(criteria, request.now)
    users = [_user(one, keywords=bool(criteria.keywords)) for one in matches.page(skip, PAGE)]
    count = max(matches.total, skip + len(users) if users else 0)
    return SandboxResponse(
        {"users": users, "count": count, "dataSuccess": True}, charge_microcredits=MICROCREDITS_PER_CREDIT
    )


def cities(request: SandboxRequest) -> SandboxResponse:
    """ID-9: a bare list of city names; the country's name is case-sensitive."""
    country = request.query.get("country")
    if not country:
        raise refusal(request, "invalid", "Missing required parameter: country")
    return SandboxResponse(list(CITIES.get(country, ())))


def _criteria(request: SandboxRequest) -> Criteria:
    query = request.query
    platform = platform_of(request, PLATFORMS)
    gender = query.get("gender")
    if gender not in (None, "m", "w"):
        raise refusal(request, "invalid", "gender must be m or w.")
    categories = _split(query.get("categories"))
    unknown = [slug for slug in categories if slug not in CATEGORIES]
    if unknown:
        raise refusal(request, "invalid", f"Unknown categories: {', '.join(unknown)}")
    fields = _split(query.get("keywordFields"))
    if any(field not in _KEYWORD_FIELDS for field in fields):
        raise refusal(request, "invalid", "keywordFields takes bio, hashtags, content and website.")
    country, city = query.get("country"), query.get("city")
    place = f"{city}, {country}" if city and country and platform in ("instagram", "tiktok") else country
    sort, descending = _sorting(request)
    engagement, growth = number(request, "engagementRate"), number(request, "growthRate")
    follower_min, follower_max = number(request, "followerMin"), number(request, "followerMax")
    views_min, views_max = number(request, "viewsMin"), number(request, "viewsMax")
    business = boolean(request, "businessSearch") if platform == "instagram" else False
    return Criteria(
        platform=platform,
        followers_min=None if follower_min is None else int(follower_min),
        followers_max=None if follower_max is None else int(follower_max),
        engagement_min=None if engagement is None else engagement / 100,
        growth_min=None if growth is None else growth / 100,
        views_min=None if views_min is None else int(views_min),
        views_max=None if views_max is None else int(views_max),
        places=(place,) if place else (),
        categories=tuple(categories),
        languages=tuple(_split(query.get("language"))),
        gender={"m": "m", "w": "f"}.get(gender or ""),
        keywords=tuple(_split(query.get("keywords"))),
        keyword_fields=tuple(sorted({_KEYWORD_FIELDS[field] for field in fields})),
        business=True if business else None,
        known_to=GAPS.has_data,
        sort=sort,
        descending=descending,
    )


def _sorting(request: SandboxRequest) -> tuple[str, bool]:
    asked = request.query.get("sorting")
    if asked is None:
        return "rank", True
    direction, field = (asked[:4], asked[4:]) if asked.startswith("desc") else (asked[:3], asked[3:])
    if direction not in ("asc", "desc") or field.casefold() not in _SORTS:
        raise refusal(request, "invalid", "sorting must be asc or desc followed by a field, e.g. descFollowers.")
    return _SORTS[field.casefold()], direction == "desc"


def _user(one: Profile, *, keywords: bool) -> dict[str, object]:
    score = mix_text("score", one.platform, one.native_id) % 1_000 / 10
    return {
        "_id": internal_id(one),
        "username": one.handle,
        "displayName": one.name,
        "followers": one.followers,
        "platform": one.platform,
        "country": one.country,
        "engagementMean": None if one.engagement is None else round(one.engagement * 100, 4),
        "score": score if keywords else 0,
    }


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
