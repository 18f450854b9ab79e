"""A ledger in one SQLite file: write-ahead log, full synchronisation, and a fair queue of writers in front of it.

It implements the interface in ``database.py``. SQLite comes with apsw, since the SQLite of older systems can corrupt a
database that several processes write. Network file systems are refused; PostgreSQL (``postgres.py``) is for those.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Never

import apsw

from creator_assets.ledger.errors import (
    BooksRefusedError,
    LedgerBusyError,
    LedgerError,
    LedgerFullError,
    LedgerGoneError,
    LedgerUnusableError,
)
from creator_assets.ledger.storage.database import Clock, ConnectionTransaction, Database, Transaction
from creator_assets.ledger.storage.filesystems import network_file_system
from creator_assets.ledger.storage.rows import Found, R, check_columns, checked, to_rows
from creator_assets.ledger.storage.schema import Dialect
from creator_assets.ledger.storage.writer_queue import WriterQueue

# Before this release two connections could corrupt a database between a write and a checkpoint
# (sqlite.org/wal.html#walresetbug).
SQLITE_WITHOUT_RESET_BUG = (3, 51, 3)


class SqliteDatabase(Database):
    """A ledger in one SQLite file on a local disk, in WAL mode with ``synchronous=FULL``.

    Writers queue at a lock file in front of SQLite: the kernel serves it in order and frees it when a process is
    killed, where SQLite's own busy handler polls and lets some processes starve.

    Args:
        path: The database file; its folder is made.
        wait_seconds: How long to queue behind other writers before giving up.
        read_only: Create nothing and write nothing.

    Raises:
        LedgerUnusableError: The library is too old or the folder lies on a network file system, where WAL is unsafe.
    """

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, *, wait_seconds: float = 30.0, read_only: bool = False) -> None:
        version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
        if version < SQLITE_WITHOUT_RESET_BUG:
            raise LedgerUnusableError(
                f"SQLite {apsw.sqlite_lib_version()} can corrupt a database that several processes write; "
                "install apsw 3.51.3 or newer, which brings its own SQLite"
            )
        self.path = path.absolute()
        self.place = str(path)
        self._read_only = read_only
        if not read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        if (kind := network_file_system(self.path.parent)) is not None:
            raise LedgerUnusableError(
                f"{self.path.parent} lies on a network file system ({kind}), where SQLite's write-ahead log is unsafe: "
                "use a local folder, or a postgresql:// URL"
            )
        self._wait_seconds = wait_seconds
        self._opening = threading.Lock()
        self._opened: _Opened | None = None
        self._inherited: list[_Opened] = []

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction behind the queue of writers, begun with ``BEGIN IMMEDIATE``."""
        here = self._here()
        if not here.write_lock.acquire(timeout=self._wait_seconds):
            raise LedgerBusyError(f"another thread held the ledger for more than {self._wait_seconds:g} s")
        try:
            here.queue.enter()
            try:
                with _translated(self.path):
                    yield from self._in_transaction(here.writer)
            finally:
                here.queue.leave()
        finally:
            here.write_lock.release()

    def _in_transaction(self, connection: apsw.Connection) -> Iterator[Transaction]:
        self._run(connection, "BEGIN IMMEDIATE")
        try:
            yield ConnectionTransaction(self._run, connection)
            self._run(connection, "COMMIT")
        except BaseException:
            # A COMMIT that failed leaves the transaction open; a full disk may have rolled it back already.
            if connection.in_transaction:
                self._run(connection, "ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Reads of one consistent state. In WAL mode they neither wait for a writer nor block one."""
        here = self._here()
        with here.read_lock, _translated(self.path):
            self._run(here.reader, "BEGIN")
            try:
                yield ConnectionTransaction(self._run, here.reader)
            finally:
                self._run(here.reader, "ROLLBACK")

    def query(self, row: type[R], sql: str, params: Sequence[Any] = ()) -> list[R]:
        """One read."""
        here = self._here()
        with here.read_lock, _translated(self.path):
            return self._run(here.reader, sql, params, row)

    def has_tables(self, tx: Transaction | None = None) -> bool:
        """Whether the file holds any table."""
        if self._read_only and not self.path.exists():
            return False
        query = self.query if tx is None else tx.query
        return bool(query(Found, "SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' LIMIT 1"))

    def before_tables(self) -> list[str]:
        """Nothing: a file needs no preparation."""
        return []

    def shared_clock(self, clock: Clock) -> Clock:
        """The clock itself: one file, one machine."""
        return clock

    def shrink(self) -> None:
        """Cut free pages off the end of the file, and write the write-ahead log back into it."""
        here = self._here()
        with here.write_lock, _translated(self.path):
            here.queue.enter()
            try:
                self._run(here.writer, "PRAGMA incremental_vacuum")
                self._run(here.writer, "PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                here.queue.leave()

    def size_bytes(self) -> int:
        """The file and its write-ahead log."""
        names = [self.path, self.path.with_name(self.path.name + "-wal")]
        return sum(name.stat().st_size for name in names if name.exists())

    def close(self) -> None:
        """Close what this process opened."""
        if self._opened is not None and self._opened.pid == os.getpid():
            self._opened.close()
        self._opened = None

    def _here(self) -> _Opened:
        """What this process has opened. Connections and locks must not cross a fork."""
        if self._opened is not None and self._opened.pid == os.getpid():
            return self._opened
        if not self._opening.acquire(timeout=self._wait_seconds):
            raise LedgerBusyError(f"another thread took more than {self._wait_seconds:g} s to open the ledger")
        try:
            if self._opened is None or self._opened.pid != os.getpid():
                if self._opened is not None:
                    # Neither used nor closed again: closing them here would release the parent's file locks.
                    self._inherited.append(self._opened)
                with _translated(self.path):
                    self._opened = self._open()
            return self._opened
        finally:
            self._opening.release()

    def _open(self) -> _Opened:
        if self._read_only:
            connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
            connection.set_busy_timeout(int(self._wait_seconds * 1000))
            return _Opened(connection, connection, None)
        # Every release queues at this file, so its name never changes.
        queue = WriterQueue(self.path.with_name(self.path.name + ".gate"), self._wait_seconds)
        queue.enter()  # nobody else may use the file while it is switched to WAL
        try:
            self._create_private()
            return _Opened(self._connect(), self._connect(), queue)
        finally:
            queue.leave()

    def _create_private(self) -> None:
        """Create the file for its owner alone: answers hold personal data. SQLite's further files get its mode.

        A file that is there is not opened: closing it would release all locks that this process holds on it.
        """
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(int(self._wait_seconds * 1000))
        for pragma in (
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def _run(
        self, connection: apsw.Connection, sql: str, params: Sequence[Any] = (), row: type[R] | None = None
    ) -> list[R]:
        """Run any statement, BEGIN and COMMIT included. Tests watch this method, and kill their process in it."""
        cursor = connection.execute(sql, tuple(params))
        if row is None:
            cursor.fetchall()  # a statement takes effect only when it has run to its end
            return []
        if (row, sql) not in checked:
            check_columns(row, sql, _columns(cursor))
        return to_rows(row, cursor.fetchall())


class _Opened:
    """What one process holds open, with the locks that keep its threads apart."""

    def __init__(self, writer: apsw.Connection, reader: apsw.Connection, queue: WriterQueue | None) -> None:
        self.pid = os.getpid()
        self.writer, self.reader, self._queue = writer, reader, queue
        self.write_lock, self.read_lock = threading.Lock(), threading.Lock()

    @property
    def queue(self) -> WriterQueue:
        if self._queue is None:
            raise LedgerUnusableError("the ledger is open for reading alone: nothing can be written")
        return self._queue

    def close(self) -> None:
        self.reader.close()
        self.writer.close()
        if self._queue is not None:
            self._queue.close()


def _columns(cursor: apsw.Cursor) -> Sequence[str]:
    """The names of a cursor's columns; none where it has no rows, since then SQLite does not say."""
    try:
        return [name for name, _ in cursor.get_description()]
    except apsw.ExecutionCompleteError:
        return ()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn the library's errors into sentences."""
    try:
        yield
    except apsw.Error as error:
        _raise_translated(error, path)


def _raise_translated(error: apsw.Error, path: Path) -> Never:
    match error:
        case apsw.ConstraintError():
            raise BooksRefusedError(f"the ledger refused a change that would break its books: {error}") from error
        case apsw.BusyError() | apsw.LockedError():
            raise LedgerBusyError(f"{path.name} is locked by a process that does not queue for it") from error
        case apsw.FullError():
            raise LedgerFullError(f"no space left for the ledger in {path.parent}: free some, then repeat") from error
        case apsw.IOError() | apsw.ReadOnlyError() | apsw.CantOpenError():
            raise LedgerGoneError(f"the ledger {path.name} cannot be read or written: {error}") from error
        case apsw.CorruptError() | apsw.NotADBError():
            raise LedgerUnusableError(f"{path.name} is no ledger, or is damaged: {error}") from error
        case _:
            raise LedgerError(f"the ledger could not run a statement: {error}") from error
