"""The new posts of the best creators."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.videos.content import Content


@paid_asset(Content(), group="videos", deps=["shortlist"])
def content(step: PaidStep) -> dict[str, Any]:
    """New posts of the best creators, each bought in one week only. `media_url` ends at `media_expires_at`."""
    return step.buy_and_write()
