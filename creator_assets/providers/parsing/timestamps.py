"""Timestamps as providers write them: ISO 8601 texts, Unix times and HTTP dates, always returned in UTC.

Where a timestamp stands in an answer belongs to each provider's folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_MOMENT = datetime(2005, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)
_LEAST_SECONDS, _MOST_SECONDS = 1e8, 1e11
_UNIX = re.compile(r"[+-]?\d{1,18}(\.\d{1,9})?([eE]\+?\d{1,2})?")
_SHORTEST_DATE = len("2026-11-18")


def parse_timestamp(value: object) -> datetime | None:
    """A moment as providers write it, as an aware UTC timestamp; None for anything else.

    Read are ISO 8601 texts, HTTP dates, the dates of X ("Wed Oct 10 20:19:24 +0000 2018") and Unix times in seconds,
    milliseconds or microseconds, as numbers or texts. A text without a time zone is UTC.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    if _UNIX.fullmatch(text):
        return _of_unix(float(text))
    if len(text) < _SHORTEST_DATE:  # Python reads "2026-W1" and "20261"
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime, _of_x):
        try:
            parsed = read(text)
            return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        except (TypeError, ValueError, IndexError, OverflowError):
            continue
    return None


def plausible_timestamp(value: object, observed_at: datetime) -> datetime | None:
    """The same, where it lies between 2005, before which no platform was, and a day after the answer."""
    found = parse_timestamp(value)
    return found if found is not None and FIRST_MOMENT <= found <= observed_at + _CLOCKS_DIFFER else None


def _of_unix(number: float) -> datetime | None:
    """Seconds until the year 5138 are seconds; larger numbers are milliseconds, and larger ones microseconds."""
    if number < _LEAST_SECONDS:
        return None  # a sentinel, or a date without separators
    for divisor in (1, 1_000, 1_000_000):
        if number / divisor < _MOST_SECONDS:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number / divisor)
    return None


def _of_x(text: str) -> datetime:
    return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")


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
