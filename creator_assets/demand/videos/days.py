"""What is wanted of a day: looks at the videos that are followed by them, gaps of series, and creators' averages.

What the brief names and what the week's content has found is known by the archive; paid posts of earlier weeks, and
whose they are, only the table of tracked videos tells: they are bounded. A day that is over buys nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.cost_bounds import demand_for
from creator_assets.demand.requests import window_of
from creator_assets.demand.videos.content import wanted_posts
from creator_assets.demand.videos.creator_averages import average_requests
from creator_assets.demand.videos.tracked import (
    ANY_VIDEO,
    WEEKS_BEFORE,
    named_videos,
    sponsored_videos,
    tracked_so_far,
    wanted_tracking,
)
from creator_assets.demand.videos.trackers import (
    TRACKED_FOR,
    TrackingRequest,
    counts_by_snapshots,
    snapshot_capabilities,
)
from creator_assets.ledger.ledger import Ledger
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
_ANYBODY = ("tiktok", "")


def wanted_of_day(
    partition: Partition, campaign: Campaign, shortlist: pl.DataFrame | None, ledger: Ledger, settings: Settings
) -> Iterator[AssetDemand]:
    """What a day may cost.

    Args:
        partition: The day.
        campaign: Whose.
        shortlist: Of its week, as far as the archive tells.
        ledger: With the archive.
        settings: Of every provider.
    """
    tracking = campaign.tracking
    if tracking is None or ledger.now() >= partition.end:
        return
    content: pl.DataFrame | None = None
    if campaign.content is not None and tracking.max_sponsored and snapshot_capabilities(campaign):
        _, content = wanted_posts(partition.week(), campaign, campaign.content, shortlist, ledger, settings)
    found = [] if content is None else sponsored_videos(campaign, content)
    videos = wanted_tracking(campaign, partition.week(), ledger, settings, found)
    begun = tracked_so_far(videos, ledger)
    over = set(begun.filter(pl.col("tracked_until").dt.date() < partition.first_day)["url"])
    named = [one for one in named_videos(campaign) if one.url not in over]
    # Paid posts of this week and of those before.
    others = tracking.max_sponsored * (WEEKS_BEFORE + 1)
    looks, possible = _looks(partition, campaign, videos, begun, ledger, settings)
    if content is None:
        possible = [(request, count + tracking.max_sponsored) for request, count in possible]
    if tracking.fill_from is not None:
        can = capability(CapabilityKind.POST_STATS, provider=tracking.fill_from)
        example = can.pages(settings[can.provider], can.platforms[0], "").first
        possible.append((example, max(0, len(named) + others - len(looks) - sum(count for _, count in possible))))
    if looks or any(count for _, count in possible):
        yield demand_for("video_stats", partition, looks, at_most=[one for one in possible if one[1]])
    if tracking.creator_averages is not None:
        requests = average_requests(campaign, [(one.platform, one.username) for one in named if one.username], settings)
        (anybody,) = average_requests(campaign, [_ANYBODY], settings)
        yield demand_for(
            "video_stats",
            partition,
            [one.pages for one in requests],
            at_most=[(anybody.pages.first, others)] if others else [],
            window=window_of(partition, tracking.creator_averages),
        )


def _looks(
    partition: Partition,
    campaign: Campaign,
    videos: Sequence[TrackingRequest],
    begun: pl.DataFrame,
    ledger: Ledger,
    settings: Settings,
) -> tuple[list[PagedRequest], list[tuple[Request, int]]]:
    """The looks at `videos` that are followed by them, as far as they have begun or may, and those at earlier ones."""
    looked = [one for one in videos if counts_by_snapshots(one.capability.provider)]
    due = set(due_on(begun, partition.first_day)["url"])
    done = set(begun["url"]) - due
    looks = [one.pages for one in looked if one.video.url not in done]
    return looks, list(_earlier_looks(partition, campaign, looked, ledger, settings))


def _earlier_looks(
    partition: Partition, campaign: Campaign, known: Sequence[TrackingRequest], ledger: Ledger, settings: Settings
) -> Iterator[tuple[Request, int]]:
    """For each provider an example of a look, and at how many posts that earlier weeks have found it may be made.

    The first look at such a post was bought before this week, for the campaign: to follow it or, where nobody has
    looked since, as one of its details.
    """
    tracking = campaign.tracking
    if tracking is None or not tracking.max_sponsored:
        return
    week = partition.week()
    weeks = (week.start - Partition.week_of(campaign.slug, campaign.start).start) // timedelta(weeks=1)
    most = tracking.max_sponsored * max(0, min(WEEKS_BEFORE, weeks))
    since = Window(start=week.start, end=week.start + timedelta.resolution, reuse_since=week.start - TRACKED_FOR)
    keys = {one.video.key: one.pages.first.request_key(ledger.realm) for one in known}
    named = {keys[one.key] for one in named_videos(campaign) if one.key in keys}
    for can in snapshot_capabilities(campaign):
        (example,) = can.pages(settings[can.provider], [ANY_VIDEO])

        def bought_by(*assets: str, operation: Operation = example.first.operation) -> set[str]:
            return set(ledger.bought_by(campaign.slug, assets, operation, since)) - named if most else set()

        followed = bought_by("tracked_videos", "video_stats")
        looked_at = bought_by("content_details") - followed
        has_look = ledger.look_up_many(dict.fromkeys(followed | looked_at, window_of(partition))).keys() | keys.values()
        others = min(max(0, most - len(followed)), len(looked_at - has_look))
        yield example.first, min(most, len(followed - has_look)) + others
