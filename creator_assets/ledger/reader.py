"""The half of the ledger that reads: archived answers, balances, attempts, entries, notices, invariants.

Reading takes no write lock. Opening alone may write: it creates a ledger where there is none, and migrates an older
one. What changes the books belongs to ``ledger.py``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger import books, invariants, leases
from creator_assets.ledger.archive import answers, compaction
from creator_assets.ledger.archive.compaction import ArchiveStats
from creator_assets.ledger.archive.in_order import BookedAnswer, answers_after
from creator_assets.ledger.archive.segments import SegmentReader, SegmentStore
from creator_assets.ledger.archive.unreadable import UnreadableAnswer, unreadable_answers
from creator_assets.ledger.book_records import AttemptRecord, BudgetState, EntryRecord, Notice
from creator_assets.ledger.booking.periods import Disagreement
from creator_assets.ledger.errors import LedgerError, LedgerGoneError, LedgerUnusableError
from creator_assets.ledger.reconciliation import history
from creator_assets.ledger.reconciliation.records import Drift, Reconciliation
from creator_assets.ledger.records import Budget, StoredAnswer, Window
from creator_assets.ledger.storage.database import Clock, Database, Transaction
from creator_assets.ledger.storage.migrations import require_unchanged
from creator_assets.ledger.storage.opening import open_database
from creator_assets.ledger.storage.realm import enter_realm, read_realm
from creator_assets.ledger.storage.request_keys import fingerprint_of, use_secret
from creator_assets.ledger.storage.rows import R
from creator_assets.ledger.timestamps import to_us
from creator_assets.providers.contract.operations import Operation, Request

T = TypeVar("T")

_log = logging.getLogger(__name__)
# A step during which the database was lost is repeated after these pauses, then given up. Its ids make repeating safe.
_REPEAT_AFTER_SECONDS = (0.1, 1.0, 4.0)


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long things may take.

    ``grace_seconds`` is how late a sender may wake up for its permit. ``path_jitter_seconds`` is how much the way to
    the provider may vary. Together they widen every documented window. ``lease_seconds`` is how long after its permit
    an attempt belongs to its owner where nobody can see whether the owner lives; it must exceed the longest request
    timeout.
    """

    grace_seconds: float = 0.1
    path_jitter_seconds: float = 0.15
    lease_seconds: float = 600.0


class LedgerReader:
    """The ledger of one realm, for reading. Opening creates a ledger where there is none, and migrates an older one."""

    def __init__(
        self,
        database: Database,
        *,
        realm: str,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        timing: Timing | None = None,
        owner: Callable[[], str] = lambda: str(leases.this_process()),
        segments: SegmentStore | None = None,
        secret: InstallationSecret | None = None,
    ) -> None:
        self._database = database
        self._clock = clock or database.shared_clock(_system_clock)
        self._sleep = sleep
        self._timing = timing or Timing()
        self._owner = owner
        self._segments = segments
        self._stated: dict[str, Budget] = {}
        self._read_segment: SegmentReader | None = segments.read if segments is not None else None
        self.realm = realm
        self._again(lambda: enter_realm(database, realm, now_us=self._now_us))
        self._keyed = self._again(lambda: use_secret(database, secret)) if secret else self._without_secret(database)

    @classmethod
    def open(
        cls,
        target: str | Path,
        *,
        realm: str,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        timing: Timing | None = None,
        wait_seconds: float = 30.0,
        segments: str | Path | None = None,
        secret: InstallationSecret | None = None,
    ) -> Self:
        """Open or create the ledger of `realm` at a path or ``postgresql://`` URL.

        Args:
            target: A file on a local disk, or the URL of a PostgreSQL database.
            realm: ``live`` or ``sandbox-<universe>``. Answers and credits of two realms must never mix.
            clock: For tests. Left out, the system's clock (the server's, for PostgreSQL).
            sleep: For tests.
            timing: Grace, jitter and lease.
            wait_seconds: How long to queue behind other writers.
            segments: Where old bodies go: a folder, or a URI such as ``s3://bucket/prefix``. Left out, a folder beside
                the SQLite file, where older segments are found in any case. For PostgreSQL there is no such default,
                since every host must be able to reach it.
            secret: The installation's; keys of requests are under it. Left out, they are plain digests, and a ledger
                that has a secret names no key.

        Raises:
            LedgerUnusableError: The database belongs to another realm, secret or newer release, or cannot hold a
                ledger.
        """
        database = open_database(target, wait_seconds=wait_seconds)
        beside = None
        if database.dialect == "sqlite" and (segments is None or "://" in str(segments)):
            beside = Path(target).absolute().with_name(f"{Path(target).name}-segments")
        segments_at = segments or beside
        try:
            store = None if segments_at is None else SegmentStore(segments_at, beside)
            return cls(database, realm=realm, clock=clock, sleep=sleep, timing=timing, segments=store, secret=secret)
        except BaseException:
            database.close()
            raise

    # Looking up: no write lock.

    def key_of(self, request: Request) -> str:
        """The key under which the answer to a request is kept. Without the secret nobody can test a guess.

        Raises:
            LedgerUnusableError: The ledger's keys are under a secret, and it was opened without it.
        """
        return self._keyed(request.request_key(self.realm))

    @staticmethod
    def _without_secret(database: Database) -> Callable[[str], str]:
        fingerprint = fingerprint_of(database.query)

        def plain(digest: str) -> str:
            if fingerprint:
                raise LedgerUnusableError(
                    f"this ledger belongs to the installation secret {fingerprint}, and it was opened without it"
                )
            return digest

        return plain

    def look_up(self, request_key: str, window: Window, *, include_due: bool = False) -> StoredAnswer | None:
        """The archived answer that serves this request in `window`, or None. See `look_up_many`."""
        return self.look_up_many({request_key: window}, include_due=include_due).get(request_key)

    def look_up_many(self, windows: Mapping[str, Window], *, include_due: bool = False) -> dict[str, StoredAnswer]:
        """The archived answers by request key, without those that are missing, damaged or due again.

        A pending answer counts while its ``not_before`` lies ahead, and always once its window has closed.
        `include_due` also returns pending answers that are due again, for rebuilding with the network off.
        """
        found = answers.look_up(
            self._query,
            windows,
            now_us=self._now_us(),
            include_due=include_due,
            read_segment=self._read_segment,
        )
        for sha256 in found.damaged:
            _log.warning("archived body %s is damaged and counts as missing; `archive verify` says more", sha256)
        return dict(found.answers)

    def unreadable_answers(self) -> list[UnreadableAnswer]:
        """Answers of paid data that could not be read, the newest first."""
        return unreadable_answers(self._query)

    def answers_after(self, sequence: int, limit: int) -> Iterator[BookedAnswer]:
        """At most `limit` answers with data that were booked after `sequence`, in order."""
        return answers_after(self._query, sequence, limit, self._read_segment)

    def bought_by(
        self,
        campaign: str,
        assets: Sequence[str],
        operation: Operation,
        window: Window,
        keys: Sequence[str] | None = None,
    ) -> dict[str, datetime]:
        """The requests (of `keys`, or of all) that these assets of a campaign bought within `window`.

        Each has the time at which it was first answered.
        """
        return answers.bought_by(self._query, campaign, assets, operation, window, keys)

    # Reading the books.

    def balances(self) -> list[BudgetState]:
        """Every budget with what it has spent, held, in doubt and left.

        A period that has begun and was not booked on yet is among them.
        """
        now_us = self._now_us()
        return self._in_snapshot(lambda tx: books.balances(tx, self._stated, now_us))

    def disagreements(self) -> list[Disagreement]:
        """The limits that this process states differently than the ledger has them. It sends nothing on these."""
        now_us = self._now_us()
        return self._in_snapshot(lambda tx: books.disagreements(tx, self._stated, now_us))

    def state_budgets(self, stated: Sequence[Budget]) -> None:
        """Say what this process knows about budgets. Nothing is written: an admission writes what it books on."""
        self._stated |= {budget.scope: budget for budget in stated}

    def attempts(self, *, run_id: str | None = None) -> Iterator[AttemptRecord]:
        """Every attempt, oldest first, with every column that attributes a credit."""
        return books.attempts(self._query, run_id=run_id)

    def entries(self, *, after_seq: int = 0) -> Iterator[EntryRecord]:
        """Every movement of microcredits, oldest first."""
        return books.entries(self._query, after_seq=after_seq)

    def notices(self, *, after_id: int = 0) -> list[Notice]:
        """The notices after `after_id`, oldest first."""
        return books.notices(self._query, after_id=after_id)

    def reconciliations(self, scope: str) -> list[Reconciliation]:
        """The latest comparisons of `scope` with its provider, newest first."""
        return history.reconciliations(self._query, scope=scope)

    def drift(self) -> list[Drift]:
        """Differences with providers that stand: how much, and since when."""
        return history.standing_drift(self._query)

    def archive_stats(self) -> ArchiveStats:
        """What the archive holds and takes."""
        return compaction.stats(self._query, database_bytes=self._database.size_bytes())

    def check(self) -> list[str]:
        """Violations of the invariants, as sentences. Empty when the books are in order."""
        return self._in_snapshot(invariants.violations)

    # The rest.

    def now(self) -> datetime:
        """The time by which this ledger works."""
        return self._clock()

    def close(self) -> None:
        """Close this process's connections. Holds that are still open stay open."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _query(self, row: type[R], sql: str, params: Sequence[Any] = ()) -> list[R]:
        return self._read(lambda: self._database.query(row, sql, params))

    def _in_snapshot(self, read: Callable[[Transaction], T]) -> T:
        def once() -> T:
            with self._database.snapshot() as tx:
                return read(tx)

        return self._read(once)

    def _read(self, step: Callable[[], T]) -> T:
        try:
            return self._again(step)
        except LedgerError as error:
            # A statement that fails may mean that the tables have changed under this process.
            if type(error) is LedgerError:
                self._require_unchanged()
            raise

    def _require_unchanged(self) -> None:
        if (found := self._again(lambda: read_realm(self._database))) is not None:
            require_unchanged(found.schema_version)

    def _again(self, step: Callable[[], T]) -> T:
        """Do a step, and repeat it where the database was gone for a short time."""
        for pause_seconds in _REPEAT_AFTER_SECONDS:
            try:
                return step()
            except LedgerGoneError:
                self._sleep(pause_seconds)
        return step()

    def _now_us(self) -> int:
        return to_us(self._clock())


def _system_clock() -> datetime:
    return datetime.now(UTC)
