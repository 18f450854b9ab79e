"""Strict sliding-window rate limits, as a provider enforces them.

A window of W seconds never contains more than N admitted requests. A refused request does not count. Each provider's
package decides its limits and the form of a refusal.
"""

from __future__ import annotations

from collections import deque

import msgspec


class RateWindow(msgspec.Struct, frozen=True):
    """At most ``limit`` units in any ``seconds`` seconds."""

    limit: int
    seconds: float


class RateLimiter:
    """Admits or refuses units of work per key and window."""

    def __init__(self, scale: float = 1.0) -> None:
        """Multiply every limit by ``scale`` (at least one unit always fits)."""
        self._scale = scale
        self._admitted: dict[tuple[str, RateWindow], deque[tuple[float, int]]] = {}

    def admit(self, key: str, windows: tuple[RateWindow, ...], now_seconds: float, units: int = 1) -> float:
        """Admit ``units`` at ``now_seconds`` and return 0, or return the seconds until they would fit."""
        wait_seconds = max((self._wait(key, window, now_seconds, units) for window in windows), default=0.0)
        if wait_seconds <= 0:
            for window in windows:
                self._admitted[key, window].append((now_seconds, units))
        return wait_seconds

    def _wait(self, key: str, window: RateWindow, now_seconds: float, units: int) -> float:
        admitted = self._admitted.setdefault((key, window), deque())
        while admitted and admitted[0][0] <= now_seconds - window.seconds:
            admitted.popleft()
        excess = sum(count for _, count in admitted) + units - max(1, int(window.limit * self._scale))
        if excess <= 0 or not admitted:
            return 0.0
        freed_at = now_seconds
        for admitted_at, count in admitted:
            freed_at = admitted_at + window.seconds
            excess -= count
            if excess <= 0:
                break
        return max(freed_at - now_seconds, 0.001)
