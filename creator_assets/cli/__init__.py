"""The command line ``creator-assets``: one module a command, named like it, and what several of them share.

A command reads options, calls the rooms below, and shows the result for people or as JSON. What it shows is decided
here, what it means elsewhere.

Exit codes: 0 all is well, 1 something is wrong and said so, 2 the command was used wrongly, 3 a plan does not fit,
130 interrupted.
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
    sandbox,
    tables,
    trial_key,
)
from creator_assets.cli.screen import complain

EXIT_INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Creator data of paid providers as Dagster assets: planned, admitted and accounted for to the last credit.",
)
app.command(name="demo", help=demo.HELP)(demo.run)
app.command(name="dev", help=dev.HELP)(dev.run)
app.command(name="sandbox", help=sandbox.HELP)(sandbox.run)
app.command(name="plan", help=plan.HELP)(plan.run)
app.command(name="backfill", help=backfill.HELP)(backfill.run)
app.command(name="budget", help=budget.HELP)(budget.run)
app.command(name="doctor", help=doctor.HELP)(doctor.run)
app.command(name="trial-key", help=trial_key.HELP)(trial_key.run)
app.command(name="operations", help=operations.HELP)(operations.run)
app.command(name="metrics", help=metrics.HELP)(metrics.run)
app.add_typer(archive.app, name="archive")
app.add_typer(brief.app, name="brief")
app.add_typer(pending.app, name="pending")
app.add_typer(tables.app, name="tables")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - rarely needed

        typer.echo(version("creator-assets"))
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of the program itself."""
    del version  # its callback has answered


def main() -> None:
    """Run the command line; what users can cause ends in a sentence and never in a stack trace."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - Dagster's storage; `--help` needs none

    from creator_assets.cli.errors import expected_errors, obstacle  # noqa: PLC0415 - it imports much

    try:
        app()
    except SystemExit as end:
        if end.code == EXIT_INTERRUPTED:  # of an interrupt, typer leaves no more
            complain("Interrupted. What was paid for is kept; run the same again to go on.")
        raise
    except expected_errors() as error:
        complain(str(error))
        sys.exit(1)
    except (OSError, OperationalError) as error:
        complain(obstacle(error))
        sys.exit(1)
