"""The shortlist: which of the creators found are worth a profile."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import free_asset
from creator_assets.assets.framework.step import Step
from creator_assets.demand.discovery import shortlist_rows
from creator_assets.metrics.shortlisting import engagement_rates
from creator_assets.partitions import PartitionKind


@free_asset(
    group="discovery",
    kind=PartitionKind.WEEK,
    deps=["discovery_results"],
    resources=("campaigns", "tables"),
)
def shortlist(step: Step) -> dict[str, Any]:
    """Every creator found, selected or not, with the parts of its score and the reason. Costs nothing."""
    rows = shortlist_rows(step.campaign, step.read("discovery_results"))
    return step.write(rows) | {
        "selected": int(rows["selected"].sum()),
        "engagement_rates": engagement_rates(rows),
        "reasons": dict(rows["reason"].value_counts().sort("reason").iter_rows()),
    }
