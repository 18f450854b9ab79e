"""Audience reports of any provider as long rows: an account, a dimension, a code, a share.

Providers write the same thing as ``{code: share}`` or as ``[{code, weight}]``, in fractions or in per cent, under
neighbouring names. Here it becomes one form. What is inferred about people's ethnicity is dropped unless it is asked
for; people whom a report names (notable followers, look-alikes of the audience) never become rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import polars as pl

from creator_assets.providers.contract import Answer
from creator_assets.providers.records import Parsed, RawRecord, decode
from creator_assets.providers.table_rows import asked, conform, ids_of
from creator_assets.tables.schemas import AudienceReports, AudienceSegments


class _Dimension(NamedTuple):
    name: str
    is_exclusive: bool = True
    is_sensitive: bool = False


_DIMENSIONS: Mapping[str, _Dimension] = {
    "ages": _Dimension("age"),
    "genders": _Dimension("gender"),
    "genders_per_age": _Dimension("gender_and_age"),
    "countries": _Dimension("country"),
    "states": _Dimension("state"),
    "cities": _Dimension("city"),
    "languages": _Dimension("language"),
    "interests": _Dimension("interest", is_exclusive=False),
    "brand_affinity": _Dimension("brand", is_exclusive=False),
    "reachability": _Dimension("reachability"),
    "types": _Dimension("type"),
    "ethnicities": _Dimension("ethnicity", is_sensitive=True),
}
_CODES = ("code", "name", "id", "title")
_SHARES = ("weight", "share", "percentage", "value")
_GENDERS = ("male", "female")
# Parts that exclude one another add up to 1 or to 100; half-way between is neither, and far from both.
_PER_CENT_FROM = 1.5


class AccountAudience(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer says of one account's audience; ``by_basis`` maps a basis to its maps of shares."""

    state: str
    native_id: str | None = None
    provider_id: str | None = None
    by_basis: Mapping[str, Mapping[str, Any]] = {}
    credibility: Mapping[str, Any] = {}
    credibility_class: Any = None
    notable_share: Any = None


class AudienceRows(NamedTuple):
    """One row per account, and one per share."""

    reports: Parsed
    segments: Parsed


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
        "code": pl.String,
        "share": pl.Float64,
        "affinity": pl.Float64,
        "is_exclusive": pl.Boolean,
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
        read: What an answer says of its account.
        asked_of: Platform and handle that an answer's call asked for.
        keep_sensitive: Whether inferred ethnicity becomes rows; only where a brief asks for it with a reason.
    """
    audiences = [read(answer) for answer in answers]
    known = asked(
        answers,
        AudienceReports,
        ("platform", "username", "next_look_at"),
        lambda answer: (*asked_of(answer), answer.not_before),
    ).with_columns(state=pl.Series([audience.state for audience in audiences], dtype=pl.String))
    reports = [RawRecord(index, 0, _encoded(_report(audience))) for index, audience in enumerate(audiences)]
    segments = [
        RawRecord(index, position, _encoded(segment))
        for index, audience in enumerate(audiences)
        for position, segment in enumerate(_segments(audience.by_basis, keep_sensitive=keep_sensitive))
    ]
    required = {name: pl.col(name) for name in ("code", "share")}
    decoded = decode(answers, reports, _REPORT, {}, known)
    told = decoded.rows.with_columns(**ids_of(pl.col("native_id"), pl.col("provider_id")))
    return AudienceRows(
        reports=conform(AudienceReports, Parsed(rows=told, rejected=decoded.rejected)),
        segments=conform(AudienceSegments, decode(answers, segments, _SEGMENT, required, known)),
    )


def _report(audience: AccountAudience) -> dict[str, Any]:
    return {
        "native_id": audience.native_id,
        "provider_id": audience.provider_id,
        "bases": ", ".join(audience.by_basis) or None,
        "credibility": audience.credibility.get("followers"),
        "likers_credibility": audience.credibility.get("likers"),
        "credibility_class": audience.credibility_class,
        "notable_share": audience.notable_share,
    }


def _encoded(record: dict[str, Any]) -> str:
    return msgspec.json.encode(record).decode()


def _segments(by_basis: Mapping[str, Mapping[str, Any]], *, keep_sensitive: bool) -> Iterator[dict[str, Any]]:
    for basis, maps in by_basis.items():
        known = {_DIMENSIONS[name]: list(_entries(value)) for name, value in _flat(maps).items() if name in _DIMENSIONS}
        divisor = 100 if _is_per_cent(known) else 1
        for dimension, entries in known.items():
            if dimension.is_sensitive and not keep_sensitive:
                continue
            for code, share, affinity in entries:
                yield {
                    "basis": basis,
                    "dimension": dimension.name,
                    "code": code,
                    "share": share / divisor if _is_number(share) else share,
                    "affinity": affinity,
                    "is_exclusive": dimension.is_exclusive,
                }


def _flat(maps: Mapping[str, Any]) -> dict[str, Any]:
    """The maps by the plain name of their dimension; places stand one level down."""
    flat: dict[str, Any] = {}
    for name, value in maps.items():
        plain = name.removeprefix("audience_")
        flat |= value if plain == "geo" and isinstance(value, dict) else {plain: value}
    return flat


def _entries(shares: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Code, share and affinity of each part, from either form."""
    if isinstance(shares, dict):
        for code, share in shares.items():
            yield code, share, None
    for part in shares if isinstance(shares, list) else []:
        if not isinstance(part, dict):
            yield None, part, None
            continue
        code = next((part[name] for name in _CODES if name in part), None)
        if not any(name in part for name in _SHARES) and any(name in part for name in _GENDERS):
            yield from ((f"{code}/{gender}", part.get(gender), None) for gender in _GENDERS)
        else:
            yield code, next((part[name] for name in _SHARES if name in part), None), part.get("affinity")


def _is_per_cent(known: Mapping[_Dimension, list[tuple[Any, Any, Any]]]) -> bool:
    """Whether the shares are per cent, told by the sum of any dimension whose parts exclude one another."""
    sums = (sum(s for _, s, _ in parts if _is_number(s)) for kind, parts in known.items() if kind.is_exclusive)
    return any(total > _PER_CENT_FROM for total in sums)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
