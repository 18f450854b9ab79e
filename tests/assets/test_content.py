"""Content: each piece is bought in one week only, and a pull that died goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from creator_assets.demand.videos.content import content_requests
from creator_assets.providers.capabilities import NoCapabilityError
from tests.assets.stage import TimedProject, stage_at, state_of
from tests.contexts import context_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
CREDIT = 1_000_000
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 4000}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
shortlist: {top: 10}
content: {top: 4, max_items: %d}
"""
FOUND = ("discovery_results", "shortlist")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def test_each_piece_is_bought_once_although_the_filter_includes_its_bound(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % 100)
    stage.turn(days=-7)
    for _week in range(3):
        stage.run(*FOUND, "content", slug="one")
        stage.turn(days=7)
    bought = stage.table("content")
    assert bought.group_by("week").len().height >= 2
    assert bought["content_id"].is_unique().all()
    # 3 weeks' searches at 1, and 1 for each piece: the rows add up to what was paid.
    assert bought["cost_microcredits"].sum() == bought.height * CREDIT
    assert stage.spent()["infludata"] == (3 + bought.height) * CREDIT
    later = bought.filter(pl.col("week") > pl.date(2026, 11, 2))
    assert (later["published_at"] > datetime(2026, 11, 3, tzinfo=UTC)).all()
    expires = bought.filter(pl.col("media_url").is_not_null())
    assert (expires["media_expires_at"] > expires["observed_at"]).all()


def test_a_pull_that_dies_goes_on_without_paying_again(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % 150)
    stage.run(*FOUND, slug="one")
    stage.fault(kind="status", operation="ID-7", nth=4, count=100, status=500)
    died = stage.run("content", slug="one", raise_on_error=False)
    assert not died.success
    paid = stage.spent()["infludata"]
    assert paid > CREDIT
    stage.control.delete("/faults").raise_for_status()
    metadata = state_of(stage.run("content", slug="one"), "content")
    rows = stage.table("content")
    assert metadata["archive_hits"] >= 1
    assert rows["content_id"].is_unique().all()
    assert stage.spent()["infludata"] == (1 + rows.height) * CREDIT


def test_a_pull_whose_cursor_is_over_by_then_is_not_paid_for_again(stage: TimedProject) -> None:
    stage.brief("one", (BRIEF % 150).replace("top: 4", "top: 1"))
    stage.run(*FOUND, slug="one")
    stage.fault(kind="status", operation="ID-7", nth=2, status=500, count=4)
    assert not stage.run("content", slug="one", raise_on_error=False).success
    stage.control.delete("/faults").raise_for_status()
    stage.fault(kind="status", operation="ID-7", status=400)
    metadata = state_of(stage.run("content", slug="one"), "content")
    assert (metadata["archive_hits"], metadata["requests_made"], metadata["rejected_records"]) == (1, 2, 0)
    rows = stage.table("content")
    assert rows["content_id"].is_unique().all()
    assert rows.height == 150
    assert stage.spent()["infludata"] == (1 + 150) * CREDIT


def test_a_pull_goes_on_where_the_last_one_came_to_without_a_stated_watermark(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % 20)
    stage.fault(kind="missing_field", operation="ID-7", count=100, field="watermark")
    stage.turn(days=-7)
    for _week in range(2):
        stage.run(*FOUND, "content", slug="one")
        stage.turn(days=7)
    bought = stage.table("content")
    assert bought["content_id"].is_unique().all()
    assert stage.spent()["infludata"] == (2 + bought.height) * CREDIT


@pytest.mark.parametrize(("before", "after"), [(20, 25), (25, 20), (100, 120), (120, 100)])
def test_another_number_of_items_buys_nothing_again(stage: TimedProject, before: int, after: int) -> None:
    stage.turn(days=-7)
    stage.brief("one", BRIEF % before)
    stage.run(*FOUND, "content", slug="one")
    first = stage.table("content")
    spent = stage.spent()["infludata"]
    # In the same week what was pulled stands, and after it the mark does.
    stage.brief("one", BRIEF % after)
    stage.run(*FOUND, "content", slug="one")
    assert stage.spent()["infludata"] == spent
    stage.turn(days=7)
    stage.run(*FOUND, slug="one")
    stage.run("credit_plan", slug="one")
    planned = stage.table("credit_plan", campaign="one", week="2026-11-09").filter(asset="content")
    assert planned["max_microcredits"].sum() == 4 * after * CREDIT
    stage.run("content", slug="one")
    later = stage.table("content", campaign="one", week="2026-11-09")
    assert not later.is_empty()
    assert not set(later["content_id"]) & set(first["content_id"])
    assert stage.spent()["infludata"] == spent + (1 + later.height) * CREDIT
    # Both weeks again, whatever the brief says by now.
    both = stage.table("content")
    stage.gone = True
    for day in (TUESDAY.date() - timedelta(days=7), TUESDAY.date()):
        stage.run("content", slug="one", day=day)
    assert stage.table("content").equals(both)


def test_another_provider_goes_on_where_the_last_one_came_to(stage: TimedProject) -> None:
    by_page = BRIEF.replace("{infludata: 4000}", "{infludata: 4000, influencers_club: 50}").replace(
        "max_items: %d", "max_items: %d, provider: influencers_club"
    )
    stage.turn(days=-7)
    stage.brief("one", by_page % 40)
    stage.run(*FOUND, "content", slug="one")
    known = stage.table("content")
    stage.turn(days=7)
    stage.brief("one", BRIEF % 40)
    stage.run(*FOUND, "content", slug="one")
    bought = stage.table("content", campaign="one", week="2026-11-09")
    assert bought["provider"].unique().to_list() == ["infludata"]
    assert not set(bought["native_id"]) & set(known["native_id"])
    assert stage.spent()["infludata"] == (2 + bought.height) * CREDIT


def test_what_was_truncated_is_in_the_metadata(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % 2)
    metadata = state_of(stage.run(*FOUND, "content", slug="one"), "content")
    assert stage.table("content").group_by("username").len()["len"].max() == 2
    assert metadata["truncated"] >= 1


def test_a_lost_table_neither_costs_nor_changes_anything(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % 20)
    stage.run(*FOUND, "content", slug="one")
    stage.turn(days=7)
    first = state_of(stage.run(*FOUND, "content", slug="one"), "content")
    for path in (stage.folder / "data" / "tables" / "content").rglob("*.parquet"):
        path.unlink()
    stage.gone = True
    asked = stage.asked()
    again = state_of(stage.run("content", slug="one"), "content")
    assert again["content_digest"] == first["content_digest"]
    assert stage.asked() == asked


def test_a_brief_without_content_wants_none(stage: TimedProject) -> None:
    stage.brief("one", BRIEF.replace("content: {top: 4, max_items: %d}\n", ""))
    stage.run(*FOUND, "content", slug="one")
    assert stage.table("content").is_empty()
    assert stage.spent()["infludata"] == CREDIT


def test_nobody_without_a_budget_is_asked(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % 5)
    campaign = stage.resources()["campaigns"].load()["one"]
    paid_client = stage.resources()["paid_client"]
    settings, ledger = paid_client.settings(), paid_client.open().ledger
    stage.run(*FOUND, slug="one")
    shortlist = stage.table("shortlist").with_columns(provider=pl.lit("influencers_club"))
    assert {
        one.capability.provider for one in content_requests(context_of(campaign, ledger, settings=settings), shortlist)
    } == {"infludata"}
    with pytest.raises(NoCapabilityError):
        content_requests(
            context_of(campaign, ledger, settings=settings), shortlist.with_columns(platform=pl.lit("twitch"))
        )


def test_a_piece_is_planned_at_what_it_can_cost(stage: TimedProject) -> None:
    stage.brief("one", BRIEF % 20)
    stage.run(*FOUND, slug="one")
    stage.run("credit_plan", slug="one")
    (line,) = stage.table("credit_plan").filter(pl.col("asset") == "content").rows(named=True)
    assert (line["calls_min"], line["max_microcredits"]) == (4, 4 * 20 * CREDIT)


FILTERED = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 4000}
roster: [{platform: tiktok, handle: %s}, {platform: tiktok, handle: %s}]
shortlist: {top: 1}
content: {top: 2, max_items: 100, filters: {%s}}
"""


def newest(stage: TimedProject) -> tuple[list[str], pl.DataFrame]:
    """Two creators, and all posts of both in the time in which the newest posts of each are known."""
    stage.brief("one", BRIEF % 100)
    stage.run(*FOUND, "content", slug="one")
    names = stage.table("shortlist").filter("selected").sort("place")["username"][:2].to_list()
    rows = stage.table("content", campaign="one").filter(pl.col("username").is_in(names))
    begins = rows.group_by("username").agg(pl.col("published_at").min())["published_at"].max()
    return names, rows.filter(pl.col("published_at") >= begins)


def bought(stage: TimedProject, slug: str, names: list[str], wish: str, since: Any = None) -> pl.DataFrame:
    """What a campaign with these filters has bought, and paid for."""
    before = stage.spent()["infludata"]
    stage.brief(slug, FILTERED % (*names, wish))
    stage.run(*FOUND, "content", slug=slug)
    rows = stage.table("content", campaign=slug)
    assert stage.spent()["infludata"] - before == rows.height * CREDIT
    return rows if since is None else rows.filter(pl.col("published_at") >= since)


def test_only_posts_that_meet_the_filters_are_bought_and_charged(stage: TimedProject) -> None:
    names, known = newest(stage)
    reach = known["reach"].sort()
    least, most = reach[len(reach) // 4], reach[3 * len(reach) // 4]
    until = known["published_at"].sort()[-4].date()
    expected = known.filter(pl.col("reach").is_between(least, most), pl.col("published_at").dt.date() <= until)
    assert 0 < expected.height < known.height
    wish = f"min_views: {least}, max_views: {most}, until: {until}, types: [video]"
    found = bought(stage, "two", names, wish)
    assert found["reach"].is_between(least, most).all()
    assert (found["published_at"].dt.date() <= until).all()
    recent = found.filter(pl.col("published_at") >= known["published_at"].min())
    assert set(recent["content_id"]) == set(expected["content_id"])
    # Next week goes on after the newest that was bought.
    spent = stage.spent()["infludata"]
    stage.turn(days=7)
    later = state_of(stage.run(*FOUND, "content", slug="two"), "content")
    assert (later["dagster/partition_row_count"], stage.spent()["infludata"]) == (0, spent)


def test_tags_words_sorting_and_country_reach_the_provider(stage: TimedProject) -> None:
    names, known = newest(stage)
    since = known["published_at"].min()
    counted = known.explode("hashtags")["hashtags"].drop_nulls().value_counts(sort=True)
    tag = counted["hashtags"][counted.height // 2]
    tagged = known.filter(pl.col("hashtags").list.contains(tag))
    assert 0 < tagged.height < known.height
    assert set(bought(stage, "two", names, f"tags: ['#{tag}']", since)["content_id"]) == set(tagged["content_id"])
    word = f"keywords: ['no such words', '{tag}']"
    assert set(bought(stage, "three", names, word, since)["content_id"]) >= set(tagged["content_id"])
    assert bought(stage, "four", names, "keywords: ['no such words']").is_empty()
    lives_in = dict(stage.table("discovery_results", campaign="one").select("username", "country").iter_rows())
    for number, country in enumerate((lives_in[names[0]], "Brazil")):
        found = bought(stage, f"five-{number}", names, f"country: {country}")
        assert set(found["username"]) == {name for name in names if lives_in[name] == country}
    # The most seen come first: older ones that are seen more, in place of the newest.
    best = bought(stage, "six", names, "sorting: reach, min_views: 1")
    assert best.filter(pl.col("published_at") < since).height > best.height // 2
    by_creator = [one.group_by("username").agg(pl.col("reach").median()).sort("username") for one in (best, known)]
    assert (by_creator[0]["reach"] > by_creator[1]["reach"]).all()


def test_creators_without_posts_of_the_types_are_not_asked(stage: TimedProject) -> None:
    names, _ = newest(stage)
    wish = FILTERED.replace("platform: tiktok", "platform: instagram", 1) % ("leomessi", names[0], "types: [video]")
    stage.brief("two", wish)
    metadata = state_of(stage.run(*FOUND, "content", slug="two"), "content")
    assert (metadata["creators"], set(stage.table("content", campaign="two")["platform"])) == (1, {"tiktok"})
