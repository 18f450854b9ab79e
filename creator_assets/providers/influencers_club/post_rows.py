"""influencers.club's posts and their details as rows of the tables.

Addresses of pictures and videos expire after 24 hours. A detail that a post does not have
(e.g. a transcript) becomes a row with the state ``empty``, so that it is not requested again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl

from creator_assets.handles import canonical_handles
from creator_assets.metrics.disclosures import without_addresses
from creator_assets.providers.contract.kinds import TRACKED_DAYS
from creator_assets.providers.contract.operations import Answer, AnswerKind
from creator_assets.providers.contract.parsed import Parsed, Problem
from creator_assets.providers.contract.statements import RecordCount
from creator_assets.providers.influencers_club.payloads import COMMENT, SPOKEN, result_in
from creator_assets.providers.influencers_club.post_fields import (
    COUNTERS,
    MOMENTS,
    POST,
    counters,
    has_unknown_kind,
    is_no_handle,
    post_kind,
    post_record,
    times_in,
)
from creator_assets.providers.parsing.bodies import object_at, records_at, whole_at
from creator_assets.providers.parsing.provenance import RawRecord
from creator_assets.providers.parsing.records import cut, decode
from creator_assets.providers.parsing.table_rows import (
    asked,
    conform,
    noting,
    noting_missing,
    rows_of_answers,
    whole,
    with_moments,
)
from creator_assets.providers.parsing.timestamps import newest_timestamp, plausible_timestamp
from creator_assets.tables.schemas import Content, ContentDetails, TrackedVideos, VideoStats


def content_rows(answers: Sequence[Answer]) -> Parsed:
    """Pages of posts as rows of ``content``; a post that a later page repeats is kept once."""
    known = asked(
        answers,
        Content,
        ("platform", "username"),
        lambda answer: (answer.request.body_text("platform"), answer.request.body_text("handle")),
    )
    records = [
        RawRecord(index, position, post_record(bytes(raw).decode("utf-8", errors="replace")))
        for index, answer in enumerate(answers)
        for position, raw in enumerate(records_at(answer.body, "result", "items") or [])
    ]
    parsed = _published(decode(answers, records, POST, {"pk": pl.col("pk")}, known))
    media_url = pl.col("media_url").list.first()
    unknown = parsed.rows.select(has_unknown_kind()).to_series()
    parsed = _authored(parsed).with_columns(
        counters(),
        content_id=pl.col("pk"),
        native_id=pl.col("pk"),
        kind=post_kind(),
        # Lists of posts have no field of hashtags: they are read from the caption.
        hashtags=pl.coalesce("hashtags", without_addresses(pl.col("caption")).str.extract_all(r"#\w+")).list.eval(
            pl.element().str.strip_prefix("#")
        ),
        media_url=media_url,
        media_expires_at=_expiry(media_url),
    )
    return conform(Content, noting(parsed, "kind", pl.lit(unknown), Problem.UNKNOWN, "no document explains this code"))


def newest(answers: Sequence[Answer]) -> datetime | None:
    """The watermark of some pages: when their newest post was published. Timestamps in the future are left out."""
    newest_of_each = [
        newest_timestamp(answer.observed_at, times_in(answer.body, answer.observed_at)) for answer in answers
    ]
    return max((at for at in newest_of_each if at is not None), default=None)


def counted(answer: Answer) -> RecordCount | None:
    """How many posts a page states and holds."""
    stated, items = whole_at(answer.body, "result", "num_results"), records_at(answer.body, "result", "items")
    return None if stated is None or items is None else RecordCount(stated=stated, found=len(items))


def detail_rows(answers: Sequence[Answer]) -> Parsed:
    """Details of posts as rows of ``content_details``: one each, for comments one per comment."""
    by_kind: dict[str, list[Answer]] = {}
    for answer in answers:
        by_kind.setdefault(answer.request.body_text("content_type"), []).append(answer)
    parsed = [_MAKERS[kind](of_kind) for kind, of_kind in sorted(by_kind.items())]
    empty = conform(ContentDetails, decode([], [], POST, {}))
    return Parsed.together([empty, *parsed])


def stat_rows(answers: Sequence[Answer]) -> Parsed:
    """Data of posts as rows of ``video_stats``: the counters of the day on which they were requested."""
    data = [
        answer
        for answer in answers
        if answer.request.body_text("content_type") == "data" and answer.kind is AnswerKind.FINAL
    ]
    records = [RawRecord(index, 0, _result(answer)) for index, answer in enumerate(data)]

    def of(answer: Answer) -> tuple[str, str]:
        request = answer.request
        return request.body_text("platform"), request.about.get("native_id") or request.body_text("post_id")

    parsed = decode(data, records, POST, {}, asked(data, VideoStats, ("platform", "native_id"), of))
    parsed = parsed.with_columns(
        counters(),
        stats_on=pl.col("observed_at").dt.date(),
        counted_at=pl.col("observed_at"),
        source=pl.lit("post_details"),
        is_correction=pl.lit(value=False),
    )
    return conform(VideoStats, noting_missing(parsed, "engagement", pl.coalesce(COUNTERS).is_null()))


def tracked_rows(answers: Sequence[Answer]) -> Parsed:
    """First snapshots of videos as rows of ``tracked_videos``; one with data starts the tracking of its video."""

    def of(answer: Answer) -> tuple[object, ...]:
        begun = answer.observed_at if answer.kind is AnswerKind.FINAL else None
        return (
            answer.request.about["url"],
            answer.request.body_text("platform"),
            answer.request.about["native_id"],
            answer.request.about["username"] or None,
            "tracked" if begun else "error",
            "" if begun else "Look whether the address is right and the video public; then ask again.",
            begun,
            begun and begun + timedelta(days=TRACKED_DAYS),
        )

    names = ("url", "platform", "native_id", "username", "state", "next_step", "tracked_from", "tracked_until")
    return rows_of_answers(answers, TrackedVideos, asked(answers, TrackedVideos, names, of))


def _data_rows(answers: Sequence[Answer]) -> Parsed:
    records = [RawRecord(index, 0, post_record(_result(answer))) for index, answer in enumerate(answers)]
    parsed = _authored(_published(decode(answers, records, POST, {}, _asked(answers))))
    media_url = pl.col("media_url").list.first()
    return conform(
        ContentDetails,
        parsed.with_columns(
            counters(),
            item_id=pl.lit(""),
            body_text=pl.col("caption"),
            media_url=media_url,
            media_expires_at=_expiry(media_url),
        ),
    )


def _comment_rows(answers: Sequence[Answer]) -> Parsed:
    records = [record for index, answer in enumerate(answers) for record in _comments(index, answer)]
    item_id = pl.coalesce("comment_id", "pk", "id")
    required = {"comment_id": pl.when(pl.col("state") == "found").then(item_id).otherwise(pl.lit(""))}
    parsed = with_moments(decode(answers, records, COMMENT, required, _asked(answers)), published_at="created_at")
    return conform(
        ContentDetails,
        parsed.with_columns(
            item_id=item_id.fill_null(""),
            body_text=pl.col("text"),
            author=canonical_handles(pl.col("user").struct.field("username")),
            likes=whole(pl.col("likes")),
        ),
    )


def _spoken_rows(answers: Sequence[Answer]) -> Parsed:
    records = [RawRecord(index, 0, _result(answer)) for index, answer in enumerate(answers)]
    parsed = decode(answers, records, SPOKEN, {}, _asked(answers))
    rows = parsed.rows.with_columns(
        item_id=pl.lit(""),
        body_text=pl.coalesce("transcript", "title"),
        media_url=pl.col("audio_url"),
        media_expires_at=_expiry(pl.col("audio_url")),
    )
    return conform(ContentDetails, parsed.with_rows(rows))


_MAKERS: dict[str, Callable[[Sequence[Answer]], Parsed]] = {
    "data": _data_rows,
    "comments": _comment_rows,
    "transcript": _spoken_rows,
    "audio": _spoken_rows,
}


def _asked(answers: Sequence[Answer]) -> pl.DataFrame:
    def of(answer: Answer) -> tuple[str, str, str, str]:
        request = answer.request
        state = "found" if answer.kind is AnswerKind.FINAL else "empty"
        return request.body_text("platform"), request.body_text("post_id"), request.body_text("content_type"), state

    return asked(answers, ContentDetails, ("platform", "content_id", "detail", "state"), of)


def _result(answer: Answer) -> str:
    result = result_in(answer.body)
    return bytes(result).decode("utf-8", errors="replace") if object_at(result) else "{}"


def _comments(index: int, answer: Answer) -> Iterator[RawRecord]:
    found = records_at(answer.body, "result", "comments")
    # A later page without comments ends the list; only a first one says that there are none.
    is_none = answer.kind is not AnswerKind.FINAL and "pagination_token" not in (answer.request.body or {})
    yield from cut(index, found or ([msgspec.Raw(b"{}")] if is_none else []))


def _published(parsed: Parsed) -> Parsed:
    """The same with ``published_at``: the first stated moment that can be; where none can, the first is noted."""
    columns = parsed.rows.select(*MOMENTS, "observed_at")
    chosen = [
        next((text for text in stated if plausible_timestamp(text, at)), next(filter(None, stated), None))
        for *stated, at in columns.iter_rows()
    ]
    stated = pl.Series("moment", chosen, dtype=pl.String)
    return with_moments(parsed.with_rows(parsed.rows.with_columns(stated)), published_at="moment")


def _authored(parsed: Parsed) -> Parsed:
    """The same with ``author``: the handle; a name with blanks, which is no handle, is null and noted."""
    name = pl.col("user").struct.field("username")
    noted = noting(parsed, "author", is_no_handle(name), Problem.WRONG_TYPE, "a name, not a handle")
    return noted.with_columns(author=canonical_handles(pl.when(~is_no_handle(name)).then(name)))


def _expiry(url: pl.Expr) -> pl.Expr:
    return pl.when(url.is_not_null()).then(pl.col("observed_at") + pl.duration(hours=24))
