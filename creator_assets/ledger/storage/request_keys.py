"""Request keys under the installation's secret: what a ledger of plain digests becomes, and which secret it belongs to.

A plain digest of a request can be guessed: a list of handles names the profiles that were bought. So the key in the
ledger is a keyed hash of that digest. A ledger keeps the fingerprint of its secret; with another one it would find no
answer and buy everything again, so it refuses.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; every value is a parameter

from __future__ import annotations

from collections.abc import Callable

from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.errors import LedgerUnusableError
from creator_assets.ledger.storage.database import Database, Query, Transaction
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.storage.schema import append_only, split

PURPOSE = "request key"
_KEY_COLUMNS = (
    ("attempt", "request_key"),
    ("response", "request_key"),
    ("request_part", "part_key"),
    ("job", "request_key"),
)
_MOST_IN_MEMORY = 10_000


class _Fingerprint(Row, frozen=True):
    key_fingerprint: str


class _Key(Row, frozen=True):
    key: str


def use_secret(database: Database, secret: InstallationSecret) -> Callable[[str], str]:
    """Make sure that the keys of this ledger are under `secret`; returns what makes a key of a digest.

    The first secret that opens a ledger is its own: in one transaction, every plain digest becomes a key.

    Raises:
        LedgerUnusableError: The ledger belongs to another secret. Nothing was changed.
    """
    if fingerprint_of(database.query) != secret.fingerprint:
        with database.write() as tx:
            found = fingerprint_of(tx.query)  # another process may have been faster
            if found not in {"", secret.fingerprint}:
                raise LedgerUnusableError(
                    f"this ledger belongs to the installation secret {found}, and this installation has "
                    f"{secret.fingerprint}. With it no paid answer would be found, and all would be bought again. "
                    "Nothing was sent. Restore the file of the secret from a backup, or set CREATOR_ASSETS_LEDGER to "
                    "another ledger"
                )
            if not found:
                _replace_keys(database, tx, secret)
                tx.execute("UPDATE realm SET key_fingerprint = ?", (secret.fingerprint,))
    return lambda digest: secret.keyed_hash(PURPOSE, digest)


def fingerprint_of(query: Query) -> str:
    """The fingerprint of the secret that a ledger belongs to; empty before the first."""
    (realm,) = query(_Fingerprint, "SELECT key_fingerprint FROM realm", [])
    return realm.key_fingerprint


def _replace_keys(database: Database, tx: Transaction, secret: InstallationSecret) -> None:
    drop, make = append_only(database.dialect, "response")
    for statement in drop:
        tx.execute(statement)
    for statement in split("CREATE TEMPORARY TABLE keyed (old {key} PRIMARY KEY, new TEXT NOT NULL)", database.dialect):
        tx.execute(statement)
    last = ""
    every = " UNION ".join(f"SELECT {column} AS key FROM {table}" for table, column in _KEY_COLUMNS)
    page = f"SELECT key FROM ({every}) k WHERE key > ? ORDER BY key LIMIT {_MOST_IN_MEMORY}"
    while keys := tx.query(_Key, page, [last]):
        for one in keys:
            tx.execute("INSERT INTO keyed (old, new) VALUES (?, ?)", (one.key, secret.keyed_hash(PURPOSE, one.key)))
        last = keys[-1].key
    for table, column in _KEY_COLUMNS:
        tx.execute(f"UPDATE {table} SET {column} = (SELECT new FROM keyed WHERE old = {table}.{column})")
    tx.execute("DROP TABLE keyed")
    for statement in make:
        tx.execute(statement)
