"""A provider refuses one creator: a row says so, and the partition does not fail for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.assets.house import failure_of
from tests.assets.stage import TimedProject, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 30}
shortlist: {top: 6}
profiles: {max_age: 10d}
linked_accounts: {top: 6, max_age: 10d}
audiences: {top: 6, max_age: 10d}
content: {top: 6, max_items: 12, details: {kinds: [data], top: 4}}
"""
FOUND = ("discovery_results", "shortlist")
BOUGHT = ("enrichment_batches", "enriched_profiles", "linked_accounts", "audience_reports", "content")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        made.brief("one", BRIEF)
        made.run(*FOUND, slug="one")
        yield made


def test_a_lone_refusal_is_a_fact_about_its_creator(stage: TimedProject) -> None:
    someone = stage.table("shortlist").filter("selected").sort("place")["username"][2]
    stage.fault(kind="status", provider="influencers_club", asked=f'"{someone}"', status=422, count=None)
    result = stage.run(*BOUGHT, slug="one")
    for name, key in (
        ("enriched_profiles", "username"), ("linked_accounts", "seed_username"), ("audience_reports", "username"),
    ):  # fmt: skip
        rows = stage.table(name)
        assert rows.filter(rows[key] == someone)["state"].unique().to_list() == ["not_found"], name
        assert rows.filter(rows["state"] != "not_found")[key].n_unique() == 5, name
    content = stage.table("content")
    assert someone not in content["username"]
    assert content["username"].n_unique() == 5
    metadata = {name: state_of(result, name) for name in BOUGHT[1:]}
    # A full profile has the audience in it: one answer serves both.
    assert sum(one["requests_refused"] for one in metadata.values()) == 3
    # It was asked twice by each, the second time when the others had been answered; then never again.
    asked = stage.asked()
    stage.spent()
    stage.gone = True
    again = stage.run(*BOUGHT, slug="one")
    assert {name: state_of(again, name)["content_digest"] for name in metadata} == {
        name: metadata[name]["content_digest"] for name in metadata
    }
    assert stage.asked() == asked


def test_a_post_that_is_refused_has_no_details(stage: TimedProject) -> None:
    stage.run("content", slug="one")
    content = stage.table("content")
    best = content.sort(content["likes"].fill_null(0) + content["comments"].fill_null(0), descending=True)
    post = best["native_id"][0]
    stage.fault(kind="status", operation="IC-23", asked=f'"{post}"', status=400, count=None)
    metadata = state_of(stage.run("content_details", slug="one"), "content_details")
    rows = stage.table("content_details")
    assert rows.filter(rows["content_id"] == post)["state"].to_list() == ["empty"]
    assert (rows.filter(rows["state"] == "found").height, metadata["requests_refused"]) == (3, 1)


@pytest.mark.parametrize("top", [1, 3])
def test_a_list_ends_where_its_next_page_is_refused_and_the_other_lists_go_on(stage: TimedProject, top: int) -> None:
    brief = BRIEF.replace("content: {top: 6, max_items: 12,", f"content: {{top: {top}, max_items: 36,")
    stage.brief("one", brief.replace("kinds: [data], top: 4", "kinds: [comments], top: 1, max_comment_pages: 3"))
    someone = stage.table("shortlist").filter("selected").sort("place")["username"][0]
    token = '"pagination_token"'
    stage.fault(kind="status", operation="IC-22", asked=f'"{someone}"', nth=2, status=422, count=None)
    stage.fault(kind="status", operation="IC-23", asked=token, status=422, count=None)
    result = stage.run("content", "content_details", slug="one")
    rows, comments = stage.table("content"), stage.table("content_details")
    assert rows["username"].n_unique() == top
    assert comments["state"].unique().to_list() == ["found"]
    refused = {name: state_of(result, name)["requests_refused"] for name in ("content", "content_details")}
    assert refused == {"content": 1, "content_details": 1}
    assert rows.filter(rows["username"] == someone).height <= 36
    # The refusal stands: nobody is asked again, and no page is paid twice.
    asked, spent = stage.asked(), stage.spent()
    stage.control.delete("/faults").raise_for_status()
    stage.run("content", "content_details", slug="one")
    assert (stage.asked(), stage.spent()) == (asked, spent)
    assert stage.table("content").equals(rows)


@pytest.mark.parametrize("nth", [1, 4])
def test_where_most_are_refused_it_is_no_fact_about_anybody(stage: TimedProject, nth: int) -> None:
    stage.fault(kind="status", operation="IC-13", status=422, nth=nth, count=None)
    result = stage.run("linked_accounts", slug="one", raise_on_error=False)
    assert "Check the filters and handles in the brief" in failure_of(result, "linked_accounts")
    # Nothing of it was kept: what is asked once the provider has mended itself is answered.
    stage.control.delete("/faults").raise_for_status()
    metadata = state_of(stage.run("linked_accounts", slug="one"), "linked_accounts")
    assert metadata["creators_not_found"] == metadata["requests_refused"] == 0


def test_a_page_that_is_refused_ends_no_pull(stage: TimedProject) -> None:
    brief = BRIEF.replace("max_items: 12", "max_items: 24")
    stage.brief("one", brief)
    someone = stage.table("shortlist").filter("selected").sort("place")["username"][2]
    stage.fault(kind="status", operation="IC-22", asked="pagination_token", nth=3, status=400, count=None)
    result = stage.run("content", slug="one", raise_on_error=False)
    assert "HTTP 400" in failure_of(result, "content")
    assert someone not in failure_of(result, "content")


def test_a_search_that_is_refused_stays_a_failure(stage: TimedProject) -> None:
    more = BRIEF.replace("max_creators: 30}", "max_creators: 30}\n  - {name: other, provider: influencers_club, "
                         "platform: tiktok, max_creators: 30}")  # fmt: skip
    stage.brief("one", more)
    stage.fault(kind="status", operation="IC-1", asked="tiktok", status=422, count=None)
    result = stage.run(*FOUND, slug="one", raise_on_error=False)
    assert "Check the filters and handles in the brief" in failure_of(result, "discovery_results")
