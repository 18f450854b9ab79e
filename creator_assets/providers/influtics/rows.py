"""Influtics' answers as rows of the tables.

Daily statistics are in ``stat_rows``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import polars as pl

from creator_assets.providers.contract.kinds import TRACKED_DAYS
from creator_assets.providers.contract.operations import Answer, AnswerKind
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.contract.statements import RecordCount, ReportedBalance
from creator_assets.providers.influtics.operations import BLOGGER, JOB_STATUS, TRACKED_BLOGGER
from creator_assets.providers.influtics.payloads import (
    BLOGGER as BLOGGER_TYPE,
)
from creator_assets.providers.influtics.payloads import (
    SPELLED,
    TRACKED,
    blogger_in,
    refusal_in,
    tracked_in,
    usage_in,
)
from creator_assets.providers.parsing.batches import Batch, batch_rows, batch_state
from creator_assets.providers.parsing.bodies import records_at, text_at, whole_at
from creator_assets.providers.parsing.provenance import PROVENANCE_COLUMNS, RawRecord
from creator_assets.providers.parsing.records import decode
from creator_assets.providers.parsing.table_rows import asked, conform, noting_missing, whole
from creator_assets.providers.parsing.video_urls import video_url
from creator_assets.tables.schemas import EnrichedProfiles, TrackedVideos

_PLATFORMS = {spelling: platform for platform, spelling in SPELLED.items()}
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


def balance(answer: Answer) -> ReportedBalance:
    """What the account has left and has used; what an unlimited plan has left is None.

    Raises:
        msgspec.DecodeError: The answer is not the documented one.
    """
    stated = usage_in(answer.body)
    if stated is None:
        raise msgspec.DecodeError("the answer states no balance")
    return stated


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
