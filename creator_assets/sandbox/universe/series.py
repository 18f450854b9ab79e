"""Daily counters of real videos, replayed from a Parquet file.

The file has the columns ``platform``, ``video_id``, ``observed_on``, ``views``, ``likes``, ``comments`` and optionally
``title`` and ``channel``, and one row per video and day. Nulls stay null, and a day without a row stays a gap. The days
that a provider returns do not belong here.
"""

from __future__ import annotations

from datetime import date

import msgspec

from creator_assets.sandbox.universe.parquet_file import read_columns

Observation = tuple[int | None, int | None, int | None]


class ReplayedVideo(msgspec.Struct, kw_only=True):
    """One video of the file: views, likes and comments by day."""

    title: str | None
    channel: str | None
    days: dict[date, Observation]


_REQUIRED = {
    **dict.fromkeys(("platform", "video_id"), "String"),
    "observed_on": "Date",
    **dict.fromkeys(("views", "likes", "comments"), "Int64"),
}
_OPTIONAL = dict.fromkeys(("title", "channel"), "String")

Series = dict[tuple[str, str], ReplayedVideo]


def open_series(path: str | None) -> Series:
    """Read the file into one entry per (platform, video id); no path, no entries.

    Raises:
        ValueError: The file is no Parquet, lacks a column, or has a column of another type.
    """
    if path is None:
        return {}
    _, frame = read_columns(path, _REQUIRED, _OPTIONAL)
    series: Series = {}
    for row in frame.iter_rows(named=True):
        entry = series.get((row["platform"], row["video_id"]))
        if entry is None:
            entry = ReplayedVideo(title=row.get("title"), channel=row.get("channel"), days={})
            series[row["platform"], row["video_id"]] = entry
        entry.days[row["observed_on"]] = (row["views"], row["likes"], row["comments"])
    return series
