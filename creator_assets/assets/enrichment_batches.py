"""The batches that long lists of profiles go into."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.batches.stage import EnrichmentBatches


@paid_asset(EnrichmentBatches(), group="profiles", deps=["shortlist"])
def enrichment_batches(step: PaidStep) -> dict[str, Any]:
    """One row per batch of the week, with its latest state. Hands long lists in and returns; a sensor polls them.

    Lists of fewer than a hundred creators, and lists with little time left, are bought by single requests instead. Long
    lists for a provider that gathers what it does not have are sent to it in advance, for free.
    """
    return step.buy_and_write()
