"""The creators that all providers know, synthetic or read from a file.

One universe serves every provider of a sandbox, so that a creator found at one is the same creator at another. What a
provider charges, hides or words differently does not belong here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from creator_assets.sandbox.settings import SandboxSettings
from creator_assets.sandbox.universe.profile import Criteria, Matches, Profile

__all__ = ["Criteria", "Matches", "Profile", "Universe", "open_universe"]


class Universe(Protocol):
    """All look-ups that a provider needs; ``now`` is the sandbox's present, for values drift."""

    universe_id: str

    def describe(self) -> dict[str, object]:
        """Return facts for the health path."""

    def search(self, criteria: Criteria, now: datetime) -> Matches:
        """Return the accounts that match."""

    def by_handle(self, platform: str, handle: str, now: datetime) -> Profile | None:
        """Return the account of a handle, or None."""

    def by_native_id(self, platform: str, native_id: str, now: datetime) -> Profile | None:
        """Return the account of a platform's own id, or None."""

    def by_index(self, platform: str, index: int, now: datetime) -> Profile | None:
        """Return the account at a position of the universe, or None."""

    def by_email(self, email: str, now: datetime) -> list[Profile]:
        """Return the accounts of an e-mail address."""

    def linked(self, profile: Profile, now: datetime) -> list[Profile]:
        """Return all accounts of one person."""

    def neighbours(self, profile: Profile, limit: int, now: datetime) -> list[Profile]:
        """Return accounts that resemble one."""


def open_universe(settings: SandboxSettings) -> Universe:
    """Open the universe that the settings name.

    Raises:
        ValueError: The size is out of bounds, or the file is no universe.
        OSError: The file cannot be read.
    """
    if settings.universe_path is not None:
        from creator_assets.sandbox.universe.parquet import ParquetUniverse  # noqa: PLC0415 - only the one in use is loaded

        return ParquetUniverse(settings.universe_path, settings.links_path)
    from creator_assets.sandbox.universe.synthetic import SyntheticUniverse  # noqa: PLC0415 - as above

    return SyntheticUniverse(settings.seed, settings.size)
