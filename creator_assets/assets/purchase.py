"""What every paid asset does around its own calls and rows: say for whom and when, and write rows and rejected records.

The calls themselves and what becomes of their answers belong to the stage's file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import dagster as dg
import dataframely as dy
import msgspec
import polars as pl

from creator_assets.assets.partition_loop import UpstreamMissingError
from creator_assets.assets.presentation import materialization_metadata
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import Capability
from creator_assets.providers.contract import Answer, Call, Pages
from creator_assets.providers.records import Parsed
from creator_assets.resources import Door, ParquetTables
from creator_assets.spending.accounts import campaign_scope
from creator_assets.spending.approval import Approved, read_plan
from creator_assets.spending.book_records import BudgetState
from creator_assets.spending.gateway import Fetched, Purpose, Tally
from creator_assets.spending.records import Attribution, Window
from creator_assets.tables.schemas import Rejected

CODE_VERSION = "1"
# A run with this tag spends what the plan in that file allows (`creator-assets plan --out FILE`), and nothing beyond.
PLAN_TAG = "creator_assets/plan"


class WantedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to ask for, and who is asked."""

    capability: Capability
    pages: Pages


class Asked(Protocol):
    """Something that was asked for, by whatever name its stage has for it."""

    @property
    def capability(self) -> Capability:
        """Who was asked."""
        ...


def rows_of(
    wanted: Sequence[Asked], answers: Sequence[Sequence[Answer]], *, at_a_time: int | None = None
) -> list[Parsed]:
    """The rows of all answers, a reader at a time.

    Args:
        wanted: What was asked for.
        answers: To each of it.
        at_a_time: How many answers are decoded at once, which takes the memory of their bodies again; None is all.
    """
    return [rows(some) for rows, some in by_reader(wanted, answers, at_a_time=at_a_time)]


def by_reader(
    wanted: Sequence[Asked], answers: Sequence[Sequence[Answer]], *, at_a_time: int | None = None
) -> Iterator[tuple[Callable[..., Any], list[Answer]]]:
    """What makes rows of them, with some of the answers that it is for, until all have been handed out."""
    answers_of: dict[Callable[..., Any], list[Answer]] = {}
    for one, of_one in zip(wanted, answers, strict=True):
        answers_of.setdefault(one.capability.rows, []).extend(of_one)
    size = at_a_time or max(1, sum(map(len, answers)))
    for rows, of_reader in answers_of.items():
        for start in range(0, max(1, len(of_reader)), size):
            yield rows, of_reader[start : start + size]


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


def purpose_of(
    context: dg.AssetExecutionContext,
    partition: Partition,
    max_age: timedelta = timedelta(0),
    *,
    takes_refusals: bool = False,
) -> Purpose:
    """The spender by name, and the window: answers of its own time, or at most `max_age` older than its start.

    With `takes_refusals` a creator or post that the provider refuses is one of which it has nothing.
    """
    return Purpose(
        spender=spender_of(context, partition=str(partition.key), campaign=partition.campaign),
        window=window_of(partition, max_age),
        approved=approved_plan(context.run.tags),
        takes_refusals=takes_refusals,
    )


def approved_plan(tags: Mapping[str, str]) -> Approved | None:
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


def window_of(partition: Partition, max_age: timedelta = timedelta(0)) -> Window:
    """Answers of the partition's own time, or up to `max_age` older than its start."""
    return Window(start=partition.start, end=partition.end, carried_from=partition.start - max_age)


def portions(pages: Pages, size: int, fetch: Callable[[Pages], Fetched]) -> Iterator[Fetched]:
    """Fetch many pages some at a time, so that no more than `size` answers are held at once.

    For what is free: each portion is admitted by itself.
    """
    call: Call | None = pages.first
    calls_made = 0
    while call is not None and calls_made < pages.max_calls:
        so_many = min(size, pages.max_calls - calls_made)
        fetched = fetch(Pages(first=call, follow=_from(pages, calls_made), max_calls=so_many))
        (answers,) = fetched.answers
        calls_made += len(answers)
        call = pages.follow(answers[-1], calls_made)
        yield fetched


def _from(pages: Pages, before: int) -> Callable[[Answer, int], Call | None]:
    """How `pages` go on for somebody who begins to count after so many calls."""
    return lambda answer, calls_made: pages.follow(answer, before + calls_made)


def save(
    tables: ParquetTables,
    door: Door,
    schema: type[dy.Schema],
    table: str,
    partition: Partition | None,
    parsed: Iterable[Parsed],
    tally: Tally,
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
        schema, written, rejected=rejected.height, tally=tally, balances=relevant_balances(door, partition)
    )


def relevant_balances(door: Door, partition: Partition | None) -> list[BudgetState]:
    """The budgets of the providers, and of the campaign where the partition has one."""
    names = set(door.providers())
    wanted = names | ({campaign_scope(partition.campaign, name) for name in names} if partition else set())
    return [state for state in door.balances() if state.scope in wanted]
