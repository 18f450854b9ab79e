"""Tracking: which videos are followed for a campaign, each paid for once.

Tracking is the dearest call there is. A video is wanted by itself and sent together with others, so that an address
that joins a brief later costs nothing but itself. Videos come from the brief and, where it says so, from the paid posts
that `content` has found. How they grow is the business of ``videos``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.presentation import states_of
from creator_assets.assets.purchase import purpose_of, read_upstream, save, window_of
from creator_assets.assets.record_counts import RecordCounts
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.metrics.posts import best_posts
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition, with_partitions_before
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Kind, capability
from creator_assets.providers.contract import Answer, Pages
from creator_assets.providers.records import Parsed
from creator_assets.providers.video_urls import VideoUrl, address_of, distinct, video_url
from creator_assets.resources import CampaignBriefs, Door, ParquetTables
from creator_assets.spending.gateway import Tally
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Window
from creator_assets.spending.walks import walk
from creator_assets.tables import schemas

GROUP = "videos"
TRACKED_FOR = timedelta(days=30)
# The weeks before one in which tracking may have begun that still goes on in it.
WEEKS_BEFORE = 5


class WantedVideo(msgspec.Struct, frozen=True, kw_only=True):
    """One video to track."""

    video: VideoUrl
    pages: Pages

    def __repr__(self) -> str:
        """Name the platform, never the address."""
        return f"WantedVideo({self.video.platform})"


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Videos that are asked for together, and the window in which an answer counts."""

    videos: tuple[WantedVideo, ...]
    window: Window

    @property
    def pages(self) -> list[Pages]:
        """The calls."""
        return [one.pages for one in self.videos]


def track_calls(
    campaign: Campaign, settings: Mapping[str, ProviderSettings], found: Iterable[VideoUrl] = ()
) -> list[WantedVideo]:
    """The videos that a campaign has tracked, each once however often and in whatever form it is written.

    Args:
        campaign: Whose brief names videos.
        settings: Of every provider.
        found: Videos that come to those of the brief.
    """
    named = campaign.tracking.videos if campaign.tracking else ()
    return _calls([*named, *(one.url for one in found)], settings)


def _calls(urls: Iterable[str], settings: Mapping[str, ProviderSettings]) -> list[WantedVideo]:
    wanted = []
    for video in distinct(urls):
        can = capability(Kind.TRACK_VIDEOS, platform=video.platform)
        (pages,) = can.pages(settings[can.provider], [video.url])
        wanted.append(WantedVideo(video=video, pages=pages))
    return wanted


def sponsored_videos(campaign: Campaign, content: pl.DataFrame) -> list[VideoUrl]:
    """The paid posts of a week that are tracked beside the videos of the brief: the best whose address is known.

    Args:
        campaign: Whose brief says how many.
        content: Rows of ``schemas.Content`` of one week.
    """
    most = campaign.tracking.max_sponsored if campaign.tracking else 0
    if not most:
        return []
    posts = best_posts(content, content.height, only_sponsored=True)
    found = (
        address_of(platform, post_id, username=username, url=url)
        for platform, post_id, username, url in posts.select("platform", "post_id", "username", "url").iter_rows()
    )
    return [video for video in found if video is not None][:most]


def tracking_window(campaign: Campaign, partition: Partition) -> Window:
    """Once tracked, a video is not tracked again in any later week of the campaign, nor in one that begins anew."""
    begun = Partition.week_of(campaign.slug, campaign.start).start - TRACKED_FOR
    return Window(start=partition.start, end=partition.end, carried_from=min(begun, partition.start))


def askings(campaign: Campaign, partition: Partition, wanted: Sequence[WantedVideo], ledger: Ledger) -> list[Asking]:
    """How the videos of a week are asked for: all but those whose turn to be retried has come, and these.

    A retry belongs to its week: where the week is over and nobody retried, the earlier answer stands.
    """
    window = tracking_window(campaign, partition)
    again: list[WantedVideo] = []
    if campaign.tracking is not None and campaign.tracking.retry_errors:
        walks = walk(ledger, [one.pages for one in wanted], window)
        before = [answer for way in walks for answer in way.answers if answer.observed_at < partition.start]
        failed = failed_urls(before)
        own = window_of(partition)
        candidates = [one for one in wanted if one.video.url in failed]
        retried = walk(ledger, [one.pages for one in candidates], own)
        is_running = partition.start <= ledger.now() < partition.end
        again = [one for one, way in zip(candidates, retried, strict=True) if is_running or way.next_call is None]
    retries = {one.video.url for one in again}
    first = [one for one in wanted if one.video.url not in retries]
    parts = [Asking(videos=tuple(first), window=window), Asking(videos=tuple(again), window=window_of(partition))]
    return [part for part in parts if part.videos]


def failed_urls(answers: Sequence[Answer]) -> set[str]:
    """The addresses that could not be tracked, by their answers."""
    rows = track_rows(answers)
    return set(pl.concat([one.rows for one in rows]).filter(state="error")["url"]) if rows else set()


def track_rows(answers: Sequence[Answer]) -> list[Parsed]:
    """The rows of `tracked_videos`."""
    return [capability(Kind.TRACK_VIDEOS).rows(answers)] if answers else []


def still_tracked(
    campaign: Campaign,
    partition: Partition,
    found: Sequence[VideoUrl],
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> list[VideoUrl]:
    """Of the paid posts of earlier weeks those that were paid for then and are tracked in this week. Costs nothing."""
    known = {one.url: one for one in found}
    wanted = _calls(known, settings)
    walks = walk(ledger, [one.pages for one in wanted], tracking_window(campaign, partition))
    return [
        known[one.video.url]
        for one, way in zip(wanted, walks, strict=True)
        if way.next_call is None
        and way.answers[0].observed_at < partition.start < way.answers[0].observed_at + TRACKED_FOR
    ]


def followed_on(
    campaign: Campaign, day: Partition, ledger: Ledger, settings: Mapping[str, ProviderSettings]
) -> list[VideoUrl]:
    """The videos of the brief but for those whose tracked time was over before a day. Costs nothing."""
    wanted = track_calls(campaign, settings)
    walks = walk(ledger, [one.pages for one in wanted], tracking_window(campaign, day.week()))
    rows = track_rows([answer for way in walks for answer in way.answers])
    over = {url for one in rows for url in one.rows.filter(pl.col("tracked_until").dt.date() < day.first_day)["url"]}
    return [one.video for one in wanted if one.video.url not in over]


def build_tracking(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The asset of this stage, partitioned by `weeks` x campaign."""

    @table_asset(
        GROUP,
        partitions=weeks,
        deps=[dg.AssetDep("content", partition_mapping=with_partitions_before(WEEKS_BEFORE))],
        spends_credits=True,
    )
    def tracked_videos(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, door: Door, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """One row per video of the brief, or found in content: whether it is tracked, until when, and what to do."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            ledger = door.open().ledger
            found = _found(campaign, partition, tables, ledger, door.settings())
            wanted = track_calls(campaign, door.settings(), found)
            answers: list[Answer] = []
            tally = Tally()
            for part in askings(campaign, partition, wanted, ledger):
                purpose = msgspec.structs.replace(purpose_of(context, partition), window=part.window)
                fetched = door.fetch(part.pages, purpose)
                answers += [answer for pages in fetched.answers for answer in pages]
                tally.add(fetched.tally)
            parsed = [_with_origin(one, campaign, found) for one in track_rows(answers)]
            metadata = save(tables, door, schemas.TrackedVideos, "tracked_videos", partition, parsed, tally)
            counts = RecordCounts()
            counts.add(capability(Kind.TRACK_VIDEOS), answers)
            return metadata | counts.metadata() | {"states": states_of(parsed), "found_in_content": len(found)}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [tracked_videos]


def _with_origin(parsed: Parsed, campaign: Campaign, found: Sequence[VideoUrl]) -> Parsed:
    """Say of each video whether the brief names it, and whose it is: `found` knows that better than an address."""
    named = [video.url for video in distinct(campaign.tracking.videos if campaign.tracking else ())]
    origin = pl.when(pl.col("url").is_in(named)).then(pl.lit("brief")).otherwise(pl.lit("content"))
    creators = {one.key: one.username for one in found if one.username}
    told = pl.Series([creators.get(video_url(url).key) for url in parsed.rows["url"]], dtype=pl.String)
    rows = parsed.rows.with_columns(found_in=origin, username=pl.coalesce(told, "username"))
    return Parsed(rows=rows, rejected=parsed.rejected)


def _found(
    campaign: Campaign,
    partition: Partition,
    tables: ParquetTables,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> list[VideoUrl]:
    """Paid posts of the week, and those of the weeks before that are tracked still."""
    if campaign.tracking is None or not campaign.tracking.max_sponsored:
        return []
    content = read_upstream(tables, schemas.Content, "content", partition)
    earlier: list[VideoUrl] = []
    store = tables.open()
    for number in range(1, WEEKS_BEFORE + 1):
        week = Partition.week_of(campaign.slug, partition.first_day - timedelta(weeks=number))
        if store.exists("content", week.path_parts):
            earlier += sponsored_videos(campaign, store.read(schemas.Content, "content", week.path_parts))
    # Those of earlier weeks first: a post whose creator was renamed since stays the one that was paid for.
    return [*still_tracked(campaign, partition, earlier, ledger, settings), *sponsored_videos(campaign, content)]
