"""The videos that are tracked for a campaign."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import Dependency, paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.videos.tracked import WEEKS_BEFORE
from creator_assets.demand.videos.tracked_videos import TrackedVideos
from creator_assets.partition_definitions import with_partitions_before


@paid_asset(
    TrackedVideos(),
    group="videos",
    deps=[Dependency(asset="content", mapping=lambda: with_partitions_before(WEEKS_BEFORE))],
)
def tracked_videos(step: PaidStep) -> dict[str, Any]:
    """One row per video of the brief, or found in content: whether it is tracked, until when, and what to do."""
    return step.buy_and_write()
