"""influencers.club: the audience of a full profile.

From FULL_PROFILE_FIELDS.md, ``instagram.audience.*``: lists of ``code`` and ``weight``; places, interests and brands
with an ``id`` and a ``name``. "The likers' and commenters' blocks have the form of the followers' one", and so have the
other platforms; "each with ``success`` and ``data``, or ``success: false`` and ``error``". The histograms are null on
TikTok and YouTube.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from creator_assets.sandbox.real_voice.facts import Facts, picture
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.audience import BRAND_CATEGORIES, Audience, Shares, audience_of
from creator_assets.sandbox.universe.coverage import audience_missing
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.vocabulary import COUNTRIES, LANGUAGES, NAME_OF_COUNTRY

_ETHNICITIES = (
    ("white", "White / Caucasian", 0.4),
    ("asian", "Asian", 0.3),
    ("hispanic", "Hispanic", 0.2),
    ("african_american", "African American", 0.1),
)
_COUNTRY_OF_CITY = {city: (code, name) for code, name, _, _, cities in COUNTRIES for city in cities}


def audience(facts: Facts, *, lookalikes: bool) -> dict[str, Any]:
    """Return the three bases of an audience and the two histograms."""
    one = facts.profile
    missing: dict[str, Any] = {"success": False, "error": "empty_audience"}
    present: dict[str, Any] = missing
    if not audience_missing(one.platform, one.index):
        present = {"success": True, "data": _data(facts, audience_of(one), lookalikes=lookalikes), "is_hidden": False}
    on_instagram = one.platform == "instagram"
    histogram = _histogram(facts) if on_instagram and present["success"] else None
    return {
        "audience_followers": present,
        "audience_likers": present if on_instagram else missing,
        "audience_commenters": missing,
        "audience_credibility_followers_histogram": histogram,
        "audience_credibility_likers_histogram": histogram,
    }


def _data(facts: Facts, found: Audience, *, lookalikes: bool) -> dict[str, Any]:
    genders = dict(found.genders)
    return {
        "notable_users_ratio": round(facts.bits % 900 / 10_000, 4),
        "audience_credibility": found.credibility,
        "audience_types": _weights(found.types),
        "credibility_class": "high" if found.credibility > 0.75 else "average",
        "audience_reachability": _weights(found.reachability),
        "audience_genders": _weights(found.genders),
        "audience_ages": _weights(found.ages),
        "audience_genders_per_age": [
            {
                "code": code,
                "male": round(share * genders["MALE"], 6),
                "female": round(share * genders["FEMALE"], 6),
            }
            for code, share in found.ages
        ],
        "audience_ethnicities": [{"code": code, "name": name, "weight": weight} for code, name, weight in _ETHNICITIES],
        "audience_languages": [
            {"code": code, "name": LANGUAGES.get(code, code), "weight": share} for code, share in found.languages
        ],
        "audience_brand_affinity": [_brand(name, share) for name, share in found.brands],
        "audience_interests": [
            {"id": _id("interest", name), "name": name, "weight": share, "affinity": round(1 + share, 4)}
            for name, share in found.interests
        ],
        "audience_geo": _geo(found),
        "audience_lookalikes": [_lookalike(other, at) for at, other in enumerate(facts.alike)] if lookalikes else [],
        "notable_users": [_user(other) | {"geo": _place_of(other)} for other in facts.alike[:3]],
    }


def _weights(shares: Shares) -> list[dict[str, Any]]:
    return [{"code": code, "weight": share} for code, share in shares]


def _brand(name: str, share: float) -> dict[str, Any]:
    topic = BRAND_CATEGORIES[_id("brand", name) % len(BRAND_CATEGORIES)]
    interest = [{"id": _id("interest", topic), "name": topic}]
    return {
        "id": _id("brand", name),
        "name": name,
        "interest": interest,
        "weight": share,
        "affinity": round(1 + share, 4),
    }


def _geo(found: Audience) -> dict[str, Any]:
    cities = [(city, share, *_COUNTRY_OF_CITY.get(city, ("US", "United States"))) for city, share in found.cities]
    by_country: dict[str, list[dict[str, Any]]] = {}
    for city, share, code, _ in cities:
        by_country.setdefault(code, []).append({**_named("state", _state(city)), "weight": share})
    return {
        "countries": [{**_country(code), "weight": share} for code, share in found.countries],
        "states": [
            {**_named("state", _state(city)), "weight": share, "country": _country(code)}
            for city, share, code, _ in cities
        ],
        "subdivisions": [{**_country(code), "items": items} for code, items in by_country.items()],
        "cities": [
            {
                **_named("city", city),
                "coords": _coords(city),
                "weight": share,
                "country": _country(code),
                "state": _named("state", _state(city)),
            }
            for city, share, code, _ in cities
        ],
    }


def _user(other: Profile) -> dict[str, Any]:
    likes = other.avg_likes or 0
    return {
        "user_id": other.native_id,
        "username": other.handle,
        "picture": picture(other),
        "followers": other.followers,
        "fullname": other.name,
        "url": f"https://www.{other.platform}.com/{other.handle}",
        "is_verified": other.verified,
        "engagements": likes,
        "stats": [{"post_type": "all", "engagements": likes}],
    }


def _lookalike(other: Profile, at: int) -> dict[str, Any]:
    return _user(other) | {"geo": _place_of(other), "score": round(0.95 - at / 50, 4)}


def _place_of(other: Profile) -> dict[str, Any]:
    """Return the place of an account. A country has a code; a city comes with its state and subdivision."""
    place: dict[str, Any] = {}
    if other.country_code:
        place["country"] = {**_country(other.country_code), "coords": _coords(other.country_code)}
    if other.city:
        state = _state(other.city)
        place["city"] = {**_named("city", other.city), "coords": _coords(other.city)}
        place["state"] = {**_named("state", state), "coords": _coords(state)}
        place["subdivision"] = {**_named("subdivision", state), "coords": _coords(state)}
    return place


def _histogram(facts: Facts) -> list[dict[str, Any]]:
    """Return steps of credibility; the first has no ``min``, and one is marked as the median."""
    edges = [round(0.5 + 0.05 * step, 2) for step in range(11)]
    steps: list[dict[str, Any]] = [{"max": edges[0], "total": 40 + facts.bits % 50}]
    for at, (low, high) in enumerate(pairwise(edges)):
        step: dict[str, Any] = {"max": high, "total": 100 + (facts.bits >> at) % 900, "min": low}
        steps.append(step | ({"median": True} if at == len(edges) // 2 else {}))
    return steps


def _country(code: str) -> dict[str, Any]:
    return {"id": _id("country", code), "name": NAME_OF_COUNTRY.get(code, code), "code": code}


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"id": _id(kind, name), "name": name}


def _state(city: str) -> str:
    return f"Region of {city}"


def _coords(name: str) -> dict[str, float]:
    bits = mix_text("place", name)
    return {"lat": bits % 120_000 / 1_000 - 60, "lon": (bits >> 20) % 360_000 / 1_000 - 180}


def _id(kind: str, name: str) -> int:
    return mix_text(kind, name) % 10_000_000
