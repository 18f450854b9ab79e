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


class UnknownEncodingError(ValueError):
    """A body has an encoding that nobody asked for, several at once, or is not what its header says."""


def decoded(raw: Iterable[bytes], content_encoding: str) -> Iterator[bytes]:
    """The body as it arrives; where it is compressed, in pieces of at most 64 KiB.

    Args:
        raw: The bytes as they arrive.
        content_encoding: The header; empty where there is none.

    Raises:
        UnknownEncodingError: The encoding is not `ACCEPTED`, or the bytes are cut or damaged.
    """
    match content_encoding.strip().lower():
        case "" | "identity":
            yield from raw
        case "gzip" | "x-gzip":
            yield from _unzipped(raw)
        case _:
            raise UnknownEncodingError("the body has a content encoding that was not asked for")


def _unzipped(raw: Iterable[bytes]) -> Iterator[bytes]:
    """The content of all parts of a gzip body. Bytes after it that begin no further part are left out."""
    stream = zlib.decompressobj(_GZIP_BITS)
    is_begun, rest = False, b""
    for arrived in raw:
        data, rest = rest + arrived, b""
        while data:
            if stream.eof and data == _GZIP_START[:1]:  # whether another part begins is in the next byte
                rest = data
                break
            if stream.eof and not data.startswith(_GZIP_START):
                break
            if stream.eof:
                stream = zlib.decompressobj(_GZIP_BITS)
            is_begun = True
            try:
                piece = stream.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise UnknownEncodingError("the body is not compressed as its header says") from None
            if piece:
                yield piece
            data = stream.unused_data if stream.eof else stream.unconsumed_tail
    if is_begun and not stream.eof:
        raise UnknownEncodingError("the compressed body is cut")
