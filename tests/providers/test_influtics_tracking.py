"""Influtics tracks videos: results are matched to addresses, doubt counts at the worst case, limits are recognized."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Recovery
from creator_assets.providers.influtics import operations, requests, rows
from creator_assets.spending.archive_coverage import Coverage, joined
from tests.reference import examples_in

from .bench import NOW, ProviderBench, answer, read, total_cost
from .videos import PARTS, REEL, TIKTOK, TRACK, WATCH

SETTINGS = ProviderSettings()
CREDIT = 1_000_000


def test_documented_tracking_results_are_matched_by_index_and_assumed_charged(seeds: Path) -> None:
    _request, shown, *errors = examples_in(seeds / operations.TRACK_SEED)
    bought = answer(TRACK, shown)
    assert (bought.charge_microcredits, TRACK.worst_case_microcredits) == (90 * CREDIT, 90 * CREDIT)
    outcome = read(TRACK, shown)
    assert outcome.basis is ChargeBasis.ASSUMED
    assert outcome.note.startswith("2 of 3 newly tracked")
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


def test_results_in_any_order_and_with_gaps_are_matched_to_their_address() -> None:
    bought = answer(TRACK, results((2, "tracked"), (0, "error")))
    states = dict(rows.tracked_rows([bought]).rows.select("url", "state").iter_rows())
    assert states == {TIKTOK: "error", REEL: "unknown", WATCH: "tracked"}
    assert total_cost(rows.tracked_rows([bought]).rows) == 90 * CREDIT
    steps = rows.tracked_rows([bought]).rows.filter(state="unknown")["next_step"].to_list()
    assert steps == ["The answer does not mention this video: it is tracked if it has statistics; else ask again."]


def test_each_part_of_a_joined_request_finds_its_own_result() -> None:
    whole = answer(TRACK, results((2, "tracked"), (0, "error")))
    parts = [
        msgspec.structs.replace(whole, request=part, place=place, parts=3, charge_microcredits=30 * CREDIT)
        for place, part in enumerate(PARTS)
    ]
    table = rows.tracked_rows(list(reversed(parts))).rows
    assert dict(table.select("url", "state").iter_rows()) == {TIKTOK: "error", REEL: "unknown", WATCH: "tracked"}
    assert table["cost_microcredits"].to_list() == [30 * CREDIT] * 3
    # One result for three addresses says nothing of the two others, in whichever form.
    lone = msgspec.structs.replace(
        answer(TRACK, {"success": True, "data": {"tracked": [{"url": "moved", "status": "tracked"}]}}, 202),
        request=PARTS[0], parts=3,
    )  # fmt: skip
    assert rows.tracked_rows([lone]).rows["state"].to_list() == ["unknown"]


def test_impossible_positions_are_ignored() -> None:
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


def test_newly_tracked_videos_are_priced_and_an_unknown_status_is_not_tracked() -> None:
    assert read(TRACK, results((0, "tracked"), (1, "tracked"), (2, "tracked"))).basis is ChargeBasis.PRICED
    odd = answer(TRACK, results((0, "tracked"), (1, "tracked"), (2, "paused")))
    assert rows.tracked_rows([odd]).rows.filter(url=WATCH)["state"].to_list() == ["unknown"]


@pytest.mark.parametrize(
    "listed",
    [
        [{"url": WATCH, "status": "tracked"}, {"url": TIKTOK, "status": "error"}],
        [{"url": f"{WATCH}&t=7", "status": "tracked"}, {"url": f"{TIKTOK}?lang=de", "status": "error"}],
    ],
)
def test_results_in_the_newer_form_are_matched_by_address(listed: list[Any]) -> None:
    bought = answer(TRACK, {"success": True, "data": {"tracked": listed}}, 202)
    states = dict(rows.tracked_rows([bought]).rows.select("url", "state").iter_rows())
    assert states == {TIKTOK: "error", REEL: "unknown", WATCH: "tracked"}


def test_a_video_with_two_addresses_is_paid_for_once_and_fifty_are_joined() -> None:
    urls = [f"https://www.tiktok.com/@a/video/{number}" for number in range(120)]
    tracking = requests.track(SETTINGS, [*urls, "https://m.tiktok.com/@A/video/7?x=1"])
    coverage = [Coverage(pages=pages, answers=[], next_request=pages.first) for pages in tracking]
    calls = [
        pack.next_request
        for pack in joined(coverage, lambda one: one.request_key("sandbox"))
        if pack.next_request is not None
    ]
    assert [(call.weight, len(call.body_texts("urls"))) for call in calls] == [(50, 50), (50, 50), (20, 20)]
    assert sum(call.worst_case_microcredits for call in calls) == 120 * 30 * CREDIT


def test_a_monthly_limit_with_status_429_is_no_burst_limit() -> None:
    body = {"success": False, "error": {"code": "RATE_LIMITED", "retry_after": 86_400}}
    outcome = read(TRACK, body, 429, date="Mon, 02 Mar 2026 12:00:00 GMT")
    assert (outcome.recovery, outcome.until) == (Recovery.WAIT, datetime(2026, 3, 3, 12, tzinfo=UTC))


def test_videos_beyond_the_plan_are_pending_until_tracking_ends(bench: ProviderBench) -> None:
    bench.account("influtics", video_limit=0)
    refused = bench.ask(TRACK)
    assert (refused.kind, bench.outcomes[-1].not_before_seconds) == (AnswerKind.PENDING, 3600)
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
def test_a_refusal_for_the_number_of_videos_states_how_many_fit(said: str, room: int, status: int) -> None:
    urls = [f"https://www.youtube.com/watch?v={number:011d}" for number in range(3)]
    parts = [pages.first for pages in requests.track(SETTINGS, urls)]
    assert operations.TRACK.join is not None
    joined = msgspec.structs.replace(operations.TRACK.join(parts), parts=tuple(parts))
    outcome = read(joined, {"error": {"code": "SUBSCRIPTION_LIMIT", "message": said}}, status)
    expected = (AnswerKind.FAILED, Recovery.ASK_FEWER) if room else (AnswerKind.PENDING, None)
    assert (outcome.kind, outcome.recovery, outcome.room, outcome.charge_microcredits) == (*expected, room, 0)
    alone = read(parts[0], {"error": {"code": "SUBSCRIPTION_LIMIT", "message": said}}, status)
    assert alone.kind is AnswerKind.PENDING
