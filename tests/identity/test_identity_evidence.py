"""What speaks for a link counts for what it is worth, and not for more."""

# ruff: noqa: RUF001 -- letters that can be taken for others are part of what this is about

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.identity.clusters import Rules
from creator_assets.identity.evidence import (
    CONFIDENCE,
    CONFIDENCE_MAX,
    EMAIL_ACCOUNTS_MAX,
    LIKENESS_MAX,
    LINK_SCHEMA,
    STATEMENT_ACCOUNTS_MAX,
    Kind,
    combined,
    decided_links,
    email_links,
    profile_links,
    stated_links,
)
from creator_assets.identity.likeness import SHARING_MAX, likeness_links


def link(kind: Kind, confidence: float, source: str = "s", pair: tuple[str, str] = ("a", "b")) -> dict[str, Any]:
    return {
        "account_id": pair[0],
        "other_account_id": pair[1],
        "kind": kind.value,
        "source": source,
        "confidence": confidence,
    }


def confidence_of(*rows: dict[str, Any]) -> float:
    found: float = combined(pl.DataFrame(list(rows), schema=LINK_SCHEMA))["confidence"].item()
    return found


def profile(account_id: str, platform: str, **known: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("handle", "native_id", "display_name", "biography", "followers"))
    return empty | {"account_id": account_id, "platform": platform} | known


def profiles(*rows: dict[str, Any]) -> pl.DataFrame:
    text = dict.fromkeys(("account_id", "platform", "handle", "native_id", "display_name", "biography"), pl.String)
    return pl.DataFrame(list(rows), schema={**text, "followers": pl.Int64})


def alike(one: dict[str, Any], other: dict[str, Any], *more: dict[str, Any]) -> float:
    """The confidence that likeness gives to the accounts a and b."""
    found = combined(likeness_links(profiles(one, other, *more)))
    found = found.filter((pl.col("account_id") == "a") & (pl.col("other_account_id") == "b"))
    return float(found["confidence"].item()) if found.height else 0.0


def test_independent_evidence_adds_up_as_the_chance_that_not_all_is_wrong() -> None:
    assert confidence_of(link(Kind.STATED, 0.9), link(Kind.SHARED_EMAIL, 0.8)) == pytest.approx(0.98)


def test_a_single_link_keeps_its_confidence_to_the_last_bit() -> None:
    sure = [number / 100 for number in range(1, 95)]
    rows = [link(Kind.STATED, each, pair=("a", f"b{number:03}")) for number, each in enumerate(sure)]
    assert combined(pl.DataFrame(rows, schema=LINK_SCHEMA))["confidence"].to_list() == sure


def test_the_same_said_twice_by_one_source_counts_once() -> None:
    assert confidence_of(link(Kind.STATED, 0.9), link(Kind.STATED, 0.9)) == pytest.approx(0.9)
    assert confidence_of(link(Kind.STATED, 0.9, "p"), link(Kind.STATED, 0.9, "q")) == pytest.approx(0.99)


def test_a_link_is_the_same_from_either_side() -> None:
    assert confidence_of(link(Kind.STATED, 0.9), link(Kind.STATED, 0.8, pair=("b", "a"))) == pytest.approx(0.9)


def test_likeness_alone_is_never_strong_however_much_of_it_there_is() -> None:
    every = [link(kind, 0.9) for kind in (Kind.SAME_HANDLE, Kind.SAME_NAME, Kind.NAME_IS_HANDLE)]
    assert confidence_of(*every) == LIKENESS_MAX < Rules().strong


def test_only_a_decision_is_certain() -> None:
    many = [link(Kind.STATED, 0.95, str(source)) for source in range(9)]
    assert confidence_of(*many) == CONFIDENCE_MAX
    assert confidence_of(*many, link(Kind.DECIDED, 1.0)) == 1.0


def test_evidence_is_named_by_its_kinds() -> None:
    rows = [link(Kind.STATED, 0.9), link(Kind.SAME_NAME, 0.5), link(Kind.SAME_NAME, 0.4)]
    assert combined(pl.DataFrame(rows, schema=LINK_SCHEMA))["evidence"].item() == "same_name+stated"


def test_an_account_is_not_evidence_for_itself() -> None:
    assert combined(pl.DataFrame([link(Kind.STATED, 0.9, pair=("a", "a"))], schema=LINK_SCHEMA)).is_empty()


LINKS = st.lists(
    st.builds(
        link,
        st.sampled_from(list(Kind)),
        st.sampled_from([0.1, 0.3, 0.7, 0.85, 0.94]),
        st.sampled_from(["p", "q"]),
        st.sampled_from([("a", "b"), ("b", "a"), ("a", "c")]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(rows=LINKS, seed=st.integers(0, 99))
def test_the_order_of_links_changes_nothing_not_even_the_last_bit(rows: list[dict[str, Any]], seed: int) -> None:
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    one, other = (combined(pl.DataFrame(each, schema=LINK_SCHEMA)) for each in (rows, shuffled))
    assert one.equals(other)
    assert one["confidence"].is_between(0, 1).all()


@settings(max_examples=60)
@given(rows=LINKS, more=LINKS)
def test_more_evidence_never_makes_a_link_less_sure(rows: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    less = combined(pl.DataFrame(rows, schema=LINK_SCHEMA))
    both = combined(pl.DataFrame(rows + more, schema=LINK_SCHEMA))
    joined = less.join(both, on=["account_id", "other_account_id"], suffix="_both", how="left")
    assert (joined["confidence_both"] >= joined["confidence"]).all()


def test_all_accounts_of_one_statement_are_linked_and_others_are_not() -> None:
    statements = pl.DataFrame(
        {"source": ["p", "p", "p", "q"], "statement_id": ["1", "1", "2", "1"], "account_id": ["a", "b", "c", "d"]}
    )
    assert stated_links(statements).select("account_id", "other_account_id", "source").rows() == [("a", "b", "p")]


def test_a_statement_about_a_crowd_is_not_about_a_person() -> None:
    def size(count: int) -> int:
        ids = [f"{number:03}" for number in range(count)]
        return stated_links(
            pl.DataFrame({"source": ["p"] * count, "statement_id": ["1"] * count, "account_id": ids})
        ).height

    assert size(STATEMENT_ACCOUNTS_MAX) == STATEMENT_ACCOUNTS_MAX * (STATEMENT_ACCOUNTS_MAX - 1) // 2
    assert size(STATEMENT_ACCOUNTS_MAX + 1) == 0


def shared_address(*platforms: str) -> int:
    rows = [(f"{number:02}", platform, "hash") for number, platform in enumerate(platforms)]
    return email_links(pl.DataFrame(rows, schema=["account_id", "platform", "email_hash"], orient="row")).height


def test_an_address_links_the_few_accounts_that_show_it() -> None:
    assert shared_address("x", "y") == 1
    assert shared_address("x", "y", "z") == 3


def test_an_agencys_address_links_nobody() -> None:
    assert shared_address("x", "x", "y") == 0
    assert shared_address(*(f"platform-{number}" for number in range(EMAIL_ACCOUNTS_MAX + 1))) == 0


@pytest.mark.parametrize(
    "biography",
    [
        "find me https://www.tiktok.com/@Ann.B?lang=en",
        "tiktok.com/@ann.b",
        "TT | TikTok: @ann.b 🎬",
        "tiktok @ann.b.",
        "ｔｉｋｔｏｋ．ｃｏｍ/@ann.b",
    ],
)
def test_a_profile_that_names_another_account_links_it(biography: str) -> None:
    found = profile_links(
        profiles(profile("a", "instagram", biography=biography), profile("b", "tiktok", handle="ann.b"))
    )
    assert found.select("account_id", "other_account_id", "kind", "confidence").rows() == [
        ("a", "b", "profile_link", CONFIDENCE[Kind.PROFILE_LINK])
    ]


@pytest.mark.parametrize(
    "biography",
    [
        "with @ann.b",
        "nottiktok.com/@ann.b",
        "tiktok.com/@ann.b.official",
        "instagram.com/ann.b",
        "",
        None,
    ],
)
def test_what_only_looks_like_a_link_is_none(biography: str | None) -> None:
    rows = profiles(profile("a", "instagram", biography=biography), profile("b", "tiktok", handle="ann.b"))
    assert profile_links(rows).is_empty()


def test_a_channel_is_found_by_its_id_which_has_capitals() -> None:
    channel = "UCr9008BaiwKSdlVxMWNLevQ"
    rows = [
        profile("a", "twitch", biography=f"youtube.com/channel/{channel}"),
        profile("b", "youtube", native_id=channel),
    ]
    assert profile_links(profiles(*rows)).height == 1
    rows[0]["biography"] = f"youtube.com/channel/{channel.lower()}"
    assert profile_links(profiles(*rows)).is_empty()


def test_profiles_that_link_each_other_are_strong_evidence() -> None:
    rows = profiles(
        profile("a", "instagram", handle="ann", biography="twitch.tv/ann_live"),
        profile("b", "twitch", handle="ann_live", biography="instagram.com/ann"),
    )
    assert profile_links(rows)["kind"].to_list() == ["mutual_link"]
    assert confidence_of(*profile_links(rows).to_dicts()) >= Rules().strong


def test_the_shop_that_many_profiles_link_is_nobodys_account() -> None:
    fans = [profile(f"fan{number}", "instagram", biography="tiktok.com/@the.shop") for number in range(4)]
    found = profile_links(profiles(*fans, profile("z", "tiktok", handle="the.shop")))
    assert found.height == 4
    assert found["confidence"].max() == pytest.approx(CONFIDENCE[Kind.PROFILE_LINK] / 4)


def test_a_decision_links_for_certain() -> None:
    rows = pl.DataFrame({"account_id": ["b"], "other_account_id": ["a"]})
    assert decided_links(rows).select("account_id", "other_account_id", "confidence").rows() == [("a", "b", 1.0)]


def test_a_long_equal_handle_is_worth_more_than_a_short_one() -> None:
    worths = [
        alike(profile("a", "x", handle=handle), profile("b", "y", handle=handle))
        for handle in ("zo", "zor", "zorka", "zorkavi", "zorkavilin", "zorkavilinarum")
    ]
    assert worths == sorted(set(worths))
    assert worths[0] == 0.0
    assert worths[2] < Rules().join <= worths[3]


@pytest.mark.parametrize("handle", ["fitness", "official.music", "user8392018832", "123456789", "the_real_tv"])
def test_a_handle_anybody_could_have_links_nobody(handle: str) -> None:
    assert alike(profile("a", "x", handle=handle), profile("b", "y", handle=handle)) == 0.0


def test_dots_underscores_and_case_do_not_hide_an_equal_handle() -> None:
    assert alike(profile("a", "x", handle="Glamour_Puss"), profile("b", "y", handle="glamour.puss")) >= Rules().join


def test_a_name_that_is_the_others_handle_links_them() -> None:
    one = profile("a", "youtube", display_name="焰狼 GlamourPuss")
    assert alike(one, profile("b", "twitch", handle="glamourpuss_tv")) >= Rules().join


def test_a_first_name_that_begins_a_handle_does_not_suffice() -> None:
    worth = alike(profile("a", "x", display_name="Christian"), profile("b", "y", handle="christian_berlin"))
    assert 0 < worth < Rules().join


def test_a_form_that_several_accounts_of_a_platform_share_is_shared_among_them() -> None:
    one, other = profile("a", "x", handle="glamourpuss"), profile("b", "y", handle="glamourpuss")
    assert alike(one, other, profile("c", "y", handle="glamour.puss")) == pytest.approx(alike(one, other) / 2)


def test_a_form_that_a_crowd_shares_makes_no_links_at_all() -> None:
    crowd = [profile(f"{number:03}", f"platform-{number}", display_name="Glamourpuss") for number in range(SHARING_MAX)]
    assert likeness_links(profiles(*crowd)).height == SHARING_MAX * (SHARING_MAX - 1) // 2
    assert likeness_links(profiles(*crowd, profile("z", "z", display_name="glamourpuss"))).is_empty()


def test_accounts_of_one_platform_are_never_linked_by_likeness() -> None:
    assert likeness_links(
        profiles(profile("a", "x", handle="glamourpuss"), profile("b", "x", handle="glamour_puss"))
    ).is_empty()


def test_a_fan_of_somebody_a_thousand_times_as_followed_is_not_him() -> None:
    star = profile("a", "x", display_name="Kendall Jenner", followers=268_000_000)
    near, far = (
        alike(star, profile("b", "y", display_name="Kendall Jenner", followers=30_000_000)),
        alike(star, profile("b", "y", display_name="Kendall Jenner", followers=22_031)),
    )
    assert far < Rules().join <= near


def test_an_imitation_in_foreign_letters_is_noted_and_joins_nothing() -> None:
    worth = alike(profile("a", "x", handle="cristiano"), profile("b", "y", handle="сristiano"))
    assert 0 < worth < Rules().join


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
def test_likeness_does_not_depend_on_the_order_of_accounts(rows: list[dict[str, Any]], seed: int) -> None:
    given_rows = [profile(str(number), **row) for number, row in enumerate(rows)]
    shuffled = given_rows.copy()
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    one, other = (likeness_links(profiles(*each)) for each in (given_rows, shuffled))
    assert one.sort(one.columns).equals(other.sort(one.columns))
    assert one["confidence"].is_between(0, 1).all()
