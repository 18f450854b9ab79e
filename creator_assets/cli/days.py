"""Days as options of commands: how their text is read, and which days can be meant."""

from __future__ import annotations

from datetime import date

import typer

EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)


def day_of(text: str, option: str) -> date:
    """The day that the value of an option means.

    Raises:
        typer.BadParameter: It is no day, or none of a time in which there are partitions.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date of the form YYYY-MM-DD", param_hint=option) from None
    if not EARLIEST <= day <= LATEST:
        raise typer.BadParameter(f"{day} does not lie between {EARLIEST} and {LATEST}", param_hint=option)
    return day
