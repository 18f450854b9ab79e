"""Timestamps as the ledger stores them: whole microseconds since 1970, in UTC.

Only conversions, and ids that carry their timestamp. No float of seconds is used on the way: it cannot hold
microseconds exactly.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(timestamp: datetime) -> int:
    """Microseconds since 1970 of an aware datetime.

    Raises:
        ValueError: The datetime is naive, so it is unknown which time it means.
    """
    if timestamp.tzinfo is None:
        raise ValueError("a timestamp in the books needs a time zone")
    return (timestamp - _EPOCH) // _MICROSECOND


def from_us(timestamp_us: int) -> datetime:
    """The timestamp as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=timestamp_us)


def from_us_or_none(timestamp_us: int | None) -> datetime | None:
    """As `from_us`, passing None on."""
    return None if timestamp_us is None else from_us(timestamp_us)


def to_us_or_none(timestamp: datetime | None) -> int | None:
    """As `to_us`, passing None on."""
    return None if timestamp is None else to_us(timestamp)


def uuid7(timestamp: datetime) -> str:
    """A version 7 UUID (RFC 9562, 5.7) of that millisecond."""
    milliseconds = to_us(timestamp) // 1000
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
