"""Where a ledger is stored, behind one small interface: statements in one transaction, one writer at a time.

SQLite (``sqlite.py``) and PostgreSQL (``postgres.py``) implement it. SQL is written once, with ``?`` for parameters.
Both let one writer in at a time: a paid call changes its provider's budget row anyway, so finer locks would wait for
the same commit. What a statement means, and what a credit is, belongs to the packages above.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from creator_assets.ledger.storage.rows import R, insertion
from creator_assets.ledger.storage.schema import Dialect

Clock = Callable[[], datetime]
T = TypeVar("T")


class Query(Protocol):
    """Runs one statement that returns rows."""

    def __call__(self, row: type[R], sql: str, params: Sequence[Any] = ()) -> list[R]:
        """All rows of the statement, each as a `row`."""
        ...


class Transaction(Protocol):
    """Statements that take effect together or not at all."""

    def query(self, row: type[R], sql: str, params: Sequence[Any] = ()) -> list[R]:
        """Run one statement and return all its rows, each as a `row`."""
        ...

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement whose rows, if it has any, nobody reads."""
        ...


class Write(Protocol):
    """Does one step as the only writer: the step gets its transaction and the time, and may be repeated."""

    def __call__(self, step: Callable[[Transaction, int], T]) -> T:
        """What the step returns."""
        ...


ConnectionT_contra = TypeVar("ConnectionT_contra", contravariant=True)


class Run(Protocol[ConnectionT_contra]):
    """Runs one statement on a connection of a database; without a `row` nobody reads what it returns."""

    def __call__(
        self, connection: ConnectionT_contra, sql: str, params: Sequence[Any] = (), row: type[R] | None = None
    ) -> list[R]:
        """Return the rows, each as a `row`."""
        ...


class ConnectionTransaction(Generic[ConnectionT_contra]):
    """The statements of one transaction, all on the connection that began it."""

    def __init__(self, run: Run[ConnectionT_contra], connection: ConnectionT_contra) -> None:
        self._run, self._connection = run, connection

    def query(self, row: type[R], sql: str, params: Sequence[Any] = ()) -> list[R]:
        """Run one statement and return all its rows."""
        return self._run(self._connection, sql, params, row)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement."""
        self._run(self._connection, sql, params)


def insert(tx: Transaction, table: str, values: Mapping[str, Any]) -> None:
    """Insert one row. `values` has a value for each column's name."""
    tx.execute(*insertion(table, values))


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


class Database(ABC):
    """Where the ledger is stored. Safe to share between threads; a forked child gets connections of its own."""

    dialect: Dialect
    place: str
    """Where it is, in the words of messages: without the password of a URL."""

    @abstractmethod
    def write(self) -> AbstractContextManager[Transaction]:
        """One transaction as the only writer. Commits at the end, rolls back on any exception."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Transaction]:
        """Several reads of one consistent state. Does not block writers."""

    @abstractmethod
    def query(self, row: type[R], sql: str, params: Sequence[Any] = ()) -> list[R]:
        """One read outside any transaction. Does not wait for writers."""

    @abstractmethod
    def has_tables(self, tx: Transaction | None = None) -> bool:
        """Whether the database holds any table (as `tx` sees it)."""

    @abstractmethod
    def before_tables(self) -> list[str]:
        """Statements that must run before the tables can be created."""

    @abstractmethod
    def shared_clock(self, clock: Clock) -> Clock:
        """`clock` as all processes that share this database see it."""

    @abstractmethod
    def shrink(self) -> None:
        """Return unused space to the system, where that is cheap."""

    @abstractmethod
    def size_bytes(self) -> int:
        """How much space the ledger takes."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections of this process."""
