"""Changes of accounts are found in observations of any order, and guesses are marked as guesses."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.identity.accounts import with_account_ids
from creator_assets.identity.register import identify
from creator_assets.identity.renames import (
    CHANGE_SCHEMA,
    ChangeKind,
    RenameTolerance,
    account_changes,
    probable_renames,
)
from tests.identity.sample_rows import SECRET, day, native, observation, observations


def changes(*rows: dict[str, Any]) -> pl.DataFrame:
    return account_changes(with_account_ids(observations(*rows), SECRET))


def change_rows(*rows: dict[str, Any]) -> list[tuple[str, str, str]]:
    return list(changes(*rows).select("kind", "old_value", "new_value").iter_rows())


def probable(*rows: dict[str, Any], **tolerance: Any) -> list[tuple[str, str]]:
    found = probable_renames(with_account_ids(observations(*rows), SECRET), RenameTolerance(**tolerance))
    return list(found.select("old_value", "new_value").iter_rows())


def named(handle: str, on: float, followers: int | None = 1000, name: str = "Glamour Puss") -> dict[str, Any]:
    return observation("tiktok", handle, on, display_name=name, followers=followers)


def test_a_platform_id_under_another_handle_is_a_rename() -> None:
    found = changes(
        observation("x", "ann", 0, native_id="1"),
        observation("x", "ann", 3, native_id="1"),
        observation("x", "anne", 5, native_id="1"),
    )
    assert found.rows() == [("renamed", "x", native("x", "1"), native("x", "1"), "ann", "anne", day(3), day(5), 1.0)]


def test_another_spelling_of_a_handle_is_not_a_rename() -> None:
    assert change_rows(observation("x", "barbie", 0), observation("x", "Barbie", 5)) == [
        ("respelled", "barbie", "Barbie")
    ]


def test_a_slow_provider_does_not_bring_an_old_handle_back() -> None:
    quick = [("old", 0), ("new", 7), ("new", 14), ("new", 28)]
    slow = [("old", 1), ("old", 8), ("old", 15), ("new", 22)]
    rows = [
        observation("x", handle, on, native_id="1", provider=provider, display_name=f"{handle} name")
        for provider, seen in (("quick", quick), ("slow", slow))
        for handle, on in seen
    ]
    other = [observation("x", "old", on, native_id="2", provider="quick") for on in (9, 16)]
    assert change_rows(*rows) == [("name_changed", "old name", "new name"), ("renamed", "old", "new")]
    assert [kind for kind, _, _ in change_rows(*rows, *other) if kind == "handle_taken"] == ["handle_taken"]
    register = identify(observations(*(row for row in rows if row["observed_at"] <= day(15))), SECRET, day(16))
    assert register.accounts["username"].to_list() == ["new"]


def test_a_change_and_its_reversal_at_one_provider_are_two_changes() -> None:
    rows = [observation("x", handle, on, native_id="1", provider="p") for on, handle in enumerate(["a1", "b2", "a1"])]
    late = observation("x", "b2", 5, native_id="1", provider="q")
    assert change_rows(*rows) == [("renamed", "a1", "b2"), ("renamed", "b2", "a1")]
    assert change_rows(*rows, late) == [("renamed", "a1", "b2"), ("renamed", "b2", "a1"), ("renamed", "a1", "b2")]


def test_a_rename_between_two_providers_is_found() -> None:
    rows = [
        observation("x", "a1", 0, native_id="1", provider="p"),
        observation("x", "b2", 9, native_id="1", provider="q"),
    ]
    assert change_rows(*rows) == [("renamed", "a1", "b2")]


def test_each_of_several_renames_is_found_also_a_reversal() -> None:
    rows = [observation("x", handle, on, native_id="1") for on, handle in enumerate(["a1", "b2", "a1", "a1", "c3"])]
    assert change_rows(*rows) == [("renamed", "a1", "b2"), ("renamed", "b2", "a1"), ("renamed", "a1", "c3")]


def test_a_new_display_name_is_a_change() -> None:
    rows = [
        observation("x", "ann", on, native_id="1", display_name=name) for on, name in enumerate(["Ann", None, "Anne"])
    ]
    assert change_rows(*rows) == [("name_changed", "Ann", "Anne")]


def test_sightings_without_a_handle_change_nothing() -> None:
    assert change_rows(observation("x", "ann", 0, native_id="1"), observation("x", None, 1, native_id="1")) == []


def test_a_taken_handle_is_a_change_with_both_accounts() -> None:
    found = changes(
        observation("x", "ann", 0, native_id="1"),
        observation("x", "anne", 5, native_id="1"),
        observation("x", "Ann", 9, native_id="2"),
    ).filter(pl.col("kind") == ChangeKind.HANDLE_TAKEN)
    assert found.select("account_id", "new_account_id", "new_value").rows() == [
        (native("x", "1"), native("x", "2"), "ann")
    ]


def test_two_accounts_that_exchange_handles_stay_two() -> None:
    rows = [
        observation("x", "ann", 0, native_id="1"),
        observation("x", "bob", 0, native_id="2"),
        observation("x", "bob", 5, native_id="1"),
        observation("x", "ann", 5, native_id="2"),
    ]
    kinds = changes(*rows)["kind"].value_counts(sort=True).sort("kind").rows()
    assert kinds == [("handle_taken", 2), ("renamed", 2)]


def test_a_handle_is_not_taken_while_both_accounts_show_it() -> None:
    rows = [observation("x", "ann", on, native_id=native_id) for native_id, on in (("1", 0), ("1", 9), ("2", 5))]
    assert change_rows(*rows) == []


def test_the_same_handle_on_two_platforms_is_not_taken() -> None:
    assert change_rows(observation("x", "ann", 0, native_id="1"), observation("y", "ann", 5, native_id="1")) == []


def test_an_account_that_reappears_with_its_name_was_probably_renamed() -> None:
    assert probable(named("old", 0), named("new", 10, 1050)) == [("old", "new")]


@pytest.mark.parametrize(
    ("why", "rows"),
    [
        ("too many more followers", [named("old", 0), named("new", 10, 1200)]),
        ("another name", [named("old", 0), named("new", 10, name="Somebody Else")]),
        ("a name too short", [named("old", 0, name="Jo"), named("new", 10, name="Jo")]),
        ("a name anybody has", [named("old", 0, name="Official Music"), named("new", 10, name="official music")]),
        ("both seen at once", [named("old", 0), named("old", 12), named("new", 10)]),
        ("too long ago", [named("old", 0), named("new", 500)]),
        ("two that vanished", [named("old", 0), named("older", 0), named("new", 10)]),
        ("two that appeared", [named("old", 0), named("new", 10), named("newer", 10)]),
        ("followers unknown", [named("old", 0, None), named("new", 10)]),
        ("nobody follows either", [named("old", 0, 0), named("new", 10, 0)]),
        ("another platform", [named("old", 0), named("new", 10) | {"platform": "instagram"}]),
    ],
)
def test_a_rename_is_not_guessed_without_reason(why: str, rows: list[dict[str, Any]]) -> None:
    assert probable(*rows) == [], why


def test_an_account_with_a_native_id_is_never_a_probable_rename() -> None:
    assert probable(named("old", 0) | {"native_id": "1"}, named("new", 10) | {"native_id": "2"}) == []


def test_the_confidence_falls_with_the_difference_in_followers() -> None:
    def sure(followers: int) -> float:
        frame = with_account_ids(observations(named("old", 0), named("new", 10, followers)), SECRET)
        return float(probable_renames(frame)["confidence"].item())

    assert 1 > sure(1000) == RenameTolerance().best > sure(1050) > sure(1100) > RenameTolerance().best / 2


def test_the_tolerance_can_be_set() -> None:
    assert probable(named("old", 0), named("new", 10, 1200), followers=0.2) == [("old", "new")]
    assert probable(named("old", 0), named("new", 10), gap=timedelta(days=9)) == []


def test_no_observations_give_no_changes() -> None:
    found = changes()
    assert found.is_empty()
    assert dict(found.schema) == CHANGE_SCHEMA


@settings(max_examples=50)
@given(
    rows=st.lists(
        st.builds(
            lambda handle, on, native_id, name, followers: observation(
                "x", handle, on, native_id=native_id, display_name=name, followers=followers
            ),
            st.sampled_from(["ann", "Ann", "bob"]),
            st.integers(0, 5),
            st.sampled_from([None, "1", "2"]),
            st.sampled_from([None, "Glamour Puss", "Zorkavilin"]),
            st.sampled_from([None, 0, 1000, 1010]),
        ),
        max_size=8,
    ),
    seed=st.integers(0, 99),
)
def test_the_order_of_observations_does_not_matter(rows: list[dict[str, Any]], seed: int) -> None:
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    one, other = changes(*rows), changes(*shuffled)
    assert one.equals(other)
    own = one.filter(pl.col("account_id") == pl.col("new_account_id"))
    assert (own["old_value"] != own["new_value"]).all()
    assert (one["last_seen_old_at"] <= one["first_seen_new_at"]).all()
