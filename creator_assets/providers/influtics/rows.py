"""Influtics' answers as rows of the tables.

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

from creator_assets.microcredits import to_microcredits
from creator_assets.providers.contract.kinds import TRACKED_DAYS
from creator_assets.providers.contract.operations import Answer, AnswerKind
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.contract.statements import RecordCount, ReportedBalance
from creator_assets.providers.influtics.operations import BLOGGER, JOB_STATUS, TRACKED_BLOGGER
from creator_assets.providers.influtics.payloads import (
    BLOGGER as BLOGGER_TYPE,
)
from creator_assets.providers.influtics.payloads import (
    POINT,
    SPELLED,
    TRACKED,
    blogger_in,
    refusal_in,
    stats_in,
    tracked_in,
)
from creator_assets.providers.parsing.batches import Batch, batch_rows, batch_state
from creator_assets.providers.parsing.bodies import records_at, text_at, value_at, whole_at
from creator_assets.providers.parsing.provenance import PROVENANCE_COLUMNS, RawRecord
from creator_assets.providers.parsing.records import decode
from creator_assets.providers.parsing.table_rows import asked, conform, instant, noting_missing, whole
from creator_assets.providers.parsing.timestamps import parse_timestamp
from creator_assets.providers.parsing.values import count_of
from creator_assets.providers.parsing.video_urls import video_url
from creator_assets.tables.schemas import EnrichedProfiles, TrackedVideos, VideoStats

# The same timestamps are in every counter's series and, after midnight, in those of all videos.
_timestamp_of_key = lru_cache(maxsize=4096)(parse_timestamp)
_PLATFORMS = {spelling: platform for platform, spelling in SPELLED.items()}
_COUNTERS = {"views": "views", "likes": "likes", "comments": "comments", "shares": "reposts"}
_AVERAGES = {"average_views": "avg_views", "average_likes": "avg_likes", "average_comments": "avg_comments"}
_NEXT_STEPS = {
    "tracked": "",
    "already_tracked": "",
    "error": "Look whether the address is right and the video public; then ask again.",
    "over_limit": "The plan tracks no more videos: wait until tracking of others ends, or raise it; then ask again.",
    "unknown": "The answer does not mention this video: it is tracked if it has statistics; else ask again.",
}


def profile_rows(answers: Sequence[Answer]) -> Parsed:
    """Bloggers as rows of ``enriched_profiles``, one per blogger, with averages over the tracked videos.

    In the newer form several answers lead to one blogger. The last one makes the row, which carries the cost of all.
    """
    return conform(EnrichedProfiles, _bloggers(answers))


def average_rows(answers: Sequence[Answer]) -> Parsed:
    """The averages of the tracked videos of bloggers, one row per blogger with tracked videos.

    Rows: ``platform``, ``username``, ``average_views``, ``average_likes``, ``average_comments``, ``video_count`` (how
    many they are over) and the origin.
    """
    bloggers = _bloggers(answers)
    columns = ["platform", "username", *_AVERAGES, "video_count", *PROVENANCE_COLUMNS]
    averaged = bloggers.rows.filter(pl.col("average_views").is_not_null()).with_columns(whole(pl.col("video_count")))
    return bloggers.with_rows(averaged.select(columns))


def _bloggers(answers: Sequence[Answer]) -> Parsed:
    last = _last_of_each(answers)
    records = [RawRecord(index, 0, _blogger(answer)) for index, answer in enumerate(last)]
    known = asked(
        last,
        EnrichedProfiles,
        ("platform", "username", "state", "depth", "next_look_at"),
        lambda answer: (
            answer.request.about["platform"],
            answer.request.about["username"],
            _state(answer),
            "raw",
            answer.not_before,
        ),
    )
    parsed = decode(last, records, BLOGGER_TYPE, {}, known)
    uncounted = (pl.col("state") == "enriched") & pl.col("number_of_subscribers").is_null()
    parsed = noting_missing(parsed, "followers", uncounted)
    has_videos = pl.col("video_count") > 0  # without any video the averages are zeros without a meaning
    rows = parsed.rows.with_columns(
        provider_id=pl.col("id"),
        display_name=pl.col("channel_name"),
        followers=whole(pl.col("number_of_subscribers")),
        **{name: pl.when(has_videos).then(pl.col(theirs)) for name, theirs in _AVERAGES.items()},
    )
    return parsed.with_rows(rows)


def job_rows(answers: Sequence[Answer]) -> Parsed:
    """Jobs of the newer form as rows of ``enrichment_batches``; other answers are left out."""
    return batch_rows([answer for answer in answers if answer.request.operation.id == JOB_STATUS.id], _job)


def tracked_rows(answers: Sequence[Answer]) -> Parsed:
    """Tracking requests as rows of ``tracked_videos``, one per address with its state.

    In the answer to a joined request each address finds its own result, by its position in that request.
    """
    records = [record for index, answer in enumerate(answers) for record in _results(index, answer)]
    known = pl.DataFrame(
        [
            (index, place, url, video.platform, video.native_id or None, video.username or None)
            for index, answer in enumerate(answers)
            for place, url in enumerate(answer.request.body_texts("urls"))
            for video in [video_url(url)]
        ],
        schema={"answer_index": pl.Int64, "position": pl.Int64}
        | dict.fromkeys(("url", "platform", "known_id", "username"), pl.String),
        orient="row",
    )
    parsed = decode(answers, records, TRACKED, {}, known)
    state = pl.when(pl.col("status").is_in(list(_NEXT_STEPS))).then(pl.col("status")).otherwise(pl.lit("unknown"))
    tracked = pl.col("status") == "tracked"
    rows = parsed.rows.with_columns(
        state=state,
        next_step=state.replace_strict(_NEXT_STEPS, return_dtype=pl.String),
        native_id=pl.coalesce("external_video_id", "known_id"),
        problem=pl.col("error"),
        tracked_from=pl.when(tracked).then(pl.col("observed_at")),
        tracked_until=pl.when(tracked).then(pl.col("observed_at") + pl.duration(days=TRACKED_DAYS)),
    )
    return conform(TrackedVideos, parsed.with_rows(rows))


def tracked_count(answer: Answer) -> RecordCount | None:
    """How many results an answer to a tracking request states and holds; it may leave addresses out."""
    stated, results = whole_at(answer.body, "meta", "summary", "total"), records_at(answer.body, "data", "results")
    return None if stated is None or results is None else RecordCount(stated=stated, found=len(results))


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


def balance(answer: Answer) -> ReportedBalance:
    """What the account has left and has used; what an unlimited plan has left is None."""
    total, used = (value_at(answer.body, "data", "summary", "credits", name) for name in ("total", "used"))
    used_microcredits = to_microcredits(str(used))
    if value_at(answer.body, "data", "summary", "is_unlimited") is True:
        return ReportedBalance(left_microcredits=None, used_microcredits=used_microcredits)
    left = to_microcredits(str(total)) - used_microcredits
    return ReportedBalance(left_microcredits=left, used_microcredits=used_microcredits)


def _last_of_each(answers: Sequence[Answer]) -> list[Answer]:
    last: dict[tuple[str, str], Answer] = {}
    for answer in answers:
        key = (answer.request.about["platform"], answer.request.about["username"])
        spent = last[key].charge_microcredits if key in last else 0
        last[key] = msgspec.structs.replace(answer, charge_microcredits=answer.charge_microcredits + spent)
    return list(last.values())


def _state(answer: Answer) -> str:
    operation, kind = answer.request.operation.id, answer.kind
    if operation == JOB_STATUS.id and kind is AnswerKind.EMPTY:
        return "unknown" if answer.status == 410 else "not_found"
    if kind is AnswerKind.EMPTY:
        return "not_found"
    return "enriched" if kind is AnswerKind.FINAL and operation in {BLOGGER.id, TRACKED_BLOGGER.id} else "pending"


def _blogger(answer: Answer) -> str:
    blogger = blogger_in(answer.body)
    return "{}" if blogger is None else bytes(blogger).decode("utf-8", errors="replace")


def _job(answer: Answer) -> Batch:
    state = text_at(answer.body, "status") or text_at(answer.body, "data", "status")
    return Batch(
        batch_id=answer.request.path_params["job_id"],
        platform=answer.request.about.get("platform", ""),
        mode="track",
        state="failed" if answer.status == 410 else batch_state(state),
        next_look_at=answer.not_before,
        total_rows=1,
    )


def _results(index: int, answer: Answer) -> Iterator[RawRecord]:
    urls = answer.request.body_texts("urls")
    if answer.kind is AnswerKind.PENDING:
        refused = {"status": "over_limit", "error": refusal_in(answer.body) or None}
        for place in range(len(urls)):
            yield RawRecord(index, place, msgspec.json.encode(refused).decode())
        return
    parts = answer.parts if answer.parts > 1 else 0
    results = tracked_in(answer.body, urls, place=answer.place, parts=parts) or ()
    found = {result.place: result for result in results}
    for place in range(len(urls)):
        text = found[place].json.decode("utf-8", errors="replace") if place in found else "{}"
        yield RawRecord(index, place, text)


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
    counts, is_odd = _by_timestamp(video)
    if is_odd:
        yield of_video | {"counted_at": None}
    # A counter may be missing at the timestamp of the others, or have a timestamp of its own.
    of_day: dict[date, dict[str, Any]] = {}
    for counted_at in sorted(counts):
        # A sentinel (-1, a word) is no count: the growth of a later day must not start from it.
        stated = {name: count_of(value) for name, value in counts[counted_at].items()}
        counters = {name: value for name, value in stated.items() if value is not None}
        if counters:
            of_day.setdefault(counted_at.date(), {}).update(counters, counted_at=_written(counted_at))
    previous: dict[str, Any] = {}
    for day, counted in of_day.items():
        if days is None or day in days:
            yield of_video | counted | previous
        previous = {f"previous_{name}": counted.get(name) for name in _COUNTERS}
        previous["previous_on"] = counted["counted_at"]
    for day in days or ():
        if day not in of_day and started_at is not None and 0 <= (day - started_at.date()).days < TRACKED_DAYS:
            yield of_video | {"missing_on": day.isoformat()}


def _by_timestamp(video: msgspec.Raw) -> tuple[dict[datetime, dict[str, Any]], bool]:
    """The counters by the timestamp of their count, and whether a timestamp could not be read."""
    series = value_at(video, "stats")
    counts: dict[datetime, dict[str, Any]] = {}
    is_odd = False
    for name, theirs in _COUNTERS.items():
        points = series.get(theirs) if isinstance(series, Mapping) else None
        for key, value in (points if isinstance(points, Mapping) else {}).items():
            counted_at = _timestamp_of_key(key)
            if counted_at is None:
                is_odd = True
            else:
                counts.setdefault(counted_at, {})[name] = value
    updated_at = parse_timestamp(value_at(video, "stats_last_updated"))
    latest = {name: whole_at(video, theirs) for name, theirs in _COUNTERS.items()}
    if updated_at is not None and any(value is not None for value in latest.values()):
        counts.setdefault(updated_at, latest)
    return counts, is_odd


def _written(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
