"""Who is asked: the brief's provider, else the one that found the creator, else whoever can and has a budget.

One rule for everything that is bought for a creator of the shortlist. What a provider can do is said in
``providers.capabilities``; what is asked belongs to the stage's file.
"""

from __future__ import annotations

from collections.abc import Collection

from creator_assets.providers.capabilities import Capability, Kind, NoCapabilityError, capability


def chosen_for(
    kind: Kind, *, platform: str, provider: str | None, finder: str = "", funded: Collection[str] = ()
) -> Capability:
    """The capability that serves one creator.

    Args:
        kind: What is wanted.
        platform: Of the creator.
        provider: The brief's own choice, which leaves no other.
        finder: Who found the creator, and so knows it.
        funded: Providers for which the brief has a budget; nobody else is chosen.

    Raises:
        NoCapabilityError: Nobody can, or not the provider that the brief names.
    """
    if provider is not None:
        return capability(kind, provider=provider, platform=platform)
    others = sorted(set(funded) - {finder})
    for name in [finder, *others] if finder in funded else others:
        try:
            return capability(kind, provider=name, platform=platform)
        except NoCapabilityError:
            continue
    return capability(kind, platform=platform)
