"""Accounts with providers, and the budgets that must admit a request: the provider's, its sub-budgets, the campaign's.

Names and limits only. The ledger knows what has been spent. ``preconditions`` and ``plan`` check whether requests fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from creator_assets.campaigns import Thresholds
from creator_assets.ledger.records import Budget
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Request

NO_CAMPAIGN = "-"
NO_PARTITION = "-"
"""The partition of a spender that has none: nothing could be materialized when a pending answer is there."""
_NEVER = Thresholds()

# What an HTTP header can carry and a key can consist of. A space or line break comes from copying.
_KEY = re.compile(r"[!-~]+")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's account: its address, its key, and what it may spend.

    ``key_variable`` names the environment variable of the key for messages; no representation shows the key.
    ``in_flight`` is how many of its requests one fetch sends at once.
    """

    provider: str
    base_url: str
    key: str
    key_variable: str
    budgets: tuple[Budget, ...]
    settings: ProviderSettings = ProviderSettings()
    in_flight: int = 4

    def __repr__(self) -> str:
        """Name the provider, never the key."""
        return f"Account({self.provider!r})"

    @property
    def has_usable_key(self) -> bool:
        """Whether there is a key that a request can carry."""
        return is_usable_key(self.key)


def is_usable_key(key: str) -> bool:
    """Whether a request can carry a key: it is not empty and has only visible ASCII characters."""
    return _KEY.fullmatch(key) is not None


def is_on_this_machine(url: str) -> bool:
    """Whether a URL leads to this machine, as the URL of a sandbox does."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def scopes(request: Request, campaign: str) -> tuple[str, ...]:
    """The budgets that must all admit a request; none for a free operation.

    So a free request can read the balance of an account that is suspended or used up.
    """
    operation = request.operation
    if operation.is_free:
        return ()
    names = [operation.provider, *(f"{operation.provider}/{sub}" for sub in operation.sub_budgets)]
    if campaign != NO_CAMPAIGN:
        names.append(campaign_scope(campaign, operation.provider))
    return tuple(names)


def needed_of(costs: Iterable[tuple[Request, int]], campaign: str) -> dict[str, int]:
    """What requests with these costs need of each budget, all in microcredits."""
    needed: dict[str, int] = {}
    for request, cost in costs:
        for scope in scopes(request, campaign):
            needed[scope] = needed.get(scope, 0) + cost
    return needed


def shortfalls(needed: Mapping[str, int], left: Mapping[str, int]) -> dict[str, int]:
    """What each budget lacks, where it lacks anything. A budget that is not set has nothing left."""
    return {scope: amount - left.get(scope, 0) for scope, amount in needed.items() if amount > left.get(scope, 0)}


def campaign_scope(campaign: str, provider: str) -> str:
    """The budget scope of a campaign for one provider."""
    return f"campaign:{campaign}/{provider}"


def all_budgets(
    accounts: Mapping[str, Account],
    campaign_budgets: Mapping[str, Mapping[str, int]],
    thresholds: Mapping[str, Thresholds],
) -> list[Budget]:
    """The budgets of accounts and campaigns. A campaign's is zero for a provider that its brief does not name."""
    of_accounts = [budget for account in accounts.values() for budget in account.budgets]
    of_campaigns = [
        Budget(
            scope=campaign_scope(slug, provider),
            limit_microcredits=amounts.get(provider, 0),
            notify=at.notify,
            suspend=at.suspend,
            suspend_immediate=at.suspend_immediate,
            follows_brief=True,
        )
        for slug, amounts in campaign_budgets.items()
        for provider in accounts
        # Every share of zero is reached at once.
        for at in [thresholds.get(slug, _NEVER) if amounts.get(provider) else _NEVER]
    ]
    return of_accounts + of_campaigns
