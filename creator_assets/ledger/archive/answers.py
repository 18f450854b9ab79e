"""Which archived answer serves a request in a window, and which requests a campaign bought.

One pure function chooses the answer. Look-ups take no write lock. A body that does not match its hash is never served.
How bodies are stored and checked belongs to ``bodies.py``; what an answer means, to ``providers``.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; every value is a parameter

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from creator_assets.ledger.archive.bodies import open_body
from creator_assets.ledger.archive.segments import SegmentReader
from creator_assets.ledger.archive.unreadable import IS_RELEASED
from creator_assets.ledger.records import StoredAnswer, Window, share_of
from creator_assets.ledger.storage.database import Query, padded, placeholders
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import from_us, from_us_or_none, to_us
from creator_assets.providers.contract.operations import AnswerKind, Operation

_KEYS_PER_QUERY = 256


class AnswerCandidate(Row, frozen=True):
    """What is known of a stored answer before its body is read.

    Where several requests were joined into one, each has its answer at a ``place`` among ``parts``.
    """

    key: str
    attempt_id: str
    kind: AnswerKind
    observed_us: int
    not_before_us: int | None
    place: int
    parts: int


class _Stored(Row, frozen=True):
    """An answer with its charge and its body."""

    attempt_id: str
    request_key: str
    kind: AnswerKind
    status: int
    headers: str
    observed_us: int
    not_before_us: int | None
    note: str
    provider: str
    operation: str
    charge_microcredits: int | None
    basis: str | None
    run_id: str
    weight: int
    sha256: str
    raw_bytes: int
    data: bytes | None
    segment: str | None
    erased_us: int | None


class _Bought(Row, frozen=True):
    """A request, and when it was first answered."""

    request_key: str
    observed_us: int


def choose_answer(
    candidates: Iterable[AnswerCandidate], window: Window, *, now_us: int, include_due: bool = False
) -> list[AnswerCandidate]:
    """The answers that may serve `window`, best first. The second serves only where the first turns out damaged.

    A final or empty answer: the newest one from before the window, else the first one inside it. An empty answer that
    named a time to ask again is not reused past that time. Where there is none: one that cannot be read. Only where
    there is no such answer: the newest pending one, while its ``not_before`` lies ahead, or once the window has closed
    (nothing better can be bought), or with `include_due`.
    """
    start_us, end_us, reuse_since_us = to_us(window.start), to_us(window.end), to_us(window.reuse_since)
    inside = [candidate for candidate in candidates if reuse_since_us <= candidate.observed_us < end_us]
    inside.sort(key=lambda candidate: (candidate.observed_us, candidate.attempt_id))
    usable = [candidate for candidate in inside if candidate.kind in {AnswerKind.FINAL, AnswerKind.EMPTY}]
    usable = usable or [candidate for candidate in inside if candidate.kind is AnswerKind.UNREADABLE]
    reused = [
        candidate for candidate in usable if candidate.observed_us < start_us and not _has_expired(candidate, start_us)
    ]
    chosen = reused[::-1] + [candidate for candidate in usable if candidate.observed_us >= start_us]
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
    """What a look-up found: answers by request key, and the hashes of bodies that are missing or do not match."""

    answers: Mapping[str, StoredAnswer]
    damaged: tuple[str, ...]


def look_up(
    query: Query, windows: Mapping[str, Window], *, now_us: int, include_due: bool, read_segment: SegmentReader | None
) -> FoundAnswer:
    """Find the answers that serve these request keys, each in its own window. Two reads for 256 keys, no lock."""
    answers: dict[str, StoredAnswer] = {}
    damaged: list[str] = []
    # Parts of a joined request share its body: it is opened once and kept once.
    bodies: dict[str, bytes | None] = {}
    keys = list(windows)
    for offset in range(0, len(keys), _KEYS_PER_QUERY):
        part = keys[offset : offset + _KEYS_PER_QUERY]
        ranked: dict[str, list[AnswerCandidate]] = {}
        for key, found in _candidates(query, part, windows).items():
            if chosen := choose_answer(found, windows[key], now_us=now_us, include_due=include_due):
                ranked[key] = chosen
        while ranked:  # each round reads the best body of every key, and drops those that are damaged
            rows = _rows(query, [chosen[0].attempt_id for chosen in ranked.values()])
            for key in list(ranked):
                best = ranked[key][0]
                row = rows[best.attempt_id]
                if row.sha256 not in bodies:
                    bodies[row.sha256] = open_body(row.sha256, row.raw_bytes, row.data, row.segment, read_segment)
                body = bodies[row.sha256]
                if body is not None:
                    answers[key] = _answer(row, body, best)
                    del ranked[key]
                    continue
                if row.erased_us is None:  # an erased body is gone on purpose
                    damaged.append(row.sha256)
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
    bought = f"""
        SELECT r.request_key, MIN(r.observed_us) AS observed_us
        FROM response r
        JOIN attempt a ON a.attempt_id = r.attempt_id
        WHERE r.kind IN ('final', 'empty', 'pending', 'unreadable') AND r.observed_us >= ? AND r.observed_us < ?
            AND a.campaign = ? AND a.provider = ? AND a.operation = ?
            AND a.asset IN ({", ".join("?" for _ in assets)})
        """
    about = [to_us(window.reuse_since), to_us(window.end), campaign, operation.provider, operation.name, *assets]
    if keys is None:
        rows = query(_Bought, f"{bought} GROUP BY r.request_key", about)
        return {row.request_key: from_us(row.observed_us) for row in rows}
    found: dict[str, datetime] = {}
    for offset in range(0, len(keys), _KEYS_PER_QUERY):
        part = keys[offset : offset + _KEYS_PER_QUERY]
        some = f"{bought} AND r.request_key IN ({placeholders(part)}) GROUP BY r.request_key"
        rows = query(_Bought, some, [*about, *padded(part)])
        found |= {row.request_key: from_us(row.observed_us) for row in rows}
    return found


def _candidates(query: Query, keys: Sequence[str], windows: Mapping[str, Window]) -> dict[str, list[AnswerCandidate]]:
    earliest = min(to_us(windows[key].reuse_since) for key in keys)
    latest = max(to_us(windows[key].end) for key in keys)
    usable = f"""
        r.kind IN ('final', 'empty', 'pending', 'unreadable') AND r.observed_us >= ? AND r.observed_us < ?
        AND (r.kind <> 'unreadable' OR NOT {IS_RELEASED})
        """
    candidates = query(
        AnswerCandidate,
        f"""
        SELECT r.request_key AS key, r.attempt_id, r.kind, r.observed_us, r.not_before_us, 0 AS place, 1 AS parts
        FROM response r
        WHERE r.request_key IN ({placeholders(keys)}) AND {usable}
        UNION ALL
        SELECT p.part_key AS key, r.attempt_id, r.kind, r.observed_us, r.not_before_us, p.place, p.parts
        FROM request_part p
        JOIN response r ON r.attempt_id = p.attempt_id
        WHERE p.part_key IN ({placeholders(keys)}) AND {usable}
        """,
        [*padded(keys), earliest, latest] * 2,
    )
    found: dict[str, list[AnswerCandidate]] = {}
    for candidate in candidates:
        found.setdefault(candidate.key, []).append(candidate)
    return found


def _rows(query: Query, attempt_ids: Sequence[str]) -> dict[str, _Stored]:
    rows = query(
        _Stored,
        f"""
        SELECT r.attempt_id, r.request_key, r.kind, r.status, r.headers, r.observed_us, r.not_before_us, r.note,
            a.provider, a.operation, a.charge_microcredits, a.basis, a.run_id, a.weight,
            b.sha256, b.raw_bytes, b.data, b.segment, b.erased_us
        FROM response r
        JOIN attempt a ON a.attempt_id = r.attempt_id
        JOIN body b ON b.sha256 = r.body_sha256
        WHERE r.attempt_id IN ({placeholders(attempt_ids)})
        """,
        padded(attempt_ids),
    )
    return {row.attempt_id: row for row in rows}


def _answer(row: _Stored, body: bytes, found: AnswerCandidate) -> StoredAnswer:
    return StoredAnswer(
        attempt_id=row.attempt_id,
        request_key=row.request_key,
        provider=row.provider,
        operation=row.operation,
        kind=row.kind,
        status=row.status,
        headers=json.loads(row.headers),
        body=body,
        sha256=row.sha256,
        observed_at=from_us(row.observed_us),
        not_before=from_us_or_none(row.not_before_us),
        charge_microcredits=share_of(row.charge_microcredits or 0, found.place, found.parts),
        basis=row.basis or "",
        run_id=row.run_id,
        note=row.note,
        weight=row.weight,
        place=found.place,
        parts=found.parts,
    )
