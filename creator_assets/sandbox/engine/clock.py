"""The sandbox's clock: the real clock with a shift and a rate.

The sandbox reads this clock for every date, expiry and duration, so that thirty days pass in seconds of a test. The
state file keeps the shift over a restart. Real waiting (latency, slow bodies) does not use this clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from creator_assets.sandbox.engine.state import StateSection


class SandboxClock:
    """A settable UTC clock that also measures elapsed time for rate limits."""

    def __init__(
        self,
        section: StateSection,
        *,
        start_at: datetime | None = None,
        rate: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Start with the shift that ``section`` holds, else at ``start_at``, else at the current time."""
        self._section = section
        self._rate = rate
        self._monotonic = monotonic
        self._wall = wall
        self._origin = monotonic()
        kept = section.get("clock")
        self._start = wall() + timedelta(seconds=kept["shift_seconds"]) if kept else start_at or wall()
        self._advanced_seconds = 0.0
        self._forwards_seconds = 0.0

    def now(self) -> datetime:
        """Return the sandbox's current time as an aware UTC datetime."""
        return self._start + timedelta(seconds=self._elapsed() + self._advanced_seconds)

    def elapsed_seconds(self) -> float:
        """Return the seconds since start, including moves forwards. The number never decreases."""
        return self._elapsed() + self._forwards_seconds

    def advance(self, seconds: float) -> datetime:
        """Move the clock forwards (or back, with a negative number) and return the new time."""
        self._advanced_seconds += seconds
        self._forwards_seconds += max(0.0, seconds)
        self.keep()
        return self.now()

    def set(self, instant: datetime) -> datetime:
        """Move the clock to ``instant``."""
        return self.advance((instant - self.now()).total_seconds())

    def keep(self) -> None:
        """Store the shift against real time, so that a later process continues with it."""
        self._section.put("clock", {"shift_seconds": (self.now() - self._wall()).total_seconds()})

    def _elapsed(self) -> float:
        return (self._monotonic() - self._origin) * self._rate


def iso_z(instant: datetime, *, milliseconds: bool = False) -> str:
    """Write an instant as ISO 8601 with ``Z``, to the second or to the millisecond."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds" if milliseconds else "seconds")
    return text.replace("+00:00", "Z")
