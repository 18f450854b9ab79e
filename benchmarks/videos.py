"""Do all real series come through equal, and what do a day's counters of many videos take?

Replays every TikTok and YouTube video of ``../shared/data/video_daily_stats.parquet`` through the sandbox: tracked on
its first day, read back at the end, compared value by value. Then measures turning the pages into rows and writing
them, as ratios to decoding and writing the same bytes plainly. Run it as ``python benchmarks/videos.py``.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import polars as pl

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, AnswerKind, Request
from creator_assets.providers.influtics import operations as influtics
from creator_assets.providers.influtics import requests as influtics_requests
from creator_assets.providers.influtics.stat_rows import stat_rows
from creator_assets.sandbox import RunningSandbox, SandboxSettings, start_in_background

SERIES = Path(__file__).resolve().parents[2] / "shared" / "data" / "video_daily_stats.parquet"
COUNTERS = ("views", "likes", "comments")
PAGES_AT_A_TIME = 10
KEY = "sandbox-influtics"


def real_series() -> pl.DataFrame:
    """Every row that tracking from a video's first day on can show: 30 days, and no video that the sandbox hides."""
    series = pl.read_parquet(SERIES).filter(
        pl.col("platform").is_in(["tiktok", "youtube"]) & ~pl.col("video_id").str.ends_with("404")
    )
    first = pl.col("observed_on").min().over("platform", "video_id")
    return series.with_columns(first=first).filter(pl.col("observed_on") < pl.col("first") + timedelta(days=30))


def track(sandbox: RunningSandbox, series: pl.DataFrame) -> int:
    """Track each video on its first day, 50 in a request; returns how many."""
    control = httpx.Client(base_url=sandbox.url("_sandbox"), trust_env=False, timeout=60)
    client = httpx.Client(
        base_url=sandbox.url("influtics"), headers={"Authorization": f"Bearer {KEY}"}, trust_env=False, timeout=60
    )
    control.post("/accounts", json={"key": KEY, "limit": "100000000", "video_limit": 1_000_000}).raise_for_status()
    tracked = 0
    videos = series.select("platform", "video_id", "first").unique().sort("first", "video_id")
    for (day,), of_day in videos.group_by("first", maintain_order=True):
        _set_clock(control, day)
        urls = [_address(platform, video_id) for platform, video_id, _ in of_day.iter_rows()]
        for start in range(0, len(urls), influtics.URLS_PER_REQUEST):
            body = {"urls": urls[start : start + influtics.URLS_PER_REQUEST]}
            results = client.post("/v1/videos/track", json=body).raise_for_status().json()["data"]["results"]
            tracked += sum(result["status"] == "tracked" for result in results)
    last: date = series.select(pl.col("observed_on").max()).item()
    _set_clock(control, last + timedelta(days=40))
    control.close()
    client.close()
    return tracked


def pages(sandbox: RunningSandbox) -> Iterator[Answer]:
    """All pages of statistics, as the paid client returns them."""
    client = httpx.Client(
        base_url=sandbox.url("influtics"), headers={"Authorization": f"Bearer {KEY}"}, trust_env=False, timeout=60
    )
    wanted = influtics_requests.stats(ProviderSettings(), 1_000_000)
    request: Request | None = wanted.first
    made = 0
    while request is not None:
        response = client.get(request.path, params=dict(request.params)).raise_for_status()
        made += 1
        answer = Answer(
            request=request, kind=AnswerKind.FINAL, status=200, body=response.content, response_sha256="0" * 64,
            observed_at=datetime.now(UTC), request_id=f"request-{made}", run_id="", charge_microcredits=0,
        )  # fmt: skip
        yield answer
        request = wanted.follow(answer, made)
    client.close()


def differences(series: pl.DataFrame, found: pl.DataFrame) -> dict[str, int]:
    """How many values differ between the file and the rows, by counter; and rows that only one of the two has."""
    keys = {"video_id": "native_id", "observed_on": "stats_on"}
    on = ["platform", *keys.values()]
    expected = series.select("platform", *keys, *COUNTERS).rename(keys)
    joined = expected.join(found.select(*on, *COUNTERS), on=on, how="full", suffix="_found")
    differ = {name: int((~pl.Series(joined[name]).eq_missing(joined[f"{name}_found"])).sum()) for name in COUNTERS}
    absent = joined.select(pl.col("native_id").is_null().sum().alias("only rows"),
                           pl.col("native_id_found").is_null().sum().alias("only file"))  # fmt: skip
    return differ | {name: int(count) for name, count in absent.row(0, named=True).items()}


def measure(answers: list[Answer]) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Rows of all pages, some pages at a time, beside a plain decode of the same bytes and a plain write."""
    size = sum(len(answer.body) for answer in answers)
    start = time.perf_counter()
    for answer in answers:
        msgspec.json.decode(answer.body)
    decoded = time.perf_counter()
    parts = [stat_rows(answers[at : at + PAGES_AT_A_TIME]).rows for at in range(0, len(answers), PAGES_AT_A_TIME)]
    rows = pl.concat(parts)
    made = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        rows.write_parquet(Path(folder) / "rows.parquet", compression="zstd")
        written = time.perf_counter()
    return rows, {
        "pages": len(answers),
        "megabytes": round(size / 1e6, 1),
        "rows": rows.height,
        "plain_decode_seconds": round(decoded - start, 2),
        "rows_seconds": round(made - decoded, 2),
        "rows_to_plain_decode": round((made - decoded) / (decoded - start), 1),
        "write_seconds": round(written - made, 2),
        "peak_rss_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def main() -> int:
    """Print one JSON object; 1 where a value differs."""
    if not SERIES.is_file():
        sys.stderr.write("The real series are not here: ../shared/data/video_daily_stats.parquet\n")
        return 2
    series = real_series()
    first: date = series.select(pl.col("first").min()).item()
    begun = datetime(first.year, first.month, first.day, tzinfo=UTC)
    settings = SandboxSettings(
        size=1_000, video_series_path=str(SERIES), rate_limit_scale=1e6, clock_rate=0, start_at=begun.isoformat()
    )
    with start_in_background(settings) as sandbox:
        tracked = track(sandbox, series)
        start = time.perf_counter()
        answers = list(pages(sandbox))
        read_seconds = time.perf_counter() - start
    rows, figures = measure(answers)
    found = differences(series, rows)
    report = {"tracked": tracked, "file_rows": series.height, "read_seconds": round(read_seconds, 1)} | figures
    sys.stdout.write(json.dumps(report | {"differences": found}, indent=1) + "\n")
    return 1 if any(found.values()) else 0


def _address(platform: str, video_id: str) -> str:
    if platform == "tiktok":
        return f"https://www.tiktok.com/@someone/video/{video_id}"
    return f"https://www.youtube.com/watch?v={video_id}"


def _set_clock(control: httpx.Client, day: date) -> None:
    moment = datetime(day.year, day.month, day.day, 0, 0, 30, tzinfo=UTC)
    control.post("/clock", json={"set": moment.isoformat()}).raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
