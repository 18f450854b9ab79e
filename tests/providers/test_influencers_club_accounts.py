"""Accounts of influencers.club: those linked to a creator, those behind an address, and how their audiences overlap."""

from __future__ import annotations

import pytest

from creator_assets.providers.influencers_club import account_rows, requests

from .bench import answer, total_cost
from .club import CREDIT, OVERLAP, SETTINGS

SOCIALS = requests.socials(SETTINGS, "instagram", "x").first


def test_an_address_is_in_the_request_and_nowhere_else() -> None:
    one, other = (
        requests.email(SETTINGS, address, email_hash="same").first for address in ("a@example.com", "b@example.com")
    )
    assert one.body != other.body
    assert one.request_key("live") == other.request_key("live")
    advanced = requests.email(
        SETTINGS, "a@example.com", email_hash="h", depth="advanced", min_followers=10, exclude_platforms=["twitch"]
    ).first
    assert (advanced.body, advanced.worst_case_microcredits) == (
        {"email": "a@example.com", "min_followers": 10, "exclude_platforms": ["twitch"]},
        2 * CREDIT,
    )
    batch = requests.batches(SETTINGS, "", ["a@example.com"], mode="basic", input_hash="h")[0].first
    again = requests.batches(SETTINGS, "", ["b@example.com"], mode="basic", input_hash="h")[0].first
    assert batch.request_key("live") == again.request_key("live")
    assert "example.com" not in repr(batch) + repr(batch.files) + repr(one)


def test_a_set_of_creators_has_one_request_key_in_any_order() -> None:
    one, other = (requests.overlap(SETTINGS, "instagram", names).first for names in (["a", "b"], ["b", "a", "b"]))
    assert one.request_key("live") == other.request_key("live")


def test_linked_accounts_become_rows_and_an_account_without_any_has_a_row() -> None:
    result = [
        {"platform": "TikTok", "user_id": 9007199254740993, "username": "y", "fullname": "Ü 🎈", "followers": "12"},
        {"platform": "youtube", "username": None},
    ]
    parsed = account_rows.linked_rows([answer(SOCIALS, {"result": result})])
    row = parsed.rows.row(0, named=True)
    assert {name: row[name] for name in ("seed_username", "platform", "username", "native_id", "followers")} == {
        "seed_username": "x",
        "platform": "tiktok",
        "username": "y",
        "native_id": "9007199254740993",
        "followers": 12,
    }
    assert parsed.rejected.select("field", "reason").rows() == [("username", "missing")]
    without_any = account_rows.linked_rows([answer(SOCIALS, {"detail": "none"}, 404)]).rows
    assert without_any.select("platform", "username", "state").rows() == [("instagram", "x", "not_found")]


def test_matches_of_both_depths_become_rows_without_the_address() -> None:
    basic = requests.email(SETTINGS, "jane@example.com", email_hash="h1").first
    advanced = requests.email(SETTINGS, "jane@example.com", email_hash="h1", depth="advanced").first
    one = {"platform": "instagram", "userId": "7", "username": "jane", "fullname": "Jane", "followers": 5}
    full = {
        "email": "jane@example.com",
        "instagram": {"userid": "7", "username": "jane", "follower_count": 5},
        "youtube": {"id": "UC1", "username": "janes", "subscriber_count": 6},
    }
    simple = account_rows.email_rows([answer(basic, {"result": one})])
    assert simple.rows.select("email_hash", "depth", "platform", "username", "native_id", "followers").rows() == [
        ("h1", "basic", "instagram", "jane", "7", 5)
    ]
    deep = account_rows.email_rows([answer(advanced, {"result": full})])
    assert deep.rows.select("platform", "native_id", "followers").sort("platform").rows() == [
        ("instagram", "7", 5),
        ("youtube", "UC1", 6),
    ]
    assert total_cost(deep.rows) == 2 * CREDIT
    none = account_rows.email_rows([answer(basic, {"detail": "none"}, 404)]).rows
    assert none.select("state", "platform").rows() == [("not_found", "")]
    assert "jane@example.com" not in str([one.rows.to_dicts() for one in (simple, deep)])


@pytest.mark.parametrize("scale", [1, 100])
def test_compared_shares_become_fractions_whatever_their_unit(scale: int) -> None:
    details = [
        {"username": "a", "user_id": "1", "followers": 100, "unique_percentage": 0.75 * scale,
         "overlapping_percentage": 0.25 * scale},
        {"username": "b", "followers": 50, "unique_percentage": 0.5 * scale, "overlapping_percentage": 0.5 * scale},
    ]  # fmt: skip
    body = {"success": True, "basics": {"total_followers": 150, "total_unique_followers": 125}, "details": details}
    table = account_rows.overlap_rows([answer(OVERLAP, body)]).rows
    columns = ("username", "unique_share", "overlapping_share", "total_unique_followers", "creators_compared")
    assert table.select(columns).rows() == [("a", 0.75, 0.25, 125, 2), ("b", 0.5, 0.5, 125, 2)]
    assert table["set_id"].unique().to_list() == ["request-1"]


def test_a_comparison_without_data_keeps_its_creators() -> None:
    table = account_rows.overlap_rows([answer(OVERLAP, {"success": False})]).rows
    assert table.select("username", "state", "unique_share").rows() == [
        ("a", "unavailable", None),
        ("b", "unavailable", None),
    ]


def test_a_creator_that_a_comparison_lacks_has_a_row() -> None:
    body = {
        "basics": {"total_followers": 100, "total_unique_followers": 100},
        "details": [{"username": "A", "followers": 100, "unique_percentage": 100, "overlapping_percentage": 0}],
    }
    table = account_rows.overlap_rows([answer(OVERLAP, body)]).rows
    assert table.select("username", "state", "unique_share", "creators_compared").rows() == [
        ("a", "compared", 1.0, 2),
        ("b", "unavailable", None, 2),
    ]
    assert total_cost(table) == CREDIT
