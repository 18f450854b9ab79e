"""A true answer of every operation, in the forms of the providers' documents, and what reads it. No test here.

The examples of ``tests.providers`` ask one sandbox. Influtics has two generations of endpoints, and no sandbox serves
both; statistics are there a day after a video is tracked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.influtics import requests, rows, stat_rows
from creator_assets.sandbox import SandboxSettings, start_in_background
from tests.providers.bench import ProviderBench
from tests.providers.examples import READERS as SHOWN_READERS
from tests.providers.examples import ROWS as SHOWN_ROWS
from tests.providers.examples import SETTINGS, Rows, every_answer, one_table

ROWS: Mapping[str, Rows] = {
    **SHOWN_ROWS,
    "IT-stats": one_table(stat_rows.stat_rows),
    "IT-job-status": one_table(rows.job_rows),
    "IT-blogger": one_table(rows.profile_rows),
}
READERS: Mapping[str, Any] = {**SHOWN_READERS, "IT-usage": rows.balance}


def documented_answers(voice: str = "real") -> dict[str, Answer]:
    """One answer of each operation, by its id, in a voice of the sandbox."""
    bench = _bench(voice=voice)
    try:
        found = every_answer(bench)
        bench.advance(days=1, minutes=30)
        # Also the blogger: a day later it is there, and no longer pending.
        asked = (requests.profile(SETTINGS, "tiktok", "bar.films"), requests.stats(SETTINGS, 10))
        for pages in (*asked, requests.balance(SETTINGS)):
            found[pages.first.operation.id] = bench.ask(pages.first)
    finally:
        bench.close()
    return found | _newer_form(voice)


def _newer_form(voice: str) -> dict[str, Answer]:
    """A job that tracks a blogger, and the blogger when it is done."""
    bench = _bench(voice=voice, influtics_generation="jobs")
    try:
        pages = requests.profile(SETTINGS, "tiktok", "bar.films")
        waiting = bench.fetch(pages)
        bench.advance(minutes=6)
        done = bench.ask(waiting[-1].request)
        last = pages.follow(done, len(waiting))
        assert last is not None
        return {one.request.operation.id: one for one in (waiting[1], done, bench.ask(last))}
    finally:
        bench.close()


def _bench(**settings: Any) -> ProviderBench:
    usual: dict[str, Any] = {"size": 5_000, "rate_limit_scale": 1_000.0, "start_at": "2026-03-02T12:00:00+00:00"}
    return ProviderBench(start_in_background(SandboxSettings(**usual, **settings)))
