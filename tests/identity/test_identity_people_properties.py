"""Grouping of accounts into people: properties that hold for any accounts, links and order of rows."""

from __future__ import annotations

import random
from collections import deque

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from creator_assets.identity.clusters import LinkRules
from creator_assets.identity.people import find_people
from tests.identity.sample_rows import SECRET, Link, accounts, creators, links, people_of

RULES = LinkRules()
NAMES = "abcdefgh"
PLATFORMS = st.fixed_dictionaries({name: st.sampled_from(["x", "y", "z", "w"]) for name in NAMES})
PAIRS = [(one, other) for one in NAMES for other in NAMES if one < other]
SOME_LINKS = st.dictionaries(
    st.sampled_from(PAIRS), st.sampled_from([0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99]), max_size=14
).map(lambda chosen: [(*pair, confidence) for pair, confidence in chosen.items()])
DAYS = st.fixed_dictionaries({name: st.integers(0, 3) for name in NAMES})
QUICK = settings(max_examples=60)


@QUICK
@given(platforms=PLATFORMS, some=SOME_LINKS, seen=DAYS, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(
    platforms: dict[str, str], some: list[Link], seen: dict[str, float], seed: int
) -> None:
    rows, shuffled = accounts(platforms, seen), [(other, one, confidence) for one, other, confidence in some]
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    one = find_people(rows, links(some), SECRET)
    other = find_people(rows.sample(fraction=1, shuffle=True, seed=seed), links(shuffled), SECRET)
    assert one.accounts.equals(other.accounts)
    assert one.links.equals(other.links)


# Two pairs form first and then cannot be joined, for a reason that does not apply to the single accounts.
@example(
    platforms=dict(zip(NAMES, "xxxyxzxx", strict=True)),
    some=[("d", "f", 0.7), ("f", "g", 0.7), ("c", "d", 0.7)],
    seen=dict.fromkeys(NAMES, 0),
)
@QUICK
@given(platforms=PLATFORMS, some=SOME_LINKS, seen=DAYS)
def test_a_second_run_changes_nothing(platforms: dict[str, str], some: list[Link], seen: dict[str, float]) -> None:
    rows = accounts(platforms, seen)
    once = find_people(rows, links(some), SECRET)
    twice = find_people(rows, links(some), SECRET, previous=once.accounts)
    assert twice.accounts.equals(once.accounts)
    assert twice.links.equals(once.links)
    assert twice.changes.is_empty()


@QUICK
@given(platforms=PLATFORMS, some=SOME_LINKS)
def test_a_path_with_at_most_one_weak_link_connects_any_two_accounts_of_a_creator(
    platforms: dict[str, str], some: list[Link]
) -> None:
    people = people_of(platforms, some)
    of = creators(people)
    near: dict[str, list[tuple[str, int]]] = {name: [] for name in NAMES}
    for one, other, confidence in some:
        if of[one] == of[other] and confidence >= RULES.join:
            weak = int(confidence < RULES.strong)
            near[one].append((other, weak))
            near[other].append((one, weak))
    for start in NAMES:
        reached = {start: 0}
        waiting = deque([start])
        while waiting:
            one = waiting.popleft()
            for other, weak in near[one]:
                steps = reached[one] + weak
                if steps < reached.get(other, 9):
                    reached[other] = steps
                    waiting.append(other)
        assert all(reached.get(other, 9) <= 1 for other in NAMES if of[other] == of[start])


@QUICK
@given(platforms=PLATFORMS, some=SOME_LINKS)
def test_two_accounts_of_a_platform_need_a_direct_strong_link(platforms: dict[str, str], some: list[Link]) -> None:
    of = creators(people_of(platforms, some))
    direct = {(one, other): confidence for one, other, confidence in some}
    for one, other in PAIRS:
        if platforms[one] == platforms[other] and of[one] == of[other]:
            assert direct[one, other] >= RULES.same_platform


@QUICK
@given(platforms=PLATFORMS, early=SOME_LINKS, late=SOME_LINKS, seen=DAYS, known=st.sets(st.sampled_from(NAMES)))
def test_new_evidence_never_splits_creators_and_changes_ids_only_by_recorded_merges(
    platforms: dict[str, str], early: list[Link], late: list[Link], seen: dict[str, float], known: set[str]
) -> None:
    rows = accounts(platforms, seen)
    before = find_people(rows.filter(pl.col("account_id").is_in(list(known))), links(early), SECRET)
    after = find_people(rows, links(early + late), SECRET, previous=before.accounts)
    merged = {old: new for old, new, _ in after.changes.iter_rows()}
    was, of = creators(before), creators(after)
    since = dict(after.accounts.select("creator_id", "creator_since").iter_rows())
    assert set(after.changes["kind"]) <= {"creator_merged"}
    for account, old in was.items():
        assert of[account] == merged.get(old, old)
        age = before.accounts.filter(pl.col("creator_id") == old)["creator_since"][0]
        assert since[of[account]] <= age
    assert set(merged).isdisjoint(of.values())


@QUICK
@given(
    steps=st.lists(st.sets(st.sampled_from(PAIRS), max_size=4), min_size=1, max_size=4),
    seen=DAYS,
)
def test_several_runs_give_the_same_ids_as_one_run(steps: list[set[tuple[str, str]]], seen: dict[str, float]) -> None:
    rows = accounts({name: f"on-{name}" for name in NAMES}, seen)
    all_links: list[Link] = []
    people = None
    for step in steps:
        all_links += [(*pair, 0.99) for pair in sorted(step)]
        people = find_people(rows, links(all_links), SECRET, previous=people.accounts if people else None)
    assert people is not None
    assert creators(people) == creators(find_people(rows, links(all_links), SECRET))
