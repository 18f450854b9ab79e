"""Named rows: each query says by a small record what its columns are called and which types they have.

This is the one place that reads a row by position. It compares the names of the columns with the fields of the record
once for each statement, then converts row by row. What a row means belongs to the module that asks for it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import convert

from creator_assets.ledger.errors import LedgerError


class Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one row of a query holds: a field for each column, with the same name and in the same order."""


R = TypeVar("R", bound=Row)


class Found(Row, frozen=True):
    """The answer to a question that asks only whether there is any row (``SELECT 1 AS found``)."""

    found: int


class Count(Row, frozen=True):
    """How many rows there are."""

    count: int


# The statements whose columns were compared with their record's fields. Read at every statement, hence no function.
checked: set[tuple[type[Row], str]] = set()


def check_columns(row: type[Row], sql: str, columns: Sequence[str]) -> None:
    """Compare the columns of a statement with the record's fields.

    `columns` may be empty where the database names them only for statements that have rows.

    Raises:
        LedgerError: They have other names or another order.
    """
    if not columns:
        return
    if tuple(columns) != row.__struct_fields__:
        raise LedgerError(f"{row.__name__} has the fields {row.__struct_fields__}, its query the columns {columns}")
    checked.add((row, sql))


def to_rows(row: type[R], values: Iterable[Any]) -> list[R]:
    """Make a record of each row that a cursor returned.

    Raises:
        LedgerError: A column holds another type than its field.
    """
    try:
        # One by one: for a few rows that takes a fifth of the time of converting a list of them.
        return [convert(value, row) for value in values]
    except msgspec.ValidationError as error:
        raise LedgerError(f"a column of the ledger holds another type than {row.__name__} says: {error}") from error


@functools.cache
def columns_of(row: type[Row]) -> str:
    """The columns of a record, to be put behind SELECT."""
    return ", ".join(row.__struct_fields__)


def insertion(table: str, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """The statement that inserts one row, and its parameters. `values` has a value for each column's name."""
    return _insertion(table, tuple(values)), tuple(values.values())


@functools.lru_cache(maxsize=64)
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names out of this package
