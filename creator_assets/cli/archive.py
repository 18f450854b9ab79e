"""``creator-assets archive stats | compact | verify``: the bodies of all answers that were paid for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
import typer

from creator_assets.cli.checkout import ledger_of_checkout
from creator_assets.cli.errors import SetupError
from creator_assets.cli.exit_codes import FAILURE
from creator_assets.cli.options import JsonList, JsonObject
from creator_assets.cli.screen import console, show_error, show_json, show_table
from creator_assets.microcredits import format_credits

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


@app.command(
    help="List answers of paid data that nobody could read. They stand for their requests, so nothing is bought twice. "
    "With --allow or --allow-all they may be bought again; that costs nothing until a run needs them."
)
def unreadable(
    allow: Annotated[
        list[str] | None, typer.Option(metavar="REQUEST_ID", help="Let this one be bought again. May be repeated.")
    ] = None,
    allow_all: Annotated[bool, typer.Option("--allow-all", help="Let all of them be bought again.")] = False,
    json: JsonList = False,
) -> None:
    """List unreadable answers, or let them be bought again."""
    with ledger_of_checkout() as ledger:
        found = ledger.unreadable_answers()
        chosen = [one.request_id for one in found if allow_all or one.request_id in (allow or [])]
        unknown = sorted(set(allow or []) - set(chosen))
        if unknown:
            raise SetupError(
                f"There is no unreadable answer {', '.join(unknown)}. Nothing was changed. Run `creator-assets archive "
                "unreadable` to see the ids."
            )
        allowed = ledger.allow_again(chosen) if chosen else 0
    if json:
        show_json(found)
    elif allow or allow_all:
        console.print(f"{allowed} answers may be bought again. The next run that needs one buys it.")
    elif not found:
        console.print("Every paid answer could be read.")
    else:
        show_table(
            "Answers that cannot be read",
            ["request id", "provider", "operation", "asset", "partition", "credits", "why"],
            [
                [
                    one.request_id,
                    one.provider,
                    one.operation,
                    one.asset,
                    one.partition,
                    format_credits(one.charge_microcredits),
                    one.note,
                ]
                for one in found
            ],
            numbers=["credits"],
        )


def _show(report: msgspec.Struct, *, json: bool) -> None:
    if json:
        show_json(report)
        return
    for name in report.__struct_fields__:
        value = getattr(report, name)
        shown = (", ".join(value) or "none") if isinstance(value, tuple) else value
        console.print(f"{name.replace('_', ' ')}: {shown}", markup=False)
