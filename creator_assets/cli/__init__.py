"""The command line ``creator-assets``: one module a command, named like it, and a few that several commands share.

What belongs here: reading options, calling the rooms below, and printing the result as text or JSON. What a command
prints is decided here. What it means belongs to the rooms below. No other room imports this one.

Shared modules: ``options``, ``screen`` (printing), ``errors`` and ``exit_codes``; ``checkout`` and ``shared_sandbox``
(where a command runs); ``planning``, ``backfilling`` and ``running``, which import Dagster, so commands import them
late.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from creator_assets.cli import (
    archive,
    backfill,
    brief,
    budget,
    demo,
    dev,
    doctor,
    metrics,
    operations,
    pending,
    plan,
    replay,
    sandbox,
    tables,
    trial_key,
)
from creator_assets.cli.errors import expected_errors, machine_error, machine_errors
from creator_assets.cli.exit_codes import EXIT_CODES, FAILURE, INTERRUPTED
from creator_assets.cli.screen import show_error

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Buy creator data from paid providers as Dagster assets. Every credit is planned, limited and accounted for.",
    epilog=EXIT_CODES,
)
app.command(name="demo", help=demo.HELP)(demo.run)
app.command(name="dev", help=dev.HELP)(dev.run)
app.command(name="sandbox", help=sandbox.HELP)(sandbox.run)
app.command(name="plan", help=plan.HELP, epilog=EXIT_CODES)(plan.run)
app.command(name="backfill", help=backfill.HELP, epilog=EXIT_CODES)(backfill.run)
app.command(name="doctor", help=doctor.HELP)(doctor.run)
app.command(name="trial-key", help=trial_key.HELP)(trial_key.run)
app.command(name="replay", help=replay.HELP)(replay.run)
app.command(name="operations", help=operations.HELP)(operations.run)
app.command(name="metrics", help=metrics.HELP)(metrics.run)
app.add_typer(archive.app, name="archive")
app.add_typer(brief.app, name="brief")
app.add_typer(budget.app, name="budget")
app.add_typer(pending.app, name="pending")
app.add_typer(tables.app, name="tables")


def _show_version(is_requested: bool) -> None:
    if is_requested:
        from importlib.metadata import version  # noqa: PLC0415 - rarely needed

        typer.echo(version("creator-assets"))
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself."""
    del version  # its callback has printed it


def main() -> None:
    """Run the command line. An error that users can cause ends in a sentence, never in a stack trace."""
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:  # typer turns an interrupt into this code
            show_error("Interrupted. What was paid for is kept. Run the same command again to continue.")
        raise
    except expected_errors() as error:
        show_error(str(error))
        sys.exit(FAILURE)
    except machine_errors() as error:
        show_error(machine_error(error))
        sys.exit(FAILURE)
