"""The table store with real files: reads return the written rows, and files have metadata."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from creator_assets.tables.store import Tables, content_digest
from tests.tables.creators import BERLIN, KEYS, LONDON, READ_TYPES, Creators, Unkeyed, creators, files


def test_a_partition_is_read_back_as_written_with_its_folders_as_columns(tables: Tables) -> None:
    written = tables.write(Creators, "creators", BERLIN, creators("b", "a"))
    assert files(tables) == ["creators/campaign=berlin-fitness/week=2026-11-16/part-0.parquet"]
    assert (written.rows, written.bytes) == (2, written.path.stat().st_size)
    expected = creators("a", "b").with_columns(campaign=pl.lit("berlin-fitness"), week=pl.lit(date(2026, 11, 16)))
    assert_frame_equal(tables.read(Creators, "creators"), expected)
    for within in (BERLIN[:1], BERLIN):
        assert_frame_equal(tables.read(Creators, "creators", within), expected)


def test_writing_again_replaces_one_partition_and_no_other(tables: Tables) -> None:
    tables.write(Creators, "creators", BERLIN, creators("a", "b"))
    tables.write(Creators, "creators", LONDON, creators("c"))
    tables.write(Creators, "creators", BERLIN, creators("d"))
    assert tables.read(Creators, "creators").select("campaign", "handle").rows() == [
        ("berlin-fitness", "d"),
        ("london", "c"),
    ]
    assert tables.partitions("creators") == [BERLIN, LONDON]


def test_an_empty_partition_is_written_and_not_skipped(tables: Tables) -> None:
    tables.write(Creators, "creators", BERLIN, creators("a"))
    written = tables.write(Creators, "creators", BERLIN, Creators.create_empty())
    assert written.rows == 0
    assert tables.exists("creators", BERLIN)
    read = tables.read(Creators, "creators", BERLIN)
    assert read.is_empty()
    assert read.schema == READ_TYPES


def test_a_table_without_files_reads_as_an_empty_typed_table(tables: Tables) -> None:
    read = tables.read(Creators, "creators", keys=KEYS)
    assert read.is_empty()
    assert read.schema == READ_TYPES
    assert tables.read(Creators, "creators", BERLIN, keys=KEYS).schema == read.schema
    assert tables.partitions("creators") == []
    assert not tables.exists("creators", BERLIN)
    assert not tables.root.exists()


def test_the_order_of_rows_does_not_matter_to_file_or_digest(tables: Tables) -> None:
    rows = creators("d", "a", "c", "b")
    first = tables.write(Creators, "creators", BERLIN, rows)
    content = first.path.read_bytes()
    again = tables.write(Creators, "creators", BERLIN, rows.reverse())
    assert (again.digest, again.path.read_bytes()) == (first.digest, content)
    unkeyed = pl.DataFrame({"word": ["b", "a", "a"], "number": [1, 2, 1]})
    digests = {tables.write(Unkeyed, "words", (), frame).digest for frame in (unkeyed, unkeyed.reverse())}
    assert len(digests) == 1


def test_the_file_has_metadata_and_statistics_for_pruning(tables: Tables) -> None:
    written = tables.write(Creators, "creators", BERLIN, creators("a", "b"))
    metadata = pl.read_parquet_metadata(written.path)
    assert metadata["creator_assets.table"] == "creators"
    assert metadata["creator_assets.schema"] == "Creators"
    assert int(metadata["creator_assets.schema_version"]) >= 1
    assert metadata["creator_assets.written_by"].startswith("creator-assets ")
    assert metadata["creator_assets.content_sha256"] == written.digest == content_digest(pl.read_parquet(written.path))

    import pyarrow.parquet as pq  # noqa: PLC0415

    column = pq.ParquetFile(written.path).metadata.row_group(0).column(1)
    assert column.compression == "ZSTD"
    assert column.statistics is not None
    assert (column.statistics.min, column.statistics.max) == ("a", "b")


def test_a_filter_on_partition_keys_opens_only_matching_files(tables: Tables) -> None:
    tables.write(Creators, "creators", BERLIN, creators("a"))
    damaged = tables.write(Creators, "creators", LONDON, creators("b")).path
    damaged.write_bytes(b"no parquet at all")
    wanted = tables.scan(Creators, "creators").filter(pl.col("campaign") == "berlin-fitness")
    assert wanted.collect()["handle"].to_list() == ["a"]
    by_date = tables.scan(Creators, "creators").filter(
        pl.col("week") >= date(2026, 11, 1), pl.col("campaign").is_in(["berlin-fitness"])
    )
    assert by_date.select("handle").collect()["handle"].to_list() == ["a"]
    with pytest.raises(pl.exceptions.ComputeError):
        tables.read(Creators, "creators")
