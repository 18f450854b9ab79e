"""Options that several commands share, and how their values are read.

An option that one command has alone stays in the module of that command.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)

Universe = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Read the sandbox's creators from this Parquet file. Default: synthetic creators."
    ),
]
Voice = Annotated[
    Literal["plain", "real", "hostile"],
    typer.Option(
        help="Answer in simple forms (plain), in those of the providers' own documents (real), or in spoiled ones "
        "(hostile)."
    ),
]
Campaigns = Annotated[
    list[str] | None, typer.Option(metavar="CAMPAIGN", help="Include only this campaign. May be repeated.")
]
JsonObject = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
JsonList = Annotated[bool, typer.Option("--json", help="Print one JSON list instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def day_of(text: str, option: str) -> date:
    """The day that the value of an option means.

    Raises:
        typer.BadParameter: The value is no day, or lies outside the time of all partitions.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date of the form YYYY-MM-DD", param_hint=option) from None
    if not EARLIEST <= day <= LATEST:
        raise typer.BadParameter(f"{day} does not lie between {EARLIEST} and {LATEST}", param_hint=option)
    return day
