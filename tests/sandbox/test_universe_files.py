"""Files of creators and videos that a user names: whatever is wrong with one is a sentence that names it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.sandbox.server import SandboxStartError
from creator_assets.sandbox.universe.parquet import ParquetUniverse
from creator_assets.sandbox.universe.series import open_series

CREATORS = {"platform": ["instagram"], "username": ["someone"], "followers": [1_000]}
SERIES = {
    "platform": ["youtube"],
    "video_id": ["a"],
    "observed_on": [date(2026, 11, 16)],
    "views": [1],
    "likes": [1],
    "comments": [None],
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"followers": None}, "lacks columns: followers"),
        ({"followers": ["many"]}, "column followers is String, and Int64 is needed"),
        ({"username": [None]}, "column username has rows without a value"),
        ({"avg_views": [["1"]]}, "column avg_views is List(String), and Int64 is needed"),
        ({"avg_views": [1.5]}, "column avg_views is Float64, and Int64 is needed"),
        ({"followers": [True]}, "column followers is Boolean, and Int64 is needed"),
        ({"followers": [2**63]}, "column followers has values that are no Int64"),
        ({"username": [1]}, "column username is Int64, and String is needed"),
        ({"username": [""]}, "column username has rows without a value"),
        ({"platform": ["myspace"]}, "column platform has 'myspace', which is none of instagram"),
    ],
)
def test_a_wrong_column_of_creators_is_named(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    path = tmp_path / "creators.parquet"
    pl.DataFrame({name: values for name, values in (CREATORS | changed).items() if values is not None}).write_parquet(
        path
    )
    with pytest.raises(ValueError, match="creators") as refused:
        ParquetUniverse(str(path))
    assert said in str(refused.value)


def test_columns_that_nobody_needs_may_have_any_type(tmp_path: Path) -> None:
    path = tmp_path / "creators.parquet"
    pl.DataFrame(CREATORS | {"notes": [[1, 2]], "avg_views": pl.Series([None]), "avg_likes": [2.0]}).write_parquet(path)
    assert ParquetUniverse(str(path)).by_handle("instagram", "SomeOne", datetime(2026, 11, 16, tzinfo=UTC)) is not None


def test_a_wrong_column_of_videos_is_named(tmp_path: Path) -> None:
    path = tmp_path / "videos.parquet"
    pl.DataFrame(SERIES).write_parquet(path)
    assert len(open_series(str(path))) == 1
    pl.DataFrame(SERIES | {"observed_on": ["soon"]}).write_parquet(path)
    with pytest.raises(ValueError, match="column observed_on is String, and Date is needed"):
        open_series(str(path))


@pytest.mark.parametrize("content", [b"", b"# Read me", b"PAR1" + bytes(40) + b"PAR1"])
def test_a_file_that_is_no_parquet_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "README.md"
    path.write_bytes(content)
    with pytest.raises(SandboxStartError) as refused, start_in_background(SandboxSettings(universe_path=str(path))):
        pass
    assert str(refused.value) == f"The sandbox could not start: {path} is no Parquet file that can be read."
