"""Every declared operation, held against the documents and against what its users need to know."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from creator_assets.providers.contract.operations import Operation
from creator_assets.providers.registry import OPERATIONS, PROVIDERS
from tests.providers.examples import OPERATION_IDS

DOCUMENTED = (
    "IT-1", "IT-2", *(f"ID-{number}" for number in range(1, 10)), "KA-1", *(f"IC-{number}" for number in range(1, 25)),
)  # fmt: skip
BY_ID = {operation.id: operation for operation in OPERATIONS}
# What the table says in words, by operation: a price that depends, and one that the seed lost.
SAID_IN_WORDS = {"IT-1": "1", "ID-3": "1", "IC-18": "2"}
VENDORS = {"IT": "influtics", "ID": "infludata", "KA": "keyapi", "IC": "influencers_club"}


@pytest.mark.parametrize("place", range(36))
def test_each_operation_is_declared_as_the_documents_have_it(documented: list[dict[str, Any]], place: int) -> None:
    row = documented[place]
    operation = BY_ID[row["id"]]
    assert operation.provider == VENDORS[row["vendor"]]
    assert (operation.method, operation.path) == (row["method"], row["path"])
    assert operation.price.credits == Decimal(SAID_IN_WORDS.get(row["id"]) or row["cost"])
    assert operation.source == row["seed"]
    assert operation.authenticated is row.get("auth", True)
    limits = row.get("limits", {})
    stated = next((limits[name] for name in ("urls", "items", "limit", "creators_max") if name in limits), None)
    assert stated in {None, operation.batch_limit}
    assert operation.is_free is (row["charge"] in {"never", "records only"} or row["charge"].startswith("never;"))


def test_the_documents_name_36_operations_and_no_other_is_taken_for_one_of_them(
    documented: list[dict[str, Any]],
) -> None:
    assert [row["id"] for row in documented] == list(DOCUMENTED)
    assert len(BY_ID) == len(OPERATIONS)
    assert {operation.provider for operation in OPERATIONS} == set(PROVIDERS)
    undocumented = [operation for operation in OPERATIONS if operation.id not in DOCUMENTED]
    assert all(operation.source.startswith("https://") for operation in undocumented)


def test_each_documented_operation_has_an_example() -> None:
    assert set(DOCUMENTED) <= set(OPERATION_IDS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_each_operation_states_usage_rates_unit_and_price(operation: Operation) -> None:
    assert operation.used_by
    assert operation.rates
    assert operation.price.unit
    assert operation.price.microcredits >= 0


def test_names_are_unique_within_a_provider() -> None:
    assert len({(operation.provider, operation.name) for operation in OPERATIONS}) == len(OPERATIONS)


def test_no_module_of_the_providers_has_more_than_300_lines() -> None:
    room = Path(__file__).resolve().parents[2] / "creator_assets" / "providers"
    lines = {str(path.relative_to(room)): len(path.read_text().splitlines()) for path in room.rglob("*.py")}
    assert not {name: count for name, count in lines.items() if count > 300}
