"""Which provider has data on which account. No provider's database is complete, and gaps can cost money.

Platform and position decide, so that a search can skip gaps without computing a profile. The response for a gap belongs
to the provider's own package.
"""

from __future__ import annotations

from creator_assets.sandbox.universe.examples import FIRST_INDEX
from creator_assets.sandbox.universe.identity import PLATFORMS
from creator_assets.sandbox.universe.mixing import mix

# Percentage of accounts without data at the provider.
_GAPS_PERCENT = {"influencers_club": 4, "infludata": 5, "keyapi": 3, "influtics": 2}
_SALT = {"influencers_club": 31, "infludata": 32, "keyapi": 33, "influtics": 34}
_AUDIENCE_PENDING_PERCENT = 8


def has_data(provider: str, platform: str, index: int) -> bool:
    """Return whether a provider has data on an account. All providers have the documents' own examples."""
    if index >= FIRST_INDEX:
        return True
    return mix(_SALT[provider], PLATFORMS.index(platform), index) % 100 >= _GAPS_PERCENT[provider]


def audience_pending(platform: str, index: int) -> bool:
    """Return whether influData must first analyse an account's audience."""
    return index < FIRST_INDEX and mix(35, PLATFORMS.index(platform), index) % 100 < _AUDIENCE_PENDING_PERCENT


def audience_missing(platform: str, index: int) -> bool:
    """Return whether an account has no audience data (a ``success: false`` block inside a good response)."""
    return index < FIRST_INDEX and mix(36, PLATFORMS.index(platform), index) % 100 < 10
