"""The Dagster resources: the seam between assets, which know Dagster, and the rooms below, which do not.

Only wiring: a resource holds configuration and hands out the object that does the work. A provider's resource holds
its credit budget, to be read on the Resources page; its key is named by its environment variable and never enters
Dagster. What each holds follows from the environment, which is read in ``settings``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
from pydantic import Field, PrivateAttr, create_model

from creator_assets.campaigns import BriefFault, Campaigns, fault_in, load_campaigns
from creator_assets.identity.decisions import Decisions, read_decisions
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.book_records import BudgetState
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Budget
from creator_assets.microcredits import to_microcredits
from creator_assets.providers.capabilities import catalog
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.contract.price import Price
from creator_assets.providers.registry import OPERATIONS, PROVIDERS
from creator_assets.spending.accounts import Account
from creator_assets.spending.fetch import FetchContext, FetchResult
from creator_assets.spending.paid_client import PaidClient
from creator_assets.spending.planning.price_list import PriceList, load_prices
from creator_assets.spending.sandbox_clock import sandbox_time
from creator_assets.tables.store import Tables

SANDBOX_WEEKS_AHEAD = 13
"""How far a sandbox whose clock is followed may run ahead of this machine."""


class ProviderAccount(dg.ConfigurableResource[Any]):
    """One provider's account: where it is reached, and the credit budget that no run may exceed."""

    base_url: str = Field(
        description="Where the provider's operations are reached; https, or a sandbox on this machine."
    )
    key_variable: str = Field(
        description="Environment variable that holds the API key. The key itself is never stored."
    )
    credit_limit: str = Field(
        default="0",
        description="Credits that may be spent in a billing period. 0 until somebody states the plan's size.",
    )
    sub_limits: dict[str, str] = Field(
        default={}, description="Limits within the limit, such as discovery's own 10 % of the plan."
    )
    billing_day: int = Field(default=1, ge=1, le=28, description="Day of the month (UTC) on which a period begins.")
    notify_at: float | None = Field(default=0.8, description="Share of the limit from which a notice is recorded.")
    suspend_at: float | None = Field(
        default=None, description="Share from which running runs may finish and no others start."
    )
    suspend_immediate_at: float | None = Field(default=None, description="Share from which nothing more is sent.")
    in_flight: int = Field(default=4, ge=1, le=32, description="Requests that may be under way at once.")
    client_id: str = Field(default="", description="The account's id, where the provider asks for it (influData).")
    is_trial: bool = Field(default=False, description="A trial key, with tighter rates and batches (influData).")
    first_page: int = Field(
        default=1, description="Number of the first page (influencers.club: 1, for some accounts 0)."
    )

    def account(self, provider: str, now: datetime, prices: Mapping[str, Price] | None = None) -> Account:
        """The account as the paid door wants it, with the budgets of the billing period that runs at `now`."""
        period, ends_at = billing_period(now, self.billing_day)
        has_limit = to_microcredits(self.credit_limit) > 0  # of nothing, every share is reached at once
        limits = {provider: self.credit_limit} | {f"{provider}/{sub}": limit for sub, limit in self.sub_limits.items()}
        return Account(
            provider=provider,
            base_url=self.base_url,
            key=os.environ.get(self.key_variable, "").strip(),
            key_variable=self.key_variable,
            settings=self.settings(prices),
            in_flight=self.in_flight,
            budgets=tuple(
                Budget(
                    scope=scope,
                    period=period,
                    limit_microcredits=to_microcredits(limit),
                    notify=self.notify_at if has_limit else None,
                    suspend=self.suspend_at if has_limit else None,
                    suspend_immediate=self.suspend_immediate_at if has_limit else None,
                    ends_at=ends_at,
                )
                for scope, limit in limits.items()
            ),
        )

    def settings(self, prices: Mapping[str, Price] | None = None) -> ProviderSettings:
        """The facts that decide how calls are made, and the prices that are not the documented ones."""
        return ProviderSettings(
            client_id=self.client_id, first_page=self.first_page, is_trial=self.is_trial, prices=prices or {}
        )


class CampaignBriefs(dg.ConfigurableResource[Any]):
    """The folder of campaign briefs."""

    folder: str = Field(default="campaigns", description="Holds one <slug>.yaml for each campaign.")

    def load(self) -> Campaigns:
        """Read all briefs; what is wrong with one is in the result, not an exception."""
        return load_campaigns(Path(self.folder), catalog())

    def fault(self, slug: str, steps: Sequence[str | int], problem: str, remedy: str) -> BriefFault:
        """A fault that was found when a brief was used, at the line of the field to which `steps` lead."""
        return fault_in(Path(self.folder), slug, steps, problem, remedy)


class ParquetTables(dg.ConfigurableResource[Any]):
    """The Parquet tables."""

    root: str = Field(default="data/tables", description="Folder of all tables.")

    def open(self) -> Tables:
        """The store of all tables."""
        return Tables(Path(self.root))


class Identity(dg.ConfigurableResource[Any]):
    """The installation's secret, from which the ids of accounts and people and the hashes of addresses are derived."""

    folder: str = Field(default="data", description="Holds the secret, readable by its owner alone; made when needed.")

    decisions: str = Field(
        default="", description="YAML file in which the team says which accounts are one person's; empty without one."
    )

    def secret(self) -> InstallationSecret:
        """The secret; made at the first call of an installation."""
        return InstallationSecret.open_with_fingerprint(Path(self.folder))

    def decided(self) -> Decisions:
        """What the team decided; nothing without a file."""
        return read_decisions(Path(self.decisions) if self.decisions else None)


class PaidClientResource(dg.ConfigurableResource[Any]):
    """The paid door with ledger and archive: the only way to a provider. Opened when first used, once per process."""

    ledger: str = Field(description="File of the ledger and archive, or a postgresql:// URL for runs on several hosts.")
    realm: str = Field(description="`live`, or the sandbox universe: worlds whose answers and credits never mix.")
    prices: str = Field(
        default="",
        description="YAML file of prices that hold instead of the documented ones; empty where there is none.",
    )
    archive: str = Field(
        default="",
        description="Where old answers move: a folder, or s3://bucket/prefix. Empty: beside the ledger's file.",
    )
    campaigns: CampaignBriefs
    clock_url: str = Field(
        default="", description="Whose clock says what day it is, in a sandbox's realm. Empty: this machine's."
    )

    _paid_client: PaidClient | None = PrivateAttr(default=None)
    _price_list: PriceList | None = PrivateAttr(default=None)

    def providers(self) -> dict[str, ProviderAccount]:
        """The providers' resources by name; `paid_client_for` makes a resource that has them."""
        return {name: getattr(self, name) for name in PROVIDERS}

    def settings(self) -> dict[str, ProviderSettings]:
        """The settings of every provider by name, with the prices that hold for it and what a credit of it costs.

        Raises:
            PriceListError: Something in the price list is wrong.
        """
        prices = self.price_list()
        return {
            name: msgspec.structs.replace(
                provider.settings(prices.prices_of(name)), credit_price=prices.credit_prices.get(name)
            )
            for name, provider in self.providers().items()
        }

    def price_list(self) -> PriceList:
        """The prices of one's own, an empty list where there are none. Read once, so that plan and bill agree.

        Raises:
            PriceListError: Something in the file is wrong.
        """
        if self._price_list is None:
            today = datetime.now(UTC).date()
            self._price_list = load_prices(Path(self.prices), OPERATIONS, today) if self.prices else PriceList()
        return self._price_list

    @property
    def weeks_ahead(self) -> int:
        """How many weeks after the one that runs by this machine's clock may be partitions."""
        return SANDBOX_WEEKS_AHEAD if self.clock_url else 0

    def open(self) -> PaidClient:
        """The door itself.

        Raises:
            PriceListError: Something in the price list is wrong.
        """
        if self._paid_client is None:
            prices = self.price_list()
            if "://" not in self.ledger:
                Path(self.ledger).parent.mkdir(parents=True, exist_ok=True)
            clock = sandbox_time(self.clock_url) if self.clock_url else None
            ledger = Ledger.open(self.ledger, realm=self.realm, segments=self.archive or None, clock=clock)
            ledger.recover()
            accounts = {
                name: provider.account(name, ledger.now(), prices.prices_of(name))
                for name, provider in self.providers().items()
            }
            briefs = self.campaigns.load().by_slug
            self._paid_client = PaidClient(
                ledger,
                accounts,
                {slug: brief.budget_microcredits for slug, brief in briefs.items()},
                thresholds={slug: brief.thresholds for slug, brief in briefs.items()},
            )
        return self._paid_client

    def fetch(self, wanted: Sequence[PagedRequest], purpose: FetchContext) -> FetchResult:
        """See `PaidDoor.fetch`."""
        return self.open().fetch(wanted, purpose)

    def fetch_affordable(
        self, wanted: Sequence[PagedRequest], purpose: FetchContext, kept: Callable[[], Mapping[str, int]]
    ) -> FetchResult:
        """Pass on what need not be asked for; see ``PaidDoor.fetch_affordable``."""
        return self.open().fetch_affordable(wanted, purpose, kept)

    def balances(self) -> list[BudgetState]:
        """Every current budget with what it has left."""
        return [state for state in self.open().ledger.balances() if state.is_current]

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Close the connections."""
        del context  # nothing of the run decides this
        self.close()

    def close(self) -> None:
        """Close the connections; the next use opens them again."""
        if self._paid_client is not None:
            self._paid_client.close()
            self._paid_client = None
        self._price_list = None


_ACCOUNT_FIELDS: dict[str, Any] = dict.fromkeys(PROVIDERS, (ProviderAccount, ...))
_PaidClientOfAccounts: type[PaidClientResource] = create_model(
    "PaidClientResource", __base__=PaidClientResource, __module__=__name__, **_ACCOUNT_FIELDS
)
_PaidClientOfAccounts.__doc__ = PaidClientResource.__doc__


def paid_client_for(accounts: Mapping[str, ProviderAccount], **config: str | CampaignBriefs) -> PaidClientResource:
    """The paid client with one nested resource for each provider, so that Dagster shows what it uses.

    Dagster finds nested resources in fields only. The fields follow from the registry of providers.

    Args:
        accounts: The resource of every registered provider, by name.
        config: The other fields of ``PaidClientResource``.
    """
    fields: dict[str, Any] = {**accounts, **config}
    return _PaidClientOfAccounts(**fields)


def billing_period(now: datetime, billing_day: int) -> tuple[str, datetime]:
    """The billing period that runs at `now`: its name (the month in which it began) and its end."""
    start = datetime(now.year, now.month, billing_day, tzinfo=UTC)
    if now < start:
        start = _month_later(start, -1)
    return f"{start:%Y-%m}", _month_later(start, 1)


def _month_later(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + months
    return moment.replace(year=index // 12, month=index % 12 + 1)
