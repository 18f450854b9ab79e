"""influData's answers as rows of the tables.

Discovery states engagement as a percentage (4.2), content as a fraction; in rows it is always a fraction. The rate is
the mean of likes and comments over followers, or over views on TikTok (the provider's help pages), and is labelled so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl

from creator_assets.handles import canonical_handles
from creator_assets.providers.contract.operations import Answer, AnswerKind
from creator_assets.providers.contract.parsed import AudienceRows, Parsed
from creator_assets.providers.contract.statements import DataReadiness, RecordCount, ReportedBalance
from creator_assets.providers.infludata import payloads
from creator_assets.providers.infludata.operations import QUEUED_SECONDS
from creator_assets.providers.infludata.payloads import CONTENT, PROFILE, USER, users_in
from creator_assets.providers.parsing.audience_maps import maps_in, number
from creator_assets.providers.parsing.audiences import AccountAudience, audience_rows
from creator_assets.providers.parsing.batches import Batch, batch_rows
from creator_assets.providers.parsing.bodies import value_at, whole_at
from creator_assets.providers.parsing.provenance import RawRecord
from creator_assets.providers.parsing.records import cut, decode
from creator_assets.providers.parsing.table_rows import (
    asked,
    conform,
    ids_of,
    noting_missing,
    whole,
    with_moments,
    written_otherwise,
)
from creator_assets.providers.parsing.timestamps import newest_timestamp
from creator_assets.tables.schemas import Content, DiscoveryResults, EnrichedProfiles, FilterValues

_QUEUE_COUNTS = {"total_rows": ("summary", "total"), "failed_rows": ("summary", "failed")}
# An answer that cannot be read has no state: its row is rejected.
_STATES = {AnswerKind.FINAL: "enriched", AnswerKind.EMPTY: "not_found", AnswerKind.PENDING: "pending"}


def creator_rows(answers: Sequence[Answer], *, origin: str, origin_name: str, platform: str) -> Parsed:
    """The creators of one search's pages as rows of ``discovery_results``; ranks continue from page to page."""
    records = [record for index, answer in enumerate(answers) for record in cut(index, users_in(answer.body) or [])]
    username = canonical_handles(pl.col("username"), platform)
    parsed = decode(answers, records, USER, {"username": username})
    rows = parsed.rows.with_columns(
        username=username,
        written_handle=written_otherwise(pl.col("username"), username),
        origin=pl.lit(origin),
        origin_name=pl.lit(origin_name),
        platform=pl.lit(platform),
        provider_id=pl.col("_id"),
        display_name=pl.col("displayName"),
        followers=whole(pl.col("followers")),
        engagement_rate=pl.col("engagementMean") / 100,
        relevance=pl.col("score"),
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
    )
    return conform(DiscoveryResults, parsed.with_rows(rows))


def profile_rows(answers: Sequence[Answer]) -> Parsed:
    """Profiles as rows of ``enriched_profiles``, one per answer, also for a queued or unknown creator."""
    records = [RawRecord(index, 0, _record(answer)) for index, answer in enumerate(answers)]
    known = asked(
        answers,
        EnrichedProfiles,
        ("platform", "username", "state", "depth", "next_look_at"),
        lambda answer: (*_asked_of(answer), _STATES.get(answer.kind), "full", answer.not_before),
    )
    parsed = decode(answers, records, PROFILE, {}, known)
    uncounted = (pl.col("state") == "enriched") & pl.col("followers").is_null()
    parsed = noting_missing(parsed, "followers", uncounted)
    has_rate = pl.col("engagementMean").is_not_null()
    basis = pl.when(pl.col("platform") == "tiktok").then(pl.lit("er_views")).otherwise(pl.lit("er_followers_mean"))
    rows = parsed.rows.with_columns(
        **ids_of(pl.col("userId"), pl.col("_id")),
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
        profile_score=pl.col("profileScore"),
        is_verified=pl.coalesce("isVerified", "verified"),
        is_business=pl.col("isBusiness"),
        has_email=pl.when(pl.col("state") == "enriched").then(pl.col("email").fill_null("") != ""),
    )
    return conform(EnrichedProfiles, parsed.with_rows(rows))


def report_rows(answers: Sequence[Answer], *, keep_sensitive: bool = False) -> AudienceRows:
    """Audience reports as rows of ``audience_reports`` and ``audience_segments``; the basis is the followers."""
    return audience_rows(answers, _audience, _asked_of, keep_sensitive=keep_sensitive)


def readiness(answer: Answer) -> DataReadiness:
    """What the free status check states: whether profile and report are there, and when to ask again."""
    status = payloads.data_status(answer.body)
    return DataReadiness(
        is_known=bool(status and status.is_in_database),
        has_audience=bool(status and status.has_audience),
        next_look_at=answer.not_before,
    )


def queue_rows(answers: Sequence[Answer]) -> Parsed:
    """Queued creators as rows of ``enrichment_batches``, one per request; new creators are there within two days."""
    return batch_rows(answers, _queued, lambda _answer: _QUEUE_COUNTS)


def content_rows(answers: Sequence[Answer]) -> Parsed:
    """Pages of content as rows of ``content``; a piece that a later page repeats is kept once.

    ``contentId`` is the platform's own id behind a prefix of its platform (``IG_``). Signed addresses expire after 24
    hours.
    """
    pages = [payloads.content_page(answer.body) for answer in answers]
    records = [record for index, page in enumerate(pages) for record in cut(index, page.items if page else [])]
    requested = pl.DataFrame(
        [(index, *map(answer.request.params.get, ("platform", "username"))) for index, answer in enumerate(answers)],
        schema={"answer_index": pl.Int64, "asked_platform": pl.String, "asked_username": pl.String},
        orient="row",
    )
    on = pl.coalesce("platform", "asked_platform")
    author = canonical_handles(pl.col("username"), on)
    required = {
        "contentId": pl.col("contentId"),
        "platform": on,
        "username": pl.coalesce(canonical_handles(pl.col("asked_username"), on), author),
    }
    parsed = with_moments(decode(answers, records, CONTENT, required, requested), published_at="uploaded")
    media_url = pl.coalesce("videoUrl", "imageUrl")
    rows = parsed.rows.with_columns(
        content_id=pl.col("contentId"),
        native_id=pl.col("contentId").str.replace(r"^[A-Z]{2}_", ""),
        kind=pl.col("contentType"),
        platform=required["platform"],
        username=required["username"],
        author=author,
        caption=pl.col("captions"),
        hashtags=pl.col("hashtags").list.eval(pl.element().str.strip_prefix("#")),
        mentions=pl.col("mentions").list.eval(pl.element().str.strip_prefix("@")),
        reach=whole(pl.col("reach")),
        likes=whole(pl.col("likes")),
        comments=whole(pl.col("comments")),
        shares=whole(pl.col("shares")),
        engagement_rate=pl.col("engagementRate"),
        is_sponsored=pl.col("isSponsored"),
        media_url=media_url,
        media_expires_at=pl.when(media_url.is_not_null()).then(pl.col("observed_at") + pl.duration(hours=24)),
    )
    return conform(Content, parsed.with_rows(rows))


def counted(answer: Answer) -> RecordCount | None:
    """How many pieces a page charges for, which is how many it should hold, and how many it holds."""
    page = payloads.content_page(answer.body)
    return None if page is None or page.deducted is None else RecordCount(stated=page.deducted, found=len(page.items))


def newest(answers: Sequence[Answer]) -> datetime | None:
    """The watermark of some pages, from which later requests go on; None where there was nothing.

    A page states its watermark. The form by offset has none; its newest piece counts there. Timestamps in the future
    are left out: otherwise no later piece would ever be requested.
    """
    watermarks = []
    for answer in answers:
        if (page := payloads.content_page(answer.body)) is not None:
            stated = newest_timestamp(answer.observed_at, [page.watermark] if page.watermark else [])
            watermarks.append(stated or newest_timestamp(answer.observed_at, payloads.times_in(page)))
    return max((at for at in watermarks if at is not None), default=None)


def filter_rows(answers: Sequence[Answer]) -> Parsed:
    """City lists as rows of ``filter_values``; the parent is the country."""
    records = [
        RawRecord(index, position, msgspec.json.encode({"value": city}).decode())
        for index, answer in enumerate(answers)
        for position, city in enumerate(payloads.cities_in(answer.body) or ())
    ]
    known = asked(answers, FilterValues, ("parent",), lambda answer: (answer.request.params["country"],))
    parsed = decode(answers, records, pl.Struct({"value": pl.String}), {"value": pl.col("value")}, known)
    rows = parsed.rows.with_columns(platform=pl.lit(""), dictionary=pl.lit("cities"), label=pl.col("value"))
    return conform(FilterValues, parsed.with_rows(rows))


def balance(answer: Answer) -> ReportedBalance:
    """What the account has left, in requests; the answer does not state what it used.

    Raises:
        msgspec.DecodeError: The answer is not the documented one.
    """
    left = payloads.balance_left(answer.body)
    if left is None:
        raise msgspec.DecodeError("the answer states no balance")
    return ReportedBalance(left_microcredits=left)


def _record(answer: Answer) -> str:
    return answer.body.decode("utf-8", errors="replace") if answer.kind is AnswerKind.FINAL else "{}"


def _asked_of(answer: Answer) -> tuple[str, str]:
    return answer.request.params["platform"], answer.request.params["username"]


def _audience(answer: Answer) -> AccountAudience:
    """The report in a profile; its field is not documented, so the plausible names are tried."""
    if answer.kind is AnswerKind.PENDING:
        return AccountAudience(state="pending")
    if answer.kind is not AnswerKind.FINAL:
        return AccountAudience(state="not_found")
    body = value_at(answer.body) or {}
    named = (body[name] for name in payloads.REPORT_NAMES if isinstance(body.get(name), dict))
    unnamed = (one for one in body.values() if isinstance(one, dict) and maps_in(one)[0])
    report = next((one for one in (*named, *unnamed) if one), None)
    native_id, own_id = (str(body[name]) if body.get(name) else None for name in ("userId", "_id"))
    if not report:
        return AccountAudience(state="unavailable", native_id=native_id, provider_id=own_id)
    quality = report.get("audienceQuality")
    quality = quality if isinstance(quality, dict) else {}
    real = number(quality.get("realPercentage"))
    credibility = {} if real is None else {"followers": real / 100}
    return AccountAudience(
        state="ready",
        native_id=native_id,
        provider_id=own_id,
        by_basis={str(report.get("basis") or "followers"): {**report, "types": quality.get("types")}},
        credibility=credibility,
    )


def _queued(answer: Answer) -> Batch:
    total, failed = (whole_at(answer.body, *path) for path in _QUEUE_COUNTS.values())
    new = whole_at(answer.body, "summary", "newlyAdded")
    done = None if total is None else total - (new or 0)
    return Batch(
        batch_id=answer.request_id,
        platform=answer.request.body_text("platform"),
        mode="queue_weekly" if (answer.request.body or {}).get("addToWeeklyEnrichment") else "queue",
        state="processing" if new else "finished",
        next_look_at=answer.observed_at + timedelta(seconds=QUEUED_SECONDS) if new else None,
        total_rows=total,
        processed_rows=done,
        succeeded_rows=None if done is None else done - (failed or 0),
        failed_rows=failed,
        reported_cost_microcredits=0,
    )
