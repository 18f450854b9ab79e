"""Daily counters of real videos, replayed from a Parquet file.

The file has the columns ``platform``, ``video_id``, ``observed_on``, ``views``, ``likes``, ``comments`` and optionally
``title`` and ``channel``, and one row per video and day. Nulls stay null, and a day without a row stays a gap. The days
that a provider returns do not belong here.
"""

from __future__ import annotations

from datetime import date

import msgspec

Observation = tuple[int | None, int | None, int | None]


class ReplayedVideo(msgspec.Struct, kw_only=True):
    """One video of the file: views, likes and comments by day."""

    title: str | None
    channel: str | None
    days: dict[date, Observation]


Series = dict[tuple[str, str], ReplayedVideo]


def open_series(path: str | None) -> Series:
    """Read the file into one entry per (platform, video id); no path, no entries.

    Raises:
        ValueError: A required column is missing.
    """
    if path is None:
        return {}
    import polars as pl  # noqa: PLC0415 - takes half a second, which a sandbox without a replay saves

    frame = pl.read_parquet(path)
    wanted = ["platform", "video_id", "observed_on", "views", "likes", "comments"]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise ValueError(f"{path} is no video series: missing columns {', '.join(missing)}")
    wanted += [name for name in ("title", "channel") if name in frame.columns]
    series: Series = {}
    for row in frame.select(wanted).iter_rows(named=True):
        entry = series.get((row["platform"], row["video_id"]))
        if entry is None:
            entry = ReplayedVideo(title=row.get("title"), channel=row.get("channel"), days={})
            series[row["platform"], row["video_id"]] = entry
        entry.days[row["observed_on"]] = (row["views"], row["likes"], row["comments"])
    return series
