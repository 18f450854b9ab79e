"""The meter: the charges of each provider.

Tests compare the ledger with the meter to the millionth of a credit. The meter records every charge, whether or not
its response arrived. It knows neither prices nor balances.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any

from creator_assets.microcredits import format_credits
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.state import StateSection

RECENT_CHARGES = 1_000  # enough to audit a test by hand; totals never expire


class Meter:
    """Totals per provider and operation, and the latest charges one by one."""

    def __init__(self, section: StateSection, providers: list[str]) -> None:
        """Continue from the totals in ``section``."""
        self._section = section
        self._recent: dict[str, deque[dict[str, Any]]] = {name: deque(maxlen=RECENT_CHARGES) for name in providers}

    def record(
        self,
        provider: str,
        operation: str,
        charge_microcredits: int,
        status: int,
        at: datetime,
        *,
        background: bool = False,
    ) -> None:
        """Count one request and its charge. A ``background`` charge counts no request."""
        key = f"{provider}/{operation}"
        line = self._section.get(key) or {"requests": 0, "charges": 0, "charged_microcredits": 0}
        line["requests"] += 0 if background else 1
        if charge_microcredits:
            line["charges"] += 1
            line["charged_microcredits"] += charge_microcredits
            self._recent[provider].append(
                {
                    "at": iso_z(at, milliseconds=True),
                    "operation": operation,
                    "status": status,
                    "charged": format_credits(charge_microcredits),
                    "charged_microcredits": charge_microcredits,
                }
            )
        self._section.put(key, line)

    def total_microcredits(self, provider: str) -> int:
        """Return the sum of all charges of ``provider``."""
        return sum(
            line["charged_microcredits"] for key, line in self._section.items() if key.startswith(f"{provider}/")
        )

    def read(self) -> dict[str, Any]:
        """Return the meter for the control path, one entry per provider."""
        report: dict[str, Any] = {}
        for provider, recent in self._recent.items():
            operations = {
                key.partition("/")[2]: {**line, "charged": format_credits(line["charged_microcredits"])}
                for key, line in sorted(self._section.items())
                if key.startswith(f"{provider}/")
            }
            total = self.total_microcredits(provider)
            report[provider] = {
                "charged": format_credits(total),
                "charged_microcredits": total,
                "operations": operations,
                "recent": list(recent),
            }
        return report
