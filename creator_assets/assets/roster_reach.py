"""The reach of a roster: bounds of how many different people its creators reach together."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import free_asset
from creator_assets.assets.framework.metadata import missing_values
from creator_assets.assets.framework.step import Step
from creator_assets.demand.audience_overlap import rosters
from creator_assets.metrics import roster_reach as reach
from creator_assets.partitions import PartitionKind


@free_asset(
    group="reports",
    kind=PartitionKind.WEEK,
    deps=["shortlist", "enriched_profiles", "audience_overlap"],
    resources=("campaigns", "tables"),
)
def roster_reach(step: Step) -> dict[str, Any]:
    """One row per platform: bounds of how many different people the selected creators reach. Free.

    They are those of the brief's `overlap`; without it all that were selected, bounded by their followers alone.
    """
    overlap = step.campaign.overlap
    shortlist = step.read("shortlist")
    rows = reach.roster_reach(
        rosters(shortlist, overlap.top if overlap else shortlist.height),
        shortlist,
        step.read_or_empty("enriched_profiles"),
        step.read_or_empty("audience_overlap"),
    )
    return step.write(rows) | missing_values(rows)
