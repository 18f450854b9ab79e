"""Every budget as the ledger counts it, beside the balance that its provider states."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from creator_assets.assets.framework.blueprint import free_asset
from creator_assets.assets.framework.step import Step
from creator_assets.ledger.book_records import BudgetState
from creator_assets.ledger.reconciliation.records import Balance, Reconciliation
from creator_assets.ledger.records import Window
from creator_assets.providers.capabilities import capabilities_for
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.statements import ReportedBalance
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.fetch import FetchContext
from creator_assets.tables import schemas

Compared = tuple[ReportedBalance, Reconciliation]


@free_asset(group="credits", deps=["discovery_results", "enriched_profiles"], resources=("paid_client", "tables"))
def provider_balances(step: Step) -> dict[str, Any]:
    """Every budget as the ledger counts it, and what the provider itself says is left. Free to ask for."""
    client = step.run.paid_client
    now = client.open().ledger.now()
    compared = _compare_balances(step)
    rows = pl.DataFrame(
        [_row(state, compared.get(state.scope), now) for state in client.balances()],
        schema={name: column.dtype for name, column in schemas.ProviderBalances.columns().items()},
        orient="row",
    )
    verdicts = {f"compared/{name}": str(result.verdict) for name, (_, result) in compared.items()}
    return step.write(rows, balances=client.balances()) | verdicts


def _compare_balances(step: Step) -> dict[str, Compared]:
    """Ask each provider with a key for its balance and reconcile the ledger with it, by provider."""
    client = step.run.paid_client
    ledger = client.open().ledger
    compared: dict[str, Compared] = {}
    for can in capabilities_for(CapabilityKind.BALANCE):
        now = ledger.now()
        # Only an answer of this moment will do.
        window = Window(start=now, end=now + timedelta(hours=1), reuse_since=now)
        context = FetchContext(spender=step.run.attribution(None), window=window)
        token = ledger.start_reconciliation(can.provider)
        try:
            fetched = client.fetch([can.pages(client.settings()[can.provider])], context)
        except PaidCallError as unknown:
            # The books are no less true where one provider has no key or does not answer.
            step.run.context.log.warning(str(unknown))
            continue
        stated = can.rows(fetched.answers[0][0])
        used = stated.used_microcredits
        balance = (
            Balance(used_microcredits=used) if used is not None else Balance(left_microcredits=stated.left_microcredits)
        )
        result = ledger.reconcile(token, balance, left_microcredits=stated.left_microcredits)
        compared[can.provider] = (stated, result)
    return compared


def _row(state: BudgetState, compared: Compared | None, now: datetime) -> tuple[Any, ...]:
    stated, result = compared or (None, None)
    return (
        state.scope,
        state.period,
        state.limit_microcredits,
        state.spent_microcredits,
        state.held_microcredits,
        state.in_doubt_microcredits,
        state.left_microcredits,
        stated.left_microcredits if stated else None,
        stated.used_microcredits if stated else None,
        str(result.verdict) if result else "",
        result.drift_microcredits if result else None,
        now,
    )
