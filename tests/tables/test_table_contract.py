"""Schemas of tables: refused rows, converted types, and files of an older schema."""

from __future__ import annotations

from datetime import UTC, datetime

import dataframely as dy
import polars as pl
import pytest

from creator_assets.tables.store import TableContractError, Tables
from tests.tables.creators import BERLIN, KEYS, LONDON, READ_TYPES, TYPES, Creators, creators


class OlderCreators(dy.Schema):
    """An older version of `Creators`: without two columns, with another one, and with a narrower number."""

    platform = dy.String(primary_key=True)
    handle = dy.String(primary_key=True)
    followers = dy.Int32(nullable=True)
    nickname = dy.String(nullable=True)
    rate = dy.Float64(nullable=True)


@pytest.mark.parametrize(
    ("frame", "counts"),
    [
        (creators("x@example.com", "x@example.com"), {"primary_key": 2}),
        (creators("x@example.com", followers=-7), {"followers: min": 1}),
        (
            creators("x@example.com", followers=None).with_columns(platform=pl.lit("tiktok")),
            {"tiktok_has_followers": 1},
        ),
        (creators("x@example.com").with_columns(platform=pl.lit(None, pl.String)), {"platform: nullability": 1}),
        (creators("x@example.com").drop("rate", "tags"), {f"{c}: the column is missing": 1 for c in ("rate", "tags")}),
        (creators("a").with_columns(followers=pl.lit("x@example.com")), {"followers: does not fit Int64": 1}),
        (creators("a", "b").with_columns(followers=pl.lit(7.5)), {"followers: does not fit Int64": 2}),
        (creators("a").with_columns(followers=pl.lit("007")), {"followers: does not fit Int64": 1}),
        (creators("a").with_columns(rate=pl.lit(2**53 + 1)), {"rate: does not fit Float64": 1}),
        (creators("a").with_columns(tags=pl.lit(1.5)), {"tags: does not fit List(String)": 1}),
        (
            creators("a").with_columns(seen_at=datetime(2026, 11, 16)),  # noqa: DTZ001
            {"seen_at: does not fit Datetime(time_unit='us', time_zone='UTC')": 1},
        ),
        (
            creators("a").with_columns(pl.col("seen_at").cast(pl.Datetime("ns", "UTC")) + pl.duration(nanoseconds=1)),
            {"seen_at: does not fit Datetime(time_unit='us', time_zone='UTC')": 1},
        ),
    ],
)
def test_rows_that_violate_the_schema_are_refused_with_rules_and_counts_without_values(
    tables: Tables, frame: pl.DataFrame, counts: dict[str, int]
) -> None:
    tables.write(Creators, "creators", BERLIN, creators("old"))
    with pytest.raises(TableContractError) as caught:
        tables.write(Creators, "creators", BERLIN, frame)
    assert caught.value.counts == counts
    assert all(f"{rule} ({count})" in str(caught.value) for rule, count in counts.items())
    assert "x@example.com" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert tables.read(Creators, "creators", BERLIN)["handle"].to_list() == ["old"]


def test_types_are_converted_without_loss_and_other_columns_are_dropped(tables: Tables) -> None:
    loose = pl.DataFrame(
        {
            "extra": [1],
            "handle": ["a"],
            "platform": ["instagram"],
            "followers": [7.0],
            "rate": [1],
            "seen_at": [None],
            "tags": [None],
        }
    )
    tables.write(Creators, "creators", BERLIN, loose)
    read = tables.read(Creators, "creators").drop(KEYS)
    assert read.row(0) == ("instagram", "a", 7, 1.0, None, None)
    assert read.schema == TYPES


def test_files_of_an_older_schema_have_nulls_and_no_removed_columns(tables: Tables) -> None:
    older = {"platform": ["instagram"], "handle": ["old"], "followers": [5], "nickname": ["x"], "rate": [0.1]}
    tables.write(OlderCreators, "creators", LONDON, pl.DataFrame(older))
    tables.write(Creators, "creators", BERLIN, creators("new"))
    read = tables.read(Creators, "creators")
    assert read.schema == READ_TYPES
    assert read.select("handle", "followers", "seen_at", "campaign").rows() == [
        ("new", 10, datetime(2026, 11, 16, 12, tzinfo=UTC), "berlin-fitness"),
        ("old", 5, None, "london"),
    ]
