"""The fields of the providers' answers as a table: what shows that a provider changed its answers."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import free_asset
from creator_assets.assets.framework.step import Step
from creator_assets.demand.answer_fields import MAX_ANSWERS, FieldCounts
from creator_assets.tables import schemas


@free_asset(group="credits", deps=["discovery_results", "enriched_profiles"], resources=("paid_client", "tables"))
def answer_fields(step: Step) -> dict[str, Any]:
    """The fields that the answers of each provider and week hold, with counts and no values. Free.

    Each run counts what was archived since the run before it.
    """
    is_made = step.tables.exists("answer_fields")
    counts = FieldCounts(
        step.tables.read(schemas.AnswerFields, "answer_fields") if is_made else schemas.AnswerFields.create_empty()
    )
    ledger = step.run.paid_client.open().ledger
    counted = counts.add_all(ledger.answers_after(counts.through_entry, MAX_ANSWERS))
    return step.write(counts.rows()) | {"answers_counted": counted, "more_to_count": counted == MAX_ANSWERS}
