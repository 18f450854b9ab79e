"""influencers.club: what its answers cost and mean, its filters, and all of its 24 operations over HTTP."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Recovery, Request
from creator_assets.providers.influencers_club import (
    account_rows,
    dictionary_requests,
    operations,
    post_requests,
    post_rows,
    requests,
    rows,
)
from creator_assets.providers.parsing.bodies import text_at

from .bench import ProviderBench, answer, read
from .club import CREDIT, FULL, OVERLAP, POSTS, SETTINGS, known


@pytest.mark.parametrize(
    ("body", "charge", "basis", "noted"),
    [
        ({"result": {"a": 1}}, 1.0, ChargeBasis.PRICED, False),
        ({"result": {"a": 1}, "credits_cost": 1}, 1.0, ChargeBasis.STATED, False),
        ({"result": {"a": 1}, "credits_cost": "1.00"}, 1.0, ChargeBasis.STATED, False),
        ({"result": {"a": 1}, "credits_cost": 0.8}, 0.8, ChargeBasis.STATED, True),
        ({"result": {"a": 1}, "credits_cost": 0}, 0.0, ChargeBasis.STATED, True),
        ({"result": {"a": 1}, "credits_cost": -1}, 1.0, ChargeBasis.PRICED, False),
        ({"result": {"a": 1}, "credits_cost": "free"}, 1.0, ChargeBasis.PRICED, False),
        ({"result": {"a": 1}, "credits_cost": 0.12345678}, 1.0, ChargeBasis.PRICED, False),
        ({"result": None}, 0.0, ChargeBasis.FREE, False),
        ({"result": {}}, 0.0, ChargeBasis.FREE, False),
        ({"result": {"a": 1}, "success": False}, 0.0, ChargeBasis.FREE, False),
    ],
)
def test_the_stated_cost_counts_and_a_difference_from_the_price_is_noted(
    body: Any, charge: float, basis: ChargeBasis, noted: bool
) -> None:
    outcome = read(FULL, body)
    assert (outcome.charge_microcredits, outcome.basis) == (round(charge * CREDIT), basis)
    assert bool(outcome.note) is noted
    assert outcome.kind is (AnswerKind.FINAL if charge or noted else AnswerKind.EMPTY)


def test_what_is_left_is_read_in_either_form() -> None:
    assert read(FULL, {"result": {"a": 1}, "credits_left": "998.03"}).balance_microcredits == 998_030_000
    assert read(FULL, {"result": {"a": 1}, "credits_left": 998.03}).balance_microcredits == 998_030_000
    assert read(FULL, {"result": {"a": 1}, "credits_left": None}).balance_microcredits is None


def test_an_answer_without_data_is_free_and_an_empty_page_has_no_data() -> None:
    assert read(FULL, {"detail": "No data found."}, 404).kind is AnswerKind.EMPTY
    for call in (POSTS, post_requests.details(SETTINGS, "tiktok", "1", content_type="comments").first):
        empty = read(call, {"result": {"items": [], "comments": [], "has_more": False}})
        assert (empty.kind, empty.charge_microcredits) == (AnswerKind.EMPTY, 0)


def test_a_comparison_costs_one_credit_and_without_data_it_is_assumed_to() -> None:
    assert read(OVERLAP, {"success": True, "details": [{"username": "a"}]}).basis is ChargeBasis.PRICED
    nothing = read(OVERLAP, {"success": False, "status": "error"})
    assert (nothing.kind, nothing.charge_microcredits, nothing.basis) == (AnswerKind.EMPTY, CREDIT, ChargeBasis.ASSUMED)
    assert read(OVERLAP, {"detail": "none"}, 404).charge_microcredits == 0
    assert read(OVERLAP, {"success": True}).kind is AnswerKind.DAMAGED


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (requests.balance(SETTINGS).first, {"credits_available": "much", "credits_used": 1}),
        (requests.balance(SETTINGS).first, {"credits_available": 1}),
        (dictionary_requests.dictionaries(SETTINGS, "instagram", {})[0].first, "<html></html>"),
        (requests.batch_status(SETTINGS, "b").first, {"status": None}),
        (FULL, {"results": {}}),
        (Request(operation=operations.BATCH, body={"enrichment_mode": "raw"}), {"message": "created"}),
    ],
)
def test_a_success_of_another_form_is_damaged(call: Request, body: Any) -> None:
    outcome = read(call, body)
    assert (outcome.kind, outcome.charge_microcredits) == (AnswerKind.DAMAGED, call.worst_case_microcredits)


def test_a_request_that_the_documents_rule_out_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="2 to 10 creators, not 1"):
        requests.overlap(SETTINGS, "instagram", ["a", "a"])
    with pytest.raises(ValueError, match="no audio"):
        post_requests.details(SETTINGS, "youtube", "1", content_type="audio")
    with pytest.raises(ValueError, match="10000 creators"):
        requests.search(SETTINGS, "instagram", {}, 10_001)


@pytest.mark.parametrize(
    ("body", "entries"),
    [
        ([{"language": "German", "abbreviation": "de"}], [("de", "German", "")]),
        ([{"topic_details": "Gaming", "sub_topic_details": [{"topic_details": "Chess"}]}],
         [("Gaming", "Gaming", ""), ("Chess", "Chess", "Gaming")]),
        ([{"game_id": "500000", "game_name": "Just Chatting"}], [("Just Chatting", "Just Chatting", "")]),
        (["Sports", "", None, 7], [("Sports", "Sports", "")]),
        ({"count": 1, "results": ["Nike"]}, [("Nike", "Nike", "")]),
        ([{"full_name": "Nike Inc.", "cleaned_name": "nike", "username": "nikeofficial"}],
         [("nikeofficial", "Nike Inc.", "")]),
        ({}, []),
    ],
)  # fmt: skip
def test_dictionaries_are_read_in_every_known_form(body: Any, entries: list[tuple[str, str, str]]) -> None:
    call = dictionary_requests.dictionaries(SETTINGS, "instagram", {})[0].first
    parsed = rows.filter_rows([answer(call, body)])
    assert sorted(parsed.rows.select("value", "label", "parent").rows()) == sorted(entries)
    assert set(parsed.rejected["field"]) <= {"value"}


def test_all_operations_cost_over_http_what_their_outcomes_say(bench: ProviderBench) -> None:
    names = known(bench)
    bench.fetch(requests.lookalikes(SETTINGS, "instagram", names[0], "", {}, 7))
    for platform in ("instagram", "youtube", "twitch"):
        for pages in dictionary_requests.dictionaries(SETTINGS, platform, {}):
            assert rows.filter_rows(bench.fetch(pages)).rows.height
    profiles = [bench.ask(requests.full_profile(SETTINGS, "instagram", name).first) for name in names[:20]]
    for name in names[:3]:
        bench.fetch(requests.raw_profile(SETTINGS, "instagram", name))
    bench.fetch(requests.raw_profile(SETTINGS, "instagram", "nobody-of-that-name"))
    linked = [bench.ask(requests.socials(SETTINGS, "instagram", name).first) for name in names[:3]]
    compared = bench.fetch(requests.overlap(SETTINGS, "instagram", names[:3]))
    post_pages = bench.fetch(post_requests.posts(SETTINGS, "instagram", names[0], 24))
    posts = post_rows.content_rows(post_pages).rows
    detail = [
        bench.fetch(
            post_requests.details(SETTINGS, "instagram", posts["content_id"][0], content_type=kind, max_pages=2)
        )
        for kind in ("data", "comments", "transcript", "audio")
    ]
    address = next(email for one in profiles if (email := text_at(one.body, "result", "email")))
    matches = [
        bench.ask(requests.email(SETTINGS, address, email_hash=depth, depth=depth).first)
        for depth in ("basic", "advanced")
    ]
    found = rows.balance(bench.ask(requests.balance(SETTINGS).first))
    assert found.used_microcredits == bench.meter("influencers_club") == bench.booked["influencers_club"]
    assert not [outcome.note for outcome in bench.outcomes if outcome.note]
    parsed = [
        rows.profile_rows(profiles),
        account_rows.linked_rows(linked),
        account_rows.overlap_rows(compared),
        post_rows.content_rows(post_pages),
        post_rows.detail_rows([one for each in detail for one in each]),
        post_rows.stat_rows(detail[0]),
        account_rows.email_rows(matches),
        rows.report_rows(profiles).reports,
        rows.report_rows(profiles).segments,
    ]
    assert [one.rejected.height for one in parsed] == [0] * len(parsed)
    assert all(one.rows.height for one in parsed)
    reports = rows.report_rows(profiles)
    assert set(reports.reports.rows["state"]) >= {"ready"}
    sums = reports.segments.rows.filter(pl.col("dimension").is_in(["age", "gender"]))
    totals = sums.group_by("username", "basis", "dimension").agg(pl.col("share").sum())["share"]
    assert totals.round(3).unique().to_list() == [1.0]


def test_the_limit_of_a_search_and_an_empty_discovery_budget_are_recognized(bench: ProviderBench) -> None:
    bench.account("influencers_club", discovery_limit="0.05")
    bench.ask(requests.search(SETTINGS, "instagram", {}, 50).first)
    assert (bench.outcomes[-1].recovery, bench.outcomes[-1].charge_microcredits) == (Recovery.TOP_UP, 0)
    bench.account("influencers_club", set_balance="0")
    bench.ask(FULL)
    assert bench.outcomes[-1].recovery is Recovery.TOP_UP
    assert bench.booked["influencers_club"] == bench.meter("influencers_club") == 0


def test_an_order_stands_beside_the_filters_and_decides_who_is_bought(bench: ProviderBench) -> None:
    filters = {"sort": {"sort_by": "number_of_followers", "sort_order": "asc"}, "is_verified": True}
    request = requests.search(SETTINGS, "tiktok", filters, 5).first
    assert request.body == {
        "platform": "tiktok",
        "filters": {"is_verified": True},
        "sort": filters["sort"],
        "paging": {"limit": 5, "page": 1},
    }
    counts = {}
    for order in ("asc", "desc"):
        pages = requests.search(
            SETTINGS, "tiktok", {"sort": {"sort_by": "number_of_followers", "sort_order": order}}, 5
        )
        found = rows.creator_rows([bench.ask(pages.first)], origin="search", origin_name="one", platform="tiktok").rows
        counts[order] = found["followers"].to_list()
    assert counts["asc"] == sorted(counts["asc"])
    assert counts["desc"] == sorted(counts["desc"], reverse=True)
    assert max(counts["asc"]) < min(counts["desc"])


def test_a_channel_of_youtube_is_an_example_by_its_id() -> None:
    by_id = requests.lookalikes(SETTINGS, "youtube", "UCwh2SF7McSUf1GVFVk0nP8w", "", {}, 5).first.body
    by_handle = requests.lookalikes(SETTINGS, "youtube", "someone", "", {}, 5).first.body
    assert by_id is not None
    assert by_handle is not None
    assert (by_id["filter_key"], by_id["filter_value"]) == ("id", "UCwh2SF7McSUf1GVFVk0nP8w")
    assert (by_handle["filter_key"], by_handle["filter_value"]) == ("username", "someone")


def test_an_example_is_asked_for_by_its_id_where_the_brief_knows_it(bench: ProviderBench) -> None:
    name = next(
        one
        for one in known(bench)
        if bench.ask(requests.lookalikes(SETTINGS, "instagram", one, "", {}, 5).first).charge_microcredits == 50_000
    )
    profile = bench.ask(requests.full_profile(SETTINGS, "instagram", name).first)
    (native_id,) = rows.profile_rows([profile]).rows["native_id"]
    found = [
        rows.creator_rows(
            [bench.ask(requests.lookalikes(SETTINGS, "instagram", handle, id_, {}, 5).first)],
            origin="lookalike",
            origin_name="one",
            platform="instagram",
        ).rows["username"]
        for handle, id_ in ((name, ""), ("renamed-meanwhile", native_id))
    ]
    assert found[0].len() == 5
    assert found[0].to_list() == found[1].to_list()
