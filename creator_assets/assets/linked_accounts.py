"""The accounts that a provider says belong to the same person."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.linked_accounts import LinkedAccounts


@paid_asset(LinkedAccounts(), group="profiles", deps=["shortlist"])
def linked_accounts(step: PaidStep) -> dict[str, Any]:
    """One row per account that a provider says belongs to the same person as one of the best of the shortlist."""
    return step.buy_and_write()
