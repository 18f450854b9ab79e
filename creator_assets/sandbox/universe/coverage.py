"""Which provider knows which account: nobody's database is complete, and the gaps are where money leaks.

Decided by platform and position alone, so that a search can skip the gaps without computing a profile. What a
provider answers in a gap is its own folder's business.
"""

from __future__ import annotations

import msgspec

from creator_assets.sandbox.universe.examples import FIRST_INDEX
from creator_assets.sandbox.universe.identity import PLATFORMS
from creator_assets.sandbox.universe.mixing import mix

_AUDIENCE_PENDING_PERCENT = 8


class DataGaps(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts on which one provider has nothing: ``percent`` of a hundred, chosen by its own ``salt``."""

    percent: int
    salt: int

    def has_data(self, platform: str, index: int) -> bool:
        """Tell whether the provider has data on an account; the documents' own examples are known to all."""
        if index >= FIRST_INDEX:
            return True
        return mix(self.salt, PLATFORMS.index(platform), index) % 100 >= self.percent


def audience_pending(platform: str, index: int) -> bool:
    """Tell whether influData must first analyse an account's audience when it is asked for."""
    return index < FIRST_INDEX and mix(35, PLATFORMS.index(platform), index) % 100 < _AUDIENCE_PENDING_PERCENT


def audience_missing(platform: str, index: int) -> bool:
    """Tell whether no audience can be computed for an account (a ``success: false`` block inside a good answer)."""
    return index < FIRST_INDEX and mix(36, PLATFORMS.index(platform), index) % 100 < 10
