"""The series of tracked videos: which answer serves a day, and the rows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

import msgspec
import polars as pl

from creator_assets.demand.record_counts import RecordCounts
from creator_assets.demand.requests import portions
from creator_assets.demand.stage import StageContext
from creator_assets.ledger.records import Window
from creator_assets.metrics.video_days import (
    VIDEO,
    add_tracking_age,
    correct_tracking_age,
    with_missing_days,
    without_series,
)
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.archive_coverage import is_answered
from creator_assets.spending.fetch import FetchResult, FetchStats
from creator_assets.tables import schemas

READ_AGAIN_AFTER = timedelta(minutes=10)
# Reading the series of all videos of an account takes 50 minutes at the provider's rate.
READING_ENDS_AFTER = timedelta(hours=12)
MAX_VIDEOS = 100_000
PAGES_AT_A_TIME = 10
Fill = Callable[[pl.DataFrame], tuple[list[Parsed], FetchStats]]
KEY = schemas.VideoStats.primary_key()


def stats_window(at: StageContext, pages: PagedRequest) -> Window:
    """Which reading of the series serves a day: while it runs one of the last minutes, then the first of the next day.

    The next day's reading is free and holds what came after the day's own readings. Without one, the day's own last
    reading serves, and only without that the first later one. So a day that is over has the same reading whenever it is
    made again.
    """
    now = at.ledger.now()
    if now < at.partition.end:
        recent = max(at.partition.start, now - READ_AGAIN_AFTER)
        return Window(start=max(now, recent), end=at.partition.end, reuse_since=recent)
    after = Window(start=at.partition.end, end=now + READING_ENDS_AFTER, reuse_since=at.partition.end)
    next_day = msgspec.structs.replace(after, end=at.partition.end + timedelta(days=1))
    if now < next_day.end:
        return after
    return next(
        (window for window in (next_day, own_window(at.partition)) if is_answered(at.ledger, pages, window)), after
    )


def own_window(partition: Partition) -> Window:
    """The day's last instant: all readings of the day are reused for it, and the newest one serves."""
    return Window(start=partition.end - timedelta.resolution, end=partition.end, reuse_since=partition.start)


def videos_with_series(at: StageContext, since: datetime) -> pl.DataFrame | None:
    """The videos (``platform``, ``native_id``) of the newest reading of the series; None without a reading `since`."""
    can, now = capability(CapabilityKind.VIDEO_STATS), at.ledger.now()
    pages = can.pages(at.settings[can.provider], MAX_VIDEOS)
    window = Window(start=now, end=now + timedelta.resolution, reuse_since=since)
    if not is_answered(at.ledger, pages, window):
        return None

    def archived(some: PagedRequest) -> FetchResult:
        (covered,) = at.coverage([some], window)
        return FetchResult(answers=(tuple(covered.answers),), fetch_stats=FetchStats())

    readings = (fetched.answers[0] for fetched in portions(pages, PAGES_AT_A_TIME, archived))
    # Those with a count, and those that wait for their first one.
    found: Iterable[pl.DataFrame] = (can.rows(one, days=days).rows for one in readings for days in (None, {now.date()}))
    return pl.concat([rows.select(VIDEO).unique() for rows in found])


def stats_rows(
    day: date,
    tracked: pl.DataFrame,
    pages: PagedRequest,
    fetch: Callable[[PagedRequest], FetchResult],
    fill: Fill | None = None,
) -> tuple[Parsed, FetchStats, RecordCounts]:
    """The rows of `video_stats` of the campaign's videos, and one for each that has no count.

    Some pages at a time: of each only the day's points are kept.

    Args:
        day: The UTC day.
        tracked: Rows of ``schemas.TrackedVideos`` of the day's week.
        pages: The series of all videos of the account.
        fetch: Brings some of them.
        fill: Brings counts of videos (``platform``, ``native_id``) that the series lack, and what that came to.
    """
    can = capability(CapabilityKind.VIDEO_STATS)
    points: list[Parsed] = []
    fetch_stats, counts = FetchStats(), RecordCounts()
    read_at: list[datetime] = []
    for fetched in portions(pages, PAGES_AT_A_TIME, fetch):
        (answers,) = fetched.answers
        read_at.append(answers[-1].observed_at)
        points.append(can.rows(answers, days={day}))
        counts.add(can, answers)
        fetch_stats.add(fetched.fetch_stats)
    # A page that moved while they were read brings videos of the page before it again.
    all_points = pl.concat([one.rows for one in points]).unique(KEY, keep="first", maintain_order=True)
    counted = correct_tracking_age(all_points, tracked)
    if fill is not None:
        filled, spent = fill(without_series(counted, tracked, day))
        counted = pl.concat([counted, *(add_tracking_age(one.rows, tracked) for one in filled)])
        points += filled
        fetch_stats.add(spent)
    rows = with_missing_days(counted, tracked, day, read_at[-1])
    return Parsed.together(points, rows.select(schemas.VideoStats.column_names())), fetch_stats, counts
