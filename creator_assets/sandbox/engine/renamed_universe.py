"""A wrapper of a universe, with accounts that changed their handle while the sandbox was running.

A renamed account keeps its ids, its person and its numbers. Its old handle becomes free, and another account may take
it. The wrapped universe decides everything else.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from creator_assets.sandbox.engine.state import StateSection
from creator_assets.sandbox.universe.profile import Criteria, Matches, Profile

if TYPE_CHECKING:
    from creator_assets.sandbox.universe import Universe


class RenamedUniverse:
    """A universe with the current handles. A look-up by handle finds current handles only."""

    def __init__(self, behind: Universe, handles: StateSection) -> None:
        """Wrap ``behind``; ``handles`` holds the changed handles by platform and index."""
        self.universe_id = behind.universe_id
        self._behind = behind
        self._handles = handles

    def rename(self, platform: str, handle: str, new_handle: str, now: datetime) -> Profile:
        """Give an account another handle and return it.

        Raises:
            ValueError: No account has the old handle, or an account has the new one.
        """
        found = self.by_handle(platform, handle, now)
        if found is None:
            raise ValueError(f"nobody is called that on {platform}")
        if self.by_handle(platform, new_handle, now) is not None:
            raise ValueError(f"somebody on {platform} is called so already")
        self._handles.put(f"{platform}/{found.index}", new_handle)
        return self._today(found)

    def describe(self) -> dict[str, object]:
        """Return facts for the health path."""
        return self._behind.describe()

    def search(self, criteria: Criteria, now: datetime) -> Matches:
        """Return the accounts that match. The criteria see the original handles."""
        found = self._behind.search(criteria, now)
        return _RenamedMatches(found, self) if len(self._handles) else found

    def by_handle(self, platform: str, handle: str, now: datetime) -> Profile | None:
        """Return the account that currently has a handle, or None."""
        wanted = handle.strip().removeprefix("@").casefold()
        for key, taken in self._handles.items():
            on, _, index = key.partition("/")
            if on == platform and taken.casefold() == wanted:
                return self.by_index(platform, int(index), now)
        found = self._behind.by_handle(platform, handle, now)
        return found if found is None or f"{platform}/{found.index}" not in self._handles else None

    def by_native_id(self, platform: str, native_id: str, now: datetime) -> Profile | None:
        """Return the account of a platform's own id, or None."""
        return self._today_if(self._behind.by_native_id(platform, native_id, now))

    def by_index(self, platform: str, index: int, now: datetime) -> Profile | None:
        """Return the account at a position of the universe, or None."""
        return self._today_if(self._behind.by_index(platform, index, now))

    def by_email(self, email: str, now: datetime) -> list[Profile]:
        """Return the accounts with an e-mail address."""
        return self.today(self._behind.by_email(email, now))

    def linked(self, profile: Profile, now: datetime) -> list[Profile]:
        """Return all accounts of one person."""
        return self.today(self._behind.linked(profile, now))

    def neighbours(self, profile: Profile, limit: int, now: datetime) -> list[Profile]:
        """Return accounts that resemble one."""
        return self.today(self._behind.neighbours(profile, limit, now))

    def today(self, profiles: list[Profile]) -> list[Profile]:
        """Return accounts with their current handles."""
        return [self._today(one) for one in profiles]

    def _today_if(self, profile: Profile | None) -> Profile | None:
        return None if profile is None else self._today(profile)

    def _today(self, profile: Profile) -> Profile:
        handle = self._handles.get(f"{profile.platform}/{profile.index}")
        return profile if handle is None else msgspec.structs.replace(profile, handle=handle)


class _RenamedMatches:
    """Matches with the current handles."""

    def __init__(self, found: Matches, universe: RenamedUniverse) -> None:
        self._found = found
        self._universe = universe

    @property
    def total(self) -> int:
        """Number of matches."""
        return self._found.total

    def page(self, offset: int, limit: int) -> list[Profile]:
        """Return up to ``limit`` accounts from position ``offset``."""
        return self._universe.today(self._found.page(offset, limit))
