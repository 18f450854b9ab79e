"""Details of the posts that engaged most."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.videos.content_details import ContentDetails


@paid_asset(ContentDetails(), group="videos", deps=["content"])
def content_details(step: PaidStep) -> dict[str, Any]:
    """Data, comments, transcript and audio of the posts that engaged most; `empty` where a post has no such thing."""
    return step.buy_and_write()
