"""A lazy search over a synthetic universe: it runs only as far as its results are read.

The population's slots (country, platform, category, gender) and the range of followers limit the ranks. The search
tests only accounts at these ranks. It stores positions, not accounts.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from creator_assets.sandbox.universe.population import BLOCK, Population
from creator_assets.sandbox.universe.profile import SORTS, Criteria, Profile, keywords_match, within
from creator_assets.sandbox.universe.vocabulary import COUNTRIES

COUNT_CANDIDATES = 20_000  # a total is counted up to this number of candidates and extrapolated beyond
SORT_WINDOW = 10_000  # a sorted search orders only so many; the providers return no more
PROFILES_EXAMINED_MAX = 30_000  # a keyword search stops after so many candidates: about one second

_COUNTRY_WORDS = {word.casefold() for code, name, *_ in COUNTRIES for word in (code, name)}


class SyntheticMatches:
    """Matches of one search, found lazily and stored as positions."""

    def __init__(self, people: Population, criteria: Criteria, day: int) -> None:
        self._people, self._criteria, self._day = people, criteria, day
        self._slots = _slots(people, criteria)
        self._first, self._last = people.rank_bounds(
            criteria.platform, criteria.followers_min, criteria.followers_max, day
        )
        self._examined = 0
        self._found = array("q")
        self._more = self._matching()
        self._complete = False
        self._sorted: list[int] | None = None
        self._total: int | None = None

    @property
    def total(self) -> int:
        """Number of matches, extrapolated beyond 20,000 candidates."""
        if self._total is None:
            while self._examined < COUNT_CANDIDATES and self._extend():
                pass
            candidates = (self._last - self._first) * len(self._slots) / BLOCK
            share_found = len(self._found) / max(1, self._examined)
            self._total = len(self._found) if self._complete else max(len(self._found), int(candidates * share_found))
        return self._total

    def page(self, offset: int, limit: int) -> list[Profile]:
        """Return up to ``limit`` accounts from position ``offset``."""
        people, platform = self._people, self._criteria.platform
        if self._criteria.sort in SORTS:
            ranks = self._in_order()[offset : offset + limit]
        else:
            while len(self._found) < offset + limit and self._extend():
                pass
            ranks = list(self._found[offset : offset + limit])
        return [people.profile(platform, rank, self._day) for rank in ranks]

    def _in_order(self) -> list[int]:
        if self._sorted is None:
            while len(self._found) < SORT_WINDOW and self._extend():
                pass
            key = SORTS[self._criteria.sort]
            people, platform = self._people, self._criteria.platform
            window = list(self._found[:SORT_WINDOW])
            window.sort(
                key=lambda rank: key(people.profile(platform, rank, self._day)), reverse=self._criteria.descending
            )
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
        bound = PROFILES_EXAMINED_MAX if _needs_profile(self._criteria) else self._people.size
        for rank in self._people.ranks(self._slots, self._first, self._last):
            if self._examined >= bound:
                return
            self._examined += 1
            if _fits(self._people, self._criteria, rank, self._day):
                yield rank


def _slots(people: Population, criteria: Criteria) -> list[int]:
    """Return the slots whose people can match."""
    places = {place.casefold() for place in criteria.places}
    return [
        slot
        for slot, traits in enumerate(people.slots)
        if criteria.platform in traits.platforms
        and (not places or _country_fits(traits.country_at, places))
        and (not criteria.categories or traits.category in criteria.categories)
        and (criteria.gender is None or traits.gender == criteria.gender)
    ]


def _fits(people: Population, criteria: Criteria, index: int, day: int) -> bool:
    """Return whether a candidate meets the criteria that its slot cannot decide."""
    platform = criteria.platform
    return (
        within(people.followers(platform, index, day), criteria.followers_min, criteria.followers_max)
        and within(people.engagement(platform, index), criteria.engagement_min, criteria.engagement_max)
        and within(people.growth(platform, index), criteria.growth_min, None)
        and (criteria.known_to is None or criteria.known_to(platform, index))
        and (not _needs_profile(criteria) or _fits_profile(criteria, people.profile(platform, index, day)))
    )


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
