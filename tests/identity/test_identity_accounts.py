"""An account has one id: in every rebuild and with every handle. The next owner of its handle has another id."""

from __future__ import annotations

import random
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.identity.accounts import UnidentifiedRowsError, resolve, with_account_ids
from creator_assets.identity.secret import InstallationSecret
from tests.identity.sample_rows import SECRET, day, native, observation, observations


def ids_of(*rows: dict[str, object]) -> list[str]:
    return with_account_ids(observations(*rows), SECRET)["account_id"].to_list()


def resolved(*rows: dict[str, object]) -> list[str]:
    return resolve(observations(*rows), SECRET).observations["account_id"].to_list()


def test_a_renamed_account_keeps_its_id() -> None:
    before, after = ids_of(observation("tiktok", "ann", native_id="1"), observation("tiktok", "anne", native_id="1"))
    assert before == after == native("tiktok", "1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (observation("TikTok ", "x", native_id=" 1"), observation("tiktok", "y", native_id="1")),
        (observation("tiktok", "@Ann"), observation("tiktok", "ann\u200b")),
        (
            observation("tiktok", "a", provider="P", provider_id="1"),
            observation("tiktok", "b", provider="p", provider_id="1"),
        ),
    ],
)
def test_spelling_does_not_change_the_id(one: dict[str, object], other: dict[str, object]) -> None:
    assert len(set(ids_of(one, other))) == 1


def test_different_platforms_providers_ids_and_handles_get_different_ids() -> None:
    rows = [
        observation("tiktok", None, native_id="1"),
        observation("instagram", None, native_id="1"),
        observation("tiktok", None, provider="p", provider_id="1"),
        observation("tiktok", None, provider="q", provider_id="1"),
        observation("tiktok", "1"),
        observation("youtube", None, native_id="UCa"),
        observation("youtube", None, native_id="UCA"),
        observation("tiktok", "a.b"),
        observation("tiktok", "ab"),
    ]
    assert len(set(ids_of(*rows))) == len(rows)


def test_native_ids_too_large_for_a_float_stay_different() -> None:
    assert (
        len(set(ids_of(observation("x", None, native_id=str(2**63)), observation("x", None, native_id=str(2**63 + 1)))))
        == 2
    )


def test_another_installation_gives_other_ids() -> None:
    row = observations(observation("tiktok", "ann", native_id="1"))
    other = with_account_ids(row, InstallationSecret(b"x" * 32))
    assert other["account_id"].to_list() != with_account_ids(row, SECRET)["account_id"].to_list()


def test_missing_columns_count_as_null() -> None:
    bare = pl.DataFrame({"platform": ["tiktok"], "handle": ["ann"]})
    assert with_account_ids(bare, SECRET)["account_id"].to_list() == ids_of(observation("tiktok", "ann"))


def test_rows_without_id_and_handle_are_refused_without_showing_them() -> None:
    rows = observations(observation("tiktok", "secret.handle"), observation("tiktok", " @ "), observation("", "ann"))
    with pytest.raises(UnidentifiedRowsError, match="2 of 3 rows") as refusal:
        with_account_ids(rows, SECRET)
    assert "secret" not in str(refusal.value)


def test_a_handle_seen_with_a_native_id_belongs_to_that_account() -> None:
    early, known, late = resolved(
        observation("x", "ann", 0), observation("x", "ann", 5, native_id="1"), observation("x", "Ann", 9)
    )
    assert early == known == late == native("x", "1")


def test_an_account_with_only_a_handle_is_provisional() -> None:
    found = resolve(observations(observation("x", "ann")), SECRET).accounts
    assert found.select("basis", "native_id").rows() == [("handle", None)]


def test_a_freed_handle_belongs_to_the_next_owner_from_then_on() -> None:
    rows = [
        observation("x", "ann", 0, native_id="1"),
        observation("x", "anne", 10, native_id="1"),
        observation("x", "ann", 20, native_id="2"),
        observation("x", "ann", 25),
        observation("x", "ann", 12),
        observation("x", "anne", 11),
    ]
    first, second = native("x", "1"), native("x", "2")
    assert resolved(*rows) == [first, first, second, second, second, first]


def test_an_account_does_not_own_a_handle_before_it_shows_it() -> None:
    rows = [
        observation("x", "anne", 10, native_id="1"),
        observation("x", "ann", 20, native_id="1"),
        observation("x", "ann", 5),
        observation("x", "ann", 15),
    ]
    account = native("x", "1")
    assert resolved(*rows) == [account, account, *ids_of(observation("x", "ann")), account]


def test_between_two_owners_the_owner_of_a_handle_is_unknown() -> None:
    rows = [
        observation("x", "ann", 0, native_id="1"),
        observation("x", "ann", 5),
        observation("x", "ann", 20, native_id="2"),
    ]
    assert resolved(*rows)[1] == ids_of(observation("x", "ann"))[0]


def test_two_accounts_with_one_handle_at_the_same_time_leave_the_owner_unknown() -> None:
    rows = [
        observation("x", "ann", 0, native_id="1"),
        observation("x", "ann", 0, native_id="2"),
        observation("x", "ann", 1),
    ]
    assert resolved(*rows)[2] not in {native("x", "1"), native("x", "2")}


def test_an_old_observation_does_not_identify_a_handle() -> None:
    rows = observations(observation("x", "ann", 0, native_id="1"), observation("x", "ann", 40))
    near = resolve(rows, SECRET, timedelta(days=50)).observations["account_id"]
    far = resolve(rows, SECRET, timedelta(days=30)).observations["account_id"]
    assert near.n_unique() == 1
    assert far.n_unique() == 2


def test_a_providers_id_is_joined_to_the_native_id_of_its_row() -> None:
    rows = [
        observation("x", "ann", 0, native_id="1", provider="p", provider_id="a"),
        observation("x", "other", 400, provider="p", provider_id="a"),
    ]
    assert set(resolved(*rows)) == {native("x", "1")}


def test_a_providers_id_is_joined_to_the_owner_of_its_handle() -> None:
    rows = [observation("x", "ann", 0, native_id="1"), observation("x", "ann", 3, provider="p", provider_id="a")]
    assert set(resolved(*rows)) == {native("x", "1")}


def test_a_providers_id_that_leads_to_two_accounts_is_joined_to_neither() -> None:
    rows = [
        observation("x", "ann", 0, native_id="1"),
        observation("x", "bob", 0, native_id="2"),
        observation("x", "ann", 1, provider="p", provider_id="a"),
        observation("x", "bob", 2, provider="p", provider_id="a"),
        observation("x", None, 0, native_id="3", provider="p", provider_id="b"),
        observation("x", None, 0, native_id="4", provider="p", provider_id="b"),
        observation("x", None, 1, provider="p", provider_id="b"),
    ]
    found = resolved(*rows)
    natives = {native("x", one) for one in "1234"}
    assert found[2] == found[3]
    assert {found[2], found[6]}.isdisjoint(natives)


def test_without_a_native_id_a_handle_joins_a_providers_id() -> None:
    known, handle = resolved(observation("x", "bob", 0, provider="p", provider_id="a"), observation("x", "bob", 1))
    assert known == handle


def test_aliases_map_replaced_ids_to_accounts() -> None:
    rows = observations(
        observation("x", "ann", 2), observation("x", "ann", 5, native_id="1"), observation("x", "ann", 7)
    )
    provisional = ids_of(observation("x", "ann"))[0]
    aliases = resolve(rows, SECRET).aliases
    assert aliases.select("alias_id", "account_id", "reason", "first_seen_at", "last_seen_at").rows() == [
        (provisional, native("x", "1"), "same_handle", day(2), day(7))
    ]


def test_the_founding_id_is_the_first_id_of_an_account() -> None:
    rows = observations(observation("x", "ann", 2), observation("x", "ann", 5, native_id="1"))
    assert resolve(rows, SECRET).accounts["founding_id"].to_list() == ids_of(observation("x", "ann"))


def test_a_handle_of_two_owners_is_the_founding_id_of_neither() -> None:
    rows = observations(
        observation("x", "ann", 0),
        observation("x", "ann", 1, native_id="1"),
        observation("x", "anne", 10, native_id="1"),
        observation("x", "ann", 20),
        observation("x", "ann", 21, native_id="2"),
    )
    found = resolve(rows, SECRET).accounts
    assert (
        found["founding_id"].to_list() == found["account_id"].to_list() == sorted([native("x", "1"), native("x", "2")])
    )


def test_accounts_have_their_latest_values() -> None:
    rows = observations(
        observation("x", "new", 5, native_id="1", followers=20),
        observation("x", "old", 1, native_id="1", followers=10, display_name="Ann"),
    )
    found = resolve(rows, SECRET).accounts.row(0, named=True)
    assert (found["handle"], found["followers"], found["display_name"]) == ("new", 20, "Ann")
    assert (found["first_seen_at"], found["last_seen_at"]) == (day(1), day(5))


SOME = st.lists(
    st.builds(
        lambda handle, on, native_id, internal: observation(
            "x", handle, on, native_id=native_id, provider="p" if internal else None, provider_id=internal
        ),
        st.sampled_from(["ann", "bob", "Cyd"]),
        st.integers(0, 6),
        st.sampled_from([None, None, "1", "2"]),
        st.sampled_from([None, None, "a", "b"]),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=60)
@given(rows=SOME, seed=st.integers(0, 99))
def test_the_order_of_observations_does_not_matter_and_native_ids_never_merge(
    rows: list[dict[str, object]], seed: int
) -> None:
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    one, other = resolve(observations(*rows), SECRET), resolve(observations(*shuffled), SECRET)
    assert one.accounts.equals(other.accounts)
    assert one.aliases.equals(other.aliases)
    natives = one.observations.filter(pl.col("native_id").is_not_null())
    assert natives.select("account_id", "native_id").unique().height == natives["native_id"].n_unique()
    assert natives["account_id"].n_unique() == natives["native_id"].n_unique()
    assert one.accounts["founding_id"].is_unique().all()
