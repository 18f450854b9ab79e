"""influData: search, and the cities that a search can name (ID-6, ID-9).

A search costs one request for each page of 20, whatever it finds. Engagement and growth are percentages here, in
filters and answers, although getContent speaks in fractions.
"""

from __future__ import annotations

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.operation import Answer, Call
from creator_assets.sandbox.infludata.gaps import GAPS
from creator_assets.sandbox.infludata.keys import afford, refused
from creator_assets.sandbox.infludata.parameters import PLATFORMS, internal_id, number, platform_of, truth
from creator_assets.sandbox.universe import Criteria, Profile
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.vocabulary import CATEGORIES, CITIES

PAGE = 20
SKIP_MOST = 100_000
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


def search(call: Call) -> Answer:
    """ID-6: twenty creators that fit the filters."""
    criteria = _criteria(call)
    skip = int(number(call, "skipCount") or 0)
    if skip < 0 or skip % PAGE or skip > SKIP_MOST:
        raise refused(call, "invalid", f"skipCount must be a multiple of {PAGE} up to {SKIP_MOST}.")
    afford(call, MICROCREDITS_PER_CREDIT)
    matches = call.world.universe.search(criteria, call.now)
    users = [_user(one, keywords=bool(criteria.keywords)) for one in matches.page(skip, PAGE)]
    count = max(matches.total, skip + len(users) if users else 0)
    return Answer({"users": users, "count": count, "dataSuccess": True}, charge_microcredits=MICROCREDITS_PER_CREDIT)


def cities(call: Call) -> Answer:
    """ID-9: a bare list of city names; the country's name is case-sensitive."""
    country = call.query.get("country")
    if not country:
        raise refused(call, "invalid", "Missing required parameter: country")
    return Answer(list(CITIES.get(country, ())))


def _criteria(call: Call) -> Criteria:
    query = call.query
    platform = platform_of(call, PLATFORMS)
    gender = query.get("gender")
    if gender not in (None, "m", "w"):
        raise refused(call, "invalid", "gender must be m or w.")
    categories = _listed(query.get("categories"))
    unknown = [slug for slug in categories if slug not in CATEGORIES]
    if unknown:
        raise refused(call, "invalid", f"Unknown categories: {', '.join(unknown)}")
    fields = _listed(query.get("keywordFields"))
    if any(field not in _KEYWORD_FIELDS for field in fields):
        raise refused(call, "invalid", "keywordFields takes bio, hashtags, content and website.")
    country, city = query.get("country"), query.get("city")
    place = f"{city}, {country}" if city and country and platform in ("instagram", "tiktok") else country
    sort, descending = _sorting(call)
    engagement, growth = number(call, "engagementRate"), number(call, "growthRate")
    follower_min, follower_max = number(call, "followerMin"), number(call, "followerMax")
    views_min, views_max = number(call, "viewsMin"), number(call, "viewsMax")
    business = truth(call, "businessSearch") if platform == "instagram" else False
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
        languages=tuple(_listed(query.get("language"))),
        gender={"m": "m", "w": "f"}.get(gender or ""),
        keywords=tuple(_listed(query.get("keywords"))),
        keyword_fields=tuple(sorted({_KEYWORD_FIELDS[field] for field in fields})),
        business=True if business else None,
        known_to=GAPS.has_data,
        sort=sort,
        descending=descending,
    )


def _sorting(call: Call) -> tuple[str, bool]:
    asked = call.query.get("sorting")
    if asked is None:
        return "rank", True
    direction, field = (asked[:4], asked[4:]) if asked.startswith("desc") else (asked[:3], asked[3:])
    if direction not in ("asc", "desc") or field.casefold() not in _SORTS:
        raise refused(call, "invalid", "sorting must be asc or desc followed by a field, e.g. descFollowers.")
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


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
