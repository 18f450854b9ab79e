"""The parts of one running sandbox, in one value that every handler gets.

Belongs here: assembly of state, clock, meter, accounts, limits, faults, universe and arrival log. Each part has its own
module.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from creator_assets.sandbox.engine.accounts import SandboxAccount, SandboxAccounts
from creator_assets.sandbox.engine.clock import SandboxClock, iso_z
from creator_assets.sandbox.engine.faults import Faults
from creator_assets.sandbox.engine.limits import RateLimiter
from creator_assets.sandbox.engine.meter import Meter
from creator_assets.sandbox.engine.renamed_universe import RenamedUniverse
from creator_assets.sandbox.engine.state import State
from creator_assets.sandbox.hostile_voice.draws import HostileVoice
from creator_assets.sandbox.settings import SandboxSettings
from creator_assets.sandbox.universe import open_universe
from creator_assets.sandbox.universe.series import open_series

ARRIVALS_KEPT = 20_000  # per provider; enough to audit the request rate of a long test


class ServedProvider(Protocol):
    """What the shared parts know of a provider: its name, and the accounts of a new sandbox."""

    @property
    def name(self) -> str:
        """Name in the meter and first segment of every path."""
        ...

    @property
    def accounts(self) -> Sequence[Mapping[str, Any]]:
        """Accounts in the form of `SandboxAccounts.describe`, without the provider's name."""
        ...


class World:
    """The shared parts of a running sandbox."""

    def __init__(self, settings: SandboxSettings, providers: Sequence[ServedProvider]) -> None:
        """Open the state and the universe of ``settings``, with the meter and the accounts of ``providers``."""
        names = [provider.name for provider in providers]
        self.settings = settings
        self.state = State(settings.state_path)
        start_at = datetime.fromisoformat(settings.start_at) if settings.start_at else None
        if start_at is not None and start_at.tzinfo is None:
            start_at = start_at.replace(tzinfo=UTC)
        self.clock = SandboxClock(self.state.section("clock"), start_at=start_at, rate=settings.clock_rate)
        self.meter = Meter(self.state.section("meter"), names)
        self.default_accounts = [
            {"provider": provider.name, **account} for provider in providers for account in provider.accounts
        ]
        self.accounts = SandboxAccounts(self.state.section("accounts"), self.clock.now(), self.default_accounts)
        self.limiter = RateLimiter(settings.rate_limit_scale)
        self.faults = Faults()
        self.hostile = HostileVoice(settings.hostile_seed if settings.voice == "hostile" else None)
        self.universe = RenamedUniverse(open_universe(settings), self.state.section("handles"))
        self.video_series = open_series(settings.video_series_path)
        self.arrivals: dict[str, deque[dict[str, Any]]] = {name: deque(maxlen=ARRIVALS_KEPT) for name in names}
        self.mail: deque[dict[str, str]] = deque(maxlen=1_000)  # what the providers would have sent by e-mail
        self.arrived: dict[str, int] = dict.fromkeys(names, 0)

    def note_arrival(self, provider: str, operation: str | None, method: str, path: str) -> dict[str, Any]:
        """Log the arrival of a request. The pipeline sets the status when it sends the response."""
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

    def charge(
        self,
        provider: str,
        operation: str,
        account: SandboxAccount | None,
        amount_microcredits: int,
        status: int,
        *,
        discovery: bool = False,
        background: bool = False,
    ) -> None:
        """Deduct a charge from the balance and add it to the meter."""
        if amount_microcredits:
            if account is None:
                raise ValueError(f"{operation} charged a caller without an account")
            self.accounts.charge(account, amount_microcredits, discovery=discovery)
        self.meter.record(provider, operation, amount_microcredits, status, self.clock.now(), background=background)
