"""The audience reports of the best creators."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.audiences import AudienceReports


@paid_asset(AudienceReports(), group="audiences", deps=["shortlist", "enrichment_batches"])
def audience_reports(step: PaidStep) -> dict[str, Any]:
    """One row per account: its audience report, or why there is none yet. Its shares stand in `audience_segments`.

    Whether a report is there is asked for free before it is paid for. A report that is being prepared is a row with the
    time when to ask again.
    """
    return step.buy_and_write()
