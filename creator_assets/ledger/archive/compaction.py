"""Maintaining the archive: counting it, moving old bodies to segments, checking every hash.

A body moves in three steps: write the segment, read every body back and compare its hash, change the rows. A crash
between them leaves a file that no row refers to, never a row that refers to nothing. Damaged bodies are reported, never
moved and never served. The format of segments belongs to ``segments.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this room; every value travels as a parameter

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pyarrow as pa

from creator_assets.ledger.archive import bodies
from creator_assets.ledger.archive.segments import SegmentReader, SegmentStore
from creator_assets.ledger.errors import LedgerError
from creator_assets.ledger.storage.database import Database, Query
from creator_assets.ledger.storage.rows import Count, Row

# One segment is built in memory: this bounds it.
_BYTES_PER_SEGMENT = 64 * 1024 * 1024
_BODIES_PER_SEGMENT = 4_096
_BODIES_PER_PAGE = 64


class ArchiveStats(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive holds. ``stored_bytes`` is what compressed bodies take inside the database."""

    answers: int
    bodies: int
    raw_bytes: int
    stored_bytes: int
    bodies_in_segments: int
    segments: int
    damaged: int
    erased: int
    database_bytes: int


class CompactReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a compaction moved, and which bodies it found damaged on the way."""

    segments: tuple[str, ...]
    bodies: int
    raw_bytes: int
    damaged: tuple[str, ...]


class VerifyReport(msgspec.Struct, frozen=True, kw_only=True):
    """Every body read and compared with its hash; ``damaged`` names those that count as missing from now on."""

    bodies: int
    raw_bytes: int
    damaged: tuple[str, ...]


class _Totals(Row, frozen=True):
    bodies: int
    raw_bytes: int
    stored_bytes: int
    bodies_in_segments: int
    segments: int
    damaged: int
    erased: int


class _Body(Row, frozen=True):
    """A body, and where its bytes are."""

    sha256: str
    raw_bytes: int
    data: bytes | None
    segment: str | None


def stats(database: Database) -> ArchiveStats:
    """Count answers, bodies and bytes."""
    (answers,) = database.query(Count, "SELECT COUNT(*) AS count FROM response")
    (totals,) = database.query(
        _Totals,
        """
        SELECT COUNT(*) AS bodies,
            CAST(COALESCE(SUM(raw_bytes), 0) AS BIGINT) AS raw_bytes,
            CAST(COALESCE(SUM(length(data)), 0) AS BIGINT) AS stored_bytes,
            COUNT(segment) AS bodies_in_segments,
            COUNT(DISTINCT segment) AS segments,
            COUNT(damaged_us) AS damaged,
            COUNT(erased_us) AS erased
        FROM body
        """,
    )
    return ArchiveStats(
        answers=answers.count,
        bodies=totals.bodies,
        raw_bytes=totals.raw_bytes,
        stored_bytes=totals.stored_bytes,
        bodies_in_segments=totals.bodies_in_segments,
        segments=totals.segments,
        damaged=totals.damaged,
        erased=totals.erased,
        database_bytes=database.size_bytes(),
    )


def compact(database: Database, store: SegmentStore, *, before_us: int, now_us: int) -> CompactReport:
    """Move bodies that were stored before `before_us` out of the database, a segment at a time.

    Raises:
        LedgerError: A segment does not return what was written to it. No row refers to it, and the bodies stay in the
            database.
    """
    segments: list[str] = []
    damaged: list[str] = []
    moved = raw_bytes = 0
    after = ""
    while batch := _batch(database.query, before_us, after):
        after, _ = batch[-1]
        sound = [(sha256, body) for sha256, body in batch if body is not None]
        bad = [sha256 for sha256, body in batch if body is None]
        _mark(database, bad, now_us)
        damaged.extend(bad)
        if not sound:
            continue
        name = store.write(sound)
        _read_back(store, name, [sha256 for sha256, _ in sound])
        with database.write() as tx:
            for sha256, _ in sound:
                tx.execute(
                    """
                    UPDATE body
                    SET segment = ?, data = NULL
                    WHERE sha256 = ? AND data IS NOT NULL AND erased_us IS NULL
                    """,
                    (name, sha256),
                )
        segments.append(name)
        moved += len(sound)
        raw_bytes += sum(len(body) for _, body in sound)
    if segments:
        database.shrink()
    return CompactReport(segments=tuple(segments), bodies=moved, raw_bytes=raw_bytes, damaged=tuple(damaged))


def verify(database: Database, read_segment: SegmentReader | None, *, now_us: int) -> VerifyReport:
    """Read every body and compare it with its hash. Those that do not match are marked and count as missing."""
    damaged: list[str] = []
    bodies = raw_bytes = 0
    for sha256, raw, body in _every_body(database.query, read_segment):
        bodies += 1
        raw_bytes += raw
        if body is None:
            damaged.append(sha256)
    _mark(database, damaged, now_us)
    return VerifyReport(bodies=bodies, raw_bytes=raw_bytes, damaged=tuple(damaged))


def _batch(query: Query, before_us: int, after: str) -> list[tuple[str, bytes | None]]:
    """The next bodies to move, with None for those that are damaged. Bounded in number and bytes."""
    batch: list[tuple[str, bytes | None]] = []
    taken_bytes = 0
    while taken_bytes < _BYTES_PER_SEGMENT and len(batch) < _BODIES_PER_SEGMENT:
        rows = query(
            _Body,
            f"""
            SELECT sha256, raw_bytes, data, segment
            FROM body
            WHERE sha256 > ? AND data IS NOT NULL AND damaged_us IS NULL AND stored_us < ?
            ORDER BY sha256
            LIMIT {_BODIES_PER_PAGE}
            """,
            (after, before_us),
        )
        for row in rows:
            batch.append((row.sha256, bodies.open_body(row.sha256, row.raw_bytes, row.data, None, None)))
            taken_bytes += row.raw_bytes
        if len(rows) < _BODIES_PER_PAGE:
            break
        after = rows[-1].sha256
    return batch


def _read_back(store: SegmentStore, name: str, expected: list[str]) -> None:
    try:
        found = [sha256 for sha256, body in store.bodies(name) if bodies.digest(body) == sha256]
    except (OSError, pa.ArrowException) as error:
        raise LedgerError(f"segment {name} cannot be read back; its bodies stay in the database") from error
    if found != sorted(expected):
        raise LedgerError(f"segment {name} does not hold what was written to it; its bodies stay in the database")


def _every_body(query: Query, read_segment: SegmentReader | None) -> Iterator[tuple[str, int, bytes | None]]:
    after = ""
    while True:
        rows = query(
            _Body,
            f"""
            SELECT sha256, raw_bytes, data, segment
            FROM body
            WHERE sha256 > ? AND erased_us IS NULL
            ORDER BY sha256
            LIMIT {_BODIES_PER_PAGE}
            """,
            (after,),
        )
        for row in rows:
            body = bodies.open_body(row.sha256, row.raw_bytes, row.data, row.segment, read_segment)
            yield row.sha256, row.raw_bytes, body
        if len(rows) < _BODIES_PER_PAGE:
            return
        after = rows[-1].sha256


def _mark(database: Database, sha256s: list[str], now_us: int) -> None:
    if sha256s:
        with database.write() as tx:
            for sha256 in sha256s:
                bodies.mark_damaged(tx, sha256, now_us)
