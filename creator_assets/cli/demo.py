"""``creator-assets demo``: the example campaigns, this week, through real Dagster runs against the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creator_assets.cli.checkout import charged_by_meter, enter_checkout, sandbox_running
from creator_assets.cli.exit_codes import FAILURE
from creator_assets.cli.options import Universe, Voice
from creator_assets.cli.screen import console, show_error, show_json, show_table, show_text
from creator_assets.microcredits import format_credits

if TYPE_CHECKING:
    from creator_assets.cli.running import MaterializedPartition

HELP = (
    "Materialize the example campaigns for this week against the sandbox, and compare the ledger with the sandbox's "
    "meter."
)


def run(
    universe: Universe = None,
    voice: Voice = "plain",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Run the demo. Exits with 1 where a run fails, or where ledger and meter differ."""
    data = enter_checkout()

    def show(text: str) -> None:
        if not json:
            console.print(text, markup=False)

    show("Starting the sandbox of the providers on this machine ...")
    with sandbox_running(data, universe, voice) as sandbox_url:
        from creator_assets.cli.running import Demo  # noqa: PLC0415 - Dagster takes a moment to import

        demo = Demo(show)
        show(f"Plan: {demo.planned()}")
        demo.run_all()
        ledger, meter = demo.spent_by_ledger(), charged_by_meter(sandbox_url)
    compared = {name: {"ledger": format_credits(ledger[name]), "meter": format_credits(meter[name])} for name in meter}
    if json:
        partitions = [{"asset": one.asset, "partition": one.partition, "rows": one.rows} for one in demo.made]
        show_json({"partitions": partitions, "credits": compared, "data_dir": str(data.resolve())})
    else:
        _show_partitions(demo.made)
        _show_files(data)
        _show_spent(demo.spent_now())
        _show_comparison(compared)
    if ledger != meter:
        show_error("The ledger and the sandbox's meter differ. `creator-assets budget` shows what is in doubt.")
        raise typer.Exit(FAILURE)


def _show_partitions(made: list[MaterializedPartition]) -> None:
    columns = ["asset", "partition", "rows", "calls", "archive hits", "credits spent"]
    rows = [
        [
            one.asset,
            one.partition or "",
            str(one.rows),
            _shown(one.requests),
            _shown(one.archive_hits),
            _shown(one.spent),
        ]
        for one in made
    ]
    show_table("\nMaterialized partitions", columns, rows, numbers=columns[2:])


def _show_files(data: Path) -> None:
    files = f"{data}/tables/<asset>/campaign=<campaign>/week=<date>/part-0.parquet"
    show_text(f"\nParquet files: {files}")


def _show_spent(spent_now: dict[str, int]) -> None:
    if spent_now:
        spent = ", ".join(f"{format_credits(amount)} credits of {name}" for name, amount in spent_now.items())
        show_text(f"Spent by this demo: {spent}. Run it again, and it spends 0 credits.")
    else:
        console.print("Spent by this demo: 0 credits. The archive had every answer.")


def _show_comparison(compared: dict[str, dict[str, str]]) -> None:
    for name, two in compared.items():
        verdict = "equal" if two["ledger"] == two["meter"] else "DIFFERENT"
        console.print(f"{name}: ledger {two['ledger']}, meter of the provider {two['meter']}: {verdict}", markup=False)


def _shown(value: object) -> str:
    return "" if value is None else str(value)
