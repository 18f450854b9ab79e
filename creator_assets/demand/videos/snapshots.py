"""Snapshots of the counters of single videos: of those that have no series, and of those that a series lacks.

A snapshot says what a post counts now, so it is bought on the day itself; a day that is over has what the archive has.
Of several snapshots on a day the first one counts, whichever asset bought it. At most as many answers are held at once
as a campaign tracks videos; they are decoded some at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol, TypeVar

import polars as pl

from creator_assets.demand.requests import ProviderRequest, rows_of, window_of
from creator_assets.demand.stage import StageContext
from creator_assets.demand.videos.trackers import counts_by_snapshots
from creator_assets.metrics.video_days import (
    COUNTERS,
    MISSING,
    VIDEO,
    add_tracking_age,
    due_on,
    grown_since,
    with_missing_days,
)
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import capability_or_none
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import TRACKED_DAYS, CapabilityKind
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.provenance import no_problems
from creator_assets.spending.fetch import FetchResult, FetchStats
from creator_assets.tables import schemas

ANSWERS_AT_A_TIME = 500
_Wanted = TypeVar("_Wanted", bound=ProviderRequest[AnswerRows])


class Bring(Protocol):
    """Brings what a day asks for, or has where it is over; gives the requests with their answers."""

    def __call__(self, wanted: Sequence[_Wanted], /) -> tuple[Sequence[_Wanted], FetchResult]:
        """Ask."""
        ...


class SnapshotRequest(ProviderRequest[AnswerRows], frozen=True, kw_only=True):
    """A snapshot of one video's counters."""

    platform: str
    native_id: str

    def __repr__(self) -> str:
        """Name the platform, never the video."""
        return f"SnapshotRequest({self.platform})"


def polled_by_snapshots(tracked: pl.DataFrame) -> pl.Series:
    """Which rows of ``schemas.TrackedVideos`` are of providers that are asked for counters video by video."""
    providers = [one for one in tracked["provider"].unique() if counts_by_snapshots(one)]
    return tracked["provider"].is_in(providers)


def snapshot_requests(videos: pl.DataFrame, settings: Mapping[str, ProviderSettings]) -> list[SnapshotRequest]:
    """What to ask for the counters of single videos; those on platforms where the provider has none are left out.

    Args:
        videos: ``provider``, ``platform`` and ``native_id`` of each.
        settings: Of every provider.
    """
    pairs = videos.select("provider", "platform").unique().iter_rows()
    able = {(name, on): capability_or_none(CapabilityKind.POST_STATS, provider=name, platform=on) for name, on in pairs}
    return [
        SnapshotRequest(
            capability=can,
            pages=can.pages(settings[provider], platform, native_id),
            platform=platform,
            native_id=native_id,
        )
        for provider, platform, native_id in videos.select("provider", *VIDEO).iter_rows()
        if (can := able[provider, platform]) is not None
    ]


def snapshot_rows(at: StageContext, tracked: pl.DataFrame, bring: Bring) -> tuple[Parsed, FetchStats]:
    """The rows of `video_stats` of videos that are polled: one for each whose tracked time has the day.

    What they grew by is reckoned against the last earlier day that has a count, in the archive.

    Args:
        at: The day, and the archive with the earlier snapshots.
        tracked: Rows of ``schemas.TrackedVideos`` of those videos.
        bring: Brings the day's snapshots.
    """
    due = due_on(tracked, at.partition.first_day)
    wanted, fetched = bring(snapshot_requests(due, at.settings))
    parsed = rows_of(wanted, fetched.answers, at_a_time=ANSWERS_AT_A_TIME)
    counted = pl.concat([schemas.VideoStats.create_empty(), *(one.rows for one in parsed)])
    before = _counts_before(at, due.join(counted, on=VIDEO, how="semi"))
    grown = grown_since(add_tracking_age(counted, due), before)
    # Without a snapshot that is certain once the day is over; with one that found nothing, since then.
    rows = with_missing_days(grown, due, at.partition.first_day, at.partition.end).join(
        _seen(wanted, fetched), on=VIDEO, how="left", maintain_order="left"
    )
    in_vain = (pl.col("source") == MISSING) & pl.col("seen_at").is_not_null()
    rows = rows.with_columns(observed_at=pl.when(in_vain).then("seen_at").otherwise("observed_at"))
    none = Parsed(rows=rows.clear(), rejected=no_problems(), notes=no_problems())
    return Parsed.together([none, *parsed], rows.select(schemas.VideoStats.column_names())), fetched.fetch_stats


def _counts_before(at: StageContext, videos: pl.DataFrame) -> pl.DataFrame:
    """Of each video the counts of the last day before this one that has some, by the snapshots in the archive."""
    columns = [*VIDEO, "stats_on", *COUNTERS]
    found = [schemas.VideoStats.create_empty().select(columns)]
    for number in range(1, TRACKED_DAYS):
        day = Partition.day_of(at.partition.campaign, at.partition.first_day - timedelta(days=number))
        videos = videos.filter(pl.col("tracked_from").dt.date() <= day.first_day)
        if videos.is_empty():
            break
        for some in videos.iter_slices(ANSWERS_AT_A_TIME):
            wanted = snapshot_requests(some, at.settings)
            coverage = at.coverage([one.pages for one in wanted], window_of(day))
            found += [one.rows.select(columns) for one in rows_of(wanted, [one.answers for one in coverage])]
        videos = videos.join(pl.concat(found), on=VIDEO, how="anti")
    return pl.concat(found)


def _seen(wanted: Sequence[SnapshotRequest], fetched: FetchResult) -> pl.DataFrame:
    """When each video was polled."""
    polled = [
        (one.platform, one.native_id, answers[0].observed_at)
        for one, answers in zip(wanted, fetched.answers, strict=True)
    ]
    columns = schemas.VideoStats.columns()
    dtypes = {name: columns[name].dtype for name in VIDEO} | {"seen_at": columns["observed_at"].dtype}
    return pl.DataFrame(polled, schema=dtypes, orient="row")
