"""The identity register from end to end: observations in, valid tables out."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from creator_assets.identity.accounts import UnidentifiedRowsError
from creator_assets.identity.register import Register, identify
from creator_assets.tables.schemas import ALL_TABLES
from creator_assets.tables.validation import conformed
from tests.identity.sample_rows import SECRET, day, native, observation, observations

HANDLE = "glamour.puss"
PERSON = [
    observation("instagram", HANDLE, 0, native_id="1", display_name="Glamour Puss", followers=1000, biography="hi"),
    observation("instagram", HANDLE, 1, native_id="1", provider="p", statement_id="s"),
    observation("tiktok", "gp_official", 1, native_id="9", provider="p", statement_id="s", followers=500),
    observation("youtube", "UCabc", 1, native_id="UCabc", provider="p", statement_id="s"),
]
STRANGER = observation("twitch", "zorkavilin", 2, native_id="77")


def register_of(*rows: dict[str, Any], on: float = 30, **options: Any) -> Register:
    return identify(observations(*rows), SECRET, day(on), **options)


def creator_of(register: Register, account: str) -> str:
    return str(register.accounts.filter(pl.col("account_id") == account)["creator_id"].item())


def test_the_tables_match_their_schemas() -> None:
    register = register_of(
        *PERSON, STRANGER, observation("instagram", "gp2", 5, native_id="1"), observation("tiktok", "gp_official", 3)
    )
    for name, frame in (
        ("creator_accounts", register.accounts),
        ("account_links", register.links),
        ("account_changes", register.changes),
    ):
        assert conformed(ALL_TABLES[name], name, frame).height == frame.height > 0


def test_no_observations_give_empty_tables_with_the_same_schemas() -> None:
    register = register_of()
    for name, frame in (
        ("creator_accounts", register.accounts),
        ("account_links", register.links),
        ("account_changes", register.changes),
    ):
        assert conformed(ALL_TABLES[name], name, frame).is_empty()


def test_one_person_on_three_platforms_is_one_creator() -> None:
    register = register_of(*PERSON, STRANGER)
    assert register.accounts.group_by("creator_id").len()["len"].sort().to_list() == [1, 3]


def test_a_rename_keeps_both_ids_and_is_a_change() -> None:
    before = register_of(*PERSON)
    after = register_of(*PERSON, observation("instagram", "puss.glamour", 40, native_id="1"), on=41, before=before)
    account = native("instagram", "1")
    assert creator_of(after, account) == creator_of(before, account)
    renamed = after.changes.filter(pl.col("kind") == "renamed")
    assert renamed.select("subject_id", "old_value", "new_value").rows() == [(account, HANDLE, "puss.glamour")]


def test_an_account_that_takes_a_freed_handle_is_another_creator() -> None:
    moved = observation("instagram", "puss.glamour", 10, native_id="1")
    taker = observation("instagram", HANDLE, 20, native_id="2")
    register = register_of(*PERSON, moved, taker)
    assert creator_of(register, native("instagram", "2")) != creator_of(register, native("instagram", "1"))
    assert "handle_taken" in register.changes["kind"].to_list()


def test_a_handle_of_the_roster_becomes_the_identified_account() -> None:
    roster = observation("instagram", "@" + HANDLE, 0)
    before = register_of(roster, on=1)
    after = register_of(roster, *PERSON, before=before)
    assert before.accounts["account_basis"].to_list() == ["handle"]
    assert creator_of(after, native("instagram", "1")) == before.accounts["creator_id"].item()
    joined = after.changes.filter(pl.col("kind") == "id_joined")
    assert joined.select("subject_id", "new_subject_id").rows() == [
        (before.accounts["account_id"].item(), native("instagram", "1"))
    ]
    assert register_of(roster, *PERSON).accounts.equals(after.accounts)


def test_a_second_run_changes_nothing_and_keeps_recorded_merges() -> None:
    apart = register_of(PERSON[0], PERSON[2] | {"statement_id": None}, on=5)
    first = register_of(*PERSON, on=10, before=apart)
    again = register_of(*PERSON, on=20, before=first)
    assert again.accounts.equals(first.accounts)
    assert again.links.equals(first.links)
    assert again.changes.equals(first.changes)
    merged = again.changes.filter(pl.col("kind") == "creator_merged")
    assert merged["first_seen_new_at"].to_list() == [day(10)]


def test_decisions_of_the_team_join_and_split() -> None:
    instagram, twitch = native("instagram", "1"), native("twitch", "77")
    pair = pl.DataFrame({"account_id": [twitch], "other_account_id": [instagram]})
    together = register_of(*PERSON, STRANGER, together=pair)
    assert creator_of(together, twitch) == creator_of(together, instagram)
    parted = register_of(*PERSON, STRANGER, before=together, apart=pair)
    assert creator_of(parted, twitch) != creator_of(parted, instagram)
    assert "creator_split" in parted.changes["kind"].to_list()


def test_a_decision_joins_creators_with_accounts_of_one_platform() -> None:
    other = [
        observation("twitch", "zork.live", 1, native_id="5", provider="p", statement_id="t"),
        observation("tiktok", "zork.clips", 1, native_id="6", provider="p", statement_id="t"),
    ]
    instagram, twitch = native("instagram", "1"), native("twitch", "5")
    pair = pl.DataFrame({"account_id": [twitch], "other_account_id": [instagram]})
    before = register_of(*PERSON, *other)
    assert creator_of(before, twitch) != creator_of(before, instagram)
    together = register_of(*PERSON, *other, before=before, together=pair)
    assert (
        creator_of(together, twitch) == creator_of(together, instagram) == creator_of(together, native("tiktok", "6"))
    )


def test_equal_hashes_of_addresses_link_accounts() -> None:
    rows = [
        observation("x", "ann.lee", 0, native_id="1", email_hash="h"),
        observation("y", "leeann", 0, native_id="2", email_hash="h"),
    ]
    register = register_of(*rows)
    assert register.links.select("evidence", "verdict").rows() == [("shared_email", "joined")]


def test_a_channel_id_instead_of_a_handle_is_not_compared() -> None:
    rows = [
        observation("youtube", "UCzorkavilinarumzorkavi1", 0, native_id="UCzorkavilinarumzorkavi1"),
        observation("twitch", "uczorkavilinarumzorkavi1", 0),
    ]
    assert register_of(*rows).links.is_empty()


def test_only_platform_time_and_an_id_are_required() -> None:
    bare = pl.DataFrame({"platform": ["x"], "handle": ["ann"], "observed_at": [day(0)]})
    assert identify(bare, SECRET, day(1)).accounts.height == 1


def test_rows_without_id_and_handle_are_refused() -> None:
    with pytest.raises(UnidentifiedRowsError):
        register_of(observation("x", None))


def test_links_and_ids_contain_no_personal_data() -> None:
    register = register_of(*PERSON, STRANGER)
    text = register.links.write_csv() + register.accounts.select("account_id", "creator_id", "founding_id").write_csv()
    assert not any(word in text for word in ("glamour", "puss", "UCabc", "gp_official", "zorkavilin"))
