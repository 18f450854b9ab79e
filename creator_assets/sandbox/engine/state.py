"""Where the sandbox's changing facts live: named shelves of JSON values, in memory and optionally in one SQLite file.

A handler changes shelves freely; `State.commit` writes every changed value in one transaction before the answer
leaves, so a sandbox that is killed comes back with exactly the charges that it had answered for. What the values mean
is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec


class Shelf:
    """A named map of JSON values that remembers which of them changed."""

    def __init__(self, name: str) -> None:
        """Create an empty shelf."""
        self.name = name
        self.changed: set[str] = set()
        self._values: dict[str, Any] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value at ``key`` or ``default``."""
        return self._values.get(key, default)

    def put(self, key: str, value: Any) -> None:
        """Set a value; call it again after changing a value in place."""
        self._values[key] = value
        self.changed.add(key)

    def remove(self, key: str) -> None:
        """Forget a value, if there is one."""
        if self._values.pop(key, None) is not None:
            self.changed.add(key)

    def restore(self, key: str, value: Any) -> None:
        """Set a value that is already on disk."""
        self._values[key] = value

    def items(self) -> list[tuple[str, Any]]:
        """Return all pairs as a list, so that the shelf may change while it is walked."""
        return list(self._values.items())

    def values(self) -> list[Any]:
        """Return all values, the oldest key first."""
        return list(self._values.values())

    def __contains__(self, key: str) -> bool:
        """Tell whether there is a value at ``key``."""
        return key in self._values

    def __len__(self) -> int:
        """Count the values."""
        return len(self._values)


class State:
    """All shelves of one sandbox."""

    def __init__(self, path: str | None = None) -> None:
        """Open the state, reading what an earlier process left at ``path``."""
        self._shelves: dict[str, Shelf] = {}
        self._connection: Any = None
        if path is not None:
            import apsw  # noqa: PLC0415 - only a persistent sandbox pays for the import

            self._connection = apsw.Connection(path)
            self._connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=2000")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS kept"
                "(shelf TEXT, key TEXT, value BLOB, PRIMARY KEY(shelf, key)) WITHOUT ROWID"
            )
            for name, key, value in self._connection.execute("SELECT shelf, key, value FROM kept"):
                self.shelf(name).restore(key, msgspec.json.decode(value))

    def shelf(self, name: str) -> Shelf:
        """Return the shelf of that name, empty at first."""
        if name not in self._shelves:
            self._shelves[name] = Shelf(name)
        return self._shelves[name]

    def commit(self) -> None:
        """Write every change since the last commit in one transaction."""
        changes = list(self._changes())
        if not changes or self._connection is None:
            return
        with self._connection:
            for name, key, value in changes:
                if value is None:
                    self._connection.execute("DELETE FROM kept WHERE shelf = ? AND key = ?", (name, key))
                else:
                    self._connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (name, key, value))

    def close(self) -> None:
        """Commit and release the file."""
        self.commit()
        if self._connection is not None:
            self._connection.close()

    def _changes(self) -> Iterator[tuple[str, str, bytes | None]]:
        for shelf in self._shelves.values():
            for key in sorted(shelf.changed):
                yield shelf.name, key, msgspec.json.encode(shelf.get(key)) if key in shelf else None
            shelf.changed.clear()
