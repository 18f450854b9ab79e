"""The profiles of the creators of the shortlist."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.profiles import EnrichedProfiles


@paid_asset(EnrichedProfiles(), group="profiles", deps=["shortlist", "enrichment_batches"])
def enriched_profiles(step: PaidStep) -> dict[str, Any]:
    """One row per selected account and week: the provider's latest profile and its cost."""
    return step.buy_and_write()
