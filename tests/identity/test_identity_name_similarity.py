"""Similar handles and names make links whose confidence depends on length, sharing and audience."""

# ruff: noqa: RUF001 -- look-alike letters are part of the subject

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.identity.clusters import LinkRules
from creator_assets.identity.evidence import combined
from creator_assets.identity.name_similarity import SHARING_MAX, name_similarity_links
from tests.identity.sample_rows import profile, profiles


def similarity(one: dict[str, Any], other: dict[str, Any], *more: dict[str, Any]) -> float:
    """The confidence of the link between the accounts a and b by their names."""
    found = combined(name_similarity_links(profiles(one, other, *more)))
    found = found.filter((pl.col("account_id") == "a") & (pl.col("other_account_id") == "b"))
    return float(found["confidence"].item()) if found.height else 0.0


def test_a_long_equal_handle_counts_more_than_a_short_one() -> None:
    worths = [
        similarity(profile("a", "x", handle=handle), profile("b", "y", handle=handle))
        for handle in ("zo", "zor", "zorka", "zorkavi", "zorkavilin", "zorkavilinarum")
    ]
    assert worths == sorted(set(worths))
    assert worths[0] == 0.0
    assert worths[2] < LinkRules().join <= worths[3]


@pytest.mark.parametrize("handle", ["fitness", "official.music", "user8392018832", "123456789", "the_real_tv"])
def test_a_generic_handle_links_no_accounts(handle: str) -> None:
    assert similarity(profile("a", "x", handle=handle), profile("b", "y", handle=handle)) == 0.0


def test_dots_underscores_and_case_do_not_hide_an_equal_handle() -> None:
    assert (
        similarity(profile("a", "x", handle="Glamour_Puss"), profile("b", "y", handle="glamour.puss"))
        >= LinkRules().join
    )


def test_a_name_equal_to_the_other_accounts_handle_links_them() -> None:
    one = profile("a", "youtube", display_name="焰狼 GlamourPuss")
    assert similarity(one, profile("b", "twitch", handle="glamourpuss_tv")) >= LinkRules().join


def test_a_first_name_at_the_start_of_a_handle_does_not_suffice() -> None:
    worth = similarity(profile("a", "x", display_name="Christian"), profile("b", "y", handle="christian_berlin"))
    assert 0 < worth < LinkRules().join


def test_a_form_shared_by_accounts_of_one_platform_counts_less() -> None:
    one, other = profile("a", "x", handle="glamourpuss"), profile("b", "y", handle="glamourpuss")
    assert similarity(one, other, profile("c", "y", handle="glamour.puss")) == pytest.approx(similarity(one, other) / 2)


def test_a_form_shared_by_too_many_accounts_makes_no_links() -> None:
    crowd = [profile(f"{number:03}", f"platform-{number}", display_name="Glamourpuss") for number in range(SHARING_MAX)]
    assert name_similarity_links(profiles(*crowd)).height == SHARING_MAX * (SHARING_MAX - 1) // 2
    assert name_similarity_links(profiles(*crowd, profile("z", "z", display_name="glamourpuss"))).is_empty()


def test_accounts_of_one_platform_are_never_linked_by_name() -> None:
    assert name_similarity_links(
        profiles(profile("a", "x", handle="glamourpuss"), profile("b", "x", handle="glamour_puss"))
    ).is_empty()


def test_an_account_with_a_thousand_times_the_followers_is_not_joined() -> None:
    star = profile("a", "x", display_name="Kendall Jenner", followers=268_000_000)
    near, far = (
        similarity(star, profile("b", "y", display_name="Kendall Jenner", followers=30_000_000)),
        similarity(star, profile("b", "y", display_name="Kendall Jenner", followers=22_031)),
    )
    assert far < LinkRules().join <= near


def test_an_imitation_with_lookalike_letters_is_a_link_that_joins_nothing() -> None:
    worth = similarity(profile("a", "x", handle="cristiano"), profile("b", "y", handle="сristiano"))
    assert 0 < worth < LinkRules().join


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.builds(
            lambda platform, handle, name, followers: {
                "platform": platform,
                "handle": handle,
                "display_name": name,
                "followers": followers,
            },
            st.sampled_from("xyz"),
            st.sampled_from([None, "glamourpuss", "glamour.puss", "zorkavilin1", "ab", "\u202e"]),
            st.sampled_from([None, "Glamour Puss", "Zorkavilin", "🎀", "カナカナカナ"]),
            st.sampled_from([None, 0, 5, 10_000_000]),
        ),
        max_size=8,
    ),
    seed=st.integers(0, 99),
)
def test_the_order_of_accounts_does_not_matter(rows: list[dict[str, Any]], seed: int) -> None:
    given_rows = [profile(str(number), **row) for number, row in enumerate(rows)]
    shuffled = given_rows.copy()
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    one, other = (name_similarity_links(profiles(*each)) for each in (given_rows, shuffled))
    assert one.sort(one.columns).equals(other.sort(one.columns))
    assert one["confidence"].is_between(0, 1).all()
