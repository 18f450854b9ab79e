"""The creators that the searches of a brief find."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.campaigns import WrongBriefError
from creator_assets.demand.discovery import Discovery
from creator_assets.demand.filter_check import WrongFilterValuesError


@paid_asset(Discovery(), group="discovery")
def discovery_results(step: PaidStep) -> dict[str, Any]:
    """Creators found for a campaign in a week: searches, look-alikes and roster, with origin and rank."""
    try:
        return step.buy_and_write()
    except WrongFilterValuesError as error:
        # The stage knows the field; only the folder of briefs knows its line.
        faults = [step.run.briefs.fault(step.campaign.slug, one.steps, one.problem, one.remedy) for one in error.wrong]
        raise WrongBriefError("nothing was searched and nothing paid:\n" + "\n".join(map(str, faults))) from None
