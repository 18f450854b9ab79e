"""The bodies of answers: stored once by content, compressed, and checked by hash on every read.

A body is in the ledger's own database, since only one transaction can make its charge and its bytes one fact. Old
bodies move to Parquet segments (``segments.py``). Which answer serves a request belongs to ``answers.py``. Nothing here
knows budgets.
"""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa

from creator_assets.ledger.archive.segments import SegmentReader
from creator_assets.ledger.notices import notify
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.rows import Row
from creator_assets.providers.contract.operations import Response

_CODEC = pa.Codec("zstd", compression_level=3)
# Cookies and credentials are not archived.
_HEADERS_LEFT_OUT = frozenset(
    {"set-cookie", "set-cookie2", "authorization", "proxy-authorization", "proxy-authenticate"}
)


class _Sha256(Row, frozen=True):
    sha256: str


def open_body(
    sha256: str, raw_bytes: int, data: bytes | None, segment: str | None, read_segment: SegmentReader | None
) -> bytes | None:
    """The body as it arrived, or None where it is missing or its hash does not match."""
    body: bytes | None = None
    if data is not None:
        body = _decompressed(data, raw_bytes)
    elif segment is not None and read_segment is not None:
        body = read_segment(segment, sha256)
    if body is None or digest(body) != sha256:
        return None
    return body


def _decompressed(data: bytes, raw_bytes: int) -> bytes | None:
    try:
        return bytes(_CODEC.decompress(data, decompressed_size=raw_bytes, asbytes=True))
    except (OSError, pa.ArrowException):  # damaged on disk: the caller counts it as missing
        return None


def digest(body: bytes) -> str:
    """The name of a body: SHA-256 of its bytes as they arrived."""
    return hashlib.sha256(body).hexdigest()


def store_body(tx: Transaction, body: bytes, now_us: int) -> str:
    """Store a body under its hash unless it is there already, and return the hash.

    A damaged or erased copy is replaced.
    """
    sha256 = digest(body)
    data = _CODEC.compress(body, asbytes=True)
    tx.execute(
        """
        INSERT INTO body (sha256, raw_bytes, data, stored_us) VALUES (?, ?, ?, ?)
        ON CONFLICT (sha256) DO UPDATE
        SET data = excluded.data, raw_bytes = excluded.raw_bytes, segment = NULL, damaged_us = NULL, erased_us = NULL
        WHERE body.damaged_us IS NOT NULL OR body.erased_us IS NOT NULL
        """,
        (sha256, len(body), data, now_us),
    )
    return sha256


def mark_damaged(tx: Transaction, sha256: str, now_us: int) -> None:
    """Mark a body whose bytes do not match its hash, with one notice.

    It counts as missing until the same bytes are bought again.
    """
    marked = tx.query(
        _Sha256,
        "UPDATE body SET damaged_us = ? WHERE sha256 = ? AND damaged_us IS NULL RETURNING sha256",
        (now_us, sha256),
    )
    if marked:
        notify(tx, "-", "damaged_body", f"archived body {sha256} does not match its hash and counts as missing", now_us)


def headers_to_keep(response: Response) -> str:
    """The headers worth archiving, as JSON."""
    kept = {name.lower(): value for name, value in response.headers.items() if name.lower() not in _HEADERS_LEFT_OUT}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)
