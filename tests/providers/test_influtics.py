"""Influtics: a blogger by its document and over HTTP in both generations, the account, and what refusals name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Recovery, Request
from creator_assets.providers.influtics import operations, payloads, requests, rows
from tests.reference import examples_in

from .bench import ProviderBench, answer, read
from .videos import TRACK

SETTINGS = ProviderSettings()
CREDIT = 1_000_000
BLOGGER = requests.profile(SETTINGS, "tiktok", "bar.films").first
REFRESH = requests.profile(SETTINGS, "tiktok", "bar.films", refresh=True).first


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
    fields: dict[str, Any], call: Request, credits_charged: int, kind: AnswerKind
) -> None:
    outcome = read(call, blogger(**fields))
    assert (outcome.charge_microcredits, outcome.kind) == (credits_charged * CREDIT, kind)
    assert outcome.basis is (ChargeBasis.PRICED if credits_charged else ChargeBasis.FREE)
    assert call.worst_case_microcredits >= outcome.charge_microcredits


def test_a_blogger_without_a_cache_flag_counts_at_the_worst_case() -> None:
    for odd in (None, "true", 1):
        outcome = read(REFRESH, blogger(cached=odd))
        assert (outcome.charge_microcredits, outcome.basis) == (2 * CREDIT, ChargeBasis.ASSUMED)


def test_a_blogger_that_is_not_found_is_recognized_by_the_wording_of_the_error(seeds: Path) -> None:
    missing, absent, broken = (one for one in examples_in(seeds / operations.BLOGGER_SEED) if "error" in one)
    assert read(BLOGGER, missing, 400).recovery is Recovery.FIX_REQUEST
    assert (read(BLOGGER, absent, 400).kind, read(BLOGGER, absent, 400).charge_microcredits) == (AnswerKind.EMPTY, 0)
    assert read(BLOGGER, broken, 500).note == "HTTP 500 INTERNAL_ERROR"
    assert rows.profile_rows([answer(BLOGGER, absent, 400)]).rows["state"].to_list() == ["not_found"]


def test_the_balance_of_the_account_is_read() -> None:
    call = requests.balance(SETTINGS).first
    summary = {"plan": "Pro", "is_unlimited": False, "credits": {"total": 1000, "used": 31}}
    found = rows.balance(answer(call, {"success": True, "data": {"summary": summary, "usage_history": []}}))
    assert (found.left_microcredits, found.used_microcredits) == (969 * CREDIT, 31 * CREDIT)
    unlimited = {"success": True, "data": {"summary": summary | {"is_unlimited": True}}}
    assert rows.balance(answer(call, unlimited)).left_microcredits is None


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
    outcome = read(
        Request(operation=operations.JOB), {"success": False, "error": {"code": code, "upgrade_url": "…"}}, status
    )
    assert (outcome.recovery, outcome.charge_microcredits, outcome.note) == (recovery, 0, f"HTTP {status} {code}")


def test_a_blogger_is_cached_for_seven_days_over_http(bench: ProviderBench) -> None:
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
    assert bench.ask(requests.profile(SETTINGS, "tiktok", "nobody-of-that-name").first).kind is AnswerKind.EMPTY
    assert bench.booked["influtics"] == bench.meter("influtics") == 3 * CREDIT


def test_the_newer_form_is_used_where_the_older_endpoint_is_gone(start: Callable[..., ProviderBench]) -> None:
    bench = start(influtics_generation="jobs")
    pages = requests.profile(SETTINGS, "tiktok", "bar.films")
    waiting = bench.fetch(pages)
    assert [one.request.operation.id for one in waiting] == ["IT-1", "IT-job", "IT-job-status"]
    assert rows.profile_rows(waiting).rows["state"].to_list() == ["pending"]
    assert rows.job_rows(waiting).rows["state"].to_list() == ["queued"]
    bench.advance(minutes=6)
    # What the archive would have is asked again where it is due: the job alone.
    done = bench.ask(waiting[-1].request)
    last = pages.follow(done, 3)
    assert last is not None
    found = rows.profile_rows([*waiting[:2], done, bench.ask(last)])
    row = found.rows.row(0, named=True)
    assert (row["state"], row["cost_microcredits"]) == ("enriched", CREDIT)
    assert row["followers"] > 0
    again = bench.fetch(pages)
    assert [one.request.operation.id for one in again] == ["IT-1", "IT-job", "IT-blogger"]
    assert sum(one.charge_microcredits for one in again) == 0
    tracked = bench.ask(TRACK)
    assert (tracked.status, rows.tracked_rows([tracked]).rows["state"].unique().to_list()) == (202, ["tracked"])
    unknown = bench.fetch(requests.profile(SETTINGS, "tiktok", "nobody-of-that-name"))
    bench.advance(minutes=6)
    assert rows.profile_rows([bench.ask(unknown[-1].request)]).rows["state"].to_list() == ["not_found"]
    assert pages.worst_case_microcredits == CREDIT


def test_a_platform_is_spelled_as_the_endpoint_requires() -> None:
    assert set(payloads.SPELLED) == set(payloads.PLATFORMS)
    assert BLOGGER.params["platform"] == "TikTok"
