"""What goes wrong around the daemon: killed in the middle of a tick, new code, a second daemon, ticks that time out.

One batch lives through all of it, on Dagster's own daemons and a code server, and in the end neither a row nor a
credit is other than without them.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.scheduler.instigation import TickStatus

from creator_assets.ledger.jobs.records import JobState
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.tables import schemas
from tests.automation.daemon import CLUB, DaemonHome
from tests.market import MONDAY

CREDIT = 1_000_000
SLUG = "many"
WEEK = Partition.week_of(SLUG, MONDAY.date())
BRIEF = """
brief: {market: Germany, start: 2026-01-01, end: 2030-12-31, currency: EUR}
budget: {influencers_club: 250}
discovery:
  - name: many
    provider: influencers_club
    platform: instagram
    max_creators: 150
    filters: {number_of_followers: {min: 1_000}}
shortlist: {top: 110, min_engagement_rate: 0}
profiles: {depth: full, max_age: 30d, provider: influencers_club}
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DaemonHome]:
    settings = SandboxSettings(size=2_000, rate_limit_scale=1_000.0, start_at=WEEK.start.isoformat())
    with start_in_background(settings) as sandbox, closing(DaemonHome(tmp_path, sandbox)) as made:
        yield made


@pytest.fixture
def ledger(home: DaemonHome) -> Iterator[Ledger]:
    """A batch that has stopped after forty rows, and is being waited for."""
    home.brief(SLUG, BRIEF)
    home.account(CLUB, set_balance="41.5")
    home.dagster("asset", "materialize", "--select", "*creator_scorecard,*roster_reach", "--partition", str(WEEK.key))
    with home.ledger() as opened:
        assert state(opened) is JobState.WAITING
        yield opened


def state(ledger: Ledger) -> JobState:
    (work,) = ledger.jobs.of_partition("enrichment_batches", str(WEEK.key))
    return work.state


def test_a_killed_daemon_new_code_a_second_daemon_and_lost_ticks_change_neither_rows_nor_credits(
    home: DaemonHome, ledger: Ledger
) -> None:
    port = free_port()
    workspace = home.home / "workspace.yaml"
    workspace.write_text(f"load_from: [grpc_server: {{host: 127.0.0.1, port: {port}, location_name: creator_assets}}]")
    with home.code_server(port) as code, home.daemon("-w", str(workspace)) as daemon:
        killed_between_the_resumption_and_the_cursor(home, ledger, code, daemon)
    home.env["DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS"] = "4"
    home.fault("slow_body", "IC-21", seconds=8)  # the first tick that looks does not come back in time
    home.brief("another", BRIEF)  # the code that is loaded now is not the code of the first tick
    with ExitStack() as stack:
        stack.enter_context(home.code_server(port))
        for _ in range(2):
            stack.enter_context(home.daemon("-w", str(workspace)))
        home.until(
            lambda: state(ledger) is JobState.COLLECTED, "the collection", meanwhile=lambda: home.turn(minutes=2)
        )
        with home.instance() as instance:
            home.until(lambda: home.is_idle(instance), "the end of all runs")
            assert has_lost_a_tick(instance)
    compare(home, ledger)


def killed_between_the_resumption_and_the_cursor(
    home: DaemonHome, ledger: Ledger, *processes: subprocess.Popen[bytes]
) -> None:
    """The provider lets the batch go on, and nobody is left to hear of it."""
    home.until(lambda: state(ledger) is JobState.PAUSED, "the pause", meanwhile=lambda: home.turn(minutes=2))
    with home.instance() as instance:
        home.until(lambda: profiles(home).height == 40 and home.is_idle(instance), "the collection so far")
    home.fault("slow_body", "IC-20", seconds=20)
    home.account(CLUB, set_balance="500")
    home.until(lambda: home.arrived("IC-20") == 1, "the resumption", meanwhile=lambda: home.turn(minutes=2))
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
    assert state(ledger) is JobState.PAUSED


def has_lost_a_tick(instance: dg.DagsterInstance) -> bool:
    return any(
        tick.status is TickStatus.FAILURE
        for one in instance.all_instigator_state()
        if one.origin.instigator_name == "batches_waiting"
        for tick in instance.get_ticks(one.instigator_origin_id, one.selector_id)
    )


def compare(home: DaemonHome, ledger: Ledger) -> None:
    """One batch, resumed once, each of its rows once in the table and once on the bill."""
    assert ledger.check() == []
    meter = home.meter()[CLUB]
    assert (home.arrived("IC-18"), home.arrived("IC-20")) == (1, 1)
    (budget,) = [one for one in ledger.balances() if one.scope == CLUB and one.is_current]
    assert (budget.held_microcredits, budget.in_doubt_microcredits) == (0, 0)
    assert budget.spent_microcredits == meter["charged_microcredits"]
    rows = profiles(home)
    assert rows.height == rows["username"].n_unique() == 110
    charged = meter["operations"]["IC-18"]["charged_microcredits"]
    assert charged == rows["cost_microcredits"].sum() == rows.filter(pl.col("state") == "enriched").height * CREDIT


def profiles(home: DaemonHome) -> pl.DataFrame:
    return home.tables().read(schemas.EnrichedProfiles, "enriched_profiles", WEEK.path_parts)


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
