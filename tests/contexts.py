"""What a stage may know, put together by a test: a brief, and tables that the test hands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.stage import StageContext, no_secret
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from tests.market import ALL_SETTINGS, CAMPAIGN, MONDAY


class GivenTables:
    """Earlier assets as a test states them; None for all others."""

    def __init__(self, tables: Mapping[str, pl.DataFrame]) -> None:
        self._tables = tables

    def read(self, table: str, partition: Partition) -> pl.DataFrame | None:
        return self._tables.get(table)

    def read_if_made(self, table: str, partition: Partition) -> pl.DataFrame | None:
        return None


def context_of(
    campaign: Campaign,
    ledger: Ledger | None = None,
    *,
    partition: Partition | None = None,
    settings: Mapping[str, ProviderSettings] = ALL_SETTINGS,
    secret: Callable[[], InstallationSecret] = no_secret,
    **tables: pl.DataFrame,
) -> StageContext:
    """The context of one partition; without a ledger nothing may look into an archive."""
    return StageContext(
        campaign=campaign,
        partition=partition or Partition.week_of(CAMPAIGN, MONDAY.date()),
        ledger=ledger if ledger is not None else cast("Any", None),
        settings=settings,
        upstream=GivenTables(tables),
        secret=secret,
    )
