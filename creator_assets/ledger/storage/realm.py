"""Opening the tables: a new ledger is created, an older one migrated, another realm's or a newer one refused.

The table ``realm`` and its columns ``name`` and ``schema_version`` are the same in every version, so that any release
can read them. What the other tables hold is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from creator_assets.ledger.errors import LedgerError, LedgerGoneError, LedgerUnusableError
from creator_assets.ledger.storage.database import Database, Transaction, insert
from creator_assets.ledger.storage.migrations import SCHEMA_VERSION, migrate, require_version
from creator_assets.ledger.storage.opening import open_database
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.storage.schema import statements


class Realm(Row, frozen=True):
    """Whose answers and credits a ledger holds, and in which version of the tables."""

    name: str
    schema_version: int


def enter_realm(database: Database, name: str, *, now_us: Callable[[], int]) -> None:
    """Make sure that the database holds the ledger of this realm, with the tables of this release.

    Raises:
        LedgerUnusableError: The database holds another realm, a newer ledger or no ledger. Nothing was written.
    """
    realm = read_realm(database)
    if realm is None:
        with database.write() as tx:
            _create(database, tx, name, now_us())
        realm = _read(database)  # another process may have been faster, with another realm
    require_version(realm.schema_version, database.place)
    if realm.name != name:
        raise LedgerUnusableError(
            f"this ledger ({database.place}) belongs to realm {realm.name!r}, not {name!r}: answers and credits of two "
            "worlds must not mix; use another file or schema"
        )
    if realm.schema_version < SCHEMA_VERSION:
        migrate(database)


def read_realm(database: Database) -> Realm | None:
    """The realm of the ledger in this database, or None where the database is empty. Changes nothing.

    Raises:
        LedgerUnusableError: The database holds tables, but no ledger.
    """
    return _read(database) if database.has_tables() else None


def inspect_realm(target: str | Path) -> Realm | None:
    """The realm of the ledger at a path or ``postgresql://`` URL, or None where there is none yet.

    Opens the database read-only: it creates nothing and migrates nothing.

    Raises:
        LedgerUnusableError: The database holds tables, but no ledger.
        LedgerGoneError: The database cannot be reached.
    """
    database = open_database(target, read_only=True)
    try:
        return read_realm(database)
    finally:
        database.close()


def _read(database: Database) -> Realm:
    unusable = "this database holds tables, but no ledger: use one of its own"
    try:
        found = database.query(Realm, "SELECT name, schema_version FROM realm")
    except LedgerGoneError:
        raise
    except LedgerError as error:
        raise LedgerUnusableError(unusable) from error
    if not found:
        raise LedgerUnusableError(unusable)
    return found[0]


def _create(database: Database, tx: Transaction, name: str, now_us: int) -> None:
    if database.has_tables(tx):
        return  # another process was faster
    for statement in [*database.before_tables(), *statements(database.dialect)]:
        tx.execute(statement)
    values = {"only_row": 1, "name": name, "schema_version": SCHEMA_VERSION, "created_us": now_us}
    insert(tx, "realm", values)
