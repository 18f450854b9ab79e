"""Content of influData: how a pull goes on by cursor, offset and date, where it ends, and what it is charged."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.campaigns.post_filters import PostFilters
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Recovery, Request
from creator_assets.providers.infludata import content_requests, rows

from .bench import answer, read

SETTINGS = ProviderSettings(client_id="sandbox-client")
CREDIT = 1_000_000
CONTENT = content_requests.content(SETTINGS, "instagram", "fashioninfluencer", 100).first


def test_content_requests_state_the_follower_filter_and_go_on_after_the_watermark() -> None:
    since = datetime(2026, 5, 15, 10, 30, tzinfo=UTC)
    params = content_requests.content(SETTINGS, "tiktok", "x", 250, since).first.params
    assert params["min_followers"] == "1"
    assert params["created_at_gte"] == "2026-05-15T10:30:00.001+00:00"
    pages = content_requests.content(SETTINGS, "tiktok", "x", 250)
    assert (pages.first.params["limit"], pages.worst_case_microcredits) == ("99", 250 * CREDIT)


@given(st.integers(1, 1_000), st.integers(1, 1_000))
def test_content_in_the_archive_is_complete_for_any_later_number_of_pieces(before: int, after: int) -> None:
    bought, later = (content_requests.content(SETTINGS, "tiktok", "x", number) for number in (before, after))
    limits = content_requests.page_limits(before)
    assert before - 1 <= sum(limits) <= before
    assert max(limits) <= 100
    assert bought.first.request_key("r") == later.first.request_key("r")
    call: Request | None = bought.first
    for requests_made, limit in enumerate(limits, start=1):
        assert call is not None
        assert (call.params["limit"], call.weight) == (str(limit), limit)
        page = answer(call, {"items": _items(limit), "next_cursor": f"c{requests_made}"})
        # One that died is gone on with, up to what is asked for now; one that ended has ended.
        goes_on = requests_made < min(len(limits), len(content_requests.page_limits(after)))
        assert (later.max_requests > requests_made and later.follow(page, requests_made) is not None) == goes_on
        call = bought.follow(page, requests_made)


def _items(count: int) -> list[dict[str, Any]]:
    return [{"contentId": f"TT_{n}", "platform": "tiktok", "username": "x"} for n in range(count)]


def test_a_cursor_is_sent_with_all_filters_and_a_repeated_cursor_ends_the_pages() -> None:
    pages = content_requests.content(SETTINGS, "tiktok", "x", 200)
    first = answer(pages.first, {"items": _items(100), "next_cursor": "c1", "tokensDeducted": 100})
    second = pages.follow(first, 1)
    assert second is not None
    assert second.params == {**pages.first.params, "cursor": "c1"}
    assert pages.follow(answer(second, {"items": _items(100), "next_cursor": "c1"}), 2) is None
    assert pages.follow(answer(second, {"items": [], "next_cursor": "c2"}), 2) is None


def test_a_watermark_in_the_future_is_left_out() -> None:
    uploaded = [
        one | {"uploaded": at}
        for one, at in zip(_items(2), ("2026-03-01T12:00:00Z", "2027-01-01T00:00:00Z"), strict=True)
    ]
    page = {"items": uploaded, "next_cursor": None, "watermark": {"created_at_max": "9999-12-31T00:00:00Z"}}
    assert rows.newest([answer(CONTENT, page)]) == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("status", [400, 404, 410])
def test_content_goes_on_by_date_after_an_expired_cursor(status: int) -> None:
    pages = content_requests.content(SETTINGS, "tiktok", "x", 298)
    dated = [one | {"uploaded": f"2026-05-{28 - place // 5:02}T12:00:00Z"} for place, one in enumerate(_items(100))]
    second = pages.follow(answer(pages.first, {"items": dated, "next_cursor": "c1"}), 1)
    assert second is not None
    over = answer(second, {"error": "no such point in time"}, status)
    assert (over.kind, over.charge_microcredits) == (AnswerKind.EMPTY, 0)
    instead = pages.follow(over, 2)
    assert instead is not None
    assert instead.params == {**pages.first.params, "created_at_lte": "2026-05-09T11:59:59.999+00:00"}
    third = pages.follow(answer(instead, {"items": _items(100), "next_cursor": "c2"}), 3)
    assert third is not None
    assert third.params == {**instead.params, "limit": "100", "cursor": "c2"}
    last = answer(third, {"items": _items(100), "next_cursor": "c3"})
    # Three pages were bought. The fourth request replaces an expired cursor; a fifth is not made.
    assert pages.max_requests == 4
    assert pages.follow(last, 4) is not None
    assert pages.follow(last, 3) is None


def test_an_error_without_a_cursor_is_not_read_as_an_expired_cursor() -> None:
    outcome = read(CONTENT, {"error": "limit must be 1 to 100"}, 400)
    assert outcome.recovery is Recovery.FIX_REQUEST


def test_pages_by_offset_are_requested_and_read() -> None:
    pages = content_requests.content(SETTINGS, "tiktok", "x", 200)
    first = answer(pages.first, {"content": _items(100), "count": 100, "limit": 100, "offset": 0})
    second = pages.follow(first, 1)
    assert second is not None
    assert (second.params["offset"], first.charge_microcredits) == ("99", 100 * CREDIT)
    assert rows.content_rows([first]).rows.height == 100
    dated = {"content": [one | {"uploaded": "2026-02-15T10:30:00Z"} for one in _items(2)], "count": 2, "offset": 0}
    assert rows.newest([first, answer(pages.first, dated)]) == datetime(2026, 2, 15, 10, 30, tzinfo=UTC)
    assert pages.follow(answer(second, {"content": _items(3), "count": 3, "limit": 100, "offset": 100}), 2) is None


@pytest.mark.parametrize(
    ("stated", "charge", "basis"),
    [
        (7, 7, ChargeBasis.STATED),
        ("7", 7, ChargeBasis.STATED),
        (0, 0, ChargeBasis.STATED),
        (None, 2, ChargeBasis.PRICED),
        (-1, 2, ChargeBasis.PRICED),
        ("many", 2, ChargeBasis.PRICED),
        (1.5, 2, ChargeBasis.PRICED),
    ],
)
def test_the_stated_deduction_counts_where_it_is_plausible(stated: Any, charge: int, basis: ChargeBasis) -> None:
    outcome = read(CONTENT, {"items": _items(2), "tokensDeducted": stated})
    assert (outcome.charge_microcredits, outcome.basis) == (charge * CREDIT, basis)


FILTERS = PostFilters(
    keywords=("abs", "summer sale"),
    tags=("fit",),
    types=("reel", "video"),
    min_views=1000,
    max_views=5000,
    country="Germany",
    sorting="reach",
    until=date(2026, 12, 1),
)


def test_filters_are_sent_as_documented_and_make_another_request() -> None:
    plain = content_requests.content(SETTINGS, "tiktok", "x", 20)
    pages = content_requests.content(SETTINGS, "tiktok", "x", 20, None, FILTERS)
    assert pages.first.params == {
        **plain.first.params,
        "keywords": "abs,summer sale",
        "tags": "fit",
        "contentTypes": "video",
        "viewsMin": "1000",
        "viewsMax": "5000",
        "country": "Germany",
        "sorting": "reach",
        "created_at_lte": "2026-12-01T23:59:59.999+00:00",
    }
    assert pages.first.request_key("r") != plain.first.request_key("r")
    assert content_requests.content(SETTINGS, "tiktok", "x", 20, None, PostFilters()).first.params == plain.first.params


@pytest.mark.parametrize(("sorting", "goes_on"), [("uploaded", True), ("reach", False), ("viral", False)])
def test_after_a_cursor_that_is_over_only_an_order_by_date_goes_on(sorting: str, goes_on: bool) -> None:
    filters = PostFilters(min_views=5, sorting=sorting)
    pages = content_requests.content(SETTINGS, "tiktok", "x", 200, None, filters)
    items = [one | {"uploaded": "2026-05-15T10:30:00Z"} for one in _items(99)]
    second = pages.follow(answer(pages.first, {"items": items, "next_cursor": "c1"}), 1)
    assert second is not None
    over = answer(second, {"error": "the cursor is over"}, status=410)
    assert over.kind is AnswerKind.EMPTY
    third = pages.follow(over, 2)
    assert (third is not None) == goes_on
    if third is not None:
        assert (third.params["created_at_lte"], third.params["viewsMin"]) == ("2026-05-15T10:29:59.999+00:00", "5")
