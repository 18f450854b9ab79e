"""The asset check on the fields of answers: did a provider change what it answers?

What counts as a change is in ``metrics.answer_drift``.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a check as they stand.

import dagster as dg
import polars as pl

from creator_assets.metrics.answer_drift import drift, monday_of
from creator_assets.resources import PaidClientResource, ParquetTables
from creator_assets.tables import schemas

SAMPLE_FIELDS = 10
_COLUMNS = ("provider", "operation", "platform", "path", "json_type", "what", "since", "answers")


def build_drift_check() -> dg.AssetChecksDefinition:
    """The check on `answer_fields`."""

    @dg.asset_check(
        asset="answer_fields",
        name="answers_have_the_known_fields",
        description="No field of the answers of this week is new, and none that was always there is gone.",
    )
    def check(paid_client: PaidClientResource, tables: ParquetTables) -> dg.AssetCheckResult:
        fields = tables.open().read(schemas.AnswerFields, "answer_fields")
        changed = drift(fields, monday_of(paid_client.open().ledger.now()))
        by_provider = changed.group_by("provider", "what").len().sort("provider", "what")
        return dg.AssetCheckResult(
            passed=changed.is_empty(),
            severity=dg.AssetCheckSeverity.WARN,
            description=_sentence(changed),
            metadata={
                **{f"{what}/{provider}": count for provider, what, count in by_provider.iter_rows()},
                "sample": _table(changed.head(SAMPLE_FIELDS)),
            },
        )

    return check


def _sentence(changed: pl.DataFrame) -> str:
    if changed.is_empty():
        return "The answers have the known fields."
    new, gone = ((changed["what"] == what).sum() for what in ("new", "gone"))
    providers = ", ".join(changed["provider"].unique().sort())
    return f"{new} fields are new and {gone} are gone in the answers of {providers}. Compare the tables of this week."


def _table(sample: pl.DataFrame) -> dg.TableMetadataValue:
    columns = [dg.TableColumn(name, "int" if name == "answers" else "string") for name in _COLUMNS]
    texts = sample.select(pl.col("since").dt.strftime("%Y-%m-%d %H:%M UTC"), pl.exclude("since")).select(_COLUMNS)
    return dg.TableMetadataValue(
        records=[dg.TableRecord(record) for record in texts.iter_rows(named=True)], schema=dg.TableSchema(columns)
    )
