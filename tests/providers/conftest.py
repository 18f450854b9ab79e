"""Sandboxes to ask, and the documents to hold the declarations against."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from creator_assets.sandbox import SandboxSettings, start_in_background

from .bench import Bench

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture
def start() -> Iterator[Callable[..., Bench]]:
    """Start sandboxes with the given settings and stop them all afterwards."""
    benches: list[Bench] = []

    def begin(**settings: Any) -> Bench:
        chosen: dict[str, Any] = {
            "size": 5_000,
            "rate_limit_scale": 1_000.0,
            "start_at": "2026-03-02T12:00:00+00:00",
        } | settings
        benches.append(Bench(start_in_background(SandboxSettings(**chosen))))
        return benches[-1]

    yield begin
    for bench in benches:
        bench.close()


@pytest.fixture
def bench(start: Callable[..., Bench]) -> Bench:
    """A fresh sandbox on a Monday noon, with rate limits out of the way."""
    return start()


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the providers' own documents."""
    folder = SHARED / "seeds"
    if not folder.is_dir():
        pytest.skip("the providers' documents (../shared/seeds) are not here")
    return folder


@pytest.fixture(scope="session")
def documented() -> list[dict[str, Any]]:
    """The documented operations, one mapping each."""
    page = SHARED / "vendors" / "contract.json"
    if not page.is_file():
        pytest.skip("the table of documented operations (../shared/vendors/contract.json) is not here")
    endpoints: list[dict[str, Any]] = json.loads(page.read_text())["endpoints"]
    return endpoints


def examples_in(page: Path) -> list[Any]:
    """Return every JSON object that a document shows, in its order."""
    text, found, position = page.read_text(), [], 0
    decoder = json.JSONDecoder()
    while (position := text.find("{", position)) >= 0:
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            position += 1
            continue
        found.append(value)
    return found
