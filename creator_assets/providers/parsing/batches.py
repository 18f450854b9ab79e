"""Batches and background jobs of any provider as rows: their state, and when to poll them again.

What an answer says of a job is read in each provider's ``rows.py``. The spellings of a state, of which one provider
alone has two, become one here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from creator_assets.providers.contract.batch_jobs import PAUSED
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.table_rows import Paths, asked, rows_of_answers
from creator_assets.tables.schemas import EnrichmentBatches

_STATES: Mapping[str, str] = {
    "queued": "queued",
    "validating": "queued",
    "processing": "processing",
    "running": "processing",
    "finished": "finished",
    "completed": "finished",
    "succeeded": "finished",
    "failed": "failed",
    "error": "failed",
    PAUSED: PAUSED,
}


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as one answer describes it; counts are in creators, None where the answer states none."""

    batch_id: str
    mode: str
    state: str
    platform: str = ""
    next_look_at: datetime | None = None
    total_rows: int | None = None
    processed_rows: int | None = None
    succeeded_rows: int | None = None
    failed_rows: int | None = None
    reported_cost_microcredits: int | None = None


def batch_state(text: str) -> str:
    """A provider's word for a state as the table's word; an unknown word counts as under way."""
    return _STATES.get(text.strip().lower(), "processing")


def batch_rows(
    answers: Sequence[Answer], read: Callable[[Answer], Batch], counts: Callable[[Answer], Paths] = lambda _answer: {}
) -> Parsed:
    """Answers about batches as rows of ``enrichment_batches``; of several about one batch the newest is kept.

    Args:
        answers: The answers.
        read: Describes the batch of one answer.
        counts: Where an answer states the counts that `read` takes.
    """
    newest_first = sorted(answers, key=lambda answer: answer.observed_at, reverse=True)
    names = Batch.__struct_fields__
    known = asked(newest_first, EnrichmentBatches, names, lambda answer: msgspec.structs.astuple(read(answer)))
    return rows_of_answers(newest_first, EnrichmentBatches, known, counts)
