"""Tracking: which videos are followed for a campaign, each paid for once.

A video is wanted by itself, and sent together with others where its provider takes many, so that an address that joins
a brief later costs nothing but itself. Which videos these are, and how they are asked for, is said in
``videos_to_track``, by whom each is followed in ``trackers``; how they grow is the business of ``videos``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.framework.metadata import states_of
from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.demand.record_counts import RecordCounts
from creator_assets.demand.requests import rows_of
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
from creator_assets.demand.videos.trackers import TrackingRequest
from creator_assets.ledger.ledger import Ledger
from creator_assets.metrics.video_days import VIDEO
from creator_assets.partitions import Partition, PartitionKind, with_partitions_before
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.video_urls import VideoUrl, video_url
from creator_assets.resources import CampaignBriefs, PaidClientResource, ParquetTables
from creator_assets.spending.fetch import FetchStats
from creator_assets.tables import schemas

GROUP = "videos"


def build_tracking(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The asset of this stage, partitioned by `weeks` x campaign."""

    @table_asset(
        GROUP,
        partitions=weeks,
        deps=[dg.AssetDep("content", partition_mapping=with_partitions_before(WEEKS_BEFORE))],
        spends_credits=True,
    )
    def tracked_videos(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
    ) -> dg.MaterializeResult[None]:
        """One row per video of the brief, or found in content: whether it is tracked, until when, and what to do."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            ledger = paid_client.open().ledger
            content = _content_of(campaign, partition, tables)
            found, since = _found(campaign, partition, content, tables, ledger, paid_client.settings())
            parsed: list[Parsed] = []
            fetch_stats, counts = FetchStats(), RecordCounts()

            def wanted() -> tuple[list[TrackingRequest], list[TrackingRequest]]:
                return in_rounds(wanted_tracking(campaign, partition, ledger, paid_client.settings(), found, since))

            def ask(videos: Sequence[TrackingRequest]) -> None:
                for part in tracking_batches(campaign, partition, videos, ledger, paid_client.settings()):
                    purpose = msgspec.structs.replace(fetch_context_of(context, partition), window=part.window)
                    fetched = paid_client.fetch(part.pages, purpose)
                    rows = rows_of(part.videos, fetched.answers)
                    parsed.extend(_with_reason(_with_origin(one, campaign, found), part.videos) for one in rows)
                    fetch_stats.add(fetched.fetch_stats)
                    for one, answers in zip(part.videos, fetched.answers, strict=True):
                        counts.add(one.capability, answers)

            links, others = wanted()
            if links:
                ask(links)
                others = wanted()[1]
            ask(others)
            if links:
                parsed.append(_led_to(parsed, campaign, others))
            metadata = save(
                tables, paid_client, schemas.TrackedVideos, "tracked_videos", partition, parsed, fetch_stats
            )
            told = {
                "states": states_of(parsed),
                "found_in_content": len(found),
                "paid_posts_without_address": paid_posts(content).count(None),
            }
            return metadata | counts.metadata() | told

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [tracked_videos]


def _with_origin(parsed: Parsed, campaign: Campaign, found: Sequence[VideoUrl]) -> Parsed:
    """Say of each video whether the brief names it, and whose it is: `found` knows that better than an address."""
    named = [video.url for video in named_videos(campaign)]
    origin = pl.when(pl.col("url").is_in(named)).then(pl.lit("brief")).otherwise(pl.lit("content"))
    creators = {one.key: one.username for one in found if one.username}
    told = pl.Series([creators.get(video_url(url).key) for url in parsed.rows["url"]], dtype=pl.String)
    rows = parsed.rows.with_columns(found_in=origin, username=pl.coalesce(told, "username"))
    return Parsed(rows=rows, rejected=parsed.rejected)


def _led_to(told: Sequence[Parsed], campaign: Campaign, others: Sequence[TrackingRequest]) -> Parsed:
    """A row for each full address of the brief that is not asked for since a short link leads there: its fee counts."""
    asked = {one.video.url for one in others}
    left_out = [one for one in named_videos(campaign) if one.native_id and one.url not in asked]
    addresses = pl.DataFrame(
        [(one.platform, one.native_id, one.url, one.username or None) for one in left_out],
        schema=dict.fromkeys((*VIDEO, "address", "name"), pl.String),
        orient="row",
    )
    columns = schemas.TrackedVideos.column_names()
    tracked = pl.concat([one.rows.select(columns) for one in told]).filter(IS_TRACKED)
    rows = tracked.join(addresses, on=VIDEO).unique("address", keep="first", maintain_order=True)
    rows = rows.with_columns(
        url="address",
        username=pl.coalesce("name", "username"),
        cost_microcredits=pl.lit(0, dtype=pl.Int64),
        chosen_because=pl.lit("a short link of the brief leads to it: keep that one"),
    )
    return Parsed(rows=rows.select(columns), rejected=told[0].rejected.clear())


def _with_reason(parsed: Parsed, wanted: Sequence[TrackingRequest]) -> Parsed:
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
