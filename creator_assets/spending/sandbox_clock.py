"""The sandbox's time, for a ledger whose realm is a sandbox: all processes agree with it on what day it is.

A day passes at the sandbox when somebody turns its clock; whoever asks this module lives by that clock. It is read
anew each time, for a process that remembered it would date entries before those of its neighbours. Real providers have
no such clock, so that ``environment`` refuses the setting in the live realm.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

import httpx

from creator_assets.ledger.errors import LedgerUnusableError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TIMEOUT_SECONDS = 10.0


def is_on_this_machine(url: str) -> bool:
    """Whether a URL leads to this machine, as a sandbox's does."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


class SandboxTime:
    """The clock behind the control path ``/_sandbox/clock`` at a URL; call it for the sandbox's present."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)

    def __call__(self) -> datetime:
        """The sandbox's present, an aware datetime.

        Raises:
            LedgerUnusableError: It does not tell the time; nothing is dated by guess.
        """
        try:
            told = self._client.get(self._url).raise_for_status().json()["now"]
            return datetime.fromisoformat(told)
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            raise LedgerUnusableError(
                f"the sandbox's clock at {self._url} does not tell the time ({type(error).__name__}). Start the "
                "sandbox again, or unset CREATOR_ASSETS_CLOCK to live by this machine's clock."
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


@cache
def sandbox_time(url: str) -> SandboxTime:
    """The one clock of this process for that URL: it is asked for every entry, and a connection for each costs more."""
    return SandboxTime(url)
