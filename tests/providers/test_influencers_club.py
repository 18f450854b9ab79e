"""influencers.club: what each of the 24 operations costs over HTTP, and which rows its answers become."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.batches import PAUSED
from creator_assets.providers.bodies import text_at
from creator_assets.providers.contract import AnswerKind, Basis, Call, Recovery
from creator_assets.providers.influencers_club import (
    account_rows,
    dictionaries,
    endpoints,
    operations,
    payloads,
    post_calls,
    post_rows,
    rows,
)

from .bench import NOW, Bench, answer, read, total_cost

SETTINGS = ProviderSettings()
CREDIT = 1_000_000
FULL = operations.full_profile(SETTINGS, "instagram", "x").first
SOCIALS = operations.socials(SETTINGS, "instagram", "x").first
POSTS = post_calls.posts(SETTINGS, "instagram", "x", 12).first
OVERLAP = operations.overlap(SETTINGS, "instagram", ["a", "b"]).first


def hashed(value: str) -> str:
    return hmac.new(b"key", value.encode(), hashlib.sha256).hexdigest()


# -- what answers mean ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "charge", "basis", "noted"),
    [
        ({"result": {"a": 1}}, 1.0, Basis.PRICED, False),
        ({"result": {"a": 1}, "credits_cost": 1}, 1.0, Basis.STATED, False),
        ({"result": {"a": 1}, "credits_cost": "1.00"}, 1.0, Basis.STATED, False),
        ({"result": {"a": 1}, "credits_cost": 0.8}, 0.8, Basis.STATED, True),
        ({"result": {"a": 1}, "credits_cost": 0}, 0.0, Basis.STATED, True),
        ({"result": {"a": 1}, "credits_cost": -1}, 1.0, Basis.PRICED, False),
        ({"result": {"a": 1}, "credits_cost": "free"}, 1.0, Basis.PRICED, False),
        ({"result": {"a": 1}, "credits_cost": 0.12345678}, 1.0, Basis.PRICED, False),
        ({"result": None}, 0.0, Basis.FREE, False),
        ({"result": {}}, 0.0, Basis.FREE, False),
        ({"result": {"a": 1}, "success": False}, 0.0, Basis.FREE, False),
    ],
)
def test_what_an_answer_states_as_its_cost_is_believed_and_a_difference_is_noted(
    body: Any, charge: float, basis: Basis, noted: bool
) -> None:
    reading = read(FULL, body)
    assert (reading.charge_microcredits, reading.basis) == (round(charge * CREDIT), basis)
    assert bool(reading.note) is noted
    assert reading.kind is (AnswerKind.FINAL if charge or noted else AnswerKind.EMPTY)


def test_what_is_left_is_read_in_either_form() -> None:
    assert read(FULL, {"result": {"a": 1}, "credits_left": "998.03"}).balance_microcredits == 998_030_000
    assert read(FULL, {"result": {"a": 1}, "credits_left": 998.03}).balance_microcredits == 998_030_000
    assert read(FULL, {"result": {"a": 1}, "credits_left": None}).balance_microcredits is None


def test_no_data_is_free_and_an_empty_page_is_no_data() -> None:
    assert read(FULL, {"detail": "No data found."}, 404).kind is AnswerKind.EMPTY
    for call in (POSTS, post_calls.details(SETTINGS, "tiktok", "1", content_type="comments").first):
        empty = read(call, {"result": {"items": [], "comments": [], "has_more": False}})
        assert (empty.kind, empty.charge_microcredits) == (AnswerKind.EMPTY, 0)


def test_a_comparison_costs_one_credit_and_without_data_counts_until_the_balance_tells() -> None:
    assert read(OVERLAP, {"success": True, "details": [{"username": "a"}]}).basis is Basis.PRICED
    nothing = read(OVERLAP, {"success": False, "status": "error"})
    assert (nothing.kind, nothing.charge_microcredits, nothing.basis) == (AnswerKind.EMPTY, CREDIT, Basis.ASSUMED)
    assert read(OVERLAP, {"detail": "none"}, 404).charge_microcredits == 0
    assert read(OVERLAP, {"success": True}).kind is AnswerKind.DAMAGED


@pytest.mark.parametrize(
    ("state", "kind", "pause"),
    [
        ("queued", AnswerKind.PENDING, 60),
        ("validating", AnswerKind.PENDING, 60),
        ("processing", AnswerKind.PENDING, 60),
        ("running", AnswerKind.PENDING, 60),
        ("some_new_state", AnswerKind.PENDING, 60),
        (PAUSED, AnswerKind.PENDING, 3600),
        ("failed", AnswerKind.PENDING, 3600),
        ("finished", AnswerKind.FINAL, None),
        ("completed", AnswerKind.FINAL, None),
    ],
)
def test_a_batch_is_looked_at_again_as_long_as_something_may_come(
    state: str, kind: AnswerKind, pause: float | None
) -> None:
    reading = read(operations.batch_status(SETTINGS, "bch_1").first, {"batch_id": "bch_1", "status": state})
    assert (reading.kind, reading.not_before_seconds, reading.charge_microcredits) == (kind, pause, 0)


def test_results_that_are_not_ready_are_waited_for_and_a_resume_can_be_repeated() -> None:
    results = operations.batch_results(SETTINGS, "bch_1", platform="tiktok", mode="raw").first
    assert read(results, {"detail": "Batch is not completed yet"}, 400).kind is AnswerKind.PENDING
    assert read(results, {"detail": "unknown"}, 404).recovery is Recovery.FIX_REQUEST
    empty: tuple[Any, ...] = ([], {"results": []}, {"data": []})
    for body in empty:
        assert read(results, body).kind is AnswerKind.FINAL
    assert read(results, {"detail": "?"}).kind is AnswerKind.DAMAGED
    assert read(operations.batch_resume(SETTINGS, "bch_1").first, {}, 202).kind is AnswerKind.PENDING


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (operations.balance(SETTINGS).first, {"credits_available": "much", "credits_used": 1}),
        (operations.balance(SETTINGS).first, {"credits_available": 1}),
        (dictionaries.dictionaries(SETTINGS, "instagram", {})[0].first, "<html></html>"),
        (operations.batch_status(SETTINGS, "b").first, {"status": None}),
        (FULL, {"results": {}}),
        (Call(operation=endpoints.BATCH, body={"enrichment_mode": "raw"}), {"message": "created"}),
    ],
)
def test_a_success_of_another_form_is_damaged(call: Call, body: Any) -> None:
    reading = read(call, body)
    assert (reading.kind, reading.charge_microcredits) == (AnswerKind.DAMAGED, call.worst_case_microcredits)


# -- calls ---------------------------------------------------------------------------------------------------------


def test_an_address_is_in_the_request_and_nowhere_else() -> None:
    one, other = (
        operations.email(SETTINGS, address, email_hash="same").first for address in ("a@example.com", "b@example.com")
    )
    assert one.body != other.body
    assert one.request_key("live") == other.request_key("live")
    advanced = operations.email(
        SETTINGS, "a@example.com", email_hash="h", depth="advanced", min_followers=10, exclude_platforms=["twitch"]
    ).first
    assert (advanced.body, advanced.worst_case_microcredits) == (
        {"email": "a@example.com", "min_followers": 10, "exclude_platforms": ["twitch"]},
        2 * CREDIT,
    )
    batch = operations.batches(SETTINGS, "", ["a@example.com"], mode="basic", input_hash="h")[0].first
    again = operations.batches(SETTINGS, "", ["b@example.com"], mode="basic", input_hash="h")[0].first
    assert batch.request_key("live") == again.request_key("live")
    assert "example.com" not in repr(batch) + repr(batch.files) + repr(one)


@pytest.mark.parametrize(
    ("mode", "price"), [("raw", 30_000), ("full", CREDIT), ("basic", 100_000), ("advanced", 2 * CREDIT)]
)
def test_a_batch_holds_the_price_of_its_mode_for_each_input_once(mode: str, price: int) -> None:
    pages = operations.batches(SETTINGS, "instagram", ["a", "b", "a"], mode=mode)
    assert [one.worst_case_microcredits for one in pages] == [2 * price]
    column = "handle" if mode in operations.HANDLE_MODES else "email"
    assert pages[0].first.files["file"].content == f"{column}\r\na\r\nb\r\n".encode()
    assert pages[0].first.operation.repeat_in_doubt == "never"


def test_a_long_list_becomes_several_batches_and_differing_files_differing_keys() -> None:
    pages = operations.batches(SETTINGS, "instagram", [f"n{number}" for number in range(25_000)], mode="raw")
    assert [one.first.weight for one in pages] == [10_000, 10_000, 5_000]
    assert len({one.first.request_key("live") for one in pages}) == 3


def test_a_set_of_creators_is_one_question_in_whatever_order_they_are_named() -> None:
    one, other = (operations.overlap(SETTINGS, "instagram", names).first for names in (["a", "b"], ["b", "a", "b"]))
    assert one.request_key("live") == other.request_key("live")


def test_what_the_documents_rule_out_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="2 to 10 creators, not 1"):
        operations.overlap(SETTINGS, "instagram", ["a", "a"])
    with pytest.raises(ValueError, match="no audio"):
        post_calls.details(SETTINGS, "youtube", "1", content_type="audio")
    with pytest.raises(ValueError, match="10000 creators"):
        operations.search(SETTINGS, "instagram", {}, 10_001)


def posts_page(*taken: int, following: str | None = "next", more: bool = True) -> dict[str, Any]:
    items = [{"pk": str(at), "taken_at": at} for at in taken]
    return {"result": {"items": items, "more_available": more, "next_token": following}}


def test_pages_of_posts_end_where_the_provider_or_the_watermark_says() -> None:
    pages = post_calls.posts(SETTINGS, "tiktok", "x", 100)
    assert (pages.max_calls, pages.first.body) == (3, {"platform": "tiktok", "handle": "x", "count": 35})
    second = pages.follow(answer(pages.first, posts_page(100)), 1)
    assert second is not None
    assert (second.body or {})["pagination_token"] == "next"
    assert pages.follow(answer(second, posts_page(90)), 2) is None, "the token leads back to its own page"
    assert pages.follow(answer(pages.first, posts_page(100, more=False)), 1) is None
    assert pages.follow(answer(pages.first, posts_page(100, following=None)), 1) is None
    known = post_calls.posts(SETTINGS, "tiktok", "x", 100, datetime.fromtimestamp(95, UTC))
    assert known.follow(answer(known.first, posts_page(100, 95)), 1) is None
    assert known.follow(answer(known.first, posts_page(100, 96)), 1) is not None
    assert known.follow(answer(known.first, posts_page(3, 100, 96)), 1) is not None, "an old post is pinned"
    assert known.follow(answer(known.first, posts_page(100, -(10**15))), 1) is None


def test_a_time_that_cannot_be_moves_no_mark() -> None:
    in_milliseconds = int(NOW.timestamp() * 1_000)
    next_week = int(NOW.timestamp()) + 7 * 86_400
    pulled = [answer(POSTS, posts_page(100, 95)), answer(POSTS, posts_page(in_milliseconds, next_week, 10**30))]
    assert post_rows.newest(pulled) == datetime.fromtimestamp(100, UTC)
    assert post_rows.newest(pulled[1:]) is None
    # A clock that goes before ours moves the mark up to now, and no further.
    assert post_rows.newest([answer(POSTS, posts_page(int(NOW.timestamp()) + 60, 95))]) == NOW


# -- rows ----------------------------------------------------------------------------------------------------------


def audience(**parts: Any) -> dict[str, Any]:
    block = {"userid": "7", "follower_count": 10, "audience": parts}
    return {"result": {"email": None, "instagram": block}}


LISTED = {"audience_ages": [{"code": "18-24", "weight": 0.75}, {"code": "25-34", "weight": 0.25}]}
MAPPED = {
    "audience_ages": {"18-24": 0.75, "25-34": 0.25},
    "audience_genders_per_age": [{"code": "18-24", "male": 0.5, "female": 0.25}],
    "audience_geo": {"countries": {"DE": 0.5}, "states": [], "cities": [{"code": "Köln", "weight": 0.125}]},
    "audience_brand_affinity": [{"name": "Nike", "weight": 0.25, "affinity": 1.5}],
    "audience_ethnicities": {"a": 1.0},
    "audience_credibility": 0.77,
    "credibility_class": "bad",
    "notable_users": [{"username": "somebody_else"}],
    "audience_lookalikes": [{"username": "another_one"}],
    "notable_users_ratio": 0.01,
}


def test_audiences_in_both_forms_become_the_same_long_rows() -> None:
    def shares(data: Any) -> list[tuple[Any, ...]]:
        bought = answer(FULL, audience(audience_followers={"success": True, "data": data}))
        segments = rows.report_rows([bought]).segments.rows.filter(dimension="age")
        return segments.select("basis", "code", "share", "is_exclusive").rows()

    assert shares(MAPPED) == shares(LISTED) == [("followers", "18-24", 0.75, True), ("followers", "25-34", 0.25, True)]


def test_a_report_names_its_bases_and_nobody_else_and_leaves_ethnicity_out() -> None:
    likers = {"success": True, "data": LISTED | {"audience_credibility": 0.9}}
    missing = {"success": False, "error": "audience data is not available"}
    body: dict[str, Any] = audience(
        audience_followers={"success": True, "data": MAPPED}, audience_likers=likers, audience_commenters=missing
    )
    parsed = rows.report_rows([answer(FULL, body)])
    report = parsed.reports.rows.row(0, named=True)
    assert {name: report[name] for name in ("state", "native_id", "bases", "credibility", "likers_credibility")} == {
        "state": "ready",
        "native_id": "7",
        "bases": "followers, likers",
        "credibility": 0.77,
        "likers_credibility": 0.9,
    }
    assert (report["credibility_class"], report["notable_share"]) == ("bad", 0.01)
    segments = parsed.segments.rows
    assert set(segments["dimension"]) == {"age", "gender_and_age", "country", "city", "brand"}
    assert segments.filter(dimension="brand").select("code", "share", "affinity", "is_exclusive").rows() == [
        ("Nike", 0.25, 1.5, False)
    ]
    assert segments.filter(dimension="gender_and_age")["code"].sort().to_list() == ["18-24/female", "18-24/male"]
    assert not {"somebody_else", "another_one"} & set(segments["code"])
    assert total_cost(parsed.reports.rows) == total_cost(segments) == CREDIT
    kept = rows.report_rows([answer(FULL, body)], keep_sensitive=True).segments.rows
    assert kept.filter(dimension="ethnicity").height == 1


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        (audience(audience_followers={"success": False}), 200, "unavailable"),
        (audience(audience_followers=None), 200, "unavailable"),
        (audience(audience_followers={"success": True, "data": {}}), 200, "unavailable"),
        (
            audience(audience_likers={"success": True, "data": {"audience_ages": [], "audience_geo": {}}}),
            200,
            "unavailable",
        ),
        ({"result": {"instagram": {"follower_count": 1}}}, 200, "unavailable"),
        ({"detail": "No data found."}, 404, "not_found"),
    ],
)
def test_an_audience_that_is_not_there_is_a_row_that_says_so(body: Any, status: int, state: str) -> None:
    parsed = rows.report_rows([answer(FULL, body, status)])
    assert parsed.reports.rows["state"].to_list() == [state]
    assert parsed.segments.rows.is_empty()


@pytest.mark.parametrize(
    ("data", "shares"),
    [
        # Each dimension is in its own unit, and one that may be in either follows those that name all their parts.
        ({"audience_ages": {"a": 60, "b": 40}, "audience_genders": {"m": 0.4, "f": 0.6}}, [0.6, 0.4, 0.4, 0.6]),
        ({"audience_genders": {"m": 0.4, "f": 0.6}, "audience_interests": {"Sport": 45.0}}, [0.4, 0.6, 0.45]),
        ({"audience_interests": {"Sport": 45.0, "Food": 0.5}}, [0.45, 0.005]),
        ({"audience_genders": {"m": 40, "f": 60}, "audience_interests": {"Sport": 0.5}}, [0.4, 0.6, 0.005]),
        ({"audience_genders": {"m": 0.4, "f": 0.6}, "audience_geo": {"countries": {"DE": 50}}}, [0.4, 0.6, 0.5]),
        # A number may be written as text.
        ({"audience_ages": [{"code": "a", "weight": "75"}, {"code": "b", "weight": "25"}]}, [0.75, 0.25]),
        ({"audience_genders_per_age": {"18-24": {"male": 0.5, "female": 0.25}}}, [0.5, 0.25]),
    ],
)
def test_shares_of_each_dimension_are_read_in_its_own_unit(data: dict[str, Any], shares: list[float]) -> None:
    parsed = rows.report_rows([answer(FULL, audience(audience_followers={"success": True, "data": data}))])
    assert parsed.segments.rejected.is_empty()
    assert parsed.segments.rows["share"].to_list() == pytest.approx(shares)


@pytest.mark.parametrize(
    ("written", "read_as"), [(77.0, 0.77), (0.77, 0.77), ("77", 0.77), (170, None), ("good", None)]
)
def test_a_share_of_real_followers_in_another_form_does_not_cost_the_report(written: Any, read_as: float) -> None:
    data = LISTED | {"audience_credibility": written, "notable_users_ratio": written}
    reports = rows.report_rows([answer(FULL, audience(audience_followers={"data": data}))]).reports
    assert reports.rows.select("state", "credibility", "notable_share").rows() == [("ready", read_as, read_as)]


def test_odd_shares_are_rejected_one_by_one() -> None:
    odd = {"audience_ages": {"a": 0.5, "b": "much", "c": None, "d": -0.5}, "audience_genders": "none"}
    parsed = rows.report_rows([answer(FULL, audience(audience_followers={"data": odd}))]).segments
    assert parsed.rows.select("code", "share").rows() == [("a", 0.5)]
    assert parsed.rejected.select("field", "reason").sort("reason").rows() == [
        ("share", "breaks the rule `min` of the table"),
        ("share", "missing"),
        ("share", "not a number"),
    ]


def test_linked_accounts_become_rows_and_a_seed_without_any_says_so() -> None:
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
    nobody = account_rows.linked_rows([answer(SOCIALS, {"detail": "none"}, 404)]).rows
    assert nobody.select("platform", "username", "state").rows() == [("instagram", "x", "not_found")]


def test_matches_of_both_depths_become_rows_without_the_address() -> None:
    basic = operations.email(SETTINGS, "jane@example.com", email_hash="h1").first
    advanced = operations.email(SETTINGS, "jane@example.com", email_hash="h1", depth="advanced").first
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


def test_a_creator_whom_a_comparison_leaves_out_is_a_row_that_says_so() -> None:
    body = {
        "basics": {"total_followers": 100, "total_unique_followers": 100},
        "details": [{"username": "A", "followers": 100, "unique_percentage": 100, "overlapping_percentage": 0}],
    }
    table = account_rows.overlap_rows([answer(OVERLAP, body)]).rows
    assert table.select("username", "state", "unique_share", "creators_compared").rows() == [
        ("A", "compared", 1.0, 2),
        ("b", "unavailable", None, 2),
    ]
    assert total_cost(table) == CREDIT


def test_posts_and_details_become_rows() -> None:
    item = {
        "pk": 7376938080051170606,
        "taken_at": 1_747_305_000,
        "url": "https://example.com/p",
        "media_url": ["https://cdn.example.com/1.mp4", "https://cdn.example.com/2.jpg"],
        "media_type": "reel",
        "caption": "hi",
        "engagement": {"likes": 5, "comments": 1, "views": None},
        "user": {"username": "x"},
    }
    page = answer(POSTS, {"result": {"items": [item, {"pk": None}]}})
    parsed = post_rows.content_rows([page])
    row = parsed.rows.row(0, named=True)
    assert (row["content_id"], row["likes"], row["views"], row["shares"]) == ("7376938080051170606", 5, None, None)
    assert row["published_at"] == datetime(2025, 5, 15, 10, 30, tzinfo=UTC)
    assert (row["media_url"], row["media_expires_at"]) == ("https://cdn.example.com/1.mp4", NOW + timedelta(hours=24))
    assert parsed.rejected["field"].to_list() == ["pk"]
    assert post_rows.newest([page]) == datetime(2025, 5, 15, 10, 30, tzinfo=UTC)

    def detail(kind: str, result: Any, number: int) -> Any:
        call = post_calls.details(SETTINGS, "tiktok", "7", content_type=kind).first
        body, status = ({"result": result}, 200) if result else ({"detail": "none"}, 404)
        return answer(call, body, status, number=number)

    comment = {"comment_id": "c1", "text": "Great!", "created_at": 1_747_305_000, "likes": 2, "user": {"username": "v"}}
    details = [
        detail("data", item | {"duration_seconds": 9.5}, 1),
        detail("comments", {"comments": [comment, {"text": "no id"}], "pagination_token": None}, 2),
        detail("transcript", None, 3),
        detail("audio", {"audio_url": "https://cdn.example.com/a.mp3", "title": "a sound"}, 4),
    ]
    made = post_rows.detail_rows(details)
    assert made.rows.select("detail", "item_id", "state", "body_text").sort("detail").rows() == [
        ("audio", "", "found", "a sound"),
        ("comments", "c1", "found", "Great!"),
        ("data", "", "found", "hi"),
        ("transcript", "", "empty", None),
    ]
    assert made.rejected.select("field", "reason").rows() == [("comment_id", "missing")]
    assert total_cost(made.rows) + total_cost(made.rejected) == 3 * 30_000
    stats = post_rows.stat_rows(details).rows.row(0, named=True)
    assert (stats["native_id"], stats["stats_on"], stats["likes"], stats["source"]) == (
        "7", date(2026, 3, 2), 5, "post_details",
    )  # fmt: skip
    assert post_rows.detail_rows([]).rows.is_empty()


def test_results_of_a_batch_become_profiles_or_matches() -> None:
    results: list[dict[str, Any]] = [
        {
            "input_value": "a",
            "status": "success",
            "enrichment_data": {"instagram": {"username": "a", "follower_count": 7}},
        },
        {"input_value": "b", "status": "not_found", "enrichment_data": None},
        {"input_value": "c", "status": "failed", "enrichment_data": {}},
    ]
    call = operations.batch_results(SETTINGS, "bch_1", platform="instagram", mode="full").first
    for body in (results, {"results": results}, {"data": results}):
        table = account_rows.batch_profile_rows([answer(call, body)]).rows
        assert table.select("username", "state", "followers", "depth").sort("username").rows() == [
            ("a", "enriched", 7, "full"),
            ("b", "not_found", None, "full"),
            ("c", "unknown", None, "full"),
        ]
    by_email = operations.batch_results(SETTINGS, "bch_1", platform="", mode="advanced").first
    matches = account_rows.batch_email_rows(
        [answer(by_email, [one | {"input_value": f"{one['input_value']}@example.com"} for one in results])],
        hashed=hashed,
    )
    assert matches.rows.select("email_hash", "platform", "state").sort("state", "email_hash").rows() == sorted(
        [
            (hashed("a@example.com"), "instagram", "matched"),
            (hashed("b@example.com"), "", "not_found"),
            (hashed("c@example.com"), "", "not_found"),
        ],
        key=lambda row: (row[2], row[0]),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PK\x03\x04",
        b"handle,followers\na,7\n",
        b"input_value,status\na,success\n",
        b'input_value,status,enrichment_data\n"a,success\n',
        b'{"message": "Not found."}',
    ],
)
def test_what_is_neither_of_both_forms_of_results_is_damaged(body: bytes) -> None:
    assert payloads.batch_results(body) is None


@given(
    written=st.lists(
        st.tuples(
            st.text(min_size=1).filter(lambda text: "\x00" not in text and "\r" not in text),
            st.sampled_from(["success", "not_found", "failed"]),
            st.none() | st.dictionaries(st.text(), st.integers() | st.text(), min_size=1),
        )
    )
)
@example(written=[("a", "success", {"biography": "x" * 200_000}), ("b", "not_found", None)])
def test_a_table_of_results_says_what_the_json_says(written: list[tuple[str, str, dict[str, Any] | None]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["input_value", "status", "enrichment_data"])
    writer.writerows((name, status, "" if data is None else json.dumps(data)) for name, status, data in written)
    read = payloads.batch_results(text.getvalue().encode())
    assert [json.loads(bytes(row)) for row in read or ()] == [
        {"input_value": name, "status": status, "enrichment_data": data} for name, status, data in written
    ]


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
def test_dictionaries_are_read_in_every_form_met(body: Any, entries: list[tuple[str, str, str]]) -> None:
    call = dictionaries.dictionaries(SETTINGS, "instagram", {})[0].first
    parsed = rows.filter_rows([answer(call, body)])
    assert sorted(parsed.rows.select("value", "label", "parent").rows()) == sorted(entries)
    assert set(parsed.rejected["field"]) <= {"value"}


# -- over HTTP -----------------------------------------------------------------------------------------------------


def known(bench: Bench, platform: str = "instagram", count: int = 30, **filters: Any) -> list[str]:
    found = bench.walk(operations.search(SETTINGS, platform, filters, count))
    parsed = rows.creator_rows(found, origin="search", origin_name="a", platform=platform)
    names: list[str] = parsed.rows["username"].to_list()
    return names


def test_all_operations_cost_over_http_what_their_readings_say(bench: Bench) -> None:
    names = known(bench)
    bench.walk(operations.lookalikes(SETTINGS, "instagram", names[0], {}, 7))
    for platform in ("instagram", "youtube", "twitch"):
        for pages in dictionaries.dictionaries(SETTINGS, platform, {}):
            assert rows.filter_rows(bench.walk(pages)).rows.height
    profiles = [bench.ask(operations.full_profile(SETTINGS, "instagram", name).first) for name in names[:20]]
    for name in names[:3]:
        bench.walk(operations.raw_profile(SETTINGS, "instagram", name))
    bench.walk(operations.raw_profile(SETTINGS, "instagram", "nobody-of-that-name"))
    linked = [bench.ask(operations.socials(SETTINGS, "instagram", name).first) for name in names[:3]]
    compared = bench.walk(operations.overlap(SETTINGS, "instagram", names[:3]))
    post_pages = bench.walk(post_calls.posts(SETTINGS, "instagram", names[0], 24))
    posts = post_rows.content_rows(post_pages).rows
    detail = [
        bench.walk(post_calls.details(SETTINGS, "instagram", posts["content_id"][0], content_type=kind, max_pages=2))
        for kind in ("data", "comments", "transcript", "audio")
    ]
    address = next(email for one in profiles if (email := text_at(one.body, "result", "email")))
    matches = [
        bench.ask(operations.email(SETTINGS, address, email_hash=depth, depth=depth).first)
        for depth in ("basic", "advanced")
    ]
    told = rows.balance(bench.ask(operations.balance(SETTINGS).first))
    assert told.used_microcredits == bench.meter("influencers_club") == bench.booked["influencers_club"]
    assert not [reading.note for reading in bench.readings if reading.note]
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


@pytest.mark.parametrize("spelling", ["finished", "completed"])
def test_a_batch_runs_pauses_resumes_and_ends_over_http(start: Callable[..., Bench], spelling: str) -> None:
    bench = start(batch_status_spelling=spelling, batch_rows_per_second=1.0)
    names = [*known(bench, count=20), "nobody-of-that-name"]
    spent = bench.meter("influencers_club")
    bench.account("influencers_club", set_balance="0.30")
    created = bench.ask(operations.batches(SETTINGS, "instagram", names, mode="raw")[0].first)
    batch = account_rows.job_rows([created]).rows.row(0, named=True)
    assert (batch["state"], batch["total_rows"], batch["mode"], batch["platform"]) == ("queued", 21, "raw", "instagram")
    assert bench.readings[-1].basis is Basis.ASSUMED
    look = operations.batch_status(SETTINGS, batch["batch_id"], platform="instagram", mode="raw").first
    results = operations.batch_results(SETTINGS, batch["batch_id"], platform="instagram", mode="raw").first
    assert bench.ask(results).kind is AnswerKind.PENDING
    bench.advance(minutes=2)
    paused = account_rows.job_rows([bench.ask(look)]).rows.row(0, named=True)
    assert (paused["state"], paused["reported_cost_microcredits"]) == (PAUSED, 300_000)
    bench.account("influencers_club", set_balance="5")
    bench.ask(operations.batch_resume(SETTINGS, batch["batch_id"]).first)
    bench.advance(minutes=2)
    done = bench.ask(look)
    ended = account_rows.job_rows([created, done]).rows
    assert ended.select("state", "processed_rows", "failed_rows").rows()[0][:2] == ("finished", 21)
    cost = ended["reported_cost_microcredits"][0]
    assert cost == ended["succeeded_rows"][0] * 30_000 == bench.meter("influencers_club") - spent
    profiles = account_rows.batch_profile_rows([bench.ask(results)])
    table = operations.batch_results(SETTINGS, batch["batch_id"], platform="instagram", mode="raw", form="csv").first
    by_table = account_rows.batch_profile_rows([bench.ask(table)]).rows
    said = [name for name in by_table.columns if name not in {"request_id", "observed_at", "response_sha256"}]
    assert by_table.select(said).equals(profiles.rows.select(said))
    assert (profiles.rows.height, profiles.rejected.height) == (21, 0)
    assert profiles.rows.filter(state="enriched").height == ended["succeeded_rows"][0]


def test_a_batch_of_addresses_keeps_them_to_itself(bench: Bench) -> None:
    addresses = ["nobody@example.com", "somebody@example.org"]
    created = bench.ask(operations.batches(SETTINGS, "", addresses, mode="basic", input_hash="h")[0].first)
    batch_id = account_rows.job_rows([created]).rows["batch_id"][0]
    bench.advance(minutes=1)
    results = bench.ask(operations.batch_results(SETTINGS, batch_id, platform="", mode="basic").first)
    table = account_rows.batch_email_rows([results], hashed=hashed).rows
    assert sorted(table["email_hash"]) == sorted(map(hashed, addresses))
    assert "example" not in str(table.to_dicts())


def test_the_ceiling_of_a_search_and_an_empty_discovery_budget_are_told(bench: Bench) -> None:
    bench.account("influencers_club", discovery_limit="0.05")
    bench.ask(operations.search(SETTINGS, "instagram", {}, 50).first)
    assert (bench.readings[-1].recovery, bench.readings[-1].charge_microcredits) == (Recovery.TOP_UP, 0)
    bench.account("influencers_club", set_balance="0")
    bench.ask(FULL)
    assert bench.readings[-1].recovery is Recovery.TOP_UP
    assert bench.booked["influencers_club"] == bench.meter("influencers_club") == 0
