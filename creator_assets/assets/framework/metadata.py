"""How tables and materializations show in the Dagster UI: columns, counts and credits.

Values of personal columns never appear; metadata stays small, since the UI fetches all of it again for its plots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from creator_assets.ledger.book_records import BudgetState
from creator_assets.metrics.evaluation import MISSING
from creator_assets.microcredits import to_credits
from creator_assets.spending.fetch import FetchStats
from creator_assets.tables.schemas import ALL_TABLES, PARTITION_KEYS, Provenance
from creator_assets.tables.store import Written

OWNERS = ["team:creator-data"]
KINDS = {"polars", "parquet"}


def column_schema(schema: type[dy.Schema], table: str) -> dg.TableSchema:
    """The columns of a table as the UI shows them: type, description, unit, personal-data class, constraints."""
    keys = set(schema.primary_key())
    primary = "primary key of a partition" if PARTITION_KEYS[table] else "primary key"
    # What a row says stands before where it came from.
    columns = sorted(schema.columns().items(), key=lambda named: named[0] in Provenance.column_names())
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=str(column.dtype),
                description=_described(column),
                constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=keys == {name}),
                tags=_tags(column),
            )
            for name, column in columns
        ],
        constraints=dg.TableConstraints(other=[f"{primary}: {', '.join(sorted(keys))}"]) if keys else None,
    )


def definition_metadata(schema: type[dy.Schema], table: str) -> dict[str, Any]:
    """What is known of a table before it exists."""
    return {"dagster/column_schema": column_schema(schema, table), "dagster/table_name": table}


def materialization_metadata(
    table: str,
    written: Written,
    *,
    rejected: int = 0,
    field_notes: int = 0,
    fetch_stats: FetchStats | None = None,
    balances: Iterable[BudgetState] = (),
) -> dict[str, Any]:
    """What one written partition says of itself. Credits are numbers so that they plot; the ledger is exact."""
    metadata: dict[str, Any] = {
        "dagster/partition_row_count": written.rows,
        "dagster/column_schema": column_schema(ALL_TABLES[table], table),
        "path": dg.MetadataValue.path(str(written.path)),
        "bytes": written.bytes,
        "content_digest": written.digest,
        "rejected_records": rejected,
        "field_notes": field_notes,
    }
    if fetch_stats is not None:
        metadata |= {
            "requests_made": fetch_stats.requests,
            "archive_hits": fetch_stats.archive_hits,
            "requests_refused": fetch_stats.refused,
            "answers_unreadable": fetch_stats.unreadable,
            "credits_spent": _shown(sum(fetch_stats.spent_microcredits.values())),
        }
        metadata |= {
            f"credits_spent/{name}": _shown(amount) for name, amount in sorted(fetch_stats.spent_microcredits.items())
        }
    metadata |= {f"credits_left/{state.scope}": _shown(state.left_microcredits) for state in balances}
    return metadata


def side_table_metadata(prefix: str, written: Written) -> dict[str, Any]:
    """What the materialization of an asset says of a table that it writes beside its own."""
    return {
        prefix: written.rows,
        f"{prefix}_path": dg.MetadataValue.path(str(written.path)),
        f"{prefix}_digest": written.digest,
    }


def missing_values(rows: pl.DataFrame, prefix: str = "") -> dict[str, Any]:
    """How many rows of a report lack which metric."""
    without = rows.select(pl.col(MISSING).explode(empty_as_null=False).struct.field("metric")).to_series()
    return {f"{prefix}without_value": dict(without.value_counts().sort("metric").iter_rows())}


def _tags(column: dy.Column) -> dict[str, str]:
    personal = (column.metadata or {}).get("personal", "none")
    return {} if personal == "none" else {"personal": str(personal)}


def _described(column: dy.Column) -> str:
    facts: Mapping[str, Any] = column.metadata or {}
    unit = f" Unit: {facts['unit']}." if facts.get("unit") else ""
    return f"{column.description or ''}{unit}"


def _shown(amount_microcredits: int) -> float:
    return float(to_credits(amount_microcredits))
