"""What an asset may use while it runs: its partition, the briefs, the tables, and what it writes.

``paid_step`` adds the paid client. What an asset declares of itself belongs to ``blueprint``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.framework.graph import AssetGraph, GraphNode
from creator_assets.assets.framework.metadata import materialization_metadata, side_table_metadata
from creator_assets.assets.framework.partition_loop import UpstreamMissingError
from creator_assets.assets.framework.reserve import BudgetReserve
from creator_assets.campaigns import Campaign, Campaigns
from creator_assets.demand.account_ids import of_unread
from creator_assets.demand.stage import Stage
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.book_records import BudgetState
from creator_assets.ledger.records import Attribution
from creator_assets.partitions import Partition
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.provenance import no_problems
from creator_assets.resources import CampaignBriefs, Identity, PaidClientResource, ParquetTables
from creator_assets.spending.accounts import NO_CAMPAIGN, NO_PARTITION, campaign_scope
from creator_assets.spending.fetch import FetchStats
from creator_assets.spending.planning.approved_plan import ApprovedPlan, read_plan
from creator_assets.tables.schemas import ALL_TABLES
from creator_assets.tables.store import Tables, Written

PLAN_TAG = "creator_assets/plan"
"""A run with this tag spends what the plan in that file allows (`creator-assets plan --out FILE`), and nothing else."""


_WHOLE_TABLE, _NO_START = "all", date(1970, 1, 1)
"""The partition of what was not read for a table without partitions."""


class WrittenAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """A written partition, and how many records became no row of it, and how many fields were left out of rows."""

    own: Written
    rejected: int
    notes: int


class StepContext:
    """The running step of one asset: Dagster's context and resources. It serves all partitions of the run."""

    def __init__(self, context: dg.AssetExecutionContext, graph: AssetGraph[GraphNode]) -> None:
        """Open nothing yet."""
        self.context = context
        self._graph = graph

    @cached_property
    def campaigns(self) -> Campaigns:
        """All briefs, read once a step."""
        return self.briefs.load()

    @property
    def briefs(self) -> CampaignBriefs:
        """The folder of briefs."""
        return cast("CampaignBriefs", self.context.resources.campaigns)

    @property
    def paid_client(self) -> PaidClientResource:
        """The resource that sends and books."""
        return cast("PaidClientResource", self.context.resources.paid_client)

    @property
    def identity(self) -> Identity:
        """The installation's secret."""
        return cast("Identity", self.context.resources.identity)

    def open_secret(self) -> InstallationSecret:
        """The installation's secret, for an asset that uses the identity.

        Raises:
            InstallationSecretError: It cannot be read.
        """
        return self.identity.secret()

    @property
    def tables(self) -> Tables:
        """The store of all tables."""
        return cast("ParquetTables", self.context.resources.tables).open()

    @property
    def stages(self) -> list[Stage]:
        """Every paid stage, upstream first."""
        return list(self._graph.stages.values())

    @cached_property
    def reserve(self) -> BudgetReserve:
        """What the rest of the run is certain to need."""
        return BudgetReserve(self.context, self.campaigns, self.paid_client, self.identity, self._graph)

    @cached_property
    def approved(self) -> ApprovedPlan | None:
        """The plan that the run is tied to, if any.

        Raises:
            UnreadablePlanError: The file that the tag names is no plan.
        """
        return approved_plan(self.context.run.tags)

    def attribution(self, partition: Partition | None) -> Attribution:
        """The names that every credit of this step carries."""
        return Attribution(
            asset=self.context.asset_key.to_user_string(),
            partition=partition.key if partition else NO_PARTITION,
            campaign=partition.campaign if partition else NO_CAMPAIGN,
            run_id=self.context.run.run_id,
            step=self.context.op_execution_context.op.name,
            code_version=self.context.assets_def.code_versions_by_key.get(self.context.asset_key) or "",
        )


class Step:
    """One partition of an asset (None: the whole table), and what its function may use."""

    def __init__(self, run: StepContext, table: str, partition: Partition | None) -> None:
        """Choose the partition; nothing is read yet."""
        self.run, self.table = run, table
        self._partition = partition

    @property
    def partition(self) -> Partition:
        """The partition.

        Raises:
            TypeError: The table is written as a whole.
        """
        if self._partition is None:
            raise TypeError(f"{self.table} has no partitions")
        return self._partition

    @property
    def campaign(self) -> Campaign:
        """The brief of the partition's campaign.

        Raises:
            UnknownCampaignError: There is no such brief.
            WrongBriefError: It cannot be read.
        """
        return self.run.campaigns[self.partition.campaign]

    @property
    def tables(self) -> Tables:
        """The store of all tables."""
        return self.run.tables

    def read(self, table: str, partition: Partition | None = None) -> pl.DataFrame:
        """The same partition of an upstream table, or another one.

        Raises:
            UpstreamMissingError: It was never written; an empty one is something else.
        """
        return read_table(self.tables, table, partition or self.partition)

    def read_or_empty(self, table: str) -> pl.DataFrame:
        """The same partition of a table without which there is less to say; no rows where it was never written."""
        is_made = self.tables.exists(table, self.partition.path_parts)
        return self.read(table) if is_made else ALL_TABLES[table].create_empty()

    def write(
        self,
        rows: pl.DataFrame,
        table: str | None = None,
        *,
        prefix: str = "",
        balances: Iterable[BudgetState] = (),
    ) -> dict[str, Any]:
        """Write rows of the asset's table, or of a side table; returns what the materialization says of it.

        Args:
            rows: All of them.
            table: A side table; None for the asset's own.
            prefix: Begins the metadata of a side table.
            balances: Budgets that are shown beside.
        """
        name = table or self.table
        schema = ALL_TABLES[name]
        written = self.tables.write(schema, name, self._path_parts, rows)
        if prefix:
            return side_table_metadata(prefix, written)
        return materialization_metadata(name, written, balances=balances)

    def write_parsed(
        self, parsed: Iterable[Parsed], *, table: str | None = None, in_portions: bool = False
    ) -> WrittenAnswers:
        """Write rows of answers, the records that could not become rows, and what was left out of rows.

        All three are replaced together or not at all. With `in_portions` each of `parsed` is encoded before the next is
        asked for; they come in key order.
        """
        name = table or self.table
        schema = ALL_TABLES[name]
        rejected, notes = [no_problems()], [no_problems()]

        def rows() -> Iterator[pl.DataFrame]:
            for one in parsed:
                rejected.append(one.rejected)
                notes.append(one.notes)
                yield one.rows.select(schema.column_names())

        whole_or_portions = rows() if in_portions else pl.concat([schema.create_empty(), *rows()])
        own = self.tables.prepared(schema, name, self._path_parts, whole_or_portions)
        unread = [
            self.tables.prepared(ALL_TABLES[of], of, self._unread_parts(name), self._unread(pl.concat(found)))
            for of, found in (("rejected", rejected), ("field_notes", notes))
        ]
        *_, written = self.tables.replace([*unread, own])
        self.tables.remove("rejected", (f"asset={name}", *self._path_parts))  # the folder of earlier versions
        return WrittenAnswers(
            own=written, rejected=sum(one.height for one in rejected), notes=sum(one.height for one in notes)
        )

    def _unread(self, unread: pl.DataFrame) -> pl.DataFrame:
        return of_unread(unread, self.run.open_secret).with_row_index("number", offset=1)

    def _unread_parts(self, table: str) -> tuple[str, str, str]:
        partition = self._partition
        campaign, start = (partition.campaign, partition.first_day) if partition else (_WHOLE_TABLE, _NO_START)
        return f"asset={table}", f"campaign={campaign}", f"start={start.isoformat()}"

    def bought_metadata(self, written: WrittenAnswers, fetch_stats: FetchStats) -> dict[str, Any]:
        """What the materialization says of rows of answers, of what they cost, and of what the budgets have left."""
        return materialization_metadata(
            self.table,
            written.own,
            rejected=written.rejected,
            field_notes=written.notes,
            fetch_stats=fetch_stats,
            balances=relevant_balances(self.run.paid_client, self._partition),
        )

    @property
    def _path_parts(self) -> tuple[str, ...]:
        return self._partition.path_parts if self._partition else ()


def approved_plan(tags: Mapping[str, str]) -> ApprovedPlan | None:
    """The plan that a run is tied to by its tag, None where it is tied to none.

    Raises:
        UnreadablePlanError: The file that the tag names is no plan.
    """
    return read_plan(Path(tags[PLAN_TAG])) if PLAN_TAG in tags else None


def relevant_balances(paid_client: PaidClientResource, partition: Partition | None) -> list[BudgetState]:
    """The budgets of the providers, and of the campaign where the partition has one."""
    names = set(paid_client.providers())
    scopes = names | ({campaign_scope(partition.campaign, name) for name in names} if partition else set())
    return [state for state in paid_client.balances() if state.scope in scopes]


def read_table(tables: Tables, table: str, partition: Partition) -> pl.DataFrame:
    """One partition of a table.

    Raises:
        UpstreamMissingError: It was never written; an empty one is something else.
    """
    if not tables.exists(table, partition.path_parts):
        raise UpstreamMissingError(f"{table} has no {partition.key} yet. Materialize it first.")
    return tables.read(ALL_TABLES[table], table, partition.path_parts)
