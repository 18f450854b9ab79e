"""A house for each test of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assets.house import Project
from tests.market import Market


@pytest.fixture
def house(market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    made = Project(tmp_path, market, monkeypatch)
    yield made
    made.instance.dispose()
