"""Accounts whose id is known: asked by it where the provider takes it, so that a rename loses nobody, and paid once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from creator_assets.sandbox import SandboxSettings
from creator_assets.sandbox.infludata.gaps import GAPS
from creator_assets.sandbox.universe import open_universe
from creator_assets.sandbox.universe.coverage import audience_pending
from creator_assets.sandbox.universe.profile import Profile
from tests.assets.stage import TimedProject, stage_at

MONDAY = datetime(2026, 11, 9, 12, tzinfo=UTC)
CREDIT = 1_000_000
FOUND = ("discovery_results", "shortlist")
ROSTER = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 200}
roster: [{platform: %s, handle: %s%s}]
shortlist: {top: 1}
profiles: {depth: full, max_age: 1d}
audiences: {top: 1, max_age: 1d}
"""
SEARCH = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 200}
discovery: [{name: many, provider: infludata, platform: tiktok, max_creators: 20}]
shortlist: {top: 3}
profiles: {depth: full, max_age: 1d}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(MONDAY, tmp_path, monkeypatch) as made:
        yield made


def account_on(platform: str) -> Profile:
    """An account that influData has, with its report."""
    universe = open_universe(SandboxSettings(size=2_000))
    everybody = (universe.by_index(platform, index, MONDAY) for index in range(2_000))
    return next(
        one
        for one in everybody
        if one is not None
        and one.handle != one.native_id
        and GAPS.has_data(platform, one.index)
        and not audience_pending(platform, one.index)
    )


def rename(stage: TimedProject, platform: str, before: str) -> None:
    order = {"platform": platform, "from": before, "to": "another.name.now"}
    answer = stage.control.post("/renames", json=order)
    assert answer.is_success, answer.text


def arrived(stage: TimedProject, operation: str) -> int:
    return sum(one["operation"] == operation for one in stage.control.get("/requests").json()["infludata"])


@pytest.mark.parametrize("platform", ["instagram", "tiktok", "youtube"])
def test_an_id_in_the_brief_finds_a_renamed_account_with_its_report(stage: TimedProject, platform: str) -> None:
    one = account_on(platform)
    rename(stage, platform, one.handle)
    stage.brief("one", ROSTER % (platform, one.handle, ""))
    stage.run(*FOUND, "enriched_profiles", "audience_reports", slug="one")
    states = [
        stage.table(name, campaign="one")["state"].to_list() for name in ("enriched_profiles", "audience_reports")
    ]
    assert (states, stage.spent()["infludata"]) == ([["not_found"], ["not_found"]], 0)
    # What the handle brought is kept for its window, as any answer: the id helps from the next request on.
    stage.turn(days=7)
    stage.brief("one", ROSTER % (platform, one.handle, f", native_id: {one.sec_uid or one.native_id}"))
    stage.run(*FOUND, "enriched_profiles", "audience_reports", slug="one")
    (profile,) = stage.table("enriched_profiles", campaign="one").sort("observed_at").tail(1).rows(named=True)
    (report,) = stage.table("audience_reports", campaign="one").sort("observed_at").tail(1).rows(named=True)
    assert (profile["state"], report["state"]) == ("enriched", "ready")
    assert (profile["username"], report["username"]) == (one.handle.lower(), one.handle.lower())
    assert profile["followers"] is not None
    assert stage.spent()["infludata"] == 21 * CREDIT


def test_an_answer_that_was_bought_by_the_handle_serves_for_the_id_and_the_other_way_round(stage: TimedProject) -> None:
    one = account_on("instagram")
    plain, known = (ROSTER % ("instagram", one.handle, more) for more in ("", f", native_id: {one.native_id}"))
    chain = (*FOUND, "enriched_profiles", "audience_reports")
    requests = set()
    for slug, brief in (("first", plain), ("second", known), ("third", plain)):
        stage.brief(slug, brief)
        stage.run(*chain, slug=slug)
        requests.add(stage.table("enriched_profiles", campaign=slug)["request_id"].item())
        assert stage.spent()["infludata"] == 21 * CREDIT, slug
    assert (len(requests), arrived(stage, "ID-3")) == (1, 2)
    stage.turn(days=7)
    for slug, brief in (("second", known), ("first", plain)):
        stage.brief(slug, brief)
        stage.run(*chain, slug=slug)
        assert stage.spent()["infludata"] == 42 * CREDIT, slug


def test_whoever_is_renamed_between_search_and_profile_is_found_by_the_id_of_the_search(stage: TimedProject) -> None:
    stage.brief("one", SEARCH)
    stage.run(*FOUND, slug="one")
    first, *_ = stage.table("shortlist").filter("selected").sort("place")["username"].to_list()
    rename(stage, "tiktok", first)
    stage.run("enriched_profiles", slug="one")
    (row,) = stage.table("enriched_profiles").filter(username=first).rows(named=True)
    assert (row["state"], row["cost_microcredits"]) == ("enriched", CREDIT)
    (found,) = stage.table("discovery_results").filter(username=first).rows(named=True)
    assert row["provider_id"] == found["provider_id"]


def test_no_log_and_no_metadata_has_an_id(stage: TimedProject, caplog: pytest.LogCaptureFixture) -> None:
    one = account_on("tiktok")
    stage.brief("one", ROSTER % ("tiktok", one.handle, f", native_id: {one.sec_uid}"))
    stage.fault(kind="status", operation="ID-3", status=500, count=None)
    result = stage.run(*FOUND, "enriched_profiles", slug="one", raise_on_error=False)
    assert not result.success
    assert str(one.sec_uid) not in caplog.text + repr(result.all_events)
    for path in stage.folder.glob("ledger.sqlite*"):
        assert str(one.sec_uid).encode() not in path.read_bytes()
