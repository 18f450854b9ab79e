"""influData's answers as rows of the tables.

Discovery gives engagement as a percentage (4.2), content as a fraction: here it is always a fraction. The rate is
the mean of likes and comments over followers, or over views on TikTok (the provider's help pages), and is labelled so.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import polars as pl

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.providers.contract import Answer, AnswerKind, ReportedBalance
from creator_assets.providers.infludata.payloads import PROFILE, USER, ClientInfo, users_in
from creator_assets.providers.records import Parsed, RawRecord, conform, cut, decode, whole
from creator_assets.tables.schemas import DiscoveryResults, EnrichedProfiles, FilterValues

_STATES = {AnswerKind.FINAL: "enriched", AnswerKind.EMPTY: "not_found", AnswerKind.PENDING: "pending"}


def creator_rows(answers: Sequence[Answer], *, origin: str, origin_name: str, platform: str) -> Parsed:
    """The creators of one search's pages as rows of ``discovery_results``; rank counts on from page to page."""
    records = [record for index, answer in enumerate(answers) for record in cut(index, users_in(answer.body) or [])]
    parsed = decode(answers, records, USER, {"username": pl.col("username")})
    rows = parsed.rows.with_columns(
        origin=pl.lit(origin),
        origin_name=pl.lit(origin_name),
        platform=pl.lit(platform),
        native_id=pl.col("_id"),
        display_name=pl.col("displayName"),
        followers=whole(pl.col("followers")),
        engagement_rate=pl.col("engagementMean") / 100,
        relevance=pl.col("score"),
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
    )
    return conform(DiscoveryResults, Parsed(rows=rows, rejected=parsed.rejected))


def profile_rows(answers: Sequence[Answer]) -> Parsed:
    """Profiles as rows of ``enriched_profiles``, one per answer; a queued or unknown creator is a row that says so."""
    records = [RawRecord(index, 0, _record(answer)) for index, answer in enumerate(answers)]
    followers = pl.when(pl.col("state") == "enriched").then(pl.col("followers")).otherwise(0)
    parsed = decode(answers, records, PROFILE, {"followers": followers}, _asked(answers))
    has_rate = pl.col("engagementMean").is_not_null()
    basis = pl.when(pl.col("platform") == "tiktok").then(pl.lit("er_views")).otherwise(pl.lit("er_followers_mean"))
    rows = parsed.rows.with_columns(
        username=pl.col("asked_username"),
        native_id=pl.coalesce("userId", "_id"),
        display_name=pl.col("displayName"),
        biography=pl.col("bio"),
        followers=whole(pl.col("followers")),
        following=whole(pl.col("following")),
        posts=whole(pl.col("posts")),
        engagement_rate=pl.col("engagementMean") / 100,
        engagement_basis=pl.when(has_rate).then(basis),
        average_views=pl.col("viewsMean"),
        average_likes=pl.col("likesMean"),
        average_comments=pl.col("commentsMean"),
        category=pl.col("categories").list.first(),
        is_verified=pl.col("isVerified"),
        is_business=pl.col("isBusiness"),
        has_email=pl.when(pl.col("state") == "enriched").then(pl.col("email").fill_null("") != ""),
    )
    return conform(EnrichedProfiles, Parsed(rows=rows, rejected=parsed.rejected))


def filter_rows(answers: Sequence[Answer]) -> Parsed:
    """City lists as rows of ``filter_values``, the country as parent."""
    records = [
        RawRecord(index, position, msgspec.json.encode({"value": city}).decode())
        for index, answer in enumerate(answers)
        for position, city in enumerate(msgspec.json.decode(answer.body, type=list[str]))
    ]
    asked = pl.DataFrame(
        [(index, answer.call.params["country"]) for index, answer in enumerate(answers)],
        schema={"answer_index": pl.Int64, "parent": pl.String},
        orient="row",
    )
    parsed = decode(answers, records, pl.Struct({"value": pl.String}), {"value": pl.col("value")}, asked)
    rows = parsed.rows.with_columns(platform=pl.lit(""), dictionary=pl.lit("cities"), label=pl.col("value"))
    return conform(FilterValues, Parsed(rows=rows, rejected=parsed.rejected))


def balance(answer: Answer) -> ReportedBalance:
    """What the account has left, in requests; what it used is not told.

    Raises:
        msgspec.DecodeError: The answer is not the documented one.
    """
    left = msgspec.json.decode(answer.body, type=ClientInfo).reports_left
    return ReportedBalance(left_microcredits=round(left) * MICROCREDITS_PER_CREDIT)


def _record(answer: Answer) -> str:
    return answer.body.decode("utf-8", errors="replace") if answer.kind is AnswerKind.FINAL else "{}"


def _asked(answers: Sequence[Answer]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "answer_index": index,
                "asked_username": answer.call.params["username"],
                "platform": answer.call.params["platform"],
                "state": _STATES[answer.kind],
                "depth": "full",
                "next_look_at": answer.not_before,
            }
            for index, answer in enumerate(answers)
        ],
        schema={"answer_index": pl.Int64}
        | dict.fromkeys(("asked_username", "platform", "state", "depth"), pl.String)
        | {"next_look_at": pl.Datetime("us", "UTC")},
    )
