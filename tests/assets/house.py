"""A house of one test: briefs, tables, ledger and Dagster instance under one temporary folder, real runs in it.

The ledger lives by the clock of the market, so that no test depends on the day on which it runs.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from creator_assets.definitions import build_definitions
from creator_assets.partitions import Partition
from creator_assets.settings import Resources, from_environment
from creator_assets.spending.paid_client import PaidClient
from creator_assets.tables.schemas import ALL_TABLES
from tests.market import CLUB, DATA, KEYS, NOON, Market

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
# Ten creators for 0.1 credits and three profiles for 3; twenty creators for 1 request and three profiles for 3.
INSTAGRAM = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 10}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 10}
shortlist: {top: 3}
profiles: {depth: full, provider: influencers_club}
"""
TIKTOK = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 10}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 3}
profiles: {depth: full, provider: infludata}
"""
NOBODY_LISTENS = "http://127.0.0.1:9"
TODAY = NOON.date()
LAST_WEEK = TODAY - timedelta(days=7)


class Project:
    """Where runs happen. What the providers are asked goes to the market, or nowhere once they are `gone`."""

    def __init__(
        self, folder: Path, market: Market, patch: pytest.MonkeyPatch, instance: dg.DagsterInstance | None = None
    ) -> None:
        self.folder, self.market = folder, market
        self.environ = {
            "CREATOR_ASSETS_DATA": str(folder / "data"),
            "CREATOR_ASSETS_CAMPAIGNS": str(folder / "campaigns"),
            "CREATOR_ASSETS_REALM": "sandbox-test",
            "CREATOR_ASSETS_CLOCK": market.clock_url,
            "INFLUENCERS_CLUB_CREDIT_LIMIT": "1000",
            "INFLUDATA_CREDIT_LIMIT": "5000",
            "INFLUDATA_CLIENT_ID": "sandbox-client",
        } | {f"{name.upper()}_BASE_URL": market.running.url(name) for name in KEYS}
        for name, key in KEYS.items():
            patch.setenv(f"{name.upper()}_API_KEY", key)
        self.campaigns = folder / "campaigns"
        self.campaigns.mkdir()
        # What Dagster records is kept in memory: in files each run takes six times as long.
        self.instance = instance or dg.DagsterInstance.ephemeral()

    def brief(self, slug: str, text: str) -> None:
        (self.campaigns / f"{slug}.yaml").write_text(text)

    def gone(self) -> None:
        """Nobody answers any more."""
        self.environ |= {f"{name.upper()}_BASE_URL": NOBODY_LISTENS for name in KEYS}

    def resources(self) -> Resources:
        return from_environment(self.environ)

    def definitions(self) -> dg.Definitions:
        return build_definitions(self.resources().by_key())

    def run(
        self,
        *slugs: str,
        job: str = "creators",
        assets: Sequence[str] = ("discovery_results", "shortlist", "enriched_profiles"),
        day: date | None = None,
        raise_on_error: bool = True,
        run_config: Mapping[str, Any] = QUIET,
    ) -> dg.ExecuteInProcessResult:
        """Materialize assets for the running week (or that of `day`) of some campaigns, in one run."""
        keys = [Partition.week_of(slug, day or TODAY).key for slug in slugs]
        tags = {
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[-1],
        } if keys else {}  # fmt: skip
        return (
            self.definitions()
            .resolve_job_def(job)
            .execute_in_process(
                instance=self.instance,
                tags=tags,
                run_config=dict(run_config),
                asset_selection=[dg.AssetKey(name) for name in assets] if keys else None,
                raise_on_error=raise_on_error,
            )
        )

    def table(self, name: str, **within: str) -> pl.DataFrame:
        tables = self.resources().tables.open()
        return tables.read(ALL_TABLES[name], name, tuple(f"{key}={value}" for key, value in within.items()))

    def paid_client(self) -> PaidClient:
        return self.resources().paid_client.open()

    def spent(self) -> dict[str, int]:
        """Microcredits by provider as the ledger has them; the books are checked and compared with the meters."""
        paid_client = self.paid_client()
        try:
            assert paid_client.ledger.check() == []
            balances = {state.scope: state for state in paid_client.ledger.balances() if state.is_current}
            spent = {name: balances[name].spent_microcredits for name in (CLUB, DATA)}
            assert spent == {name: self.market.charged(name) for name in (CLUB, DATA)}
            return spent
        finally:
            paid_client.close()

    def recorded(self, asset: str) -> set[str]:
        """The partitions that the instance has as materialized."""
        return set(self.instance.get_materialized_partitions(dg.AssetKey(asset)))

    def latest(self, asset: str, slug: str) -> dict[str, Any]:
        """What the latest materialization of a campaign's week says of itself."""
        key = Partition.week_of(slug, TODAY).key
        events = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[key]), limit=1
        )
        materialization = events.records[0].asset_materialization
        assert materialization is not None
        return {name: value.value for name, value in materialization.metadata.items()}


def key(slug: str, day: date = TODAY) -> str:
    return str(Partition.week_of(slug, day).key)


def week(day: date = TODAY) -> str:
    return Partition.week_of("any", day).path_parts[1].partition("=")[2]


def failure_of(result: dg.ExecuteInProcessResult, step: str) -> str:
    """What a failed step says."""
    for event in result.all_events:
        if event.is_step_failure and event.step_key == step:
            failure = event.step_failure_data.user_failure_data
            return (failure.description or "") if failure else str(event.step_failure_data.error)
    raise AssertionError(f"{step} did not fail")


logging.getLogger("dagster").setLevel(os.environ.get("CREATOR_ASSETS_TEST_LOG", "CRITICAL"))
