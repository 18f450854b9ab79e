"""The stage of video stats: how the tracked videos grew on a day.

A provider that tracks by itself brings a series, free of charge: a day that was missed is read from a later answer,
and `observed_at` says so. Gaps are bought post by post on the day itself, where the brief names a provider. So are the
counters of videos that are tracked by ``snapshots`` alone. What creators usually get belongs to ``creator_averages``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import msgspec
import polars as pl

from creator_assets.demand.record_counts import RecordCounts
from creator_assets.demand.requests import ProviderRequest, rows_of
from creator_assets.demand.stage import Buyer, Stage, StageContext, StageOutput, TableRows
from creator_assets.demand.videos.creator_averages import average_requests, creators_of, with_averages
from creator_assets.demand.videos.days import day_demands
from creator_assets.demand.videos.series import MAX_VIDEOS, own_window, stats_rows, stats_window
from creator_assets.demand.videos.snapshots import polled_by_snapshots, snapshot_requests, snapshot_rows
from creator_assets.ledger.records import Window
from creator_assets.metrics.video_days import MISSING
from creator_assets.partitions import PartitionKind
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.archive_coverage import is_answered
from creator_assets.spending.failures import ProviderUnavailableError
from creator_assets.spending.fetch import FetchResult, FetchStats
from creator_assets.spending.planning.plan import AssetDemand

Asked = TypeVar("Asked", bound=ProviderRequest[AnswerRows])


class VideoStats(Stage):
    """One row for each tracked video and UTC day of its 30: counters, growth, corrections, gaps."""

    asset = "video_stats"
    kind = PartitionKind.DAY

    def demands(self, at: StageContext) -> Iterator[AssetDemand]:
        """What a day may cost; nothing once it is over."""
        yield from day_demands(at, self.asset)

    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Read the series, poll the videos that have none, and add what their creators usually get."""
        tracked = at.upstream.read("tracked_videos", at.partition.week())
        if tracked is None or tracked.is_empty():
            return StageOutput(own=TableRows(table=self.asset, parsed=[]), fetch_stats=FetchStats())
        day = _Day(at=at, buyer=buyer)
        parts: list[Parsed] = []
        fetch_stats, counts, filled = FetchStats(), RecordCounts(), 0
        by_snapshots = polled_by_snapshots(tracked)
        if not by_snapshots.all():
            of_series, spent, counts = _series_of(day, tracked.filter(~by_snapshots))
            filled = _snapshots_in(of_series.rows)
            parts.append(of_series)
            fetch_stats.add(spent)
        if by_snapshots.any():
            of_snapshots, spent = snapshot_rows(at, tracked.filter(by_snapshots), day.bring)
            parts.append(of_snapshots)
            fetch_stats.add(spent)
        parsed, spent = _averages_of(day, _together(parts), tracked)
        fetch_stats.add(spent)
        return StageOutput(
            own=TableRows(table=self.asset, parsed=[parsed]),
            fetch_stats=fetch_stats,
            metadata=counts.metadata() | _metadata(parsed.rows, filled),
        )


class _Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day, and what brings its answers."""

    at: StageContext
    buyer: Buyer

    def bring(self, wanted: Sequence[Asked], max_age: timedelta = timedelta(0)) -> tuple[Sequence[Asked], FetchResult]:
        """What the day asks for, or has where it is over: an answer of today says nothing of it."""
        window = self.at.window(max_age)
        if self.at.is_over:
            coverage = self.at.coverage([one.pages for one in wanted], window)
            wanted = [one for one, covered in zip(wanted, coverage, strict=True) if covered.next_request is None]
        return wanted, self.buyer.fetch([one.pages for one in wanted], window)


def _series_of(day: _Day, tracked: pl.DataFrame) -> tuple[Parsed, FetchStats, RecordCounts]:
    """The rows of those videos that a provider has a series of, filled up where the brief says by which."""
    can = capability(CapabilityKind.VIDEO_STATS)
    pages = can.pages(day.at.settings[can.provider], MAX_VIDEOS)
    partition, tracking = day.at.partition, day.at.campaign.tracking
    fills = tracking is not None and tracking.fill_from is not None

    def seen_in(window: Window) -> tuple[Parsed, FetchStats, RecordCounts]:
        return stats_rows(
            partition.first_day,
            tracked,
            pages,
            lambda some: day.buyer.fetch([some], window),
            partial(_fills_of, day) if fills else None,
        )

    try:
        return seen_in(stats_window(day.at, pages))
    except ProviderUnavailableError:
        # A later answer cannot be had: a day that is over needs no network for its own.
        if not day.at.is_over or not is_answered(day.at.ledger, pages, own_window(partition)):
            raise
        return seen_in(own_window(partition))


def _fills_of(day: _Day, lacking: pl.DataFrame) -> tuple[list[Parsed], FetchStats]:
    """Snapshots of those videos (``platform``, ``native_id``) that the series lack."""
    tracking = day.at.campaign.tracking
    provider = pl.lit(tracking.fill_from if tracking else None)
    asked, fetched = day.bring(snapshot_requests(lacking.with_columns(provider=provider), day.at.settings))
    return rows_of(asked, fetched.answers), fetched.fetch_stats


def _averages_of(day: _Day, parsed: Parsed, tracked: pl.DataFrame) -> tuple[Parsed, FetchStats]:
    """The same rows with what their creators usually get, where the brief asks for it."""
    tracking = day.at.campaign.tracking
    max_age = (tracking and tracking.creator_averages) or timedelta(0)
    requests = average_requests(day.at, creators_of(parsed.rows, tracked))
    asked, fetched = day.bring(requests, max_age)
    return with_averages(parsed, tracked, rows_of(asked, fetched.answers)), fetched.fetch_stats


def _together(parts: Sequence[Parsed]) -> Parsed:
    """Rows from several sources, and the records that could not become rows, as one."""
    return Parsed.together(parts)


def _metadata(rows: pl.DataFrame, filled: int) -> dict[str, int]:
    return {
        "without_count": int((rows["source"] == MISSING).sum()),
        "filled": filled,
        "snapshots": _snapshots_in(rows) - filled,
        "with_averages": int(rows["creator_average_views"].count()),
        "corrections": int(rows["is_correction"].fill_null(value=False).sum()),
    }


def _snapshots_in(rows: pl.DataFrame) -> int:
    return int((~rows["source"].is_in([MISSING, "series"])).sum())
