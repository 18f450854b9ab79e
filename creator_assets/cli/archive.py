"""``creator-assets archive stats | compact | verify``: the bodies of all answers that were paid for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
import typer

from creator_assets.cli.checkout import ledger_of_checkout
from creator_assets.cli.exit_codes import FAILURE
from creator_assets.cli.options import JsonObject
from creator_assets.cli.screen import console, show_error, show_json

app = typer.Typer(no_args_is_help=True, help="Inspect and maintain the archive of paid answers.")


@app.command(help="Show how many answers the archive holds, their size, and where they are stored.")
def stats(json: JsonObject = False) -> None:
    """Show the size of the archive."""
    with ledger_of_checkout() as ledger:
        _show(ledger.archive_stats(), json=json)


@app.command(
    help="Move old answers from the ledger's database to Parquet segments. Reads each answer back before it deletes "
    "the original."
)
def compact(
    older_than_days: Annotated[
        int, typer.Option(metavar="DAYS", help="Move only answers older than this.", min=0)
    ] = 30,
    json: JsonObject = False,
) -> None:
    """Move old bodies out of the ledger's database."""
    with ledger_of_checkout() as ledger:
        _show(ledger.compact_archive(older_than=timedelta(days=older_than_days)), json=json)


@app.command(help="Read every answer and compare it with its hash. Exits with 1 if one is damaged.")
def verify(json: JsonObject = False) -> None:
    """Look for damage."""
    with ledger_of_checkout() as ledger:
        report = ledger.verify_archive()
    _show(report, json=json)
    if report.damaged:
        show_error("A damaged answer counts as missing, so it would be bought again. Restore the file from a backup.")
        raise typer.Exit(FAILURE)


def _show(report: msgspec.Struct, *, json: bool) -> None:
    if json:
        show_json(report)
        return
    for name in report.__struct_fields__:
        console.print(f"{name.replace('_', ' ')}: {getattr(report, name)}", markup=False)
