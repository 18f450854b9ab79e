"""The register from end to end: what was observed goes in, tables that keep their contracts come out."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from creator_assets.identity.accounts import UnidentifiedRowsError
from creator_assets.identity.register import Register, identify
from creator_assets.tables.schemas import ALL_TABLES
from creator_assets.tables.validation import conformed
from tests.identity.who import SECRET, day, native, sighting, sightings

HANDLE = "glamour.puss"
PERSON = [
    sighting("instagram", HANDLE, 0, native_id="1", display_name="Glamour Puss", followers=1000, biography="hi"),
    sighting("instagram", HANDLE, 1, native_id="1", provider="p", statement_id="s"),
    sighting("tiktok", "gp_official", 1, native_id="9", provider="p", statement_id="s", followers=500),
    sighting("youtube", "UCabc", 1, native_id="UCabc", provider="p", statement_id="s"),
]
STRANGER = sighting("twitch", "zorkavilin", 2, native_id="77")


def registered(*rows: dict[str, Any], on: float = 30, **options: Any) -> Register:
    return identify(sightings(*rows), SECRET, day(on), **options)


def creator_of(register: Register, account: str) -> str:
    return str(register.accounts.filter(pl.col("account_id") == account)["creator_id"].item())


def test_the_tables_keep_their_contracts() -> None:
    register = registered(
        *PERSON, STRANGER, sighting("instagram", "gp2", 5, native_id="1"), sighting("tiktok", "gp_official", 3)
    )
    for name, frame in (
        ("creator_accounts", register.accounts),
        ("account_links", register.links),
        ("account_changes", register.changes),
    ):
        assert conformed(ALL_TABLES[name], name, frame).height == frame.height > 0


def test_nothing_observed_is_an_empty_register_of_the_same_form() -> None:
    register = registered()
    for name, frame in (
        ("creator_accounts", register.accounts),
        ("account_links", register.links),
        ("account_changes", register.changes),
    ):
        assert conformed(ALL_TABLES[name], name, frame).is_empty()


def test_one_person_on_three_platforms_is_one_creator() -> None:
    register = registered(*PERSON, STRANGER)
    assert register.accounts.group_by("creator_id").len()["len"].sort().to_list() == [1, 3]


def test_a_rename_keeps_both_ids_and_is_told() -> None:
    before = registered(*PERSON)
    after = registered(*PERSON, sighting("instagram", "puss.glamour", 40, native_id="1"), on=41, before=before)
    account = native("instagram", "1")
    assert creator_of(after, account) == creator_of(before, account)
    renamed = after.changes.filter(pl.col("kind") == "renamed")
    assert renamed.select("subject_id", "old_value", "new_value").rows() == [(account, HANDLE, "puss.glamour")]


def test_whoever_takes_a_freed_handle_is_another_creator() -> None:
    moved = sighting("instagram", "puss.glamour", 10, native_id="1")
    taker = sighting("instagram", HANDLE, 20, native_id="2")
    register = registered(*PERSON, moved, taker)
    assert creator_of(register, native("instagram", "2")) != creator_of(register, native("instagram", "1"))
    assert "handle_taken" in register.changes["kind"].to_list()


def test_a_handle_of_the_roster_becomes_the_account_that_is_found_behind_it() -> None:
    roster = sighting("instagram", "@" + HANDLE, 0)
    before = registered(roster, on=1)
    after = registered(roster, *PERSON, before=before)
    assert before.accounts["account_basis"].to_list() == ["handle"]
    assert creator_of(after, native("instagram", "1")) == before.accounts["creator_id"].item()
    joined = after.changes.filter(pl.col("kind") == "id_joined")
    assert joined.select("subject_id", "new_subject_id").rows() == [
        (before.accounts["account_id"].item(), native("instagram", "1"))
    ]
    assert registered(roster, *PERSON).accounts.equals(after.accounts)


def test_said_again_it_is_the_same_and_merges_stay_on_record() -> None:
    apart = registered(PERSON[0], PERSON[2] | {"statement_id": None}, on=5)
    first = registered(*PERSON, on=10, before=apart)
    again = registered(*PERSON, on=20, before=first)
    assert again.accounts.equals(first.accounts)
    assert again.links.equals(first.links)
    assert again.changes.equals(first.changes)
    merged = again.changes.filter(pl.col("kind") == "creator_merged")
    assert merged["first_seen_new_at"].to_list() == [day(10)]


def test_decisions_of_the_team_join_and_part() -> None:
    instagram, twitch = native("instagram", "1"), native("twitch", "77")
    pair = pl.DataFrame({"account_id": [twitch], "other_account_id": [instagram]})
    together = registered(*PERSON, STRANGER, together=pair)
    assert creator_of(together, twitch) == creator_of(together, instagram)
    parted = registered(*PERSON, STRANGER, before=together, apart=pair)
    assert creator_of(parted, twitch) != creator_of(parted, instagram)
    assert "creator_split" in parted.changes["kind"].to_list()


def test_a_decision_joins_even_two_who_have_accounts_of_one_platform() -> None:
    other = [
        sighting("twitch", "zork.live", 1, native_id="5", provider="p", statement_id="t"),
        sighting("tiktok", "zork.clips", 1, native_id="6", provider="p", statement_id="t"),
    ]
    instagram, twitch = native("instagram", "1"), native("twitch", "5")
    pair = pl.DataFrame({"account_id": [twitch], "other_account_id": [instagram]})
    before = registered(*PERSON, *other)
    assert creator_of(before, twitch) != creator_of(before, instagram)
    together = registered(*PERSON, *other, before=before, together=pair)
    assert (
        creator_of(together, twitch) == creator_of(together, instagram) == creator_of(together, native("tiktok", "6"))
    )


def test_an_address_compared_by_its_hash_links_accounts() -> None:
    rows = [
        sighting("x", "ann.lee", 0, native_id="1", email_hash="h"),
        sighting("y", "leeann", 0, native_id="2", email_hash="h"),
    ]
    register = registered(*rows)
    assert register.links.select("evidence", "verdict").rows() == [("shared_email", "joined")]


def test_a_channel_id_in_place_of_a_handle_is_like_nothing() -> None:
    rows = [
        sighting("youtube", "UCzorkavilinarumzorkavi1", 0, native_id="UCzorkavilinarumzorkavi1"),
        sighting("twitch", "uczorkavilinarumzorkavi1", 0),
    ]
    assert registered(*rows).links.is_empty()


def test_only_platform_time_and_an_id_are_needed() -> None:
    bare = pl.DataFrame({"platform": ["x"], "handle": ["ann"], "observed_at": [day(0)]})
    assert identify(bare, SECRET, day(1)).accounts.height == 1


def test_rows_of_nobody_are_refused() -> None:
    with pytest.raises(UnidentifiedRowsError):
        registered(sighting("x", None))


def test_links_and_ids_say_nothing_personal() -> None:
    register = registered(*PERSON, STRANGER)
    text = register.links.write_csv() + register.accounts.select("account_id", "creator_id", "founding_id").write_csv()
    assert not any(word in text for word in ("glamour", "puss", "UCabc", "gp_official", "zorkavilin"))
