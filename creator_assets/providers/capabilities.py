"""Which provider can do what: the table through which everything above this room reaches a provider.

A ``Capability`` joins what one provider can be asked (a function that makes the calls) with what becomes of the
answers (a function that makes rows of them). Assets, plans and briefs look here and name no provider; one more
provider is a few more entries here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from creator_assets.campaigns.catalog import Filter, ProviderAbilities, ProviderCatalog
from creator_assets.providers.contract import Answer, Operation
from creator_assets.providers.infludata import operations as infludata
from creator_assets.providers.infludata import payloads as infludata_payloads
from creator_assets.providers.infludata import rows as infludata_rows
from creator_assets.providers.influencers_club import operations as influencers_club
from creator_assets.providers.influencers_club import payloads as influencers_club_payloads
from creator_assets.providers.influencers_club import rows as influencers_club_rows


class Kind(StrEnum):
    """What is asked for, whoever answers.

    ``pages`` and ``rows`` of a capability take, by kind:

    - SEARCH: ``pages(settings, platform, filters, max_creators)``; ``rows(answers, origin=, origin_name=, platform=)``
    - LOOKALIKES: ``pages(settings, platform, username, filters, max_creators)``; rows as SEARCH
    - PROFILE: ``pages(settings, platform, username)``; ``rows(answers)``
    - FILTER_VALUES: ``pages(settings, platform, filters)`` gives a list of pages; ``rows(answers)``
    - BALANCE: ``pages(settings)``; ``rows(answer)`` gives a ``ReportedBalance``
    - AUDIENCE: ``pages(settings, platform, username)``; ``rows(answers, keep_sensitive=)`` gives ``AudienceRows``
    - READINESS: whether an audience report is there, free; pages as AUDIENCE; ``rows(answer)`` gives ``DataReadiness``
    - CONTENT: ``pages(settings, platform, username, max_items, since)``; ``rows(answers)``
    """

    SEARCH = "search"
    LOOKALIKES = "lookalikes"
    PROFILE = "profile"
    FILTER_VALUES = "filter_values"
    BALANCE = "balance"
    AUDIENCE = "audience"
    READINESS = "readiness"
    CONTENT = "content"


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that one provider can do, on these platforms; `depth` tells profiles apart (``full``, ``raw``).

    ``mark`` reads from the answers of a pull of content up to when it came, so that the next one asks for later pieces
    only; None where the provider has no such thing.
    """

    provider: str
    kind: Kind
    platforms: tuple[str, ...] = ()
    depth: str = ""
    pages: Callable[..., Any]
    rows: Callable[..., Any]
    mark: Callable[[Sequence[Answer]], datetime | None] | None = None


def _of(
    provider: str, kind: Kind, platforms: tuple[str, ...], pages: Any, rows: Any, depth: str = "", mark: Any = None
) -> Capability:
    return Capability(provider=provider, kind=kind, platforms=platforms, pages=pages, rows=rows, depth=depth, mark=mark)


def _content_mark(answers: Sequence[Answer]) -> datetime | None:
    watermark = infludata_rows.watermark(answers)
    return watermark.created_at_max if watermark else None


_CLUB = influencers_club.NAME
_CLUB_SEARCH = tuple(influencers_club_payloads.SEARCH_FILTERS)
_CLUB_FULL = influencers_club_payloads.ENRICHED_PLATFORMS
_CLUB_RAW = tuple(platform for platform in _CLUB_FULL if platform != "twitch")
_CLUB_SIMILAR = tuple(platform for platform in _CLUB_SEARCH if platform != "twitter")
_DATA = infludata.NAME
_DATA_ALL = infludata_payloads.PLATFORMS
_DATA_REPORTS = infludata_payloads.REPORT_PLATFORMS

CAPABILITIES: tuple[Capability, ...] = (
    _of(_CLUB, Kind.SEARCH, _CLUB_SEARCH, influencers_club.search, influencers_club_rows.creator_rows),
    _of(_CLUB, Kind.LOOKALIKES, _CLUB_SIMILAR, influencers_club.lookalikes, influencers_club_rows.creator_rows),
    _of(_CLUB, Kind.PROFILE, _CLUB_FULL, influencers_club.full_profile, influencers_club_rows.profile_rows, "full"),
    _of(_CLUB, Kind.PROFILE, _CLUB_RAW, influencers_club.raw_profile, influencers_club_rows.profile_rows, "raw"),
    _of(_CLUB, Kind.FILTER_VALUES, _CLUB_SEARCH, influencers_club.dictionaries, influencers_club_rows.filter_rows),
    _of(_CLUB, Kind.BALANCE, (), influencers_club.balance, influencers_club_rows.balance),
    _of(_DATA, Kind.SEARCH, _DATA_ALL, infludata.search, infludata_rows.creator_rows),
    _of(_DATA, Kind.PROFILE, _DATA_ALL, infludata.profile, infludata_rows.profile_rows, "full"),
    _of(_DATA, Kind.FILTER_VALUES, _DATA_ALL, infludata.cities, infludata_rows.filter_rows),
    _of(_DATA, Kind.BALANCE, (), infludata.balance, infludata_rows.balance),
    _of(_DATA, Kind.AUDIENCE, _DATA_REPORTS, infludata.profile_with_report, infludata_rows.report_rows),
    _of(_DATA, Kind.READINESS, _DATA_REPORTS, infludata.status, infludata_rows.readiness),
    _of(_DATA, Kind.CONTENT, _DATA_REPORTS, infludata.content, infludata_rows.content_rows, mark=_content_mark),
)
OPERATIONS: tuple[Operation, ...] = (*influencers_club.OPERATIONS, *infludata.OPERATIONS)
PROVIDERS: tuple[str, ...] = (_CLUB, _DATA)
_FILTERS: Mapping[str, Mapping[str, Mapping[str, Filter]]] = {
    _CLUB: influencers_club_payloads.SEARCH_FILTERS,
    _DATA: infludata_payloads.SEARCH_FILTERS,
}


class NoCapabilityError(LookupError):
    """No provider can do what is asked, or the named one cannot."""


def capability(kind: Kind, *, provider: str | None = None, platform: str = "", depth: str = "") -> Capability:
    """The capability for the job; where no provider is named, the first listed that can do it.

    Raises:
        NoCapabilityError: Nobody, or not the named provider, can do this.
    """
    able = [
        entry
        for entry in CAPABILITIES
        if entry.kind is kind
        and provider in {None, entry.provider}
        and (not platform or platform in entry.platforms)
        and (not depth or entry.depth == depth)
    ]
    if not able:
        who = provider or "no provider"
        raise NoCapabilityError(
            f"{who} cannot do `{kind}`{f' at depth {depth}' if depth else ''} on {platform or 'any platform'}"
        )
    return able[0]


def catalog() -> ProviderCatalog:
    """What the briefs may ask for, by provider and platform."""

    def platforms(provider: str, kind: Kind) -> frozenset[str]:
        entries = (entry for entry in CAPABILITIES if entry.provider == provider and entry.kind is kind)
        return frozenset(platform for entry in entries for platform in entry.platforms)

    return ProviderCatalog(
        providers={
            name: ProviderAbilities(
                search=platforms(name, Kind.SEARCH),
                lookalikes=platforms(name, Kind.LOOKALIKES),
                enrich=platforms(name, Kind.PROFILE),
                audiences=platforms(name, Kind.AUDIENCE),
                content=platforms(name, Kind.CONTENT),
                filters=_FILTERS[name],
            )
            for name in PROVIDERS
        }
    )
