"""Real series of real videos, replayed day by day through the sandbox, come out as rows equal to what went in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.influtics import requests, rows, stat_rows
from tests.reference import reference

from .bench import ProviderBench

SETTINGS = ProviderSettings()
DAYS = 30
VIDEOS = 300
ADDRESSES = {"youtube": "https://www.youtube.com/watch?v={}", "tiktok": "https://www.tiktok.com/@a/video/{}"}
KEY = ["platform", "native_id", "stats_on"]


@pytest.mark.parametrize("platform", sorted(ADDRESSES))
def test_a_month_of_real_videos_comes_out_value_by_value(start: Callable[..., ProviderBench], platform: str) -> None:
    path = reference("data/video_daily_stats.parquet", "series of real videos")
    series = pl.scan_parquet(path).filter(platform=platform).select(
        "platform", "observed_on", "views", "likes", "comments", native_id="video_id"
    )  # fmt: skip
    busiest = series.group_by("native_id").agg(first=pl.col("observed_on").min()).group_by("first").len().collect()
    first = busiest.sort("len", "first", descending=[True, False])["first"][0]
    month = series.filter(pl.col("observed_on").is_between(first, first + timedelta(days=DAYS - 1))).collect()
    # Those whose counters fall or pause are the ones to get right; some others join them.
    days = month.sort("observed_on").with_columns(
        fell=(pl.col("views").diff() < 0).over("native_id"), gap=(pl.col("observed_on").diff().over("native_id"))
    )
    odd = days.filter(pl.col("fell") | (pl.col("gap") > timedelta(days=1)))["native_id"].unique(maintain_order=True)
    others = month["native_id"].unique(maintain_order=True)
    chosen = pl.concat([odd.head(VIDEOS // 2), others]).unique(maintain_order=True).head(VIDEOS)
    expected = month.filter(pl.col("native_id").is_in(chosen.implode())).rename({"observed_on": "stats_on"})

    bench = start(video_series_path=str(path), start_at=f"{first.isoformat()}T10:00:00+00:00")
    bench.account("influtics", video_limit=VIDEOS)
    for pages in requests.track(SETTINGS, [ADDRESSES[platform].format(one) for one in chosen]):
        assert rows.tracked_rows(bench.fetch(pages)).rows["state"].unique().to_list() == ["tracked"]
    bench.advance(days=DAYS - 1)
    answers = bench.fetch(requests.stats(SETTINGS, VIDEOS))
    parsed = stat_rows.stat_rows(answers)
    assert parsed.rejected.is_empty()
    columns = [*KEY, "views", "likes", "comments"]
    counted = expected.filter(pl.any_horizontal(pl.col("views", "likes", "comments").is_not_null()))
    assert parsed.rows.select(columns).sort(KEY).equals(counted.select(columns).sort(KEY))

    # A day's own partition is the same as that day of the whole, increments and gaps included.
    last = counted["stats_on"].max()
    found = stat_rows.stat_rows(answers, days=[last]).rows  # type: ignore[list-item]
    alone = found.filter(source="series")
    assert found.height == VIDEOS, "those without a count say so"
    said = ["views_added", "days_missing", "is_correction", "day_number"]
    whole = parsed.rows.filter(stats_on=last)
    assert alone.select(*KEY, *said).sort(KEY).equals(whole.select(*KEY, *said).sort(KEY))
    before = counted.sort("stats_on").with_columns(
        grown=pl.col("views").diff().over("native_id"),
        missing=pl.col("stats_on").diff().dt.total_days().over("native_id") - 1,
    )
    joined = parsed.rows.join(before, on=KEY, how="inner")
    assert joined["views_added"].equals(joined["grown"], null_equal=True)
    assert joined["days_missing"].equals(joined["missing"], null_equal=True)
    assert joined["is_correction"].sum() >= (joined["grown"] < 0).sum()
    assert bench.booked["influtics"] == bench.meter("influtics") == chosen.len() * 30_000_000
