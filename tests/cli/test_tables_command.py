"""``creator-assets tables digest``: one line a table, the same for the same tables, and nothing personal."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from creator_assets.cli import app
from creator_assets.tables.schemas import ALL_TABLES, Shortlist
from creator_assets.tables.store import Tables
from tests.cli.checkout import Checkout

HANDLE = "a.canary.handle"


def write(data: Path, **changes: object) -> None:
    """A shortlist of one creator."""
    row: dict[str, Any] = {
        "platform": "instagram",
        "username": HANDLE,
        "provider": "influencers_club",
        "origins": "roster",
        "selected": True,
        "place": 1,
        "reason": "roster",
        "observed_at": datetime(2026, 11, 18, 12, tzinfo=UTC),
        "rule_version": "1",
    } | changes
    scores = dict.fromkeys(("score", "score_engagement", "score_reach", "score_position"), 0.5)
    types = {name: column.dtype for name, column in Shortlist.columns().items()}
    rows = pl.DataFrame([row | scores], schema=types)
    Tables(data / "tables").write(Shortlist, "shortlist", ("campaign=berlin-fitness", "week=2026-11-16"), rows)


def lines(data: Path, *options: str) -> list[str]:
    done = CliRunner().invoke(app, ["tables", "digest", "--data", str(data), *options])
    assert done.exit_code == 0
    return done.stdout.splitlines()


def test_each_table_is_one_line_that_fits_a_terminal(tmp_path: Path) -> None:
    write(tmp_path)
    header, *said = lines(tmp_path)
    assert header.split() == ["table", "partitions", "rows", "digest"]
    assert [line.split()[0] for line in said] == list(ALL_TABLES)
    (written,) = (line for line in said if not line.endswith("never written"))
    assert re.fullmatch(r"shortlist +1 +1  [0-9a-f]{32}", written)
    assert max(map(len, [header, *said])) <= 80
    assert HANDLE not in "".join(said)


def test_the_same_tables_of_another_release_have_the_same_digests(tmp_path: Path) -> None:
    for folder, changes in (("a", {}), ("b", {"rule_version": "2"}), ("c", {"place": 2})):
        write(tmp_path / folder, **changes)
    one, same, other = (lines(tmp_path / folder) for folder in "abc")
    assert one == same
    assert one != other


def test_scripts_have_whole_digests_and_the_checkouts_own_folder(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    write(tmp_path / "data")
    found = {one["table"]: one for one in home.json("tables", "digest")}
    assert list(found) == list(ALL_TABLES)
    assert found["content"] == {"table": "content", "partitions": 0, "rows": 0, "digest": None}
    shortlist = found["shortlist"]
    assert (shortlist["partitions"], shortlist["rows"], len(shortlist["digest"])) == (1, 1, 64)
    (line,) = (line for line in lines(tmp_path / "data") if line.startswith("shortlist "))
    assert line.endswith(shortlist["digest"][:32])
    assert HANDLE not in json.dumps(found)


@pytest.mark.parametrize("options", [("--data", "nowhere"), ("--no-such-option",)])
def test_a_folder_that_is_not_there_is_wrong_use(options: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, ["tables", "digest", *options]).exit_code == 2
