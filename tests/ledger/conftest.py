"""Fixtures for the ledger: every test that takes `target` or `desk` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ledger.scenery import LedgerDriver, ManualClock, open_ledger


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
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
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def desk(target: str | Path, clock: ManualClock) -> Iterator[LedgerDriver]:
    """A ledger with 100 credits in the budget `plan`. Its books must be in order at the end of every test."""
    with open_ledger(target, clock) as ledger:
        made = LedgerDriver(ledger)
        made.budget(100_000_000)
        yield made
        assert ledger.check() == []
