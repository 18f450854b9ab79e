"""What a person reads where the settings of a process and the ledger disagree about a provider's limit.

The ledger has the limit; who decides about it is in ``ledger.booking.periods``.
"""

from __future__ import annotations

from collections.abc import Iterable

from creator_assets.ledger.booking.periods import Disagreement
from creator_assets.microcredits import format_credits


def how_to_agree(scope: str) -> str:
    """What to do, in words."""
    provider = scope.partition("/")[0]
    return (
        f"Set {provider.upper()}_CREDIT_LIMIT to the ledger's limit. Or change it for everybody: run "
        f"`creator-assets budget set {provider} LIMIT`."
    )


def disagreements_in_words(disagreements: Iterable[Disagreement]) -> dict[str, str]:
    """What differs and what to do about it, by scope. A part of a provider's limit follows the whole."""
    found = {one.scope: one for one in disagreements}
    return {
        scope: f"{scope}: the ledger's limit is {format_credits(one.limit_microcredits)} credits, and the settings say "
        f"{format_credits(one.stated_microcredits)}. Nothing that costs is sent from here. {how_to_agree(scope)}"
        for scope, one in found.items()
        if "/" not in scope or scope.partition("/")[0] not in found
    }
