"""Bodies that were paid for: stored once by content, found again by request and window, checked by hash on every read.

A body lies compressed in the ledger's own database, since only one transaction can make its charge and its bytes one
fact; old bodies move to Parquet segments (``segments.py``). Which answer serves a partition is decided here by one
pure function. No look-up takes a write lock. Nothing here knows budgets, and a damaged body is never served.
"""

# ruff: noqa: S608 - statements are put together from constants of this room; every value travels as a parameter

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import pyarrow as pa

from creator_assets.ledger.archive.segments import SegmentReader
from creator_assets.ledger.notices import notify
from creator_assets.ledger.records import StoredAnswer, Window, share_of
from creator_assets.ledger.storage.database import Query, Row, Transaction
from creator_assets.ledger.timestamps import from_us, from_us_or_none, to_us
from creator_assets.providers.contract.operations import AnswerKind, Operation, Response

_CODEC = pa.Codec("zstd", compression_level=3)
_KEYS_PER_QUERY = 256
# What a server sets in a browser or asks a proxy for is none of the archive's business.
_HEADERS_LEFT_OUT = frozenset(
    {"set-cookie", "set-cookie2", "authorization", "proxy-authorization", "proxy-authenticate"}
)


class AnswerCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a stored answer before its body is read.

    Where several requests were joined into one, each finds its answer at a ``place`` among so many ``parts``.
    """

    attempt_id: str
    kind: AnswerKind
    observed_us: int
    not_before_us: int | None
    sha256: str
    place: int = 0
    parts: int = 1


def choose_answer(
    candidates: Iterable[AnswerCandidate], window: Window, *, now_us: int, include_due: bool = False
) -> list[AnswerCandidate]:
    """The answers that may serve `window`, best first; the second is wanted only where the first turns out damaged.

    A final or empty answer: the newest one carried over, else the first one inside the window. An empty answer that
    named a time to ask again is not carried past it. Only where there is none of them: the newest pending answer, as
    long as its ``not_before`` lies ahead, or the window has closed (nothing better can be bought any more), or
    `include_due`.
    """
    start_us, end_us, carried_us = to_us(window.start), to_us(window.end), to_us(window.reuse_since)
    inside = [candidate for candidate in candidates if carried_us <= candidate.observed_us < end_us]
    inside.sort(key=lambda candidate: (candidate.observed_us, candidate.attempt_id))
    usable = [candidate for candidate in inside if candidate.kind in {AnswerKind.FINAL, AnswerKind.EMPTY}]
    carried = [
        candidate for candidate in usable if candidate.observed_us < start_us and not _has_expired(candidate, start_us)
    ]
    chosen = carried[::-1] + [candidate for candidate in usable if candidate.observed_us >= start_us]
    if chosen:
        return chosen
    pending = [candidate for candidate in inside if candidate.kind is AnswerKind.PENDING][-1:]
    return [
        candidate
        for candidate in pending
        if include_due or now_us >= end_us or (candidate.not_before_us is not None and now_us < candidate.not_before_us)
    ]


def _has_expired(candidate: AnswerCandidate, start_us: int) -> bool:
    return (
        candidate.kind is AnswerKind.EMPTY
        and candidate.not_before_us is not None
        and candidate.not_before_us <= start_us
    )


class FoundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a look-up brought: answers by request key, and the hashes of bodies that are missing or do not match."""

    answers: Mapping[str, StoredAnswer]
    damaged: tuple[str, ...]


def look_up(
    query: Query, windows: Mapping[str, Window], *, now_us: int, include_due: bool, read_segment: SegmentReader | None
) -> FoundAnswer:
    """Find the answers that serve these request keys, each within its own window. Two reads per 256 keys, no lock."""
    answers: dict[str, StoredAnswer] = {}
    damaged: list[str] = []
    # Parts of a joined request share its body: it is opened once and held once.
    bodies: dict[str, bytes | None] = {}
    keys = list(windows)
    for offset in range(0, len(keys), _KEYS_PER_QUERY):
        part = keys[offset : offset + _KEYS_PER_QUERY]
        ranked: dict[str, list[AnswerCandidate]] = {}
        for key, found in _candidates(query, part, windows).items():
            if chosen := choose_answer(found, windows[key], now_us=now_us, include_due=include_due):
                ranked[key] = chosen
        while ranked:  # each round reads the best body of every key and drops those that are damaged
            rows = _rows(query, [chosen[0].attempt_id for chosen in ranked.values()])
            for key in list(ranked):
                best = ranked[key][0]
                row = rows[best.attempt_id]
                if row[12] not in bodies:
                    bodies[row[12]] = open_body(row[12], row[13], row[14], row[15], read_segment)
                body = bodies[row[12]]
                if body is not None:
                    answers[key] = _answer(row, body, best)
                    del ranked[key]
                    continue
                if row[17] is None:  # an erased body is gone on purpose
                    damaged.append(row[12])
                ranked[key].pop(0)
                if not ranked[key]:
                    del ranked[key]
    return FoundAnswer(answers=answers, damaged=tuple(dict.fromkeys(damaged)))


def bought_by(
    query: Query,
    campaign: str,
    assets: Sequence[str],
    operation: Operation,
    window: Window,
    keys: Sequence[str] | None,
) -> dict[str, datetime]:
    """The requests (of `keys`, or of all) that these assets of a campaign bought within a window, and when first."""
    bought = (
        "SELECT r.request_key, MIN(observed_us) FROM response r JOIN attempt a ON a.attempt_id = r.attempt_id "
        "WHERE kind IN ('final', 'empty', 'pending') AND observed_us >= ? AND observed_us < ? AND a.campaign = ? "
        f"AND a.provider = ? AND a.operation = ? AND a.asset IN ({', '.join('?' for _ in assets)})"
    )
    about = [to_us(window.reuse_since), to_us(window.end), campaign, operation.provider, operation.name, *assets]
    if keys is None:
        return {key: from_us(at) for key, at in query(f"{bought} GROUP BY r.request_key", about)}
    found: dict[str, datetime] = {}
    for offset in range(0, len(keys), _KEYS_PER_QUERY):
        part = keys[offset : offset + _KEYS_PER_QUERY]
        some = f"{bought} AND r.request_key IN ({placeholders(part)}) GROUP BY r.request_key"
        found |= {key: from_us(at) for key, at in query(some, [*about, *padded(part)])}
    return found


def _candidates(query: Query, keys: Sequence[str], windows: Mapping[str, Window]) -> dict[str, list[AnswerCandidate]]:
    earliest = min(to_us(windows[key].reuse_since) for key in keys)
    latest = max(to_us(windows[key].end) for key in keys)
    usable = "kind IN ('final', 'empty', 'pending') AND observed_us >= ? AND observed_us < ?"
    rows = query(
        "SELECT request_key, attempt_id, kind, observed_us, not_before_us, body_sha256, 0, 1 FROM response "
        f"WHERE request_key IN ({placeholders(keys)}) AND {usable} UNION ALL "
        "SELECT p.part_key, r.attempt_id, kind, observed_us, not_before_us, body_sha256, p.place, p.parts "
        "FROM request_part p JOIN response r ON r.attempt_id = p.attempt_id "
        f"WHERE p.part_key IN ({placeholders(keys)}) AND {usable}",
        [*padded(keys), earliest, latest] * 2,
    )
    found: dict[str, list[AnswerCandidate]] = {}
    for key, attempt_id, kind, observed_us, not_before_us, sha256, place, parts in rows:
        found.setdefault(key, []).append(
            AnswerCandidate(
                attempt_id=attempt_id,
                kind=AnswerKind(kind),
                observed_us=observed_us,
                not_before_us=not_before_us,
                sha256=sha256,
                place=place,
                parts=parts,
            )
        )
    return found


def _rows(query: Query, attempt_ids: Sequence[str]) -> dict[str, Row]:
    rows = query(
        "SELECT r.attempt_id, r.request_key, a.provider, a.operation, r.kind, r.status, r.headers, r.observed_us, "
        "r.not_before_us, a.charge_microcredits, a.basis, a.run_id, b.sha256, b.raw_bytes, b.data, b.segment, "
        "r.note, b.erased_us, a.weight "
        "FROM response r JOIN attempt a ON a.attempt_id = r.attempt_id JOIN body b ON b.sha256 = r.body_sha256 "
        f"WHERE r.attempt_id IN ({placeholders(attempt_ids)})",
        padded(attempt_ids),
    )
    return {row[0]: row for row in rows}


def _answer(row: Row, body: bytes, found: AnswerCandidate) -> StoredAnswer:
    return StoredAnswer(
        attempt_id=row[0],
        request_key=row[1],
        provider=row[2],
        operation=row[3],
        kind=AnswerKind(row[4]),
        status=row[5],
        headers=json.loads(row[6]),
        body=body,
        sha256=row[12],
        observed_at=from_us(row[7]),
        not_before=from_us_or_none(row[8]),
        charge_microcredits=share_of(row[9] or 0, found.place, found.parts),
        basis=row[10] or "",
        run_id=row[11],
        note=row[16],
        weight=row[18],
        place=found.place,
        parts=found.parts,
    )


def open_body(
    sha256: str, raw_bytes: int, data: bytes | None, segment: str | None, read_segment: SegmentReader | None
) -> bytes | None:
    """The body as it arrived, or None where it is gone or its hash does not match."""
    body: bytes | None = None
    if data is not None:
        body = _decompressed(data, raw_bytes)
    elif segment is not None and read_segment is not None:
        body = read_segment(segment, sha256)
    if body is None or digest(body) != sha256:
        return None
    return body


def _decompressed(data: bytes, raw_bytes: int) -> bytes | None:
    try:
        return bytes(_CODEC.decompress(data, decompressed_size=raw_bytes, asbytes=True))
    except (OSError, pa.ArrowException):  # damaged on disk: the caller counts it as missing
        return None


def digest(body: bytes) -> str:
    """The name of a body: SHA-256 of its bytes as they arrived."""
    return hashlib.sha256(body).hexdigest()


def store_body(tx: Transaction, body: bytes, now_us: int) -> str:
    """Store a body under its hash unless it is there already, and return the hash.

    A damaged or erased copy is replaced.
    """
    sha256 = digest(body)
    data = _CODEC.compress(body, asbytes=True)
    tx.execute(
        "INSERT INTO body (sha256, raw_bytes, data, stored_us) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (sha256) DO UPDATE SET data = excluded.data, raw_bytes = excluded.raw_bytes, segment = NULL, "
        "damaged_us = NULL, "
        "erased_us = NULL WHERE body.damaged_us IS NOT NULL OR body.erased_us IS NOT NULL",
        (sha256, len(body), data, now_us),
    )
    return sha256


def mark_damaged(tx: Transaction, sha256: str, now_us: int) -> None:
    """Note a body whose bytes do not match its hash, once.

    It counts as missing; buying the same bytes again mends it.
    """
    marked = tx.execute(
        "UPDATE body SET damaged_us = ? WHERE sha256 = ? AND damaged_us IS NULL RETURNING sha256", (now_us, sha256)
    )
    if marked:
        notify(tx, "-", "damaged_body", f"archived body {sha256} does not match its hash and counts as missing", now_us)


def headers_to_keep(response: Response) -> str:
    """The headers worth archiving, as JSON."""
    kept = {name.lower(): value for name, value in response.headers.items() if name.lower() not in _HEADERS_LEFT_OUT}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def placeholders(values: Sequence[object]) -> str:
    """Question marks for an IN list.

    Their number is rounded up to a power of two, so that few statements need preparing.
    """
    return ", ".join("?" * _rounded(len(values)))


def padded(values: Sequence[str]) -> list[object]:
    """`values` filled up to the length of `placeholders` with repeats, which an IN list does not mind."""
    return [*values, *([values[-1]] * (_rounded(len(values)) - len(values)))]


def _rounded(count: int) -> int:
    return 1 << (count - 1).bit_length()
