"""Audience reports of any provider as long rows: an account, a dimension, a code, a share.

Providers write shares as ``{code: share}`` or as ``[{code, weight}]``, in fractions or in per cent, under similar
names. Here they get one form. Inferred ethnicity is dropped unless a brief asks for it. People that a report names
(notable followers, look-alikes of the audience) never become rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import AudienceRows, Parsed, Problem
from creator_assets.providers.parsing.audience_maps import Dimension, Part, maps_in, number
from creator_assets.providers.parsing.provenance import RawRecord, problems
from creator_assets.providers.parsing.records import decode
from creator_assets.providers.parsing.table_rows import asked, conform, ids_of
from creator_assets.tables.schemas import AudienceReports, AudienceSegments

# Parts that exclude one another add up to 1 or to 100. This number lies between, far from both.
_PER_CENT_FROM = 1.5


class AccountAudience(msgspec.Struct, frozen=True, kw_only=True):
    """One account's audience in one answer; ``by_basis`` maps a basis (e.g. followers) to its maps of shares."""

    state: str
    native_id: str | None = None
    provider_id: str | None = None
    by_basis: Mapping[str, Mapping[str, Any]] = {}
    credibility: Mapping[str, Any] = {}
    credibility_class: Any = None
    notable_share: Any = None


_REPORT = pl.Struct(
    {
        "native_id": pl.String,
        "provider_id": pl.String,
        "bases": pl.String,
        "credibility": pl.Float64,
        "likers_credibility": pl.Float64,
        "credibility_class": pl.String,
        "notable_share": pl.Float64,
    }
)
_SEGMENT = pl.Struct(
    {
        "basis": pl.String,
        "dimension": pl.String,
        "unknown": pl.String,
        "code": pl.String,
        "share": pl.Float64,
        "affinity": pl.Float64,
        "is_exclusive": pl.Boolean,
        "is_ambiguous": pl.Boolean,
    }
)


def audience_rows(
    answers: Sequence[Answer],
    read: Callable[[Answer], AccountAudience],
    asked_of: Callable[[Answer], tuple[str, str]],
    *,
    keep_sensitive: bool,
) -> AudienceRows:
    """Audience reports as rows of ``audience_reports`` and ``audience_segments``.

    Args:
        answers: One for each account.
        read: Reads the audience of the account from its answer.
        asked_of: Platform and handle of an answer's request.
        keep_sensitive: Whether inferred ethnicity becomes rows; only where a brief asks for it with a reason.
    """
    audiences = [_judged(read(answer)) for answer in answers]
    known = asked(
        answers,
        AudienceReports,
        ("platform", "username", "next_look_at"),
        lambda answer: (*asked_of(answer), answer.not_before),
    ).with_columns(state=pl.Series([audience.state for audience in audiences], dtype=pl.String))
    reports = [RawRecord(index, 0, _encoded(_report(audience))) for index, audience in enumerate(audiences)]
    decoded = decode(answers, reports, _REPORT, {}, known)
    reported = decoded.rows.with_columns(**ids_of(pl.col("native_id"), pl.col("provider_id")))

    def segments() -> Parsed:
        raws = [
            RawRecord(index, position, _encoded(segment))
            for index, answer in enumerate(answers)
            for position, segment in enumerate(_segments(_judged(read(answer)).by_basis, keep_sensitive=keep_sensitive))
        ]
        is_unknown = pl.col("unknown").is_not_null()
        required = {name: pl.when(is_unknown).then(pl.lit("")).otherwise(pl.col(name)) for name in ("code", "share")}
        parsed = decode(answers, raws, _SEGMENT, required, known)
        unknown = parsed.rows.filter(is_unknown).with_columns(
            field=pl.col("unknown"), problem=pl.lit(str(Problem.UNKNOWN)), reason=pl.lit("no reader knows this name")
        )
        ambiguous = parsed.rows.filter("is_ambiguous").unique(["answer_index", "basis", "dimension"], keep="first")
        noted = ambiguous.with_columns(
            field=pl.format("{}.{}", "basis", "dimension"),
            problem=pl.lit(str(Problem.AMBIGUOUS)),
            reason=pl.lit("fractions or per cent; the shares are as they came"),
        )
        made = conform(AudienceSegments, parsed.with_rows(parsed.rows.filter(~is_unknown)))
        return Parsed(
            rows=made.rows,
            rejected=pl.concat([made.rejected, problems(unknown)]),
            notes=pl.concat([made.notes, problems(noted)]),
        )

    return AudienceRows(reports=conform(AudienceReports, decoded.with_rows(reported)), make_segments=segments)


def _judged(audience: AccountAudience) -> AccountAudience:
    """The same audience; a report without any share is unavailable, or unreadable where it has maps of shares."""
    if audience.state != "ready" or any(audience.credibility.values()):
        return audience
    maps = [maps_in(one) for one in audience.by_basis.values()]
    if any(parts for known, _ in maps for parts in known.values()):
        return audience
    state = "unreadable" if any(unknown for _, unknown in maps) else "unavailable"
    return msgspec.structs.replace(audience, state=state, by_basis=audience.by_basis if state == "unreadable" else {})


def _report(audience: AccountAudience) -> dict[str, Any]:
    return {
        "native_id": audience.native_id,
        "provider_id": audience.provider_id,
        "bases": ", ".join(audience.by_basis) or None,
        "credibility": _fraction(audience.credibility.get("followers")),
        "likers_credibility": _fraction(audience.credibility.get("likers")),
        "credibility_class": audience.credibility_class,
        "notable_share": _fraction(audience.notable_share),
    }


def _encoded(record: dict[str, Any]) -> str:
    return msgspec.json.encode(record).decode()


def _segments(by_basis: Mapping[str, Mapping[str, Any]], *, keep_sensitive: bool) -> Iterator[dict[str, Any]]:
    for basis, report in by_basis.items():
        known, unknown = maps_in(report)
        yield from ({"basis": basis, "unknown": f"{basis}.{name}"} for name in unknown)
        per_cent, ambiguous = _units(known)
        for dimension, parts in known.items():
            if dimension.is_sensitive and not keep_sensitive:
                continue
            divisor = 100 if dimension in per_cent else 1
            for part in parts:
                share = number(part.share)
                yield {
                    "basis": basis,
                    "dimension": dimension.name,
                    "code": part.code,
                    "share": part.share if share is None else share / divisor,
                    "affinity": part.affinity,
                    "is_exclusive": dimension.is_exclusive,
                    "is_ambiguous": dimension in ambiguous,
                }


def _units(known: Mapping[Dimension, Sequence[Part]]) -> tuple[set[Dimension], set[Dimension]]:
    """The dimensions in per cent, each judged by itself, and those whose unit cannot be known.

    Small shares may be either where the whole dimensions of the report are per cent, unless their field says it.
    """
    sums = {dimension: _comes_to(dimension, parts) for dimension, parts in known.items() if parts}
    per_cent = {dimension for dimension, total in sums.items() if total > _PER_CENT_FROM}
    wholes = {dimension for dimension in sums if dimension.is_whole}
    small = sums.keys() - per_cent if wholes and wholes <= per_cent else set()
    called = {dimension for dimension in small if all(part.is_called_per_cent for part in known[dimension])}
    return per_cent | called, small - called


def _comes_to(dimension: Dimension, parts: Sequence[Part]) -> float:
    """The sum of parts that exclude one another; the largest of other parts."""
    numbers = [found for found in (number(part.share) for part in parts) if found is not None]
    return sum(numbers) if dimension.is_exclusive else max(numbers, default=0)


def _fraction(value: Any) -> float | None:
    """A share of the whole audience, which may be written in per cent; None where it can be neither."""
    found = number(value)
    if found is None or not 0 <= found <= 100:
        return None
    return found if found <= 1 else found / 100
