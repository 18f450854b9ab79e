"""Who takes many creators at once and works on them in the background, and how such a job is asked about.

The table through which everything above this room reaches a provider's batches, as ``capabilities`` is for single
calls; one more provider is one more entry here. Nothing is asked in this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from creator_assets.providers.contract.account_settings import at_prices_in_force
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.influencers_club import account_rows, endpoints, operations
from creator_assets.providers.parsing.batches import PAUSED, UNDER_WAY
from creator_assets.providers.parsing.records import Parsed


class ReportedJob(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of a job: one word for its state, counts in rows, its cost so far where that is told."""

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
    """One provider's batches of profiles.

    ``submit(settings, platform, creators, mode=)`` gives the calls that hand a list in, split to the provider's limits
    and without duplicates; ``status``, ``results`` and ``resume`` take ``(settings, job_id, platform=, mode=)``.
    ``rows`` makes rows of ``enriched_profiles`` from results, ``job_rows`` those of ``enrichment_batches`` from
    submissions and looks. ``longest_seconds`` is from when on a job is not believed to end by itself.
    """

    provider: str
    modes: tuple[str, ...]
    submit: Callable[..., list[PagedRequest]]
    status: Callable[..., PagedRequest]
    results: Callable[..., PagedRequest]
    resume: Callable[..., PagedRequest]
    rows: Callable[[Sequence[Answer]], Parsed]
    job_rows: Callable[[Sequence[Answer]], Parsed]
    look_seconds: float
    longest_seconds: float

    def read(self, answer: Answer) -> ReportedJob:
        """What an answer to a submission or a look says."""
        row: dict[str, Any] = self.job_rows([answer]).rows.row(0, named=True)
        return ReportedJob(
            job_id=row["batch_id"],
            state=row["state"],
            next_look_at=row["next_look_at"],
            rows_done=row["processed_rows"],
            rows_failed=row["failed_rows"],
            charged_microcredits=row["reported_cost_microcredits"],
        )


JOBS: Mapping[str, BatchJobs] = {
    operations.NAME: BatchJobs(
        provider=operations.NAME,
        modes=operations.HANDLE_MODES,
        submit=at_prices_in_force(operations.batches),
        status=at_prices_in_force(operations.batch_status),
        results=at_prices_in_force(operations.batch_results),
        resume=at_prices_in_force(operations.batch_resume),
        rows=account_rows.batch_profile_rows,
        job_rows=account_rows.job_rows,
        look_seconds=endpoints.BATCH_SECONDS,
        # 10,000 rows at a row a second; the provider promises nothing.
        longest_seconds=3 * 3600.0,
    )
}
