"""The ledger against a model of it, with an omniscient provider: random histories, both back ends.

Set ``CREATOR_ASSETS_LONG_PROOFS=1`` for many more histories.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from creator_assets.ledger.ledger import Ledger
from tests.ledger.ledger_machine import LedgerMachine
from tests.ledger.scenery import ManualClock, open_ledger

LONG = bool(os.environ.get("CREATOR_ASSETS_LONG_PROOFS"))
QUICK = bool(os.environ.get("CREATOR_ASSETS_QUICK_TESTS"))  # `make fast`: a look, not a proof
EXAMPLES = {"sqlite": 3000 if LONG else 20 if QUICK else 120, "postgres": 1000 if LONG else 40}


@pytest.fixture
def ledger(target: str | Path) -> Iterator[Ledger]:
    with open_ledger(target, ManualClock()) as opened:
        yield opened


def test_random_histories_agree_with_the_model(ledger: Ledger, report: Callable[[str], None]) -> None:
    clock, counts = ledger._clock, {"steps": 0}
    machine = type("Machine", (LedgerMachine,), {"ledger": ledger, "clock": clock, "counts": counts})
    dialect = ledger._database.dialect
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[dialect],
            stateful_step_count=40,
            derandomize=not LONG,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    report(f"stateful, {dialect}: {EXAMPLES[dialect]} histories, {counts['steps']} steps compared, 0 violations")
