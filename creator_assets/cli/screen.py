"""How commands print: tables and text on standard output, JSON for scripts, errors and notes on standard error.

What is printed is decided by each command. Which errors become a sentence is listed in ``errors``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH = 120  # a file, a pipe or a build log has no width of its own
_HAS_WIDTH = sys.stdout.isatty() or "COLUMNS" in os.environ
console = Console(highlight=False, width=None if _HAS_WIDTH else _WIDTH)
_errors = Console(stderr=True, highlight=False)
_ERRORS_HAVE_WIDTH = sys.stderr.isatty() or "COLUMNS" in os.environ

_GAP = 2
"""Blank columns between two columns of a table."""
_BREAK = re.compile(r"(?<=/)(?=.)|(?<=:)(?=[a-z])|(?<=\s)(?=\S)")
"""Where a cell may be broken: after spaces, after a slash, and after a colon that is not part of a time."""


def show_error(sentence: str) -> None:
    """Say on standard error what went wrong."""
    _errors.print(sentence, style="red", markup=False, soft_wrap=not _ERRORS_HAVE_WIDTH)


def show_note(sentence: str) -> None:
    """Say on standard error what is worth knowing beside the result."""
    _errors.print(sentence, markup=False, soft_wrap=not _ERRORS_HAVE_WIDTH)


def show_text(text: str) -> None:
    """Print sentences. A screen breaks lines between words; a file, a pipe or a build log breaks none."""
    console.print(text, markup=False, soft_wrap=not _HAS_WIDTH)


def show_finding(subject: str, message: str, *, is_well: bool) -> None:
    """Print one checked thing on a line, with a mark in colour. Lines wrap between words."""
    mark = ("ok   ", "green") if is_well else ("wrong", "red")
    console.print(Text.assemble(mark, " ", f"{subject}: {message}"), soft_wrap=not _HAS_WIDTH)


def show_json(value: Any) -> None:
    """Write one JSON value and a line break to standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def show_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = ()
) -> None:
    """Print a table. The columns in `numbers` are aligned to the right.

    No word is torn: where the columns do not fit the width, each row becomes a block of lines.
    """
    console.print(title, style="bold", markup=False)
    cells = [columns, *rows]
    minima = [max(_longest_piece(row[at]) for row in cells) for at in range(len(columns))]
    room = console.width - _GAP * (len(columns) - 1)
    if sum(minima) > room:
        _show_blocks(columns, rows)
        return
    widths = _widths(minima, [max(len(row[at]) for row in cells) for at in range(len(columns))], room)
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
    for column, width in zip(columns, widths, strict=True):
        justify: Literal["right", "left"] = "right" if column in numbers else "left"
        table.add_column(Text(_wrapped(column, width)), justify=justify, width=width, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(_wrapped(cell, width)) for cell, width in zip(row, widths, strict=True)))
    console.print(table)


def _show_blocks(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """One line for each cell that is not empty, and an empty line between two rows."""
    indent = max(map(len, columns)) + _GAP
    for number, row in enumerate(rows):
        if number:
            console.print()
        for column, cell in zip(columns, row, strict=True):
            if cell:
                lines = _wrapped(cell, max(console.width - indent, _longest_piece(cell))).split("\n")
                text = f"\n{' ' * indent}".join(lines)
                console.print(f"{column:<{indent}}{text}", markup=False, soft_wrap=True)


def _widths(minima: Sequence[int], widths: list[int], room: int) -> list[int]:
    """Make the widest columns narrower, as far as their longest words allow, until all of them fit."""
    while sum(widths) > room:
        widest = max((at for at in range(len(widths)) if widths[at] > minima[at]), key=lambda at: widths[at])
        widths[widest] -= 1
    return widths


def _pieces(cell: str) -> list[str]:
    return [piece for line in cell.splitlines() for piece in _BREAK.split(line)]


def _longest_piece(cell: str) -> int:
    return max((len(piece.rstrip()) for piece in _pieces(cell)), default=0)


def _wrapped(cell: str, width: int) -> str:
    lines = [""]
    for piece in _pieces(cell):
        if len(lines[-1]) + len(piece.rstrip()) > width and lines[-1]:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
