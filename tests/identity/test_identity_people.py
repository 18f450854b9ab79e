"""Grouping of accounts into people: examples of joining, merging, splitting and keeping ids."""

from __future__ import annotations

import itertools

import polars as pl

from creator_assets.identity.clusters import MEMBERS_MAX
from creator_assets.identity.people import People, find_people
from tests.identity.sample_rows import SECRET, accounts, creators, day, links, people_of

CROSS = {"a": "instagram", "b": "tiktok", "c": "youtube", "d": "twitch"}


def groups(people: People) -> list[str]:
    """The accounts of each creator, for example ``["ab", "c"]``."""
    together = people.accounts.group_by("creator_id").agg(pl.col("account_id").sort().str.join(""))
    return sorted(together["account_id"].to_list())


def verdicts(people: People) -> dict[str, str]:
    return {one + other: verdict for one, other, *_, verdict in people.links.iter_rows()}


def pairs(*each: str) -> pl.DataFrame:
    return pl.DataFrame({"account_id": [one[0] for one in each], "other_account_id": [one[1] for one in each]})


def founded_by(account: str) -> str:
    return SECRET.pseudonym("creator", account)


def test_an_account_without_links_is_one_person() -> None:
    people = people_of(CROSS, [])
    assert groups(people) == ["a", "b", "c", "d"]
    assert people.accounts["confidence"].to_list() == [1.0] * 4
    assert people.accounts["linked_to"].null_count() == 4


def test_no_accounts_give_no_people() -> None:
    assert people_of({}, []).accounts.is_empty()


def test_strong_links_form_chains() -> None:
    assert groups(people_of(CROSS, [("a", "b", 0.95), ("b", "c", 0.95), ("c", "d", 0.95)])) == ["abcd"]


def test_weak_links_do_not_form_chains() -> None:
    people = people_of(CROSS, [("a", "b", 0.9), ("b", "c", 0.8)])
    assert groups(people) == ["ab", "c", "d"]
    assert verdicts(people) == {"ab": "joined", "bc": "weak_chain"}


def test_weak_links_join_accounts_that_are_all_linked_to_each_other() -> None:
    assert groups(people_of(CROSS, [("a", "b", 0.9), ("b", "c", 0.8), ("a", "c", 0.75)])) == ["abc", "d"]


def test_a_weak_link_joins_two_strongly_joined_groups() -> None:
    assert groups(people_of(CROSS, [("a", "b", 0.96), ("c", "d", 0.96), ("b", "c", 0.8)])) == ["abcd"]


def test_a_link_below_the_threshold_is_listed_and_joins_nothing() -> None:
    people = people_of(CROSS, [("a", "b", 0.69)])
    assert groups(people) == ["a", "b", "c", "d"]
    assert verdicts(people) == {"ab": "weak"}


def test_two_accounts_of_a_platform_need_more_than_strong_evidence() -> None:
    two = {"a": "instagram", "b": "instagram"}
    assert groups(people_of(two, [("a", "b", 0.96)])) == ["a", "b"]
    assert groups(people_of(two, [("a", "b", 0.98)])) == ["ab"]


def test_two_accounts_of_a_platform_are_not_joined_through_a_third() -> None:
    three = {"a": "instagram", "b": "tiktok", "c": "instagram"}
    people = people_of(three, [("a", "b", 0.99), ("b", "c", 0.98)])
    assert groups(people) == ["ab", "c"]
    assert verdicts(people)["bc"] == "same_platform"
    assert groups(people_of(three, [("a", "b", 0.99), ("b", "c", 0.98), ("a", "c", 0.97)])) == ["abc"]


def test_the_strongest_of_several_rival_links_wins() -> None:
    rivals = {"a": "instagram", "b": "tiktok", "c": "instagram"}
    assert groups(people_of(rivals, [("a", "b", 0.8), ("b", "c", 0.9)])) == ["a", "bc"]


def test_a_creators_id_comes_from_the_first_account() -> None:
    people = people_of(CROSS, [("b", "c", 0.99), ("c", "d", 0.99)])
    assert set(creators(people).values()) == {founded_by("a"), founded_by("b")}
    assert people.accounts["creator_since"].to_list() == [day(0), day(1), day(1), day(1)]


def test_confidence_is_that_of_the_weakest_link_on_the_strongest_path() -> None:
    people = people_of(CROSS, [("a", "b", 0.99), ("b", "c", 0.96), ("a", "c", 0.95), ("c", "d", 0.98)])
    rows = people.accounts.select("account_id", "linked_to", "confidence").rows()
    assert rows == [("a", None, 1.0), ("b", "a", 0.99), ("c", "b", 0.96), ("d", "c", 0.96)]


def test_a_merge_keeps_the_oldest_creator_and_records_the_other() -> None:
    before = people_of(CROSS, [("a", "b", 0.99), ("c", "d", 0.99)])
    after = people_of(CROSS, [("a", "b", 0.99), ("c", "d", 0.99), ("b", "c", 0.99)], previous=before.accounts)
    assert set(creators(after).values()) == {founded_by("a")}
    assert after.changes.rows() == [(founded_by("c"), founded_by("a"), "creator_merged")]


def test_accounts_stay_together_without_their_earlier_evidence() -> None:
    before = people_of(CROSS, [("a", "b", 0.99), ("b", "c", 0.9)])
    after = people_of(CROSS, [], previous=before.accounts)
    assert after.accounts.equals(before.accounts)
    assert after.changes.is_empty()


def test_an_earlier_weak_link_does_not_start_a_chain() -> None:
    before = people_of(CROSS, [("a", "b", 0.8)])
    after = people_of(CROSS, [("a", "b", 0.8), ("b", "c", 0.8)], previous=before.accounts)
    assert groups(after) == ["ab", "c", "d"]


def test_a_new_account_with_better_evidence_does_not_replace_an_account() -> None:
    before = find_people(accounts({"a": "tiktok", "b": "instagram"}), links([("a", "b", 0.8)]), SECRET)
    people = people_of(
        {"a": "tiktok", "b": "instagram", "c": "instagram"},
        [("a", "b", 0.8), ("a", "c", 0.99)],
        previous=before.accounts,
    )
    assert groups(people) == ["ab", "c"]
    assert verdicts(people)["ac"] == "same_platform"


def test_a_decision_splits_a_creator_and_the_first_account_keeps_the_id() -> None:
    strong = [("a", "b", 0.99), ("b", "c", 0.99)]
    before = people_of(CROSS, strong)
    after = people_of(CROSS, strong, previous=before.accounts, apart=pairs("ca"))
    assert groups(after) == ["ab", "c", "d"]
    assert creators(after)["a"] == creators(before)["a"]
    assert after.changes.rows() == [(founded_by("a"), founded_by("c"), "creator_split")]
    again = people_of(CROSS, strong, previous=after.accounts, apart=pairs("ca"))
    assert creators(again) == creators(after)
    assert again.changes.is_empty()


def test_a_decision_does_not_move_the_other_accounts() -> None:
    before = people_of(CROSS, [("a", "b", 0.99), ("b", "c", 0.99), ("c", "d", 0.99)])
    after = people_of(CROSS, [], previous=before.accounts, apart=pairs("ad"))
    assert groups(after) == ["abc", "d"]


def test_a_decision_is_stronger_than_any_evidence() -> None:
    people = people_of(CROSS, [("a", "b", 0.99)], apart=pairs("ab"))
    assert groups(people) == ["a", "b", "c", "d"]
    assert verdicts(people) == {"ab": "kept_apart"}


def test_an_erased_account_leaves_its_creator_to_the_other_accounts() -> None:
    before = people_of(CROSS, [("a", "b", 0.99), ("a", "c", 0.98)])
    rest = {one: platform for one, platform in CROSS.items() if one != "a"}
    after = find_people(accounts(rest), links([]), SECRET, previous=before.accounts)
    assert {creators(after)["b"], creators(after)["c"]} == {founded_by("a")}
    assert after.accounts.filter(pl.col("account_id") == "c")["confidence"].item() == 0.98


def test_an_erased_account_that_returns_gets_a_new_creator_id() -> None:
    before = people_of(CROSS, [("a", "b", 0.99)])
    rest = {one: platform for one, platform in CROSS.items() if one != "a"}
    without = find_people(accounts(rest), links([]), SECRET, previous=before.accounts)
    back = find_people(accounts(CROSS), links([]), SECRET, previous=without.accounts)
    assert creators(back)["b"] == founded_by("a")
    assert creators(back)["a"] != founded_by("a")
    assert groups(back) == ["a", "b", "c", "d"]


def test_a_provisional_account_keeps_its_creator_when_it_is_identified() -> None:
    before = find_people(accounts({"p": "tiktok", "b": "instagram"}), links([("b", "p", 0.99)]), SECRET)
    known = accounts({"n": "tiktok", "b": "instagram"})
    aliases = pl.DataFrame({"alias_id": ["p"], "account_id": ["n"], "first_seen_at": [day(0)]})
    after = find_people(known, links([]), SECRET, previous=before.accounts, aliases=aliases)
    assert creators(after) == {"n": founded_by("p"), "b": founded_by("p")}
    assert after.accounts["confidence"].to_list() == [0.99, 1.0]


def test_a_provisional_account_of_a_known_account_merges_the_creators() -> None:
    before = find_people(accounts({"p": "tiktok", "n": "tiktok"}), links([]), SECRET)
    aliases = pl.DataFrame({"alias_id": ["p"], "account_id": ["n"], "first_seen_at": [day(0)]})
    after = find_people(accounts({"n": "tiktok"}), links([]), SECRET, previous=before.accounts, aliases=aliases)
    assert creators(after) == {"n": founded_by("p")}
    assert after.changes.rows() == [(founded_by("n"), founded_by("p"), "creator_merged")]


def test_links_to_unknown_accounts_are_ignored() -> None:
    assert groups(people_of(CROSS, [("a", "zz", 0.99)])) == ["a", "b", "c", "d"]


def test_a_group_never_has_more_accounts_than_the_maximum() -> None:
    many = {f"{number:03}": f"platform-{number}" for number in range(MEMBERS_MAX + 1)}
    chain = [(one, other, 0.99) for one, other in itertools.pairwise(many)]
    people = people_of(many, chain)
    assert people.accounts["creator_id"].value_counts()["count"].max() == MEMBERS_MAX
    assert people.links.filter(pl.col("verdict") == "too_many").height == 1
