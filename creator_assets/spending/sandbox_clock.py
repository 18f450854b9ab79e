"""The sandbox's clock, for a ledger whose realm is a sandbox: all processes agree on what day it is.

A control request can move the sandbox's clock. It is read each time: a process that remembered it would date entries
before those of other processes. Real providers have no such clock, so ``settings`` refuses it in the live realm.
"""

from __future__ import annotations

from datetime import datetime

import httpx

from creator_assets.ledger.errors import LedgerUnusableError

TIMEOUT_SECONDS = 10.0


class SandboxTime:
    """The clock behind the control path ``/_sandbox/clock`` at a URL. Call it for the sandbox's present."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)

    def __call__(self) -> datetime:
        """The sandbox's present, an aware datetime.

        Raises:
            LedgerUnusableError: The sandbox does not answer with a time.
        """
        try:
            text = self._client.get(self._url).raise_for_status().json()["now"]
            return datetime.fromisoformat(text)
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            raise LedgerUnusableError(
                f"the sandbox's clock at {self._url} does not answer with a time ({type(error).__name__}). Start the "
                "sandbox again, or unset CREATOR_ASSETS_CLOCK to use this machine's clock."
            ) from error

    def close(self) -> None:
        """Close the connections. `sandbox_time` opens the clock of this URL anew, and keeps those of other URLs."""
        self._client.close()
        if _SHARED.get(self._url) is self:
            del _SHARED[self._url]


_SHARED: dict[str, SandboxTime] = {}


def sandbox_time(url: str) -> SandboxTime:
    """The one clock of this process for a URL: every entry reads it, and each new connection would cost time."""
    return _SHARED.get(url) or _SHARED.setdefault(url, SandboxTime(url))
