"""One sandbox and one PostgreSQL server for all tests of a worker, and a till of its own for each test."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from tests.ledger.scenery import ManualClock, in_schema, postgres_server
from tests.market import NOON, ClientUnderTest, Market
from tests.object_store import ObjectStoreServer, running_object_store

# Every property has the same examples in every run, so that a failure is due to a change and not to luck. No time limit
# applies to an example: on a busy machine each takes many times as long. `pytest --hypothesis-profile random` searches
# with new examples.
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("same"), max_examples=20)
settings.register_profile("random", settings.get_profile("same"), derandomize=False)
# Tests write some 10,000 files and wait for each of them to be on the disk. Where memory can hold them, nobody waits.
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes its own folder there, for this user alone
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 * 1024**3:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
settings.load_profile("quick" if os.environ.get("CREATOR_ASSETS_QUICK_TESTS") else "same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes the PostgreSQL server by name; `target` marks its own half."""
    for item in items:
        if "postgres_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session", autouse=True)
def _home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever Dagster writes on the side (telemetry logs of throw-away instances) lands in a folder of the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(tmp_path_factory.mktemp("dagster-home")))
        patch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
        yield


@pytest.fixture(scope="session")
def market_process() -> Iterator[Market]:
    market = Market.start()
    yield market
    market.close()


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStoreServer]:
    with running_object_store() as store:
        yield store


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_target(postgres_url: str) -> Iterator[str]:
    """A schema of its own on the shared server, as the URL of a ledger."""
    schema = f"test_{secrets.token_hex(6)}"
    yield in_schema(postgres_url, schema)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('client_min_messages', 'warning', false)")
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())


@pytest.fixture
def market(market_process: Market) -> Market:
    """The shared sandbox as on its first day."""
    return market_process.open()


@pytest.fixture
def turned_clock() -> ManualClock:
    """Tuesday noon, until somebody sleeps by it."""
    return ManualClock(NOON)


@pytest.fixture
def open_till(market: Market, tmp_path: Path, turned_clock: ManualClock) -> Iterator[Callable[..., ClientUnderTest]]:
    """Open tills whose time is a clock to turn; the books of all are compared with the meter at the end.

    All of them share one ledger, as processes do.
    """
    opened: list[ClientUnderTest] = []

    def open_one(**options: Any) -> ClientUnderTest:
        given: dict[str, Any] = {"clock": turned_clock, "sleep": turned_clock.sleep} | options
        opened.append(ClientUnderTest.open(market, tmp_path, **given))
        return opened[-1]

    yield open_one
    try:
        for one in opened:
            one.compare()
    finally:
        for one in opened:
            one.paid_client.close()


@pytest.fixture
def till(open_till: Callable[..., ClientUnderTest]) -> ClientUnderTest:
    """The usual till: every provider of the market, 500 credits of each for the campaign."""
    return open_till()
