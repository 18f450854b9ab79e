"""Maintaining the archive: counting it, moving old bodies to segments, checking every hash.

A body moves in three steps: write the segment, read every body back and compare its hash, change the rows. A crash
between them leaves a file that no row refers to, never a row that refers to nothing. A damaged body is reported and
stays where it is. The format of segments belongs to ``segments.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this room; every value travels as a parameter

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from creator_assets.ledger.archive import bodies
from creator_assets.ledger.archive.segments import SegmentReader, SegmentStore
from creator_assets.ledger.errors import LedgerError
from creator_assets.ledger.storage.database import Query, Transaction, Write
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


def stats(query: Query, *, database_bytes: int) -> ArchiveStats:
    """Count answers, bodies and bytes."""
    (answers,) = query(Count, "SELECT COUNT(*) AS count FROM response")
    (totals,) = query(
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
        database_bytes=database_bytes,
    )


def compact(query: Query, write: Write, store: SegmentStore, *, before_us: int) -> CompactReport:
    """Move bodies that were stored before `before_us` out of the database, a segment at a time.

    Raises:
        LedgerError: A segment does not return what was written to it. No row refers to it, and the bodies stay in the
            database.
    """
    segments: list[str] = []
    damaged: list[str] = []
    moved = raw_bytes = 0
    after = ""
    while batch := _batch(query, before_us, after):
        after, _ = batch[-1]
        sound = [(sha256, body) for sha256, body in batch if body is not None]
        bad = [sha256 for sha256, body in batch if body is None]
        _mark(write, bad)
        damaged.extend(bad)
        if not sound:
            continue
        name = store.write(sound)
        hashes = [sha256 for sha256, _ in sound]
        _read_back(store, name, hashes)
        _move(write, name, hashes)
        segments.append(name)
        moved += len(sound)
        raw_bytes += sum(len(body) for _, body in sound)
    return CompactReport(segments=tuple(segments), bodies=moved, raw_bytes=raw_bytes, damaged=tuple(damaged))


def verify(query: Query, write: Write, read_segment: SegmentReader | None) -> VerifyReport:
    """Read every body and compare it with its hash. Those that do not match are marked and count as missing."""
    damaged: list[str] = []
    count = raw_bytes = 0
    for row in _bodies(query, "erased_us IS NULL"):
        count += 1
        raw_bytes += row.raw_bytes
        if bodies.open_body(row.sha256, row.raw_bytes, row.data, row.segment, read_segment) is None:
            damaged.append(row.sha256)
    _mark(write, damaged)
    return VerifyReport(bodies=count, raw_bytes=raw_bytes, damaged=tuple(damaged))


def _batch(query: Query, before_us: int, after: str) -> list[tuple[str, bytes | None]]:
    """The next bodies to move, with None for those that are damaged. Bounded in number and bytes."""
    batch: list[tuple[str, bytes | None]] = []
    taken_bytes = 0
    for row in _bodies(query, "data IS NOT NULL AND damaged_us IS NULL AND stored_us < ?", (before_us,), after=after):
        batch.append((row.sha256, bodies.open_body(row.sha256, row.raw_bytes, row.data, None, None)))
        taken_bytes += row.raw_bytes
        if taken_bytes >= _BYTES_PER_SEGMENT or len(batch) >= _BODIES_PER_SEGMENT:
            break
    return batch


def _bodies(query: Query, condition: str, params: Sequence[Any] = (), *, after: str = "") -> Iterator[_Body]:
    """The bodies whose hashes come after `after`, in the order of hashes. Holds one page at a time."""
    while True:
        rows = query(
            _Body,
            f"""
            SELECT sha256, raw_bytes, data, segment
            FROM body
            WHERE sha256 > ? AND {condition}
            ORDER BY sha256
            LIMIT {_BODIES_PER_PAGE}
            """,
            (after, *params),
        )
        yield from rows
        if len(rows) < _BODIES_PER_PAGE:
            return
        after = rows[-1].sha256


def _read_back(store: SegmentStore, name: str, expected: list[str]) -> None:
    try:
        found = [sha256 for sha256, body in store.bodies(name) if bodies.digest(body) == sha256]
    except (OSError, pa.ArrowException) as error:
        raise LedgerError(f"segment {name} cannot be read back; its bodies stay in the database") from error
    if found != sorted(expected):
        raise LedgerError(f"segment {name} does not hold what was written to it; its bodies stay in the database")


def _move(write: Write, segment: str, sha256s: list[str]) -> None:
    def step(tx: Transaction, _now_us: int) -> None:
        for sha256 in sha256s:
            tx.execute(
                """
                UPDATE body
                SET segment = ?, data = NULL
                WHERE sha256 = ? AND data IS NOT NULL AND erased_us IS NULL
                """,
                (segment, sha256),
            )

    write(step)


def _mark(write: Write, sha256s: list[str]) -> None:
    def step(tx: Transaction, now_us: int) -> None:
        for sha256 in sha256s:
            bodies.mark_damaged(tx, sha256, now_us)

    if sha256s:
        write(step)
