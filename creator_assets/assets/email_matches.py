"""The accounts behind e-mail addresses that the team may lawfully ask about."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import paid_asset
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.demand.email_matches import EmailMatches


@paid_asset(EmailMatches(), group="profiles")
def email_matches(step: PaidStep) -> dict[str, Any]:
    """One row per e-mail address and account behind it, the address as a keyed hash.

    Empty unless the brief records a lawful basis and a purpose; both stand on every row.
    """
    return step.buy_and_write()
