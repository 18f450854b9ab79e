"""All settings in one place: variables of the environment in, the Dagster resources out.

What belongs here: the name of each variable, how its text is read and what holds without it (``.env.example`` explains
each one). What does not: keys, which a provider's resource reads when it is used, and what the resources do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT, InexactAmountError, format_credits, to_microcredits
from creator_assets.providers.contract.definition import AccountSetting, ProviderDefinition
from creator_assets.providers.registry import PROVIDERS
from creator_assets.resources import (
    CampaignBriefs,
    Identity,
    PaidClientResource,
    ParquetTables,
    ProviderAccount,
    paid_client_for,
)
from creator_assets.spending.accounts import is_on_this_machine

Value = TypeVar("Value")
LIVE = "live"
_REALM = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
MAX_CREDITS = 1_000_000_000
"""The largest limit that a provider's budget can have, as in a brief."""


class Resources(NamedTuple):
    """All resources; ``accounts`` are the providers', by name."""

    campaigns: CampaignBriefs
    tables: ParquetTables
    identity: Identity
    accounts: Mapping[str, ProviderAccount]
    paid_client: PaidClientResource

    def by_key(self) -> dict[str, object]:
        """Every resource under the key by which Dagster knows it; a provider's key is its name."""
        others = {name: resource for name, resource in self._asdict().items() if name != "accounts"}
        return {**self.accounts, **others}


class WrongSettingError(ValueError):
    """A variable of the environment holds something that it cannot mean; names the variable, never its value."""

    def __init__(self, variable: str, why: str) -> None:
        super().__init__(f"{variable} cannot be used: {why}")
        self.variable = variable


def from_environment(environ: Mapping[str, str]) -> Resources:
    """The resources as the environment describes them (``.env.example`` explains each variable).

    Keys are not read here: each provider's resource names its variable and reads it when it is used.

    Raises:
        WrongSettingError: A variable holds something that it cannot mean.
    """
    data = Path(environ.get("CREATOR_ASSETS_DATA") or "data")
    realm = _realm(environ)
    briefs = CampaignBriefs(folder=environ.get("CREATOR_ASSETS_CAMPAIGNS") or "campaigns")
    identity = Identity(folder=str(data), decisions=environ.get("CREATOR_ASSETS_DECISIONS") or "")
    accounts = {name: _account(environ, provider) for name, provider in PROVIDERS.items()}
    return Resources(
        campaigns=briefs,
        tables=ParquetTables(root=str(data / "tables")),
        identity=identity,
        accounts=accounts,
        paid_client=paid_client_for(
            accounts,
            ledger=environ.get("CREATOR_ASSETS_LEDGER") or str(data / f"ledger-{realm}.sqlite"),
            realm=realm,
            campaigns=briefs,
            identity=identity,
            prices=environ.get("CREATOR_ASSETS_PRICES") or "",
            archive=environ.get("CREATOR_ASSETS_ARCHIVE") or "",
            clock_url=_clock_url(environ, realm),
        ),
    )


def limits_of(provider: str, limit_microcredits: int) -> dict[str, int]:
    """The limits that follow from a provider's limit, by budget: its own, and those of its parts."""
    divisors = PROVIDERS[provider].sub_budget_divisors
    return {provider: limit_microcredits} | {
        f"{provider}/{name}": limit_microcredits // divisor for name, divisor in divisors.items()
    }


def read_limit(text: str) -> int:
    """A limit in credits, as a person writes it, in microcredits.

    Raises:
        ValueError: It is no such amount; the message says what is expected.
    """
    return _amount(text)


def _realm(environ: Mapping[str, str]) -> str:
    realm = environ.get("CREATOR_ASSETS_REALM", "").strip() or LIVE
    if _REALM.fullmatch(realm) is None:
        # Another spelling of `live` would be a second ledger with full budgets.
        raise WrongSettingError(
            "CREATOR_ASSETS_REALM", "lower-case letters, digits and hyphens are expected, such as live."
        )
    return realm


def _clock_url(environ: Mapping[str, str], realm: str) -> str:
    url = environ.get("CREATOR_ASSETS_CLOCK", "")
    if url and realm == LIVE:
        raise WrongSettingError(
            "CREATOR_ASSETS_CLOCK",
            "real credits are spent by real time. Unset it, or set CREATOR_ASSETS_REALM to that of a sandbox.",
        )
    if url and not is_on_this_machine(url):
        raise WrongSettingError(
            "CREATOR_ASSETS_CLOCK",
            "a sandbox on this machine is expected, such as http://127.0.0.1:8400/_sandbox/clock.",
        )
    return url


def _account(environ: Mapping[str, str], provider: ProviderDefinition) -> ProviderAccount:
    def setting(name: str, read: Callable[[str], Value], default: Value) -> Value:
        variable = provider.variable(name)
        text = environ.get(variable, "").strip()
        try:
            return read(text) if text else default
        except _UnusableError as error:
            raise WrongSettingError(variable, f"{error}.") from None

    def fact(name: AccountSetting, read: Callable[[str], Value], default: Value) -> Value:
        return setting(name, read, default) if name in provider.account_settings else default

    limit = setting("CREDIT_LIMIT", _amount, 0)
    _, *parts = limits_of(provider.name, limit).items()
    return ProviderAccount(
        base_url=setting("BASE_URL", str, provider.base_url),
        key_variable=provider.variable("API_KEY"),
        credit_limit=format_credits(limit),
        sub_limits={scope.partition("/")[2]: format_credits(part) for scope, part in parts},
        billing_day=setting("BILLING_DAY", partial(_whole, least=1, most=28), 1),
        notify_at=setting("NOTIFY_AT", _share, 0.8),
        suspend_at=setting("SUSPEND_AT", _share, None),
        suspend_immediate_at=setting("SUSPEND_IMMEDIATE_AT", _share, None),
        client_id=fact(AccountSetting.CLIENT_ID, str, ""),
        is_trial=fact(AccountSetting.IS_TRIAL, _truth, default=False),
        first_page=fact(AccountSetting.FIRST_PAGE, partial(_whole, least=0, most=1), 1),
    )


class _UnusableError(ValueError):
    """What a setting should have been."""


def _amount(text: str) -> int:
    try:
        amount_microcredits = to_microcredits(text)
    except InexactAmountError:
        raise _UnusableError("an amount of credits has at most six decimals, such as 1000 or 0.5") from None
    if not 0 <= amount_microcredits <= MAX_CREDITS * MICROCREDITS_PER_CREDIT:
        raise _UnusableError(f"an amount of credits lies between 0 and {MAX_CREDITS:,}")
    return amount_microcredits


def _whole(text: str, *, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise _UnusableError(f"a whole number is expected, between {least} and {most}")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise _UnusableError("a share between 0 and 1 is expected, such as 0.8")
    return share


def _truth(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise _UnusableError("true or false is expected")
    return text.lower() == "true"
