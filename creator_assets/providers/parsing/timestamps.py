"""Timestamps as providers write them: ISO 8601 texts and HTTP dates, always returned in UTC.

Where a timestamp stands in an answer belongs to each provider's folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_CLOCKS_DIFFER = timedelta(days=1)


def parse_timestamp(value: object) -> datetime | None:
    """An ISO 8601 text as an aware UTC timestamp, None for anything else. A text without a time zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def parse_http_date(value: object) -> datetime | None:
    """The timestamp of an HTTP date header, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        parsed = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def newest_timestamp(observed_at: datetime, timestamps: Iterable[datetime]) -> datetime | None:
    """The newest of the timestamps of an answer, never later than `observed_at`; None where there is none.

    A provider's clock may be ahead of ours, or its dates may lack a time zone. Timestamps that are more than a day
    ahead are mistakes and are left out.
    """
    past = [at for at in timestamps if at <= observed_at + _CLOCKS_DIFFER]
    return min(max(past), observed_at) if past else None
