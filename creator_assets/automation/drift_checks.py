"""The asset check on the fields of answers: did a provider change what it answers?

What counts as a change is in ``metrics.answer_drift``.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a check as they stand.

import dagster as dg
import polars as pl

from creator_assets.metrics.answer_drift import drift
from creator_assets.resources import PaidClientResource, ParquetTables
from creator_assets.tables import schemas

SAMPLE_FIELDS = 5
"""Shown of the new fields, and of those that are gone."""
_COLUMNS = ("provider", "operation", "platform", "path", "json_type", "what", "since", "answers")


def build_drift_check() -> dg.AssetChecksDefinition:
    """The check on `answer_fields`."""

    @dg.asset_check(
        asset="answer_fields",
        name="answers_have_the_known_fields",
        description="No field of the answers is new, and none that was always there is gone.",
    )
    def check(paid_client: PaidClientResource, tables: ParquetTables) -> dg.AssetCheckResult:
        fields = tables.open().read(schemas.AnswerFields, "answer_fields")
        changed = drift(fields, paid_client.open().ledger.now())
        by_provider = changed.group_by("provider", "what").len().sort("provider", "what")
        return dg.AssetCheckResult(
            passed=changed.is_empty(),
            severity=dg.AssetCheckSeverity.WARN,
            description=_sentence(changed),
            metadata={
                **{f"{what}/{provider}": count for provider, what, count in by_provider.iter_rows()},
                "sample": _table(changed.group_by("what", maintain_order=True).head(SAMPLE_FIELDS)),
            },
        )

    return check


def _sentence(changed: pl.DataFrame) -> str:
    if changed.is_empty():
        return "The answers have the known fields."
    found = [
        f"{count} {'field is' if count == 1 else 'fields are'} {what}"
        for what in ("new", "gone")
        if (count := int((changed["what"] == what).sum()))
    ]
    providers = ", ".join(changed["provider"].unique().sort())
    return f"{' and '.join(found)} in the answers of {providers}. Check what the tables have of them."


def _table(sample: pl.DataFrame) -> dg.TableMetadataValue:
    columns = [dg.TableColumn(name, "int" if name == "answers" else "string") for name in _COLUMNS]
    texts = sample.select(pl.col("since").dt.strftime("%Y-%m-%d %H:%M UTC"), pl.exclude("since")).select(_COLUMNS)
    return dg.TableMetadataValue(
        records=[dg.TableRecord(record) for record in texts.iter_rows(named=True)], schema=dg.TableSchema(columns)
    )
