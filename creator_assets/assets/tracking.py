"""Tracking: which videos are followed for a campaign, each paid for once.

A video is wanted by itself, and sent together with others where its provider takes many, so that an address that joins
a brief later costs nothing but itself. Videos come from the brief and, where it says so, from the paid posts that
`content` has found. By whom each is followed is said in ``trackers``; how they grow is the business of ``videos``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.presentation import states_of
from creator_assets.assets.purchase import purpose_of, read_upstream, rows_of, save, window_of
from creator_assets.assets.record_counts import RecordCounts
from creator_assets.assets.table_asset import table_asset
from creator_assets.assets.trackers import TRACKED_FOR, WantedVideo, following
from creator_assets.assets.videos import videos_with_series
from creator_assets.campaigns import Campaign
from creator_assets.metrics.posts import best_posts
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition, with_partitions_before
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.contract import Pages
from creator_assets.providers.records import Parsed
from creator_assets.providers.video_urls import VideoUrl, address_of, distinct, video_url
from creator_assets.resources import CampaignBriefs, Door, ParquetTables
from creator_assets.spending.gateway import Tally
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Window
from creator_assets.spending.walks import walk
from creator_assets.tables import schemas

GROUP = "videos"
_VIDEO = ("platform", "native_id")
_IS_TRACKED = pl.col("state").is_in(["tracked", "already_tracked"])
# The weeks before one in which tracking may have begun that still goes on in it.
WEEKS_BEFORE = 5


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Videos that are asked for together, and the window in which an answer counts."""

    videos: tuple[WantedVideo, ...]
    window: Window

    @property
    def pages(self) -> list[Pages]:
        """The calls."""
        return [one.pages for one in self.videos]


def wanted_tracking(
    campaign: Campaign,
    partition: Partition,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
    found: Iterable[VideoUrl] = (),
    since: Mapping[str, datetime] = MappingProxyType({}),
) -> list[WantedVideo]:
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
    named = campaign.tracking.videos if campaign.tracking else ()
    urls = dict.fromkeys(one.url for one in found)
    wanted = following(campaign, partition, distinct([*named, *urls]), ledger, settings, since)
    links = tracked_so_far([one for one in wanted if not one.video.native_id], ledger)
    led_to = set(links.filter(_IS_TRACKED).select(_VIDEO).iter_rows())
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


def in_rounds(wanted: Iterable[WantedVideo]) -> tuple[list[WantedVideo], list[WantedVideo]]:
    """Short links, and the others: which of these are wanted is known where the links lead is."""
    rounds: tuple[list[WantedVideo], list[WantedVideo]] = ([], [])
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
    return [video for video in _paid_posts(content) if video is not None][:most]


def _paid_posts(content: pl.DataFrame) -> list[VideoUrl | None]:
    """The paid posts of a week, the best first; None for one whose address nobody tells."""
    posts = best_posts(content, content.height, only_sponsored=True)
    return [
        address_of(platform, post_id, username=username, url=url)
        for platform, post_id, username, url in posts.select("platform", "post_id", "username", "url").iter_rows()
    ]


def askings(
    campaign: Campaign,
    partition: Partition,
    wanted: Sequence[WantedVideo],
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> list[Asking]:
    """How the videos of a week are asked for: all but those whose turn to be retried has come, and these.

    A retry belongs to its week: where the week is over and nobody retried, the earlier answer stands.
    """
    again: set[str] = set()
    if campaign.tracking is not None and campaign.tracking.retry_errors:
        before = tracked_so_far(wanted, ledger).filter(pl.col("observed_at") < partition.start)
        left_out = _without_series(before.filter(state="unknown"), ledger, settings)
        failed = {*before.filter(state="error")["url"], *left_out["url"]}
        candidates = [one for one in wanted if one.video.url in failed]
        retried = walk(ledger, [one.pages for one in candidates], window_of(partition))
        is_running = partition.start <= ledger.now() < partition.end
        again = {
            one.video.url for one, way in zip(candidates, retried, strict=True) if is_running or way.next_call is None
        }
    parts: dict[Window, list[WantedVideo]] = {}
    for one in wanted:
        window = window_of(partition) if one.video.url in again else one.window
        parts.setdefault(window, []).append(one)
    return [Asking(videos=tuple(videos), window=window) for window, videos in parts.items()]


def _without_series(left_out: pl.DataFrame, ledger: Ledger, settings: Mapping[str, ProviderSettings]) -> pl.DataFrame:
    """Of videos that their answers do not mention those that a later look at the series lacks, too. Costs nothing.

    Where nobody has looked they may be tracked, and would be paid for twice.
    """
    if left_out.is_empty():
        return left_out
    known = videos_with_series(ledger, settings, max(left_out["observed_at"].to_list()))
    return left_out.clear() if known is None else left_out.join(known, on=_VIDEO, how="anti", maintain_order="left")


def tracked_so_far(wanted: Sequence[WantedVideo], ledger: Ledger) -> pl.DataFrame:
    """The rows of ``schemas.TrackedVideos`` of those of the videos that were asked for already. Costs nothing."""
    parts: dict[Window, list[WantedVideo]] = {}
    for one in wanted:
        parts.setdefault(one.window, []).append(one)
    rows: list[pl.DataFrame] = [schemas.TrackedVideos.create_empty()]
    for window, videos in parts.items():
        walks = walk(ledger, [one.pages for one in videos], window)
        told = rows_of(videos, [way.answers if way.next_call is None else () for way in walks])
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
    wanted = following(campaign, partition, list(known.values()), ledger, settings, since)
    seen = pl.col("observed_at")
    is_tracked = (seen < partition.start) & (seen > partition.start - TRACKED_FOR)
    urls = set(tracked_so_far(wanted, ledger).filter(is_tracked)["url"])
    return [video for video in known.values() if video.url in urls]


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
            content = _content_of(campaign, partition, tables)
            found, since = _found(campaign, partition, content, tables, ledger, door.settings())
            parsed: list[Parsed] = []
            tally, counts = Tally(), RecordCounts()

            def wanted() -> tuple[list[WantedVideo], list[WantedVideo]]:
                return in_rounds(wanted_tracking(campaign, partition, ledger, door.settings(), found, since))

            def ask(videos: Sequence[WantedVideo]) -> None:
                for part in askings(campaign, partition, videos, ledger, door.settings()):
                    purpose = msgspec.structs.replace(purpose_of(context, partition), window=part.window)
                    fetched = door.fetch(part.pages, purpose)
                    rows = rows_of(part.videos, fetched.answers)
                    parsed.extend(_with_reason(_with_origin(one, campaign, found), part.videos) for one in rows)
                    tally.add(fetched.tally)
                    for one, answers in zip(part.videos, fetched.answers, strict=True):
                        counts.add(one.capability, answers)

            links, others = wanted()
            if links:
                ask(links)
                others = wanted()[1]
            ask(others)
            if links:
                parsed.append(_led_to(parsed, campaign, others))
            metadata = save(tables, door, schemas.TrackedVideos, "tracked_videos", partition, parsed, tally)
            told = {
                "states": states_of(parsed),
                "found_in_content": len(found),
                "paid_posts_without_address": _paid_posts(content).count(None),
            }
            return metadata | counts.metadata() | told

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


def _led_to(told: Sequence[Parsed], campaign: Campaign, others: Sequence[WantedVideo]) -> Parsed:
    """A row for each full address of the brief that is not asked for since a short link leads there: its fee counts."""
    asked = {one.video.url for one in others}
    named = distinct(campaign.tracking.videos if campaign.tracking else ())
    left_out = [one for one in named if one.native_id and one.url not in asked]
    addresses = pl.DataFrame(
        [(one.platform, one.native_id, one.url, one.username or None) for one in left_out],
        schema=dict.fromkeys((*_VIDEO, "address", "name"), pl.String),
        orient="row",
    )
    columns = schemas.TrackedVideos.column_names()
    tracked = pl.concat([one.rows.select(columns) for one in told]).filter(_IS_TRACKED)
    rows = tracked.join(addresses, on=_VIDEO).unique("address", keep="first", maintain_order=True)
    rows = rows.with_columns(
        url="address",
        username=pl.coalesce("name", "username"),
        cost_microcredits=pl.lit(0, dtype=pl.Int64),
        chosen_because=pl.lit("a short link of the brief leads to it: keep that one"),
    )
    return Parsed(rows=rows.select(columns), rejected=told[0].rejected.clear())


def _with_reason(parsed: Parsed, wanted: Sequence[WantedVideo]) -> Parsed:
    """Say of each video why its provider was asked."""
    reasons = {one.video.url: one.reason for one in wanted}
    because = pl.col("url").replace_strict(reasons, default=None, return_dtype=pl.String)
    return Parsed(rows=parsed.rows.with_columns(chosen_because=because), rejected=parsed.rejected)


def _content_of(campaign: Campaign, partition: Partition, tables: ParquetTables) -> pl.DataFrame:
    """The week's posts where the brief wants paid ones tracked, else none."""
    wants_posts = campaign.tracking is not None and campaign.tracking.max_sponsored
    none = schemas.Content.create_empty()
    return read_upstream(tables, schemas.Content, "content", partition) if wants_posts else none


def _found(
    campaign: Campaign,
    partition: Partition,
    content: pl.DataFrame,
    tables: ParquetTables,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> tuple[list[VideoUrl], dict[str, datetime]]:
    """Paid posts of the week, and those of the weeks before that are tracked still; of these the week of finding."""
    if campaign.tracking is None or not campaign.tracking.max_sponsored:
        return [], {}
    earlier: list[VideoUrl] = []
    since: dict[str, datetime] = {}
    store = tables.open()
    for number in range(1, WEEKS_BEFORE + 1):
        week = Partition.week_of(campaign.slug, partition.first_day - timedelta(weeks=number))
        if store.exists("content", week.path_parts):
            posts = sponsored_videos(campaign, store.read(schemas.Content, "content", week.path_parts))
            earlier += posts
            since |= dict.fromkeys((one.key for one in posts), week.start)
    # Those of earlier weeks first: a post whose creator was renamed since stays the one that was paid for.
    tracked = still_tracked(campaign, partition, earlier, since, ledger, settings)
    return [*tracked, *sponsored_videos(campaign, content)], since
