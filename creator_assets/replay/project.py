"""A project that lives as long as one case: its brief, ledger and tables in a temporary folder, real runs in it.

The providers' addresses lead to the server of the case, and the ledger lives by the clock of the case.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.graph import asset_graph
from creator_assets.definitions import build_definitions
from creator_assets.microcredits import format_credits
from creator_assets.partition_definitions import range_tags
from creator_assets.partitions import Partition, PartitionKind, current_day
from creator_assets.providers.registry import PROVIDERS
from creator_assets.replay.case import Case, CaseError
from creator_assets.replay.server import CLOCK_PATH, CaseServer
from creator_assets.settings import Resources, from_environment
from creator_assets.tables.schemas import ALL_TABLES, PARTITION_KEYS

SLUG = "case"
CREDIT_LIMIT = "1000000"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One round of runs: whether all succeeded, what the failures say, and what it asked and paid.

    ``charged`` is what the ledger counts after it, in credits by provider.
    """

    succeeded: bool
    failures: list[str]
    requests: int
    charged: Mapping[str, str]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of a case: its steps, the rows of every table, and requests for which it has no answer."""

    steps: list[Step]
    tables: Mapping[str, pl.DataFrame]
    without_route: list[str]


def play(case: Case) -> Outcome:
    """Run the assets of a case, as often as it says, and read what came out.

    Raises:
        CaseError: The brief of the case is wrong, or an asset is unknown.
    """
    at, begun = case.at or datetime.now(UTC), time.monotonic()

    def now() -> datetime:
        return at + timedelta(seconds=time.monotonic() - begun)  # a clock that stands never grants a permit

    with tempfile.TemporaryDirectory(prefix="replay-") as name, CaseServer(case.routes, now) as server:
        folder = Path(name)
        (folder / "campaigns").mkdir()
        (folder / "campaigns" / f"{SLUG}.yaml").write_text(case.brief)
        with _keys_set():
            resources = from_environment(_environment(folder, server.base_url))
            faults = resources.paid_client.briefs().faults
            if faults:
                raise CaseError(f"The brief of the case {case.name} is wrong: {faults[0]}")
            steps = []
            for _ in range(case.steps):
                before = server.requests
                failures = _run(case, resources, at)
                steps.append(
                    Step(
                        succeeded=not failures,
                        failures=failures,
                        requests=server.requests - before,
                        charged=_charged(resources),
                    )
                )
            return Outcome(steps=steps, tables=_tables(resources), without_route=server.without_route)


def _environment(folder: Path, base_url: str) -> dict[str, str]:
    environ = {
        "CREATOR_ASSETS_DATA": str(folder / "data"),
        "CREATOR_ASSETS_CAMPAIGNS": str(folder / "campaigns"),
        "CREATOR_ASSETS_REALM": "sandbox-replay",
        "CREATOR_ASSETS_CLOCK": f"{base_url}{CLOCK_PATH}",
    }
    for name, provider in PROVIDERS.items():
        environ[provider.variable("BASE_URL")] = f"{base_url}/{name}"
        environ[provider.variable("CREDIT_LIMIT")] = CREDIT_LIMIT
        environ |= {
            provider.variable(setting): "replay" for setting in provider.account_settings if setting == "CLIENT_ID"
        }
    return environ


@contextmanager
def _keys_set() -> Iterator[None]:
    """Set a key that nobody accepts for every provider, and put back what was there."""
    names = [provider.variable("API_KEY") for provider in PROVIDERS.values()]
    before = {name: os.environ.get(name) for name in names}
    os.environ |= dict.fromkeys(names, "replay-key")
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _run(case: Case, resources: Resources, at: datetime) -> list[str]:
    """Materialize the assets of the case: what has no partitions, then its week, then its day."""
    kinds = {node.name: node.kind for node in asset_graph().nodes}
    unknown = sorted(set(case.assets) - kinds.keys())
    if unknown:
        raise CaseError(f"The case {case.name} names no asset: {', '.join(unknown)}. Correct its `assets`.")
    day = current_day(at)
    partitions = {
        None: None,
        PartitionKind.WEEK: Partition.week_of(SLUG, day),
        PartitionKind.DAY: Partition.day_of(SLUG, day),
    }
    job = build_definitions(resources.by_key()).resolve_implicit_global_asset_job_def()
    failures: list[str] = []
    with dg.DagsterInstance.ephemeral() as instance:
        for kind, partition in partitions.items():
            chosen = [dg.AssetKey(name) for name in case.assets if kinds[name] is kind]
            if chosen:
                result = job.execute_in_process(
                    instance=instance,
                    tags=range_tags(partition, partition) if partition else {},
                    run_config=_QUIET,
                    raise_on_error=False,
                    asset_selection=chosen,
                )
                failures += [_reason(event) for event in result.all_events if event.is_step_failure]
    return failures


def _reason(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return f"{event.step_key}: {failure.user_failure_data.description}"
    return f"{event.step_key}: {failure.error.message if failure.error else 'it failed'}"


def _charged(resources: Resources) -> dict[str, str]:
    client = resources.paid_client.open()
    try:
        charged: dict[str, int] = {}
        for state in client.ledger.balances():
            if state.scope in PROVIDERS and state.spent_microcredits:
                charged[state.scope] = charged.get(state.scope, 0) + state.spent_microcredits
        return {name: format_credits(amount) for name, amount in charged.items()}
    finally:
        resources.paid_client.close()


def _tables(resources: Resources) -> dict[str, pl.DataFrame]:
    store = resources.tables.open()
    found: dict[str, Any] = {}
    for name, schema in ALL_TABLES.items():
        if store.partitions(name):
            found[name] = store.read(schema, name, keys=PARTITION_KEYS[name])
    return found
