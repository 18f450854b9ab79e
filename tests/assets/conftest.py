"""A house for each test of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tests.assets.house import House
from tests.market import Market


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty Dagster storage to copy: making one takes a second or two, most of a test's time."""
    folder = tmp_path_factory.mktemp("storage")
    dg.DagsterInstance.local_temp(str(folder)).dispose()
    return folder


@pytest.fixture
def house(market: Market, storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    made = House(tmp_path, market, monkeypatch, storage)
    yield made
    made.instance.dispose()
