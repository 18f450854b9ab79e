"""Everything that one sandbox consists of, put together once and handed to every handler.

Wiring only: state, clock, meter, accounts, limits, faults, the universe and the arrival log. What any of them does is
written in its own module.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from creator_assets.sandbox.engine.accounts import Account, Accounts
from creator_assets.sandbox.engine.clock import SandboxClock, iso_z
from creator_assets.sandbox.engine.faults import Faults
from creator_assets.sandbox.engine.limits import RateLimiter
from creator_assets.sandbox.engine.meter import Meter
from creator_assets.sandbox.engine.operation import Provider
from creator_assets.sandbox.engine.state import State
from creator_assets.sandbox.settings import SandboxSettings
from creator_assets.sandbox.universe import open_universe
from creator_assets.sandbox.universe.renamed import RenamedUniverse
from creator_assets.sandbox.universe.series import open_series

ARRIVALS_KEPT = 20_000  # per provider; enough to audit the pace of a long test, bounded for a long-lived sandbox


class World:
    """The shared parts of a running sandbox."""

    def __init__(self, settings: SandboxSettings, providers: Sequence[Provider]) -> None:
        """Open the state and the universe that ``settings`` name, with the default account of each provider."""
        self.settings = settings
        names = [provider.name for provider in providers]
        self.default_accounts = [{"provider": one.name, **one.default_account} for one in providers]
        self.state = State(settings.state_path)
        start_at = datetime.fromisoformat(settings.start_at) if settings.start_at else None
        if start_at is not None and start_at.tzinfo is None:
            start_at = start_at.replace(tzinfo=UTC)
        self.clock = SandboxClock(self.state.shelf("clock"), start_at=start_at, rate=settings.clock_rate)
        self.meter = Meter(self.state.shelf("meter"), names)
        self.accounts = Accounts(self.state.shelf("accounts"), self.clock.now(), self.default_accounts)
        self.limiter = RateLimiter(settings.rate_limit_scale)
        self.faults = Faults()
        self.universe = RenamedUniverse(open_universe(settings), self.state.shelf("handles"))
        self.video_series = open_series(settings.video_series_path)
        self.arrivals: dict[str, deque[dict[str, Any]]] = {name: deque(maxlen=ARRIVALS_KEPT) for name in names}
        self.mail: deque[dict[str, str]] = deque(maxlen=1_000)  # what the providers would have sent by e-mail
        self.arrived: dict[str, int] = dict.fromkeys(names, 0)

    def note_arrival(self, provider: str, operation: str | None, method: str, path: str) -> dict[str, Any]:
        """Log that a request arrived, before anything is decided about it; the status is filled in when it leaves."""
        self.arrived[provider] += 1
        arrival = {
            "number": self.arrived[provider],
            "at": iso_z(self.clock.now(), milliseconds=True),
            "elapsed_seconds": round(self.clock.elapsed_seconds(), 6),
            "operation": operation,
            "method": method,
            "path": path,
            "status": None,
        }
        self.arrivals[provider].append(arrival)
        return arrival

    def settle_charge(
        self,
        provider: str,
        operation: str,
        account: Account | None,
        amount_microcredits: int,
        status: int,
        *,
        discovery: bool = False,
        background: bool = False,
    ) -> None:
        """Take a charge off the balance and put it on the meter, in one step."""
        if amount_microcredits:
            if account is None:
                raise ValueError(f"{operation} charged a caller without an account")
            self.accounts.charge(account, amount_microcredits, discovery=discovery)
        self.meter.record(provider, operation, amount_microcredits, status, self.clock.now(), background=background)
