"""A universe computed on demand: creator number i is a pure function of the seed and i.

People are ranked by reach, the greatest first, and followers fall with the rank like a power law. Ranks come in blocks of 1,024 that all
contain the same mix of countries, platforms, categories and genders, each block in an order of its own; a search for a
mix therefore jumps to the right ranks instead of looking at every person, and a million people take no memory.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from datetime import UTC, date, datetime

from creator_assets.sandbox.universe import coverage, examples
from creator_assets.sandbox.universe.identity import (
    PLATFORMS,
    handle_of,
    index_of_handle,
    index_of_native_id,
    native_id_of,
    sec_uid_of,
)
from creator_assets.sandbox.universe.mixing import mix, pick, share
from creator_assets.sandbox.universe.profile import SORTS, Criteria, Profile, keywords_match, within
from creator_assets.sandbox.universe.vocabulary import (
    CATEGORIES,
    CATEGORY_HASHTAGS,
    COUNTRIES,
    GIVEN_NAMES,
    NAME_TAILS,
)

BLOCK = 1_024
SIZE_MAX = 1 << 20  # a handle carries 20 bits of index
FOLLOWERS_LEAST = 1_500
FOLLOWERS_MOST = 300_000_000
EPOCH = date(2026, 1, 1)  # the day on which followers are exactly those of the rank
GROWTH_LEAST, GROWTH_MOST = -0.01, 0.05  # in 30 days
COUNT_CANDIDATES = 20_000  # a total is counted up to here and extrapolated beyond, as search engines do
SORT_WINDOW = 10_000  # a sorted search orders this many; the providers show no more anyway
PROFILES_LOOKED_AT = 30_000  # a search for words gives up after so many candidates: under a second
SEARCHES_KEPT = 24

# Reach of a platform relative to the rank's own, and how many people in 100 are there.
_SCALE = {"instagram": 1.0, "tiktok": 1.6, "youtube": 0.8, "twitch": 0.3, "twitter": 0.4, "facebook": 0.5}
_SCALE |= {"snapchat": 0.4, "onlyfans": 0.1, "linkedin": 0.1, "pinterest": 0.2, "discord": 0.1}
_PRESENCE = {"instagram": 62, "tiktok": 55, "youtube": 45, "twitch": 8, "twitter": 30, "facebook": 30, "snapchat": 15}
_PRESENCE |= {"onlyfans": 3, "linkedin": 10, "pinterest": 12, "discord": 6}

_COUNTRY_WORDS = {word.casefold() for code, name, *_ in COUNTRIES for word in (code, name)}


class SyntheticUniverse:
    """Up to a million people without holding any."""

    def __init__(self, seed: int, size: int) -> None:
        """Describe ``size`` people of ``seed``.

        Raises:
            ValueError: The size is not between 1 and 1,048,576.
        """
        if not 1 <= size <= SIZE_MAX:
            raise ValueError(f"a synthetic universe has 1 to {SIZE_MAX:,} people, not {size:,}")
        self.universe_id = f"synthetic-{seed}-{size}"
        self._seed = seed
        self.size = size
        self._alpha = min(1.0, math.log(FOLLOWERS_MOST / FOLLOWERS_LEAST) / math.log(max(size, 3)))
        self._slots = [self._slot(slot) for slot in range(BLOCK)]
        self._searches: dict[tuple[Criteria, int], _Search] = {}

    def describe(self) -> dict[str, object]:
        """Return facts for the health path."""
        return {"universe": "synthetic", "seed": self._seed, "size": self.size}

    def search(self, criteria: Criteria, now: datetime) -> _Search:
        """Return the accounts that match, looked for only as far as they are asked for."""
        day = _day(now)
        found = self._searches.pop((criteria, day), None) or _Search(self, criteria, day)
        self._searches[criteria, day] = found  # most recently used last
        while len(self._searches) > SEARCHES_KEPT:
            self._searches.pop(next(iter(self._searches)))
        return found

    def by_handle(self, platform: str, handle: str, now: datetime) -> Profile | None:
        """Return the account of a handle, with or without ``@``, whatever its case."""
        named = examples.find(platform, handle)
        if named is not None:
            return named
        index = index_of_handle(self._seed, platform, handle)
        return self._existing(platform, index, now)

    def by_native_id(self, platform: str, native_id: str, now: datetime) -> Profile | None:
        """Return the account of a platform's own id."""
        named = examples.find_native(platform, native_id)
        if named is not None:
            return named
        return self._existing(platform, index_of_native_id(self._seed, platform, native_id), now)

    def by_index(self, platform: str, index: int, now: datetime) -> Profile | None:
        """Return the account of a position in the universe."""
        if index >= examples.FIRST_INDEX:
            return examples.at(platform, index)
        return self._existing(platform, index, now)

    def by_email(self, email: str, now: datetime) -> list[Profile]:
        """Return the accounts of the person with that address."""
        local, _, _domain = email.strip().casefold().partition("@")
        index = index_of_handle(self._seed, "email", local)
        if index is None or index >= self.size:
            return []
        accounts = self._accounts(index, now)
        return accounts if accounts and accounts[0].email == email.strip().casefold() else []

    def linked(self, profile: Profile, now: datetime) -> list[Profile]:
        """Return all accounts of the person behind ``profile``, that one included."""
        if profile.index >= examples.FIRST_INDEX:
            return [profile]
        return self._accounts(profile.index, now)

    def neighbours(self, profile: Profile, limit: int, now: datetime) -> list[Profile]:
        """Return accounts on the same platform with the same main category and similar reach."""
        criteria = Criteria(
            platform=profile.platform,
            categories=profile.categories[:1],
            followers_min=(profile.followers or 0) // 3,
            followers_max=(profile.followers or 1_000) * 3,
            excluded_handles=frozenset({profile.handle.casefold()}),
        )
        return self.search(criteria, now).page(0, limit)

    def profile(self, platform: str, index: int, day: int) -> Profile:
        """Compute the account of person ``index`` on ``platform``, ``day`` days after the epoch."""
        seed = self._seed
        country_at, _platforms, category, gender = self._slots[self._slot_of(index)]
        code, country, language, _, cities = COUNTRIES[country_at]
        bits = mix(seed, index, 11)
        platform_bits = mix(seed, index, PLATFORMS.index(platform), 12)
        followers = self.followers(platform, index, day)
        engagement = self.engagement(platform, index)
        growth = self.growth(platform, index)
        pace_days = 0.5 + 6.5 * share(mix(platform_bits, 1)) ** 2
        second = CATEGORIES[mix(bits, 2) % len(CATEGORIES)]
        categories = (category,) if second == category else (category, second)
        tags = CATEGORY_HASHTAGS.get(category, (category,))
        name = f"{GIVEN_NAMES[bits % len(GIVEN_NAMES)]}{NAME_TAILS[(bits >> 9) % len(NAME_TAILS)]}"
        likes = max(1, int(followers * engagement * 0.93))
        city = cities[(bits >> 17) % len(cities)] if (bits >> 25) % 10 < 7 else None
        return Profile(
            index=index,
            platform=platform,
            handle=handle_of(seed, platform, index),
            name=name,
            native_id=native_id_of(seed, platform, index),
            person=f"p{index}",
            followers=followers,
            following=int(40 + 1_500 * share(mix(platform_bits, 2)) ** 2),
            posts=20 + int((day + 365) / pace_days),
            avg_views=max(int(likes * 1.3), int(followers * (0.1 + 0.7 * share(mix(platform_bits, 3))))),
            avg_likes=likes,
            avg_comments=int(followers * engagement * 0.07),
            engagement=engagement,
            growth=growth,
            country=country,
            country_code=code,
            city=city,
            language=language if (bits >> 29) % 10 < 9 else "en",
            gender=gender,
            age=14 + (bits >> 33) % 45,
            categories=categories,
            bio=f"{name} · {category} · {city or country} · #{tags[0]}",
            hashtags=tags,
            email=self._email(index) if (bits >> 41) % 10 < 6 else None,
            verified=followers > 500_000 and (bits >> 45) % 3 > 0,
            business=(bits >> 47) % 5 == 0,
            pace_days=round(pace_days, 3),
            sec_uid=sec_uid_of(seed, index) if platform == "tiktok" else None,
        )

    def followers(self, platform: str, index: int, day: int) -> int:
        """Compute followers on a day; the greater rank never has fewer on the epoch."""
        position = index + 1 + share(mix(self._seed, index, 13))
        base = FOLLOWERS_LEAST * _SCALE[platform] * (self.size / position) ** self._alpha
        return int(base * max(0.2, 1 + self.growth(platform, index) * day / 30))

    def engagement(self, platform: str, index: int) -> float:
        """Compute the engagement rate: a few per cent, more for small accounts, above 1 once in a thousand."""
        bits = mix(self._seed, index, PLATFORMS.index(platform), 14)
        if bits % 1_009 == 0:
            return round(1.05 + share(bits) * 3, 4)
        small = 1 + 0.6 * (index / self.size)
        return round(min(0.95, 0.004 + 0.05 * share(bits) ** 2 * small + 0.012 * small), 4)

    def growth(self, platform: str, index: int) -> float:
        """Compute the growth in 30 days."""
        bits = mix(self._seed, index, PLATFORMS.index(platform), 15)
        return round(GROWTH_LEAST + (GROWTH_MOST - GROWTH_LEAST) * share(bits) ** 2, 5)

    def candidates(self, criteria: Criteria, day: int) -> tuple[list[int], int, int]:
        """Return the slots that fit a search, and the ranks between which followers can fit (last excluded)."""
        places = {place.casefold() for place in criteria.places}
        slots = [
            slot
            for slot, (country_at, platforms, category, gender) in enumerate(self._slots)
            if criteria.platform in platforms
            and (not places or _country_fits(country_at, places))
            and (not criteria.categories or category in criteria.categories)
            and (criteria.gender is None or gender == criteria.gender)
        ]
        months = day / 30
        drift_most = max(0.2, 1 + max(GROWTH_MOST * months, GROWTH_LEAST * months))
        drift_least = max(0.2, 1 + min(GROWTH_MOST * months, GROWTH_LEAST * months))
        scale = FOLLOWERS_LEAST * _SCALE[criteria.platform]

        def rank_of(followers: float) -> float:
            return float(self.size / (followers / scale) ** (1 / self._alpha)) if followers > 0 else math.inf

        first = rank_of(criteria.followers_max / drift_least) - 3 if criteria.followers_max is not None else 0.0
        last = rank_of(criteria.followers_min / drift_most) + 1 if criteria.followers_min is not None else math.inf
        return slots, max(0, int(first)), int(min(self.size, max(0.0, last)))

    def ranks(self, slots: list[int], first: int, last: int) -> Iterator[int]:
        """Yield the ranks of ``slots`` in ascending order."""
        for block in range(first // BLOCK, -(-last // BLOCK)):
            start = block * BLOCK
            factor, shift = self._order_of(block)
            for within_block in sorted((factor * slot + shift) % BLOCK for slot in slots):
                rank = start + within_block
                if first <= rank < last:
                    yield rank

    def fits(self, criteria: Criteria, index: int, day: int) -> bool:
        """Tell whether a candidate fits what the slots cannot decide."""
        platform = criteria.platform
        if not within(self.followers(platform, index, day), criteria.followers_min, criteria.followers_max):
            return False
        if not within(self.engagement(platform, index), criteria.engagement_min, criteria.engagement_max):
            return False
        if not within(self.growth(platform, index), criteria.growth_min, None):
            return False
        if criteria.known_to is not None and not coverage.has_data(criteria.known_to, platform, index):
            return False
        return not _needs_profile(criteria) or _fits_profile(criteria, self.profile(platform, index, day))

    def _existing(self, platform: str, index: int | None, now: datetime) -> Profile | None:
        if index is None or index >= self.size or platform not in self._slots[self._slot_of(index)][1]:
            return None
        return self.profile(platform, index, _day(now))

    def _accounts(self, index: int, now: datetime) -> list[Profile]:
        platforms = self._slots[self._slot_of(index)][1]
        return [self.profile(platform, index, _day(now)) for platform in PLATFORMS if platform in platforms]

    def _email(self, index: int) -> str:
        domain = "example.com" if index % 2 else "example.org"
        return f"{handle_of(self._seed, 'email', index)}@{domain}"

    def _slot(self, slot: int) -> tuple[int, frozenset[str], str, str | None]:
        """Decide what the people of a slot have in common: country, platforms, main category, gender."""
        bits = mix(self._seed, slot, 16)
        country = pick(tuple((str(at), row[3]) for at, row in enumerate(COUNTRIES)), bits)
        present = {name for name, percent in _PRESENCE.items() if mix(bits, PLATFORMS.index(name)) % 100 < percent}
        category = CATEGORIES[mix(bits, 3) % len(CATEGORIES)]
        gender = ("f", "m", "f", "m", "f", "m", "f", "m", "f", None)[mix(bits, 4) % 10]
        return int(country), frozenset(present or {"instagram"}), category, gender

    def _slot_of(self, index: int) -> int:
        factor, shift = self._order_of(index // BLOCK)
        return (index % BLOCK - shift) * pow(factor, -1, BLOCK) % BLOCK

    def _order_of(self, block: int) -> tuple[int, int]:
        bits = mix(self._seed, block, 17)
        return (bits % BLOCK) | 1, (bits >> 20) % BLOCK


class _Search:
    """Matches of one search, found lazily and remembered as positions only."""

    def __init__(self, universe: SyntheticUniverse, criteria: Criteria, day: int) -> None:
        self._universe, self._criteria, self._day = universe, criteria, day
        self._slots, self._first, self._last = universe.candidates(criteria, day)
        self._looked_at = 0
        self._found = array("q")
        self._more = self._matching()
        self._complete = False
        self._sorted: list[int] | None = None
        self._total: int | None = None

    @property
    def total(self) -> int:
        """How many match, extrapolated beyond 20,000 candidates."""
        if self._total is None:
            while self._looked_at < COUNT_CANDIDATES and self._extend():
                pass
            candidates = (self._last - self._first) * len(self._slots) / BLOCK
            share_found = len(self._found) / max(1, self._looked_at)
            self._total = len(self._found) if self._complete else max(len(self._found), int(candidates * share_found))
        return self._total

    def page(self, offset: int, limit: int) -> list[Profile]:
        """Return up to ``limit`` accounts from position ``offset``."""
        universe, platform = self._universe, self._criteria.platform
        if self._criteria.sort in SORTS:
            ranks = self._in_order()[offset : offset + limit]
        else:
            while len(self._found) < offset + limit and self._extend():
                pass
            ranks = list(self._found[offset : offset + limit])
        return [universe.profile(platform, rank, self._day) for rank in ranks]

    def _in_order(self) -> list[int]:
        if self._sorted is None:
            while len(self._found) < SORT_WINDOW and self._extend():
                pass
            key = SORTS[self._criteria.sort]
            universe, platform = self._universe, self._criteria.platform
            window = list(self._found[:SORT_WINDOW])
            window.sort(key=lambda rank: key(universe.profile(platform, rank, self._day)), reverse=self._criteria.descending)
            self._sorted = window
        return self._sorted

    def _extend(self) -> bool:
        rank = next(self._more, None)
        if rank is None:
            self._complete = True
            return False
        self._found.append(rank)
        return True

    def _matching(self) -> Iterator[int]:
        bound = PROFILES_LOOKED_AT if _needs_profile(self._criteria) else self._universe.size
        for rank in self._universe.ranks(self._slots, self._first, self._last):
            if self._looked_at >= bound:
                return
            self._looked_at += 1
            if self._universe.fits(self._criteria, rank, self._day):
                yield rank


def _day(now: datetime) -> int:
    return (now.astimezone(UTC).date() - EPOCH).days


def _country_fits(country_at: int, places: set[str]) -> bool:
    code, name, _, _, cities = COUNTRIES[country_at]
    return any(
        place in (code.casefold(), name.casefold())
        or any(place in (city.casefold(), f"{city}, {name}".casefold()) for city in cities)
        for place in places
    )


def _needs_profile(criteria: Criteria) -> bool:
    return bool(
        criteria.keywords
        or criteria.languages
        or criteria.excluded_handles
        or criteria.views_min is not None
        or criteria.views_max is not None
        or criteria.posts_min is not None
        or criteria.verified is not None
        or criteria.business is not None
        or criteria.has_email is not None
        or any(place.casefold() not in _COUNTRY_WORDS for place in criteria.places)
    )


def _fits_profile(criteria: Criteria, profile: Profile) -> bool:
    places = {place.casefold() for place in criteria.places}
    own = {profile.country, profile.country_code, profile.city, f"{profile.city}, {profile.country}"}
    return (
        (not places or any(place.casefold() in places for place in own if place))
        and (not criteria.languages or profile.language in criteria.languages)
        and within(profile.avg_views, criteria.views_min, criteria.views_max)
        and within(profile.posts, criteria.posts_min, None)
        and criteria.verified in (None, profile.verified)
        and criteria.business in (None, profile.business)
        and criteria.has_email in (None, profile.email is not None)
        and profile.handle.casefold() not in criteria.excluded_handles
        and keywords_match(profile, criteria)
    )
