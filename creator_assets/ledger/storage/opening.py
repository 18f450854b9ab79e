"""Chooses the database that a target names: SQLite for a path, PostgreSQL for a URL.

Whether it holds a ledger, and of which version, belongs to ``realm.py``.
"""

from __future__ import annotations

from pathlib import Path

from creator_assets.ledger.errors import LedgerUnusableError
from creator_assets.ledger.storage.database import Database
from creator_assets.ledger.storage.sqlite import SqliteDatabase


def open_database(target: str | Path, *, wait_seconds: float = 30.0, read_only: bool = False) -> Database:
    """Open the database that `target` names: a path, or a ``postgresql://`` URL (which needs the extra ``postgres``).

    With `read_only` nothing can be written, and a file that is not there is not created.

    Raises:
        LedgerUnusableError: `target` is another kind of URL.
    """
    if isinstance(target, str) and target.startswith(("postgresql://", "postgres://")):
        from creator_assets.ledger.storage.postgres import PostgresDatabase  # noqa: PLC0415 - an optional extra

        return PostgresDatabase(target, wait_seconds=wait_seconds, read_only=read_only)
    if isinstance(target, str) and "://" in target:
        # Not the address itself: it may hold a password.
        raise LedgerUnusableError(
            f"no ledger can be kept at a {target.partition('://')[0]}:// address: set CREATOR_ASSETS_LEDGER to the "
            "path of a file on a local disk, or to a postgresql:// URL"
        )
    return SqliteDatabase(Path(target), wait_seconds=wait_seconds, read_only=read_only)
