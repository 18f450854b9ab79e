"""Sandboxes to ask, and the documents to hold the declarations against."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reference import reference
from tests.sandboxes import starting

from .bench import ProviderBench


@pytest.fixture
def start() -> Iterator[Callable[..., ProviderBench]]:
    """Start sandboxes with the given settings and stop them all afterwards."""
    yield from starting(ProviderBench, size=5_000)


@pytest.fixture
def bench(start: Callable[..., ProviderBench]) -> ProviderBench:
    """A fresh sandbox on a Monday noon, with rate limits out of the way."""
    return start()


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the providers' own documents."""
    return reference("seeds", "the providers' documents")


@pytest.fixture(scope="session")
def documented() -> list[dict[str, Any]]:
    """The documented operations, one mapping each."""
    page = reference("vendors/contract.json", "the documented operations")
    endpoints: list[dict[str, Any]] = json.loads(page.read_text())["endpoints"]
    return endpoints
