"""The links that each kind of evidence makes, and their confidence, alone and combined."""

# ruff: noqa: RUF001 -- full-width letters are part of the subject

from __future__ import annotations

import itertools
import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.identity.clusters import LinkRules
from creator_assets.identity.evidence import (
    CONFIDENCE,
    CONFIDENCE_MAX,
    EMAIL_ACCOUNTS_MAX,
    LINK_SCHEMA,
    NAME_SIMILARITY_MAX,
    STATEMENT_ACCOUNTS_MAX,
    EvidenceKind,
    combined,
    decided_links,
    email_links,
    profile_links,
    stated_links,
)
from tests.identity.sample_rows import profile, profiles


def link(
    kind: EvidenceKind, confidence: float, source: str = "s", pair: tuple[str, str] = ("a", "b")
) -> dict[str, Any]:
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


def test_confidence_is_the_probability_that_not_all_evidence_is_wrong() -> None:
    assert confidence_of(link(EvidenceKind.STATED, 0.9), link(EvidenceKind.SHARED_EMAIL, 0.8)) == pytest.approx(0.98)


def test_a_single_link_keeps_its_exact_confidence() -> None:
    sure = [number / 100 for number in range(1, 95)]
    rows = [link(EvidenceKind.STATED, each, pair=("a", f"b{number:03}")) for number, each in enumerate(sure)]
    assert combined(pl.DataFrame(rows, schema=LINK_SCHEMA))["confidence"].to_list() == sure


def test_a_repeated_statement_of_one_source_counts_once() -> None:
    assert confidence_of(link(EvidenceKind.STATED, 0.9), link(EvidenceKind.STATED, 0.9)) == pytest.approx(0.9)
    assert confidence_of(link(EvidenceKind.STATED, 0.9, "p"), link(EvidenceKind.STATED, 0.9, "q")) == pytest.approx(
        0.99
    )


def test_a_link_does_not_depend_on_the_order_of_its_accounts() -> None:
    assert confidence_of(
        link(EvidenceKind.STATED, 0.9), link(EvidenceKind.STATED, 0.8, pair=("b", "a"))
    ) == pytest.approx(0.9)


def test_name_similarity_alone_is_never_strong_evidence() -> None:
    every = [
        link(kind, 0.9) for kind in (EvidenceKind.SAME_HANDLE, EvidenceKind.SAME_NAME, EvidenceKind.NAME_IS_HANDLE)
    ]
    assert confidence_of(*every) == NAME_SIMILARITY_MAX < LinkRules().strong


def test_only_a_decision_is_certain() -> None:
    many = [link(EvidenceKind.STATED, 0.95, str(source)) for source in range(9)]
    assert confidence_of(*many) == CONFIDENCE_MAX
    assert confidence_of(*many, link(EvidenceKind.DECIDED, 1.0)) == 1.0


def test_evidence_lists_the_kinds_of_links() -> None:
    rows = [link(EvidenceKind.STATED, 0.9), link(EvidenceKind.SAME_NAME, 0.5), link(EvidenceKind.SAME_NAME, 0.4)]
    assert combined(pl.DataFrame(rows, schema=LINK_SCHEMA))["evidence"].item() == "same_name+stated"


def test_an_account_is_not_evidence_for_itself() -> None:
    assert combined(pl.DataFrame([link(EvidenceKind.STATED, 0.9, pair=("a", "a"))], schema=LINK_SCHEMA)).is_empty()


LINKS = st.lists(
    st.builds(
        link,
        st.sampled_from(list(EvidenceKind)),
        st.sampled_from([0.1, 0.3, 0.7, 0.85, 0.94]),
        st.sampled_from(["p", "q"]),
        st.sampled_from([("a", "b"), ("b", "a"), ("a", "c")]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(rows=LINKS, seed=st.integers(0, 99))
def test_the_order_of_links_does_not_change_the_exact_result(rows: list[dict[str, Any]], seed: int) -> None:
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    one, other = (combined(pl.DataFrame(each, schema=LINK_SCHEMA)) for each in (rows, shuffled))
    assert one.equals(other)
    assert one["confidence"].is_between(0, 1).all()


@settings(max_examples=60)
@given(rows=LINKS, more=LINKS)
def test_more_evidence_never_lowers_the_confidence(rows: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    less = combined(pl.DataFrame(rows, schema=LINK_SCHEMA))
    both = combined(pl.DataFrame(rows + more, schema=LINK_SCHEMA))
    joined = less.join(both, on=["account_id", "other_account_id"], suffix="_both", how="left")
    assert (joined["confidence_both"] >= joined["confidence"]).all()


def test_all_accounts_of_one_statement_are_linked_and_others_are_not() -> None:
    statements = pl.DataFrame(
        {"source": ["p", "p", "p", "q"], "statement_id": ["1", "1", "2", "1"], "account_id": ["a", "b", "c", "d"]}
    )
    assert stated_links(statements).select("account_id", "other_account_id", "source").rows() == [("a", "b", "p")]


def test_a_statement_about_too_many_accounts_links_nothing() -> None:
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


def test_an_agencys_address_links_no_accounts() -> None:
    assert shared_address("x", "x", "y") == 0
    assert shared_address(*(f"platform-{number}" for number in range(EMAIL_ACCOUNTS_MAX + 1))) == 0


def linked_by_address(rows: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """`email_links`, one address after the other."""
    pairs: set[tuple[str, str]] = set()
    for address in {email_hash for *_, email_hash in rows}:
        shown = {(account, platform) for account, platform, email_hash in rows if email_hash == address}
        if len(shown) <= EMAIL_ACCOUNTS_MAX and len({platform for _, platform in shown}) == len(shown):
            pairs |= set(itertools.combinations(sorted(account for account, _ in shown), 2))
    return sorted(pairs)


@settings(max_examples=150)
@given(shown=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["h1", "h2", "h3"])), max_size=24))
def test_addresses_link_the_accounts_of_the_reference(shown: list[tuple[int, str]]) -> None:
    rows = [(str(number), f"platform-{number % 8}", email_hash) for number, email_hash in shown]
    schema = dict.fromkeys(("account_id", "platform", "email_hash"), pl.String)
    links = email_links(pl.DataFrame(rows, schema=schema, orient="row"))
    assert sorted(links.select("account_id", "other_account_id").iter_rows()) == linked_by_address(rows)


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
def test_a_profile_links_the_account_that_it_names(biography: str) -> None:
    found = profile_links(
        profiles(profile("a", "instagram", biography=biography), profile("b", "tiktok", handle="ann.b"))
    )
    assert found.select("account_id", "other_account_id", "kind", "confidence").rows() == [
        ("a", "b", "profile_link", CONFIDENCE[EvidenceKind.PROFILE_LINK])
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
def test_a_text_that_only_resembles_a_link_is_not_a_link(biography: str | None) -> None:
    rows = profiles(profile("a", "instagram", biography=biography), profile("b", "tiktok", handle="ann.b"))
    assert profile_links(rows).is_empty()


def test_a_channel_is_found_by_its_case_sensitive_id() -> None:
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
    assert confidence_of(*profile_links(rows).to_dicts()) >= LinkRules().strong


def test_many_links_to_one_shop_are_weak_evidence() -> None:
    fans = [profile(f"fan{number}", "instagram", biography="tiktok.com/@the.shop") for number in range(4)]
    found = profile_links(profiles(*fans, profile("z", "tiktok", handle="the.shop")))
    assert found.height == 4
    assert found["confidence"].max() == pytest.approx(CONFIDENCE[EvidenceKind.PROFILE_LINK] / 4)


def test_a_decision_links_with_certainty() -> None:
    rows = pl.DataFrame({"account_id": ["b"], "other_account_id": ["a"]})
    assert decided_links(rows).select("account_id", "other_account_id", "confidence").rows() == [("a", "b", 1.0)]
