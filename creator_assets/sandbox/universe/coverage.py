"""Which provider knows which account: nobody's database is complete, and the gaps are where money leaks.

Decided by platform and position alone, so that a search can skip the gaps without computing a profile. What a
provider answers in a gap is its own folder's business.
"""

from __future__ import annotations

from creator_assets.sandbox.universe.examples import FIRST_INDEX
from creator_assets.sandbox.universe.identity import PLATFORMS
from creator_assets.sandbox.universe.mixing import mix

# Accounts in a hundred on which the provider has nothing.
_GAPS_PERCENT = {"influencers_club": 4, "infludata": 5, "keyapi": 3, "influtics": 2}
_SALT = {"influencers_club": 31, "infludata": 32, "keyapi": 33, "influtics": 34}
_AUDIENCE_PENDING_PERCENT = 8


def has_data(provider: str, platform: str, index: int) -> bool:
    """Tell whether a provider has data on an account; the documents' own examples are known to all."""
    if index >= FIRST_INDEX:
        return True
    return mix(_SALT[provider], PLATFORMS.index(platform), index) % 100 >= _GAPS_PERCENT[provider]


def audience_pending(platform: str, index: int) -> bool:
    """Tell whether influData must first analyse an account's audience when it is asked for."""
    return index < FIRST_INDEX and mix(35, PLATFORMS.index(platform), index) % 100 < _AUDIENCE_PENDING_PERCENT


def audience_missing(platform: str, index: int) -> bool:
    """Tell whether no audience can be computed for an account (a ``success: false`` block inside a good answer)."""
    return index < FIRST_INDEX and mix(36, PLATFORMS.index(platform), index) % 100 < 10
