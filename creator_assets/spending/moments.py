"""Moments as the ledger stores them: whole microseconds since 1970, in UTC.

Conversions only. A float of seconds cannot hold microseconds exactly for long, so that none is used on the way.
"""

from __future__ import annotations

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
