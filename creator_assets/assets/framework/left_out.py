"""What a materialization says of providers that were left out after a miss."""

from __future__ import annotations

from typing import Any

import dagster as dg

from creator_assets.demand.waterfall import WaterfallResult


def waterfall_metadata(context: dg.AssetExecutionContext, bought: WaterfallResult[object]) -> dict[str, Any]:
    """What a partition says of misses for which not everybody was asked: metadata, and one warning."""
    said = [
        f"{provider} was left out for {count} of them: {error.happened}. {error.next_step}"
        for provider, (count, error) in sorted(bought.cut_short.items())
    ]
    if said:
        context.log.warning("Beside what is certain, not all could be paid that misses lead to: %s", " ".join(said))
    return {
        "left_out_after_a_miss": {provider: count for provider, (count, _) in bought.cut_short.items()},
        "falling_through_cut_short": " ".join(said),
    }
