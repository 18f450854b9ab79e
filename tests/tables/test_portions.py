"""A partition written in portions equals one written at once, or is not written."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.tables.store import TableContractError, Tables
from tests.tables.creators import BERLIN, Creators, Unkeyed, creators, files

HANDLES = [f"creator-{number:02d}" for number in range(30)]


@given(cuts=st.lists(st.integers(0, len(HANDLES)), max_size=5))
def test_the_partition_does_not_depend_on_the_portions(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    tables = Tables(tmp_path_factory.mktemp("tables"))
    at_once = tables.write(Creators, "creators", BERLIN, creators(*HANDLES))
    before = tables.read(Creators, "creators")
    edges = [0, *sorted(cuts), len(HANDLES)]
    portions = (creators(*reversed(HANDLES[start:end])) for start, end in pairwise(edges))
    written = tables.write(Creators, "creators", BERLIN, portions)
    assert (written.rows, written.digest) == (at_once.rows, at_once.digest)
    assert tables.read(Creators, "creators").equals(before)
    assert pl.read_parquet_metadata(written.path)["creator_assets.content_sha256"] == at_once.digest


def test_no_portions_or_empty_portions_make_an_empty_partition(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    empty = tables.write(Creators, "creators", BERLIN, creators())
    for portions in ([], [creators(), creators()]):
        assert tables.write(Creators, "creators", BERLIN, portions).digest == empty.digest
        assert tables.read(Creators, "creators", BERLIN).is_empty()


@pytest.mark.parametrize(
    "portions",
    [
        pytest.param([creators("a", "b"), creators("b", "c")], id="a key twice"),
        pytest.param([creators("a", "c"), creators("b", "d")], id="overlapping"),
        pytest.param([creators("c"), creators("a")], id="the other way round"),
        pytest.param([creators("a"), creators(), creators("a")], id="an empty one between"),
        pytest.param([creators("a"), creators("b", followers=-1)], id="a later one breaks a rule"),
    ],
)
def test_portions_out_of_order_are_refused_and_nothing_is_written(tmp_path: Path, portions: list[pl.DataFrame]) -> None:
    tables = Tables(tmp_path)
    tables.write(Creators, "creators", BERLIN, creators("old"))
    with pytest.raises(TableContractError):
        tables.write(Creators, "creators", BERLIN, portions)
    assert [Path(name).name for name in files(tables)] == ["part-0.parquet"]
    assert tables.read(Creators, "creators")["handle"].to_list() == ["old"]


def test_a_table_without_a_key_is_written_at_once(tmp_path: Path) -> None:
    words = pl.DataFrame({"word": ["a"], "number": [1]})
    with pytest.raises(TableContractError):
        Tables(tmp_path).write(Unkeyed, "words", (), [words, words])
    assert Tables(tmp_path).write(Unkeyed, "words", (), [words]).rows == 1


def test_portions_that_stop_in_the_middle_leave_the_old_partition_and_nothing_else(tmp_path: Path) -> None:
    def stopping() -> Iterator[pl.DataFrame]:
        yield creators("new")
        raise KeyboardInterrupt

    tables = Tables(tmp_path)
    tables.write(Creators, "creators", BERLIN, creators("old"))
    with pytest.raises(KeyboardInterrupt):
        tables.write(Creators, "creators", BERLIN, stopping())
    assert [Path(name).name for name in files(tables)] == ["part-0.parquet"]
    assert tables.read(Creators, "creators")["handle"].to_list() == ["old"]


@pytest.mark.slow
def test_memory_holds_at_most_one_portion_while_the_next_is_made(tmp_path: Path) -> None:
    made: list[weakref.ref[pl.DataFrame]] = []
    held: list[int] = []

    def watched() -> Iterator[pl.DataFrame]:
        for handle in HANDLES:
            held.append(sum(one() is not None for one in made))
            portion = creators(handle)
            made.append(weakref.ref(portion))
            yield portion
            del portion

    Tables(tmp_path).write(Creators, "creators", BERLIN, watched())
    assert max(held) <= 1
