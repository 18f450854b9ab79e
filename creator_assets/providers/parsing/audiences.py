"""Audience reports of any provider as long rows: an account, a dimension, a code, a share.

Providers write shares as ``{code: share}`` or as ``[{code, weight}]``, in fractions or in per cent, under similar
names. Here they get one form. Inferred ethnicity is dropped unless a brief asks for it. People that a report names
(notable followers, look-alikes of the audience) never become rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import polars as pl

from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import AudienceRows, Parsed
from creator_assets.providers.parsing.provenance import RawRecord
from creator_assets.providers.parsing.records import decode
from creator_assets.providers.parsing.table_rows import asked, conform, ids_of
from creator_assets.tables.schemas import AudienceReports, AudienceSegments


class _Dimension(NamedTuple):
    """What divides an audience: whether its parts exclude one another, and whether a report names all of them."""

    name: str
    is_exclusive: bool = True
    is_whole: bool = False
    is_sensitive: bool = False


_DIMENSIONS: Mapping[str, _Dimension] = {
    "ages": _Dimension("age", is_whole=True),
    "genders": _Dimension("gender", is_whole=True),
    "genders_per_age": _Dimension("gender_and_age", is_whole=True),
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
# Parts that exclude one another add up to 1 or to 100. This number lies between, far from both.
_PER_CENT_FROM = 1.5
_Parts = list[tuple[Any, Any, Any]]


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
        read: Reads the audience of the account from its answer.
        asked_of: Platform and handle of an answer's request.
        keep_sensitive: Whether inferred ethnicity becomes rows; only where a brief asks for it with a reason.
    """
    audiences = [_unless_empty(read(answer)) for answer in answers]
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
            for position, segment in enumerate(
                _segments(_unless_empty(read(answer)).by_basis, keep_sensitive=keep_sensitive)
            )
        ]
        required = {name: pl.col(name) for name in ("code", "share")}
        return conform(AudienceSegments, decode(answers, raws, _SEGMENT, required, known))

    return AudienceRows(reports=conform(AudienceReports, decoded.with_rows(reported)), make_segments=segments)


def _unless_empty(audience: AccountAudience) -> AccountAudience:
    """The same audience; a report without any share counts as unavailable."""
    is_described = any(
        True for maps in audience.by_basis.values() for shares in _flat(maps).values() for _ in _entries(shares)
    )
    if audience.state != "ready" or is_described or any(audience.credibility.values()):
        return audience
    return msgspec.structs.replace(audience, state="unavailable", by_basis={})


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
    for basis, maps in by_basis.items():
        known = {_DIMENSIONS[name]: list(_entries(value)) for name, value in _flat(maps).items() if name in _DIMENSIONS}
        per_cent = _in_per_cent(known)
        for dimension, entries in known.items():
            if dimension.is_sensitive and not keep_sensitive:
                continue
            for code, share, affinity in entries:
                number = _number(share)
                yield {
                    "basis": basis,
                    "dimension": dimension.name,
                    "code": code,
                    "share": share if number is None else number / 100 if dimension in per_cent else number,
                    "affinity": affinity,
                    "is_exclusive": dimension.is_exclusive,
                }


def _flat(maps: Mapping[str, Any]) -> dict[str, Any]:
    """The maps by the plain name of their dimension; places are one level deeper."""
    flat: dict[str, Any] = {}
    for name, value in maps.items():
        plain = name.removeprefix("audience_")
        flat |= value if plain == "geo" and isinstance(value, dict) else {plain: value}
    return flat


def _entries(shares: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Code, share and affinity of each part, from either form."""
    if isinstance(shares, dict):
        for code, share in shares.items():
            if isinstance(share, dict):
                yield from _of_genders(code, share)
            else:
                yield code, share, None
    for part in shares if isinstance(shares, list) else []:
        if not isinstance(part, dict):
            yield None, part, None
            continue
        code = next((part[name] for name in _CODES if name in part), None)
        if not any(name in part for name in _SHARES) and any(name in part for name in _GENDERS):
            yield from _of_genders(code, part)
        else:
            yield code, next((part[name] for name in _SHARES if name in part), None), part.get("affinity")


def _of_genders(code: Any, shares: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    yield from ((f"{code}/{gender}", shares.get(gender), None) for gender in _GENDERS)


def _in_per_cent(known: Mapping[_Dimension, _Parts]) -> set[_Dimension]:
    """The dimensions whose shares are per cent, judged by the sum of their parts.

    Where a report names only some parts, their sum can be small in either unit. Such a dimension has the unit of those
    whose parts are all named.
    """
    certain = {dimension for dimension, parts in known.items() if _comes_to(dimension, parts) > _PER_CENT_FROM}
    judges = [dimension for dimension, parts in known.items() if dimension.is_whole and parts]
    judged = all(one in certain for one in judges) if judges else any(one.is_exclusive for one in certain)
    return certain | {one for one in known if judged and not one.is_whole}


def _comes_to(dimension: _Dimension, parts: _Parts) -> float:
    """The sum of parts that exclude one another; the largest of other parts."""
    numbers = [number for number in (_number(share) for _, share, _ in parts) if number is not None]
    return sum(numbers) if dimension.is_exclusive else max(numbers, default=0)


def _fraction(value: Any) -> float | None:
    """A share of the whole audience, which may be written in per cent; None where it can be neither."""
    number = _number(value)
    if number is None or not 0 <= number <= 100:
        return None
    return number if number <= 1 else number / 100


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
