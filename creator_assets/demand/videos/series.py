"""The series of tracked videos: which answer serves a day, and the rows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta

import msgspec
import polars as pl

from creator_assets.demand.record_counts import RecordCounts
from creator_assets.demand.requests import portions
from creator_assets.ledger.ledger import Ledger
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
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.parsing.records import Parsed
from creator_assets.spending.archive_coverage import coverage_of, is_answered
from creator_assets.spending.fetch import FetchResult, FetchStats
from creator_assets.tables import schemas

LOOK_AGAIN = timedelta(minutes=10)
# A look at all videos of an account takes 50 minutes at the provider's rate.
LOOKING_ENDS = timedelta(hours=12)
MAX_VIDEOS = 100_000
PAGES_AT_A_TIME = 10
Fill = Callable[[pl.DataFrame], tuple[list[Parsed], FetchStats]]
KEY = schemas.VideoStats.primary_key()


def stats_window(pages: PagedRequest, partition: Partition, ledger: Ledger) -> Window:
    """Which look at the series serves a day: while it runs a look of the last minutes, then the first of the day after.

    On that day one is asked for, free of charge: it tells what came after the day's own looks. Where nobody looked
    then, the day's own last look serves, and only where there is none whoever looked first later: a day that is over
    has the same look whenever it is made again.
    """
    now = ledger.now()
    if now < partition.end:
        recent = max(partition.start, now - LOOK_AGAIN)
        return Window(start=max(now, recent), end=partition.end, reuse_since=recent)
    after = Window(start=partition.end, end=now + LOOKING_ENDS, reuse_since=partition.end)
    next_day = msgspec.structs.replace(after, end=partition.end + timedelta(days=1))
    if now < next_day.end:
        return after
    return next((window for window in (next_day, own_window(partition)) if is_answered(ledger, pages, window)), after)


def own_window(partition: Partition) -> Window:
    """Begun with the day's last instant, all looks of the day are carried over to it: the newest one serves."""
    return Window(start=partition.end - timedelta.resolution, end=partition.end, reuse_since=partition.start)


def videos_with_series(
    ledger: Ledger, settings: Mapping[str, ProviderSettings], since: datetime
) -> pl.DataFrame | None:
    """The videos (``platform``, ``native_id``) of the newest look at the series; None where nobody looked `since`."""
    can, now = capability(CapabilityKind.VIDEO_STATS), ledger.now()
    pages = can.pages(settings[can.provider], MAX_VIDEOS)
    window = Window(start=now, end=now + timedelta.resolution, reuse_since=since)
    if not is_answered(ledger, pages, window):
        return None

    def archived(some: PagedRequest) -> FetchResult:
        (way,) = coverage_of(ledger, [some], window)
        return FetchResult(answers=(tuple(way.answers),), fetch_stats=FetchStats())

    looks = (fetched.answers[0] for fetched in portions(pages, PAGES_AT_A_TIME, archived))
    # Those with a count, and those that wait for their first one.
    told: Iterable[pl.DataFrame] = (can.rows(look, days=days).rows for look in looks for days in (None, {now.date()}))
    return pl.concat([rows.select(VIDEO).unique() for rows in told])


def stats_rows(
    day: date,
    tracked: pl.DataFrame,
    pages: PagedRequest,
    fetch: Callable[[PagedRequest], FetchResult],
    fill: Fill | None = None,
) -> tuple[Parsed, FetchStats, RecordCounts]:
    """The rows of `video_stats`: of the account's videos those of this campaign, and one for each that has no count.

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
    looks: list[datetime] = []
    for fetched in portions(pages, PAGES_AT_A_TIME, fetch):
        (answers,) = fetched.answers
        looks.append(answers[-1].observed_at)
        points.append(can.rows(answers, days={day}))
        counts.add(can, answers)
        fetch_stats.add(fetched.fetch_stats)
    # A page that moved while they were read brings videos of the page before it again.
    told = pl.concat([one.rows for one in points]).unique(KEY, keep="first", maintain_order=True)
    counted = correct_tracking_age(told, tracked)
    if fill is not None:
        filled, spent = fill(without_series(counted, tracked, day))
        counted = pl.concat([counted, *(add_tracking_age(one.rows, tracked) for one in filled)])
        points += filled
        fetch_stats.add(spent)
    rows = with_missing_days(counted, tracked, day, looks[-1])
    rejected = pl.concat([one.rejected for one in points])
    return Parsed(rows=rows.select(schemas.VideoStats.column_names()), rejected=rejected), fetch_stats, counts
