"""influencers.club's creators, profiles, audiences, filter values and credits as rows of the tables.

Rows of linked accounts, matches, comparisons and batches are made in ``account_rows``, those of posts in
``post_rows``. Engagement arrives as a percentage and becomes a fraction; its basis differs between platforms
(``profile_fields``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from creator_assets.handles import canonical_handles
from creator_assets.microcredits import to_microcredits
from creator_assets.providers.contract.operations import Answer, AnswerKind
from creator_assets.providers.contract.parsed import AudienceRows, Parsed
from creator_assets.providers.contract.statements import ReportedBalance
from creator_assets.providers.influencers_club.payloads import (
    ACCOUNT,
    FILTER_VALUE,
    Credits,
    accounts_in,
    dictionary_entries,
    result_in,
)
from creator_assets.providers.influencers_club.profile_fields import (
    NO_PROFILE,
    PROFILE,
    category,
    display_name,
    engagement_basis,
    profile_or_nothing,
    value_of,
)
from creator_assets.providers.parsing.audiences import AccountAudience, audience_rows
from creator_assets.providers.parsing.bodies import document, object_at, text_at, value_at
from creator_assets.providers.parsing.provenance import RawRecord
from creator_assets.providers.parsing.records import cut, decode
from creator_assets.providers.parsing.table_rows import asked, conform, ids_of, noting_missing, whole, written_otherwise
from creator_assets.tables.schemas import DiscoveryResults, EnrichedProfiles, FilterValues

COUNTING_PLATFORMS = ("instagram", "youtube", "tiktok", "twitter", "twitch")
PROFILE_COLUMNS = ("platform", "username", "state", "depth")
_BASES = ("followers", "likers", "commenters")


def creator_rows(answers: Sequence[Answer], *, origin: str, origin_name: str, platform: str) -> Parsed:
    """The creators of one search's pages as rows of ``discovery_results``; ranks continue from page to page."""
    records = [record for index, answer in enumerate(answers) for record in cut(index, accounts_in(answer.body) or [])]
    profile = pl.col("profile").struct
    username = canonical_handles(profile.field("username"), platform)
    parsed = decode(answers, records, ACCOUNT, {"profile.username": username})
    rows = parsed.rows.with_columns(
        origin=pl.lit(origin),
        origin_name=pl.lit(origin_name),
        platform=pl.lit(platform),
        username=username,
        written_handle=written_otherwise(profile.field("username"), username),
        **ids_of(pl.col("user_id")),
        display_name=profile.field("full_name"),
        followers=whole(profile.field("followers")),
        engagement_rate=profile.field("engagement_percent") / 100,
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
    )
    return conform(DiscoveryResults, parsed.with_rows(rows))


def profile_rows(answers: Sequence[Answer]) -> Parsed:
    """Enrichments as rows of ``enriched_profiles``, one per answer; ``not_found`` where the provider has no data."""
    records = [RawRecord(index, 0, _record(answer)) for index, answer in enumerate(answers)]
    known = asked(
        answers,
        EnrichedProfiles,
        PROFILE_COLUMNS,
        lambda answer: (
            *_asked_of(answer),
            "not_found" if _record(answer) == NO_PROFILE else "enriched",
            "raw" if answer.request.operation.name == "enrich_raw" else "full",
        ),
    )
    return profiles_from(answers, records, known)


def profiles_from(
    answers: Sequence[Answer],
    records: Sequence[RawRecord],
    known: pl.DataFrame,
    required: Mapping[str, pl.Expr] = {},
) -> Parsed:
    """Rows of ``enriched_profiles`` from records of `profile_record` and the ``PROFILE_COLUMNS`` of each.

    Every platform in ``COUNTING_PLATFORMS`` states a number of followers. A profile without it is a row with a note:
    the form of the answer may have changed.
    """
    block = pl.col("block").struct
    enriched = pl.col("state") == "enriched"
    parsed = decode(answers, records, PROFILE, required, known)
    parsed = parsed.with_columns(
        **ids_of(value_of("native_id")),
        display_name=display_name(),
        biography=value_of("biography"),
        followers=whole(value_of("followers")),
        following=whole(value_of("following")),
        posts=whole(value_of("posts")),
        engagement_rate=block.field("engagement_percent") / 100,
        engagement_basis=engagement_basis(),
        average_views=value_of("average_views"),
        average_likes=value_of("average_likes"),
        average_comments=value_of("average_comments"),
        country=pl.coalesce(value_of("country"), pl.col("location"), block.field("location")),
        language=pl.coalesce(
            pl.col("speaking_language"), block.field("speaking_language"), block.field("language_code").list.first()
        ),
        category=category(),
        is_verified=block.field("is_verified"),
        is_business=pl.coalesce(block.field("is_business_account"), block.field("is_business"), pl.col("is_business")),
        has_email=pl.when(enriched & (pl.col("depth") == "full")).then(pl.col("email").fill_null("") != ""),
    )
    uncounted = enriched & pl.col("platform").is_in(COUNTING_PLATFORMS) & pl.col("followers").is_null()
    return conform(EnrichedProfiles, noting_missing(parsed, "followers", uncounted))


def _record(answer: Answer) -> str:
    """The record of one enrichment; an empty one where the provider has no data or its result cannot be read."""
    if answer.kind is not AnswerKind.FINAL:
        return NO_PROFILE
    return profile_or_nothing(result_in(answer.body), answer.request.body_text("platform"))


def _asked_of(answer: Answer) -> tuple[str, str]:
    return answer.request.body_text("platform"), answer.request.body_text("handle")


def report_rows(answers: Sequence[Answer], *, keep_sensitive: bool = False) -> AudienceRows:
    """Full profiles as rows of ``audience_reports`` and ``audience_segments``.

    Followers, likers and commenters have a block each. A block without data has ``success: false`` inside an answer
    that is a success and charged.
    """
    return audience_rows(answers, _audience, _asked_of, keep_sensitive=keep_sensitive)


def _audience(answer: Answer) -> AccountAudience:
    if answer.kind is not AnswerKind.FINAL:
        return AccountAudience(state="not_found")
    block = (object_at(result_in(answer.body)) or {}).get(_asked_of(answer)[0], msgspec.Raw(b"null"))
    native_id = next((found for name in ("userid", "user_id", "id") if (found := text_at(block, name))), None)
    audience = value_at(block, "audience")
    parts = {basis: audience.get(f"audience_{basis}") for basis in _BASES} if isinstance(audience, dict) else {}
    by_basis = {
        basis: part["data"]
        for basis, part in parts.items()
        if isinstance(part, dict) and part.get("success") is not False and isinstance(part.get("data"), dict)
    }
    followers = by_basis.get("followers", {})
    return AccountAudience(
        state="ready" if by_basis else "unavailable",
        native_id=native_id,
        by_basis=by_basis,
        credibility={basis: data.get("audience_credibility") for basis, data in by_basis.items()},
        credibility_class=followers.get("credibility_class"),
        notable_share=followers.get("notable_users_ratio"),
    )


def filter_rows(answers: Sequence[Answer]) -> Parsed:
    """Dictionaries as rows of ``filter_values``; a sub-topic, state or city names its parent."""
    records = [
        RawRecord(index, position, msgspec.json.encode(entry).decode())
        for index, answer in enumerate(answers)
        for position, entry in enumerate(dictionary_entries(answer.body))
    ]
    known = asked(
        answers,
        FilterValues,
        ("platform", "dictionary"),
        lambda answer: (answer.request.path_params.get("platform", ""), answer.request.operation.name),
    )
    parsed = decode(answers, records, FILTER_VALUE, {"value": pl.col("value")}, known)
    return conform(FilterValues, parsed.with_columns(parent=pl.col("parent").fill_null("")))


def balance(answer: Answer) -> ReportedBalance:
    """What the account has left and has used.

    Raises:
        msgspec.DecodeError: The answer is not the documented one.
    """
    body = document(answer.body, Credits)
    left, used = to_microcredits(str(body.credits_available)), to_microcredits(str(body.credits_used))
    return ReportedBalance(left_microcredits=left, used_microcredits=used)
