"""Details of posts: bought once for the best of them, planned exactly, and a row where there is nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.posts import best_posts
from creator_assets.tables.addresses import ADDRESS, REMOVED
from creator_assets.tables.schemas import Content, ContentDetails
from tests.assets.stage import TimedProject, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
PRICE = 30_000
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 5}
shortlist: {top: 3}
content: {top: 2, max_items: 12, details: %s}
"""
ALL_KINDS = "{kinds: [data, comments, transcript, audio], top: 4, max_comment_pages: 2}"
FOUND = ("discovery_results", "shortlist", "content")
TABLE = "content_details"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def plan_of(stage: TimedProject, asset: str) -> dict[str, Any]:
    stage.run("credit_plan", slug="one")
    return stage.table("credit_plan").filter(pl.col("asset") == asset).row(0, named=True)


def test_the_details_of_the_best_posts_are_bought_and_the_bill_is_what_the_plan_said(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % ALL_KINDS)
    before = plan_of(stage, TABLE)
    # Nobody knows which posts there are: at most 4 posts with 3 single details and 2 pages of comments each.
    assert (before["calls_min"], before["calls_max"], before["max_microcredits"]) == (0, 20, 20 * PRICE)
    stage.run(*FOUND, slug="one")
    paid = stage.spent()["influencers_club"]
    known = plan_of(stage, TABLE)
    assert (known["calls_min"], known["calls_max"]) == (16, 20)
    noted = state_of(stage.run(TABLE, slug="one"), TABLE)
    details = stage.table(TABLE)
    bill = stage.spent()["influencers_club"] - paid
    assert bill == details["cost_microcredits"].sum() <= known["max_microcredits"]
    assert noted["details"] == 16
    assert details["content_id"].n_unique() == 4
    assert set(details["detail"]) == {"data", "comments", "transcript", "audio"}
    assert details.filter(pl.col("detail") == "comments").group_by("content_id").len()["len"].max() == 40
    assert noted["truncated"] >= 1
    empty = details.filter(pl.col("state") == "empty")
    assert set(empty["cost_microcredits"]) <= {0}
    after = plan_of(stage, TABLE)
    assert (after["verdict"], after["max_microcredits"]) == ("nothing to buy", 0)


def test_the_posts_chosen_are_those_that_engaged_most(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % "{kinds: [data], top: 3}")
    stage.run(*FOUND, TABLE, slug="one")
    posts = stage.table("content").with_columns(engaged=pl.col("likes") + pl.col("comments"))
    best = posts.sort("engaged", descending=True).head(3)
    details = stage.table(TABLE)
    assert set(details["content_id"]) == set(best["native_id"])
    joined = details.join(posts, left_on="content_id", right_on="native_id")
    assert (joined["likes"] == joined["likes_right"]).all()


def test_a_detail_is_not_bought_again_before_its_age(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % "{kinds: [data], top: 30, max_age: 21d}")
    stage.turn(days=-7)
    stage.run(*FOUND, TABLE, slug="one")
    first = stage.table(TABLE)
    stage.turn(days=7)
    paid = stage.spent()["influencers_club"]
    stage.run(*FOUND, slug="one")
    for_posts = stage.spent()["influencers_club"] - paid
    stage.run(TABLE, slug="one")
    second = stage.table(TABLE).filter(pl.col("week") == pl.date(2026, 11, 9))
    new = second.join(first, on="content_id", how="anti").height
    assert second.height > new
    assert stage.spent()["influencers_club"] == paid + for_posts + new * PRICE


def test_addresses_are_taken_out_of_comments_and_authors_are_marked_as_personal(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % "{kinds: [comments], top: 2}")
    stage.run(*FOUND, TABLE, slug="one")
    texts = stage.table(TABLE)["body_text"].drop_nulls()
    assert texts.str.contains(REMOVED, literal=True).any()
    assert not texts.str.contains(ADDRESS).any()
    classes = {name: (column.metadata or {})["personal"] for name, column in ContentDetails.columns().items()}
    assert (classes["author"], classes["body_text"]) == ("direct", "direct")


def test_a_lost_table_is_rebuilt_equal_with_the_network_off(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % ALL_KINDS)
    first = state_of(stage.run(*FOUND, TABLE, slug="one"), TABLE)
    spent, asked = stage.spent(), stage.asked()
    shutil.rmtree(stage.folder / "data" / "tables")
    stage.gone = True
    again = state_of(stage.run(*FOUND, TABLE, slug="one"), TABLE)
    assert again["content_digest"] == first["content_digest"]
    assert again["requests_made"] == 0
    assert (stage.spent(), stage.asked()) == (spent, asked)


def test_a_brief_without_details_wants_none(stage: TimedProject) -> None:
    stage.brief("one", (BRIEF % "").replace(", details: ", ""))
    stage.run(*FOUND, TABLE, slug="one")
    assert stage.table(TABLE).is_empty()
    stage.run("credit_plan", slug="one")
    assert TABLE not in stage.table("credit_plan")["asset"].to_list()


def posts(*rows: dict[str, Any]) -> pl.DataFrame:
    given = {"platform": "tiktok", "content_id": "TT_1", "provider": "north", "likes": 1, "comments": 0}
    frame = pl.DataFrame([given | row for row in rows], infer_schema_length=None)
    empty = Content.create_empty()
    return pl.concat([pl.DataFrame(empty), frame.cast({c: empty.schema[c] for c in frame.columns})], how="diagonal")


def test_a_post_that_two_providers_list_is_one_and_the_order_does_not_depend_on_the_rows() -> None:
    rows: list[dict[str, Any]] = [
        {"content_id": "TT_1", "native_id": "1", "likes": 5},
        {"content_id": "1", "native_id": "1", "likes": 9, "provider": "south"},
        {"content_id": "TT_2", "native_id": "2", "likes": 9, "comments": 1},
        {"content_id": "TT_3", "native_id": None, "likes": None, "comments": None},
    ]
    chosen = best_posts(posts(*rows), 10)
    assert chosen.select("platform", "post_id", "provider").rows() == [
        ("tiktok", "2", "north"),
        ("tiktok", "1", "south"),
        ("tiktok", "TT_3", "north"),
    ]
    assert best_posts(posts(*reversed(rows)), 10).equals(chosen)
    assert best_posts(posts(*rows), 1).height == 1


@pytest.mark.parametrize(
    ("row", "is_paid"),
    [
        ({"is_sponsored": True}, True),
        ({"is_sponsored": False}, False),
        ({"is_sponsored": None}, False),
        ({"hashtags": ["Sommer", "WERBUNG"]}, True),
        ({"hashtags": ["adventure"]}, False),
        ({"hashtags": []}, False),
        ({"is_sponsored": False, "hashtags": ["ad"]}, True),
    ],
)
def test_a_post_is_sponsored_where_provider_or_creator_say_so(row: dict[str, Any], is_paid: bool) -> None:
    assert best_posts(posts(row), 10, only_sponsored=True).height == int(is_paid)
