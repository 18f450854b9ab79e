"""Credits: every request with what it cost and who asked, and every budget beside what its provider says.

These assets spend nothing: they show the plan, the books and the balances as tables. What is planned is listed in
``wanted``, how books and balances are kept and compared belongs to ``spending``.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl

from creator_assets.assets.framework.metadata import materialization_metadata
from creator_assets.assets.framework.paid_step import spender_of
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.partition import demands_of
from creator_assets.ledger.book_records import AttemptRecord, BudgetState
from creator_assets.ledger.reconciliation.records import Balance, Reconciliation
from creator_assets.ledger.records import Window
from creator_assets.microcredits import format_credits
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.capabilities import capabilities_for
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.statements import ReportedBalance
from creator_assets.resources import CampaignBriefs, Identity, PaidClientResource, ParquetTables
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.planning.plan import PlanLine, make_plan, summary
from creator_assets.tables import schemas

GROUP = "credits"


def build_credits(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage: the plan by `weeks` x campaign, the books unpartitioned, so that the UI plots them."""

    @table_asset(GROUP, partitions=weeks)
    def credit_plan(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """What a campaign's week would ask and cost by now, against archive and budgets. Sends nothing."""
        briefs = campaigns.load()
        ledger = paid_client.open().ledger

        def make(partition: Partition) -> dict[str, Any]:
            wanted = demands_of(partition, briefs[partition.campaign], ledger, paid_client.settings(), identity.secret)
            lines = make_plan(ledger, wanted)
            columns = schemas.CreditPlan.columns()
            rows = pl.DataFrame(
                [_plan_row(line, ledger.now()) for line in lines],
                schema={name: column.dtype for name, column in columns.items()},
                orient="row",
            )
            written = tables.open().write(schemas.CreditPlan, "credit_plan", partition.path_parts, rows)
            return materialization_metadata(schemas.CreditPlan, written) | {
                "plan": dg.MetadataValue.md(_as_markdown(lines)),
                "summary": summary(lines),
            }

        return materialize_partitions(context, PartitionKind.WEEK, make)

    @table_asset(GROUP, deps=["discovery_results", "enriched_profiles"])
    def credit_ledger(paid_client: PaidClientResource, tables: ParquetTables) -> dg.MaterializeResult[None]:
        """Every request that was ever admitted: who spent what, on what, and how that is known."""
        ledger = paid_client.open().ledger
        rows = pl.DataFrame(
            [_ledger_row(attempt) for attempt in ledger.attempts()],
            schema={name: column.dtype for name, column in schemas.CreditLedger.columns().items()},
            orient="row",
        )
        written = tables.open().write(schemas.CreditLedger, "credit_ledger", (), rows)
        violations = ledger.check()
        metadata = materialization_metadata(schemas.CreditLedger, written, balances=paid_client.balances())
        return dg.MaterializeResult(metadata=metadata | {"violations": violations})

    @table_asset(GROUP, deps=["discovery_results", "enriched_profiles"])
    def provider_balances(
        context: dg.AssetExecutionContext, paid_client: PaidClientResource, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """Every budget as the ledger counts it, and what the provider itself says is left. Free to ask for."""
        now = paid_client.open().ledger.now()
        compared = compare_balances(context, paid_client)
        rows = pl.DataFrame(
            [_balance_row(state, compared.get(state.scope), now) for state in paid_client.balances()],
            schema={name: column.dtype for name, column in schemas.ProviderBalances.columns().items()},
            orient="row",
        )
        written = tables.open().write(schemas.ProviderBalances, "provider_balances", (), rows)
        metadata = materialization_metadata(schemas.ProviderBalances, written, balances=paid_client.balances())
        said = {f"compared/{name}": str(result.verdict) for name, (_, result) in compared.items()}
        return dg.MaterializeResult(metadata=metadata | said)

    return [credit_plan, credit_ledger, provider_balances]


Compared = tuple[ReportedBalance, Reconciliation]


def compare_balances(context: dg.AssetExecutionContext, paid_client: PaidClientResource) -> dict[str, Compared]:
    """Ask each provider with a key for its balance and reconcile the ledger with it, by provider."""
    ledger = paid_client.open().ledger
    compared: dict[str, Compared] = {}
    for can in capabilities_for(CapabilityKind.BALANCE):
        now = ledger.now()
        # Only an answer of this moment will do.
        window = Window(start=now, end=now + timedelta(hours=1), reuse_since=now)
        purpose = FetchContext(spender=spender_of(context, partition="-", campaign=NO_CAMPAIGN), window=window)
        token = ledger.quiet(can.provider)
        try:
            fetched = paid_client.fetch([can.pages(paid_client.settings()[can.provider])], purpose)
        except PaidCallError as unknown:
            # The books are no less true where one provider has no key or does not answer.
            context.log.warning(str(unknown))
            continue
        told = can.rows(fetched.answers[0][0])
        used = told.used_microcredits
        balance = (
            Balance(used_microcredits=used) if used is not None else Balance(left_microcredits=told.left_microcredits)
        )
        compared[can.provider] = (
            told,
            ledger.reconcile(token, balance, left_microcredits=told.left_microcredits),
        )
    return compared


def _balance_row(state: BudgetState, compared: Compared | None, now: datetime) -> tuple[Any, ...]:
    told, result = compared or (None, None)
    return (
        state.scope,
        state.period,
        state.limit_microcredits,
        state.spent_microcredits,
        state.held_microcredits,
        state.in_doubt_microcredits,
        state.left_microcredits,
        told.left_microcredits if told else None,
        told.used_microcredits if told else None,
        str(result.verdict) if result else "",
        result.drift_microcredits if result else None,
        now,
    )


def _plan_row(line: PlanLine, planned_at: datetime) -> tuple[Any, ...]:
    return (
        line.asset,
        line.provider,
        line.operation,
        line.is_waterfall,
        line.calls_min,
        line.calls_max,
        line.archive_hits,
        line.min_microcredits if line.is_price_known else None,
        line.max_microcredits if line.is_price_known else None,
        line.left_microcredits,
        line.tightest_scope,
        line.said,
        line.price,
        planned_at,
    )


def _as_markdown(lines: Sequence[PlanLine]) -> str:
    """The plan as people read it in the UI."""
    rows = [
        f"| {line.asked_by} | {line.provider} {line.operation} | {line.calls_min} to {line.calls_max} "
        f"| {line.archive_hits} | {line.cost} | {format_credits(line.left_microcredits)} | {line.said} |"
        for line in lines
    ]
    head = "| asset | operation | calls | archive hits | credits | left | verdict |\n|---|---|---|---|---|---|---|"
    return "\n".join([head, *rows])


def _ledger_row(attempt: AttemptRecord) -> tuple[Any, ...]:
    return (
        attempt.attempt_id,
        attempt.provider,
        attempt.operation,
        str(attempt.state),
        attempt.upper_microcredits,
        attempt.charge_microcredits,
        attempt.basis,
        attempt.asset,
        attempt.partition,
        "" if attempt.campaign == NO_CAMPAIGN else attempt.campaign,
        attempt.run_id,
        attempt.code_version,
        attempt.price_version,
        attempt.status,
        attempt.reserved_at,
        attempt.sent_at,
        attempt.closed_at,
    )
