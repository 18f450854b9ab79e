"""Who is who, end to end: one id for an account, one for a person, both through renames, with evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from creator_assets.assets.creator_accounts import sightings
from tests.assets.house import failure_of
from tests.assets.stage import TimedProject, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 100, infludata: 100}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 30}
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
roster: [{platform: instagram, handle: nobody.has.this.name}]
shortlist: {top: 12}
profiles: {depth: full, max_age: 2d}
linked_accounts: {top: 13, max_age: 2d}
"""
CHAIN = ("discovery_results", "shortlist", "enrichment_batches", "enriched_profiles", "linked_accounts")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        made.brief("one", BRIEF)
        yield made


def lived(stage: TimedProject) -> dict[str, Any]:
    """A week of the campaign, and what is believed after it."""
    stage.run(*CHAIN, slug="one")
    return believed(stage)


def believed(stage: TimedProject) -> dict[str, Any]:
    return state_of(stage.run("creator_accounts", slug="one", whole=True), "creator_accounts")


def rename(stage: TimedProject, before: str, after: str) -> None:
    order = {"platform": "instagram", "from": before, "to": after}
    stage.control.post("/renames", json=order).raise_for_status()


def test_accounts_that_a_provider_links_are_one_creators_with_the_evidence(stage: TimedProject) -> None:
    noted = lived(stage)
    accounts = stage.table("creator_accounts")
    links = stage.table("linked_accounts").filter(state="linked")
    assert noted["creators"] == accounts["creator_id"].n_unique() < accounts.height == accounts["account_id"].n_unique()
    owned = links.join(accounts, on="account_id", suffix="_now")
    assert owned.height == links.height
    stated = owned.group_by("request_id").agg(pl.col("creator_id").n_unique(), pl.col("account_id").n_unique())
    assert stated["creator_id"].to_list() == [1] * stated.height
    assert stated.filter(pl.col("account_id") > 1).height > 3
    joined = accounts.filter(pl.col("linked_to").is_not_null())
    assert joined.filter(pl.col("evidence").str.contains("stated"))["confidence"].min() >= 0.95  # type: ignore[operator]
    beside = stage.table("account_links")
    assert noted["links"] == beside.height
    assert set(beside.filter(verdict="joined")["account_id"]) <= set(accounts["account_id"])


def test_every_profile_leads_to_its_person_if_need_be_by_the_id_that_its_own_was_joined_to(stage: TimedProject) -> None:
    lived(stage)
    profiles = stage.table("enriched_profiles").filter(state="enriched")
    assert set(profiles["account_basis"]) == {"native", "provider"}
    joined = stage.table("account_changes").filter(kind="id_joined").select("subject_id", "new_subject_id")
    resolved = profiles.join(joined, left_on="account_id", right_on="subject_id", how="left").with_columns(
        account_id=pl.coalesce("new_subject_id", "account_id")
    )
    assert resolved.filter(pl.col("new_subject_id").is_not_null()).height > 0
    people = resolved.join(stage.table("creator_accounts"), on="account_id")
    assert people.height == profiles.height
    assert people["creator_id"].null_count() == 0


def test_a_report_of_an_audience_has_the_id_of_its_profile(stage: TimedProject) -> None:
    stage.brief("one", BRIEF + "audiences: {top: 8}\n")
    stage.run(*CHAIN, "audience_reports", slug="one")
    keys = ["platform", "native_id", "provider_id", "account_id", "account_basis"]
    profiles = stage.table("enriched_profiles").filter(state="enriched").select("username", "provider", *keys)
    reports = stage.table("audience_reports").filter(pl.col("state").is_in(["ready", "unavailable"]))
    same = reports.join(profiles, on=["platform", "username", "provider"], suffix="_of_profile")
    assert same.height > 2
    assert all(same[key].equals(same[f"{key}_of_profile"]) for key in keys[1:])


def test_ids_survive_a_rename_and_whoever_takes_the_old_handle_is_somebody_else(stage: TimedProject) -> None:
    lived(stage)
    first = stage.table("creator_accounts")
    best, second = (
        stage.table("shortlist").filter(selected=True, platform="instagram").filter(pl.col("native_id").is_not_null())
        .sort("place").select("username", "native_id").head(2).rows()
    )  # fmt: skip
    (old, renamed_id), (others_old, taker_id) = best, second
    rename(stage, old, "another.name.now")
    rename(stage, others_old, old)
    stage.turn(days=7)
    lived(stage)
    now = stage.table("creator_accounts")

    def account(accounts: pl.DataFrame, native_id: str) -> dict[str, Any]:
        return accounts.filter(platform="instagram", native_id=native_id).row(0, named=True)

    for native_id, handle in ((renamed_id, "another.name.now"), (taker_id, old)):
        before, after = account(first, native_id), account(now, native_id)
        assert (after["account_id"], after["creator_id"]) == (before["account_id"], before["creator_id"])
        assert (after["username"], after["first_seen_at"]) == (handle, before["first_seen_at"])
        rows = stage.table("enriched_profiles").filter(platform="instagram", native_id=native_id)
        assert set(rows["account_id"]) == {after["account_id"]}
        assert rows["username"].n_unique() == 2
    assert account(now, renamed_id)["creator_id"] != account(now, taker_id)["creator_id"]
    renamed = stage.table("account_changes").filter(kind="renamed").select("subject_id", "old_value", "new_value")
    assert set(renamed.rows()) == {
        (account(now, renamed_id)["account_id"], old, "another.name.now"),
        (account(now, taker_id)["account_id"], others_old, old),
    }
    taken = stage.table("account_changes").filter(kind="handle_taken", new_value=old)
    assert taken.select("subject_id", "new_subject_id").rows() == [
        (account(now, renamed_id)["account_id"], account(now, taker_id)["account_id"])
    ]


def test_it_costs_nothing_and_says_the_same_again_from_the_same_tables(stage: TimedProject) -> None:
    noted = lived(stage)
    spent, asked = stage.spent(), stage.asked()
    stage.gone = True
    digests = ("content_digest", "links_digest", "changes_digest")
    again = believed(stage)
    assert [again[name] for name in digests] == [noted[name] for name in digests]
    for table in ("creator_accounts", "account_links", "account_changes"):
        (stage.folder / "data" / "tables" / table / "part-0.parquet").unlink()
    anew = believed(stage)
    assert [anew[name] for name in digests] == [noted[name] for name in digests]
    stage.gone = False
    assert (stage.spent(), stage.asked()) == (spent, asked)


def test_nothing_bought_yet_is_a_table_without_rows(stage: TimedProject) -> None:
    noted = believed(stage)
    assert (noted["dagster/partition_row_count"], noted["creators"], noted["sightings"]) == (0, 0, 0)


def test_a_sighting_is_what_a_provider_saw_once_however_often_it_is_used(stage: TimedProject) -> None:
    stage.run(*CHAIN, slug="one")
    found, profiles, links = (
        stage.table(name) for name in ("discovery_results", "enriched_profiles", "linked_accounts")
    )
    once = sightings(found.lazy(), profiles.lazy(), links.lazy())
    twice = sightings(pl.concat([found, found]).lazy(), profiles.lazy(), pl.concat([links, links]).lazy())
    assert once.height == twice.height > 0
    assert "nobody.has.this.name" not in set(once["handle"])
    assert once["observed_at"].min() >= TUESDAY  # type: ignore[operator]


def test_the_team_has_the_last_word(stage: TimedProject) -> None:
    lived(stage)
    accounts = stage.table("creator_accounts")
    linked = accounts.filter(pl.col("linked_to").is_not_null()).sort("account_id").row(0, named=True)
    strangers = accounts.filter(pl.col("linked_to").is_null()).sort("account_id").head(2)["account_id"].to_list()
    path = stage.folder / "decisions.yaml"
    path.write_text(f"apart: [[{linked['account_id']}, {linked['linked_to']}]]\ntogether: [{strangers}]\n")
    stage.environ["CREATOR_ASSETS_DECISIONS"] = str(path)
    noted = believed(stage)
    owner = dict(stage.table("creator_accounts").select("account_id", "creator_id").iter_rows())
    assert owner[linked["account_id"]] != owner[linked["linked_to"]]
    assert owner[strangers[0]] == owner[strangers[1]]
    assert (noted["decided_apart"], noted["decided_together"]) == (1, 1)
    assert {"creator_split", "creator_merged"} <= set(noted["changes_by_kind"])
    path.write_text("apart: [[a.handle, another]]\n")
    result = stage.run("creator_accounts", slug="one", whole=True, raise_on_error=False)
    assert f"{path}:1:10: apart[0][0]: this is not an account id" in failure_of(result, "creator_accounts")
