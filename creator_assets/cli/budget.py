"""``creator-assets budget``: what is spent, held, in doubt and left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creator_assets.cli.environment import enter_checkout, providers_reachable
from creator_assets.cli.screen import console, show_json, show_table
from creator_assets.microcredits import format_credits

if TYPE_CHECKING:
    from creator_assets.spending.comparisons import Drift
    from creator_assets.spending.records import BudgetState

HELP = "Show every budget: limit, spent, held for requests under way, in doubt, left, and drift from the provider."


def run(
    universe: Annotated[Path | None, typer.Option(help="Parquet file of creators of the sandbox.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Show the budgets of the ledger."""
    data = enter_checkout()
    with providers_reachable(data, universe):
        _show(json=json)


def _show(*, json: bool) -> None:
    from creator_assets.resources import from_environment  # noqa: PLC0415 - Dagster takes a moment to import

    door = from_environment(os.environ).door
    states = door.balances()
    ledger = door.open().ledger
    drifts = {drift.scope: drift for drift in ledger.drift()}
    if json:
        budgets: list[dict[str, str | None]] = [
            {
                "scope": state.scope,
                "period": state.period,
                **{name: format_credits(amount) for name, amount in _amounts(state).items()},
                "drift": format_credits(drifts[state.scope].drift_microcredits) if state.scope in drifts else None,
            }
            for state in states
        ]
        show_json({"realm": door.realm, "budgets": budgets})
        return
    rows = [
        [
            state.scope,
            state.period,
            *map(format_credits, _amounts(state).values()),
            _drift(drifts.get(state.scope)),
        ]
        for state in states
        # A campaign that may spend nothing with a provider has nothing to show for it.
        if any(_amounts(state).values()) or ":" not in state.scope
    ]
    numbers = ["limit", "spent", "held", "in doubt", "left", "drift"]
    title = f"Budgets in realm {door.realm}, in credits of each provider"
    show_table(title, ["budget", "period", *numbers], rows, numbers=numbers)
    for notice in ledger.notices():
        console.print(f"{notice.at:%Y-%m-%d %H:%M} {notice.scope}: {notice.message}", markup=False, soft_wrap=True)


def _amounts(state: BudgetState) -> dict[str, int]:
    return {
        "limit": state.limit_microcredits,
        "spent": state.spent_microcredits,
        "held": state.held_microcredits,
        "in_doubt": state.in_doubt_microcredits,
        "left": state.left_microcredits,
    }


def _drift(drift: Drift | None) -> str:
    if drift is None:
        return ""
    return f"{format_credits(drift.drift_microcredits)} since {drift.since:%Y-%m-%d %H:%M}"
