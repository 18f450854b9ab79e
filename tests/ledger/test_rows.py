"""Named rows: a record and its query must agree in names, order and types, on both back ends."""

from __future__ import annotations

import pytest

from creator_assets.ledger.errors import LedgerError
from creator_assets.ledger.storage.rows import Row
from tests.ledger.scenery import LedgerDriver


class Limit(Row, frozen=True):
    scope: str
    limit_microcredits: int


@pytest.mark.parametrize(
    "columns",
    [
        "limit_microcredits, scope",  # another order
        "scope, limit_microcredits AS amount_microcredits",  # another name
        "scope",  # one too few
        "scope, limit_microcredits, period",  # one too many
    ],
)
def test_a_query_whose_columns_are_not_its_records_fields_is_refused(desk: LedgerDriver, columns: str) -> None:
    with pytest.raises(LedgerError, match="Limit has the fields"):
        desk.ledger._database.query(Limit, f"SELECT {columns} FROM budget")  # noqa: S608


def test_a_column_of_another_type_than_its_field_is_refused(desk: LedgerDriver) -> None:
    with pytest.raises(LedgerError, match="another type than Limit says"):
        desk.ledger._database.query(Limit, "SELECT scope, period AS limit_microcredits FROM budget")


def test_rows_are_records_with_the_columns_names(desk: LedgerDriver) -> None:
    (row,) = desk.ledger._database.query(Limit, "SELECT scope, limit_microcredits FROM budget")
    assert row == Limit(scope="plan", limit_microcredits=100_000_000)
