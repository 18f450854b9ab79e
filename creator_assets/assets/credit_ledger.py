"""The ledger as a table: every request that was ever admitted."""

from __future__ import annotations

from typing import Any

import polars as pl

from creator_assets.assets.framework.blueprint import free_asset
from creator_assets.assets.framework.step import Step
from creator_assets.ledger.book_records import AttemptRecord
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.tables import schemas


@free_asset(group="credits", deps=["discovery_results", "enriched_profiles"], resources=("paid_client", "tables"))
def credit_ledger(step: Step) -> dict[str, Any]:
    """Every request that was ever admitted: who spent what, on what, and how that is known."""
    client = step.run.paid_client
    ledger = client.open().ledger
    rows = pl.DataFrame(
        [_row(attempt) for attempt in ledger.attempts()],
        schema={name: column.dtype for name, column in schemas.CreditLedger.columns().items()},
        orient="row",
    )
    return step.write(rows, balances=client.balances()) | {"violations": ledger.check()}


def _row(attempt: AttemptRecord) -> tuple[Any, ...]:
    return (
        attempt.attempt_id,
        attempt.provider,
        attempt.operation,
        str(attempt.state),
        attempt.upper_microcredits,
        attempt.charge_microcredits,
        attempt.basis,
        attempt.asset,
        attempt.partition,
        "" if attempt.campaign == NO_CAMPAIGN else attempt.campaign,
        attempt.run_id,
        attempt.code_version,
        attempt.price_version,
        attempt.status,
        attempt.reserved_at,
        attempt.sent_at,
        attempt.closed_at,
    )
