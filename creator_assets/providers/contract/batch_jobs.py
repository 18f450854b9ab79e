"""Batches: a provider takes many creators at once and enriches them in the background.

What a provider's batches are, and what its answers say of a job. Submitting and polling happen above this room.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from creator_assets.providers.contract.capability_protocols import (
    AnswerRows,
    BatchJobPages,
    BatchPages,
    SingleAnswers,
    SinglePages,
)
from creator_assets.providers.contract.operations import Answer

PAUSED = "paused_insufficient_credits"
UNDER_WAY = frozenset({"queued", "processing"})


class ReportedJob(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of a job: its state, counts in creators, and its cost so far; None where it says nothing."""

    job_id: str
    state: str
    next_look_at: datetime | None
    rows_done: int | None
    rows_failed: int | None
    charged_microcredits: int | None

    @property
    def is_under_way(self) -> bool:
        """Whether the provider works on it."""
        return self.state in UNDER_WAY

    @property
    def is_paused(self) -> bool:
        """Whether it waits for credits."""
        return self.state == PAUSED


class BatchJobs(msgspec.Struct, frozen=True, kw_only=True):
    """The batches of one provider.

    ``modes`` are the depths of a profile that a batch can have. ``submit`` makes the requests that submit a list;
    ``status``, ``results`` and ``resume`` make a request about a submitted job. ``rows`` makes rows of
    ``enriched_profiles`` from results, ``job_rows`` makes rows of ``enrichment_batches`` from submissions and status
    answers. ``single`` makes the request for one creator that a row of a batch answers as well; ``single_answers``
    takes results apart into the answers to such requests. Poll every ``poll_seconds``; after ``longest_seconds`` a job
    is not expected to end by itself.
    """

    modes: tuple[str, ...]
    submit: BatchPages
    status: BatchJobPages
    results: BatchJobPages
    resume: BatchJobPages
    rows: AnswerRows
    job_rows: AnswerRows
    single: SinglePages
    single_answers: SingleAnswers
    poll_seconds: float
    longest_seconds: float

    def read(self, answer: Answer) -> ReportedJob:
        """Read what an answer to a submission or a status request says."""
        row = self.job_rows([answer]).rows.row(0, named=True)
        return ReportedJob(
            job_id=row["batch_id"],
            state=row["state"],
            next_look_at=row["next_look_at"],
            rows_done=row["processed_rows"],
            rows_failed=row["failed_rows"],
            charged_microcredits=row["reported_cost_microcredits"],
        )
