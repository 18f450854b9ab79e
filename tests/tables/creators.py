"""A small table of creators, and one without a key, for the tests of the store. No test belongs here."""

from __future__ import annotations

from datetime import UTC, datetime

import dataframely as dy
import polars as pl

from creator_assets.tables.store import Tables

BERLIN = ("campaign=berlin-fitness", "week=2026-11-16")
LONDON = ("campaign=london", "week=2026-11-16")
KEYS = ("campaign", "week")


class Creators(dy.Schema):
    platform = dy.String(primary_key=True)
    handle = dy.String(primary_key=True)
    followers = dy.Int64(nullable=True, min=0)
    rate = dy.Float64(nullable=True)
    seen_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=True)
    tags = dy.List(dy.String(nullable=True), nullable=True)

    @dy.rule()
    def tiktok_has_followers(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("platform") != "tiktok") | pl.col("followers").is_not_null()


class Unkeyed(dy.Schema):
    word = dy.String()
    number = dy.Int64()


def creators(*handles: str, followers: int | None = 10) -> pl.DataFrame:
    seen_at = datetime(2026, 11, 16, 12, tzinfo=UTC)
    rows = [("instagram", handle, followers, 0.5, seen_at, ["a", None]) for handle in handles]
    return pl.DataFrame(rows, schema=TYPES, orient="row")


TYPES = {name: column.dtype for name, column in Creators.columns().items()}
READ_TYPES = TYPES | {"campaign": pl.String(), "week": pl.Date()}


def files(tables: Tables) -> list[str]:
    return sorted(str(path.relative_to(tables.root)) for path in tables.root.rglob("*") if path.is_file())
