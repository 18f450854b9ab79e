"""The daily counters of tracked videos."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import Dependency, paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.videos.video_stats import VideoStats
from creator_assets.partition_definitions import between_days_and_weeks


@paid_asset(VideoStats(), group="videos", deps=[Dependency(asset="tracked_videos", mapping=between_days_and_weeks)])
def video_stats(step: PaidStep) -> dict[str, Any]:
    """One row per tracked video and UTC day of its 30: counters, growth, corrections, gaps.

    Snapshots and creators' averages cost credits, where a brief asks for them; a series is free.
    """
    return step.buy_and_write()
