"""A stage whose time a test turns: a sandbox, briefs, tables and a ledger that agree on what day it is; no test here.

Assets run on it as real Dagster runs over real HTTP. What the ledger has spent can be compared with the meter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import polars as pl
import pytest
from pydantic import create_model

from creator_assets.assets.graph import asset_graph
from creator_assets.definitions import build_definitions
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.ledger.ledger import Ledger
from creator_assets.partition_definitions import range_tags
from creator_assets.partitions import Partition
from creator_assets.resources import PaidClientResource
from creator_assets.sandbox import RunningSandbox, SandboxSettings, start_in_background
from creator_assets.settings import from_environment
from creator_assets.spending.paid_client import PaidClient
from creator_assets.spending.planning.plan import PlanLine, make_plan
from creator_assets.tables.schemas import ALL_TABLES
from tests.ledger.scenery import ManualClock

NAMES = {"influencers_club": "1000", "infludata": "5000", "influtics": "1000000", "keyapi": "500"}
_CLOCKS: dict[str, ManualClock] = {}


class TimedClientResource(PaidClientResource):
    """The paid client, by the clock of its stage."""

    def open(self) -> PaidClient:
        if self._paid_client is None:
            clock = _CLOCKS[self.ledger]
            ledger = Ledger.open(self.ledger, realm=self.realm, clock=clock, sleep=clock.sleep)
            ledger.recover()
            accounts = {name: provider.account(name) for name, provider in self.providers().items()}
            budgets = {slug: brief.budget_microcredits for slug, brief in self.campaigns.load().by_slug.items()}
            self._paid_client = PaidClient(ledger, accounts, budgets, jitter=lambda: 0.0, sleep=clock.sleep)
        return self._paid_client


class TimedProject:
    """Where runs happen; both clocks stand at `now` until they are turned."""

    def __init__(self, folder: Path, sandbox: RunningSandbox, now: datetime) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.clock = ManualClock(now)
        self.control = httpx.Client(base_url=sandbox.url("_sandbox"), timeout=30, trust_env=False)
        self.gone = False
        self.environ: dict[str, str] = {}
        self._assets: tuple[dict[str, str], list[dg.AssetsDefinition]] | None = None
        # Its tables take as long to make as a short run.
        self.instance = dg.DagsterInstance.ephemeral()
        (folder / "campaigns").mkdir()
        _CLOCKS[str(folder / "ledger.sqlite")] = self.clock

    def brief(self, slug: str, text: str) -> None:
        (self.folder / "campaigns" / f"{slug}.yaml").write_text(text)

    def turn(self, **by: float) -> None:
        """Let time go by for everybody."""
        self.clock.now += timedelta(**by)
        self.control.post("/clock", json={"set": self.clock.now.isoformat()}).raise_for_status()

    def fault(self, **rule: Any) -> None:
        self.control.post("/faults", json=rule).raise_for_status()

    def resources(self) -> dict[str, Any]:
        base = "http://127.0.0.1:9" if self.gone else self.sandbox.base_url
        environ = {
            "CREATOR_ASSETS_DATA": str(self.folder / "data"),
            "CREATOR_ASSETS_CAMPAIGNS": str(self.folder / "campaigns"),
            "CREATOR_ASSETS_LEDGER": str(self.folder / "ledger.sqlite"),
            "CREATOR_ASSETS_REALM": "sandbox-stage",
            "INFLUDATA_CLIENT_ID": "sandbox-client",
        }
        for name, limit in NAMES.items():
            environ |= {f"{name.upper()}_BASE_URL": f"{base}/{name}", f"{name.upper()}_CREDIT_LIMIT": limit}
        made = from_environment(environ | self.environ).by_key()
        paid_client = made["paid_client"]
        assert isinstance(paid_client, PaidClientResource)
        kind = type(paid_client)  # its fields follow from the registry of providers
        turned = create_model("TurnedClient", __base__=(TimedClientResource, kind))
        return made | {"paid_client": turned(**{name: getattr(paid_client, name) for name in kind.model_fields})}

    def definitions(self) -> dg.Definitions:
        return build_definitions(self.resources())

    def assets(self) -> list[dg.AssetsDefinition]:
        """All assets, made anew where a brief has changed: their partitions follow from the briefs."""
        briefs = {path.name: path.read_text() for path in (self.folder / "campaigns").iterdir()}
        if self._assets is None or self._assets[0] != briefs:
            made = self.definitions().assets or ()
            self._assets = briefs, [one for one in made if isinstance(one, dg.AssetsDefinition)]
        return self._assets[1]

    def run(
        self,
        *names: str,
        slug: str,
        day: date | None = None,
        since: date | None = None,
        daily: bool = False,
        whole: bool = False,
        raise_on_error: bool = True,
        assets: Sequence[dg.AssetsDefinition] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Materialize assets, of `assets` or of all, for the week (or day) of `day`, by default the clock's.

        With `since` all weeks (or days) from that one on are made in one run. A table without partitions is
        materialized as a `whole`.
        """
        when = day or self.clock.now.date()
        of = Partition.day_of if daily else Partition.week_of
        partition = of(slug, when)
        return dg.materialize(
            # Dagster takes as long for what is not selected as for what is.
            [one for one in assets or self.assets() if {key.to_user_string() for key in one.keys} <= {*names}],
            partition_key=None if whole or since else partition.key,
            tags=range_tags(of(slug, since), partition) if since else {},
            resources=self.resources(),
            instance=self.instance,
            raise_on_error=raise_on_error,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )

    def table(self, name: str, **within: str) -> pl.DataFrame:
        tables = self.resources()["tables"].open()
        found: pl.DataFrame = tables.read(
            ALL_TABLES[name], name, tuple(f"{key}={value}" for key, value in within.items())
        )
        return found

    def plan(self, *partitions: Partition) -> list[PlanLine]:
        """What the paid assets of these partitions would ask by now."""
        resources = self.resources()
        paid_client, campaigns = resources["paid_client"], resources["campaigns"].load()
        ledger, settings = paid_client.open().ledger, paid_client.settings()
        contexts = (plan_context(campaigns[one.campaign], one, ledger, settings) for one in partitions)
        stages = asset_graph().stages.values()
        lines = make_plan(ledger, (demand for at in contexts for demand in demands_of(stages, at)))
        paid_client.close()
        return lines

    def spent(self) -> dict[str, int]:
        """Microcredits by provider, as the ledger has them and as the meter has them, which must be the same."""
        with Ledger.open(self.folder / "ledger.sqlite", realm="sandbox-stage", clock=self.clock) as ledger:
            assert ledger.check() == []
            states = ledger.balances()
            spent = {name: sum(one.spent_microcredits for one in states if one.scope == name) for name in NAMES}
        meter: Mapping[str, Any] = self.control.get("/meter").json()
        assert spent == {name: meter[name]["charged_microcredits"] for name in NAMES}
        return spent

    def asked(self) -> int:
        """How many requests have arrived in all."""
        return sum(len(of_one) for of_one in self.control.get("/requests").json().values())


@contextmanager
def stage_at(now: datetime, folder: Path, patch: pytest.MonkeyPatch, **settings: Any) -> Iterator[TimedProject]:
    """A stage with a sandbox of its own that begins at `now`."""
    for name in NAMES:
        patch.setenv(f"{name.upper()}_API_KEY", f"sandbox-{name.replace('_', '-')}")
    chosen: dict[str, Any] = {"size": 2_000, "rate_limit_scale": 1_000.0, "start_at": now.isoformat(), "clock_rate": 0}
    with start_in_background(SandboxSettings(**(chosen | settings))) as sandbox:
        stage = TimedProject(folder, sandbox, now)
        try:
            yield stage
        finally:
            stage.control.close()
            stage.instance.dispose()


def state_of(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """What the materialization of an asset says of itself."""
    (event,) = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}
