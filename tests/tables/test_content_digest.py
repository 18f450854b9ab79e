"""The content digest: equal content has one digest in every file format, and different content has another."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.tables.store import content_digest
from tests.tables.creators import creators

FRAMES = st.lists(
    st.tuples(
        st.none() | st.text(max_size=5),
        st.none() | st.floats(),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.lists(st.none() | st.text(max_size=2), max_size=2),
    ),
    max_size=6,
)
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "real": pl.Float64,
    "whole": pl.Int64,
    "list": pl.List(pl.String),
}


def framed(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


@given(FRAMES, FRAMES)
def test_frames_have_one_digest_exactly_if_their_content_is_equal(
    left: list[tuple[object, ...]], right: list[tuple[object, ...]]
) -> None:
    # repr distinguishes NaN from null and 0.0 from -0.0, and NaN equals itself.
    assert (content_digest(framed(left)) == content_digest(framed(right))) == (repr(left) == repr(right))
    assert content_digest(framed(left)) == content_digest(framed(list(left)))


def test_the_digest_does_not_depend_on_compression_and_chunks(tmp_path: Path) -> None:
    frame = creators(*(f"creator-{n}" for n in range(1_000)))
    digests = {content_digest(frame), content_digest(pl.concat([frame[:10], frame[10:]], rechunk=False))}
    for compression in ("zstd", "snappy", "uncompressed"):
        frame.write_parquet(tmp_path / compression, compression=compression, row_group_size=100)
        digests.add(content_digest(pl.read_parquet(tmp_path / compression)))
    assert len(digests) == 1


def test_the_digest_is_that_of_a_simple_text() -> None:
    frame = pl.DataFrame(
        {
            "a": ["ä", None],
            "b": [1.0, float("nan")],
            "c": [date(1970, 1, 2), None],
            "d": [b"\x00", None],
            "e": [[1.0, None], []],
            "f": [True, None],
        }
    )
    text = (
        '[["a", "String"], ["b", "Float64"], ["c", "Date"], ["d", "Binary"], ["e", "List(Float64)"], ["f", "Boolean"]]'
        '{"a":"ä","b":4607182418800017408,"c":1,"d":"00","e":[4607182418800017408,null],"f":true}\n'
        '{"a":null,"b":9221120237041090560,"c":null,"d":null,"e":[],"f":null}\n'
    )
    assert content_digest(frame) == sha256(text.encode()).hexdigest()
    assert content_digest(pl.DataFrame({"a": [Decimal("1.20")]})) != content_digest(
        pl.DataFrame({"a": [Decimal("1.21")]})
    )


@pytest.mark.parametrize(
    "other",
    [
        pl.DataFrame({"a": [1, 2]}, schema={"a": pl.Int32}),
        pl.DataFrame({"b": [1, 2]}),
        pl.DataFrame({"a": [2, 1]}),
        pl.DataFrame({"a": [1]}),
        pl.DataFrame({"a": [1, 2], "b": [None, None]}),
    ],
)
def test_the_digest_depends_on_names_types_order_and_columns(other: pl.DataFrame) -> None:
    assert content_digest(other) != content_digest(pl.DataFrame({"a": [1, 2]}))
