"""``creator-assets archive stats | compact | verify``: the bodies of all answers that were paid for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
import typer

from creator_assets.cli.checkout import ledger_of_checkout
from creator_assets.cli.screen import complain, console, show_json

app = typer.Typer(no_args_is_help=True, help="Look after the archive of all answers that were paid for.")
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")]


@app.command(help="How many answers there are, how large they are and where they lie.")
def stats(json: Json = False) -> None:
    """Show the size of the archive."""
    with ledger_of_checkout() as ledger:
        _show(ledger.archive_stats(), json=json)


@app.command(help="Move bodies to immutable Parquet segments, each read back before the ledger lets go of it.")
def compact(
    older_than_days: Annotated[int, typer.Option(help="Only answers older than this.", min=0)] = 30, json: Json = False
) -> None:
    """Move old bodies out of the ledger's database."""
    with ledger_of_checkout() as ledger:
        _show(ledger.compact_archive(older_than=timedelta(days=older_than_days)), json=json)


@app.command(help="Read every body and compare it with its hash; ends with 1 where one is damaged.")
def verify(json: Json = False) -> None:
    """Look for damage."""
    with ledger_of_checkout() as ledger:
        report = ledger.verify_archive()
    _show(report, json=json)
    if report.damaged:
        complain(
            "A damaged answer counts as missing: it would be bought again. Restore the file from a copy if you can."
        )
        raise typer.Exit(1)


def _show(report: msgspec.Struct, *, json: bool) -> None:
    if json:
        show_json(report)
        return
    for name in report.__struct_fields__:
        console.print(f"{name.replace('_', ' ')}: {getattr(report, name)}", markup=False)
