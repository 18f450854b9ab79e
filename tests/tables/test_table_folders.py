"""Paths of tables: the folders of partitions, and invalid names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest

from creator_assets.partitions import Partition
from creator_assets.tables.store import PartitionPathError, Tables
from tests.tables.creators import BERLIN, KEYS, Creators, Unkeyed, creators, files


def test_partitions_name_their_own_folders(tables: Tables) -> None:
    partition = Partition.day_of("berlin-fitness", date(2026, 11, 18))
    tables.write(Creators, "creators", partition.path_parts, creators("a"))
    assert tables.exists("creators", partition.path_parts)
    assert not tables.exists("creators", partition.path_parts[:1])
    read = tables.read(Creators, "creators", partition.path_parts)
    assert read.select("campaign", "day").row(0) == ("berlin-fitness", date(2026, 11, 18))


def test_a_table_without_partitions_and_one_with_three_keys_have_paths(tables: Tables) -> None:
    tables.write(Unkeyed, "filter_values", (), pl.DataFrame({"word": ["b"], "number": [1]}))
    tables.write(Creators, "rejected", ("asset=discovery_results", *BERLIN), creators("a"))
    assert files(tables) == [
        "filter_values/part-0.parquet",
        "rejected/asset=discovery_results/campaign=berlin-fitness/week=2026-11-16/part-0.parquet",
    ]
    assert tables.read(Unkeyed, "filter_values").rows() == [("b", 1)]
    assert tables.read(Creators, "rejected")["asset"].to_list() == ["discovery_results"]
    assert tables.partitions("filter_values") == [()]
    assert tables.partitions("rejected", ("asset=discovery_results",)) == [("asset=discovery_results", *BERLIN)]


@pytest.mark.parametrize("folder", ["with = sign/x=1", "a [b] *?", "ünï"])
def test_the_root_may_have_any_name(tmp_path: Path, folder: str) -> None:
    tables = Tables(tmp_path / folder)
    tables.write(Creators, "creators", BERLIN, creators("a"))
    for within in ((), BERLIN[:1], BERLIN):
        assert tables.read(Creators, "creators", within).select("handle", *KEYS).rows() == [
            ("a", "berlin-fitness", date(2026, 11, 16))
        ]


def test_the_root_must_not_be_in_a_folder_with_the_name_of_a_partition(tmp_path: Path) -> None:
    with pytest.raises(PartitionPathError, match="name of a partition"):
        Tables(tmp_path / "week=now" / "tables")
    tables = Tables(tmp_path / "platform=x" / "tables")
    with pytest.raises(PartitionPathError, match="platform"):
        tables.write(Creators, "creators", BERLIN, creators("a"))


def test_hidden_and_foreign_files_are_skipped(tables: Tables) -> None:
    path = tables.write(Creators, "creators", BERLIN, creators("a")).path
    (path.parent / ".part-0.parquet.1234.tmp").write_bytes(b"half a file")
    (path.parent.parent / ".DS_Store").write_bytes(b"x")
    (tables.root / "creators" / "campaign=empty" / "week=2026-11-16").mkdir(parents=True)
    assert tables.partitions("creators") == [BERLIN]
    assert tables.read(Creators, "creators")["handle"].to_list() == ["a"]


@pytest.mark.parametrize(
    ("table", "within"),
    [
        ("../creators", BERLIN),
        ("Creators", BERLIN),
        ("creators", ("campaign=../../x", "week=2026-11-16")),
        ("creators", ("campaign=jane@example.com",)),
        ("creators", ("campaign=a/b",)),
        ("creators", ("campaign=",)),
        ("creators", ("handle=jane",)),
        ("creators", ("week=2026-11-31",)),
        ("creators", ("week=2026-W47-1",)),
        ("creators", ("campaign=a", "campaign=b")),
        ("creators", ("campaign=a\n",)),
        ("creators", "campaign=a"),
    ],
)
def test_an_invalid_name_is_refused_without_being_repeated(tables: Tables, table: str, within: tuple[str, ...]) -> None:
    for attempt in (
        lambda: tables.write(Creators, table, within, creators("a")),
        lambda: tables.scan(Creators, table, within),
        lambda: tables.partitions(table, within),
    ):
        with pytest.raises(PartitionPathError) as caught:
            attempt()
        assert "jane" not in str(caught.value)
    assert not tables.root.exists()


def test_a_table_cannot_have_a_column_with_the_name_of_a_partition_key(tables: Tables) -> None:
    class Shadowing(dy.Schema):
        campaign = dy.String(primary_key=True)

    frame = pl.DataFrame({"campaign": ["a"]})
    with pytest.raises(PartitionPathError, match="campaign"):
        tables.write(Shadowing, "shadowing", BERLIN, frame)
    tables.write(Shadowing, "shadowing", ("day=2026-11-16",), frame)
    assert tables.read(Shadowing, "shadowing").row(0) == ("a", date(2026, 11, 16))
