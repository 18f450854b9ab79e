"""KeyAPI: its document field by field, packing, and joining by id whatever order the answer has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, PagedRequest, Recovery, Request
from creator_assets.providers.keyapi import operations, requests, rows

from .bench import ProviderBench, answer, read, total_cost

SETTINGS = ProviderSettings()
CREDIT = 1_000_000


def call(*names: str) -> Request:
    return together("unique_ids", names)


def together(parameter: str, ids: Iterable[str]) -> Request:
    return Request(operation=operations.ANALYTICS, params={parameter: ",".join(ids)})


@pytest.fixture(scope="module")
def shown(seeds: Path) -> dict[str, Any]:
    """The documented answers by status."""
    block = (seeds / operations.SEED).read_text().partition("````yaml en/tiktok.openapi.json")[2]
    spec = yaml.safe_load(block.partition("\n")[2].partition("````")[0])
    responses = spec["paths"][operations.ANALYTICS.path]["get"]["responses"]
    return {status: one["content"]["application/json"]["schema"]["example"] for status, one in responses.items()}


def test_the_documented_account_becomes_a_row(shown: dict[str, Any]) -> None:
    bought = answer(call("Bible._.Verse"), shown["200"])
    row = rows.profile_rows([bought]).rows.row(0, named=True)
    assert (bought.charge_microcredits, row["cost_microcredits"]) == (CREDIT, CREDIT)
    expected = {
        "platform": "tiktok", "username": "bible._.verse", "state": "enriched", "native_id": "100034034780479488",
        "display_name": "Bible._.Verse", "biography": "Jesus Loves You", "followers": 818, "following": 281,
        "posts": 97, "followers_added_30d": 0, "engagement_rate": 0.13, "engagement_basis": rows.ENGAGEMENT_BASIS,
        "country": "US", "language": "en", "gender": None, "category": None, "has_email": False,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["publish_weekdays"] == [
        {"bucket": str(day), "videos": videos} for day, videos in enumerate((3, 2, 4, 4, 1, 4, 3), start=1)
    ]
    assert sum(hour["videos"] for hour in row["publish_hours"]) == 21
    assert {length["bucket"]: length["videos"] for length in row["video_lengths"]}["15s"] == 13


@pytest.mark.parametrize(
    "text", ["0.5", "[1]", '{"2m": -1}', '{"2m": 1e300}', '{"2m": 18446744073709551616}', "hidden"]
)
def test_a_distribution_that_cannot_be_read_costs_its_field_and_is_noted(shown: dict[str, Any], text: str) -> None:
    account = {**shown["200"]["data"][0], "influencer_video_duration_level": text}
    parsed = rows.profile_rows([answer(call("Bible._.Verse"), {**shown["200"], "data": [account]})])
    assert parsed.rows.select("followers", "video_lengths").rows() == [(818, None)]
    assert parsed.notes.select("field", "problem").rows() == [("video_lengths", "wrong_type")]


@pytest.mark.parametrize(
    ("status", "recovery", "charged"),
    [
        ("400", Recovery.FIX_REQUEST, True),
        ("401", Recovery.FIX_KEY, False),
        ("402", Recovery.TOP_UP, False),
        ("429", Recovery.RETRY, False),
        ("500", Recovery.RETRY, True),
    ],
)
def test_a_documented_failure_counts_unless_it_says_that_nothing_was_done(
    shown: dict[str, Any], status: str, recovery: Recovery, charged: bool
) -> None:
    for http_status in (int(status), 200):  # the code counts also where the status claims success
        outcome = read(call("a"), shown[status], http_status)
        assert (outcome.kind, outcome.recovery) == (AnswerKind.FAILED, recovery)
        assert (outcome.charge_microcredits, outcome.basis) == (
            (CREDIT, ChargeBasis.ASSUMED) if charged else (0, ChargeBasis.FREE)
        )


def test_a_used_up_quota_is_recognized_by_the_wording_of_the_error() -> None:
    assert read(call("a"), {"code": 500, "message": "Usage Limit Exceeded"}, 500).recovery is Recovery.TOP_UP


def account(unique_id: str, user_id: str = "", **fields: Any) -> dict[str, Any]:
    return {"unique_id": unique_id, "user_id": user_id or f"id-{unique_id}", "total_followers_cnt": 7} | fields


def success(*accounts: Any) -> dict[str, Any]:
    return {"code": 0, "message": "success", "data": list(accounts), "requestId": "x"}


def test_accounts_are_joined_by_handle_and_a_missing_one_is_unknown() -> None:
    bought = answer(call("a", "B", "c"), success(account("c"), account("b")))
    table = rows.profile_rows([bought]).rows
    assert table.select("username", "state", "native_id").rows() == [
        ("a", "unknown", None),
        ("b", "enriched", "id-b"),
        ("c", "enriched", "id-c"),
    ]
    assert total_cost(table) == CREDIT


def test_accounts_are_joined_by_id_and_ids_beyond_two_to_the_53_keep_their_digits() -> None:
    ids = ["100034034780479488", "100034034780479489"]
    bought = answer(together("user_ids", ids), success(account("new.name", ids[1])))
    table = rows.profile_rows([bought]).rows
    assert table.select("username", "state", "native_id").rows() == [
        (ids[0], "unknown", None),
        (ids[1], "enriched", ids[1]),
    ]


def test_an_account_under_another_handle_than_requested_is_kept() -> None:
    parsed = rows.profile_rows([answer(call("old", "b"), success(account("renamed"), {}))])
    assert dict(parsed.rows.select("username", "state").iter_rows()) == {
        "old": "unknown",
        "b": "unknown",
        "renamed": "enriched",
    }
    assert total_cost(parsed.rows) + total_cost(parsed.rejected) == CREDIT


def test_an_answer_without_accounts_is_empty_and_assumed_charged() -> None:
    for body in (success(), {"code": 0, "message": "success", "data": None}):
        bought = answer(call("a"), body)
        assert (bought.kind, read(call("a"), body).basis) == (AnswerKind.EMPTY, ChargeBasis.ASSUMED)
        assert rows.profile_rows([bought]).rows["state"].to_list() == ["unknown"]


@pytest.mark.parametrize(
    ("field", "value", "column", "expected"),
    [
        ("total_followers_cnt", "818", "followers", 818),
        ("total_followers_cnt", 683_392.7, "followers", 683_393),
        ("interaction_rate", 1, "engagement_rate", 1.0),
        ("interaction_rate", None, "engagement_basis", None),
        ("total_followers_30d_cnt", -12, "followers_added_30d", -12),
        ("influencer_video_publish_week", "[]", "publish_weekdays", None),
        ("influencer_video_publish_week", "not json", "publish_weekdays", None),
        ("influencer_video_publish_week", "", "publish_weekdays", None),
        ("influencer_video_publish_week", '{"1": 2.0}', "publish_weekdays", [{"bucket": "1", "videos": 2}]),
        ("nick_name", "👩‍🚀 \u05e9\u05dc\u05d5\u05dd\u200f", "display_name", "👩‍🚀 \u05e9\u05dc\u05d5\u05dd\u200f"),
        ("contact_email", "jane@example.com", "has_email", True),
        ("region", "", "country", None),
    ],
)  # fmt: skip
def test_odd_fields_are_read_as_far_as_they_can_be(field: str, value: Any, column: str, expected: Any) -> None:
    table = rows.profile_rows([answer(call("a"), success(account("a", **{field: value})))]).rows
    assert table[column].to_list() == [expected]


def test_an_account_without_followers_keeps_its_row_and_says_so() -> None:
    parsed = rows.profile_rows([answer(call("a", "b"), success(account("a", total_followers_cnt=None), account("b")))])
    assert parsed.rows.select("username", pl.col("followers").is_null()).rows() == [("a", True), ("b", False)]
    assert parsed.rejected.is_empty()
    assert parsed.notes.select("username", "field", "problem").rows() == [("a", "followers", "missing")]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"code": 0, "data": [{"use', b'{"code": "x", "data": []}',
                                  b'{"code": 0, "data": {}}'])  # fmt: skip
def test_a_success_that_cannot_be_read_is_damaged(body: bytes) -> None:
    outcome = read(call("a"), body)
    assert (outcome.kind, outcome.charge_microcredits) == (AnswerKind.DAMAGED, CREDIT)


def test_many_accounts_are_joined_in_one_request_by_handle_and_by_id() -> None:
    calls = [requests.profile(SETTINGS, "tiktok", name).first for name in ("@a", "b")]
    calls.append(requests.profile_by_id(SETTINGS, "7").first)
    assert operations.ANALYTICS.join is not None
    assert operations.ANALYTICS.join(calls).params == {"unique_ids": "a,b", "user_ids": "7"}
    assert operations.ANALYTICS.join(calls).worst_case_microcredits == CREDIT


def test_each_account_of_a_joined_answer_has_its_own_record() -> None:
    body = success(account("c"), account("a"), account("nobody"))
    tables = [rows.profile_rows([answer(call(name), body)]).rows for name in ("a", "b")]
    assert [table.select("username", "state", "native_id").rows() for table in tables] == [
        [("a", "enriched", "id-a")],
        [("b", "unknown", None)],
    ]


def test_accounts_cost_a_credit_for_ten_over_http(bench: ProviderBench) -> None:
    names = ["bar.films", "bible._.verse", *(f"nobody-{number}" for number in range(9))]
    bought = [bench.fetch(PagedRequest(first=call(*some)))[0] for some in (names[:10], names[10:])]
    table = rows.profile_rows(bought).rows
    assert table.filter(state="enriched")["username"].to_list() == ["bar.films", "bible._.verse"]
    assert table.height == 11
    assert bench.booked["keyapi"] == bench.meter("keyapi") == 2 * CREDIT
    one = bench.fetch(requests.profile(SETTINGS, "tiktok", "bar.films"))[0]
    by_id = requests.profile_by_id(SETTINGS, rows.profile_rows([one]).rows["native_id"][0])
    assert rows.profile_rows(bench.fetch(by_id)).rows["state"].to_list() == ["enriched"]
    bench.account("keyapi", set_balance="0")
    bench.ask(by_id.first)
    assert bench.outcomes[-1].recovery is Recovery.TOP_UP
    assert bench.booked["keyapi"] == bench.meter("keyapi")
