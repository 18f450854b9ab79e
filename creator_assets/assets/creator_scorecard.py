"""The scorecard: what is known of each selected creator, on one line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from creator_assets.assets.framework.blueprint import Dependency, free_asset
from creator_assets.assets.framework.metadata import missing_values
from creator_assets.assets.framework.step import Step
from creator_assets.metrics.scorecard import WEEKS_BEFORE, follower_counts, scorecard
from creator_assets.partition_definitions import with_partitions_before
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.tables import schemas


@free_asset(
    group="reports",
    kind=PartitionKind.WEEK,
    deps=[
        Dependency(asset="shortlist", mapping=lambda: with_partitions_before(WEEKS_BEFORE)),
        Dependency(asset="enriched_profiles", mapping=lambda: with_partitions_before(WEEKS_BEFORE)),
        "audience_reports",
    ],
)
def creator_scorecard(step: Step) -> dict[str, Any]:
    """One row per selected creator: engagement, growth and audience on one line, and what it cost to know. Free.

    Made of what is there: without profiles or audience reports of the week their values are null, with the reason.
    """
    rows = scorecard(
        step.read("shortlist"),
        step.read_or_empty("enriched_profiles"),
        step.read_or_empty("audience_reports"),
        step.read_or_empty("audience_segments"),
        _earlier_counts(step),
    )
    return step.write(rows) | missing_values(rows)


def _earlier_counts(step: Step) -> pl.DataFrame:
    """The counts of followers of the weeks before, from the tables that have them; weeks never made are left out."""
    weeks = [
        Partition.week_of(step.partition.campaign, step.partition.first_day - timedelta(weeks=before))
        for before in range(1, WEEKS_BEFORE + 1)
    ]
    return pl.concat(
        [
            follower_counts(step.read(table, week))
            for table in ("shortlist", "enriched_profiles")
            for week in weeks
            if step.tables.exists(table, week.path_parts)
        ]
        or [follower_counts(schemas.Shortlist.create_empty())]
    )
