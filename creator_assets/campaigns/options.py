"""Options of a purchase: what only some providers offer beside the purchase itself, such as fresh data.

What belongs here: which provider offers which option where. What an option means stands at its field of the brief. A
provider that does not offer it is not asked; the brief is refused where nobody with a budget offers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from creator_assets.campaigns.catalog import ProviderAbilities

FILTERED = "filtered"
"""E-mail matches: with a least number of followers, and without some platforms. Content: posts that meet conditions."""
ONLY_WITH_EMAIL = "only_with_email"
"""Profiles and reports: nothing, for nothing, of a creator without an e-mail address."""
REFRESH = "refresh"
"""Profiles and averages: the provider looks for new videos first."""
SCORES = "scores"
"""Profiles: with the provider's scores."""
WEEKLY = "refresh_weekly"
"""Pre-registration: the provider reads these creators anew each week."""


class OptionKey(NamedTuple):
    """An option of a kind of purchase (the kind's name), in one depth where the kind has several."""

    kind: str
    option: str
    depth: str = ""


class AbilitiesWithOptions(ProviderAbilities, frozen=True, kw_only=True):
    """What a provider can do, with its options: each maps to the platforms on which the provider offers it."""

    options: Mapping[OptionKey, frozenset[str]] = {}


def platforms_with(can: ProviderAbilities, key: OptionKey) -> frozenset[str]:
    """The platforms on which a provider offers an option; none where its options are not known."""
    return can.options.get(key, frozenset()) if isinstance(can, AbilitiesWithOptions) else frozenset()
