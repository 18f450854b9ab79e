"""Answers that hold fewer records than their provider states fail a check, with the number and the answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import pytest

from creator_assets.automation.count_checks import COUNTED_ASSETS, build_count_checks
from creator_assets.demand.record_counts import DISAGREEING, FOUND, STATED, WHERE, RecordCounts
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import CapabilityKey
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, AnswerKind, Request
from tests.assets.stage import TimedProject, stage_at, state_of

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {%s: 400, influtics: 400}
discovery:
  - {name: one, provider: %s, platform: %s, max_creators: 20}
shortlist: {top: 3}
content: {top: 2, max_items: 12}
tracking: {provider: influtics, videos: ["https://www.tiktok.com/@a/video/7300000000000000001"]}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(NOW, tmp_path, monkeypatch) as made:
        yield made


def answer(call: Request, body: Any, request_id: str = "r") -> Answer:
    return Answer(
        request=call, kind=AnswerKind.FINAL, status=200, body=msgspec.json.encode(body), response_sha256="0" * 64,
        observed_at=NOW, request_id=request_id, run_id="", charge_microcredits=0,
    )  # fmt: skip


def counted(kind: CapabilityKey[Any, Any], provider: str, body: Any, *asked: Any) -> tuple[int, int] | None:
    can = capability(kind, provider=provider)
    made = can.pages(ProviderSettings(client_id="c"), *asked)
    first = made[0].first if isinstance(made, list) else made.first
    assert can.counted is not None
    count = can.counted(answer(first, body))
    return None if count is None else (count.stated, count.found)


def test_each_provider_states_the_number_in_its_own_way() -> None:
    post = ("tiktok", "someone", 10)
    club = {"result": {"num_results": 3, "items": [{}, {}]}}
    assert counted(CapabilityKind.CONTENT, "influencers_club", club, *post) == (3, 2)
    assert counted(CapabilityKind.CONTENT, "influencers_club", {"result": {"items": []}}, *post) is None
    assert counted(CapabilityKind.CONTENT, "infludata", {"items": [{}], "tokensDeducted": 2}, *post) == (2, 1)
    assert counted(CapabilityKind.CONTENT, "infludata", {"items": [{}]}, *post) is None
    tracked = {"data": {"results": [{}]}, "meta": {"summary": {"total": 2}}}
    assert counted(CapabilityKind.TRACK_VIDEOS, "influtics", tracked, ["https://youtu.be/abcdefghijk"]) == (2, 1)
    page = {"data": {"data": [{}, {}], "pagination": {"total": 250}}}
    assert counted(CapabilityKind.VIDEO_STATS, "influtics", page, 1_000) == (100, 2)
    page["data"]["pagination"] = {"total": 2}
    assert counted(CapabilityKind.VIDEO_STATS, "influtics", page, 1_000) == (2, 2)


def test_an_answer_that_many_share_counts_once_and_what_disagrees_is_named_by_its_request() -> None:
    can = capability(CapabilityKind.TRACK_VIDEOS, provider="influtics")
    call = can.pages(ProviderSettings(), ["https://youtu.be/abcdefghijk"])[0].first
    good = {"data": {"results": [{}, {}]}, "meta": {"summary": {"total": 2}}}
    short = {"data": {"results": [{}]}, "meta": {"summary": {"total": 2}}}
    counts = RecordCounts()
    counts.add(can, [answer(call, good, "a"), answer(call, good, "a"), answer(call, short, "b")])
    assert counts.metadata() == {
        STATED: 4, FOUND: 3, DISAGREEING: 1, WHERE: [{"request_id": "b", "stated": 2, "found": 1}],
    }  # fmt: skip


@pytest.mark.parametrize(("disagreeing", "passes"), [(0, True), (2, False)])
def test_the_check_reads_what_the_run_has_noted(disagreeing: int, passes: bool) -> None:
    noted: dict[str, Any] = {
        STATED: 5,
        FOUND: 5 - disagreeing,
        DISAGREEING: disagreeing,
        WHERE: [{"request_id": "b"}] * disagreeing,
    }

    @dg.asset
    def content() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata=noted)

    checks = [
        check for check in build_count_checks() if dg.AssetKey("content") in {k.asset_key for k in check.check_keys}
    ]
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([content, *checks], instance=instance)
    (evaluated,) = result.get_asset_check_evaluations()
    assert (evaluated.passed, evaluated.severity) == (passes, dg.AssetCheckSeverity.WARN)
    assert evaluated.metadata[DISAGREEING].value == disagreeing
    assert len(COUNTED_ASSETS) == len(build_count_checks())


@pytest.mark.parametrize(("provider", "platform"), [("influencers_club", "instagram"), ("infludata", "tiktok")])
def test_the_assets_note_what_their_answers_say(stage: TimedProject, provider: str, platform: str) -> None:
    stage.brief("one", BRIEF % (provider, provider, platform))
    result = stage.run("discovery_results", "shortlist", "content", "tracked_videos", slug="one")
    metadata = state_of(result, "content")
    assert metadata[STATED] == metadata[FOUND] >= stage.table("content").height > 0
    assert state_of(result, "tracked_videos")[STATED] == 1
    stage.turn(minutes=20)
    metadata = state_of(stage.run("video_stats", slug="one", daily=True), "video_stats")
    assert (metadata[STATED], metadata[FOUND], metadata[DISAGREEING]) == (1, 1, 0)
