"""What a day asks for: snapshots of the videos that have no series, gaps of series, and creators' averages.

The archive knows the videos of the brief and of the week's content. Paid posts of earlier weeks stand in the table of
tracked videos alone, so a plan only bounds them. A day that is over buys nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import polars as pl

from creator_assets.demand.stage import StageContext
from creator_assets.demand.videos.creator_averages import average_requests
from creator_assets.demand.videos.tracked import (
    WEEKS_BEFORE,
    named_videos,
    sponsored_videos,
    tracked_so_far,
    wanted_tracking,
)
from creator_assets.demand.videos.trackers import (
    ANY_VIDEO,
    TRACKED_FOR,
    TrackingRequest,
    counts_by_snapshots,
    snapshot_capabilities,
)
from creator_assets.ledger.records import Window
from creator_assets.metrics.video_days import due_on
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Operation, PagedRequest, Request
from creator_assets.spending.planning.plan import AssetDemand

Settings = Mapping[str, ProviderSettings]
# What a creator's averages cost does not depend on who it is.
_ANYBODY = ("tiktok", "any-body")  # no handle there has a hyphen


def day_demands(at: StageContext, asset: str) -> Iterator[AssetDemand]:
    """What a day may cost: snapshots, gaps of series, creators' averages.

    Args:
        at: The day.
        asset: The asset that asks.
    """
    tracking = at.campaign.tracking
    if tracking is None or at.is_over:
        return
    week = at.of_week()
    content: pl.DataFrame | None = None
    if at.campaign.content is not None and tracking.max_sponsored and snapshot_capabilities(at.campaign):
        content = at.upstream.read("content", week.partition)
    found = [] if content is None else sponsored_videos(at.campaign, content)
    videos = wanted_tracking(week, found)
    begun = tracked_so_far(week, videos)
    over = set(begun.filter(pl.col("tracked_until").dt.date() < at.partition.first_day)["url"])
    named = [one for one in named_videos(at.campaign) if one.url not in over]
    # Paid posts of this week and of those before.
    others = tracking.max_sponsored * (WEEKS_BEFORE + 1)
    snapshots, possible = _snapshots(at, videos, begun)
    if content is None:
        possible = [(request, count + tracking.max_sponsored) for request, count in possible]
    if tracking.fill_from is not None:
        can = capability(CapabilityKind.POST_STATS, provider=tracking.fill_from)
        example = can.pages(at.settings[can.provider], can.platforms[0], "").first
        possible.append((example, max(0, len(named) + others - len(snapshots) - sum(count for _, count in possible))))
    if snapshots or any(count for _, count in possible):
        yield at.demand(asset, snapshots, at_most=[one for one in possible if one[1]])
    if tracking.creator_averages is not None:
        requests = average_requests(at, [(one.platform, one.username) for one in named if one.username])
        (anybody,) = average_requests(at, [_ANYBODY])
        yield at.demand(
            asset,
            [one.pages for one in requests],
            at_most=[(anybody.pages.first, others)] if others else [],
            window=at.window(tracking.creator_averages),
        )


def _snapshots(
    at: StageContext, videos: Sequence[TrackingRequest], begun: pl.DataFrame
) -> tuple[list[PagedRequest], list[tuple[Request, int]]]:
    """The snapshots of `videos` that are due, and bounds of those of posts that earlier weeks have found."""
    polled = [one for one in videos if counts_by_snapshots(one.capability.provider)]
    due = set(due_on(begun, at.partition.first_day)["url"])
    done = set(begun["url"]) - due
    snapshots = [one.pages for one in polled if one.video.url not in done]
    return snapshots, list(_earlier_snapshots(at, polled))


def _earlier_snapshots(at: StageContext, known: Sequence[TrackingRequest]) -> Iterator[tuple[Request, int]]:
    """For each provider an example of a snapshot, and of how many posts of earlier weeks there may be one.

    The first snapshot of such a post was bought for the campaign before this week: to track it, or as one of its
    details.
    """
    tracking = at.campaign.tracking
    if tracking is None or not tracking.max_sponsored:
        return
    week = at.partition.week()
    weeks = (week.start - Partition.week_of(at.campaign.slug, at.campaign.start).start) // timedelta(weeks=1)
    most = tracking.max_sponsored * max(0, min(WEEKS_BEFORE, weeks))
    since = Window(start=week.start, end=week.start + timedelta.resolution, reuse_since=week.start - TRACKED_FOR)
    keys = {one.video.key: at.ledger.key_of(one.pages.first) for one in known}
    named = {keys[one.key] for one in named_videos(at.campaign) if one.key in keys}
    for can in snapshot_capabilities(at.campaign):
        (example,) = can.pages(at.settings[can.provider], [ANY_VIDEO])

        def bought_by(*assets: str, operation: Operation = example.first.operation) -> set[str]:
            return set(at.ledger.bought_by(at.campaign.slug, assets, operation, since)) - named if most else set()

        tracked = bought_by("tracked_videos", "video_stats")
        detailed = bought_by("content_details") - tracked
        known_today = at.ledger.look_up_many(dict.fromkeys(tracked | detailed, at.window())).keys() | keys.values()
        others = min(max(0, most - len(tracked)), len(detailed - known_today))
        yield example.first, min(most, len(tracked - known_today)) + others
