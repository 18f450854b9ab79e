"""Posts of influencers.club: where a pull of them ends, and which rows they and their details become."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from creator_assets.providers.influencers_club import post_requests, post_rows

from .bench import NOW, answer, total_cost
from .club import POSTS, SETTINGS

SOME_DAY = 1_700_000_000
"""Unix time of a day in 2023."""


def posts_page(*taken: int | str, following: str | None = "next", more: bool = True) -> dict[str, Any]:
    items = [{"pk": str(at), "taken_at": at} for at in taken]
    return {"result": {"items": items, "more_available": more, "next_token": following}}


def test_pages_of_posts_end_at_the_last_page_or_at_the_watermark() -> None:
    pages = post_requests.posts(SETTINGS, "tiktok", "x", 100)
    assert (pages.max_requests, pages.first.body) == (3, {"platform": "tiktok", "handle": "x", "count": 35})
    second = pages.follow(answer(pages.first, posts_page(SOME_DAY)), 1)
    assert second is not None
    assert (second.body or {})["pagination_token"] == "next"
    assert pages.follow(answer(second, posts_page(SOME_DAY - 10)), 2) is None, "the token leads back to its own page"
    assert pages.follow(answer(pages.first, posts_page(SOME_DAY, more=False)), 1) is None
    assert pages.follow(answer(pages.first, posts_page(SOME_DAY, following=None)), 1) is None
    known = post_requests.posts(SETTINGS, "tiktok", "x", 100, datetime.fromtimestamp(SOME_DAY, UTC))

    def goes_on_after(*taken: int | str) -> bool:
        return known.follow(answer(known.first, posts_page(*taken)), 1) is not None

    day = datetime.fromtimestamp(SOME_DAY, UTC).isoformat()
    for at_the_mark in (SOME_DAY, SOME_DAY * 1_000, str(SOME_DAY), day, day.replace("+00:00", "Z"), float(SOME_DAY)):
        assert not goes_on_after(SOME_DAY + 5, at_the_mark)  # type: ignore[arg-type]
    assert goes_on_after(SOME_DAY + 5, SOME_DAY + 1)
    assert goes_on_after(SOME_DAY - 90_000, SOME_DAY + 5, SOME_DAY + 1), "an old post is pinned"
    assert goes_on_after(SOME_DAY + 5, -(10**15)), "an impossible moment says nothing"


def test_an_impossible_timestamp_moves_no_watermark() -> None:
    next_week = int(NOW.timestamp()) + 7 * 86_400
    pulled = [
        answer(POSTS, posts_page(SOME_DAY * 1_000, SOME_DAY - 5)),
        answer(POSTS, posts_page(-1, next_week, next_week * 1_000, 10**30, "hidden")),
    ]
    assert post_rows.newest(pulled) == datetime.fromtimestamp(SOME_DAY, UTC)
    assert post_rows.newest(pulled[1:]) is None
    # A clock that goes before ours moves the mark up to now, and no further.
    assert post_rows.newest([answer(POSTS, posts_page(int(NOW.timestamp()) + 60, SOME_DAY))]) == NOW


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
        call = post_requests.details(SETTINGS, "tiktok", "7", content_type=kind).first
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


@pytest.mark.parametrize(
    ("media_type", "product_type", "kind"),
    [
        (1, None, "post"),
        (2, None, "video"),
        (2, "clips", "reel"),
        (8, None, "carousel"),
        ("2", "feed", "video"),
        ("REEL", None, "reel"),
        (None, "carousel_container", "carousel"),
        (None, "feed", None),
        (None, "hologram", None),
        ("video", None, "video"),
        ("short", None, "short"),
        (99, None, None),
        (None, None, None),
    ],
)
def test_the_kind_of_a_post_is_a_word(media_type: Any, product_type: Any, kind: str | None) -> None:
    item = {"pk": "1", "media_type": media_type, "product_type": product_type}
    parsed = post_rows.content_rows([answer(POSTS, {"result": {"items": [item]}})])
    assert parsed.rows["kind"].to_list() == [kind]
    assert parsed.notes["field"].to_list() == (["kind"] if media_type == 99 or product_type == "hologram" else [])


def test_hidden_counters_are_unknown_and_never_zero() -> None:
    item = {"pk": "1", "engagement": {"likes": -1, "comments": None, "views": "hidden", "shares": 0}}
    parsed = post_rows.content_rows([answer(POSTS, {"result": {"items": [item]}})])
    assert parsed.rows.select("likes", "comments", "views", "shares").rows() == [(None, None, None, 0)]
    assert sorted(parsed.notes["field"]) == ["engagement.views", "likes"]


@pytest.mark.parametrize("is_disabled", [True, "true", False, None])
def test_what_stands_in_place_of_hidden_likes_is_no_count(is_disabled: Any) -> None:
    item = {"pk": "1", "like_and_view_counts_disabled": is_disabled, "engagement": {"likes": 3, "comments": 2}}
    parsed = post_rows.content_rows([answer(POSTS, {"result": {"items": [item]}})])
    assert parsed.rows.select("likes", "comments").rows() == [(None if is_disabled else 3, 2)]


def test_a_snapshot_without_counters_is_a_row_with_a_note() -> None:
    call = post_requests.counters(SETTINGS, "tiktok", "7").first
    parsed = post_rows.stat_rows([answer(call, {"result": {"caption": "x", "engagement": None}})])
    assert parsed.rows.select("native_id", "views", "likes").rows() == [("7", None, None)]
    assert parsed.notes.select("field", "problem").rows() == [("engagement", "missing")]
    assert parsed.rejected.is_empty()


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ({"taken_at": 1_747_305_000_000}, True),
        ({"taken_at": "1747305000"}, True),
        ({"taken_at": 0, "created_at": "2025-05-15T10:30:00Z"}, True),
        ({"published_at": "2025-05-15 10:30:00"}, True),
        ({"taken_at": -1}, False),
        ({}, False),
    ],
)
def test_rows_and_watermark_read_one_moment(said: dict[str, Any], published: bool) -> None:
    page = answer(POSTS, {"result": {"items": [{"pk": "1", **said}], "next_token": "t"}})
    at = datetime(2025, 5, 15, 10, 30, tzinfo=UTC) if published else None
    parsed = post_rows.content_rows([page])
    assert parsed.rows["published_at"].to_list() == [at]
    assert parsed.notes["field"].to_list() == (["published_at"] if said and not published else [])
    assert post_rows.newest([page]) == at
    # A page that ends at the watermark is the last one; one without any moment is not.
    pages = post_requests.posts(SETTINGS, "tiktok", "ina", 70, since=datetime(2025, 5, 15, 10, 30, tzinfo=UTC))
    assert (pages.follow(page, 1) is None) == published


@pytest.mark.parametrize(
    "said",
    [
        {"owner": {"username": "Famous"}},
        {"owner": "@famous"},
        {"user": {"id": "1"}, "owner": {"username": "famous"}},
        {"author": {"unique_id": "famous"}},
        {"user": "famous"},
    ],
)
def test_an_author_is_read_under_any_name(said: dict[str, Any]) -> None:
    parsed = post_rows.content_rows([answer(POSTS, {"result": {"items": [{"pk": "1", **said}]}})])
    assert parsed.rows["author"].to_list() == ["famous"]
    assert parsed.notes.is_empty()


def test_a_name_with_blanks_is_no_author() -> None:
    item = {"pk": "1", "user": {"username": "Ina Beispiel"}}
    parsed = post_rows.content_rows([answer(POSTS, {"result": {"items": [item]}})])
    assert parsed.rows["author"].to_list() == [None]
    assert parsed.notes["field"].to_list() == ["author"]


@pytest.mark.parametrize(
    ("user", "author"), [({"username": "@Famous"}, "famous"), ({"username": " "}, None), (None, None)]
)
def test_a_post_names_its_author(user: Any, author: str | None) -> None:
    parsed = post_rows.content_rows([answer(POSTS, {"result": {"items": [{"pk": "1", "user": user}]}})])
    assert parsed.rows["author"].to_list() == [author]
