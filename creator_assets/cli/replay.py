"""``creator-assets replay``: answers of providers from a folder, through real asset runs, and what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creator_assets.cli.exit_codes import FAILURE
from creator_assets.cli.options import JsonList
from creator_assets.cli.screen import console, show_json, show_text

if TYPE_CHECKING:
    from creator_assets.replay.case import Case
    from creator_assets.replay.project import Outcome

HELP = (
    "Run a folder of cases: each holds a brief and answers of providers. Prints the rows and credits that come out. "
    "Runs in a temporary folder, and sends nothing to a provider."
)


def run(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of *.json cases, or one case.")],
    json: JsonList = False,
) -> None:
    """Run each case. Exits with 1 where one does not come out as it expects."""
    from creator_assets.replay.case import read_cases  # noqa: PLC0415
    from creator_assets.replay.project import play  # noqa: PLC0415 - Dagster takes a moment to import
    from creator_assets.replay.verdict import differences  # noqa: PLC0415

    reports: list[dict[str, Any]] = []
    for case in read_cases(folder):
        outcome = play(case)
        wrong = None if case.expect is None else differences(case.expect, outcome)
        reports.append(_report(case, outcome, wrong))
        if not json:
            _show(case, outcome, wrong)
    judged = [one for one in reports if one["wrong"] is not None]
    failed = sum(1 for one in judged if one["wrong"])
    if json:
        show_json(reports)
    else:
        console.print(
            f"{len(reports)} cases: {len(judged) - failed} right, {failed} wrong, "
            f"{len(reports) - len(judged)} without an expectation."
        )
    if failed:
        raise typer.Exit(FAILURE)


def _report(case: Case, outcome: Outcome, wrong: list[str] | None) -> dict[str, Any]:
    return {
        "name": case.name,
        "wrong": wrong,
        "steps": outcome.steps,
        "rows": {name: frame.height for name, frame in outcome.tables.items()},
        "without_route": outcome.without_route,
    }


def _show(case: Case, outcome: Outcome, wrong: list[str] | None) -> None:
    verdict = "no expectation" if wrong is None else "WRONG" if wrong else "right"
    console.print(f"{case.name}: {verdict}", style="bold", markup=False)
    for number, step in enumerate(outcome.steps, 1):
        charged = ", ".join(f"{amount} of {name}" for name, amount in step.charged.items()) or "0"
        ended = "success" if step.succeeded else "failure"
        console.print(f"  Run {number}: {ended}, {step.requests} requests, credits so far: {charged}", markup=False)
        for failure in step.failures:
            show_text(f"    {failure}")
    rows = ", ".join(f"{name} {frame.height}" for name, frame in outcome.tables.items())
    show_text(f"  Rows: {rows or 'none'}")
    for target in sorted(set(outcome.without_route)):
        console.print(f"  The case has no answer to {target}", markup=False)
    for sentence in wrong or ():
        show_text(f"  Wrong: {sentence}")
    if case.right and wrong is None:
        show_text(f"  Right: {case.right}")
