"""Which provider can do what: the table through which everything above this room reaches a provider.

Assets, plans and briefs ask here by kind and name no provider. The entries come from the providers' definitions.
"""

from __future__ import annotations

from typing import TypeGuard

from creator_assets.campaigns.catalog import KnownVideo, ProviderCatalog
from creator_assets.campaigns.options import AbilitiesWithOptions, OptionKey
from creator_assets.providers.contract.capability import AnyCapability, Capability, CapabilityKey, PagesT, RowsT
from creator_assets.providers.contract.definition import ProviderDefinition
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.parsing.video_urls import UnknownVideoUrlError, video_url
from creator_assets.providers.registry import CAPABILITIES, PROVIDERS


class NoCapabilityError(LookupError):
    """No provider can do what is asked, or the named one cannot."""


def capability(
    kind: CapabilityKey[PagesT, RowsT],
    *,
    provider: str | None = None,
    platform: str = "",
    depth: str = "",
    option: str = "",
) -> Capability[PagesT, RowsT]:
    """The capability of this kind; where no provider is named, that of the first listed provider that has it.

    Raises:
        NoCapabilityError: No provider, or not the named one, can do this.
    """
    return capabilities_for(kind, provider=provider, platform=platform, depth=depth, option=option)[0]


def capability_or_none(
    kind: CapabilityKey[PagesT, RowsT], *, provider: str, platform: str, option: str = ""
) -> Capability[PagesT, RowsT] | None:
    """The capability of this kind of one provider, None where it has none."""
    try:
        return capability(kind, provider=provider, platform=platform, option=option)
    except NoCapabilityError:
        return None


def capabilities_for(
    kind: CapabilityKey[PagesT, RowsT],
    *,
    provider: str | None = None,
    platform: str = "",
    depth: str = "",
    option: str = "",
) -> list[Capability[PagesT, RowsT]]:
    """All capabilities of this kind, in the order of the registry.

    Args:
        kind: What is asked for.
        provider: Only those of this provider; of all with None.
        platform: Only those on this platform; on any with an empty text.
        depth: Only those of this depth; of any with an empty text.
        option: Only those with this option; with an empty text only those without one.

    Raises:
        NoCapabilityError: No provider, or not the named one, can do this.
    """
    able = [
        entry
        for entry in CAPABILITIES
        if _is_of(entry, kind)
        and (not platform or platform in entry.platforms)
        and (not depth or entry.depth == depth)
        and entry.option == option
    ]
    found = [entry for entry in able if provider in {None, entry.provider}]
    if not found:
        wish = f"`{kind}`{f' at depth {depth}' if depth else ''}{f' with {option}' if option else ''}"
        others = ", ".join(dict.fromkeys(entry.provider for entry in able))
        raise NoCapabilityError(
            f"{f'{provider} cannot' if provider else 'no provider can'} do {wish} on {platform or 'any platform'}. "
            + (f"Name one of {others} in the brief." if others else "Leave it out of the brief.")
        )
    return found


def _is_of(entry: AnyCapability, kind: CapabilityKey[PagesT, RowsT]) -> TypeGuard[Capability[PagesT, RowsT]]:
    """Whether an entry is of a kind. Its key had these types when the entry was made, so its functions have them."""
    return entry.kind is kind


def _video(link: str) -> KnownVideo | None:
    try:
        video = video_url(link)
    except UnknownVideoUrlError:
        return None
    return KnownVideo(key=video.key, platform=video.platform, has_id=bool(video.native_id))


def catalog() -> ProviderCatalog:
    """What the briefs may ask for, by provider and platform."""
    return ProviderCatalog(video=_video, providers={name: _abilities(one) for name, one in PROVIDERS.items()})


def _abilities(provider: ProviderDefinition) -> AbilitiesWithOptions:
    def entries(kind: CapabilityKey[PagesT, RowsT]) -> list[Capability[PagesT, RowsT]]:
        return [entry for entry in provider.capabilities if _is_of(entry, kind)]

    def platforms(kind: CapabilityKey[PagesT, RowsT]) -> frozenset[str]:
        return frozenset(platform for entry in entries(kind) for platform in entry.platforms)

    return AbilitiesWithOptions(
        search=platforms(CapabilityKind.SEARCH),
        lookalikes=platforms(CapabilityKind.LOOKALIKES),
        enrich=platforms(CapabilityKind.PROFILE),
        audiences=platforms(CapabilityKind.AUDIENCE),
        content=platforms(CapabilityKind.CONTENT),
        details={one.depth: frozenset(one.platforms) for one in entries(CapabilityKind.CONTENT_DETAILS)},
        overlap=platforms(CapabilityKind.OVERLAP),
        post_stats=platforms(CapabilityKind.POST_STATS),
        creator_averages=platforms(CapabilityKind.CREATOR_AVERAGES),
        track=platforms(CapabilityKind.TRACK_VIDEOS),
        resolves_links=any(one.resolves_links for one in entries(CapabilityKind.TRACK_VIDEOS)),
        linked_accounts=platforms(CapabilityKind.LINKED_ACCOUNTS),
        match_emails=bool(entries(CapabilityKind.EMAIL_MATCH)),
        filters=provider.filters,
        options={
            OptionKey(str(one.kind), one.option, one.depth): frozenset(one.platforms)
            for one in provider.capabilities
            if one.option
        },
    )
