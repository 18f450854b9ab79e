"""``creator-assets pending list | abandon``: jobs that providers do in the background.

The status of pending jobs, for people and scripts. It shows no handle and no address: a job is named by its id, its
campaign and its partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creator_assets.cli.checkout import ledger_of_checkout
from creator_assets.cli.errors import SetupError
from creator_assets.cli.options import JsonList, Yes
from creator_assets.cli.screen import console, show_json, show_table
from creator_assets.microcredits import format_credits

if TYPE_CHECKING:
    from creator_assets.ledger.jobs.records import Job

app = typer.Typer(no_args_is_help=True, help="Show jobs that providers do in the background, and abandon them.")
NEXT = {
    "intended": "it is being submitted",
    "uncertain": "check the provider's dashboard, then abandon it",
    "waiting": "a sensor polls it",
    "paused": "top up the account, and it continues by itself",
    "failed": "a sensor resumes it once; abandon it if it fails again",
    "ready": "the next run of its partition collects it",
}
"""What happens next to a job in a state, or what you have to do."""
SHOWN_OF_AN_ID = 18
"""The first characters of an id, which differ between jobs that were not made in the same second."""


@app.command(name="list", help="List every open job: its state, its next poll, its age, rows and held credits.")
def show(
    provider: Annotated[str | None, typer.Option(metavar="PROVIDER", help="List only jobs of this provider.")] = None,
    json: JsonList = False,
) -> None:
    """Show all open jobs, the longest due first."""
    with ledger_of_checkout() as ledger:
        jobs, now = ledger.jobs.open_jobs(provider=provider), ledger.now()
        held = ledger.jobs.held_microcredits()
    if json:
        show_json([_as_json(job, now, held) for job in jobs])
        return
    if not jobs:
        console.print("No job is pending.")
        return
    columns = ["job", "provider", "kind", "partition", "state", "poll", "age", "rows", "held"]
    show_table("Pending jobs", columns, [_row(job, now, held) for job in jobs], numbers=["rows", "held"])
    for state in dict.fromkeys(str(job.state) for job in jobs):
        console.print(f"{state}: {NEXT[state]}.")


@app.command(help="Abandon a job: no sensor polls it any more. What it may have cost stays counted.")
def abandon(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="Id of the job, or the first characters of it.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Record this reason in the ledger.")],
    never_arrived: Annotated[
        bool,
        typer.Option(
            "--never-arrived", help="Allow its list to be submitted again, if the provider shows no such job."
        ),
    ] = False,
    yes: Yes = False,
) -> None:
    """Abandon one job."""
    with ledger_of_checkout() as ledger:
        job = _one(ledger.jobs.open_jobs(), job_id)
        if str(job.state) == "intended" and job not in ledger.jobs.died_while_submitting():
            raise SetupError(
                "The job cannot be abandoned while its process submits it. Wait, or end that process first."
            )
        consequence = _consequence(job, ledger.jobs.held_microcredits().get(job.job_id, 0))
        console.print(
            f"The {job.kind} for {job.partition} at {job.provider} is {job.state}. {consequence}", markup=False
        )
        if not yes:
            typer.confirm("Abandon it?", abort=True)
        ledger.jobs.abandon(job.job_id, reason)
        if never_arrived:
            for submission in ledger.jobs.submissions_of(job):
                if submission.state == "in_doubt":
                    ledger.allow_repeat(submission.attempt_id, reason)
    console.print("Abandoned.")


def _one(jobs: Sequence[Job], job_id: str) -> Job:
    """The open job with an id, or with an id that begins like this.

    Raises:
        SetupError: There is no such job, or there are several.
    """
    found = [job for job in jobs if job.job_id.startswith(job_id)]
    if len(found) != 1:
        happened = f"{len(found)} open jobs have ids" if found else "No open job has an id"
        raise SetupError(
            f"{happened} that begin{'' if found else 's'} with {job_id}. List them with `creator-assets pending list`."
        )
    return found[0]


def _consequence(job: Job, held_microcredits: int) -> str:
    if str(job.state) == "uncertain":
        return "What its submission may have cost stays counted, in doubt, until the provider reports its balance."
    if not held_microcredits:
        return "No credits are held for it."
    amount = format_credits(held_microcredits)
    return f"The {amount} credits that are held for it stay counted, in doubt, until the provider reports its balance."


def _row(job: Job, now: datetime, held: dict[str, int]) -> list[str]:
    failed = f", {job.rows_failed} failed" if job.rows_failed else ""
    return [
        job.job_id[:SHOWN_OF_AN_ID],
        job.provider,
        job.kind,
        job.partition,
        str(job.state),
        "due" if job.next_poll_at <= now else f"in {_length(job.next_poll_at - now)}",
        _length(now - job.intended_at),
        f"{job.rows_done} of {job.rows_total}{failed}",
        format_credits(held.get(job.job_id, 0)),
    ]


def _as_json(job: Job, now: datetime, held: dict[str, int]) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "provider": job.provider,
        "kind": job.kind,
        "provider_job_id": job.provider_job_id,
        "asset": job.asset,
        "campaign": job.campaign,
        "partition": job.partition,
        "state": str(job.state),
        "since": job.since,
        "next_look_at": job.next_poll_at,
        "age_seconds": int((now - job.intended_at).total_seconds()),
        "rows": {"total": job.rows_total, "done": job.rows_done, "failed": job.rows_failed},
        "credits": {
            "charged": format_credits(job.charged_microcredits),
            "held": format_credits(held.get(job.job_id, 0)),
        },
        "resumed": job.resumes,
        "note": job.note,
        "next": NEXT[job.state],
    }


def _length(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = minutes // (24 * 60), minutes // 60
    return f"{days} d" if days > 1 else f"{hours} h" if hours > 1 else f"{minutes} min"
