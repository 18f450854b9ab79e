"""The digest of a whole table: the same for the same rows, wherever they lie, and another for any other row."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.tables.schemas import ALL_TABLES
from creator_assets.tables.store import FILE_NAME, Tables
from creator_assets.tables.table_digest import OF_INSTALLATION, RANDOM, VERSIONS, TableDigest, table_digest
from tests.tables.creators import BERLIN, LONDON, Creators, creators

HANDLES = [f"creator-{number:03}" for number in range(40)]


class Bought(dy.Schema):
    """A table that has columns of every kind that is left out; its key is random, as that of `credit_ledger`."""

    request_id = dy.String(primary_key=True)
    handle = dy.String()
    rate = dy.Float64(nullable=True)
    account_id = dy.String(nullable=True)
    parser_version = dy.String()


def bought(*handles: str, salt: str = "a", version: str = "1") -> pl.DataFrame:
    chance = random.Random(salt)  # noqa: S311 - the same in every run
    rows = [
        (f"{chance.random()}", handle, len(handle) / 3, f"{salt}-{number}", version)
        for number, handle in enumerate(handles)
    ]
    return pl.DataFrame(rows, schema=list(Bought.columns()), orient="row")


def digest_of(folder: Path, *partitions: tuple[tuple[str, ...], pl.DataFrame]) -> TableDigest:
    tables = Tables(folder)
    for within, rows in partitions:
        tables.write(Creators, "creators", within, rows)
    return table_digest(tables, Creators, "creators")


def digest_of_bought(folder: Path, rows: pl.DataFrame, *, same_secret: bool = False) -> str | None:
    tables = Tables(folder)
    tables.write(Bought, "bought", (), rows)
    return table_digest(tables, Bought, "bought", same_secret=same_secret).digest


def test_a_table_is_counted_and_digested(tmp_path: Path) -> None:
    found = digest_of(tmp_path, (BERLIN, creators(*HANDLES)), (LONDON, creators("one", "two")))
    assert (found.table, found.partitions, found.rows) == ("creators", 2, 42)
    assert found.digest is not None
    assert len(found.digest) == 64


def test_how_files_are_laid_out_does_not_count(tmp_path: Path) -> None:
    found = digest_of(tmp_path / "a", (BERLIN, creators(*HANDLES)), (LONDON, creators("one", "two")))
    shuffled = creators(*HANDLES).sample(fraction=1, shuffle=True, seed=1)
    assert digest_of(tmp_path / "b", (LONDON, creators("two", "one")), (BERLIN, shuffled)) == found
    # The same rows in another order, in many row groups, by another compression: as another release might write them.
    file = Tables(tmp_path / "b").root.joinpath("creators", *BERLIN, FILE_NAME)
    shuffled.write_parquet(file, compression="snappy", row_group_size=3)
    assert table_digest(Tables(tmp_path / "b"), Creators, "creators") == found


@pytest.mark.parametrize(
    "changed",
    [
        pl.lit(11, dtype=pl.Int64).alias("followers"),
        pl.lit(None, dtype=pl.Int64).alias("followers"),
        pl.lit(0.25).alias("rate"),
        pl.col("seen_at").dt.offset_by("1us"),
        pl.lit(["a"]).alias("tags"),
        pl.lit(None, dtype=pl.List(pl.String)).alias("tags"),
    ],
)
def test_every_value_counts(tmp_path: Path, changed: pl.Expr) -> None:
    rows = creators(*HANDLES)
    last = pl.concat([rows[:-1], rows[-1:].with_columns(changed)])
    assert digest_of(tmp_path / "a", (BERLIN, rows)).digest != digest_of(tmp_path / "b", (BERLIN, last)).digest


def test_the_partition_of_a_row_counts(tmp_path: Path) -> None:
    digests = {
        digest_of(tmp_path / "a", (BERLIN, creators("one")), (LONDON, creators("two"))).digest,
        digest_of(tmp_path / "b", (BERLIN, creators("two")), (LONDON, creators("one"))).digest,
        digest_of(tmp_path / "c", (BERLIN, creators("one", "two"))).digest,
        digest_of(tmp_path / "d", (BERLIN[:1], creators("one", "two"))).digest,
    }
    assert len(digests) == 4


def test_an_empty_partition_has_no_rows_to_count(tmp_path: Path) -> None:
    found = digest_of(tmp_path / "a", (BERLIN, creators("one")))
    more = digest_of(tmp_path / "b", (BERLIN, creators("one")), (LONDON, creators()))
    assert (more.digest, more.partitions) == (found.digest, 2)


def test_a_table_that_was_never_written_has_no_digest(tmp_path: Path) -> None:
    assert table_digest(Tables(tmp_path), Creators, "creators") == TableDigest(
        table="creators", partitions=0, rows=0, digest=None
    )


@given(st.lists(st.sampled_from(HANDLES), max_size=6), st.randoms(use_true_random=False))
def test_ids_that_are_random_do_not_count_and_rows_do(handles: list[str], chance: random.Random) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        shuffled = chance.sample(handles, len(handles))
        first, second = bought(*handles, salt="a"), bought(*shuffled, salt="b", version="2")
        assert digest_of_bought(Path(one), first) == digest_of_bought(Path(other), second)
        assert digest_of_bought(Path(one), first) != digest_of_bought(Path(other), bought(*shuffled, "one.more"))


def test_ids_of_an_installation_count_where_the_secret_is_the_same(tmp_path: Path) -> None:
    first, second = bought("one", "two", salt="a"), bought("one", "two", salt="b")
    assert digest_of_bought(tmp_path, first) == digest_of_bought(tmp_path, second)
    first_ids, second_ids = (digest_of_bought(tmp_path, rows, same_secret=True) for rows in (first, second))
    assert first_ids != second_ids
    again = second.with_columns(first["account_id"])
    assert digest_of_bought(tmp_path, again, same_secret=True) == first_ids


def test_what_is_left_out_are_versions_and_ids_of_the_tables_that_there_are() -> None:
    columns = {name for schema in ALL_TABLES.values() for name in schema.columns()}
    assert columns >= VERSIONS | RANDOM | OF_INSTALLATION
    assert {name for name in columns if name.endswith("_version")} == VERSIONS
    assert {name for name in columns if name.endswith(("request_id", "run_id"))} < RANDOM
    # The ids that count are those which a platform or a provider gives.
    ids = {name for name in columns if name.endswith("_id")} - RANDOM - OF_INSTALLATION
    assert ids == {"batch_id", "content_id", "item_id", "native_id", "provider_id", "video_id"}
