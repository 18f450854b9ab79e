"""Tables on screens of any width: no word is torn, no line is too long while words allow it, and nothing is lost."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from creator_assets.cli import screen
from tests.cli.checkout import Checkout

WORDS = st.lists(st.text("abcdefgh[]|", min_size=1, max_size=12), max_size=4).map(" ".join)
TABLES = st.integers(1, 6).flatmap(
    lambda columns: st.lists(st.lists(WORDS, min_size=columns, max_size=columns), min_size=1, max_size=4)
)


def printed(columns: list[str], rows: list[list[str]], width: int) -> list[str]:
    file = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screen, "console", Console(file=file, width=width, highlight=False))
        screen.show_table("Title", columns, rows, numbers=columns[1:2])
    return file.getvalue().splitlines()


@given(TABLES, st.integers(20, 120))
def test_every_word_is_printed_whole(rows: list[list[str]], width: int) -> None:
    columns = [f"column{number}" for number in range(len(rows[0]))]
    words = re.findall(r"\S+", "\n".join(printed(columns, rows, width)))
    wanted = sorted(word for row in rows for cell in row for word in cell.split())
    assert sorted(word for word in words if not word.startswith(("column", "Title"))) == wanted


@given(TABLES, st.integers(30, 120))
def test_no_line_is_longer_than_the_screen(rows: list[list[str]], width: int) -> None:
    columns = [f"column{number}" for number in range(len(rows[0]))]
    assert max(map(len, printed(columns, rows, width))) <= width


def test_a_table_that_fits_has_a_line_for_each_row_and_numbers_to_the_right() -> None:
    assert printed(["name", "credits"], [["one", "1"], ["two", "20.5"]], 40) == [
        "Title",
        "name  credits",
        "one         1",
        "two      20.5",
    ]


def test_wide_cells_break_after_slashes_and_colons_but_not_within_a_time() -> None:
    rows = [["campaign:berlin-fitness/influencers_club", "since 2026-11-16 12:30"]]
    assert printed(["budget", "drift"], rows, 30) == [
        "Title",
        "budget                   drift",
        "campaign:                since",
        "berlin-fitness/     2026-11-16",
        "influencers_club         12:30",
    ]


def test_a_table_that_does_not_fit_becomes_a_block_for_each_row() -> None:
    rows = [["a-first-name", "x" * 20, ""], ["b", "y", "z"]]
    assert printed(["name", "long", "last"], rows, 30) == [
        "Title",
        "name  a-first-name",
        f"long  {'x' * 20}",
        "",
        "name  b",
        "long  y",
        "last  z",
    ]


@pytest.mark.parametrize(
    "command", [("plan",), ("budget",), ("operations",), ("metrics",), ("pending", "list"), ("tables", "digest")]
)
def test_every_table_of_the_program_fits_80_columns(command: tuple[str, ...], checkout: Checkout) -> None:
    lines = checkout.run(*command, COLUMNS="80").stdout.splitlines()
    too_long = [line for line in lines if len(line) > 80 and not line.endswith(".")]  # a sentence wraps by itself
    # What cannot be broken may be longer: an address or a formula.
    assert [line for line in too_long if len(max(line.split(), key=len)) < 60] == []
    assert not [line for line in lines if re.fullmatch(r"(\S {2,}){3,}\S?", line)], "columns of one letter"


def test_without_a_width_of_its_own_output_has_120_columns(checkout: Checkout) -> None:
    assert "COLUMNS" not in checkout.environ
    lines = checkout.run("budget").stdout.splitlines()
    assert 80 < max(map(len, lines)) <= 120
