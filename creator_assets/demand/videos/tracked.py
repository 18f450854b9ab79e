"""Which videos a campaign tracks, each once, and how they are asked for in a week.

Functions over briefs, posts and the archive, shared by the run and the plan. Which provider tracks a video belongs to
``trackers``; asking for them, and their rows, to ``tracked_videos``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.requests import rows_of
from creator_assets.demand.stage import StageContext
from creator_assets.demand.videos.series import videos_with_series
from creator_assets.demand.videos.trackers import (
    TRACKED_FOR,
    TrackingRequest,
    assign_trackers,
)
from creator_assets.ledger.records import Window
from creator_assets.metrics.posts import best_posts
from creator_assets.metrics.video_days import TRACKED_STATES, VIDEO
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.parsing.video_urls import VideoUrl, address_of, distinct
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
        """The requests."""
        return [one.pages for one in self.videos]


def named_videos(campaign: Campaign) -> list[VideoUrl]:
    """The videos that a brief names, each once, in whatever form they are written."""
    return distinct(campaign.tracking.videos if campaign.tracking else ())


def wanted_tracking(
    at: StageContext, found: Iterable[VideoUrl] = (), since: Mapping[str, datetime] = MappingProxyType({})
) -> list[TrackingRequest]:
    """The videos that a campaign tracks, each once, in whatever form and however often it is written.

    Where a short link leads is known once it was asked for: a video that it led to is not asked for as well.

    Args:
        at: Brief, week and archive, which knows which provider tracks which video already.
        found: Videos that come to those of the brief.
        since: Of some of these, by their key, the start of the week in which they were found.
    """
    urls = dict.fromkeys(one.url for one in found)
    named = [one.url for one in named_videos(at.campaign)]
    wanted = assign_trackers(at, distinct([*named, *urls]), since)
    links = tracked_so_far(at, [one for one in wanted if not one.video.native_id])
    led_to = set(links.filter(IS_TRACKED).select(VIDEO).iter_rows())
    doubles = [one for one in wanted if (one.video.platform, one.video.native_id) in led_to]
    # One that was asked for before that was known stays: it is paid for, and a rebuild shows what was bought.
    paid = set(tracked_so_far(at, doubles)["url"])
    left_out = {one.video.url for one in doubles} - paid
    wanted = [one for one in wanted if one.video.url not in left_out]
    if not at.is_over:
        return wanted
    # A video that joined the brief after this week was not tracked in it. Where none was, the week was never observed.
    asked = set(tracked_so_far(at, wanted)["url"])
    return [one for one in wanted if one.video.url in asked] or wanted


def in_rounds(wanted: Iterable[TrackingRequest]) -> tuple[list[TrackingRequest], list[TrackingRequest]]:
    """Short links, and the others: where the links lead decides which of the others are asked for."""
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
    """The paid posts of a week, the best first; None for one whose address is unknown."""
    posts = best_posts(content, content.height, only_sponsored=True)
    return [
        address_of(platform, post_id, username=username, url=url)
        for platform, post_id, username, url in posts.select("platform", "post_id", "username", "url").iter_rows()
    ]


def tracking_batches(at: StageContext, wanted: Sequence[TrackingRequest]) -> list[TrackingBatch]:
    """How the videos of a week are asked for: all but those whose turn to be retried has come, and these.

    A retry belongs to its week: where the week is over and nobody retried, the earlier answer stands.
    """
    again: set[str] = set()
    if at.campaign.tracking is not None and at.campaign.tracking.retry_errors:
        before = tracked_so_far(at, wanted).filter(pl.col("observed_at") < at.partition.start)
        left_out = _without_series(at, before.filter(state="unknown"))
        failed = {*before.filter(state="error")["url"], *left_out["url"]}
        candidates = [one for one in wanted if one.video.url in failed]
        retried = at.coverage([one.pages for one in candidates], at.window())
        is_running = at.partition.start <= at.ledger.now() < at.partition.end
        again = {
            one.video.url
            for one, covered in zip(candidates, retried, strict=True)
            if is_running or covered.next_request is None
        }
    parts: dict[Window, list[TrackingRequest]] = {}
    for one in wanted:
        window = at.window() if one.video.url in again else one.window
        parts.setdefault(window, []).append(one)
    return [TrackingBatch(videos=tuple(videos), window=window) for window, videos in parts.items()]


def _without_series(at: StageContext, left_out: pl.DataFrame) -> pl.DataFrame:
    """Videos that their answers do not mention and that a later reading of the series lacks, too. Costs nothing.

    Without such a reading they may be tracked, and would be paid for twice.
    """
    if left_out.is_empty():
        return left_out
    known = videos_with_series(at, max(left_out["observed_at"].to_list()))
    return left_out.clear() if known is None else left_out.join(known, on=VIDEO, how="anti", maintain_order="left")


def tracked_so_far(at: StageContext, wanted: Sequence[TrackingRequest]) -> pl.DataFrame:
    """The rows of ``schemas.TrackedVideos`` of those of the videos that were asked for already. Costs nothing."""
    parts: dict[Window, list[TrackingRequest]] = {}
    for one in wanted:
        parts.setdefault(one.window, []).append(one)
    rows: list[pl.DataFrame] = [schemas.TrackedVideos.create_empty()]
    for window, videos in parts.items():
        coverage = at.coverage([one.pages for one in videos], window)
        parsed = rows_of(videos, [one.answers if one.next_request is None else () for one in coverage])
        rows += [one.rows for one in parsed]
    return pl.concat(rows)


def still_tracked(at: StageContext, found: Iterable[VideoUrl], since: Mapping[str, datetime]) -> list[VideoUrl]:
    """Of the paid posts of earlier weeks those that were paid for then and are tracked in this week. Costs nothing."""
    known: dict[str, VideoUrl] = {}
    for one in found:
        known.setdefault(one.key, one)
    wanted = assign_trackers(at, list(known.values()), since)
    seen = pl.col("observed_at")
    is_tracked = (seen < at.partition.start) & (seen > at.partition.start - TRACKED_FOR)
    urls = set(tracked_so_far(at, wanted).filter(is_tracked)["url"])
    return [video for video in known.values() if video.url in urls]
