"""A stage on a Tuesday, the chain that looks at videos, and three videos that exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from creator_assets.assets.graph import build_assets
from creator_assets.partition_definitions import day_by_campaign, week_by_campaign
from tests.assets.following.looks import FINDING, TUESDAY
from tests.assets.stage import TimedProject, stage_at


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def assets() -> list[dg.AssetsDefinition]:
    """The chain, with partitions that begin before the stage's day."""
    weeks, days = week_by_campaign(["one", "finding"], TUESDAY.date()), day_by_campaign(["one"], TUESDAY.date())
    return build_assets(weeks, days)


@pytest.fixture
def urls(stage: TimedProject, assets: list[dg.AssetsDefinition]) -> list[str]:
    """Three videos that exist."""
    stage.brief("finding", FINDING)
    stage.run("discovery_results", "shortlist", "content", slug="finding", assets=assets)
    posts = stage.table("content").sort("content_id").head(3).select("username", "native_id").iter_rows()
    return [f"https://www.tiktok.com/@{username}/video/{native_id}" for username, native_id in posts]
