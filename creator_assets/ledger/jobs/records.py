"""What jobs are made of: an intent, a job with its state, an attempt to submit it, and what a poll of it showed.

Value objects only. The steps between them belong to ``jobs.py``, the credits held for a job to ``holds.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from creator_assets.ledger.records import AttemptState
from creator_assets.ledger.storage.rows import Row
from creator_assets.providers.contract.operations import Response

BATCH, PROFILE, REPORT = "batch", "profile", "report"


class JobState(StrEnum):
    """Where a job stands. The last three are over."""

    INTENDED = "intended"  # written down; the provider may not know of it yet
    UNCERTAIN = "uncertain"  # whether it was submitted is unknown: never submitted again by itself
    WAITING = "waiting"  # the provider works on it
    PAUSED = "paused"  # the provider waits for credits
    FAILED = "failed"  # the provider gave up
    READY = "ready"  # the provider is done; to be collected
    COLLECTED = "collected"
    LOST = "lost"  # the provider does not know it any more
    ABANDONED = "abandoned"  # nobody wants it any more, or it was never submitted


CLOSED = frozenset({JobState.COLLECTED, JobState.LOST, JobState.ABANDONED})


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be submitted.

    Two intents with the same ``subject`` mean the same job: it is open once at most. ``parameters`` are what collecting
    its results needs (platform, creators, mode). ``request_key`` is that of the request that submits it.
    """

    kind: str
    subject: str
    provider: str
    parameters: dict[str, Any]
    request_key: str
    rows_total: int


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job. ``job_id`` is ours, ``provider_job_id`` the provider's; ``since`` is when its state began.

    ``polls`` counts the polls that found it in the same state.
    """

    job_id: str
    kind: str
    subject: str
    provider: str
    asset: str
    partition: str
    campaign: str
    run_id: str
    owner: str
    parameters: dict[str, Any]
    request_key: str
    provider_job_id: str | None
    hold_attempt_id: str | None
    state: JobState
    rows_total: int
    rows_done: int
    rows_failed: int
    charged_microcredits: int
    polls: int
    resumes: int
    intended_at: datetime
    since: datetime
    next_poll_at: datetime
    note: str

    def __repr__(self) -> str:
        """Name the job, never the creators in it."""
        return f"Job({self.job_id!r}, {self.provider}/{self.kind}, {self.state})"

    @property
    def is_open(self) -> bool:
        """Whether anything is still to happen."""
        return self.state not in CLOSED


class Submission(Row, frozen=True):
    """An attempt that was made to submit a job; ``charge_microcredits`` is 0 where none is known."""

    attempt_id: str
    state: AttemptState
    charge_microcredits: int


class JobStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll showed. ``charged_microcredits`` is what the job has charged so far, None where nothing says."""

    state: JobState
    next_poll_at: datetime
    rows_done: int | None = None
    rows_failed: int | None = None
    charged_microcredits: int | None = None
    resumed: bool = False
    note: str = ""
    response: Response | None = None

    @property
    def ends(self) -> bool:
        """Whether nothing more will be charged."""
        return self.state is JobState.READY


def due_jobs(jobs: Sequence[Job], now: datetime) -> list[Job]:
    """The jobs whose next poll is due."""
    return [job for job in jobs if job.next_poll_at <= now]
