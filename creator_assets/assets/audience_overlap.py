"""How far the audiences of the best creators are the same people."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.audience_overlap import AudienceOverlap


@paid_asset(AudienceOverlap(), group="audiences", deps=["shortlist"])
def audience_overlap(step: PaidStep) -> dict[str, Any]:
    """One row per compared set and creator. `roster_reach` bounds how many people they reach together."""
    return step.buy_and_write()
