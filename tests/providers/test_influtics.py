"""Influtics: its two documents field by field, both generations over HTTP, and what a day of a video is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.contract import AnswerKind, Basis, Call, Recovery
from creator_assets.providers.influtics import operations, payloads, rows
from creator_assets.providers.video_urls import video_url
from creator_assets.spending.walks import Walk, joined
from tests.reference import examples_in

from .bench import NOW, Bench, answer, read, total_cost

SETTINGS = ProviderSettings()
CREDIT = 1_000_000
BLOGGER = operations.profile(SETTINGS, "tiktok", "bar.films").first
REFRESH = operations.profile(SETTINGS, "tiktok", "bar.films", refresh=True).first
TIKTOK, REEL, WATCH = (
    "https://www.tiktok.com/@username/video/1234567890",
    "https://www.instagram.com/p/ABC123DEF456/",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
)
PARTS = tuple(pages.first for pages in operations.track(SETTINGS, [TIKTOK, REEL, WATCH]))
assert operations.TRACK.join is not None
TRACK = operations.TRACK.join(PARTS)


def blogger(**fields: Any) -> dict[str, Any]:
    said = {"channel_username": "bar.films", "number_of_subscribers": 38_800, "video_count": 4, "cached": True}
    return {"success": True, "data": {"blogger": said | fields}}


def test_the_documented_blogger_is_free_and_becomes_a_row(seeds: Path) -> None:
    shown = next(one for one in examples_in(seeds / operations.BLOGGER_SEED) if one.get("data"))
    bought = answer(REFRESH, shown)
    assert (bought.kind, bought.charge_microcredits) == (AnswerKind.FINAL, 0)
    row = rows.profile_rows([bought]).rows.row(0, named=True)
    assert {name: row[name] for name in ("platform", "username", "state", "display_name", "followers")} == {
        "platform": "tiktok",
        "username": "bar.films",
        "state": "enriched",
        "display_name": "Bar films",
        "followers": 38_800,
    }
    assert (row["average_views"], row["average_likes"], row["average_comments"]) == (2086.0, 187.0, 8.0)
    assert row["provider_id"] == "46547c86-b171-480a-85d7-70a856164c95"


@pytest.mark.parametrize(
    ("fields", "call", "credits_charged", "kind"),
    [
        ({"cached": True}, BLOGGER, 0, AnswerKind.FINAL),
        ({"cached": False}, BLOGGER, 1, AnswerKind.FINAL),
        ({"cached": True, "videos_refresh_enqueued": True}, REFRESH, 1, AnswerKind.PENDING),
        ({"cached": False, "videos_refresh_enqueued": True}, REFRESH, 2, AnswerKind.PENDING),
        ({"cached": False, "initial_videos_enqueued": True}, BLOGGER, 1, AnswerKind.PENDING),
        ({"cached": True, "stats_update_enqueued": True}, BLOGGER, 0, AnswerKind.FINAL),
    ],
)
def test_a_blogger_costs_by_its_cache_and_its_refresh(
    fields: dict[str, Any], call: Call, credits_charged: int, kind: AnswerKind
) -> None:
    reading = read(call, blogger(**fields))
    assert (reading.charge_microcredits, reading.kind) == (credits_charged * CREDIT, kind)
    assert reading.basis is (Basis.PRICED if credits_charged else Basis.FREE)
    assert call.worst_case_microcredits >= reading.charge_microcredits


def test_a_blogger_that_does_not_say_whether_it_was_cached_counts_at_the_worst_case() -> None:
    for odd in (None, "true", 1):
        reading = read(REFRESH, blogger(cached=odd))
        assert (reading.charge_microcredits, reading.basis) == (2 * CREDIT, Basis.ASSUMED)


def test_a_blogger_that_is_not_found_is_told_from_a_bad_request_by_its_wording(seeds: Path) -> None:
    missing, absent, broken = (one for one in examples_in(seeds / operations.BLOGGER_SEED) if "error" in one)
    assert read(BLOGGER, missing, 400).recovery is Recovery.FIX_REQUEST
    assert (read(BLOGGER, absent, 400).kind, read(BLOGGER, absent, 400).charge_microcredits) == (AnswerKind.EMPTY, 0)
    assert read(BLOGGER, broken, 500).note == "HTTP 500 INTERNAL_ERROR"
    assert rows.profile_rows([answer(BLOGGER, absent, 400)]).rows["state"].to_list() == ["not_found"]


def test_the_documented_tracking_is_joined_by_index_and_counted_with_care(seeds: Path) -> None:
    _request, shown, *errors = examples_in(seeds / operations.TRACK_SEED)
    bought = answer(TRACK, shown)
    assert (bought.charge_microcredits, TRACK.worst_case_microcredits) == (90 * CREDIT, 90 * CREDIT)
    reading = read(TRACK, shown)
    assert reading.basis is Basis.ASSUMED
    assert reading.note.startswith("2 of 3 newly tracked")
    table = rows.tracked_rows([bought]).rows
    assert table.select("url", "platform", "state", "native_id", "video_id").sort("platform").rows() == [
        (REEL, "instagram", "already_tracked", "ABC123DEF456", "fb14c33f-cb0a-4ddc-b7be-bb9a08e3d969"),
        (TIKTOK, "tiktok", "tracked", "7489443966908189959", "77168374-dd2c-496a-b1ae-3d4944f48ccb"),
        (WATCH, "youtube", "tracked", "dQw4w9WgXcQ", "2b683ee8-ba57-4218-8f7e-2268f58dc8ba"),
    ]
    assert table.filter(state="tracked")["tracked_until"].to_list() == [NOW + timedelta(days=30)] * 2
    recoveries = [read(TRACK, error, status).recovery for error, status in zip(errors, (400, 429, 403), strict=True)]
    assert recoveries == [Recovery.FIX_REQUEST, Recovery.RETRY, None]


def results(*statuses: tuple[int, str]) -> dict[str, Any]:
    listed = [{"index": index, "url": "moved", "status": status, "error": None} for index, status in statuses]
    return {"success": True, "data": {"results": listed}}


def test_results_in_any_order_and_with_gaps_still_reach_their_address() -> None:
    bought = answer(TRACK, results((2, "tracked"), (0, "error")))
    states = dict(rows.tracked_rows([bought]).rows.select("url", "state").iter_rows())
    assert states == {TIKTOK: "error", REEL: "unknown", WATCH: "tracked"}
    assert total_cost(rows.tracked_rows([bought]).rows) == 90 * CREDIT
    steps = rows.tracked_rows([bought]).rows.filter(state="unknown")["next_step"].to_list()
    assert steps == ["The answer does not mention this video. Read the statistics before asking again."]


def test_each_part_of_a_joined_request_finds_its_own_result() -> None:
    whole = answer(TRACK, results((2, "tracked"), (0, "error")))
    parts = [
        msgspec.structs.replace(whole, call=part, place=place, parts=3, charge_microcredits=30 * CREDIT)
        for place, part in enumerate(PARTS)
    ]
    table = rows.tracked_rows(list(reversed(parts))).rows
    assert dict(table.select("url", "state").iter_rows()) == {TIKTOK: "error", REEL: "unknown", WATCH: "tracked"}
    assert table["cost_microcredits"].to_list() == [30 * CREDIT] * 3
    # One result for three addresses says nothing of the two others, in whichever form.
    lone = msgspec.structs.replace(
        answer(TRACK, {"success": True, "data": {"tracked": [{"url": "moved", "status": "tracked"}]}}, 202),
        call=PARTS[0], parts=3,
    )  # fmt: skip
    assert rows.tracked_rows([lone]).rows["state"].to_list() == ["unknown"]


def test_places_that_cannot_be_are_taken_for_none() -> None:
    moved = [(TIKTOK.replace("@username", "@renamed"), "tracked"), (REEL, "error"), (WATCH, "already_tracked")]
    from_one = [
        {"index": place, "url": url, "status": status, "error": None} for place, (url, status) in enumerate(moved, 1)
    ]
    for listed in (from_one, from_one[:1] + from_one[2:], [one | {"index": 0} for one in reversed(from_one)]):
        states = dict(
            rows.tracked_rows([answer(TRACK, {"success": True, "data": {"results": listed}})])
            .rows.select("url", "state")
            .iter_rows()
        )
        reel = "unknown" if len(listed) == 2 else "error"
        assert states == {TIKTOK: "tracked", REEL: reel, WATCH: "already_tracked"}


def test_all_newly_tracked_is_priced_and_an_unknown_status_is_not_taken_for_tracked() -> None:
    assert read(TRACK, results((0, "tracked"), (1, "tracked"), (2, "tracked"))).basis is Basis.PRICED
    odd = answer(TRACK, results((0, "tracked"), (1, "tracked"), (2, "paused")))
    assert rows.tracked_rows([odd]).rows.filter(url=WATCH)["state"].to_list() == ["unknown"]


@pytest.mark.parametrize(
    "listed",
    [
        [{"url": WATCH, "status": "tracked"}, {"url": TIKTOK, "status": "error"}],
        [{"url": f"{WATCH}&t=7", "status": "tracked"}, {"url": f"{TIKTOK}?lang=de", "status": "error"}],
    ],
)
def test_the_newer_form_is_joined_by_address(listed: list[Any]) -> None:
    bought = answer(TRACK, {"success": True, "data": {"tracked": listed}}, 202)
    states = dict(rows.tracked_rows([bought]).rows.select("url", "state").iter_rows())
    assert states == {TIKTOK: "error", REEL: "unknown", WATCH: "tracked"}


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://www.tiktok.com/@UserName/video/1234567890?is_copy_url=1&lang=de", TIKTOK),
        ("https://m.tiktok.com/@username/video/1234567890", TIKTOK),
        ("tiktok.com/@username/video/1234567890/", TIKTOK),
        ("https://www.instagram.com/reel/ABC123DEF456/", REEL),
        ("https://instagram.com/p/ABC123DEF456/", REEL),
        (" http://www.instagram.com/p/ABC123DEF456?igsh=x ", REEL),
        ("https://youtu.be/dQw4w9WgXcQ?t=7", WATCH),
        ("https://youtube.com/shorts/dQw4w9WgXcQ", WATCH),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", WATCH),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=x", WATCH),
        ("https://vm.tiktok.com/shortlink", "https://vm.tiktok.com/shortlink/"),
        ("https://vt.tiktok.com/ZSHpobCM8BbnH-fbjKy/", "https://vt.tiktok.com/ZSHpobCM8BbnH-fbjKy/"),
    ],
)
def test_an_address_has_one_form_however_it_is_written(written: str, url: str) -> None:
    assert video_url(written).url == url
    assert video_url(url).url == url


@pytest.mark.parametrize(
    "written",
    ["", "my video", "https://www.tiktok.com/@someone", "https://evil.example/www.tiktok.com/@a/video/1", "ftp://youtu.be/x",
     "https://www.youtube.com/watch?v=short", "https://www.instagram.com/some_name/", "https://[::1", "https://tiktok.com:x"],
)  # fmt: skip
def test_what_is_no_address_of_a_video_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ValueError, match="no address of a single") as caught:
        operations.track(SETTINGS, [written])
    assert not written or written not in str(caught.value)


def test_a_video_written_in_two_ways_is_paid_for_once_and_fifty_go_in_a_call() -> None:
    urls = [f"https://www.tiktok.com/@a/video/{number}" for number in range(120)]
    wanted = operations.track(SETTINGS, [*urls, "https://m.tiktok.com/@A/video/7?x=1"])
    walks = [Walk(pages=pages, answers=[], next_call=pages.first) for pages in wanted]
    calls = [pack.next_call for pack in joined(walks, "sandbox") if pack.next_call is not None]
    assert [(call.weight, len((call.body or {})["urls"])) for call in calls] == [(50, 50), (50, 50), (20, 20)]
    assert sum(call.worst_case_microcredits for call in calls) == 120 * 30 * CREDIT


def video(stats: Any, **fields: Any) -> dict[str, Any]:
    return {
        "video_id": "uuid",
        "external_video_id": "7489443966908189959",
        "platform": "TikTok",
        "created_at": "2025-06-30T08:20:00+00:00",
        "stats": stats,
    } | fields


def page(*videos: Any, more: bool = False) -> dict[str, Any]:
    return {"success": True, "data": {"data": list(videos), "pagination": {"has_more": more}}}


STATS = operations.stats(SETTINGS, 250)


def test_a_series_becomes_a_row_a_day_with_what_it_added_and_what_is_missing() -> None:
    series = {
        "views": {
            "2025-06-30 08:26:03.730104+00": 100,
            "2025-06-30 23:00:00+00": 150,
            "2025-07-02 00:05:00+00": 400,
            "2025-07-03 00:05:00+00": 390,
        },
        "likes": {"2025-06-30 23:00:00+00": 10, "2025-07-02 00:05:00+00": 12, "2025-07-03 00:05:00+00": 13},
    }
    table = rows.stat_rows([answer(STATS.first, page(video(series)))]).rows.sort("stats_on")
    columns = ("stats_on", "views", "views_added", "likes_added", "days_missing", "day_number", "is_correction")
    assert table.select(columns).rows() == [
        (date(2025, 6, 30), 150, None, None, None, 1, False),
        (date(2025, 7, 2), 400, 250, 2, 1, 3, False),
        (date(2025, 7, 3), 390, -10, 1, 0, 4, True),
    ]
    assert table["comments"].to_list() == [None] * 3
    assert table["age_hours"][0] == pytest.approx(14 + 40 / 60)
    assert table["platform"].unique().to_list() == ["tiktok"]
    only = rows.stat_rows([answer(STATS.first, page(video(series)))], days=[date(2025, 7, 2)]).rows
    assert only.select(columns).rows() == table.select(columns).rows()[1:2]


def test_each_counter_keeps_its_own_last_count_of_a_day_and_a_day_of_nulls_is_none() -> None:
    series = {
        "views": {"2025-07-01 00:05:00.1+00": 5, "2025-07-02 00:05:00+00": None, "2025-07-03 00:05:00.1+00": 9},
        "likes": {"2025-07-01 00:05:00.2+00": 1, "2025-07-03 00:05:00.2+00": 2},
    }
    latest = {"views": None, "likes": 3, "stats_last_updated": "2025-07-03T00:05:01+00:00"}
    table = rows.stat_rows([answer(STATS.first, page(video(series, **latest)))]).rows.sort("stats_on")
    assert table.select("stats_on", "views", "likes", "views_added", "likes_added", "days_missing").rows() == [
        (date(2025, 7, 1), 5, 1, None, None, None),
        (date(2025, 7, 3), 9, 3, 4, 2, 1),
    ]


def test_a_count_just_before_the_stated_start_is_kept_without_an_age() -> None:
    early = video({"views": {"2025-06-30 08:19:00+00": 6}})
    parsed = rows.stat_rows([answer(STATS.first, page(early))])
    assert parsed.rows.select("views", "day_number", "age_hours").rows() == [(6, 1, None)]


def test_an_odd_point_or_video_is_rejected_and_the_others_pass() -> None:
    fine = {"views": {"2025-07-01 00:05:00+00": 5}}
    odd = {"views": {"yesterday": 5, "2025-07-02 00:05:00+00": "7"}}
    given = page(video(fine, external_video_id=None), video(odd), {}, video("none"), video(fine, platform="vk"))
    parsed = rows.stat_rows([answer(STATS.first, given)])
    assert sorted(parsed.rows.select("platform", "views").rows()) == [("tiktok", 7), ("vk", 5)]
    assert parsed.rejected.select("field", "reason").rows() == [("native_id", "missing"), ("counted_at", "missing")]


def test_the_newest_counters_count_where_the_series_lacks_them() -> None:
    newest = {"views": 9, "likes": None, "stats_last_updated": "2025-07-01T10:00:00.000000+00:00"}
    table = rows.stat_rows([answer(STATS.first, page(video({}, **newest)))]).rows
    assert table.select("stats_on", "views", "likes").rows() == [(date(2025, 7, 1), 9, None)]


def test_pages_of_statistics_are_followed_as_long_as_there_are_more() -> None:
    assert STATS.max_calls == 3
    assert STATS.worst_case_microcredits == 0
    first = answer(STATS.first, page(more=True))
    second = STATS.follow(first, 1)
    assert second is not None
    assert second.params["offset"] == "100"
    assert STATS.follow(answer(second, page()), 2) is None
    unsaid = {"success": True, "data": {"data": [video({})] * 100}}
    assert STATS.follow(answer(STATS.first, unsaid), 1) is not None


def test_the_account_says_what_is_left() -> None:
    call = operations.balance(SETTINGS).first
    summary = {"plan": "Pro", "is_unlimited": False, "credits": {"total": 1000, "used": 31}}
    told = rows.balance(answer(call, {"success": True, "data": {"summary": summary, "usage_history": []}}))
    assert (told.left_microcredits, told.used_microcredits) == (969 * CREDIT, 31 * CREDIT)
    unlimited = {"success": True, "data": {"summary": summary | {"is_unlimited": True}}}
    assert rows.balance(answer(call, unlimited)).left_microcredits is None


def test_a_monthly_limit_in_the_form_of_a_429_is_no_burst() -> None:
    body = {"success": False, "error": {"code": "RATE_LIMITED", "retry_after": 86_400}}
    reading = read(TRACK, body, 429, date="Mon, 02 Mar 2026 12:00:00 GMT")
    assert (reading.recovery, reading.until) == (Recovery.WAIT, datetime(2026, 3, 3, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("status", "code", "recovery"),
    [
        (402, "PAID_PLAN_REQUIRED", Recovery.FIX_PLAN),
        (422, "SUBSCRIPTION_LIMIT", Recovery.FIX_PLAN),
        (422, "VALIDATION_ERROR", Recovery.FIX_REQUEST),
        (401, "UNAUTHORIZED", Recovery.FIX_KEY),
    ],
)
def test_refusals_of_the_newer_form_name_what_helps(status: int, code: str, recovery: Recovery) -> None:
    reading = read(
        Call(operation=operations.JOB), {"success": False, "error": {"code": code, "upgrade_url": "…"}}, status
    )
    assert (reading.recovery, reading.charge_microcredits, reading.note) == (recovery, 0, f"HTTP {status} {code}")


def test_a_blogger_is_cached_for_seven_days_over_http(bench: Bench) -> None:
    first = bench.ask(BLOGGER)
    assert (first.kind, first.charge_microcredits) == (AnswerKind.PENDING, CREDIT)
    assert rows.profile_rows([first]).rows["state"].to_list() == ["pending"]
    bench.advance(minutes=6)
    second = bench.ask(BLOGGER)
    row = rows.profile_rows([second]).rows.row(0, named=True)
    assert (second.charge_microcredits, row["state"]) == (0, "enriched")
    assert row["average_views"] > 0
    bench.advance(days=6)
    assert bench.ask(REFRESH).charge_microcredits == CREDIT
    bench.advance(days=2)
    assert bench.ask(REFRESH).charge_microcredits == CREDIT
    assert bench.ask(operations.profile(SETTINGS, "tiktok", "nobody-of-that-name").first).kind is AnswerKind.EMPTY
    assert bench.booked["influtics"] == bench.meter("influtics") == 3 * CREDIT


def test_tracked_videos_are_read_day_by_day_over_http(bench: Bench) -> None:
    urls = [f"https://www.tiktok.com/@bar.films/video/74894439669081{number:05d}" for number in range(60)]
    bought = [bench.walk(pages)[0] for pages in operations.track(SETTINGS, urls)]
    assert rows.tracked_rows(bought).rows["state"].unique().to_list() == ["tracked"]
    assert bench.booked["influtics"] == bench.meter("influtics") == 60 * 30 * CREDIT
    bench.advance(days=3)
    pages = bench.walk(operations.stats(SETTINGS, 60))
    table = rows.stat_rows(pages).rows
    assert table["native_id"].n_unique() == 60
    assert table.group_by("native_id").len()["len"].unique().to_list() == [4]
    bench.ask(operations.track(SETTINGS, urls[:1])[0].first)
    assert (bench.readings[-1].basis, bench.readings[-1].charge_microcredits) == (Basis.ASSUMED, 30 * CREDIT)
    told = rows.balance(bench.ask(operations.balance(SETTINGS).first))
    assert told.used_microcredits == bench.meter("influtics")


def test_videos_beyond_the_plan_are_a_state_with_a_time_to_come_back(bench: Bench) -> None:
    bench.account("influtics", video_limit=0)
    refused = bench.ask(TRACK)
    assert (refused.kind, bench.readings[-1].not_before_seconds) == (AnswerKind.PENDING, 3600)
    table = rows.tracked_rows([refused]).rows
    assert table["state"].to_list() == ["over_limit"] * 3
    assert table["problem"].str.contains("Video limit reached").all()
    assert table["next_step"].str.contains("raise it").all()
    assert bench.booked["influtics"] == bench.meter("influtics") == 0


@pytest.mark.parametrize(
    ("said", "room"),
    [
        ("Video limit reached. Your Pro plan allows 1000 tracked videos. Current usage: 998", 2),
        ("Video limit reached. Your Pro plan allows 1000 tracked videos. Current usage: 1000", 0),
        ("Video limit reached. Your Pro plan allows 1000 tracked videos. Current usage: 1200", 0),
        # All three would fit by these: what is said and what is done differ, and nothing is asked anew.
        ("Video limit reached. Your Pro plan allows 1000 tracked videos. Current usage: 900", 0),
        (f"Your plan allows {'9' * 5000} tracked videos. Current usage: 1", 0),
        ("Upgrade your plan", 0),
    ],
)
@pytest.mark.parametrize("status", [403, 422])
def test_a_refusal_for_the_number_of_videos_says_how_many_would_fit(said: str, room: int, status: int) -> None:
    urls = [f"https://www.youtube.com/watch?v={number:011d}" for number in range(3)]
    parts = [pages.first for pages in operations.track(SETTINGS, urls)]
    assert operations.TRACK.join is not None
    joined = msgspec.structs.replace(operations.TRACK.join(parts), parts=tuple(parts))
    reading = read(joined, {"error": {"code": "SUBSCRIPTION_LIMIT", "message": said}}, status)
    expected = (AnswerKind.FAILED, Recovery.ASK_FEWER) if room else (AnswerKind.PENDING, None)
    assert (reading.kind, reading.recovery, reading.room, reading.charge_microcredits) == (*expected, room, 0)
    alone = read(parts[0], {"error": {"code": "SUBSCRIPTION_LIMIT", "message": said}}, status)
    assert alone.kind is AnswerKind.PENDING


def test_the_newer_form_is_used_where_the_older_address_is_gone(start: Callable[..., Bench]) -> None:
    bench = start(influtics_generation="jobs")
    pages = operations.profile(SETTINGS, "tiktok", "bar.films")
    waiting = bench.walk(pages)
    assert [one.call.operation.id for one in waiting] == ["IT-1", "IT-job", "IT-job-status"]
    assert rows.profile_rows(waiting).rows["state"].to_list() == ["pending"]
    assert rows.job_rows(waiting).rows["state"].to_list() == ["queued"]
    bench.advance(minutes=6)
    # What the archive would have is asked again where it is due: the job alone.
    done = bench.ask(waiting[-1].call)
    last = pages.follow(done, 3)
    assert last is not None
    found = rows.profile_rows([*waiting[:2], done, bench.ask(last)])
    row = found.rows.row(0, named=True)
    assert (row["state"], row["cost_microcredits"]) == ("enriched", CREDIT)
    assert row["followers"] > 0
    again = bench.walk(pages)
    assert [one.call.operation.id for one in again] == ["IT-1", "IT-job", "IT-blogger"]
    assert sum(one.charge_microcredits for one in again) == 0
    tracked = bench.ask(TRACK)
    assert (tracked.status, rows.tracked_rows([tracked]).rows["state"].unique().to_list()) == (202, ["tracked"])
    nobody = bench.walk(operations.profile(SETTINGS, "tiktok", "nobody-of-that-name"))
    bench.advance(minutes=6)
    assert rows.profile_rows([bench.ask(nobody[-1].call)]).rows["state"].to_list() == ["not_found"]
    assert pages.worst_case_microcredits == CREDIT


def test_a_platform_is_spelled_as_the_address_wants_it() -> None:
    assert set(payloads.SPELLED) == set(payloads.PLATFORMS)
    assert BLOGGER.params["platform"] == "TikTok"
