"""Audience reports: bought only where they are there, waited for as rows, and never paid for twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest

from creator_assets.demand import audiences
from creator_assets.demand.audiences import segment_rows
from creator_assets.demand.provider_choice import Candidate
from creator_assets.demand.waterfall import CandidateResponse
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, AnswerKind, Request
from creator_assets.providers.influencers_club.operations import NAME as CLUB_NAME
from tests.assets.stage import TimedProject, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
CREDIT = 1_000_000
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 2000}
discovery:
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 60}
shortlist: {top: 50}
audiences: {top: 50, max_age: 45d%s}
"""
CHAIN = ("discovery_results", "shortlist", "audience_reports")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        made.brief("one", BRIEF % "")
        yield made


def test_a_report_in_the_making_is_a_row_and_is_bought_when_it_is_there(stage: TimedProject) -> None:
    metadata = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    first = stage.table("audience_reports")
    states = dict(first["state"].value_counts().iter_rows())
    assert first.height == 50
    assert states["pending"] >= 1
    assert metadata["states"] == states
    # 3 pages of creators at 1, and 20 for each report that is there; asking and waiting cost nothing.
    assert stage.spent()["infludata"] == (3 + 20 * states["ready"]) * CREDIT
    assert first["cost_microcredits"].sum() == 20 * states["ready"] * CREDIT
    waiting = first.filter(pl.col("state") == "pending")
    assert (waiting["next_look_at"] > TUESDAY).all()
    assert waiting["operation"].unique().to_list() == ["data_status"]
    assert stage.table("audience_segments")["username"].n_unique() == states["ready"]

    # Before the time to look again, nobody is asked.
    asked = stage.asked()
    stage.run("audience_reports", slug="one")
    assert stage.asked() == asked

    stage.turn(hours=40)
    stage.run("audience_reports", slug="one")
    later = stage.table("audience_reports")
    assert "pending" not in later["state"].to_list()
    ready = later.filter(pl.col("state") == "ready").height
    assert ready == states["ready"] + states["pending"]
    assert stage.spent()["infludata"] == (3 + 20 * ready) * CREDIT


def test_a_report_that_is_not_there_although_the_status_says_so_is_paid_for_once_a_day(stage: TimedProject) -> None:
    stage.brief("one", (BRIEF % "").replace("top: 50", "top: 3"))
    stage.run("discovery_results", "shortlist", slug="one")
    found = stage.asked()
    stage.fault(kind="status", operation="ID-3", status=202, count=100)
    for _look in range(12):
        stage.run("audience_reports", slug="one")
        stage.turn(hours=2)
    assert stage.table("audience_reports")["state"].to_list() == ["pending"] * 3
    assert stage.asked() == found + 2 * 3, "three free questions, and three reports"


def test_shares_are_fractions_and_parts_that_exclude_one_another_add_up(stage: TimedProject) -> None:
    stage.run(*CHAIN, slug="one")
    segments = stage.table("audience_segments")
    assert segments["share"].is_between(0, 1).all()
    totals = (
        segments.filter(pl.col("is_exclusive") & pl.col("dimension").is_in(["age", "gender"]))
        .group_by("username", "basis", "dimension")
        .agg(pl.col("share").sum())
    )
    assert totals.height >= 2
    assert totals["share"].is_between(0.999, 1.001).all()


def test_what_is_inferred_about_ethnicity_needs_a_reason_in_the_brief(stage: TimedProject) -> None:
    stage.brief("club", CLUB % "")
    stage.brief("study", CLUB % ', keep_sensitive_because: "A study of representation, with the consent of its panel"')
    stage.run(*CHAIN, slug="club")
    metadata = state_of(stage.run(*CHAIN, slug="study"), "audience_reports")
    without, kept = (stage.table("audience_segments", campaign=slug) for slug in ("club", "study"))
    assert "ethnicity" not in without["dimension"].to_list()
    assert "ethnicity" in kept["dimension"].to_list()
    assert metadata["sensitive_kept_because"].startswith("A study")
    assert {"followers", "likers"} <= set(kept["basis"])


CLUB = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 10}
shortlist: {top: 5}
profiles: {depth: full}
audiences: {top: 5%s}
"""


def test_the_report_in_a_full_profile_is_not_paid_for_again(stage: TimedProject) -> None:
    stage.brief("club", CLUB % "")
    stage.run(*CHAIN, "enriched_profiles", slug="club")
    # 10 creators at 0.01 and 5 full profiles at 1, which hold the reports.
    assert stage.spent()["influencers_club"] == 5_100_000


def test_a_report_that_is_younger_than_the_brief_asks_for_serves_the_next_week(stage: TimedProject) -> None:
    stage.run(*CHAIN, slug="one")
    stage.turn(days=7)
    stage.run("discovery_results", "shortlist", slug="one")
    before, asked_for = stage.spent()["infludata"], stage.table("audience_reports")
    ready = set(asked_for.filter(pl.col("state") == "ready")["username"])
    stage.run("audience_reports", slug="one")
    chosen = stage.table("shortlist", campaign="one", week="2026-11-16").filter("selected")["username"]
    new = stage.table("audience_reports", campaign="one", week="2026-11-16").filter(pl.col("state") == "ready")
    bought = [name for name in new["username"] if name not in ready]
    assert set(chosen) & ready
    assert stage.spent()["infludata"] - before == 20 * CREDIT * len(bought)


def test_a_rebuild_from_the_archive_is_identical_and_asks_nobody(stage: TimedProject) -> None:
    first = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    stage.gone = True
    asked = stage.asked()
    again = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    assert stage.asked() == asked
    assert (again["content_digest"], again["segments_digest"]) == (first["content_digest"], first["segments_digest"])
    assert again["credits_spent"] == 0


def test_however_few_reports_are_read_at_a_time_the_tables_are_the_same(
    stage: TimedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    monkeypatch.setattr(audiences, "REPORTS_AT_A_TIME", 7)
    again = state_of(stage.run("audience_reports", slug="one"), "audience_reports")
    assert (again["content_digest"], again["segments_digest"]) == (first["content_digest"], first["segments_digest"])


def test_reports_of_several_providers_are_written_in_the_order_of_their_accounts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audiences, "REPORTS_AT_A_TIME", 2)
    data, club = (
        capability(CapabilityKind.AUDIENCE, provider=name, platform="tiktok") for name in ("infludata", CLUB_NAME)
    )
    metadata = [
        CandidateResponse(
            account=("tiktok", name), candidate=Candidate(capability=can, pages=pages, reason=""), answers=answers
        )
        for name, can in (("d", data), ("b", club), ("a", data), ("c", data))
        for pages in [can.pages(ProviderSettings(), "tiktok", name)]
        for answers in [[report_of(can.provider, pages.first)]]
    ]
    portions = [one.rows for one in segment_rows(metadata)]
    assert [set(rows["username"]) for rows in portions] == [{"a", "b"}, {"c", "d"}]
    assert {one["username"]: one["provider"] for one in pl.concat(portions).to_dicts()} == {
        "a": "infludata", "b": CLUB_NAME, "c": "infludata", "d": "infludata"
    }  # fmt: skip


def report_of(provider: str, call: Request) -> Answer:
    """The least that a report says."""
    genders = {"male": 0.4, "female": 0.6}
    club = {"result": {"tiktok": {"audience": {"audience_followers": {"data": {"audience_genders": genders}}}}}}
    body = msgspec.json.encode(club if provider == CLUB_NAME else {"audienceReport": {"genders": genders}})
    key = call.request_key("realm")
    return Answer(request=call, kind=AnswerKind.FINAL, status=200, body=body, response_sha256=key, observed_at=TUESDAY,
                  request_id=key, run_id="run", charge_microcredits=0)  # fmt: skip


def test_a_week_that_is_over_keeps_the_rows_that_waited(stage: TimedProject) -> None:
    stage.run(*CHAIN, slug="one")
    states = stage.table("audience_reports")["state"].sort().to_list()
    stage.turn(days=30)
    stage.gone = True
    stage.run(*CHAIN, slug="one", day=TUESDAY.date())
    assert stage.table("audience_reports", campaign="one", week="2026-11-09")["state"].sort().to_list() == states


# -- who has none is asked of the next


BOTH = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 200, infludata: 2000}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 60}
roster: [{platform: instagram, handle: nobody.has.this.handle}]
shortlist: {top: 60}
audiences: {top: 61%s}
"""
DEAR_CLUB = """
version: contract-2026
effective: 2026-11-01
source: order form
currency: EUR
price_per_credit: {influencers_club: 10, infludata: 0.1}
"""


def reports_of(stage: TimedProject, slug: str = "one") -> pl.DataFrame:
    return stage.table("audience_reports", campaign=slug, week="2026-11-09")


def test_a_report_that_the_cheapest_does_not_have_is_asked_of_the_next(stage: TimedProject) -> None:
    stage.brief("one", BOTH % "")
    first = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    rows = reports_of(stage)
    assert rows.height == rows["username"].n_unique() == 61
    club, data = (rows.filter(provider=name) for name in ("influencers_club", "infludata"))
    assert club["state"].unique().to_list() == ["ready"]
    assert club["chosen_because"].unique().to_list() == [
        "cheapest of influencers_club 1, infludata 20 (a credit of each counted alike)"
    ]
    states = dict(data["state"].value_counts().iter_rows())
    assert states["ready"] >= 1
    assert states["not_found"] == 1  # nobody's handle
    assert data["chosen_because"].str.starts_with("influencers_club had nothing; number 2 by price").all()
    # The dear call comes after the free question, and only where the answer to it was yes.
    assert stage.spent()["infludata"] == 20 * states["ready"] * CREDIT
    asked = stage.control.get("/requests", params={"provider": "infludata"}).json()["infludata"]
    assert [one["operation"] for one in asked] == ["ID-4"] * data.height + ["ID-3"] * states["ready"]
    assert set(stage.table("audience_segments")["username"]) == set(rows.filter(state="ready")["username"])

    stage.gone = True
    again = state_of(stage.run(*CHAIN, slug="one"), "audience_reports")
    assert (again["content_digest"], again["segments_digest"]) == (first["content_digest"], first["segments_digest"])
    assert again["credits_spent"] == 0


def test_a_report_in_the_making_is_bought_nowhere_else_meanwhile(stage: TimedProject) -> None:
    (stage.folder / "prices.yaml").write_text(DEAR_CLUB)
    stage.environ["CREATOR_ASSETS_PRICES"] = str(stage.folder / "prices.yaml")
    stage.brief("one", BOTH % "")
    stage.run(*CHAIN, slug="one")
    rows = reports_of(stage)
    waiting = rows.filter(state="pending")
    assert waiting.height >= 1
    assert waiting["provider"].unique().to_list() == ["infludata"]
    # The other one is asked for nobody's handle alone, at no cost.
    assert rows.filter(provider="influencers_club")["state"].to_list() == ["not_found"]
    assert stage.spent()["influencers_club"] == 600_000
    stage.turn(hours=40)
    stage.run("audience_reports", slug="one")
    later = reports_of(stage)
    assert later.filter(pl.col("username").is_in(waiting["username"].to_list()) & (pl.col("state") == "ready")).height
    assert later.filter(provider="influencers_club")["state"].to_list() == ["not_found"]
    assert stage.spent()["influencers_club"] == 600_000


@pytest.mark.parametrize(("max_cost", "falls"), [("21", True), ("20.9", False)])
def test_all_who_are_asked_for_a_report_cost_no_more_than_the_brief_allows(
    stage: TimedProject, max_cost: str, falls: bool
) -> None:
    stage.brief("one", BOTH % f", max_cost_each: {max_cost}")
    stage.run(*CHAIN, slug="one")
    assert ("infludata" in reports_of(stage)["provider"].to_list()) is falls
    assert (stage.spent()["infludata"] > 0) is falls
