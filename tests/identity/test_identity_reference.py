"""Renames and people, compared with public reference data. ``benchmarks/identity.py`` prints the exact figures."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from creator_assets.identity.accounts import with_account_ids
from creator_assets.identity.name_similarity import name_similarity_links
from creator_assets.identity.people import find_people
from creator_assets.identity.renames import account_changes
from tests.identity.sample_rows import SECRET, day

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_reference = pytest.mark.skipif(
    not (REFERENCE / "creators.parquet").is_file(),
    reason="the reference data are not next to the project (../shared/data)",
)


@needs_reference
def test_exactly_the_known_renames_are_found_by_native_id() -> None:
    source = "jayden856-tiktok-2025"
    seen = pl.scan_parquet(REFERENCE / "creator_snapshots.parquet").filter(pl.col("source") == source)
    rows = seen.select(
        "platform",
        "native_id",
        "display_name",
        "followers",
        handle="username",
        observed_at=pl.col("observed_on").cast(pl.Datetime("us", "UTC")),
    ).collect()
    found = account_changes(with_account_ids(rows, SECRET)).filter(pl.col("kind") == "renamed")
    known = pl.read_csv(REFERENCE / "known_changes.csv").filter(
        (pl.col("source") == source) & (pl.col("field") == "username")
    )
    assert known.height > 0
    assert set(found.select("old_value", "new_value").iter_rows()) == set(known.select("old", "new").iter_rows())


@needs_reference
def test_few_people_found_by_handle_and_name_are_wrong() -> None:
    creators = pl.read_parquet(REFERENCE / "creators.parquet").with_row_index("n")
    ids = pl.col("n").cast(pl.String).str.zfill(6)
    on_twitch = (pl.col("platform") == "twitch") & pl.col("linked_id").is_not_null()
    rows = creators.select(
        "platform",
        "followers",
        "linked_id",
        account_id=ids,
        founding_id=ids,
        first_seen_at=pl.lit(day(0), dtype=pl.Datetime("us", "UTC")),
        handle=pl.when(pl.col("username_kind") == "handle").then("username"),
        # This source gives both accounts of a person the same name. No provider does that.
        display_name=pl.when(~on_twitch).then("display_name"),
    )
    people = find_people(rows, name_similarity_links(rows), SECRET).accounts
    stated = people.filter(pl.col("linked_id").is_not_null()).select("creator_id", "platform", "linked_id")
    pairs = stated.join(stated, on="creator_id", suffix="_other").filter(pl.col("platform") < pl.col("platform_other"))
    assert pairs.height > 50
    right = pairs.filter(pl.col("linked_id") == pl.col("linked_id_other")).height
    assert right >= 0.9 * pairs.height
