"""The sandbox's own time: the real clock, shifted and perhaps sped up.

Everything that the sandbox dates, expires or lets finish reads this clock, so that a test lives through thirty days
in seconds. The shift survives a restart through the state file. Sleeping for real (latency, slow bodies) does not
belong here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from creator_assets.sandbox.engine.state import Shelf


class SandboxClock:
    """A settable UTC clock that also measures elapsed time for rate limits."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        start_at: datetime | None = None,
        rate: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Start at ``start_at`` or the present; a shift that an earlier process left in ``shelf`` comes before both."""
        self._shelf = shelf
        self._rate = rate
        self._monotonic = monotonic
        self._wall = wall
        self._origin = monotonic()
        kept = shelf.get("clock")
        self._start = wall() + timedelta(seconds=kept["shift_seconds"]) if kept else start_at or wall()
        self._advanced_seconds = 0.0
        self._forwards_seconds = 0.0

    def now(self) -> datetime:
        """Return the sandbox's present as an aware UTC datetime."""
        return self._start + timedelta(seconds=self._elapsed() + self._advanced_seconds)

    def elapsed_seconds(self) -> float:
        """Return seconds since start that never decrease, counting what the clock was moved forwards."""
        return self._elapsed() + self._forwards_seconds

    def advance(self, seconds: float) -> datetime:
        """Move the clock forwards (or, with a negative number, back) and return the new present."""
        self._advanced_seconds += seconds
        self._forwards_seconds += max(0.0, seconds)
        self.keep()
        return self.now()

    def set(self, instant: datetime) -> datetime:
        """Move the clock to ``instant``."""
        return self.advance((instant - self.now()).total_seconds())

    def keep(self) -> None:
        """Note the shift against real time on the shelf, for a later process to continue with."""
        self._shelf.put("clock", {"shift_seconds": (self.now() - self._wall()).total_seconds()})

    def _elapsed(self) -> float:
        return (self._monotonic() - self._origin) * self._rate


def iso_z(instant: datetime, *, milliseconds: bool = False) -> str:
    """Write an instant as ISO 8601 with ``Z``, to the second or to the millisecond."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds" if milliseconds else "seconds")
    return text.replace("+00:00", "Z")
