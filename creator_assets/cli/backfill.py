"""``creator-assets backfill ASSET``: materialize a range of weeks or days, after its cost is known.

Options and output belong here. Which partitions are chosen, and how they run, belongs to ``backfilling``.
"""

from __future__ import annotations

from typing import Annotated

import typer

from creator_assets.cli.checkout import enter_checkout, providers_reachable
from creator_assets.cli.exit_codes import FAILURE, PLAN_EXCEEDS_BUDGET
from creator_assets.cli.options import Campaigns, Universe, Yes, day_of
from creator_assets.cli.screen import console, show_error, show_json, show_text

HELP = (
    "Materialize an asset's missing partitions for a range of weeks or days. Shows the cost and asks before it buys. "
    "Safe to run again: it buys only what the archive does not have."
)


def run(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="Name of the asset, such as enriched_profiles.")],
    first: Annotated[
        str, typer.Option("--from", metavar="DATE", help="First day, or any day of the first week, as YYYY-MM-DD.")
    ],
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="Last day, or any day of the last week. Default: today."),
    ] = None,
    campaign: Campaigns = None,
    with_upstream: Annotated[
        bool, typer.Option("--with-upstream", help="Materialize the assets that it depends on, too.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Materialize partitions again that are already there.")
    ] = False,
    universe: Universe = None,
    yes: Yes = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object. Runs nothing without --yes.")] = False,
) -> None:
    """Plan, ask, run."""
    begin, end = day_of(first, "--from"), day_of(last, "--to") if last else None
    data = enter_checkout()
    with providers_reachable(data, universe):
        from creator_assets.cli.backfilling import Backfill  # noqa: PLC0415 - Dagster takes a moment to import

        backfill = Backfill(asset, begin, end, campaign, with_upstream=with_upstream, again=again)
        if not json:
            backfill.show()
        if not backfill.fits:
            if json:
                show_json(backfill.as_json())
            raise typer.Exit(PLAN_EXCEEDS_BUDGET)
        if backfill.to_make and not json and not yes:
            typer.confirm(f"Materialize {len(backfill.to_make)} partitions?", abort=True)
        if yes or not json:
            backfill.run(show=lambda text: None if json else console.print(text, markup=False))
        if json:
            show_json(backfill.as_json())
        else:
            show_text(backfill.result_in_words)
    for failure in backfill.failures:
        show_error(failure)
    if backfill.failures:
        raise typer.Exit(FAILURE)
