"""What large partitions take: a day of 100,000 videos, their tracking, and 10,000 profiles and audience reports.

Answers in the form of the sandbox's are bought through the paid client (by a clock that does not wait) and made into
rows and Parquet, first as they arrive, then out of the archive. Each phase runs in a process of its own; time and peak
memory stand beside a floor: reading the same bodies out of the archive, decoding them plainly and writing as many rows.
Run it with ``python -m benchmarks.scale [videos|tracking|profiles|audiences|all] [--scale N]``.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import polars as pl

from creator_assets.demand.audiences import report_rows, segment_rows
from creator_assets.demand.profiles import ANSWERS_AT_A_TIME
from creator_assets.demand.provider_choice import Candidate
from creator_assets.demand.requests import ProviderRequest, rows_of
from creator_assets.demand.videos.series import MAX_VIDEOS, stats_rows
from creator_assets.demand.waterfall import CandidateResponse
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution, Budget, Window
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.providers.influencers_club import operations as club
from creator_assets.providers.influencers_club import requests as club_requests
from creator_assets.providers.influtics import operations as influtics
from creator_assets.providers.influtics import requests as influtics_requests
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.spending.accounts import Account
from creator_assets.spending.archive_coverage import from_archive
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient
from creator_assets.spending.transport import Transport
from creator_assets.tables import schemas
from creator_assets.tables.store import Tables

SCALES = {"videos": 100_000, "tracking": 100_000, "profiles": 10_000, "audiences": 10_000}
BEGUN = datetime(2026, 11, 2, tzinfo=UTC)
NOON = BEGUN + timedelta(days=29, hours=12)
WEEK = ("campaign=scale", "week=2026-11-30")
WINDOW = Window(start=BEGUN, end=BEGUN + timedelta(days=60), reuse_since=BEGUN)
LIMIT = 10**15


class Clock:
    """A clock that goes as long as somebody sleeps by it, in any thread."""

    def __init__(self) -> None:
        self._now, self._lock = NOON, threading.Lock()

    def __call__(self) -> datetime:
        """Tell the time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let so much time go by at once."""
        with self._lock:
            self._now += timedelta(seconds=max(0.0, seconds))


def video_id(number: int) -> str:
    """The platform's id of a video."""
    return f"73{number:017d}"


def series_page(offset: int, limit: int, total: int) -> bytes:
    """A page of statistics: each video has counters of 30 days, all of them different."""
    moments = [f"{BEGUN + timedelta(days=day, minutes=5):%Y-%m-%d %H:%M:%S.%f}+00" for day in range(30)]
    videos = []
    for number in range(offset, min(offset + limit, total)):
        series = {
            name: {moment: factor * (number + 1000 * (day + 1)) for day, moment in enumerate(moments)}
            for name, factor in (("likes", 3), ("views", 50), ("reposts", 1), ("comments", 2))
        }
        videos.append({"video_id": f"id-{number}", "external_video_id": video_id(number), "stats": series,
                       "platform": "TikTok", "created_at": BEGUN.isoformat(), "title": None, "cpm": None})  # fmt: skip
    more = offset + limit < total
    return json.dumps({"success": True, "data": {"data": videos, "pagination": {"has_more": more}}}).encode()


def tracked_page(urls: Sequence[str]) -> bytes:
    """An answer to a request that tracks videos."""
    results = [
        {"index": place, "url": url, "platform": "tiktok", "video_id": f"id-{url[-8:]}",
         "external_video_id": url.rpartition("/")[2], "status": "tracked", "error": None}
        for place, url in enumerate(urls)
    ]  # fmt: skip
    return json.dumps({"success": True, "data": {"results": results}}).encode()


def profile_body() -> str:
    """A full profile with its audience as the sandbox gives it, `HANDLE` in the place of the handle."""
    with start_in_background(SandboxSettings(size=1_000, start_at=NOON.isoformat())) as sandbox:
        body = dict(club_requests.full_profile(ProviderSettings(), "instagram", "cristiano").first.body or {})
        key = {"Authorization": "Bearer sandbox-influencers-club"}
        url = sandbox.url("influencers_club") + club.ENRICH_FULL.path
        answer = httpx.post(url, json=body, headers=key, trust_env=False, timeout=60).raise_for_status()
    return answer.text.replace("cristiano", "HANDLE")


def transport_of(kind: str, scale: int, template: str) -> Callable[[Account], Transport]:
    """Answers every request at once, without a network."""

    def answer(http_request: httpx.Request) -> httpx.Response:
        if kind == "videos":
            query = http_request.url.params
            content = series_page(int(query["offset"]), int(query["limit"]), scale)
        elif kind == "tracking":
            content = tracked_page(json.loads(http_request.content)["urls"])
        else:
            content = template.replace("HANDLE", json.loads(http_request.content)["handle"]).encode()
        return httpx.Response(200, content=content, headers={"content-type": "application/json"})

    return lambda account: Transport(account.base_url, account.key, http_transport=httpx.MockTransport(answer))


def wanted(kind: str, scale: int) -> list[PagedRequest]:
    """What the asset of this kind asks for."""
    settings = ProviderSettings()
    if kind == "videos":
        return [influtics_requests.stats(settings, MAX_VIDEOS)]
    if kind == "tracking":
        return influtics_requests.track(
            settings, [f"https://www.tiktok.com/@a/video/{video_id(n)}" for n in range(scale)]
        )
    return [club_requests.full_profile(settings, "instagram", f"creator.{number}") for number in range(scale)]


def make(kind: str, scale: int, paid_client: PaidClient, tables: Tables) -> int:
    """What the asset of this kind does between its brief and its table; the number of rows written."""
    who = Attribution(asset=kind, partition="scale", campaign="scale", run_id="run", step=kind, code_version="1")
    purpose = FetchContext(spender=who, window=WINDOW)
    pages = wanted(kind, scale)
    if kind == "videos":
        tracked = tables.read(schemas.TrackedVideos, "tracked_videos", WEEK)
        parsed, _, _ = stats_rows(NOON.date(), tracked, pages[0], lambda some: paid_client.fetch([some], purpose))
        return tables.write(schemas.VideoStats, "video_stats", ("campaign=scale", "day=2026-12-01"), parsed.rows).rows
    answers = paid_client.fetch(pages, purpose).answers
    if kind == "tracking":
        can = capability(CapabilityKind.TRACK_VIDEOS, provider="influtics")
        rows = can.rows([answer for of_one in answers for answer in of_one])
        return tables.write(schemas.TrackedVideos, "tracked_videos", WEEK, rows.rows).rows
    if kind == "profiles":
        can = capability(CapabilityKind.PROFILE, provider=club.NAME, platform="instagram", depth="full")
        asked = [ProviderRequest(capability=can, pages=one) for one in pages]
        some = rows_of(asked, answers, at_a_time=ANSWERS_AT_A_TIME)
        profiles = pl.concat([one.rows for one in some])
        return tables.write(schemas.EnrichedProfiles, "enriched_profiles", WEEK, profiles).rows
    can = capability(CapabilityKind.AUDIENCE, provider=club.NAME, platform="instagram")
    options = [Candidate(capability=can, pages=one, reason="") for one in pages]
    figures = [
        CandidateResponse(account=("instagram", f"creator.{number}"), candidate=option, answers=of_one)
        for number, (option, of_one) in enumerate(zip(options, answers, strict=True))
    ]
    reports = pl.concat([one.rows for one in report_rows(options, answers)])
    tables.write(schemas.AudienceReports, "audience_reports", WEEK, reports)
    segments = (one.rows for one in segment_rows(figures))
    return tables.write(schemas.AudienceSegments, "audience_segments", WEEK, segments).rows


def archived(ledger: Ledger, kind: str, scale: int) -> Iterator[Answer]:
    """Every body that the archive has, once, one at a time."""
    seen: set[str] = set()
    for pages in wanted(kind, scale):
        request: Request | None = pages.first
        made = 0
        while request is not None:
            stored = ledger.look_up(request.request_key(ledger.realm), WINDOW)
            if stored is None:
                raise SystemExit("the archive lacks an answer")
            answer = from_archive(request, stored)
            made += 1
            request = pages.follow(answer, made)
            if answer.response_sha256 not in seen:
                seen.add(answer.response_sha256)
                yield answer


def floor(kind: str, scale: int, ledger: Ledger, tables: Tables, folder: Path) -> int:
    """Reads the same bodies, decodes them plainly, and writes the finished tables once more."""
    size = 0
    for answer in archived(ledger, kind, scale):
        msgspec.json.decode(answer.body)
        size += len(answer.body)
    for path in tables.root.rglob("*.parquet"):
        if kind == "videos" and "video_stats" not in path.parts:
            continue
        pl.read_parquet(path, hive_partitioning=False).write_parquet(folder / "again.parquet", compression="zstd")
    return size


def child(phase: str, kind: str, scale: int, folder: Path) -> None:
    """One phase, in this process; prints what it took."""
    clock = Clock()
    ledger = Ledger.open(folder / "ledger.sqlite", realm="sandbox-scale", clock=clock, sleep=clock.sleep)
    operation = influtics if kind in {"videos", "tracking"} else club
    budgets = (Budget(scope=operation.NAME, period="2026", limit_microcredits=LIMIT),)
    account = Account(provider=operation.NAME, base_url="https://scale.invalid", key="k", key_variable="K",
                      settings=ProviderSettings(), budgets=budgets)  # fmt: skip
    template = (folder / "profile.json").read_text() if (folder / "profile.json").exists() else ""
    paid_client = PaidClient(ledger, {operation.NAME: account}, {"scale": {operation.NAME: LIMIT}}, sleep=clock.sleep,
                    transport=transport_of(kind, scale, template))  # fmt: skip
    tables = Tables(folder / "tables")
    begun = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if phase == "floor":
        figures: dict[str, Any] = {"body_megabytes": round(floor(kind, scale, ledger, tables, folder) / 1e6, 1)}
    else:
        figures = {"rows": make(kind, scale, paid_client, tables)}
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures |= {
        "seconds": round(seconds, 2),
        "peak_megabytes": round(peak / 1e3),
        "before_megabytes": round(before / 1e3),
    }
    if phase == "buy":
        figures["provider_minutes_at_its_rate"] = round((clock() - NOON).total_seconds() / 60, 1)
    paid_client.close()
    sys.stdout.write(json.dumps(figures))


def measure(kind: str, scale: int) -> dict[str, Any]:
    """All phases of one kind, each in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind in {"profiles", "audiences"}:
            (folder / "profile.json").write_text(profile_body())
        phases = [("tracking", "buy")] if kind == "videos" else []
        report: dict[str, Any] = {"kind": kind, "scale": scale}
        for asked, phase in [*phases, (kind, "buy"), (kind, "rebuild"), (kind, "floor")]:
            command = [sys.executable, "-m", "benchmarks.scale", asked, "--scale", str(scale), "--child", phase, name]
            run = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - itself
            if asked == kind:
                report[phase] = json.loads(run.stdout)
    ground = report["floor"]
    for phase in ("buy", "rebuild"):
        report[phase]["time_to_floor"] = round(report[phase]["seconds"] / ground["seconds"], 1)
        report[phase]["memory_to_floor"] = round(report[phase]["peak_megabytes"] / ground["peak_megabytes"], 1)
    return report | {"load_average": os.getloadavg()[0]}


def main() -> None:
    """Measure what is asked for; one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", nargs="?", default="all", choices=[*SCALES, "all"])
    parser.add_argument("--scale", type=int)
    parser.add_argument("--child", nargs=2, metavar=("PHASE", "FOLDER"))
    given = parser.parse_args()
    if given.child:
        child(given.child[0], given.kind, given.scale, Path(given.child[1]))
        return
    for kind in SCALES if given.kind == "all" else [given.kind]:
        sys.stdout.write(json.dumps(measure(kind, given.scale or SCALES[kind])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
