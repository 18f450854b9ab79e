"""Which provider is asked first where several can do the same, and the reason in words for a column.

What belongs here: comparing what capabilities cost an account. What does not: which provider can do what, which is in
``capabilities``, and when the next provider is asked, which the stage decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Generic

import msgspec

from creator_assets.microcredits import to_credits
from creator_assets.providers.capabilities import NoCapabilityError, capabilities_for
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability, CapabilityKey, PagesT, PagesT_co, RowsT, RowsT_co


class RankedCapability(msgspec.Struct, Generic[PagesT_co, RowsT_co], frozen=True, kw_only=True):
    """A capability, the reason for its rank, and what it costs at most.

    ``cost`` is in the currency of the stated prices. Where no price is stated it is in credits. It is None where other
    prices are stated and this provider's is not.
    """

    capability: Capability[PagesT_co, RowsT_co]
    reason: str
    cost: Decimal | None


def ranked_capabilities(
    kind: CapabilityKey[PagesT, RowsT],
    *,
    provider: str | None = None,
    platform: str = "",
    depth: str = "",
    option: str = "",
    among: Collection[str] | None = None,
    settings: Mapping[str, ProviderSettings] | None = None,
    preferred: str = "",
) -> list[RankedCapability[PagesT, RowsT]]:
    """The capabilities that can do a job, the cheapest first, as a waterfall asks them.

    Credits of different providers are different money: they are compared only by a stated price. Where some prices are
    stated, a provider without one comes last.

    Args:
        kind: What is asked for.
        provider: The provider that the brief names; no other is considered then.
        platform: Only capabilities on this platform.
        depth: Only capabilities of this depth.
        option: Only capabilities with this option; with an empty text only those without one.
        among: The providers that may be asked, e.g. those with a budget; all of them with None.
        settings: Those of the accounts, with the prices that they pay and what their credits cost. Without them the
            documented prices count, and all credits cost the same.
        preferred: The provider that comes first among those of the same cost.

    Raises:
        NoCapabilityError: No provider, or not the named one, can do this.
    """
    asked = [
        one
        for one in capabilities_for(kind, provider=provider, platform=platform, depth=depth, option=option)
        if among is None or one.provider in among
    ]
    if not asked:
        wish = f"`{kind}` on {platform or 'any platform'}"
        if not among:
            raise NoCapabilityError(
                f"no provider has a budget from which {wish} could be paid. Give one some credits in the brief."
            )
        raise NoCapabilityError(f"none of {', '.join(sorted(among))} can do {wish}")
    own = {one.provider: (settings or {}).get(one.provider, ProviderSettings()) for one in asked}
    is_stated = any(one.credit_price is not None for one in own.values())
    ranked = sorted(
        (_priced(one, own[one.provider], is_stated=is_stated) for one in asked),
        key=lambda choice: (choice.cost is None, choice.cost, choice.capability.provider != preferred),
    )
    shown = ", ".join(f"{choice.capability.provider} {choice.reason}" for choice in ranked)
    basis = "at the stated prices" if is_stated else "a credit of each counted alike"

    def reason(place: int) -> str:
        if provider is not None:
            return "named by the brief"
        if len(ranked) == 1:
            return "the only one"
        return f"{'cheapest' if place == 0 else f'number {place + 1} by price'} of {shown} ({basis})"

    return [msgspec.structs.replace(choice, reason=reason(place)) for place, choice in enumerate(ranked)]


def _priced(
    one: Capability[PagesT, RowsT], settings: ProviderSettings, *, is_stated: bool
) -> RankedCapability[PagesT, RowsT]:
    """A capability with its cost in the common currency, and the cost as its reason."""
    credits_each = to_credits(one.each_microcredits(settings))
    if is_stated and settings.credit_price is None:
        return RankedCapability(
            capability=one, cost=None, reason=f"{credits_each.normalize():f} credits of no stated price"
        )
    cost = credits_each * (settings.credit_price or Decimal(1))
    return RankedCapability(capability=one, cost=cost, reason=f"{cost.normalize():f}")
