"""A file that a request uploads."""

from __future__ import annotations

import msgspec


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a request uploads."""

    name: str
    content: bytes
    media_type: str

    def __repr__(self) -> str:
        """Name the file, never its content."""
        return f"File({self.name!r}, {len(self.content)} bytes)"
