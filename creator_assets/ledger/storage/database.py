"""Where a ledger lives, behind one small interface: statements in one transaction, one writer at a time.

SQLite (``sqlite.py``) and PostgreSQL (``postgres.py``) stand behind it. What a statement means is not known here, nor
is money. SQL is written once, with ``?`` for parameters. Both back ends let one writer in at a time: a paid call
touches its provider's budget row anyway, so that finer locks would wait for the same commit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from creator_assets.ledger.storage.schema import Dialect

Row = tuple[Any, ...]
Clock = Callable[[], datetime]
Query = Callable[[str, Sequence[Any]], list[Row]]


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
    def before_tables(self) -> list[str]:
        """Statements that must run before the tables can be made."""

    @abstractmethod
    def shared_clock(self, clock: Clock) -> Clock:
        """`clock` as all processes that share this database see it."""

    @abstractmethod
    def shrink(self) -> None:
        """Give space that is no longer used back to the system, where that is cheap."""

    @abstractmethod
    def size_bytes(self) -> int:
        """What the ledger takes where it lives."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections of this process."""
