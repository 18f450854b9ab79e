"""Asset checks on the ledger: are its books in order, and does every provider count what the ledger counts?

Checks on rows of tables are in ``table_checks`` and ``count_checks``. A check reads and compares. It repairs nothing
and sends nothing to a provider.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a check as they stand.

import dagster as dg

from creator_assets.microcredits import format_credits
from creator_assets.resources import PaidClientResource


def build_checks() -> list[dg.AssetChecksDefinition]:
    """The checks on the ledger."""

    @dg.asset_check(asset="credit_ledger", description="Every invariant of the books holds.")
    def books_in_order(paid_client: PaidClientResource) -> dg.AssetCheckResult:
        violations = paid_client.open().ledger.check()
        return dg.AssetCheckResult(passed=not violations, metadata={"violations": violations})

    @dg.asset_check(
        asset="provider_balances",
        description="Each provider reports the same use as the ledger, to the millionth of a credit.",
    )
    def providers_agree(paid_client: PaidClientResource) -> dg.AssetCheckResult:
        drifts = paid_client.open().ledger.drift()
        return dg.AssetCheckResult(
            passed=not drifts,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "differences": [
                    f"{drift.scope} ({drift.period}): {format_credits(drift.drift_microcredits)} credits, "
                    f"{drift.verdict}, seen since {drift.since:%Y-%m-%d %H:%M} UTC"
                    for drift in drifts
                ]
            },
        )

    return [books_in_order, providers_agree]
