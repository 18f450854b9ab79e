"""Dagster's own daemon takes a campaign from its brief through a batch, a pause, a top-up and the collection.

Nobody helps but for the top-up. Every row and every credit is then compared with the sandbox's own records. It takes
as long as the sensors' real intervals, a few minutes, so it runs where `CREATOR_ASSETS_SLOW_TESTS` is set.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from creator_assets.partitions import Partition
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.pending_records import WorkState
from creator_assets.tables import schemas
from creator_assets.tables.store import Tables
from tests.market import CLUB, KEYS, Market

CHECKOUT = Path(__file__).parents[2]
LONGEST_SECONDS = 420
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

pytestmark = pytest.mark.skipif(
    not os.environ.get("CREATOR_ASSETS_SLOW_TESTS"), reason="takes minutes: set CREATOR_ASSETS_SLOW_TESTS=1 to run it"
)


@pytest.fixture
def own_market() -> Iterator[Market]:
    market = Market.start(start_at=datetime.now(UTC).isoformat())
    yield market
    market.close()


def environment(home: Path, market: Market) -> dict[str, str]:
    return os.environ | {
        "DAGSTER_HOME": str(home),
        "PYTHONPATH": str(CHECKOUT),
        "CREATOR_ASSETS_DATA": str(home / "data"),
        "CREATOR_ASSETS_REALM": "sandbox-test",
        "CREATOR_ASSETS_CAMPAIGNS": str(home / "campaigns"),
        "INFLUENCERS_CLUB_BASE_URL": market.running.url(CLUB),
        "INFLUENCERS_CLUB_API_KEY": KEYS[CLUB],
        "INFLUENCERS_CLUB_CREDIT_LIMIT": "1000",
    }


def wait_until(met: Callable[[], bool], what: str) -> None:
    ends_at = time.monotonic() + LONGEST_SECONDS
    while not met():
        assert time.monotonic() < ends_at, f"{what} did not come about"
        time.sleep(1)


def test_a_batch_is_handed_in_paused_topped_up_resumed_and_collected_by_the_daemon(
    tmp_path: Path, own_market: Market
) -> None:
    own_market.open()
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "many.yaml").write_text(BRIEF, encoding="utf-8")
    shutil.copy(CHECKOUT / "dagster.yaml", tmp_path)
    week = Partition.week_of("many", datetime.now(UTC).date())
    env = environment(tmp_path, own_market)
    own_market.set_account(CLUB, set_balance="41.5")
    first = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "creator_assets.definitions", "--partition"]
    select = ["--select", "discovery_results,shortlist,enrichment_batches,enriched_profiles"]
    subprocess.run([*first, str(week.key), *select], cwd=tmp_path, env=env, check=True, timeout=120)
    ledger = Ledger.open(tmp_path / "data" / "ledger-sandbox-test.sqlite", realm="sandbox-test")

    def state() -> WorkState:
        (work,) = ledger.pending.of_partition("enrichment_batches", str(week.key))
        return work.state

    assert state() is WorkState.WAITING
    command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "creator_assets.definitions"]
    with (tmp_path / "daemon.log").open("wb") as log:
        daemon = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until(lambda: state() is WorkState.PAUSED, "the pause")
            own_market.set_account(CLUB, set_balance="500")
            wait_until(lambda: state() is WorkState.COLLECTED, "the collection")
        finally:
            os.killpg(daemon.pid, signal.SIGTERM)
            daemon.wait(timeout=30)
    rows = Tables(tmp_path / "data" / "tables").read(schemas.EnrichedProfiles, "enriched_profiles", week.path_parts)
    assert rows.height == 110
    assert ledger.check() == []
    (budget,) = [one for one in ledger.balances() if one.scope == CLUB and one.is_current]
    assert (budget.held_microcredits, budget.in_doubt_microcredits) == (0, 0)
    assert budget.spent_microcredits == own_market.charged(CLUB)
    meter = own_market.control.get("/meter").json()[CLUB]["operations"]["IC-18"]
    assert rows.filter(pl.col("state") == "enriched").height * 1_000_000 == meter["charged_microcredits"]
    assert rows["cost_microcredits"].sum() == meter["charged_microcredits"]
    assert meter["requests"] == 1
    ledger.close()
