"""How things are shown: one console for people, JSON on standard output for scripts, complaints on standard error.

What is shown is for the commands to say. Which errors become a sentence instead of a trace is listed here, for all.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

_WIDTH = 120  # where nobody says how wide a line may be: a file, a pipe, a build log
console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
_errors = Console(stderr=True, highlight=False)


def complain(sentence: str) -> None:
    """Say on standard error what went wrong."""
    _errors.print(sentence, style="red", markup=False, soft_wrap=True)


def remark(sentence: str) -> None:
    """Say on standard error, beside the result, what is worth knowing."""
    _errors.print(sentence, markup=False, soft_wrap=True)


def show_json(value: Any) -> None:
    """Write one JSON value and a line break to standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def show_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = ()
) -> None:
    """A table for people; the columns named in `numbers` are set to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in numbers else "left",
            no_wrap=column in {"asset", "partition"},
            overflow="fold",
        )
    for row in rows:
        table.add_row(*row)
    console.print(table)
