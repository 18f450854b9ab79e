"""Asset checks on tables: every rule, with the number of rows that violate it.

A check reads the partition that its run has materialized, or the whole table where the run has several. The rules are
in ``metrics.table_rules``.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a check as they stand.

from collections.abc import Mapping, Sequence

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from creator_assets.metrics.table_rules import RULES, sample, violations
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import PaidClientResource, ParquetTables
from creator_assets.tables.partition_keys import DAILY, WEEKLY
from creator_assets.tables.schemas import ALL_TABLES, PARTITION_KEYS

SAMPLE_ROWS = 5


def build_table_checks() -> list[dg.AssetChecksDefinition]:
    """One check for each table that has rules."""
    return [_check(table) for table in RULES]


def partition_of(table: str, tags: Mapping[str, str]) -> tuple[str, ...]:
    """The folders of the one partition of a run; none for the whole table."""
    kind = PartitionKind.DAY if PARTITION_KEYS[table] == DAILY else PartitionKind.WEEK
    return Partition.parse(tags[PARTITION_NAME_TAG], kind).path_parts if PARTITION_NAME_TAG in tags else ()


def _check(table: str) -> dg.AssetChecksDefinition:
    ruled = RULES[table]

    @dg.asset_check(
        asset=ruled.asset,
        name=f"{table}_is_consistent",
        description=f"No row of {table} violates a rule over related columns.",
        blocking=bool(ruled.blocking),
    )
    def check(
        context: dg.AssetCheckExecutionContext, paid_client: PaidClientResource, tables: ParquetTables
    ) -> dg.AssetCheckResult:
        schema = ALL_TABLES[table]
        rules = ruled.rules(paid_client.open().ledger.now())
        keys = PARTITION_KEYS[table] or WEEKLY
        frame = tables.open().scan(schema, table, partition_of(table, context.run.tags), keys)
        counted = violations(frame, rules)
        broken = {name: expr for name, expr in rules.items() if counted[name]}
        return dg.AssetCheckResult(
            passed=not broken,
            # Only an error stops later assets.
            severity=dg.AssetCheckSeverity.ERROR if ruled.blocking & broken.keys() else dg.AssetCheckSeverity.WARN,
            metadata={
                "violations": _metadata_table([{"rule": name, "rows": count} for name, count in counted.items()]),
                "sample": _metadata_table(sample(frame, broken, SAMPLE_ROWS)),
            },
        )

    return check


def _metadata_table(records: Sequence[Mapping[str, str | int]]) -> dg.TableMetadataValue:
    """A table for the UI, with the columns that any record has."""
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = [dg.TableColumn(name, "int" if name == "rows" else "string") for name in names]
    rows = [dg.TableRecord({name: record.get(name, "") for name in names}) for record in records]
    return dg.TableMetadataValue(records=rows, schema=dg.TableSchema(columns))
