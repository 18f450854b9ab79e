"""influencers.club's linked accounts, e-mail matches, compared audiences and batches as rows of the tables.

No row holds an e-mail address: a single address is known by the keyed hash of its request, and the inputs of a batch
are hashed before rows are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import msgspec
import polars as pl

from creator_assets.handles import canonical_handle, canonical_handles
from creator_assets.providers.contract.batch_jobs import PAUSED, UNDER_WAY
from creator_assets.providers.contract.operations import Answer, AnswerKind
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.influencers_club.batch_payloads import batch_results
from creator_assets.providers.influencers_club.operations import BATCH
from creator_assets.providers.influencers_club.payloads import (
    ENRICHED_PLATFORMS,
    OVERLAP,
    SOCIAL,
    result_in,
)
from creator_assets.providers.influencers_club.profile_fields import NO_PROFILE, profile_or_nothing
from creator_assets.providers.influencers_club.rows import PROFILE_COLUMNS, profiles_from
from creator_assets.providers.parsing.batches import Batch, batch_rows, batch_state
from creator_assets.providers.parsing.bodies import object_at, records_at, text_at, value_at, whole_at
from creator_assets.providers.parsing.outcomes import (
    MOST_LEFT_MICROCREDITS,
    plausible,
    stated_balance,
    stated_microcredits,
)
from creator_assets.providers.parsing.provenance import RawRecord
from creator_assets.providers.parsing.records import cut, decode
from creator_assets.providers.parsing.table_rows import Paths, asked, conform, ids_of, noting_unread, whole
from creator_assets.tables.schemas import AudienceOverlap, EmailMatches, LinkedAccounts

_NULL = msgspec.Raw(b"null")
_PER_CENT_FROM = 1.5  # unique and overlapping share add up to 1 or to 100
_FOLLOWERS = ("followers", "follower_count", "subscriber_count", "total_followers")
_TOTALS = {name: ("basics", name) for name in ("total_followers", "total_unique_followers")}
_IDS = ("user_id", "userId", "userid", "id", "pk")


def linked_rows(answers: Sequence[Answer]) -> Parsed:
    """Connected accounts as rows of ``linked_accounts``; an account without any has one row with ``not_found``."""
    known = asked(
        answers,
        LinkedAccounts,
        ("seed_platform", "seed_username", "state"),
        lambda answer: (
            answer.request.body_text("platform"),
            answer.request.body_text("handle"),
            "linked" if answer.kind is AnswerKind.FINAL else "not_found",
        ),
    )
    nothing = [msgspec.Raw(b"{}")]
    records = [
        record
        for index, answer in enumerate(answers)
        for record in cut(index, records_at(answer.body, "result") or nothing)
    ]
    is_linked = pl.col("state") == "linked"
    required = {name: pl.when(is_linked).then(pl.col(name)).otherwise(pl.lit("")) for name in ("platform", "username")}
    parsed = decode(answers, records, SOCIAL, required, known)
    rows = parsed.rows.with_columns(
        platform=pl.when(is_linked).then(pl.col("platform").str.to_lowercase()).otherwise(pl.col("seed_platform")),
        username=pl.when(is_linked)
        .then(canonical_handles(pl.col("username"), pl.col("platform")))
        .otherwise(pl.col("seed_username")),
        **ids_of(pl.coalesce("user_id", "userId")),
        display_name=pl.col("fullname"),
        followers=whole(pl.col("followers")),
    )
    return conform(LinkedAccounts, parsed.with_rows(rows))


def email_rows(answers: Sequence[Answer]) -> Parsed:
    """Matches of single addresses as rows of ``email_matches``: one per account, or one with ``not_found``."""
    records, about = [], []
    for index, answer in enumerate(answers):
        for position, account in enumerate(_accounts_behind(result_in(answer.body))):
            records.append(RawRecord(index, position, account))
            about.append((answer.request.redacted_inputs["email"], answer.request.about["depth"]))
    return _matches(answers, records, about)


def overlap_rows(answers: Sequence[Answer]) -> Parsed:
    """Comparisons as rows of ``audience_overlap``, one per creator, also where the provider has no data on it."""
    records = [record for index, answer in enumerate(answers) for record in _compared(index, answer)]
    known = asked(
        answers,
        AudienceOverlap,
        ("set_id", "platform", "creators_compared", "state", *_TOTALS),
        lambda answer: (
            answer.request_id,
            answer.request.body_text("platform"),
            len(answer.request.body_texts("creators")),
            "compared" if answer.kind is AnswerKind.FINAL else "unavailable",
            *(whole_at(answer.body, *path) for path in _TOTALS.values()),
        ),
    )
    parsed = decode(answers, records, OVERLAP, {"username": canonical_handles(pl.col("username"))}, known)
    parsed = noting_unread(parsed, answers, lambda _answer: _TOTALS)
    total = pl.col("unique_percentage") + pl.col("overlapping_percentage")
    divisor = pl.when(total > _PER_CENT_FROM).then(100.0).otherwise(1.0)
    has_data = pl.any_horizontal(
        pl.col(name).is_not_null() for name in ("followers", "unique_percentage", "overlapping_percentage")
    )
    rows = parsed.rows.with_columns(
        username=canonical_handles(pl.col("username"), pl.col("platform")),
        state=pl.when(has_data).then("state").otherwise(pl.lit("unavailable")),
        **ids_of(pl.col("user_id")),
        followers=whole(pl.col("followers")),
        unique_share=pl.col("unique_percentage") / divisor,
        overlapping_share=pl.col("overlapping_percentage") / divisor,
    )
    return conform(AudienceOverlap, parsed.with_rows(rows))


def job_rows(answers: Sequence[Answer]) -> Parsed:
    """Submissions and status answers of batches as rows of ``enrichment_batches``; the newest of each is kept."""
    return batch_rows(answers, _batch, _counts)


def batch_profile_rows(answers: Sequence[Answer]) -> Parsed:
    """Results of batches of handles as rows of ``enriched_profiles``."""
    records, about = [], []
    for index, position, value, status, data in _batch_rows(answers):
        platform, mode = answers[index].request.about["platform"], answers[index].request.about["mode"]
        record = profile_or_nothing(data, platform)
        # Records without data are not charged.
        records.append(RawRecord(index, position, record, bool(object_at(data))))
        state = "enriched" if record != NO_PROFILE else "unknown" if status == "failed" else "not_found"
        about.append((index, position, platform, canonical_handle(value, platform), state, mode))
    known = pl.DataFrame(
        about,
        schema={"answer_index": pl.Int64, "position": pl.Int64} | dict.fromkeys(PROFILE_COLUMNS, pl.String),
        orient="row",
    )
    # A row that names nobody cannot be joined to a creator.
    named = known.with_columns(username=pl.when(pl.col("username") != "").then("username"))
    return profiles_from(answers, records, named, {"input_value": pl.col("username")})


def batch_email_rows(answers: Sequence[Answer], *, hashed: Callable[[str], str]) -> Parsed:
    """Results of batches of addresses as rows of ``email_matches``; `hashed` makes the keyed hash of an address."""
    places: Counter[int] = Counter()
    records: list[RawRecord] = []
    about: list[tuple[str, str]] = []
    for index, _, value, _, data in _batch_rows(answers):
        for account in _accounts_behind(data):
            records.append(RawRecord(index, places[index], account))
            about.append((hashed(value), answers[index].request.about["mode"]))
            places[index] += 1
    return _matches(answers, records, about)


def _matches(answers: Sequence[Answer], records: Sequence[RawRecord], about: Sequence[tuple[str, str]]) -> Parsed:
    known = pl.DataFrame(
        [
            (record.answer, record.position, *one, "not_found" if record.json == "{}" else "matched")
            for record, one in zip(records, about, strict=True)
        ],
        schema={"answer_index": pl.Int64, "position": pl.Int64}
        | dict.fromkeys(("email_hash", "depth", "state"), pl.String),
        orient="row",
    )
    is_match = pl.col("state") == "matched"
    required = {name: pl.when(is_match).then(pl.col(name)).otherwise(pl.lit("")) for name in ("platform", "username")}
    parsed = decode(answers, records, SOCIAL, required, known)
    rows = parsed.rows.with_columns(
        platform=pl.col("platform").str.to_lowercase().fill_null(""),
        username=canonical_handles(pl.col("username"), pl.col("platform")).fill_null(""),
        **ids_of(pl.coalesce("user_id", "userId")),
        display_name=pl.col("fullname"),
        followers=whole(pl.col("followers")),
    )
    return conform(EmailMatches, parsed.with_rows(rows))


def _accounts_behind(result: msgspec.Raw) -> Iterator[str]:
    """The accounts of a match in one form: a basic match is one account, an advanced match has a block per platform."""
    fields = object_at(result)
    if not fields:
        yield "{}"
        return
    blocks = {name: fields[name] for name in ENRICHED_PLATFORMS if object_at(fields.get(name, _NULL))}
    for platform, block in blocks.items():
        parts = object_at(block) or {}
        account = {
            "platform": platform,
            "user_id": next((parts[name] for name in _IDS if name in parts), None),
            "username": parts.get("username"),
            "fullname": parts.get("full_name"),
            "followers": next((parts[name] for name in _FOLLOWERS if name in parts), None),
        }
        yield msgspec.json.encode(account).decode("utf-8", errors="replace")
    if not blocks:
        yield bytes(result).decode("utf-8", errors="replace")


def _compared(index: int, answer: Answer) -> Iterator[RawRecord]:
    """The compared creators that the answer describes, and after them those that it lacks."""
    found = (records_at(answer.body, "details") or []) if answer.kind is AnswerKind.FINAL else []
    described = {canonical_handle(text_at(raw, "username")) for raw in found}
    others = [name for name in answer.request.body_texts("creators") if canonical_handle(name) not in described]
    yield from cut(index, [*found, *(msgspec.Raw(msgspec.json.encode({"username": name})) for name in others)])


def _counts(answer: Answer) -> Paths:
    """Where an answer about a batch states its counts; that to the order states the length of the list alone."""
    if answer.request.operation.id == BATCH.id:
        return {"total_rows": ("og_input_number",)}
    names = {"processed_rows": "processed_rows", "succeeded_rows": "success_count", "failed_rows": "failed_count"}
    return {column: (name,) for column, name in {"total_rows": "total_rows", **names}.items()}


def _batch(answer: Answer) -> Batch:
    request, body = answer.request, answer.body
    is_new = request.operation.id == BATCH.id
    state = batch_state(text_at(body, "status") or "queued")
    is_open = state in UNDER_WAY or state in {PAUSED, "failed"}
    counts = {column: whole_at(body, *path) for column, path in _counts(answer).items()}
    return Batch(
        batch_id=text_at(body, "batch_id") or request.path_params.get("batch_id", ""),
        platform=text_at(body, "platform") or request.about.get("platform", ""),
        mode=text_at(body, "enrichment_mode") or request.about.get("mode", ""),
        state=state,
        next_look_at=answer.observed_at if is_new and is_open else answer.not_before,
        reported_cost_microcredits=0 if is_new else _reported_cost(answer),
        **({"processed_rows": 0, "succeeded_rows": 0, "failed_rows": 0} | counts),
    )


def _reported_cost(answer: Answer) -> int | None:
    """The cost that a batch states, else that of its succeeded records at the price of its mode."""
    stated = stated_balance(value_at(answer.body, "credits_used"))
    succeeded, price = whole_at(answer.body, "success_count"), answer.request.about.get("row_credits")
    if stated is None and succeeded is not None and price is not None:
        return plausible(stated_microcredits(Decimal(price) * succeeded), MOST_LEFT_MICROCREDITS)
    return stated


def _batch_rows(answers: Sequence[Answer]) -> Iterator[tuple[int, int, str, str, msgspec.Raw]]:
    """Answer index, position, input, status and data of every row of finished batches."""
    for index, answer in enumerate(answers):
        for position, row in enumerate(batch_results(answer.body) or ()):
            yield index, position, row.value, row.status, row.data
