"""Which videos a campaign has followed, each once, and how they are asked for in a week.

Pure functions over briefs, posts and the archive, shared by the asset and the plan. By whom a video is followed is said
in ``trackers``; asking for them, and their rows, is the business of ``tracking``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.cost_bounds import demand_for, finders_of
from creator_assets.demand.requests import Settings, rows_of, window_of
from creator_assets.demand.videos.series import videos_with_series
from creator_assets.demand.videos.trackers import (
    TRACKED_FOR,
    TrackingRequest,
    assign_trackers,
    ranked_trackers,
    tracking_window,
)
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.metrics.posts import best_posts
from creator_assets.metrics.video_days import TRACKED_STATES, VIDEO
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.providers.parsing.video_urls import VideoUrl, address_of, distinct
from creator_assets.spending.archive_coverage import coverage_of
from creator_assets.spending.planning.plan import AssetDemand
from creator_assets.tables import schemas

IS_TRACKED = pl.col("state").is_in(TRACKED_STATES)
# The weeks before one in which tracking may have begun that still goes on in it.
WEEKS_BEFORE = 5


class TrackingBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Videos that are asked for together, and the window in which an answer counts."""

    videos: tuple[TrackingRequest, ...]
    window: Window

    @property
    def pages(self) -> list[PagedRequest]:
        """The calls."""
        return [one.pages for one in self.videos]


def named_videos(campaign: Campaign) -> list[VideoUrl]:
    """The videos that a brief names, each once, in whatever form they are written."""
    return distinct(campaign.tracking.videos if campaign.tracking else ())


def wanted_tracking(
    campaign: Campaign,
    partition: Partition,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
    found: Iterable[VideoUrl] = (),
    since: Mapping[str, datetime] = MappingProxyType({}),
) -> list[TrackingRequest]:
    """The videos that a campaign has followed, each once however often and in whatever form it is written.

    Where a short link leads is known once it was asked for: a video that it led to is not asked for as well.

    Args:
        campaign: Whose brief names videos.
        partition: The week.
        ledger: Whose archive tells who follows which of them already.
        settings: Of every provider.
        found: Videos that come to those of the brief.
        since: Of some of these, by their key, the start of the week in which they were found.
    """
    urls = dict.fromkeys(one.url for one in found)
    named = [one.url for one in named_videos(campaign)]
    wanted = assign_trackers(campaign, partition, distinct([*named, *urls]), ledger, settings, since)
    links = tracked_so_far([one for one in wanted if not one.video.native_id], ledger)
    led_to = set(links.filter(IS_TRACKED).select(VIDEO).iter_rows())
    doubles = [one for one in wanted if (one.video.platform, one.video.native_id) in led_to]
    # One that was asked for before that was known stays: it is paid for, and a rebuild shows what was bought.
    paid = set(tracked_so_far(doubles, ledger)["url"])
    left_out = {one.video.url for one in doubles} - paid
    wanted = [one for one in wanted if one.video.url not in left_out]
    if ledger.now() < partition.end:
        return wanted
    # A video that joined the brief after this week was not followed in it. Where none was, the week was never observed.
    asked = set(tracked_so_far(wanted, ledger)["url"])
    return [one for one in wanted if one.video.url in asked] or wanted


def in_rounds(wanted: Iterable[TrackingRequest]) -> tuple[list[TrackingRequest], list[TrackingRequest]]:
    """Short links, and the others: which of these are wanted is known where the links lead is."""
    rounds: tuple[list[TrackingRequest], list[TrackingRequest]] = ([], [])
    for one in wanted:
        rounds[bool(one.video.native_id)].append(one)
    return rounds


def sponsored_videos(campaign: Campaign, content: pl.DataFrame) -> list[VideoUrl]:
    """The paid posts of a week that are tracked beside the videos of the brief: the best whose address is known.

    Args:
        campaign: Whose brief says how many.
        content: Rows of ``schemas.Content`` of one week.
    """
    most = campaign.tracking.max_sponsored if campaign.tracking else 0
    if not most:
        return []
    return [video for video in paid_posts(content) if video is not None][:most]


def paid_posts(content: pl.DataFrame) -> list[VideoUrl | None]:
    """The paid posts of a week, the best first; None for one whose address nobody tells."""
    posts = best_posts(content, content.height, only_sponsored=True)
    return [
        address_of(platform, post_id, username=username, url=url)
        for platform, post_id, username, url in posts.select("platform", "post_id", "username", "url").iter_rows()
    ]


def tracking_batches(
    campaign: Campaign,
    partition: Partition,
    wanted: Sequence[TrackingRequest],
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> list[TrackingBatch]:
    """How the videos of a week are asked for: all but those whose turn to be retried has come, and these.

    A retry belongs to its week: where the week is over and nobody retried, the earlier answer stands.
    """
    again: set[str] = set()
    if campaign.tracking is not None and campaign.tracking.retry_errors:
        before = tracked_so_far(wanted, ledger).filter(pl.col("observed_at") < partition.start)
        left_out = _without_series(before.filter(state="unknown"), ledger, settings)
        failed = {*before.filter(state="error")["url"], *left_out["url"]}
        candidates = [one for one in wanted if one.video.url in failed]
        retried = coverage_of(ledger, [one.pages for one in candidates], window_of(partition))
        is_running = partition.start <= ledger.now() < partition.end
        again = {
            one.video.url
            for one, way in zip(candidates, retried, strict=True)
            if is_running or way.next_request is None
        }
    parts: dict[Window, list[TrackingRequest]] = {}
    for one in wanted:
        window = window_of(partition) if one.video.url in again else one.window
        parts.setdefault(window, []).append(one)
    return [TrackingBatch(videos=tuple(videos), window=window) for window, videos in parts.items()]


def _without_series(left_out: pl.DataFrame, ledger: Ledger, settings: Mapping[str, ProviderSettings]) -> pl.DataFrame:
    """Of videos that their answers do not mention those that a later look at the series lacks, too. Costs nothing.

    Where nobody has looked they may be tracked, and would be paid for twice.
    """
    if left_out.is_empty():
        return left_out
    known = videos_with_series(ledger, settings, max(left_out["observed_at"].to_list()))
    return left_out.clear() if known is None else left_out.join(known, on=VIDEO, how="anti", maintain_order="left")


def tracked_so_far(wanted: Sequence[TrackingRequest], ledger: Ledger) -> pl.DataFrame:
    """The rows of ``schemas.TrackedVideos`` of those of the videos that were asked for already. Costs nothing."""
    parts: dict[Window, list[TrackingRequest]] = {}
    for one in wanted:
        parts.setdefault(one.window, []).append(one)
    rows: list[pl.DataFrame] = [schemas.TrackedVideos.create_empty()]
    for window, videos in parts.items():
        walks = coverage_of(ledger, [one.pages for one in videos], window)
        told = rows_of(videos, [way.answers if way.next_request is None else () for way in walks])
        rows += [one.rows for one in told]
    return pl.concat(rows)


def still_tracked(
    campaign: Campaign,
    partition: Partition,
    found: Iterable[VideoUrl],
    since: Mapping[str, datetime],
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> list[VideoUrl]:
    """Of the paid posts of earlier weeks those that were paid for then and are tracked in this week. Costs nothing."""
    known: dict[str, VideoUrl] = {}
    for one in found:
        known.setdefault(one.key, one)
    wanted = assign_trackers(campaign, partition, list(known.values()), ledger, settings, since)
    seen = pl.col("observed_at")
    is_tracked = (seen < partition.start) & (seen > partition.start - TRACKED_FOR)
    urls = set(tracked_so_far(wanted, ledger).filter(is_tracked)["url"])
    return [video for video in known.values() if video.url in urls]


# What following a video costs does not depend on it.
ANY_VIDEO = "https://www.tiktok.com/@a/video/1"


def tracking_demand(
    partition: Partition, campaign: Campaign, content: pl.DataFrame | None, ledger: Ledger, settings: Settings
) -> Iterator[AssetDemand]:
    """Videos of the brief and paid posts of the week. Those of earlier weeks were paid for then, or are left out."""
    if campaign.tracking is None:
        return
    found = [] if content is None else sponsored_videos(campaign, content)
    wanted = wanted_tracking(campaign, partition, ledger, settings, found)
    for videos in in_rounds(wanted):
        for part in tracking_batches(campaign, partition, videos, ledger, settings):
            yield demand_for("tracked_videos", partition, part.pages, window=part.window)
    if content is None and campaign.tracking.max_sponsored:
        possible = [(request, campaign.tracking.max_sponsored) for request in _possible_trackers(campaign, settings)]
        window = tracking_window(campaign, partition)
        yield demand_for("tracked_videos", partition, [], at_most=possible, window=window)


def _possible_trackers(campaign: Campaign, settings: Settings) -> Iterator[Request]:
    """By what calls paid posts may come to be tracked, one for each provider; any platform may have all of them."""
    seen: set[str] = set()
    for platform in dict.fromkeys(platform for platform, _finder in finders_of(campaign)):
        try:
            can = ranked_trackers(campaign, settings, platform)[0].capability
        except NoCapabilityError:
            continue
        if can.provider not in seen:
            seen.add(can.provider)
            (example,) = can.pages(settings[can.provider], [ANY_VIDEO])
            yield example.first
