"""Running sandboxes for the tests of this folder, and the documents that the tests compare them with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from creator_assets.sandbox import RunningSandbox
from tests.reference import reference
from tests.sandboxes import starting

KEYS = {
    "influencers_club": "sandbox-influencers-club",
    "infludata": "sandbox-infludata",
    "influtics": "sandbox-influtics",
    "keyapi": "sandbox-keyapi",
}


class SandboxBench:
    """A running sandbox with one client for each provider and one for the control paths."""

    def __init__(self, running: RunningSandbox) -> None:
        self.running = running
        self.control = httpx.Client(base_url=running.url("_sandbox"), timeout=30)
        self._clients = {
            name: httpx.Client(base_url=running.url(name), headers={"Authorization": f"Bearer {key}"}, timeout=30)
            for name, key in KEYS.items()
        }
        self.club = self._clients["influencers_club"]
        self.infludata = self._clients["infludata"]
        self.influtics = self._clients["influtics"]
        self.keyapi = self._clients["keyapi"]

    def close(self) -> None:
        for client in (self.control, *self._clients.values()):
            client.close()
        self.running.stop()

    def charged(self, provider: str) -> Decimal:
        return Decimal(self.control.get("/meter").json()[provider]["charged"])

    def advance(self, **duration: float) -> None:
        factors = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
        seconds = sum(amount * factors[unit] for unit, amount in duration.items())
        assert self.control.post("/clock", json={"advance_seconds": seconds}).status_code == 200

    def set_account(self, provider: str, **changes: Any) -> None:
        response = self.control.post("/accounts", json={"key": KEYS[provider], **changes})
        assert response.status_code == 200, response.text

    def fault(self, **rule: Any) -> None:
        response = self.control.post("/faults", json=rule)
        assert response.status_code == 201, response.text


Start = Callable[..., SandboxBench]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start sandboxes with the given settings and stop them all afterwards."""
    yield from starting(SandboxBench, size=20_000)


@pytest.fixture
def bench(start: Start) -> SandboxBench:
    """A new sandbox on a Monday noon, with rate limits that no test reaches."""
    return start()


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the providers' own documents."""
    return reference("seeds", "the providers' documents")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real creators and videos."""
    return reference("data", "real creators and videos")


def shape_differences(example: Any, response: Any, path: str = "") -> list[str]:
    """List the fields and types in which a response differs from a documented example; null fits everything."""
    if example is None or response is None:
        return []
    if isinstance(example, dict) and isinstance(response, dict):
        differences = [f"{path}: only one side has {name}" for name in sorted(set(example) ^ set(response))]
        return differences + [
            difference
            for name in set(example) & set(response)
            for difference in shape_differences(example[name], response[name], f"{path}/{name}")
        ]
    if isinstance(example, list) and isinstance(response, list):
        return [
            difference
            for at, one in enumerate(response)
            for difference in (shape_differences(example[0], one, f"{path}/{at}") if example else [])
        ]
    numbers = (int, float)
    alike = type(example) is type(response) or (
        isinstance(example, numbers) and isinstance(response, numbers) and not isinstance(example, bool)
    )
    return [] if alike else [f"{path}: {type(example).__name__} became {type(response).__name__}"]
