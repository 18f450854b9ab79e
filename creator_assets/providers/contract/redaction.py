"""Personal values out of bodies, however JSON and URLs spell them."""

from __future__ import annotations

import re


def without(body: bytes, value: str, replacement: str) -> bytes:
    """The body with every spelling of `value`, in upper and lower case, replaced."""
    spelled = b"".join(_spellings(letter) for letter in value)
    return re.sub(spelled, replacement.encode().replace(b"\\", rb"\\"), body, flags=re.IGNORECASE)


def _spellings(letter: str) -> bytes:
    """A pattern for a letter as JSON and URLs may write it."""
    if letter.isascii() and letter.isalnum():
        return letter.encode()
    encoded = letter.encode()
    escaped = "".join(f"%{byte:02x}" for byte in encoded)
    return b"(?:%b|%b|%b)" % (re.escape(encoded), escaped.encode(), rb"\\u%04x" % ord(letter))
