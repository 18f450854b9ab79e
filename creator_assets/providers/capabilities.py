"""Which provider can do what: the table through which everything above this room reaches a provider.

A ``Capability`` joins what one provider can be asked (a function that makes the calls) with what becomes of the
answers (a function that makes rows of them). Assets, plans and briefs look here and name no provider; one more
provider is a few more entries here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from creator_assets.campaigns.catalog import Filter, KnownVideo, ProviderAbilities, ProviderCatalog
from creator_assets.providers.contract.account_settings import ProviderSettings, at_prices_in_force
from creator_assets.providers.contract.kinds import TRACKED_DAYS, CapabilityKind
from creator_assets.providers.contract.operations import Answer, Operation
from creator_assets.providers.contract.statements import RecordCount
from creator_assets.providers.infludata import operations as infludata
from creator_assets.providers.infludata import payloads as infludata_payloads
from creator_assets.providers.infludata import pulls as infludata_pulls
from creator_assets.providers.infludata import rows as infludata_rows
from creator_assets.providers.influencers_club import account_rows as club_account_rows
from creator_assets.providers.influencers_club import dictionaries as club_dictionaries
from creator_assets.providers.influencers_club import endpoints as club_endpoints
from creator_assets.providers.influencers_club import filters as club_filters
from creator_assets.providers.influencers_club import operations as club
from creator_assets.providers.influencers_club import payloads as club_payloads
from creator_assets.providers.influencers_club import post_requests as club_post_calls
from creator_assets.providers.influencers_club import post_rows as club_post_rows
from creator_assets.providers.influencers_club import rows as club_rows
from creator_assets.providers.influtics import operations as influtics
from creator_assets.providers.influtics import payloads as influtics_payloads
from creator_assets.providers.influtics import rows as influtics_rows
from creator_assets.providers.keyapi import operations as keyapi
from creator_assets.providers.keyapi import rows as keyapi_rows
from creator_assets.providers.parsing.video_urls import UnknownVideoUrlError, video_url


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that one provider can do, on these platforms.

    ``depth`` tells ways of the same kind apart (``full`` and ``raw`` profiles, modes of a batch, details of a post).
    ``charged`` is the operation whose price it is, in the `variant` of it where it has several, ``shared_by`` how many
    creators, posts or videos one unit of that price brings at least, ``units`` how many of them one of these takes in
    all. Who ``resolves_links`` finds a video behind an address that does not hold its id. ``mark`` reads from the
    answers of a pull of content up to when it came, so that the next one asks for later pieces only; None where the
    provider has no such thing. ``counted`` compares how many records an answer says that it
    holds with those that are in it.
    """

    provider: str
    kind: CapabilityKind
    platforms: tuple[str, ...] = ()
    depth: str = ""
    charged: Operation | None = None
    variant: str = ""
    shared_by: int = 1
    units: int = 1
    resolves_links: bool = False
    pages: Callable[..., Any]
    rows: Callable[..., Any]
    mark: Callable[[Sequence[Answer]], datetime | None] | None = None
    counted: Callable[[Answer], RecordCount | None] | None = None

    def each_microcredits(self, settings: ProviderSettings = ProviderSettings()) -> int:  # noqa: B008 - frozen
        """What one costs at most, in the provider's own credits, at the prices of an account."""
        price = settings.in_force(self.charged).price if self.charged else None
        return price.variant_microcredits(self.variant) * self.units // self.shared_by if price else 0


def _of(
    provider: str, kind: CapabilityKind, platforms: tuple[str, ...], pages: Any, rows: Any, **more: Any
) -> Capability:
    priced = at_prices_in_force(pages)
    return Capability(provider=provider, kind=kind, platforms=platforms, pages=priced, rows=rows, **more)


_SEARCHED = tuple(club_filters.SEARCH_FILTERS)
_FULL = club_payloads.ENRICHED_PLATFORMS
_RAW = tuple(platform for platform in _FULL if platform != "twitch")
_SIMILAR = tuple(platform for platform in _SEARCHED if platform != "twitter")
_AUDIENCES = club_payloads.AUDIENCE_PLATFORMS
_DATA_ALL, _DATA_REPORTS = infludata_payloads.PLATFORMS, infludata_payloads.REPORT_PLATFORMS
_VIDEOS = influtics_payloads.PLATFORMS
_LOOKED_AT = tuple(club_payloads.CONTENT_TYPES)

_CLUB = (
    _of(club.NAME, CapabilityKind.SEARCH, _SEARCHED, club.search, club_rows.creator_rows, charged=club.DISCOVERY),
    _of(club.NAME, CapabilityKind.LOOKALIKES, _SIMILAR, club.lookalikes, club_rows.creator_rows, charged=club.SIMILAR),
    _of(
        club.NAME,
        CapabilityKind.PROFILE,
        _FULL,
        club.full_profile,
        club_rows.profile_rows,
        depth="full",
        charged=club.ENRICH_FULL,
    ),
    _of(
        club.NAME,
        CapabilityKind.PROFILE,
        _RAW,
        club.raw_profile,
        club_rows.profile_rows,
        depth="raw",
        charged=club.ENRICH_RAW,
    ),
    _of(club.NAME, CapabilityKind.FILTER_VALUES, _SEARCHED, club_dictionaries.dictionaries, club_rows.filter_rows),
    _of(club.NAME, CapabilityKind.FILTER_CHECK, _SEARCHED, club_dictionaries.dictionaries_of, club_rows.filter_rows),
    _of(club.NAME, CapabilityKind.BALANCE, (), club.balance, club_rows.balance),
    _of(
        club.NAME,
        CapabilityKind.AUDIENCE,
        _AUDIENCES,
        club.full_profile,
        club_rows.report_rows,
        charged=club.ENRICH_FULL,
    ),
    # A page of posts has one price; Instagram's, of twelve, is the shortest.
    _of(
        club.NAME,
        CapabilityKind.CONTENT,
        tuple(club_payloads.POSTS_PER_PAGE),
        club_post_calls.posts,
        club_post_rows.content_rows,
        charged=club_endpoints.POSTS,
        shared_by=min(club_payloads.POSTS_PER_PAGE.values()),
        mark=club_post_rows.newest,
        counted=club_post_rows.counted,
    ),
    *(
        _of(
            club.NAME,
            CapabilityKind.CONTENT_DETAILS,
            tuple(platform for platform, kinds in club_payloads.CONTENT_TYPES.items() if kind in kinds),
            partial(club_post_calls.details, content_type=kind),
            club_post_rows.detail_rows,
            depth=kind,
            charged=club_endpoints.DETAILS,
        )
        for kind in club_payloads.CONTENT_TYPES["instagram"]
    ),
    _of(
        club.NAME,
        CapabilityKind.POST_STATS,
        _LOOKED_AT,
        club_post_calls.counters,
        club_post_rows.stat_rows,
        charged=club_endpoints.DETAILS,
    ),
    _of(
        club.NAME,
        CapabilityKind.TRACK_VIDEOS,
        _LOOKED_AT,
        club_post_calls.track,
        club_post_rows.tracked_rows,
        charged=club_endpoints.DETAILS,
        units=TRACKED_DAYS,
    ),
    _of(
        club.NAME,
        CapabilityKind.OVERLAP,
        _AUDIENCES,
        club.overlap,
        club_account_rows.overlap_rows,
        charged=club.OVERLAP,
    ),
    _of(
        club.NAME,
        CapabilityKind.LINKED_ACCOUNTS,
        _FULL,
        club.socials,
        club_account_rows.linked_rows,
        charged=club.SOCIALS,
    ),
    *(
        _of(
            club.NAME,
            CapabilityKind.EMAIL_MATCH,
            (),
            club.email,
            club_account_rows.email_rows,
            depth=mode,
            charged=operation,
        )
        for mode, operation in (("basic", club.EMAIL_BASIC), ("advanced", club.EMAIL_ADVANCED))
    ),
    *(
        _of(
            club.NAME,
            CapabilityKind.BATCH,
            {"full": _FULL, "raw": _RAW}.get(mode, ()),
            club.batches,
            club_account_rows.job_rows,
            depth=mode,
            charged=club.BATCH,
            variant=mode,
        )
        for mode in club_endpoints.MODE_PRICES
    ),
    _of(club.NAME, CapabilityKind.BATCH_STATUS, (), club.batch_status, club_account_rows.job_rows),
    _of(club.NAME, CapabilityKind.BATCH_RESUME, (), club.batch_resume, club_account_rows.job_rows),
    *(
        _of(
            club.NAME,
            CapabilityKind.BATCH_RESULTS,
            (),
            club.batch_results,
            club_account_rows.batch_profile_rows if mode in club.HANDLE_MODES else club_account_rows.batch_email_rows,
            depth=mode,
        )
        for mode in club_endpoints.MODE_PRICES
    ),
)
_INFLUDATA = (
    _of(
        infludata.NAME,
        CapabilityKind.SEARCH,
        _DATA_ALL,
        infludata.search,
        infludata_rows.creator_rows,
        charged=infludata.DISCOVERY,
        shared_by=infludata_payloads.PAGE_SIZE,
    ),
    _of(
        infludata.NAME,
        CapabilityKind.PROFILE,
        _DATA_ALL,
        infludata.profile,
        infludata_rows.profile_rows,
        depth="full",
        charged=infludata.USER_DATA,
    ),
    _of(infludata.NAME, CapabilityKind.FILTER_VALUES, _DATA_ALL, infludata.cities, infludata_rows.filter_rows),
    _of(infludata.NAME, CapabilityKind.FILTER_CHECK, _DATA_ALL, infludata.cities, infludata_rows.filter_rows),
    _of(infludata.NAME, CapabilityKind.BALANCE, (), infludata.balance, infludata_rows.balance),
    _of(
        infludata.NAME,
        CapabilityKind.AUDIENCE,
        _DATA_REPORTS,
        infludata.profile_with_report,
        infludata_rows.report_rows,
        charged=infludata.USER_DATA,
        variant=infludata.REPORT,
    ),
    _of(infludata.NAME, CapabilityKind.READINESS, _DATA_REPORTS, infludata.status, infludata_rows.readiness),
    _of(
        infludata.NAME,
        CapabilityKind.CONTENT,
        _DATA_REPORTS,
        infludata_pulls.content,
        infludata_rows.content_rows,
        charged=infludata.CONTENT,
        mark=infludata_rows.newest,
        counted=infludata_rows.counted,
    ),
    _of(
        infludata.NAME,
        CapabilityKind.QUEUE,
        infludata_payloads.STATUS_PLATFORMS,
        infludata.queue,
        infludata_rows.queue_rows,
    ),
)
_INFLUTICS = (
    # Averages over the videos that the account tracks, no more: a raw profile.
    _of(
        influtics.NAME,
        CapabilityKind.PROFILE,
        _VIDEOS,
        influtics.profile,
        influtics_rows.profile_rows,
        depth="raw",
        charged=influtics.BLOGGER,
    ),
    # The same request: who is asked for a profile is not asked again, nor paid for, for the averages.
    _of(
        influtics.NAME,
        CapabilityKind.CREATOR_AVERAGES,
        _VIDEOS,
        influtics.profile,
        influtics_rows.average_rows,
        charged=influtics.BLOGGER,
    ),
    _of(
        influtics.NAME,
        CapabilityKind.TRACK_VIDEOS,
        _VIDEOS,
        influtics.track,
        influtics_rows.tracked_rows,
        charged=influtics.TRACK,
        resolves_links=True,
        counted=influtics_rows.tracked_count,
    ),
    _of(
        influtics.NAME,
        CapabilityKind.VIDEO_STATS,
        _VIDEOS,
        influtics.stats,
        influtics_rows.stat_rows,
        counted=influtics_rows.stats_count,
    ),
    _of(influtics.NAME, CapabilityKind.BALANCE, (), influtics.balance, influtics_rows.balance),
)
_KEYAPI = (
    _of(
        keyapi.NAME,
        CapabilityKind.PROFILE,
        keyapi.PLATFORMS,
        keyapi.profile,
        keyapi_rows.profile_rows,
        depth="full",
        charged=keyapi.ANALYTICS,
        shared_by=keyapi.IDS_PER_CALL,
    ),
)

CAPABILITIES: tuple[Capability, ...] = (*_CLUB, *_INFLUDATA, *_INFLUTICS, *_KEYAPI)
OPERATIONS: tuple[Operation, ...] = (
    *influtics.OPERATIONS,
    *infludata.OPERATIONS,
    *keyapi.OPERATIONS,
    *club.OPERATIONS,
)
PROVIDERS: tuple[str, ...] = (club.NAME, infludata.NAME, influtics.NAME, keyapi.NAME)
_FILTERS: Mapping[str, Mapping[str, Mapping[str, Filter]]] = {
    club.NAME: club_filters.SEARCH_FILTERS,
    infludata.NAME: infludata_payloads.SEARCH_FILTERS,
}


class NoCapabilityError(LookupError):
    """No provider can do what is asked, or the named one cannot."""


def capability(kind: CapabilityKind, *, provider: str | None = None, platform: str = "", depth: str = "") -> Capability:
    """The capability for the job; where no provider is named, the first listed that can do it.

    Raises:
        NoCapabilityError: Nobody, or not the named provider, can do this.
    """
    return able(kind, provider, platform, depth)[0]


def capability_or_none(kind: CapabilityKind, *, provider: str, platform: str) -> Capability | None:
    """The capability for a job that is done only where the provider can do it."""
    try:
        return capability(kind, provider=provider, platform=platform)
    except NoCapabilityError:
        return None


def able(kind: CapabilityKind, provider: str | None, platform: str, depth: str) -> list[Capability]:
    """All that can do the job, in the order of the table.

    Raises:
        NoCapabilityError: Nobody, or not the named provider, can do this.
    """
    found = [
        entry
        for entry in CAPABILITIES
        if entry.kind is kind
        and provider in {None, entry.provider}
        and (not platform or platform in entry.platforms)
        and (not depth or entry.depth == depth)
    ]
    if not found:
        who = provider or "no provider"
        raise NoCapabilityError(
            f"{who} cannot do `{kind}`{f' at depth {depth}' if depth else ''} on {platform or 'any platform'}"
        )
    return found


def _video(link: str) -> KnownVideo | None:
    try:
        video = video_url(link)
    except UnknownVideoUrlError:
        return None
    return KnownVideo(key=video.key, platform=video.platform, has_id=bool(video.native_id))


def catalog() -> ProviderCatalog:
    """What the briefs may ask for, by provider and platform."""

    def platforms(provider: str, kind: CapabilityKind) -> frozenset[str]:
        entries = (entry for entry in CAPABILITIES if entry.provider == provider and entry.kind is kind)
        return frozenset(platform for entry in entries for platform in entry.platforms)

    return ProviderCatalog(
        video=_video,
        providers={
            name: ProviderAbilities(
                search=platforms(name, CapabilityKind.SEARCH),
                lookalikes=platforms(name, CapabilityKind.LOOKALIKES),
                enrich=platforms(name, CapabilityKind.PROFILE),
                audiences=platforms(name, CapabilityKind.AUDIENCE),
                content=platforms(name, CapabilityKind.CONTENT),
                details={
                    one.depth: frozenset(one.platforms)
                    for one in CAPABILITIES
                    if one.provider == name and one.kind is CapabilityKind.CONTENT_DETAILS
                },
                overlap=platforms(name, CapabilityKind.OVERLAP),
                post_stats=platforms(name, CapabilityKind.POST_STATS),
                creator_averages=platforms(name, CapabilityKind.CREATOR_AVERAGES),
                track=platforms(name, CapabilityKind.TRACK_VIDEOS),
                resolves_links=any(one.provider == name and one.resolves_links for one in CAPABILITIES),
                linked_accounts=platforms(name, CapabilityKind.LINKED_ACCOUNTS),
                match_emails=any(
                    one.provider == name and one.kind is CapabilityKind.EMAIL_MATCH for one in CAPABILITIES
                ),
                filters=_FILTERS.get(name, {}),
            )
            for name in PROVIDERS
        },
    )
