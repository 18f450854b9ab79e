"""What every paid asset does around its own calls and rows: say for whom and when, and write rows and rejected records.

The calls themselves and what becomes of their answers belong to the stage's file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from creator_assets.assets.framework.metadata import materialization_metadata
from creator_assets.assets.framework.partition_loop import UpstreamMissingError
from creator_assets.demand.requests import window_of
from creator_assets.ledger.book_records import BudgetState
from creator_assets.ledger.records import Attribution
from creator_assets.partitions import Partition
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.resources import PaidClientResource, ParquetTables
from creator_assets.spending.accounts import campaign_scope
from creator_assets.spending.fetch import FetchContext, FetchStats
from creator_assets.spending.planning.approved_plan import ApprovedPlan, read_plan
from creator_assets.tables.schemas import Rejected

CODE_VERSION = "1"
# A run with this tag spends what the plan in that file allows (`creator-assets plan --out FILE`), and nothing beyond.
PLAN_TAG = "creator_assets/plan"


def spender_of(context: dg.AssetExecutionContext, *, partition: str, campaign: str) -> Attribution:
    """The names that every credit of this step carries."""
    return Attribution(
        asset=context.asset_key.to_user_string(),
        partition=partition,
        campaign=campaign,
        run_id=context.run.run_id,
        step=context.op_execution_context.op.name,
        code_version=CODE_VERSION,
    )


def fetch_context_of(
    context: dg.AssetExecutionContext,
    partition: Partition,
    max_age: timedelta = timedelta(0),
    *,
    tolerate_rejections: bool = False,
) -> FetchContext:
    """The spender by name, and the window: answers of its own time, or at most `max_age` older than its start.

    With `takes_refusals` a creator or post that the provider refuses is one of which it has nothing.
    """
    return FetchContext(
        spender=spender_of(context, partition=str(partition.key), campaign=partition.campaign),
        window=window_of(partition, max_age),
        approved=approved_plan(context.run.tags),
        tolerate_rejections=tolerate_rejections,
    )


def approved_plan(tags: Mapping[str, str]) -> ApprovedPlan | None:
    """The plan that a run is tied to by its tag, None where it is tied to none.

    Raises:
        UnreadablePlanError: The file that the tag names is no plan.
    """
    return read_plan(Path(tags[PLAN_TAG])) if PLAN_TAG in tags else None


def read_upstream(tables: ParquetTables, schema: type[dy.Schema], table: str, partition: Partition) -> pl.DataFrame:
    """The same partition of an upstream table.

    Raises:
        UpstreamMissingError: It was never written; an empty one is something else.
    """
    store = tables.open()
    if not store.exists(table, partition.path_parts):
        raise UpstreamMissingError(f"{table} has no {partition.key} yet. Materialize it first.")
    return store.read(schema, table, partition.path_parts)


def read_if_made(tables: ParquetTables, schema: type[dy.Schema], table: str, partition: Partition) -> pl.DataFrame:
    """The same partition of a table without which a report has less to say; no rows where it was never written."""
    is_made = tables.open().exists(table, partition.path_parts)
    return read_upstream(tables, schema, table, partition) if is_made else schema.create_empty()


def save(
    tables: ParquetTables,
    paid_client: PaidClientResource,
    schema: type[dy.Schema],
    table: str,
    partition: Partition | None,
    parsed: Iterable[Parsed],
    fetch_stats: FetchStats,
    *,
    in_portions: bool = False,
) -> dict[str, Any]:
    """Write the rows of a partition (None: the whole table) and its rejected records; returns the metadata.

    With `in_portions` each of `parsed` is written before the next is asked for, so that one is held at a time; they
    come in the order of the primary key.
    """
    store = tables.open()
    path_parts = partition.path_parts if partition else ()
    set_aside: list[pl.DataFrame] = [Rejected.create_empty()]

    def rows() -> Iterator[pl.DataFrame]:
        for one in parsed:
            set_aside.append(one.rejected.select(Rejected.column_names()))
            yield one.rows.select(schema.column_names())

    whole_or_portions = rows() if in_portions else pl.concat([schema.create_empty(), *rows()])
    written = store.write(schema, table, path_parts, whole_or_portions)
    rejected = pl.concat(set_aside)
    store.write(Rejected, "rejected", (f"asset={table}", *path_parts), rejected)
    return materialization_metadata(
        schema,
        written,
        rejected=rejected.height,
        fetch_stats=fetch_stats,
        balances=relevant_balances(paid_client, partition),
    )


def relevant_balances(paid_client: PaidClientResource, partition: Partition | None) -> list[BudgetState]:
    """The budgets of the providers, and of the campaign where the partition has one."""
    names = set(paid_client.providers())
    wanted = names | ({campaign_scope(partition.campaign, name) for name in names} if partition else set())
    return [state for state in paid_client.balances() if state.scope in wanted]
