"""``creator-assets demo``: the example campaigns, this week, through real Dagster runs against the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creator_assets.cli.checkout import charged_by_meter, enter_checkout, sandbox_running
from creator_assets.cli.screen import complain, console, show_json, show_table
from creator_assets.microcredits import format_credits

if TYPE_CHECKING:
    from creator_assets.cli.running import Made

HELP = "Materialize the example campaigns for this week against the sandbox, and compare the ledger with its meter."


def run(
    universe: Annotated[Path | None, typer.Option(help="Parquet file of creators; left out, synthetic ones.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Run the demo; ends with 1 where a run fails or ledger and meter differ."""
    data = enter_checkout()

    def say(text: str) -> None:
        if not json:
            console.print(text, markup=False)

    say("Starting the sandbox providers on this machine ...")
    with sandbox_running(data, universe) as sandbox_url:
        from creator_assets.cli.running import Demo  # noqa: PLC0415 - Dagster takes a moment to import

        demo = Demo(say)
        say(f"Plan: {demo.planned()}")
        demo.run_all()
        ledger, meter = demo.spent_by_ledger(), charged_by_meter(sandbox_url)
    compared = {name: {"ledger": format_credits(ledger[name]), "meter": format_credits(meter[name])} for name in meter}
    if json:
        partitions = [{"asset": p.asset, "partition": p.partition, "rows": p.rows} for p in demo.made]
        show_json({"partitions": partitions, "credits": compared, "data_dir": str(data.resolve())})
    else:
        _show_summary(demo.made, demo.spent_now(), data)
        _show_comparison(compared)
    if ledger != meter:
        complain("The ledger and the sandbox's meter differ: `creator-assets budget` shows what is in doubt.")
        raise typer.Exit(1)


def _show_summary(made: list[Made], spent_now: dict[str, int], data: Path) -> None:
    columns = ["asset", "partition", "rows", "calls", "archive hits", "credits spent", "credits left"]
    rows = [
        [
            one.asset,
            one.partition or "",
            str(one.rows),
            _shown(one.requests),
            _shown(one.archive_hits),
            _shown(one.spent),
            one.left,
        ]
        for one in made
    ]
    show_table("\nMaterialized", columns, rows, numbers=columns[2:6])
    console.print(f"Parquet: {data}/tables/<asset>/campaign=<campaign>/week=<date>/part-0.parquet", markup=False)
    if spent_now:
        spent = ", ".join(f"{format_credits(amount)} credits of {name}" for name, amount in spent_now.items())
        console.print(f"Spent by this demo: {spent}. Run it again: it will spend 0 credits.")
    else:
        console.print("Spent by this demo: 0 credits. Every answer came out of the archive.")


def _show_comparison(compared: dict[str, dict[str, str]]) -> None:
    for name, two in compared.items():
        verdict = "equal" if two["ledger"] == two["meter"] else "DIFFERENT"
        console.print(
            f"{name}: ledger {two['ledger']}, the provider's own meter {two['meter']}: {verdict}", markup=False
        )


def _shown(value: object) -> str:
    return "" if value is None else str(value)
