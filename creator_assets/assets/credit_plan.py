"""The plan of a week as a table: what its paid assets would ask and cost by now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import polars as pl

from creator_assets.assets.framework.blueprint import free_asset
from creator_assets.assets.framework.step import Step
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.markdown import markdown_table
from creator_assets.microcredits import format_credits
from creator_assets.partitions import PartitionKind
from creator_assets.spending.planning.plan import PlanLine, make_plan, summary
from creator_assets.tables import schemas


@free_asset(group="credits", kind=PartitionKind.WEEK, resources=("campaigns", "paid_client", "tables", "identity"))
def credit_plan(step: Step) -> dict[str, Any]:
    """What a campaign's week would ask and cost by now, against archive and budgets. Sends nothing."""
    client = step.run.paid_client
    ledger = client.open().ledger
    at = plan_context(step.campaign, step.partition, ledger, client.settings(), step.run.identity.secret)
    lines = make_plan(ledger, demands_of(step.run.stages, at))
    rows = pl.DataFrame(
        [_row(line, ledger.now()) for line in lines],
        schema={name: column.dtype for name, column in schemas.CreditPlan.columns().items()},
        orient="row",
    )
    return step.write(rows) | {"plan": dg.MetadataValue.md(_as_markdown(lines)), "summary": summary(lines)}


def _row(line: PlanLine, planned_at: datetime) -> tuple[Any, ...]:
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
        line.verdict_in_words,
        line.price,
        planned_at,
    )


def _as_markdown(lines: Sequence[PlanLine]) -> str:
    """The plan as people read it in the UI."""
    rows = [
        (
            line.asset_in_words,
            f"{line.provider} {line.operation}",
            f"{line.calls_min} to {line.calls_max}",
            str(line.archive_hits),
            line.cost,
            format_credits(line.left_microcredits),
            line.verdict_in_words,
        )
        for line in lines
    ]
    return markdown_table(("asset", "operation", "calls", "archive hits", "credits", "left", "verdict"), rows)
