"""``creator-assets plan``: what a run would cost, line by line, before it costs anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creator_assets.cli.checkout import enter_checkout, providers_reachable
from creator_assets.cli.exit_codes import PLAN_EXCEEDS_BUDGET
from creator_assets.cli.options import Campaigns, JsonObject, Universe, day_of

HELP = (
    "Show which requests the paid assets would make and what they would cost, against archive and budgets. Sends "
    "nothing that costs."
)


def run(
    campaign: Campaigns = None,
    week: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Plan the week of this day, as YYYY-MM-DD. Default: this week."),
    ] = None,
    universe: Universe = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the plan to this file, so that a run can be tied to it.")
    ] = None,
    json: JsonObject = False,
) -> None:
    """Price what the paid assets request.

    A waterfall that does not fit is truncated. The output says so, and the plan does not exceed a budget for it.
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
        raise typer.Exit(PLAN_EXCEEDS_BUDGET)
