"""Ctrl-C in the middle of a fetch: what is under way is booked, nothing is lost, the next run buys only the rest."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.market import CLUB, CREDIT, ClientUnderTest, full, purpose_of

OpenTill = Callable[..., ClientUnderTest]
HANDLES = [f"somebody.{number}" for number in range(40)] + ["cristiano", "leomessi", "adidas"]
SHOPPER = """
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from tests.market import NOON, Market, ClientUnderTest, full

base_url, folder, *handles = sys.argv[1:]
market = Market(SimpleNamespace(url=lambda name: f"{base_url}/{name}"))
begun = time.monotonic()
till = ClientUnderTest.open(market, Path(folder), clock=lambda: NOON + timedelta(seconds=time.monotonic() - begun))
print("shopping", flush=True)
try:
    till.fetch(*map(full, handles))
except KeyboardInterrupt:
    till.paid_client.close()
    print("interrupted", flush=True)
"""


def interrupted_after(requests: int, till: ClientUnderTest, folder: Path) -> float:
    """Start a process that shops, interrupt it once so many requests have arrived; how long it took to stop."""
    command = [sys.executable, "-c", SHOPPER, till.market.running.base_url, str(folder), *HANDLES]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2], start_new_session=True
    ) as child:
        try:
            deadline = time.monotonic() + 30
            while len(till.market.requests(CLUB)) < requests:
                assert time.monotonic() < deadline, "the child never got that far"
                time.sleep(0.01)
            child.send_signal(signal.SIGINT)
            interrupted_at = time.monotonic()
            output, _ = child.communicate(timeout=30)
        finally:
            child.kill()
    assert output.split() == ["shopping", "interrupted"]
    return time.monotonic() - interrupted_at


@pytest.mark.parametrize("requests", [1, 7])
def test_what_is_under_way_is_booked_and_the_rest_is_bought_later(
    till: ClientUnderTest, tmp_path: Path, requests: int
) -> None:
    till.market.fault("latency", "IC-14", seconds=0.15, count=None)
    interrupted_after(requests, till, tmp_path)
    answered = len(till.market.requests(CLUB))
    assert requests <= answered < len(HANDLES)
    # Whatever arrived at the provider is booked with its answer: nothing is held, nothing is in doubt.
    attempts = list(till.ledger.attempts())
    assert sum(attempt.state == "settled" for attempt in attempts) == answered
    assert {attempt.state for attempt in attempts} <= {"settled", "voided"}
    till.market.control.delete("/faults")
    rest = till.fetch(*map(full, HANDLES), purpose=purpose_of(run_id="run-2"))
    assert (rest.fetch_stats.archive_hits, rest.fetch_stats.requests) == (answered, len(HANDLES) - answered)
    assert till.market.charged(CLUB) == 3 * CREDIT


def test_a_pause_between_retries_does_not_hold_up_an_interrupt(till: ClientUnderTest, tmp_path: Path) -> None:
    till.market.fault("status", "IC-14", status=429, retry_after="100", count=None)
    assert interrupted_after(1, till, tmp_path) < 10
    assert till.books(CLUB) == (0, 0, 0)
