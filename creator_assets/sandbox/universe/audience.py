"""The audience of an account: shares by age, gender, place, language and interest.

A pure function of the account. Shares are in ten-thousandths, so that sums are exact. The form of a provider's maps,
and the basis (followers or likers), do not belong here.
"""

from __future__ import annotations

import msgspec

from creator_assets.sandbox.universe.mixing import mix, mix_text
from creator_assets.sandbox.universe.profile import Profile
from creator_assets.sandbox.universe.vocabulary import COUNTRIES

AGES = ("13-17", "18-24", "25-34", "35-44", "45-64", "65-")
GENDERS = ("FEMALE", "MALE")
INTERESTS = (
    "Sports",
    "Fashion",
    "Technology",
    "Travel, Tourism & Aviation",
    "Music",
    "Restaurants, Food & Grocery",
    "Beauty & Cosmetics",
    "Fitness & Yoga",
    "Gaming",
    "Cars & Motorbikes",
)
BRANDS = ("Nike", "Adidas", "Apple", "Starbucks", "Zara", "Sephora", "Samsung", "PlayStation", "IKEA", "Gymshark")
BRAND_CATEGORIES = ("Sports", "Fashion", "Technology", "Restaurants", "Beauty", "Gaming", "Home")
TYPES = ("real", "influencers", "mass_followers", "suspicious")

Shares = list[tuple[str, float]]


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Shares per dimension, largest first. Every dimension except interests and brands adds up to one."""

    ages: Shares
    genders: Shares
    countries: Shares
    cities: Shares
    languages: Shares
    interests: Shares
    brands: Shares
    types: Shares
    credibility: float
    reachability: Shares


def audience_of(profile: Profile) -> Audience:
    """Compute the audience of an account."""
    seed = mix_text("audience", profile.platform, profile.native_id)
    home = profile.country_code
    countries = _country_shares(seed, home)
    by_code = {code: cities for code, _, _, _, cities in COUNTRIES}
    cities = [
        (city, round(share / (2 + at), 4))
        for code, share in countries[:2]
        for at, city in enumerate(by_code.get(code, ())[:3])
    ]
    spoken = {code: language for code, _, language, _, _ in COUNTRIES}
    languages: dict[str, float] = {}
    for code, share in countries:
        language = spoken.get(code, "en")
        languages[language] = round(languages.get(language, 0.0) + share, 4)
    types = _divide(seed, 5, TYPES, (70, 8, 12, 10))
    return Audience(
        ages=_divide(seed, 1, AGES, (8, 30, 34, 16, 9, 3)),
        genders=_divide(seed, 2, GENDERS, (50, 50)),
        countries=countries,
        cities=cities,
        languages=sorted(languages.items(), key=lambda pair: -pair[1]),
        interests=_affinities(seed, 3, INTERESTS),
        brands=_affinities(seed, 4, BRANDS),
        types=types,
        credibility=round(sum(share for kind, share in types if kind in ("real", "influencers")), 4),
        reachability=_divide(seed, 6, ("-500", "500-1000", "1000-1500", "1500-"), (45, 25, 12, 18)),
    )


def overlap_of(profiles: list[Profile]) -> list[tuple[float, float]]:
    """Return the (overlapping, unique) shares of each account's audience among the others; they add up to one."""
    found = []
    for one in profiles:
        apart = 1.0
        for other in profiles:
            if other is not one:
                shared = 0.02 + 0.10 * (mix_text(*sorted((one.native_id, other.native_id))) % 1_000) / 1_000
                if one.country and one.country == other.country:
                    shared *= 1.8
                apart *= 1 - min(0.9, shared)
        overlapping = round(1 - apart, 4)
        found.append((overlapping, round(1 - overlapping, 4)))
    return found


def _country_shares(seed: int, home: str | None) -> Shares:
    others = [row[0] for row in COUNTRIES if row[0] != home]
    chosen = sorted(others, key=lambda code: mix_text(seed, code))[:5]
    codes = (home, *chosen) if home else tuple(chosen)
    weights = (60, 12, 9, 7, 5, 3) if home else (30, 22, 18, 15, 10)
    return _divide(seed, 7, codes, weights)


def _divide(seed: int, salt: int, codes: tuple[str, ...], weights: tuple[int, ...]) -> Shares:
    """Divide 10,000 ten-thousandths by weights that vary with the seed; the first part gets the remainder."""
    varied = [weight * (50 + mix(seed, salt, at) % 101) for at, weight in enumerate(weights)]
    parts = [weight * 10_000 // sum(varied) for weight in varied]
    parts[0] += 10_000 - sum(parts)
    return sorted(((code, part / 10_000) for code, part in zip(codes, parts, strict=True)), key=lambda pair: -pair[1])


def _affinities(seed: int, salt: int, names: tuple[str, ...]) -> Shares:
    weighed = [(name, round(0.02 + 0.38 * (mix(seed, salt, at) % 1_000) / 1_000, 4)) for at, name in enumerate(names)]
    return sorted(weighed, key=lambda pair: -pair[1])[:6]
