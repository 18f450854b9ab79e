"""A universe that is computed on demand, so that its cost does not depend on its size.

A look-up converts a handle, id or e-mail address to a position. Recent searches are cached for paging. ``population``
defines the people.
"""

from __future__ import annotations

from datetime import datetime

from creator_assets.sandbox.universe import examples
from creator_assets.sandbox.universe.identity import PLATFORMS, index_of_handle, index_of_native_id
from creator_assets.sandbox.universe.population import Population, day_of
from creator_assets.sandbox.universe.profile import Criteria, Profile
from creator_assets.sandbox.universe.search import SyntheticMatches

SEARCHES_KEPT = 24


class SyntheticUniverse:
    """Up to a million people, computed on demand."""

    def __init__(self, seed: int, size: int) -> None:
        """Define ``size`` people of ``seed``.

        Raises:
            ValueError: The size is not between 1 and 1,048,576.
        """
        self.universe_id = f"synthetic-{seed}-{size}"
        self._people = Population(seed, size)
        self._searches: dict[tuple[Criteria, int], SyntheticMatches] = {}

    def describe(self) -> dict[str, object]:
        """Return facts for the health path."""
        return {"universe": "synthetic", "seed": self._people.seed, "size": self._people.size}

    def search(self, criteria: Criteria, now: datetime) -> SyntheticMatches:
        """Return the accounts that match; the search runs only as far as they are read."""
        day = day_of(now)
        found = self._searches.pop((criteria, day), None) or SyntheticMatches(self._people, criteria, day)
        self._searches[criteria, day] = found  # most recently used last
        while len(self._searches) > SEARCHES_KEPT:
            self._searches.pop(next(iter(self._searches)))
        return found

    def by_handle(self, platform: str, handle: str, now: datetime) -> Profile | None:
        """Return the account of a handle, with or without ``@``, in any case."""
        named = examples.find(platform, handle)
        if named is not None:
            return named
        index = index_of_handle(self._people.seed, platform, handle)
        return self._existing(platform, index, now)

    def by_native_id(self, platform: str, native_id: str, now: datetime) -> Profile | None:
        """Return the account of a platform's own id."""
        named = examples.find_native(platform, native_id)
        if named is not None:
            return named
        return self._existing(platform, index_of_native_id(self._people.seed, platform, native_id), now)

    def by_index(self, platform: str, index: int, now: datetime) -> Profile | None:
        """Return the account of a position in the universe."""
        if index >= examples.FIRST_INDEX:
            return examples.at(platform, index)
        return self._existing(platform, index, now)

    def by_email(self, email: str, now: datetime) -> list[Profile]:
        """Return the accounts of the person with an e-mail address."""
        local, _, _domain = email.strip().casefold().partition("@")
        index = index_of_handle(self._people.seed, "email", local)
        if index is None or index >= self._people.size:
            return []
        accounts = self._accounts(index, now)
        return accounts if accounts and accounts[0].email == email.strip().casefold() else []

    def linked(self, profile: Profile, now: datetime) -> list[Profile]:
        """Return all accounts of the person of ``profile``, including it."""
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

    def _existing(self, platform: str, index: int | None, now: datetime) -> Profile | None:
        if index is None or index >= self._people.size or platform not in self._people.traits(index).platforms:
            return None
        return self._people.profile(platform, index, day_of(now))

    def _accounts(self, index: int, now: datetime) -> list[Profile]:
        platforms = self._people.traits(index).platforms
        return [self._people.profile(platform, index, day_of(now)) for platform in PLATFORMS if platform in platforms]
