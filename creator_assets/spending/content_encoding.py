"""Compressed bodies, decoded in bounded memory: a few kilobytes on the wire can stand for gigabytes.

What does not belong here: the bytes' meaning, and how long a body may take to arrive.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip"
"""The one encoding that a request asks for."""
PIECE_BYTES = 64 * 1024
_GZIP_BITS = 16 + zlib.MAX_WBITS
_GZIP_START = b"\x1f\x8b"


_NO_ENCODING = frozenset({"", "identity", "none", "utf-8"})


class DamagedEncodingError(ValueError):
    """A compressed body is cut, or is no such body."""


def decoded(raw: Iterable[bytes], content_encoding: str) -> Iterator[bytes]:
    """The body; where it is compressed as was asked for, in pieces of at most 64 KiB.

    Bodies in other encodings stay as they arrive: they may be paid for, and the archive keeps them.

    Args:
        raw: The bytes as they arrive.
        content_encoding: The header; empty where there is none.

    Raises:
        DamagedEncodingError: The bytes are cut or damaged.
    """
    encodings = [one for one in content_encoding.lower().replace(" ", "").split(",") if one not in _NO_ENCODING]
    yield from _unzipped(raw) if encodings in (["gzip"], ["x-gzip"]) else raw


def _unzipped(raw: Iterable[bytes]) -> Iterator[bytes]:
    """The content of all parts of a gzip body. Bytes after it that are no further part are left out."""
    stream, rest, parts, has_begun = zlib.decompressobj(_GZIP_BITS), b"", 0, False
    for arrived in raw:
        data = rest + arrived
        rest = b""
        while data:
            if stream.eof:
                if data == _GZIP_START[:1]:  # whether another part begins is in the next byte
                    rest = data
                    break
                if not data.startswith(_GZIP_START):
                    return
                stream, parts = zlib.decompressobj(_GZIP_BITS), parts + 1
            has_begun = True
            try:
                piece = stream.decompress(data, PIECE_BYTES)
            except zlib.error:
                if parts:
                    return
                raise DamagedEncodingError("the body is not compressed as its header says") from None
            if piece:
                yield piece
            data = stream.unused_data if stream.eof else stream.unconsumed_tail
    if not stream.eof and has_begun and not parts:
        raise DamagedEncodingError("the compressed body is cut")
