"""Fixtures for the ledger: every test that takes `target` or `desk` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.ledger.scenery import Desk, TurnedClock, in_schema, open_ledger, postgres_server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_target(postgres_url: str) -> Iterator[str]:
    schema = f"test_{secrets.token_hex(6)}"
    yield in_schema(postgres_url, schema)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('client_min_messages', 'warning', false)")
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """A place for one ledger, on either back end."""
    if request.param == "sqlite":
        return tmp_path / "ledger.sqlite"
    return str(request.getfixturevalue("postgres_target"))


@pytest.fixture
def report(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Say one line past the capturing of output, so that a proof's counts are seen in every run."""

    def say(line: str) -> None:
        with capfd.disabled():
            sys.stderr.write(f"\n{line}\n")

    return say


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def desk(target: str | Path, clock: TurnedClock) -> Iterator[Desk]:
    """A ledger with 100 credits in the budget `plan`. Its books must be in order at the end of every test."""
    with open_ledger(target, clock) as ledger:
        made = Desk(ledger)
        made.budget(100_000_000)
        yield made
        assert ledger.check() == []
