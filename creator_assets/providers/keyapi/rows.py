"""KeyAPI's answers as rows of ``enriched_profiles``.

Accounts come in any order, and unknown ones are missing, so each is found by its id or handle and never by its
position. What the engagement is computed from is not documented (``interaction_rate``), so it is labelled as the
provider's own and never mixed with another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import polars as pl

from creator_assets.handles import canonical_handle
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed, Problem
from creator_assets.providers.keyapi.payloads import ACCOUNT, accounts_in
from creator_assets.providers.parsing.bodies import MOST_WHOLE, text_at
from creator_assets.providers.parsing.provenance import RawRecord
from creator_assets.providers.parsing.records import decode
from creator_assets.providers.parsing.table_rows import conform, noting, noting_missing, whole
from creator_assets.tables.schemas import EnrichedProfiles

_ABSENT = "{}"
ENGAGEMENT_BASIS = "keyapi_interaction_rate"
_DISTRIBUTIONS = {
    "publish_hours": "influencer_video_publish_hour",
    "publish_weekdays": "influencer_video_publish_week",
    "video_lengths": "influencer_video_duration_level",
}
_BUCKETS = pl.List(pl.Struct({"bucket": pl.String, "videos": pl.Int64}))


def profile_rows(answers: Sequence[Answer]) -> Parsed:
    """One row per requested account; one that the answer lacks is ``unknown``, which proves nothing about it.

    In the answer to a joined request each account finds its own record. A record under a handle that was not requested
    has a row where one request held several accounts: the account was renamed, and it was paid for.
    """
    accounts = [account for index, answer in enumerate(answers) for account in _accounts(index, answer)]
    known = pl.DataFrame(
        [
            (record.answer, record.position, username, "unknown" if record.json == _ABSENT else "enriched")
            for record, username in accounts
        ],
        schema={"answer_index": pl.Int64, "position": pl.Int64, "username": pl.String, "state": pl.String},
        orient="row",
    )
    is_known = pl.col("state") == "enriched"
    # Who was asked for has a row without it, too.
    required = {"user_id": pl.when(pl.col("username").is_null()).then(pl.col("user_id")).otherwise(pl.lit(""))}
    parsed = decode(answers, [record for record, _ in accounts], ACCOUNT, required, known)
    parsed = noting_missing(parsed, "followers", is_known & pl.col("total_followers_cnt").is_null())
    rows = parsed.rows.with_columns(
        _text("category", "language", "gender"),
        platform=pl.lit("tiktok"),
        depth=pl.lit("full"),
        native_id=pl.col("user_id"),
        display_name=pl.col("nick_name"),
        biography=pl.col("signature"),
        followers=whole(pl.col("total_followers_cnt")),
        following=whole(pl.col("total_following_cnt")),
        posts=whole(pl.col("total_post_video_cnt")),
        followers_added_30d=whole(pl.col("total_followers_30d_cnt")),
        engagement_rate=pl.col("interaction_rate"),
        engagement_basis=pl.when(pl.col("interaction_rate").is_not_null()).then(pl.lit(ENGAGEMENT_BASIS)),
        country=_text("region"),
        has_email=pl.when(is_known).then(pl.col("contact_email").fill_null("") != ""),
        **{
            name: pl.col(theirs).map_elements(_buckets, return_dtype=_BUCKETS)
            for name, theirs in _DISTRIBUTIONS.items()
        },
    )
    parsed = parsed.with_rows(rows)
    for name, theirs in _DISTRIBUTIONS.items():
        unread = pl.col(theirs).is_not_null() & pl.col(name).is_null()
        parsed = noting(parsed, name, unread, Problem.WRONG_TYPE, "no counts by bucket")
    return conform(EnrichedProfiles, parsed)


def _accounts(index: int, answer: Answer) -> Iterator[tuple[RawRecord, str | None]]:
    """Each requested account with its record (an empty one where the answer lacks it), then the others."""
    raws = accounts_in(answer.body) or []
    left = dict(enumerate(raws))
    position = 0
    for field, parameter, form in _IDENTIFIERS:
        by_id = {form(text_at(raw, field)): place for place, raw in enumerate(raws)}
        for requested in filter(None, answer.request.params.get(parameter, "").split(",")):
            place = by_id.get(form(requested))
            raw = left.pop(place, None) if place is not None else None
            yield RawRecord(index, position, _ABSENT if raw is None else _decoded(raw)), form(requested)
            position += 1
    for raw in left.values() if position > 1 else ():
        yield RawRecord(index, position, _decoded(raw)), canonical_handle(text_at(raw, "unique_id"), "tiktok") or None
        position += 1


def _decoded(raw: msgspec.Raw) -> str:
    return bytes(raw).decode("utf-8", errors="replace")


# The field of an account in the answer, the parameter of the request, and the form in which the two are compared.
_IDENTIFIERS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("user_id", "user_ids", str),
    ("unique_id", "unique_ids", lambda handle: canonical_handle(handle, "tiktok")),
)


def _text(*names: str) -> pl.Expr:
    """Texts; an empty one becomes null."""
    return pl.when(pl.col(*names) != "").then(pl.col(*names))


def _buckets(text: str) -> list[dict[str, Any]] | None:
    """A distribution, which is JSON inside a text; None for any other text."""
    try:
        counts = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(counts, dict) or not all(_is_count(count) for count in counts.values()):
        return None
    return [{"bucket": bucket, "videos": int(count)} for bucket, count in sorted(counts.items())]


def _is_count(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_WHOLE
