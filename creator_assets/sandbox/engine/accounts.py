"""API keys with their plans and balances.

One key is one account, as the providers' documents describe their keys. A debit above the balance is refused. A monthly
volume starts again on the first of the month of the sandbox clock. This module knows no prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from creator_assets.microcredits import format_credits, to_microcredits
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.state import StateSection


class SandboxAccount(msgspec.Struct, kw_only=True):
    """One API key with its plan.

    Attributes:
        key: The bearer token.
        provider: Name of the provider, e.g. ``infludata``.
        plan: Name of the plan as error messages show it.
        limit_microcredits: Credits (influData: requests) that the plan includes, per month where ``monthly`` is set.
        used_microcredits: Part of the limit that is used in the current period.
        monthly: Whether the volume starts again each month.
        trial: Whether it is one of influData's trial keys, which have their own rate limits and total.
        client_id: influData's client id.
        expires_at: ISO 8601 end of the key's life, None for never.
        audience_reports: Whether influData enabled audience reports for the key.
        discovery_limit_microcredits: influencers.club's separate limit for discovery, 10 % of the plan.
        discovery_used_microcredits: Part of that limit that is used in the current month.
        period: Month of the two counters, ``YYYY-MM``.
        video_limit: Influtics' cap on tracked videos.
        created_at: ISO 8601 instant.
    """

    key: str
    provider: str
    plan: str
    limit_microcredits: int
    used_microcredits: int = 0
    monthly: bool = False
    trial: bool = False
    client_id: str = ""
    expires_at: str | None = None
    audience_reports: bool = True
    discovery_limit_microcredits: int | None = None
    discovery_used_microcredits: int = 0
    period: str = ""
    video_limit: int = 0
    created_at: str = ""

    @property
    def left_microcredits(self) -> int:
        """Credits that the plan still covers, never below zero."""
        return max(0, self.limit_microcredits - self.used_microcredits)

    @property
    def discovery_left_microcredits(self) -> int:
        """Credits that the discovery limit still covers; unlimited plans return a number that no charge reaches."""
        if self.discovery_limit_microcredits is None:
            return 1 << 62
        return max(0, self.discovery_limit_microcredits - self.discovery_used_microcredits)


_AMOUNTS = ("limit", "used", "discovery_limit", "discovery_used")


class SandboxAccounts:
    """All keys of all providers."""

    def __init__(self, section: StateSection, now: datetime, default_accounts: Sequence[dict[str, Any]]) -> None:
        """Continue from the accounts in ``section``; a new sandbox starts with the default accounts.

        Args:
            section: The stored accounts.
            now: The sandbox's current time.
            default_accounts: Accounts in the form of `describe`.
        """
        self._section = section
        self._accounts = {key: msgspec.convert(kept, SandboxAccount) for key, kept in section.items()}
        if not self._accounts:
            for described in default_accounts:
                self.describe(described, now)

    def find(self, provider: str, key: str, now: datetime) -> SandboxAccount | None:
        """Return the account of a key in the current period, or None where the key is unknown or expired."""
        account = self._accounts.get(key)
        if account is None or account.provider != provider:
            return None
        if account.expires_at and datetime.fromisoformat(account.expires_at) <= now:
            return None
        self._turn_period(account, now)
        return account

    def of_provider(self, provider: str, now: datetime) -> list[SandboxAccount]:
        """Return every account of one provider in the current period."""
        found = [account for account in self._accounts.values() if account.provider == provider]
        for account in found:
            self._turn_period(account, now)
        return found

    def charge(self, account: SandboxAccount, amount_microcredits: int, *, discovery: bool = False) -> None:
        """Deduct an amount from the balance.

        Raises:
            ValueError: The balance does not cover the amount. Handlers check the balance before they charge.
        """
        if amount_microcredits > account.left_microcredits:
            raise ValueError(f"a charge of {format_credits(amount_microcredits)} exceeds the balance")
        account.used_microcredits += amount_microcredits
        if discovery:
            account.discovery_used_microcredits += amount_microcredits
        self._keep(account)

    def describe(self, described: dict[str, Any], now: datetime) -> SandboxAccount:
        """Create or change an account from plain data, amounts as decimal text in credits.

        Keys are those of `SandboxAccount`, with ``limit``, ``used``, ``discovery_limit`` and ``discovery_used`` in
        credits. Two more keys: ``top_up`` adds to the limit, ``set_balance`` leaves exactly this amount.

        Raises:
            ValueError: A field is unknown, a new key names no provider, or an amount is no number.
        """
        fields = dict(described)
        top_up, balance = fields.pop("top_up", None), fields.pop("set_balance", None)
        for name in _AMOUNTS:
            if name in fields and fields[name] is not None:
                fields[f"{name}_microcredits"] = to_microcredits(str(fields.pop(name)))
        current = self._accounts.get(fields.get("key", ""))
        data = msgspec.to_builtins(current) if current else {"plan": "standard", "limit_microcredits": 0}
        data |= {"created_at": data.get("created_at") or iso_z(now, milliseconds=True)}
        unknown = set(fields) - set(SandboxAccount.__struct_fields__)
        if unknown:
            raise ValueError(f"unknown account field: {', '.join(sorted(unknown))}")
        try:
            account = msgspec.convert(data | fields, SandboxAccount)
        except msgspec.ValidationError as error:
            raise ValueError(f"this does not describe an account: {error}") from error
        self._turn_period(account, now)
        if top_up is not None:
            account.limit_microcredits += to_microcredits(str(top_up))
        if balance is not None:
            account.limit_microcredits = account.used_microcredits + to_microcredits(str(balance))
        self._accounts[account.key] = account
        self._keep(account)
        return account

    def _turn_period(self, account: SandboxAccount, now: datetime) -> None:
        period = now.strftime("%Y-%m")
        if account.period == period:
            return
        if account.period:
            account.discovery_used_microcredits = 0
            if account.monthly:
                account.used_microcredits = 0
        account.period = period
        self._keep(account)

    def _keep(self, account: SandboxAccount) -> None:
        self._section.put(account.key, msgspec.to_builtins(account))


def next_month(now: datetime) -> datetime:
    """Return the first instant of the month after ``now``, in UTC. A monthly volume starts again then."""
    year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)
