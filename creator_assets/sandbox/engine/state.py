"""The sandbox's mutable state: named sections of JSON values, in memory and optionally in one SQLite file.

Handlers change sections. `State.commit` writes every changed value in one transaction before the response is sent. A
killed sandbox therefore restarts with exactly the charges of the responses that it sent. The meaning of the values
does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec


class StateSection:
    """A named map of JSON values that records which of them changed."""

    def __init__(self, name: str) -> None:
        """Create an empty section."""
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
        """Remove a value, if there is one."""
        if self._values.pop(key, None) is not None:
            self.changed.add(key)

    def restore(self, key: str, value: Any) -> None:
        """Set a value that is already on disk."""
        self._values[key] = value

    def items(self) -> list[tuple[str, Any]]:
        """Return all pairs as a list, so that the section may change during an iteration."""
        return list(self._values.items())

    def values(self) -> list[Any]:
        """Return all values, oldest key first."""
        return list(self._values.values())

    def __contains__(self, key: str) -> bool:
        """Return whether there is a value at ``key``."""
        return key in self._values

    def __len__(self) -> int:
        """Count the values."""
        return len(self._values)


class State:
    """All sections of one sandbox's state."""

    def __init__(self, path: str | None = None) -> None:
        """Open the state and read the values that an earlier process wrote to ``path``."""
        self._sections: dict[str, StateSection] = {}
        self._connection: Any = None
        if path is not None:
            import apsw  # noqa: PLC0415 - only a persistent sandbox needs the import

            self._connection = apsw.Connection(path)
            self._connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=2000")
            # The names of the table and its columns stay: state files of older sandboxes have them.
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS kept"
                "(shelf TEXT, key TEXT, value BLOB, PRIMARY KEY(shelf, key)) WITHOUT ROWID"
            )
            for name, key, value in self._connection.execute("SELECT shelf, key, value FROM kept"):
                self.section(name).restore(key, msgspec.json.decode(value))

    def section(self, name: str) -> StateSection:
        """Return the section of that name; a new one is empty."""
        if name not in self._sections:
            self._sections[name] = StateSection(name)
        return self._sections[name]

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
        for section in self._sections.values():
            for key in sorted(section.changed):
                yield section.name, key, msgspec.json.encode(section.get(key)) if key in section else None
            section.changed.clear()
