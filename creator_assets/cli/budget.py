"""``creator-assets budget``: what is spent, held, in doubt and left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from creator_assets.cli.environment import enter_checkout, providers_reachable
from creator_assets.cli.screen import console, show_json, show_table
from creator_assets.microcredits import format_credits

HELP = "Show every budget: limit, spent, held for requests under way, in doubt, left."


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
    if json:
        show_json(
            {
                "realm": door.realm,
                "budgets": [
                    {
                        "scope": state.scope,
                        "period": state.period,
                        **{name: format_credits(amount) for name, amount in _amounts(state).items()},
                    }
                    for state in states
                ],
            }
        )
        return
    rows = [[state.scope, state.period, *map(format_credits, _amounts(state).values())] for state in states]
    numbers = ["limit", "spent", "held", "in doubt", "left"]
    show_table(
        f"Budgets in realm {door.realm}, in credits of each provider",
        ["budget", "period", *numbers],
        rows,
        numbers=numbers,
    )
    for notice in door.open().ledger.notices():
        console.print(f"{notice.at:%Y-%m-%d %H:%M} {notice.scope}: {notice.message}", markup=False)


def _amounts(state: object) -> dict[str, int]:
    names = ("limit", "spent", "held", "in_doubt", "left")
    return {name: getattr(state, f"{name}_microcredits") for name in names}
