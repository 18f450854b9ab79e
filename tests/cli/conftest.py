"""Checkouts whose day is the market's Tuesday."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.checkout import Checkout
from tests.market import Market


@pytest.fixture(scope="module")
def checkout(market_process: Market, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """One checkout for all tests of a file."""
    return Checkout(tmp_path_factory.mktemp("checkout"), market_process.open().clock_url)


@pytest.fixture
def home(market: Market, tmp_path: Path) -> Checkout:
    """A checkout of one test."""
    return Checkout(tmp_path, market.clock_url)
