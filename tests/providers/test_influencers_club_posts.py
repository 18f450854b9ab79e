"""Posts of influencers.club: where a pull of them ends, and which rows they and their details become."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from creator_assets.providers.influencers_club import post_requests, post_rows

from .bench import NOW, answer, total_cost
from .club import POSTS, SETTINGS


def posts_page(*taken: int, following: str | None = "next", more: bool = True) -> dict[str, Any]:
    items = [{"pk": str(at), "taken_at": at} for at in taken]
    return {"result": {"items": items, "more_available": more, "next_token": following}}


def test_pages_of_posts_end_at_the_last_page_or_at_the_watermark() -> None:
    pages = post_requests.posts(SETTINGS, "tiktok", "x", 100)
    assert (pages.max_requests, pages.first.body) == (3, {"platform": "tiktok", "handle": "x", "count": 35})
    second = pages.follow(answer(pages.first, posts_page(100)), 1)
    assert second is not None
    assert (second.body or {})["pagination_token"] == "next"
    assert pages.follow(answer(second, posts_page(90)), 2) is None, "the token leads back to its own page"
    assert pages.follow(answer(pages.first, posts_page(100, more=False)), 1) is None
    assert pages.follow(answer(pages.first, posts_page(100, following=None)), 1) is None
    known = post_requests.posts(SETTINGS, "tiktok", "x", 100, datetime.fromtimestamp(95, UTC))
    assert known.follow(answer(known.first, posts_page(100, 95)), 1) is None
    assert known.follow(answer(known.first, posts_page(100, 96)), 1) is not None
    assert known.follow(answer(known.first, posts_page(3, 100, 96)), 1) is not None, "an old post is pinned"
    assert known.follow(answer(known.first, posts_page(100, -(10**15))), 1) is None


def test_an_impossible_timestamp_moves_no_watermark() -> None:
    in_milliseconds = int(NOW.timestamp() * 1_000)
    next_week = int(NOW.timestamp()) + 7 * 86_400
    pulled = [answer(POSTS, posts_page(100, 95)), answer(POSTS, posts_page(in_milliseconds, next_week, 10**30))]
    assert post_rows.newest(pulled) == datetime.fromtimestamp(100, UTC)
    assert post_rows.newest(pulled[1:]) is None
    # A clock that goes before ours moves the mark up to now, and no further.
    assert post_rows.newest([answer(POSTS, posts_page(int(NOW.timestamp()) + 60, 95))]) == NOW


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
