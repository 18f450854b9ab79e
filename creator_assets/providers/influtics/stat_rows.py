"""Influtics' daily statistics of tracked videos as rows of ``video_stats``.

Statistics arrive as one series per counter, keyed by the timestamp of the count. The last count of each UTC day is
kept. What a day added is counted from the last day with counters; the number of days between is stated, not filled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec
import polars as pl

from creator_assets.providers.contract.kinds import TRACKED_DAYS
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.contract.statements import RecordCount
from creator_assets.providers.influtics.payloads import POINT, SPELLED, stats_in
from creator_assets.providers.parsing.bodies import text_at, value_at, whole_at
from creator_assets.providers.parsing.provenance import RawRecord
from creator_assets.providers.parsing.records import decode
from creator_assets.providers.parsing.table_rows import conform, instant, whole
from creator_assets.providers.parsing.timestamps import parse_timestamp
from creator_assets.providers.parsing.values import count_of
from creator_assets.tables.schemas import VideoStats

# The same timestamps are in every counter's series and, after midnight, in those of all videos.
_timestamp_of_key = lru_cache(maxsize=4096)(parse_timestamp)
_PLATFORMS = {spelling: platform for platform, spelling in SPELLED.items()}
_COUNTERS = {"views": "views", "likes": "likes", "comments": "comments", "shares": "reposts"}


def stats_count(answer: Answer) -> RecordCount | None:
    """How many videos a page should hold by the stated total, and how many it holds."""
    total, videos = whole_at(answer.body, "data", "pagination", "total"), stats_in(answer.body)
    if total is None or videos is None:
        return None
    limit, offset = (int(answer.request.params[name]) for name in ("limit", "offset"))
    return RecordCount(stated=max(0, min(limit, total - offset)), found=len(videos))


def stat_rows(answers: Sequence[Answer], *, days: Collection[date] | None = None) -> Parsed:
    """Statistics as rows of ``video_stats``, one per video and UTC day.

    Args:
        answers: Pages of statistics.
        days: Only these days; a tracked day without a count then has a row, too. With None, all days that have counts.
    """
    records: list[RawRecord] = []
    for index, answer in enumerate(answers):
        points = (point for raw in stats_in(answer.body) or [] for point in _points(raw, days))
        records += (RawRecord(index, place, msgspec.json.encode(point).decode()) for place, point in enumerate(points))
    required = {name: pl.col(name) for name in ("native_id", "platform")}
    required["counted_at"] = pl.coalesce("counted_at", "missing_on")
    parsed = decode(answers, records, POINT, required)
    counted_at = instant(pl.col("counted_at"))
    stats_on = pl.coalesce(counted_at.dt.date(), instant(pl.col("missing_on")).dt.date())
    age = (counted_at - instant(pl.col("started_at"))).dt.total_seconds() / 3600
    added = {f"{name}_added": whole(pl.col(name) - pl.col(f"previous_{name}")) for name in _COUNTERS}
    fell = [(pl.col(name) < pl.col(f"previous_{name}")).fill_null(value=False) for name in _COUNTERS]
    rows = parsed.rows.with_columns(
        stats_on=stats_on,
        counted_at=counted_at,
        source=pl.when(pl.col("counted_at").is_null()).then(pl.lit("missing")).otherwise(pl.lit("series")),
        day_number=(stats_on - instant(pl.col("started_at")).dt.date()).dt.total_days() + 1,
        age_hours=pl.when(age >= 0).then(age),
        days_missing=(counted_at.dt.date() - instant(pl.col("previous_on")).dt.date()).dt.total_days() - 1,
        is_correction=pl.when(pl.col("counted_at").is_not_null()).then(pl.any_horizontal(fell)),
        **{name: whole(pl.col(name)) for name in _COUNTERS},
        **added,
    )
    return conform(VideoStats, parsed.with_rows(rows))


def _points(video: msgspec.Raw, days: Collection[date] | None) -> Iterator[dict[str, Any]]:
    """One point per day: its last counts and those of the last earlier day. Of `days` without a count an empty one."""
    platform = text_at(video, "platform")
    started_at = parse_timestamp(value_at(video, "created_at"))
    of_video = {
        "platform": _PLATFORMS.get(platform, platform.lower()) or None,
        "native_id": value_at(video, "external_video_id"),
        "video_id": value_at(video, "video_id"),
        "started_at": _written(started_at),
    }
    counts, unread, is_odd = _by_timestamp(video)
    if is_odd:
        yield of_video | {"counted_at": None}
    # A counter may be missing at the timestamp of the others, or have a timestamp of its own.
    of_day: dict[date, dict[str, Any]] = {}
    for counted_at in sorted(counts):
        # A sentinel (-1, a word) is no count: the growth of a later day must not start from it.
        stated = {name: count_of(value) for name, value in counts[counted_at].items()}
        counters = {name: value for name, value in stated.items() if value is not None}
        if counters:
            counted = of_day.setdefault(counted_at.date(), dict(unread))
            # What is no count stays where there is none, so that it is noted.
            counted.update({name: value for name, value in counts[counted_at].items() if name not in counted})
            counted.update(counters, counted_at=_written(counted_at))
    previous: dict[str, Any] = {}
    for day, counted in of_day.items():
        if days is None or day in days:
            yield of_video | counted | previous
        previous = {f"previous_{name}": count_of(counted.get(name)) for name in _COUNTERS}
        previous["previous_on"] = counted["counted_at"]
    for day in days or ():
        if day not in of_day and started_at is not None and 0 <= (day - started_at.date()).days < TRACKED_DAYS:
            yield of_video | {"missing_on": day.isoformat()}


def _by_timestamp(video: msgspec.Raw) -> tuple[dict[datetime, dict[str, Any]], dict[str, Any], bool]:
    """The counters by the timestamp of their count, what stands in place of a series, and if a timestamp is odd."""
    series = value_at(video, "stats")
    counts: dict[datetime, dict[str, Any]] = {}
    unread: dict[str, Any] = {}
    is_odd = False
    for name, theirs in _COUNTERS.items():
        points = series.get(theirs) if isinstance(series, Mapping) else None
        if points is not None and not isinstance(points, Mapping):
            unread[name] = points
        for key, value in (points if isinstance(points, Mapping) else {}).items():
            counted_at = _timestamp_of_key(key)
            if counted_at is None:
                is_odd = True
            else:
                counts.setdefault(counted_at, {})[name] = value
    updated_at = parse_timestamp(value_at(video, "stats_last_updated"))
    latest = {name: value_at(video, theirs) for name, theirs in _COUNTERS.items()}
    if updated_at is not None:
        counts.setdefault(updated_at, latest)
    return counts, unread, is_odd


def _written(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
