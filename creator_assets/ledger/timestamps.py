"""Moments as the ledger stores them: whole microseconds since 1970, in UTC.

Conversions, and ids that carry their moment. A float of seconds cannot hold microseconds exactly for long, so that
none is used on the way.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime.

    Raises:
        ValueError: The datetime is naive, so that nobody knows which moment it means.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment in the books needs a time zone")
    return (moment - _EPOCH) // _MICROSECOND


def from_us(moment_us: int) -> datetime:
    """The moment as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=moment_us)


def from_us_or_none(moment_us: int | None) -> datetime | None:
    """As `from_us`, passing None on."""
    return None if moment_us is None else from_us(moment_us)


def to_us_or_none(moment: datetime | None) -> int | None:
    """As `to_us`, passing None on."""
    return None if moment is None else to_us(moment)


def uuid7(moment: datetime) -> str:
    """A version 7 UUID (RFC 9562, 5.7) of that millisecond."""
    milliseconds = to_us(moment) // 1000
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
