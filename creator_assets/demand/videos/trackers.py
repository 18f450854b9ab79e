"""Which provider tracks a video: the one already paid for it, else the brief's, else the cheapest for the whole time.

Some providers track by themselves and bring a series. Others sell snapshots of a post's counters, one a day; tracking
begins with the first snapshot. No video is tracked twice: it stays with its tracker when prices or briefs change. What
is asked in a week belongs to ``tracked_videos``; what is asked on a day, to ``snapshots``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

import msgspec

from creator_assets.campaigns import Campaign
from creator_assets.demand.provider_choice import affordable_capabilities
from creator_assets.demand.stage import StageContext
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

TRACKED_FOR = timedelta(days=TRACKED_DAYS)
KEYS_AT_A_TIME = 1_000
# What tracking a video costs does not depend on it.
ANY_VIDEO = "https://www.tiktok.com/@a/video/1"
Settings = Mapping[str, ProviderSettings]
Tracker = Capability[TrackingPages, AnswerRows]
Way = tuple[Tracker, PagedRequest]


class TrackingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One video to track: its tracker, why that one, and the window in which an answer counts."""

    video: VideoUrl
    capability: Tracker
    reason: str
    pages: PagedRequest
    window: Window

    def __repr__(self) -> str:
        """Name platform and provider, never the address."""
        return f"TrackingRequest({self.video.platform}, {self.capability.provider})"


@cache
def counts_by_snapshots(provider: str) -> bool:
    """Whether a tracker has no series, so that its counters are polled one video at a time."""
    return capability_or_none(CapabilityKind.VIDEO_STATS, provider=provider, platform="") is None


def snapshot_capabilities(campaign: Campaign) -> list[Tracker]:
    """The trackers that sell snapshots: the provider that the brief names, or all that have a budget."""
    if campaign.tracking is None:
        return []
    asked = {campaign.tracking.provider} if campaign.tracking.provider else set(campaign.funded)
    every = capabilities_for(CapabilityKind.TRACK_VIDEOS)
    return [can for can in every if can.provider in asked and counts_by_snapshots(can.provider)]


def tracking_window(at: StageContext) -> Window:
    """A tracked video is not tracked again in any later week of the campaign, nor in one that starts again."""
    begun = Partition.week_of(at.campaign.slug, at.campaign.start).start - TRACKED_FOR
    return at.window(max(at.partition.start - begun, timedelta(0)))


def ranked_trackers(
    at: StageContext, platform: str, *, has_id: bool = True
) -> list[RankedCapability[TrackingPages, AnswerRows]]:
    """The providers that can track a video of a platform, in order, each with the reason.

    Args:
        at: Whose brief may name a provider, and gives budgets.
        platform: Of the video.
        has_id: Whether the address holds the video's id; a short link does not.

    Raises:
        NoCapabilityError: No provider with a budget can do it, or not the one that the brief names.
    """
    provider = at.campaign.tracking.provider if at.campaign.tracking else None
    ranked = affordable_capabilities(CapabilityKind.TRACK_VIDEOS, at, platform=platform, provider=provider)
    if has_id or provider is not None:
        fit = [one for one in ranked if has_id or one.capability.resolves_links]
    else:
        only = "the cheapest that knows where a short link leads"
        fit = [msgspec.structs.replace(one, reason=only) for one in ranked if one.capability.resolves_links]
    if not fit:
        raise NoCapabilityError(
            f"no provider that may be asked knows where short links of {platform} lead. Write the video's full address."
        )
    return fit


def assign_trackers(
    at: StageContext, videos: Sequence[VideoUrl], since: Mapping[str, datetime]
) -> list[TrackingRequest]:
    """The tracker of each of these videos in a week.

    Snapshots begin in the week in which the video was found, or in which tracking first bought one; else in this week.
    From there the first snapshot counts, whichever asset bought it. An older one was bought for something else.

    Args:
        at: Brief, week and archive, which knows which provider is paid already.
        videos: Each once.
        since: By the key of a video, the start of the week in which it was found.

    Raises:
        NoCapabilityError: No provider can track a video.
    """
    ways = [_ways(video, at.settings) for video in videos]
    paid, begun = _paid(at, ways)
    ranked: dict[tuple[str, bool], RankedCapability[TrackingPages, AnswerRows]] = {}
    chosen: list[tuple[Way, str]] = []
    for place, (video, of_video) in enumerate(zip(videos, ways, strict=True)):
        sort = (video.platform, bool(video.native_id))
        if sort not in ranked:
            try:
                ranked[sort] = ranked_trackers(at, video.platform, has_id=sort[1])[0]
            except NoCapabilityError:
                if place not in paid:
                    raise
        first = ranked.get(sort)
        by_price = first.capability.provider if first else ""
        provider = paid.get(place, by_price)
        reason = first.reason if first and provider == by_price else "it is tracked there already"
        chosen.append((next(way for way in of_video if way[0].provider == provider), reason))
    starts = [since.get(video.key, at.partition.start) for video in videos]
    windows = _windows(at, [way for way, _ in chosen], starts, begun)
    return [
        TrackingRequest(video=video, capability=can, pages=pages, reason=reason, window=window)
        for video, ((can, pages), reason), window in zip(videos, chosen, windows, strict=True)
    ]


def _ways(video: VideoUrl, settings: Settings) -> list[Way]:
    """All providers that could track a video, with what each would be asked."""
    cans = capabilities_for(CapabilityKind.TRACK_VIDEOS, platform=video.platform)
    return [
        (can, can.pages(settings[can.provider], [video.url])[0])
        for can in cans
        if video.native_id or can.resolves_links
    ]


def _paid(at: StageContext, ways: Sequence[Sequence[Way]]) -> tuple[dict[int, str], dict[str, datetime]]:
    """By position in `ways`, the provider that is paid for the video: for its series, else for snapshots.

    Beside it, by the key of its request, when tracking first bought a snapshot of a video. A snapshot that another
    asset bought does not name the tracker, nor does one that fills a gap of a series.
    """
    series = [
        (place, way) for place, of_one in enumerate(ways) for way in of_one if not counts_by_snapshots(way[0].provider)
    ]
    coverage = at.coverage([pages for _, (_, pages) in series], tracking_window(at))
    paid = {
        place: can.provider
        for (place, (can, _)), one in zip(series, coverage, strict=True)
        if one.next_request is None and one.answers[0].kind is AnswerKind.FINAL
    }
    fills = at.campaign.tracking is not None and at.campaign.tracking.fill_from is not None
    assets = ("tracked_videos",) if fills else ("tracked_videos", "video_stats")
    snapshots: dict[str, dict[str, tuple[int, PagedRequest]]] = {}
    for place, of_one in enumerate(ways):
        for can, pages in of_one:
            if place not in paid and counts_by_snapshots(can.provider):
                snapshots.setdefault(can.provider, {})[at.ledger.key_of(pages.first)] = place, pages
    first_week = min(Partition.week_of(at.campaign.slug, at.campaign.start).start, at.partition.start)
    window = Window(start=first_week, end=at.partition.end, reuse_since=first_week)
    begun: dict[str, datetime] = {}
    for provider, by_key in snapshots.items():
        operation = next(iter(by_key.values()))[1].first.operation
        bought = at.ledger.bought_by(at.campaign.slug, assets, operation, window, list(by_key))
        begun |= bought
        paid |= {by_key[key][0]: provider for key in bought}
    return paid, begun


def _windows(
    at: StageContext, ways: Sequence[Way], starts: Sequence[datetime], begun: Mapping[str, datetime]
) -> list[Window]:
    """When an answer to each request counts: the first snapshot with counters, else the last one without."""
    series = tracking_window(at)
    keys = [at.ledger.key_of(pages.first) if counts_by_snapshots(can.provider) else "" for can, pages in ways]
    whole: dict[str, Window] = {}
    for key, found_at in zip(keys, starts, strict=True):
        if key:
            start = found_at
            if key in begun:
                start = min(start, Partition.week_of(at.campaign.slug, begun[key].date()).start)
            whole[key] = Window(start=start, end=at.partition.end, reuse_since=start)
    windows = dict(whole)
    polled = list(whole)
    for place in range(0, len(polled), KEYS_AT_A_TIME):
        to_see = {key: whole[key] for key in polled[place : place + KEYS_AT_A_TIME]}
        while to_see:
            found = at.ledger.look_up_many(to_see)
            windows |= {key: to_see[key] for key in found}
            after = {
                key: answer.observed_at + timedelta.resolution
                for key, answer in found.items()
                if answer.kind is AnswerKind.EMPTY
            }
            to_see = {
                key: Window(start=start, end=at.partition.end, reuse_since=start)
                for key, start in after.items()
                if start < at.partition.end
            }
    return [windows[key] if key else series for key in keys]
