"""``creator-assets backfill ASSET``: make a range of weeks or days again or for the first time, after its price.

Options and what is shown belong here; which partitions are chosen and how they are run stands in ``backfilling.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creator_assets.cli.checkout import enter_checkout, providers_reachable
from creator_assets.cli.days import day_of
from creator_assets.cli.plan import EXIT_DOES_NOT_FIT
from creator_assets.cli.screen import complain, console, show_json

HELP = (
    "Make an asset's partitions of a range of weeks or days that are not there yet. Prints what that costs, then asks. "
    "May be repeated: only the gap is made, and of it only what the archive lacks is bought."
)


def run(
    asset: Annotated[str, typer.Argument(help="The asset, such as enriched_profiles.")],
    first: Annotated[str, typer.Option("--from", help="A day of the first week, or the first day, YYYY-MM-DD.")],
    last: Annotated[
        str | None, typer.Option("--to", help="A day of the last week, or the last day; left out, today.")
    ] = None,
    campaign: Annotated[list[str] | None, typer.Option(help="Only this campaign; may be given more than once.")] = None,
    with_upstream: Annotated[
        bool, typer.Option("--with-upstream", help="Make what the asset rests on as well.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Make those that are there anew, too.")] = False,
    universe: Annotated[Path | None, typer.Option(help="Parquet file of creators of the sandbox.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object; without --yes nothing is run.")] = False,
) -> None:
    """Plan, ask, run; ends with 3 where it does not fit and with 1 where partitions could not be made."""
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
            raise typer.Exit(EXIT_DOES_NOT_FIT)
        if backfill.to_make and not json and not yes:
            typer.confirm(f"Make {len(backfill.to_make)} partitions?", abort=True)
        if yes or not json:
            backfill.run(say=lambda text: None if json else console.print(text, markup=False))
        if json:
            show_json(backfill.as_json())
        else:
            console.print(backfill.said, markup=False, soft_wrap=True)
    for reason in backfill.failures:
        complain(reason)
    if backfill.failures:
        raise typer.Exit(1)
