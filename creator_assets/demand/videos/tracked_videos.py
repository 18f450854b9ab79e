"""The stage of tracked videos: which videos of the brief, and which paid posts, are tracked, each paid for once.

A video is asked for by itself and sent with others where its provider takes many. So an address that joins a brief
later costs nothing but itself. Which videos these are belongs to ``tracked``; by which provider, to ``trackers``; how
they grow, to ``video_stats``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.cost_bounds import platforms_of
from creator_assets.demand.record_counts import RecordCounts
from creator_assets.demand.requests import rows_of, states_of
from creator_assets.demand.stage import Buyer, Stage, StageContext, StageOutput, TableRows
from creator_assets.demand.videos.tracked import (
    IS_TRACKED,
    WEEKS_BEFORE,
    in_rounds,
    named_videos,
    paid_posts,
    sponsored_videos,
    still_tracked,
    tracking_batches,
    wanted_tracking,
)
from creator_assets.demand.videos.trackers import ANY_VIDEO, TrackingRequest, ranked_trackers, tracking_window
from creator_assets.metrics.video_days import VIDEO
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.operations import Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.provenance import no_problems
from creator_assets.providers.parsing.video_urls import VideoUrl, video_url
from creator_assets.spending.fetch import FetchStats
from creator_assets.spending.planning.plan import AssetDemand
from creator_assets.tables import schemas


class TrackedVideos(Stage):
    """The videos of the brief, and the best paid posts of the week, tracked for 30 days."""

    asset = "tracked_videos"

    def demands(self, at: StageContext) -> Iterator[AssetDemand]:
        """Videos of the brief and paid posts of the week. Those of earlier weeks were paid for then or are left out."""
        tracking = at.campaign.tracking
        if tracking is None:
            return
        content = at.upstream.read("content", at.partition) if at.campaign.content and tracking.max_sponsored else None
        found = [] if content is None else sponsored_videos(at.campaign, content)
        for videos in in_rounds(wanted_tracking(at, found)):
            for part in tracking_batches(at, videos):
                yield at.demand(self.asset, part.pages, window=part.window)
        if content is None and tracking.max_sponsored:
            possible = [(request, tracking.max_sponsored) for request in _possible_trackers(at)]
            yield at.demand(self.asset, [], at_most=possible, window=tracking_window(at))

    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Ask for short links first: where one leads decides which full addresses are asked for."""
        content = _content_of(at)
        found, since = _found(at, content)
        parsed: list[Parsed] = []
        fetch_stats, counts = FetchStats(), RecordCounts()

        def ask(videos: Sequence[TrackingRequest]) -> None:
            for part in tracking_batches(at, videos):
                fetched = buyer.fetch(part.pages, part.window)
                rows = rows_of(part.videos, fetched.answers)
                parsed.extend(_with_reason(_with_origin(one, at.campaign, found), part.videos) for one in rows)
                fetch_stats.add(fetched.fetch_stats)
                for one, answers in zip(part.videos, fetched.answers, strict=True):
                    counts.add(one.capability, answers)

        links, others = in_rounds(wanted_tracking(at, found, since))
        if links:
            ask(links)
            others = in_rounds(wanted_tracking(at, found, since))[1]
        ask(others)
        if links:
            parsed.append(_led_to(parsed, at.campaign, others))
        return StageOutput(
            own=TableRows(table=self.asset, parsed=parsed),
            fetch_stats=fetch_stats,
            metadata=counts.metadata()
            | {
                "states": states_of(parsed),
                "found_in_content": len(found),
                "paid_posts_without_address": paid_posts(content).count(None),
            },
        )


def _possible_trackers(at: StageContext) -> Iterator[Request]:
    """The requests by which paid posts may be tracked, one for each provider; any platform may have all of them."""
    seen: set[str] = set()
    for platform in platforms_of(at.campaign):
        try:
            can = ranked_trackers(at, platform)[0].capability
        except NoCapabilityError:
            continue
        if can.provider not in seen:
            seen.add(can.provider)
            (example,) = can.pages(at.settings[can.provider], [ANY_VIDEO])
            yield example.first


def _content_of(at: StageContext) -> pl.DataFrame:
    """The week's posts where the brief wants paid ones tracked, else none."""
    wants_posts = at.campaign.tracking is not None and at.campaign.tracking.max_sponsored
    content = at.upstream.read("content", at.partition) if wants_posts else None
    return schemas.Content.create_empty() if content is None else content


def _found(at: StageContext, content: pl.DataFrame) -> tuple[list[VideoUrl], dict[str, datetime]]:
    """Paid posts of the week, and those of the weeks before that are still tracked; of these the week of finding."""
    if at.campaign.tracking is None or not at.campaign.tracking.max_sponsored:
        return [], {}
    earlier: list[VideoUrl] = []
    since: dict[str, datetime] = {}
    for number in range(1, WEEKS_BEFORE + 1):
        week = Partition.week_of(at.campaign.slug, at.partition.first_day - timedelta(weeks=number))
        of_week = at.upstream.read_if_made("content", week)
        if of_week is not None:
            posts = sponsored_videos(at.campaign, of_week)
            earlier += posts
            since |= dict.fromkeys((one.key for one in posts), week.start)
    # Those of earlier weeks first: a post whose creator was renamed since stays the one that was paid for.
    return [*still_tracked(at, earlier, since), *sponsored_videos(at.campaign, content)], since


def _with_origin(parsed: Parsed, campaign: Campaign, found: Sequence[VideoUrl]) -> Parsed:
    """Say of each video whether the brief names it, and whose it is: `found` knows that better than an address."""
    named = [video.url for video in named_videos(campaign)]
    origin = pl.when(pl.col("url").is_in(named)).then(pl.lit("brief")).otherwise(pl.lit("content"))
    creators = {one.key: one.username for one in found if one.username}
    known = pl.Series([creators.get(video_url(url).key) for url in parsed.rows["url"]], dtype=pl.String)
    rows = parsed.rows.with_columns(found_in=origin, username=pl.coalesce(known, "username"))
    return parsed.with_rows(rows)


def _led_to(parsed: Sequence[Parsed], campaign: Campaign, others: Sequence[TrackingRequest]) -> Parsed:
    """A row for each full address of the brief that a short link leads to and is not asked for: its fee counts."""
    asked = {one.video.url for one in others}
    left_out = [one for one in named_videos(campaign) if one.native_id and one.url not in asked]
    addresses = pl.DataFrame(
        [(one.platform, one.native_id, one.url, one.username or None) for one in left_out],
        schema=dict.fromkeys((*VIDEO, "address", "name"), pl.String),
        orient="row",
    )
    columns = schemas.TrackedVideos.column_names()
    tracked = pl.concat([one.rows.select(columns) for one in parsed]).filter(IS_TRACKED)
    rows = tracked.join(addresses, on=VIDEO).unique("address", keep="first", maintain_order=True)
    rows = rows.with_columns(
        url="address",
        username=pl.coalesce("name", "username"),
        cost_microcredits=pl.lit(0, dtype=pl.Int64),
        chosen_because=pl.lit("a short link of the brief leads to it: keep that one"),
    )
    return Parsed(rows=rows.select(columns), rejected=no_problems(), notes=no_problems())


def _with_reason(parsed: Parsed, wanted: Sequence[TrackingRequest]) -> Parsed:
    """Say of each video why its provider was asked."""
    reasons = {one.video.url: one.reason for one in wanted}
    because = pl.col("url").replace_strict(reasons, default=None, return_dtype=pl.String)
    return parsed.with_rows(parsed.rows.with_columns(chosen_because=because))
