"""The creators that the searches of a brief find."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.discovery import Discovery


@paid_asset(Discovery(), group="discovery")
def discovery_results(step: PaidStep) -> dict[str, Any]:
    """Creators found for a campaign in a week: searches, look-alikes and roster, with origin and rank."""
    return step.buy_and_write()
