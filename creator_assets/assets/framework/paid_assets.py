"""Which assets spend credits."""

from __future__ import annotations

import dagster as dg

PAID_ASSETS = (
    "discovery_results",
    "enrichment_batches",
    "enriched_profiles",
    "linked_accounts",
    "email_matches",
    "audience_reports",
    "audience_overlap",
    "content",
    "content_details",
    "tracked_videos",
)
PAID_DAILY_ASSETS = ("video_stats",)


def paid_assets_of(run: dg.DagsterRun) -> list[str]:
    """The assets of a run that spend credits, in the order in which they run."""
    if run.asset_selection is None:
        return list({"creators": PAID_ASSETS, "video_days": PAID_DAILY_ASSETS}.get(run.job_name, ()))
    selected = {key.to_user_string() for key in run.asset_selection}
    return [name for name in (*PAID_ASSETS, *PAID_DAILY_ASSETS) if name in selected]
