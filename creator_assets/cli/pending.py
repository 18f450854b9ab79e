"""``creator-assets pending list | abandon``: what providers are working on, and giving up what nobody waits for.

The status board of pending work for people and scripts. No handle and no address is shown: a piece of work is named
by its id, its campaign and its partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creator_assets.cli.checkout import ledger_of_checkout
from creator_assets.cli.errors import SetupError
from creator_assets.cli.screen import console, show_json, show_table
from creator_assets.microcredits import format_credits

if TYPE_CHECKING:
    from creator_assets.ledger.jobs.records import Job
    from creator_assets.ledger.ledger import Ledger

app = typer.Typer(no_args_is_help=True, help="Look at work that providers do in the background, and give it up.")
Json = Annotated[bool, typer.Option("--json", help="One JSON value instead of a table.")]
NEXT = {
    "intended": "being handed in",
    "uncertain": "look at the provider's dashboard, then abandon it",
    "waiting": "looked at by a sensor",
    "paused": "top the account up; it goes on by itself",
    "failed": "resumed once by itself; abandon it if it failed again",
    "ready": "collected by the next run of its partition",
}
"""What happens next to work in a state, or who has to do something."""
SHOWN_OF_AN_ID = 18
"""Of an id so much tells any two apart that were not made in the same second."""


@app.command(name="list", help="What is waited for: where it stands, when it is looked at next, how old it is.")
def show(
    provider: Annotated[str | None, typer.Option(help="Only this provider's.")] = None, json: Json = False
) -> None:
    """Show all open work, the longest due first."""
    with ledger_of_checkout() as ledger:
        works, now = ledger.jobs.open_jobs(provider=provider), ledger.now()
        held = _held(ledger, works)
    if json:
        show_json([_as_json(work, now, held) for work in works])
        return
    if not works:
        console.print("Nothing is waited for.")
        return
    columns = ["work", "provider", "what", "partition", "state", "look", "age", "rows", "held"]
    show_table("Pending work", columns, [_row(work, now, held) for work in works], numbers=["rows", "held"])
    for state in dict.fromkeys(str(work.state) for work in works):
        console.print(f"{state}: {NEXT[state]}.")


@app.command(help="Give a piece of work up: nobody waits for it any more, and what it may cost stays counted.")
def abandon(
    work_id: Annotated[str, typer.Argument(help="Its id, or as much of it as is its alone.")],
    reason: Annotated[str, typer.Option(help="Why, for the books.")],
    never_arrived: Annotated[
        bool, typer.Option("--never-arrived", help="The provider shows no such job: its list may be handed in again.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Abandon one piece of work."""
    with ledger_of_checkout() as ledger:
        work = _one(ledger.jobs.open_jobs(), work_id)
        if str(work.state) == "intended" and work not in ledger.jobs.died_while_submitting():
            raise SetupError("Its process is just handing it in. Wait until it has, or end the process first.")
        said = _consequence(work, _held(ledger, [work]).get(work.job_id, 0))
        console.print(f"The {work.kind} for {work.partition} at {work.provider} is {work.state}. {said}", markup=False)
        if not yes:
            typer.confirm("Give it up?", abort=True)
        ledger.jobs.abandon(work.job_id, reason)
        if never_arrived:
            for submission in ledger.jobs.submissions_of(work):
                if submission.state == "in_doubt":
                    ledger.allow_repeat(submission.attempt_id, reason)
    console.print("Given up.")


def _one(works: Sequence[Job], work_id: str) -> Job:
    """The open work that an id, or the beginning of one, means.

    Raises:
        SetupError: None is meant, or several are.
    """
    meant = [work for work in works if work.job_id.startswith(work_id)]
    if len(meant) != 1:
        what = f"{len(meant)} pieces of open work begin" if meant else "No open work has an id that begins"
        raise SetupError(f"{what} with {work_id}. `creator-assets pending list` shows the ids of all open work.")
    return meant[0]


def _consequence(work: Job, held_microcredits: int) -> str:
    if str(work.state) == "uncertain":
        return "What handing it in may have cost stays counted, in doubt, until the provider's balance tells."
    if not held_microcredits:
        return "No credits are held for it."
    amount = format_credits(held_microcredits)
    return f"{amount} credits that are held for it stay counted, in doubt, until the provider's balance tells."


def _held(ledger: Ledger, works: Sequence[Job]) -> dict[str, int]:
    """What is held for each piece of work, in microcredits by its id."""
    holds = {work.hold_attempt_id: work.job_id for work in works if work.hold_attempt_id}
    if not holds:
        return {}
    return {
        holds[attempt.attempt_id]: attempt.upper_microcredits
        for attempt in ledger.attempts()
        if attempt.attempt_id in holds
    }


def _row(work: Job, now: datetime, held: dict[str, int]) -> list[str]:
    failed = f", {work.rows_failed} failed" if work.rows_failed else ""
    return [
        work.job_id[:SHOWN_OF_AN_ID],
        work.provider,
        work.kind,
        work.partition,
        str(work.state),
        "due" if work.next_poll_at <= now else f"in {_length(work.next_poll_at - now)}",
        _length(now - work.intended_at),
        f"{work.rows_done} of {work.rows_total}{failed}",
        format_credits(held.get(work.job_id, 0)),
    ]


def _as_json(work: Job, now: datetime, held: dict[str, int]) -> dict[str, Any]:
    return {
        "work_id": work.job_id,
        "provider": work.provider,
        "kind": work.kind,
        "job_id": work.provider_job_id,
        "asset": work.asset,
        "campaign": work.campaign,
        "partition": work.partition,
        "state": str(work.state),
        "since": work.since,
        "next_look_at": work.next_poll_at,
        "age_seconds": int((now - work.intended_at).total_seconds()),
        "rows": {"total": work.rows_total, "done": work.rows_done, "failed": work.rows_failed},
        "credits": {
            "charged": format_credits(work.charged_microcredits),
            "held": format_credits(held.get(work.job_id, 0)),
        },
        "resumed": work.resumes,
        "note": work.note,
        "next": NEXT[work.state],
    }


def _length(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = minutes // (24 * 60), minutes // 60
    return f"{days} d" if days > 1 else f"{hours} h" if hours > 1 else f"{minutes} min"
