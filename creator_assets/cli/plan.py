"""``creator-assets plan``: what a run would cost, line by line, before it costs anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creator_assets.cli.checkout import enter_checkout, providers_reachable
from creator_assets.cli.days import day_of

HELP = "Show what the paid assets would ask and spend, against archive and budgets. Sends nothing that costs."
EXIT_DOES_NOT_FIT = 3


def run(
    campaign: Annotated[list[str] | None, typer.Option(help="Only this campaign; may be given more than once.")] = None,
    week: Annotated[
        str | None, typer.Option(help="A day of the week to plan, YYYY-MM-DD; left out, this week.")
    ] = None,
    universe: Annotated[Path | None, typer.Option(help="Parquet file of creators of the sandbox.")] = None,
    out: Annotated[Path | None, typer.Option(help="Keep the plan in this file, to tie a run to it.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Price the wishes of the paid assets; ends with 3 where they do not fit.

    What falling through may add is cut short where it does not fit: that is said, and no reason to end with 3.
    """
    day = None if week is None else day_of(week, "--week")
    data = enter_checkout()
    with providers_reachable(data, universe):
        from creator_assets.cli import planning  # noqa: PLC0415 - Dagster takes a moment to import

        lines = planning.plan_of_week(campaign, day)
        if out is not None:
            planning.keep(lines, out)
    planning.show(lines, json=json)
    if not planning.fits(lines):
        raise typer.Exit(EXIT_DOES_NOT_FIT)
