"""The table of jobs: its rows, and how they are found.

Nothing here writes. The steps of a job belong to ``jobs.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; every value is a parameter

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from creator_assets.ledger.jobs.records import Job, JobState
from creator_assets.ledger.storage.database import Query
from creator_assets.ledger.storage.rows import Row, columns_of
from creator_assets.ledger.timestamps import from_us

IS_OPEN = "state NOT IN ('collected', 'lost', 'abandoned')"


class _JobRow(Row, frozen=True):
    """A job as it is in the table."""

    job_id: str
    kind: str
    subject: str
    provider: str
    asset: str
    partition_key: str
    campaign: str
    run_id: str
    owner: str
    parameters: str
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
    intended_us: int
    state_us: int
    next_poll_us: int
    note: str


class _Held(Row, frozen=True):
    job_id: str
    upper_microcredits: int


def find_jobs(
    query: Query, condition: str, params: Sequence[Any], *, order: str = "job_id", limit: int | None = None
) -> list[Job]:
    """The jobs that meet a condition of this package, at most `limit` of them."""
    sql = f"SELECT {columns_of(_JobRow)} FROM job WHERE {condition} ORDER BY {order}"
    if limit is not None:
        sql = f"{sql} LIMIT {int(limit)}"
    return [_job(row) for row in query(_JobRow, sql, params)]


def find_job(query: Query, job_id: str) -> Job:
    """One job.

    Raises:
        KeyError: There is none with this id.
    """
    found = find_jobs(query, "job_id = ?", (job_id,), limit=1)
    if not found:
        raise KeyError(job_id)
    return found[0]


def held_microcredits(query: Query) -> dict[str, int]:
    """What is held for each open job that holds anything, by the job's id."""
    sql = f"""
        SELECT job.job_id, attempt.upper_microcredits
        FROM job
        JOIN attempt ON attempt.attempt_id = job.hold_attempt_id
        WHERE job.{IS_OPEN}
    """
    return {row.job_id: row.upper_microcredits for row in query(_Held, sql)}


def _job(row: _JobRow) -> Job:
    return Job(
        job_id=row.job_id,
        kind=row.kind,
        subject=row.subject,
        provider=row.provider,
        asset=row.asset,
        partition=row.partition_key,
        campaign=row.campaign,
        run_id=row.run_id,
        owner=row.owner,
        parameters=msgspec.json.decode(row.parameters),
        request_key=row.request_key,
        provider_job_id=row.provider_job_id,
        hold_attempt_id=row.hold_attempt_id,
        state=row.state,
        rows_total=row.rows_total,
        rows_done=row.rows_done,
        rows_failed=row.rows_failed,
        charged_microcredits=row.charged_microcredits,
        polls=row.polls,
        resumes=row.resumes,
        intended_at=from_us(row.intended_us),
        since=from_us(row.state_us),
        next_poll_at=from_us(row.next_poll_us),
        note=row.note,
    )
