"""Archived answers in the order in which they were booked, each once: for what follows the archive as it grows.

Which answer serves a request belongs to ``answers.py``.
"""

# ruff: noqa: S608 - the statement is put together from constants of this module; every value is a parameter

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from creator_assets.ledger.archive.bodies import open_body
from creator_assets.ledger.archive.segments import SegmentReader
from creator_assets.ledger.storage.database import Query
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import from_us

_PAGE = 50


class BookedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with data. ``sequence`` grows with each booking. The body is None where it is damaged or erased."""

    sequence: int
    provider: str
    operation: str
    observed_at: datetime
    body: bytes | None


class _Booked(Row, frozen=True):
    seq: int
    provider: str
    operation: str
    observed_us: int
    sha256: str
    raw_bytes: int
    data: bytes | None
    segment: str | None
    erased_us: int | None


def answers_after(
    query: Query, sequence: int, limit: int, read_segment: SegmentReader | None
) -> Iterator[BookedAnswer]:
    """At most `limit` final answers that were booked after `sequence`, in order. Reads pages."""
    while limit > 0:
        rows = query(
            _Booked,
            f"""
            SELECT e.seq, a.provider, a.operation, r.observed_us, b.sha256, b.raw_bytes, b.data, b.segment, b.erased_us
            FROM entry e
            JOIN attempt a ON a.attempt_id = e.attempt_id
            JOIN response r ON r.attempt_id = e.attempt_id
            JOIN body b ON b.sha256 = r.body_sha256
            WHERE e.seq > ? AND e.kind = 'settle' AND r.kind = 'final'
            ORDER BY e.seq
            LIMIT {min(_PAGE, limit)}
            """,
            (sequence,),
        )
        for row in rows:
            is_gone = row.erased_us is not None
            yield BookedAnswer(
                sequence=row.seq,
                provider=row.provider,
                operation=row.operation,
                observed_at=from_us(row.observed_us),
                body=None if is_gone else open_body(row.sha256, row.raw_bytes, row.data, row.segment, read_segment),
            )
            sequence = row.seq
        limit -= len(rows)
        if len(rows) < _PAGE:
            return
