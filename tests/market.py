"""What tests that pay share: a market (a running sandbox and its meter) and a till (a ledger and a paid client on it).

No test lives here. When a test with a till ends, the books of the till are compared with the market's meter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec

from creator_assets.campaigns import Campaign
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution, Budget, Window
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Operation, PagedRequest, Request
from creator_assets.providers.infludata import requests as infludata_requests
from creator_assets.providers.influencers_club import requests as influencers_club_requests
from creator_assets.providers.keyapi import requests as keyapi_requests
from creator_assets.sandbox import RunningSandbox, SandboxSettings, start_in_background
from creator_assets.sandbox import keyapi as sandbox_keyapi
from creator_assets.sandbox.infludata import gaps as infludata_gaps
from creator_assets.sandbox.influencers_club import gaps as club_gaps
from creator_assets.sandbox.influtics import gaps as influtics_gaps
from creator_assets.sandbox.universe import open_universe
from creator_assets.spending.accounts import Account
from creator_assets.spending.fetch import FetchContext, FetchResult
from creator_assets.spending.paid_client import PaidClient
from creator_assets.spending.sandbox_clock import sandbox_time

CREDIT = 1_000_000
SIZE = 2_000
"""How many creators the sandbox invents."""
CLUB, DATA, KEYAPI = "influencers_club", "infludata", "keyapi"
KEYS = {CLUB: "sandbox-influencers-club", DATA: "sandbox-infludata", KEYAPI: "sandbox-keyapi"}
LIMITS = {
    CLUB: {"limit": "1000", "used": "0", "discovery_limit": "100", "discovery_used": "0"},
    DATA: {"used": "0"},
    KEYAPI: {"used": "0"},
}
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NOON = MONDAY + timedelta(days=1, hours=12)
CAMPAIGN = "berlin-fitness"
SETTINGS = ProviderSettings(client_id="sandbox-client")
ALL_SETTINGS = dict.fromkeys(KEYS, SETTINGS)
ENOUGH = dict.fromkeys(KEYS, 500 * CREDIT)
# Two creators that both providers have, and a handle that nobody has.
KNOWN = ("cristiano", "leomessi")
NOBODY = "nobody.has.this.handle"
GAPS = {
    "influencers_club": club_gaps.GAPS,
    "infludata": infludata_gaps.GAPS,
    "influtics": influtics_gaps.GAPS,
    "keyapi": sandbox_keyapi.GAPS,
}


def lacked_by(*providers: str) -> list[str]:
    """Handles of TikTok accounts of a market that none of these has in its database: influData queues such a one."""
    universe = open_universe(SandboxSettings(size=SIZE))
    accounts = (universe.by_index("tiktok", index, MONDAY) for index in range(SIZE))
    return [
        one.handle
        for one in accounts
        if one is not None and not any(GAPS[name].has_data("tiktok", one.index) for name in providers)
    ]


class Market:
    """A running sandbox. Meter and arrivals are counted from `open` on, so that tests can share the process."""

    def __init__(self, running: RunningSandbox) -> None:
        self.running = running
        self.control = httpx.Client(base_url=running.url("_sandbox"), timeout=30, trust_env=False)
        self.clock_url = running.url("_sandbox/clock")
        self._charged: dict[str, int] = {}
        self._heard: dict[str, int] = {}

    @classmethod
    def start(cls, **settings: Any) -> Market:
        chosen: dict[str, Any] = {"size": SIZE, "rate_limit_scale": 1_000.0, "start_at": NOON.isoformat()} | settings
        return cls(start_in_background(SandboxSettings(**chosen)))

    def open(self) -> Market:
        """As on the first day: Tuesday noon, no faults, full balances, nothing charged, nobody heard."""
        self.control.post("/clock", json={"set": NOON.isoformat()}).raise_for_status()
        self.control.delete("/faults").raise_for_status()
        for provider, limits in LIMITS.items():
            self.set_account(provider, **limits)
        self._charged = {provider: self._meter(provider) for provider in KEYS}
        self._heard = {provider: len(self._arrivals(provider)) for provider in KEYS}
        return self

    def close(self) -> None:
        self.control.close()
        sandbox_time(self.clock_url).close()  # a test that set CREATOR_ASSETS_CLOCK left its connection open
        self.running.stop()

    def fault(self, kind: str, operation: str | None = None, **rule: Any) -> None:
        self.control.post("/faults", json={"kind": kind, "operation": operation, **rule}).raise_for_status()

    def set_account(self, provider: str, **changes: Any) -> None:
        self.control.post("/accounts", json={"key": KEYS[provider], **changes}).raise_for_status()

    def charged(self, provider: str) -> int:
        """Microcredits by the provider's own meter."""
        return self._meter(provider) - self._charged.get(provider, 0)

    def requests(self, provider: str | None = None) -> list[dict[str, Any]]:
        """What has arrived."""
        return [
            request
            for name in ([provider] if provider else KEYS)
            for request in self._arrivals(name)[self._heard.get(name, 0) :]
        ]

    def _meter(self, provider: str) -> int:
        return int(self.control.get("/meter").json()[provider]["charged_microcredits"])

    def _arrivals(self, provider: str) -> list[dict[str, Any]]:
        arrived: list[dict[str, Any]] = self.control.get("/requests", params={"provider": provider}).json()[provider]
        return arrived


def account_of(provider: str, base_url: str, *, limit: int = 1_000 * CREDIT, **changes: Any) -> Account:
    """The account of a provider, with the budgets of one billing period."""
    scopes = {provider: limit} | ({f"{CLUB}/discovery": limit // 10} if provider == CLUB else {})
    account = Account(
        provider=provider,
        base_url=base_url,
        key=KEYS[provider],
        key_variable=f"{provider.upper()}_API_KEY",
        settings=SETTINGS,
        budgets=tuple(
            Budget(scope=scope, period="2026-11", limit_microcredits=amount) for scope, amount in scopes.items()
        ),
    )
    return msgspec.structs.replace(account, **changes)


class ClientUnderTest:
    """A ledger of its own, and a paid client that leads to the market."""

    def __init__(self, market: Market, paid_client: PaidClient) -> None:
        self.market, self.paid_client, self.ledger = market, paid_client, paid_client.ledger

    @classmethod
    def open(
        cls,
        market: Market,
        folder: Path,
        *,
        clock: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] | None = None,
        accounts: Sequence[Account] | None = None,
        campaign_budgets: Mapping[str, Mapping[str, int]] | None = None,
        **options: Any,
    ) -> ClientUnderTest:
        """Open a client on the ledger in `folder`; without other arguments all providers, 500 credits of each."""
        timed: dict[str, Any] = {"clock": clock} | ({"sleep": sleep} if sleep else {})
        ledger = Ledger.open(folder / "ledger.sqlite", realm="sandbox-test", **timed)
        chosen = accounts or [account_of(provider, market.running.url(provider)) for provider in KEYS]
        paid_client = PaidClient(
            ledger,
            {account.provider: account for account in chosen},
            campaign_budgets or {CAMPAIGN: ENOUGH},
            jitter=lambda: 0.0,
            sleep=sleep,
            **options,
        )
        return cls(market, paid_client)

    def fetch(self, *wanted: PagedRequest, purpose: FetchContext | None = None) -> FetchResult:
        return self.paid_client.fetch(wanted, purpose or purpose_of())

    def books(self, scope: str) -> tuple[int, int, int]:
        """(spent, held, in doubt) of the current budget of a scope, in microcredits."""
        state = next(state for state in self.ledger.balances() if state.scope == scope and state.is_current)
        return state.spent_microcredits, state.held_microcredits, state.in_doubt_microcredits

    def compare(self) -> None:
        """The books are in order, nothing is held, and what is spent or in doubt covers what the meter says.

        It equals the meter where nothing was in doubt or assumed.
        """
        assert self.ledger.check() == []
        attempts = list(self.ledger.attempts())
        for provider in self.paid_client.accounts:
            spent, held, in_doubt = self.books(provider)
            assert held == 0
            charged = self.market.charged(provider)
            certain = all(
                attempt.state != "in_doubt" and attempt.basis != "assumed"
                for attempt in attempts
                if attempt.provider == provider
            )
            assert (spent == charged) if certain else (spent + in_doubt >= charged), (provider, spent, charged)


def campaign_of(slug: str = CAMPAIGN, **sections: Any) -> Campaign:
    """A brief of that name with 500 credits of each provider, and the sections given."""
    standard: dict[str, Any] = {
        "market": "Germany",
        "start": date(2026, 11, 2),
        "end": date(2027, 6, 27),
        "currency": "EUR",
        "budget_microcredits": ENOUGH,
        "fees": Decimal(0),
    }
    return Campaign(slug=slug, **standard | sections)


def purpose_of(
    *,
    campaign: str = CAMPAIGN,
    run_id: str = "run-1",
    asset: str = "enriched_profiles",
    start: datetime = MONDAY,
    max_age: timedelta = timedelta(0),
) -> FetchContext:
    """A week of a campaign, the running one where no other is said."""
    spender = Attribution(
        asset=asset,
        partition=f"{campaign}|{start:%Y-%m-%d}",
        campaign=campaign,
        run_id=run_id,
        step=asset,
        code_version="1",
    )
    window = Window(start=start, end=start + timedelta(days=7), reuse_since=start - max_age)
    return FetchContext(spender=spender, window=window)


def full(username: str, **changes: Any) -> PagedRequest:
    """A profile at influencers.club, for 1 credit; `changes` are made to the operation."""
    return _changed(influencers_club_requests.full_profile(SETTINGS, "instagram", username), changes)


def user_data(username: str, **changes: Any) -> PagedRequest:
    """A profile at influData, for 1 request."""
    return _changed(infludata_requests.profile(SETTINGS, "instagram", username), changes)


def analytics(username: str) -> PagedRequest:
    """A profile at KeyAPI; ten of them together cost 1 credit."""
    return keyapi_requests.profile(SETTINGS, "tiktok", username)


def search(max_creators: int, *, minimum: int = 1_000, settings: ProviderSettings = SETTINGS) -> PagedRequest:
    """A search at influencers.club, 0.01 credits for each creator."""
    return influencers_club_requests.search(
        settings, "instagram", {"number_of_followers": {"min": minimum}}, max_creators
    )


def data_search(max_creators: int, **filters: Any) -> PagedRequest:
    """A search at influData, 1 request for each 20 creators."""
    return infludata_requests.search(SETTINGS, "tiktok", {"followerMin": 1_000} | filters, max_creators)


def balance(provider: str) -> PagedRequest:
    """What a provider says is left; free."""
    return {CLUB: influencers_club_requests.balance, DATA: infludata_requests.balance}[provider](SETTINGS)


def _changed(pages: PagedRequest, changes: Mapping[str, Any]) -> PagedRequest:
    if not changes:
        return pages
    operation: Operation = msgspec.structs.replace(pages.first.operation, **changes)
    first: Request = msgspec.structs.replace(pages.first, operation=operation)
    return msgspec.structs.replace(pages, first=first)
