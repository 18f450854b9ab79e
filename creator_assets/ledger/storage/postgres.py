"""A ledger in one schema of a PostgreSQL database, for runs on several hosts.

It implements the interface in ``database.py``, with the extra ``postgres`` (psycopg 3). Writers queue at an advisory
lock, which the server grants in order and frees when a connection dies. READ COMMITTED then sees everything that was
committed before. All processes use the server's clock.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Never
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import errors

from creator_assets.ledger.errors import (
    BooksRefusedError,
    LedgerBusyError,
    LedgerError,
    LedgerFullError,
    LedgerGoneError,
    LedgerUnusableError,
)
from creator_assets.ledger.storage.database import Clock, ConnectionTransaction, Database, Transaction
from creator_assets.ledger.storage.rows import Found, R, Row, check_columns, checked, to_rows
from creator_assets.ledger.storage.schema import Dialect

_DEFAULT_SCHEMA = "creator_assets"
_CLOCK_CHECKED_EVERY_SECONDS = 60.0
# A process that stops in the middle of a transaction would block all others: after this the server ends its session.
_IDLE_IN_TRANSACTION_SECONDS = 60


class _ServerTime(Row, frozen=True):
    now: datetime


class _Size(Row, frozen=True):
    size_bytes: int


class PostgresDatabase(Database):
    """A ledger in the schema that the URL names with ``?schema=``, ``creator_assets`` where it names none.

    Args:
        url: ``postgresql://user@host/database?schema=name``. A password belongs into ``~/.pgpass`` or ``PGPASSWORD``.
        wait_seconds: How long to queue behind other writers before giving up.
        read_only: Write nothing.

    Raises:
        LedgerUnusableError: The schema's name is not a plain identifier.
    """

    dialect: Dialect = "postgres"

    def __init__(self, url: str, *, wait_seconds: float = 30.0, read_only: bool = False) -> None:
        self._url, self._schema = _split_url(url)
        self.place = f"PostgreSQL, schema {self._schema}"
        # The same number for every process that uses this schema.
        digest = hashlib.sha256(f"creator_assets:{self._schema}".encode()).digest()
        self._lock_number = int.from_bytes(digest[:8], "big", signed=True)
        self._wait_seconds = wait_seconds
        self._read_only = read_only
        self._pid = -1
        self._inherited: list[_Session] = []
        self._writer = _Session()
        self._reader = _Session()
        self._offset = timedelta()
        self._offset_checked_at: float | None = None

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction behind the schema's advisory lock."""
        session, _ = self._sessions()
        if not session.lock.acquire(timeout=self._wait_seconds):
            raise LedgerBusyError(f"another thread held the ledger for more than {self._wait_seconds:g} s")
        try:
            with self._translated(session):
                yield from self._in_transaction(self._connected(session))
        finally:
            session.lock.release()

    def _in_transaction(self, connection: psycopg.Connection) -> Iterator[Transaction]:
        try:
            self._run(connection, f"BEGIN; SELECT pg_advisory_xact_lock({self._lock_number})")
            yield ConnectionTransaction(self._run, connection)
            self._run(connection, "COMMIT")
        except BaseException:
            with suppress(psycopg.Error):  # a lost connection rolls back by itself
                self._run(connection, "ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Reads of one consistent state."""
        _, session = self._sessions()
        with session.lock, self._translated(session):
            connection = self._connected(session)
            self._run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield ConnectionTransaction(self._run, connection)
            finally:
                with suppress(psycopg.Error):
                    self._run(connection, "ROLLBACK")

    def query(self, row: type[R], sql: str, params: Sequence[Any] = ()) -> list[R]:
        """One read."""
        _, session = self._sessions()
        with session.lock, self._translated(session):
            return self._run(self._connected(session), sql, params, row)

    def has_tables(self, tx: Transaction | None = None) -> bool:
        """Whether the schema holds any table."""
        query = self.query if tx is None else tx.query
        return bool(query(Found, "SELECT 1 AS found FROM pg_tables WHERE schemaname = ? LIMIT 1", (self._schema,)))

    def before_tables(self) -> list[str]:
        """The schema itself."""
        return [f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"']

    def shared_clock(self, clock: Clock) -> Clock:
        """The server's clock: the local one, corrected by a difference that is measured again every minute."""

        def now() -> datetime:
            checked_at = self._offset_checked_at
            if checked_at is None or time.monotonic() - checked_at > _CLOCK_CHECKED_EVERY_SECONDS:
                before = clock()
                (server,) = self.query(_ServerTime, "SELECT clock_timestamp() AS now")
                after = clock()
                self._offset = server.now - (before + (after - before) / 2)
                self._offset_checked_at = time.monotonic()
            return clock() + self._offset

        return now

    def shrink(self) -> None:
        """Nothing: the server's autovacuum makes the space usable again."""

    def size_bytes(self) -> int:
        """All tables of the schema with their indexes."""
        (size,) = self.query(
            _Size,
            """
            SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0)::bigint AS size_bytes
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relkind = 'r'
            """,
            (self._schema,),
        )
        return size.size_bytes

    def close(self) -> None:
        """Close what this process opened."""
        if self._pid == os.getpid():
            for session in (self._writer, self._reader):
                session.drop()

    def _sessions(self) -> tuple[_Session, _Session]:
        if self._pid != os.getpid():
            # After a fork the parent's sockets must be neither used nor closed.
            self._inherited.extend((self._writer, self._reader))
            self._writer, self._reader, self._pid = _Session(), _Session(), os.getpid()
        return self._writer, self._reader

    def _connected(self, session: _Session) -> psycopg.Connection:
        if session.connection is None or session.connection.closed:
            options = (
                f"-c search_path={self._schema} -c synchronous_commit=on -c "
                f"lock_timeout={int(self._wait_seconds * 1000)} "
                f"-c idle_in_transaction_session_timeout={_IDLE_IN_TRANSACTION_SECONDS}s "
                f"-c default_transaction_read_only={'on' if self._read_only else 'off'}"
            )
            session.connection = psycopg.connect(
                self._url,
                autocommit=True,
                options=options,
                application_name="creator_assets ledger",
                connect_timeout=max(2, int(self._wait_seconds)),
            )
        return session.connection

    def _run(
        self, connection: psycopg.Connection, sql: str, params: Sequence[Any] = (), row: type[R] | None = None
    ) -> list[R]:
        """Run any statement, BEGIN and COMMIT included. Tests watch this method, and kill their process in it."""
        cursor = connection.execute(_with_percents(sql), tuple(params) or None)
        if row is None:
            return []
        if (row, sql) not in checked:
            check_columns(row, sql, [column.name for column in cursor.description or ()])
        return to_rows(row, cursor.fetchall())

    @contextmanager
    def _translated(self, session: _Session) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            gone = session.connection is None or session.connection.closed or isinstance(error, errors.OperationalError)
            _raise_translated(error, gone=gone)
        finally:
            if session.connection is not None and session.connection.closed:
                session.drop()


class _Session:
    """One connection and the lock that keeps threads apart on it."""

    def __init__(self) -> None:
        self.connection: psycopg.Connection | None = None
        self.lock = threading.Lock()

    def drop(self) -> None:
        if self.connection is not None:
            with suppress(psycopg.Error):
                self.connection.close()
        self.connection = None


def _raise_translated(error: psycopg.Error, *, gone: bool) -> Never:
    match error:
        case errors.IntegrityConstraintViolation() | errors.IntegrityError() | errors.RaiseException():
            raise BooksRefusedError(f"the ledger refused a change that would break its books: {error}") from error
        case errors.LockNotAvailable():
            raise LedgerBusyError("other processes held the write lock of the ledger for too long") from error
        case errors.DiskFull():
            raise LedgerFullError(
                "no space left for the ledger on the PostgreSQL server: free some, then repeat"
            ) from error
        case _ if gone:
            raise LedgerGoneError(
                "the connection to the PostgreSQL server of the ledger was lost or refused; nothing is sent without "
                "the ledger: check that the server runs and that CREATOR_ASSETS_LEDGER names it, then repeat"
            ) from error
        case _:
            raise LedgerError(f"the ledger could not run a statement: {error}") from error


@functools.lru_cache(maxsize=512)
def _with_percents(sql: str) -> str:
    """The statement with psycopg's placeholders. None of ours holds a literal question mark or per cent sign."""
    return sql.replace("?", "%s")


def _split_url(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    schema = dict(query).get("schema", _DEFAULT_SCHEMA)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", schema):
        raise LedgerUnusableError(
            f"{schema!r} cannot name the schema of a ledger: use a-z, 0-9 and _, a letter first, at most 63"
        )
    rest = urlencode([(name, value) for name, value in query if name != "schema"], safe="/:,")
    return urlunsplit(parts._replace(query=rest)), schema
