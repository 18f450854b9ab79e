"""The Dagster resources: the seam between assets, which know Dagster, and the rooms below, which do not.

Only wiring: a resource holds configuration and hands out the object that does the work. A provider's resource shows its
credit budget on the Resources page. It names the environment variable of the key; the key itself never enters Dagster.
``settings`` makes the resources from the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
from pydantic import Field, PrivateAttr, create_model

from creator_assets.campaigns import BriefFault, Campaigns, fault_in, load_campaigns
from creator_assets.identity.decisions import Decisions, read_decisions
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.book_records import BudgetState
from creator_assets.ledger.booking.recovery import RecoveryReport
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
"""How far a sandbox's clock may run ahead of this machine's, where the ledger uses it."""


class ProviderAccount(dg.ConfigurableResource[Any]):
    """One provider's account: its address, and the credit budget that no run may exceed."""

    base_url: str = Field(description="Address of the provider's operations: https, or a sandbox on this machine.")
    key_variable: str = Field(
        description="Environment variable that holds the API key. The key itself is never stored."
    )
    credit_limit: str = Field(
        default="0",
        description="Credits that may be spent in a billing period. 0 until you set the size of your plan.",
    )
    sub_limits: dict[str, str] = Field(
        default={}, description="Limits within the credit limit, such as 10 % of the plan for discovery."
    )
    billing_day: int = Field(default=1, ge=1, le=28, description="Day of the month (UTC) on which a period begins.")
    notify_at: float | None = Field(default=0.8, description="Share of the limit at which the ledger records a notice.")
    suspend_at: float | None = Field(
        default=None, description="Share at which no new run starts. Running runs may finish."
    )
    suspend_immediate_at: float | None = Field(default=None, description="Share at which nothing more is sent.")
    in_flight: int = Field(default=4, ge=1, le=32, description="Requests that one fetch sends at once.")
    client_id: str = Field(default="", description="Id of the account, where the provider needs it (influData).")
    is_trial: bool = Field(
        default=False, description="Whether the key is a trial key, with lower rates and smaller batches (influData)."
    )
    first_page: int = Field(
        default=1, description="Number of the first page of a search (influencers.club: 1, or 0 for some accounts)."
    )

    def account(self, provider: str, prices: Mapping[str, Price] | None = None) -> Account:
        """The account as the paid client needs it, with what it states about budgets."""
        has_limit = to_microcredits(self.credit_limit) > 0  # every share of zero is reached at once
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
                    limit_microcredits=to_microcredits(limit),
                    notify=self.notify_at if has_limit else None,
                    suspend=self.suspend_at if has_limit else None,
                    suspend_immediate=self.suspend_immediate_at if has_limit else None,
                    billing_day=self.billing_day,
                )
                for scope, limit in limits.items()
            ),
        )

    def settings(self, prices: Mapping[str, Price] | None = None) -> ProviderSettings:
        """The facts that decide how requests are made, and the listed prices."""
        return ProviderSettings(
            client_id=self.client_id, first_page=self.first_page, is_trial=self.is_trial, prices=prices or {}
        )


class CampaignBriefs(dg.ConfigurableResource[Any]):
    """The folder of campaign briefs."""

    folder: str = Field(default="campaigns", description="Holds one <slug>.yaml for each campaign.")

    def load(self) -> Campaigns:
        """Read all briefs. The result holds the faults of wrong briefs; there is no exception."""
        return load_campaigns(Path(self.folder), catalog())

    def fault(self, slug: str, steps: Sequence[str | int], problem: str, remedy: str) -> BriefFault:
        """A fault that was found when a brief was used, at the line of the field that `steps` lead to."""
        return fault_in(Path(self.folder), slug, steps, problem, remedy)


class ParquetTables(dg.ConfigurableResource[Any]):
    """The Parquet tables."""

    root: str = Field(default="data/tables", description="Folder of all tables.")

    def open(self) -> Tables:
        """The store of all tables."""
        return Tables(Path(self.root))


class Identity(dg.ConfigurableResource[Any]):
    """The installation's secret. The ids of accounts and people, and the hashes of addresses, derive from it."""

    folder: str = Field(default="data", description="Folder of the secret, a file that only its owner may read.")

    decisions: str = Field(
        default="", description="YAML file of the team's decisions which accounts belong to one person. Empty: none."
    )

    def secret(self) -> InstallationSecret:
        """The secret. The first call of an installation makes it."""
        return InstallationSecret.open_with_fingerprint(Path(self.folder))

    def decided(self) -> Decisions:
        """The team's decisions; none without a file."""
        return read_decisions(Path(self.decisions) if self.decisions else None)


class PaidClientResource(dg.ConfigurableResource[Any]):
    """The paid client with ledger and archive: the only way to a provider. Opened when first used, once per process."""

    ledger: str = Field(description="File of the ledger and archive, or a postgresql:// URL for runs on several hosts.")
    realm: str = Field(description="`live`, or the sandbox's universe. Answers and credits of two realms never mix.")
    prices: str = Field(
        default="",
        description="YAML file of prices that replace the documented ones. Empty: none.",
    )
    archive: str = Field(
        default="",
        description="Folder or s3://bucket/prefix for old answers. Empty: beside the ledger's file.",
    )
    campaigns: CampaignBriefs
    identity: Identity
    clock_url: str = Field(
        default="", description="URL of the sandbox's clock, in the realm of a sandbox. Empty: this machine's clock."
    )

    _paid_client: PaidClient | None = PrivateAttr(default=None)
    _price_list: PriceList | None = PrivateAttr(default=None)
    _briefs: Campaigns | None = PrivateAttr(default=None)
    _recovery: RecoveryReport = PrivateAttr(default=RecoveryReport(voided=0, in_doubt=0, left_alone=0))

    def providers(self) -> dict[str, ProviderAccount]:
        """The providers' resources by name; `paid_client_for` makes a resource that has them."""
        return {name: getattr(self, name) for name in PROVIDERS}

    def settings(self) -> dict[str, ProviderSettings]:
        """The settings of every provider by name, with its listed prices and the price of its credits.

        Raises:
            PriceListError: The price list has a mistake.
        """
        prices = self.price_list()
        return {
            name: msgspec.structs.replace(
                provider.settings(prices.prices_of(name)), credit_price=prices.credit_prices.get(name)
            )
            for name, provider in self.providers().items()
        }

    def price_list(self) -> PriceList:
        """The price list, empty without a file. It is read once, so that plan and purchases agree.

        Raises:
            PriceListError: The file has a mistake.
            LedgerUnusableError: The sandbox's clock does not answer.
        """
        if self._price_list is None:
            self._price_list = load_prices(Path(self.prices), OPERATIONS, self._today()) if self.prices else PriceList()
        return self._price_list

    def _today(self) -> date:
        """The day by the clock that dates the ledger's entries."""
        return (sandbox_time(self.clock_url)() if self.clock_url else datetime.now(UTC)).date()

    def briefs(self) -> Campaigns:
        """All briefs, also what is wrong with others. They are read once, so that plan and purchases agree."""
        if self._briefs is None:
            self._briefs = self.campaigns.load()
        return self._briefs

    @property
    def weeks_ahead(self) -> int:
        """How many weeks after the running one, by this machine's clock, are partitions."""
        return SANDBOX_WEEKS_AHEAD if self.clock_url else 0

    def open(self) -> PaidClient:
        """The paid client.

        Raises:
            PriceListError: The price list has a mistake.
            InstallationSecretError: The secret cannot be read.
            LedgerUnusableError: The ledger belongs to another secret, realm or release.
        """
        if self._paid_client is None:
            prices = self.price_list()
            if "://" not in self.ledger:
                Path(self.ledger).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            clock = sandbox_time(self.clock_url) if self.clock_url else None
            secret = self.identity.secret()
            ledger = Ledger.open(
                self.ledger, realm=self.realm, segments=self.archive or None, clock=clock, secret=secret
            )
            self._recovery = ledger.recover()
            accounts = {
                name: provider.account(name, prices.prices_of(name)) for name, provider in self.providers().items()
            }
            briefs = self.briefs().by_slug
            self._paid_client = PaidClient(
                ledger,
                accounts,
                {slug: brief.budget_microcredits for slug, brief in briefs.items()},
                thresholds={slug: brief.thresholds for slug, brief in briefs.items()},
            )
        return self._paid_client

    def fetch(self, requests: Sequence[PagedRequest], fetch_context: FetchContext) -> FetchResult:
        """Fetch the answers to all requests; see ``PaidClient.fetch``."""
        return self.open().fetch(requests, fetch_context)

    def fetch_affordable(
        self,
        requests: Sequence[PagedRequest],
        fetch_context: FetchContext,
        budget_reserve: Callable[[], Mapping[str, int]],
    ) -> FetchResult:
        """Fetch the answers to requests that can be paid; see ``PaidClient.fetch_affordable``."""
        return self.open().fetch_affordable(requests, fetch_context, budget_reserve)

    def recover(self) -> RecoveryReport:
        """Release what dead processes held. Opening does that already, and what it released counts."""
        if self._paid_client is not None:
            return self._paid_client.ledger.recover()
        self.open()
        return self._recovery

    def balances(self) -> list[BudgetState]:
        """Every current budget, with what it has left."""
        return [state for state in self.open().ledger.balances() if state.is_current]

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Close the connections."""
        del context  # the connections belong to no run
        self.close()

    def close(self) -> None:
        """Close the connections. The next use opens them again."""
        if self._paid_client is not None:
            self._paid_client.close()
            self._paid_client = None
        self._price_list = self._briefs = None


_ACCOUNT_FIELDS: dict[str, Any] = dict.fromkeys(PROVIDERS, (ProviderAccount, ...))
_PaidClientOfAccounts: type[PaidClientResource] = create_model(
    "PaidClientResource", __base__=PaidClientResource, __module__=__name__, **_ACCOUNT_FIELDS
)
_PaidClientOfAccounts.__doc__ = PaidClientResource.__doc__


def paid_client_for(
    accounts: Mapping[str, ProviderAccount], **config: str | CampaignBriefs | Identity
) -> PaidClientResource:
    """The paid client with one nested resource for each provider, so that Dagster shows what it uses.

    Dagster finds nested resources in fields only. The fields follow from the registry of providers.

    Args:
        accounts: The resource of every registered provider, by name.
        config: The other fields of ``PaidClientResource``.
    """
    fields: dict[str, Any] = {**accounts, **config}
    return _PaidClientOfAccounts(**fields)
