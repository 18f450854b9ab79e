"""Bounds of unique reach are correct for all sets of followers, and exact if one comparison covers them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from creator_assets.metrics.unique_reach import AudienceUnion, Reach, reach, sets_to_compare

WORLDS = st.dictionaries(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=3),
    st.frozensets(st.integers(0, 60), min_size=1),
    min_size=1,
    max_size=30,
)


def union_of(world: dict[str, frozenset[int]], names: list[str]) -> AudienceUnion:
    return AudienceUnion(creators=frozenset(names), people=len(frozenset().union(*(world[name] for name in names))))


@given(WORLDS, st.integers(0, 5), st.integers(2, 10))
def test_the_truth_lies_between_the_bounds(world: dict[str, frozenset[int]], max_sets: int, limit: int) -> None:
    followers = {name: len(people) for name, people in world.items()}
    ordered = sorted(world, key=lambda name: -followers[name])
    sets = sets_to_compare(ordered, max_sets, limit)
    assert len(sets) <= max_sets
    assert all(2 <= len(one) <= limit and len(set(one)) == len(one) for one in sets)
    found = reach(followers, [union_of(world, one) for one in sets])
    truth = len(frozenset().union(*world.values()))
    assert found.lower <= truth <= found.upper <= sum(followers.values())
    if len(sets) == 1 and len(sets[0]) == len(world):
        assert found == Reach(lower=truth, upper=truth)


@given(WORLDS)
def test_more_comparisons_never_widen_the_bounds(world: dict[str, frozenset[int]]) -> None:
    followers = {name: len(people) for name, people in world.items()}
    ordered = sorted(world, key=lambda name: -followers[name])
    gaps = []
    for most in range(5):
        found = reach(followers, [union_of(world, one) for one in sets_to_compare(ordered, most, 4)])
        gaps.append(found.upper - found.lower)
    assert gaps == sorted(gaps, reverse=True)


def test_the_published_example_of_two_creators_is_exact() -> None:
    followers = {"nasa": 104_393_021, "spacex": 17_267_417}
    known = AudienceUnion(creators=frozenset(followers), people=113_670_763)
    assert reach(followers, [known]) == Reach(lower=113_670_763, upper=113_670_763)
    assert reach(followers, []) == Reach(lower=104_393_021, upper=121_660_438)


def test_every_later_set_repeats_the_largest_creator() -> None:
    names = [f"creator-{number:02}" for number in range(25)]
    sets = sets_to_compare(names, 3)
    assert [len(one) for one in sets] == [10, 10, 7]
    assert all(one[0] == "creator-00" for one in sets)
    assert {name for one in sets for name in one} == set(names)
