"""The nouns of pending work: an intent, a piece of work with its state, and what a look at it showed.

Value objects only. The table is in ``jobs.py``; what stays held for a job, in ``holds.py``.
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
    """Where a piece of work stands. The last three are over."""

    INTENDED = "intended"  # written down; the provider may not know of it yet
    UNCERTAIN = "uncertain"  # whether it was submitted is unknown: never submitted again by itself
    WAITING = "waiting"  # the provider works on it
    PAUSED = "paused"  # the provider waits for credits
    FAILED = "failed"  # the provider gave up
    READY = "ready"  # the provider is done; to be collected
    COLLECTED = "collected"
    LOST = "lost"  # the provider knows nothing of it any more
    ABANDONED = "abandoned"  # nobody wants it any more, or it was never submitted


CLOSED = frozenset({JobState.COLLECTED, JobState.LOST, JobState.ABANDONED})


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be asked. ``subject`` says the same thing twice by the same text: it is open once at most.

    ``asked`` is for whoever collects (platform, creators, mode); ``request_key`` is that of the request that submits.
    """

    kind: str
    subject: str
    provider: str
    asked: dict[str, Any]
    request_key: str
    rows_total: int


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of pending work, as it lies in the table; ``since`` is when its state began."""

    work_id: str
    kind: str
    subject: str
    provider: str
    asset: str
    partition: str
    campaign: str
    run_id: str
    owner: str
    asked: dict[str, Any]
    request_key: str
    job_id: str | None
    hold_attempt_id: str | None
    state: JobState
    rows_total: int
    rows_done: int
    rows_failed: int
    charged_microcredits: int
    looks: int
    resumes: int
    intended_at: datetime
    since: datetime
    next_look_at: datetime
    note: str

    def __repr__(self) -> str:
        """Name the work, never the creators in it."""
        return f"Work({self.work_id!r}, {self.provider}/{self.kind}, {self.state})"

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
    """What a look showed. ``charged_microcredits`` is what the job has charged so far, None where nobody says."""

    state: JobState
    next_look_at: datetime
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


def look_due(works: Sequence[Job], now: datetime) -> list[Job]:
    """Those whose next look is due."""
    return [work for work in works if work.next_look_at <= now]
