"""Who follows a video: whoever is paid for it, else the brief's provider, else who is cheapest for the whole time.

Some track by themselves and bring a series; others are asked for a look at the counters on each day, and tracking
begins with the first look. Nothing is followed twice: a video stays with whoever follows it, however prices and briefs
change. What is asked in a week is the business of ``tracking``, on a day that of ``looks``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

import msgspec

from creator_assets.campaigns import Campaign
from creator_assets.demand.provider_choice import affordable_capabilities
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import NoCapabilityError, capabilities_for, capability_or_none
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, TrackingPages
from creator_assets.providers.contract.kinds import TRACKED_DAYS, CapabilityKind
from creator_assets.providers.contract.operations import AnswerKind, PagedRequest
from creator_assets.providers.parsing.video_urls import VideoUrl
from creator_assets.providers.ranking import RankedCapability
from creator_assets.spending.archive_coverage import coverage_of

TRACKED_FOR = timedelta(days=TRACKED_DAYS)
KEYS_AT_A_TIME = 1_000
Settings = Mapping[str, ProviderSettings]
Tracker = Capability[TrackingPages, AnswerRows]
Way = tuple[Tracker, PagedRequest]


class TrackingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One video to follow, by whom and why, and the window in which an answer counts."""

    video: VideoUrl
    capability: Tracker
    reason: str
    pages: PagedRequest
    window: Window

    def __repr__(self) -> str:
        """Name platform and provider, never the address."""
        return f"WantedVideo({self.video.platform}, {self.capability.provider})"


@cache
def counts_by_snapshots(provider: str) -> bool:
    """Whether a provider that tracks videos is asked for their counters one by one: it has no series of them."""
    return capability_or_none(CapabilityKind.VIDEO_STATS, provider=provider, platform="") is None


def snapshot_capabilities(campaign: Campaign) -> list[Tracker]:
    """By whom a campaign may have videos followed by daily looks: the brief's provider, or anybody with a budget."""
    if campaign.tracking is None:
        return []
    asked = {campaign.tracking.provider} if campaign.tracking.provider else set(campaign.funded)
    every = capabilities_for(CapabilityKind.TRACK_VIDEOS)
    return [can for can in every if can.provider in asked and counts_by_snapshots(can.provider)]


def tracking_window(campaign: Campaign, partition: Partition) -> Window:
    """Once tracked, a video is not tracked again in any later week of the campaign, nor in one that begins anew."""
    begun = Partition.week_of(campaign.slug, campaign.start).start - TRACKED_FOR
    return Window(start=partition.start, end=partition.end, reuse_since=min(begun, partition.start))


def ranked_trackers(
    campaign: Campaign, settings: Settings, platform: str, *, has_id: bool = True
) -> list[RankedCapability[TrackingPages, AnswerRows]]:
    """Who can follow a video of a platform, in order, each with the reason.

    Args:
        campaign: Whose brief may name a provider, and gives budgets.
        settings: Of every provider.
        platform: Of the video.
        has_id: Whether the address holds the video's id; a short link does not.

    Raises:
        NoCapabilityError: Nobody with a budget can, or not the provider that the brief names.
    """
    provider = campaign.tracking.provider if campaign.tracking else None
    ranked = affordable_capabilities(
        CapabilityKind.TRACK_VIDEOS, campaign, settings, platform=platform, provider=provider
    )
    if has_id or provider is not None:
        fit = [one for one in ranked if has_id or one.capability.resolves_links]
    else:
        only = "the cheapest that knows where a short link leads"
        fit = [msgspec.structs.replace(one, reason=only) for one in ranked if one.capability.resolves_links]
    if not fit:
        raise NoCapabilityError(
            f"nobody who may be asked knows where short links of {platform} lead. Write the video's full address."
        )
    return fit


def assign_trackers(
    campaign: Campaign,
    partition: Partition,
    videos: Sequence[VideoUrl],
    ledger: Ledger,
    settings: Settings,
    since: Mapping[str, datetime],
) -> list[TrackingRequest]:
    """By whom each of these videos is followed in a week, or is to be.

    Looks begin in the week in which the video was found, or tracking has first bought one; else in this week. From
    there the first look counts, whoever bought it; one that is older was bought for something else.

    Args:
        campaign: The brief.
        partition: The week.
        videos: Each once.
        ledger: Whose archive tells who is paid already.
        settings: Of every provider.
        since: By the key of a video, the start of the week in which it was found.

    Raises:
        NoCapabilityError: Nobody can follow a video.
    """
    ways = [_ways(video, settings) for video in videos]
    paid, begun = _paid(campaign, partition, ways, ledger)
    ranked: dict[tuple[str, bool], RankedCapability[TrackingPages, AnswerRows]] = {}
    chosen: list[tuple[Way, str]] = []
    for place, (video, of_video) in enumerate(zip(videos, ways, strict=True)):
        sort = (video.platform, bool(video.native_id))
        if sort not in ranked:
            try:
                ranked[sort] = ranked_trackers(campaign, settings, video.platform, has_id=sort[1])[0]
            except NoCapabilityError:
                if place not in paid:
                    raise
        first = ranked.get(sort)
        by_price = first.capability.provider if first else ""
        provider = paid.get(place, by_price)
        reason = first.reason if first and provider == by_price else "it is followed there already"
        chosen.append((next(way for way in of_video if way[0].provider == provider), reason))
    starts = [since.get(video.key, partition.start) for video in videos]
    windows = _windows(campaign, partition, [way for way, _ in chosen], starts, begun, ledger)
    return [
        TrackingRequest(video=video, capability=can, pages=pages, reason=reason, window=window)
        for video, ((can, pages), reason), window in zip(videos, chosen, windows, strict=True)
    ]


def _ways(video: VideoUrl, settings: Settings) -> list[Way]:
    """All by whom a video could be followed, with what they would be asked."""
    cans = capabilities_for(CapabilityKind.TRACK_VIDEOS, platform=video.platform)
    return [
        (can, can.pages(settings[can.provider], [video.url])[0])
        for can in cans
        if video.native_id or can.resolves_links
    ]


def _paid(
    campaign: Campaign, partition: Partition, ways: Sequence[Sequence[Way]], ledger: Ledger
) -> tuple[dict[int, str], dict[str, datetime]]:
    """By place in `ways`, the provider that is paid for the video: for its series, else by looks of this campaign.

    Beside it, by the key of its request, when tracking first bought a look at a video. A look that another asset has
    bought does not say by whom a video is followed, nor does one that fills a series.
    """
    series = [
        (place, way) for place, of_one in enumerate(ways) for way in of_one if not counts_by_snapshots(way[0].provider)
    ]
    walks = coverage_of(ledger, [pages for _, (_, pages) in series], tracking_window(campaign, partition))
    paid = {
        place: can.provider
        for (place, (can, _)), one in zip(series, walks, strict=True)
        if one.next_request is None and one.answers[0].kind is AnswerKind.FINAL
    }
    fills = campaign.tracking is not None and campaign.tracking.fill_from is not None
    assets = ("tracked_videos",) if fills else ("tracked_videos", "video_stats")
    looks: dict[str, dict[str, tuple[int, PagedRequest]]] = {}
    for place, of_one in enumerate(ways):
        for can, pages in of_one:
            if place not in paid and counts_by_snapshots(can.provider):
                looks.setdefault(can.provider, {})[pages.first.request_key(ledger.realm)] = place, pages
    first_week = min(Partition.week_of(campaign.slug, campaign.start).start, partition.start)
    window = Window(start=first_week, end=partition.end, reuse_since=first_week)
    begun: dict[str, datetime] = {}
    for provider, by_key in looks.items():
        operation = next(iter(by_key.values()))[1].first.operation
        bought = ledger.bought_by(campaign.slug, assets, operation, window, list(by_key))
        begun |= bought
        paid |= {by_key[key][0]: provider for key in bought}
    return paid, begun


def _windows(
    campaign: Campaign,
    partition: Partition,
    ways: Sequence[Way],
    starts: Sequence[datetime],
    begun: Mapping[str, datetime],
    ledger: Ledger,
) -> list[Window]:
    """When an answer to each call counts: of looks the first that brought something, else the last that did not."""
    series = tracking_window(campaign, partition)
    keys = [pages.first.request_key(ledger.realm) if counts_by_snapshots(can.provider) else "" for can, pages in ways]
    whole: dict[str, Window] = {}
    for key, start in zip(keys, starts, strict=True):
        if key:
            at = min(start, Partition.week_of(campaign.slug, begun[key].date()).start) if key in begun else start
            whole[key] = Window(start=at, end=partition.end, reuse_since=at)
    windows = dict(whole)
    looked = list(whole)
    for place in range(0, len(looked), KEYS_AT_A_TIME):
        to_see = {key: whole[key] for key in looked[place : place + KEYS_AT_A_TIME]}
        while to_see:
            found = ledger.look_up_many(to_see)
            windows |= {key: to_see[key] for key in found}
            after = {
                key: answer.observed_at + timedelta.resolution
                for key, answer in found.items()
                if answer.kind is AnswerKind.EMPTY
            }
            to_see = {
                key: Window(start=at, end=partition.end, reuse_since=at)
                for key, at in after.items()
                if at < partition.end
            }
    return [windows[key] if key else series for key in keys]
