"""Asset checks on completeness: do the answers hold as many records as their providers say?

Reads what the assets have noted of their answers (``demand.record_counts``): that of the run, else the latest.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a check as they stand.

from collections.abc import Mapping
from typing import Any

import dagster as dg

from creator_assets.demand.record_counts import DISAGREEING, FOUND, STATED, WHERE

COUNTED_ASSETS = ("content", "tracked_videos", "video_stats")


def build_count_checks() -> list[dg.AssetChecksDefinition]:
    """One check for each asset whose providers state how many records they return."""
    return [_check(asset) for asset in COUNTED_ASSETS]


def _check(asset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset,
        name=f"{asset}_is_complete",
        description="The answers hold as many records as the providers say that they do.",
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        noted = _noted(context, dg.AssetKey(asset))
        total = {name: sum(int(one.get(name, 0)) for one in noted) for name in (STATED, FOUND, DISAGREEING)}
        where = [answer for one in noted for answer in one.get(WHERE, ())]
        return dg.AssetCheckResult(
            passed=total[DISAGREEING] == 0,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={**total, WHERE: where[:5]},
        )

    return check


def _noted(context: dg.AssetCheckExecutionContext, key: dg.AssetKey) -> list[Mapping[str, Any]]:
    """The metadata of what the run has made of an asset, a partition each; without any, of what was made last."""
    logged = context.instance.all_logs(context.run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    made = [entry.asset_materialization for entry in logged if entry.asset_materialization is not None]
    own = [one for one in made if one.asset_key == key]
    if not own:
        latest = context.instance.get_latest_materialization_event(key)
        own = [latest.asset_materialization] if latest and latest.asset_materialization else []
    return [{name: value.value for name, value in one.metadata.items()} for one in own]
