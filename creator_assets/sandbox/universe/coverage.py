"""Which provider has data on which account. No provider's database is complete, and gaps can cost money.

Platform and position decide, so that a search can skip gaps without computing a profile. The response for a gap belongs
to the provider's own package.
"""

from __future__ import annotations

import msgspec

from creator_assets.sandbox.universe.examples import FIRST_INDEX
from creator_assets.sandbox.universe.identity import PLATFORMS
from creator_assets.sandbox.universe.mixing import mix

_AUDIENCE_PENDING_PERCENT = 8


class DataGaps(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts without data at one provider: ``percent`` of all, chosen by its own ``salt``."""

    percent: int
    salt: int

    def has_data(self, platform: str, index: int) -> bool:
        """Return whether the provider has data on an account. All providers have the documents' own examples."""
        if index >= FIRST_INDEX:
            return True
        return mix(self.salt, PLATFORMS.index(platform), index) % 100 >= self.percent


def audience_pending(platform: str, index: int) -> bool:
    """Return whether influData must first analyse an account's audience."""
    return index < FIRST_INDEX and mix(35, PLATFORMS.index(platform), index) % 100 < _AUDIENCE_PENDING_PERCENT


def audience_missing(platform: str, index: int) -> bool:
    """Return whether an account has no audience data (a ``success: false`` block inside a good response)."""
    return index < FIRST_INDEX and mix(36, PLATFORMS.index(platform), index) % 100 < 10
