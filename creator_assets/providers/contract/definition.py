"""A provider as one value: everything that the rooms above need to know of it.

What belongs here: the shape of that value. Each provider's folder holds its ``DEFINITION``; ``registry`` lists them.
What does not: keys and limits of an account, which are settings of the installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from creator_assets.campaigns.catalog import Filter
from creator_assets.providers.contract.batch_jobs import BatchJobs
from creator_assets.providers.contract.capability import AnyCapability
from creator_assets.providers.contract.operations import Operation


class AccountSetting(StrEnum):
    """A fact about an account that some providers need, named like its field of ``ProviderSettings``."""

    CLIENT_ID = "client_id"
    FIRST_PAGE = "first_page"
    IS_TRIAL = "is_trial"


class ProviderDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One provider.

    ``operations`` are its documented endpoints. ``capabilities`` are what it can do; the first of a kind is the
    default. ``filters`` are those of its searches, by platform. ``account_settings`` are the facts about an account
    that it reads beyond key and limits. ``sub_budget_divisors`` names its further budgets, each the plan's credits
    divided by a number. ``batch_jobs`` describes its batches of profiles, where it has them.
    """

    name: str
    display_name: str
    base_url: str
    operations: tuple[Operation, ...]
    capabilities: tuple[AnyCapability, ...]
    filters: Mapping[str, Mapping[str, Filter]] = {}
    account_settings: tuple[AccountSetting, ...] = ()
    sub_budget_divisors: Mapping[str, int] = {}
    batch_jobs: BatchJobs | None = None

    def variable(self, setting: str) -> str:
        """The environment variable of one of its settings, e.g. ``KEYAPI_API_KEY`` for ``API_KEY``."""
        return f"{self.name}_{setting}".upper()
