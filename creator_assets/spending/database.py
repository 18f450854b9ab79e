"""The two places where a ledger can live, behind one small interface: run statements in one transaction, one writer
at a time.

SQLite is embedded here through apsw; PostgreSQL stands in ``postgres.py``. What a statement means is not known in
this module, nor is money. SQL is written once with ``?`` for parameters. Both back ends let one writer in at a time:
a paid call touches its provider's budget row anyway, so that finer locks would wait for the same commit.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import apsw

from creator_assets.spending.filesystems import network_file_system
from creator_assets.spending.ledger_errors import (
    BooksRefusedError,
    LedgerBusyError,
    LedgerError,
    LedgerFullError,
    LedgerGoneError,
    LedgerUnusableError,
)
from creator_assets.spending.ledger_schema import Dialect

Row = tuple[Any, ...]
Clock = Callable[[], datetime]
Query = Callable[[str, Sequence[Any]], list[Row]]

# Before this release two connections could corrupt a WAL database between a write and a checkpoint
# (sqlite.org/wal.html#walresetbug).
SQLITE_WITHOUT_RESET_BUG = (3, 51, 3)


class Transaction(Protocol):
    """Statements that take effect together or not at all."""

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return all its rows."""
        ...


class Database(ABC):
    """Where the ledger lives. Safe to share between threads; a forked child gets connections of its own."""

    dialect: Dialect

    @abstractmethod
    def write(self) -> AbstractContextManager[Transaction]:
        """One transaction as the only writer. Commits on leaving, rolls back on any exception."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Transaction]:
        """Several reads of one consistent state, without keeping writers out."""

    @abstractmethod
    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """One read outside any transaction, without waiting for writers."""

    @abstractmethod
    def has_tables(self, tx: Transaction | None = None) -> bool:
        """Whether a ledger was ever made here (as `tx` sees it)."""

    @abstractmethod
    def shared_clock(self, clock: Clock) -> Clock:
        """`clock` as all processes that share this database see it."""

    @abstractmethod
    def size_bytes(self) -> int:
        """What the ledger takes where it lives."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections of this process."""


class SqliteDatabase(Database):
    """A ledger in one SQLite file on a local disk, in WAL mode with ``synchronous=FULL``.

    Writers queue at a lock file in front of SQLite: the kernel serves it in order and frees it when a process is
    killed, where SQLite's own busy handler polls and lets some processes starve.

    Args:
        path: The database file; its folder is made.
        wait_seconds: How long to queue for the write gate before giving up.

    Raises:
        LedgerUnusableError: The library is too old or the folder lies on a network file system, where WAL is unsafe.
    """

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, *, wait_seconds: float = 30.0) -> None:
        version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
        if version < SQLITE_WITHOUT_RESET_BUG:
            raise LedgerUnusableError(
                f"SQLite {apsw.sqlite_lib_version()} can corrupt a database that several processes write; "
                "install apsw 3.51.3 or newer, which brings its own SQLite"
            )
        self.path = path.absolute()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if (kind := network_file_system(self.path.parent)) is not None:
            raise LedgerUnusableError(
                f"{self.path.parent} lies on a network file system ({kind}), where SQLite's write-ahead log is unsafe: "
                "use a local folder, or a postgresql:// URL"
            )
        self._wait_seconds = wait_seconds
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._pid = -1
        self._abandoned: list[object] = []
        self._writer: apsw.Connection | None = None
        self._reader: apsw.Connection | None = None
        self._gate: _Gate | None = None

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        if not self._write_lock.acquire(timeout=self._wait_seconds):
            raise LedgerBusyError(f"another thread held the ledger for more than {self._wait_seconds:g} s")
        try:
            writer, _, gate = self._connections()
            gate.enter()
            try:
                with _translated(self.path):
                    yield from self._in_transaction(writer)
            finally:
                gate.leave()
        finally:
            self._write_lock.release()

    def _in_transaction(self, connection: apsw.Connection) -> Iterator[Transaction]:
        self._run(connection, "BEGIN IMMEDIATE")
        try:
            yield _SqliteTransaction(self, connection)
            self._run(connection, "COMMIT")
        except BaseException:
            # A COMMIT that failed leaves the transaction open; a full disk may have rolled it back already.
            if connection.in_transaction:
                self._run(connection, "ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        with self._read_lock:
            _, reader, _ = self._connections()
            with _translated(self.path):
                self._run(reader, "BEGIN")
                try:
                    yield _SqliteTransaction(self, reader)
                finally:
                    self._run(reader, "ROLLBACK")

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        with self._read_lock:
            _, reader, _ = self._connections()
            with _translated(self.path):
                return self._run(reader, sql, params)

    def has_tables(self, tx: Transaction | None = None) -> bool:
        query = self.query if tx is None else tx.execute
        return bool(query("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1"))

    def shared_clock(self, clock: Clock) -> Clock:
        return clock  # one host by definition

    def size_bytes(self) -> int:
        names = [self.path, self.path.with_name(self.path.name + "-wal")]
        return sum(name.stat().st_size for name in names if name.exists())

    def close(self) -> None:
        if self._pid == os.getpid():
            for opened in (self._reader, self._writer, self._gate):
                if opened is not None:
                    opened.close()
        self._pid = -1
        self._reader = self._writer = self._gate = None

    def _connections(self) -> tuple[apsw.Connection, apsw.Connection, _Gate]:
        if self._pid != os.getpid():
            # After a fork the parent's connections must be neither used nor closed: closing would drop the parent's
            # file locks.
            self._abandoned.extend(opened for opened in (self._writer, self._reader) if opened is not None)
            with _translated(self.path):
                self._gate = _Gate(self.path.with_name(self.path.name + ".gate"), self._wait_seconds)
                self._gate.enter()  # switching to WAL wants the file for itself
                try:
                    self._writer, self._reader = self._connect(), self._connect()
                finally:
                    self._gate.leave()
            self._pid = os.getpid()
        assert self._writer is not None and self._reader is not None and self._gate is not None
        return self._writer, self._reader, self._gate

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(int(self._wait_seconds * 1000))
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def _run(self, connection: apsw.Connection, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Every statement passes here, BEGIN and COMMIT included: the place to watch, or to die in a proof."""
        return connection.execute(sql, tuple(params)).fetchall()


class _SqliteTransaction:
    def __init__(self, database: SqliteDatabase, connection: apsw.Connection) -> None:
        self._database = database
        self._connection = connection

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._database._run(self._connection, sql, params)  # noqa: SLF001 - one class in two halves


class _Gate:
    """A lock file at which writers queue. Fair, and free again the moment its holder dies."""

    def __init__(self, path: Path, wait_seconds: float) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        # A forked child shares the lock itself, not a copy of it: while it kept the descriptor, our death would free
        # nothing.
        gate = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _close_in_child(gate))

    def enter(self) -> None:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        self._queue()

    def _queue(self) -> None:
        # flock() knows no timeout, and polling would lose the place in the queue: a thread waits in the kernel for us.
        file, guard = self._file, threading.Lock()
        state = {"entered": False, "given_up": False}

        def wait() -> None:
            fcntl.flock(file, fcntl.LOCK_EX)
            with guard:
                if state["given_up"]:
                    os.close(file)  # gives the lock back, too
                else:
                    state["entered"] = True

        waiter = threading.Thread(target=wait, daemon=True, name="ledger-gate")
        waiter.start()
        waiter.join(self._wait_seconds)
        with guard:
            if state["entered"]:
                return
            state["given_up"] = True
        # The waiter still sits on this descriptor; queue anew with another one next time.
        self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        raise LedgerBusyError(
            f"waited {self._wait_seconds:g} s for the write gate of the ledger ({self._path.name}): another process "
            f"holds it and "
            "does not finish; look for one that is stopped or swapped out"
        )

    def leave(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._file)


def _close_in_child(reference: weakref.ref[_Gate]) -> None:
    if (gate := reference()) is not None:
        gate.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn the library's errors into sentences."""
    try:
        yield
    except apsw.ConstraintError as error:
        raise BooksRefusedError(f"the ledger refused a change that would break its books: {error}") from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise LedgerBusyError(f"the ledger {path.name} is locked by a process that does not queue for it") from error
    except apsw.FullError as error:
        raise LedgerFullError(f"no space left for the ledger in {path.parent}: free some, then repeat") from error
    except (apsw.IOError, apsw.ReadOnlyError, apsw.CantOpenError) as error:
        raise LedgerGoneError(f"the ledger {path.name} cannot be read or written: {error}") from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise LedgerUnusableError(f"{path.name} is no ledger or is damaged: {error}") from error
    except apsw.Error as error:
        raise LedgerError(f"the ledger could not run a statement: {error}") from error


def open_database(target: str | Path, *, wait_seconds: float = 30.0) -> Database:
    """Open the place that `target` names: a path, or a ``postgresql://`` URL (which needs the extra ``postgres``)."""
    if isinstance(target, str) and target.startswith(("postgresql://", "postgres://")):
        from creator_assets.spending.postgres import PostgresDatabase  # noqa: PLC0415 - an optional extra

        return PostgresDatabase(target, wait_seconds=wait_seconds)
    return SqliteDatabase(Path(target), wait_seconds=wait_seconds)
