"""How the tracked videos grew, day by day.

The series of a provider that tracks by itself is free: a day that was missed is read from a later answer, and says so
by its `observed_at`. What it lacks is bought post by post on the day itself, where the brief names a provider; so are
the counters of videos that are followed by ``looks`` alone. Which videos are tracked is the business of ``tracking``,
what their creators usually get that of ``creator_averages``.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.demand.record_counts import RecordCounts
from creator_assets.demand.requests import ProviderRequest, rows_of, window_of
from creator_assets.demand.videos.creator_averages import average_requests, creators_of, with_averages
from creator_assets.demand.videos.series import MAX_VIDEOS, own_window, stats_rows, stats_window
from creator_assets.demand.videos.snapshots import by_looks, look_rows, snapshot_requests
from creator_assets.ledger.records import Window
from creator_assets.metrics.video_days import (
    MISSING,
)
from creator_assets.partitions import Partition, PartitionKind, between_days_and_weeks
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.resources import CampaignBriefs, PaidClientResource, ParquetTables
from creator_assets.spending.archive_coverage import coverage_of, is_answered
from creator_assets.spending.failures import ProviderUnavailableError
from creator_assets.spending.fetch import FetchContext, FetchResult, FetchStats
from creator_assets.tables import schemas

GROUP = "videos"
Wanted = TypeVar("Wanted", bound=ProviderRequest[AnswerRows])


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a campaign's videos, for which its run asks."""

    partition: Partition
    campaign: Campaign
    paid_client: PaidClientResource
    purpose: FetchContext

    def bring(
        self, wanted: Sequence[Wanted], max_age: timedelta = timedelta(0)
    ) -> tuple[Sequence[Wanted], FetchResult]:
        """What the day wants, or has where it is over: what is told now says nothing of it."""
        paid_client, window = self.paid_client.open(), window_of(self.partition, max_age)
        if paid_client.ledger.now() >= self.partition.end:
            walks = coverage_of(paid_client.ledger, [one.pages for one in wanted], window)
            wanted = [one for one, way in zip(wanted, walks, strict=True) if way.next_request is None]
        # Nobody waits for a day: what is not told yet is asked for again with the next one.
        purpose = msgspec.structs.replace(self.purpose, window=window)
        return wanted, paid_client.fetch([one.pages for one in wanted], purpose)


def series_of(day: Day, tracked: pl.DataFrame) -> tuple[Parsed, FetchStats, RecordCounts]:
    """The rows of those videos that a provider has a series of, filled up where the brief says by whom."""
    can = capability(CapabilityKind.VIDEO_STATS)
    pages = can.pages(day.paid_client.settings()[can.provider], MAX_VIDEOS)
    ledger = day.paid_client.open().ledger
    fills = day.campaign.tracking is not None and day.campaign.tracking.fill_from is not None

    def seen_in(window: Window) -> tuple[Parsed, FetchStats, RecordCounts]:
        purpose = msgspec.structs.replace(day.purpose, window=window)
        return stats_rows(
            day.partition.first_day,
            tracked,
            pages,
            lambda some: day.paid_client.fetch([some], purpose),
            partial(fills_of, day) if fills else None,
        )

    try:
        return seen_in(stats_window(pages, day.partition, ledger))
    except ProviderUnavailableError:
        # Nobody can be asked for a later look: a day that is over needs no network for its own.
        if ledger.now() < day.partition.end or not is_answered(ledger, pages, own_window(day.partition)):
            raise
        return seen_in(own_window(day.partition))


def fills_of(day: Day, lacking: pl.DataFrame) -> tuple[list[Parsed], FetchStats]:
    """Looks at those videos (``platform``, ``native_id``) that the series lack."""
    provider = pl.lit(day.campaign.tracking.fill_from if day.campaign.tracking else None)
    asked, fetched = day.bring(snapshot_requests(lacking.with_columns(provider=provider), day.paid_client.settings()))
    return rows_of(asked, fetched.answers), fetched.fetch_stats


def looks_of(day: Day, tracked: pl.DataFrame) -> tuple[Parsed, FetchStats]:
    """The rows of those videos that are followed by looks."""
    return look_rows(day.partition, tracked, day.paid_client.open().ledger, day.paid_client.settings(), day.bring)


def averages_of(day: Day, parsed: Parsed, tracked: pl.DataFrame) -> tuple[Parsed, FetchStats]:
    """The same rows with what their creators usually get, where the brief wants to know."""
    max_age = (day.campaign.tracking and day.campaign.tracking.creator_averages) or timedelta(0)
    creators = average_requests(day.campaign, creators_of(parsed.rows, tracked), day.paid_client.settings())
    asked, fetched = day.bring(creators, max_age)
    return with_averages(parsed, tracked, rows_of(asked, fetched.answers)), fetched.fetch_stats


def together(parts: Sequence[Parsed]) -> Parsed:
    """Rows from several sources, and what could not become rows, as one."""
    return Parsed(rows=pl.concat([one.rows for one in parts]), rejected=pl.concat([one.rejected for one in parts]))


def build_videos(days: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The asset of this stage, partitioned by `days` x campaign."""

    @table_asset(
        GROUP,
        partitions=days,
        deps=[dg.AssetDep("tracked_videos", partition_mapping=between_days_and_weeks())],
        spends_credits=True,
    )
    def video_stats(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
    ) -> dg.MaterializeResult[None]:
        """One row per tracked video and UTC day of its 30: counters, growth, corrections, gaps.

        Looks and creators' averages cost, where a brief wants them; a series is free.
        """
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            tracked = read_upstream(tables, schemas.TrackedVideos, "tracked_videos", partition.week())
            if tracked.is_empty():
                return save(tables, paid_client, schemas.VideoStats, "video_stats", partition, [], FetchStats())
            campaign, purpose = briefs[partition.campaign], fetch_context_of(context, partition)
            day = Day(partition=partition, campaign=campaign, paid_client=paid_client, purpose=purpose)
            parts: list[Parsed] = []
            fetch_stats, counts, filled = FetchStats(), RecordCounts(), 0
            looked_at = by_looks(tracked)
            if not looked_at.all():
                of_series, spent, counts = series_of(day, tracked.filter(~looked_at))
                filled = _looks_in(of_series.rows)
                parts.append(of_series)
                fetch_stats.add(spent)
            if looked_at.any():
                of_looks, spent = looks_of(day, tracked.filter(looked_at))
                parts.append(of_looks)
                fetch_stats.add(spent)
            parsed, spent = averages_of(day, together(parts), tracked)
            fetch_stats.add(spent)
            metadata = save(tables, paid_client, schemas.VideoStats, "video_stats", partition, [parsed], fetch_stats)
            return metadata | counts.metadata() | _told(parsed.rows, filled)

        return materialize_partitions(context, PartitionKind.DAY, make)

    return [video_stats]


def _told(rows: pl.DataFrame, filled: int) -> dict[str, int]:
    return {
        "without_count": int((rows["source"] == MISSING).sum()),
        "filled": filled,
        "looked_at": _looks_in(rows) - filled,
        "with_averages": int(rows["creator_average_views"].count()),
        "corrections": int(rows["is_correction"].fill_null(value=False).sum()),
    }


def _looks_in(rows: pl.DataFrame) -> int:
    return int((~rows["source"].is_in([MISSING, "series"])).sum())
