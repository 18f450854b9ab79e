"""A stage on a Tuesday, the chain that looks at videos, and three videos that exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from creator_assets.assets.content import build_content
from creator_assets.assets.content_details import build_content_details
from creator_assets.assets.discovery import build_discovery
from creator_assets.assets.reports import build_reports
from creator_assets.assets.tracked_videos import build_tracking
from creator_assets.assets.video_stats import build_videos
from creator_assets.partition_definitions import day_by_campaign, week_by_campaign
from tests.assets.following.looks import FINDING, TUESDAY
from tests.assets.stage import Stage, stage_at


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def assets() -> list[dg.AssetsDefinition]:
    """The chain, with partitions that begin before the stage's day."""
    weeks, days = week_by_campaign(["one", "finding"], TUESDAY.date()), day_by_campaign(["one"], TUESDAY.date())
    builders = (build_discovery, build_content, build_content_details, build_tracking)
    return [*(one for build in builders for one in build(weeks)), *build_videos(days), *build_reports(weeks, days)]


@pytest.fixture
def urls(stage: Stage, assets: list[dg.AssetsDefinition]) -> list[str]:
    """Three videos that exist."""
    stage.brief("finding", FINDING)
    stage.run("discovery_results", "shortlist", "content", slug="finding", assets=assets)
    posts = stage.table("content").sort("content_id").head(3).select("username", "native_id").iter_rows()
    return [f"https://www.tiktok.com/@{username}/video/{native_id}" for username, native_id in posts]
