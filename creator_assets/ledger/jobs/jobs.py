"""Work that providers do in the background, as a table beside the ledger, and the credits that stay held for it.

An intent is written down before anything is submitted, and compared afterwards: no provider knows idempotency keys.
The moment the provider's job id is known, the charge that was assumed for the submission becomes a hold of the same
amount, in one transaction; what the job is seen to have charged is settled out of that hold. When to look, and what
to start, is decided in ``automation``; what is asked of a provider, in ``assets``.
"""

# ruff: noqa: S608 - statements are put together from constants of this room; every value travels as a parameter

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from creator_assets.ledger import leases
from creator_assets.ledger.booking import settlement
from creator_assets.ledger.jobs.holds import assumed_to_held, settle_part
from creator_assets.ledger.jobs.records import Intent, Job, JobState, JobStatus, Submission
from creator_assets.ledger.notices import notify
from creator_assets.ledger.records import Attribution
from creator_assets.ledger.storage.database import Query, Transaction, insert
from creator_assets.ledger.storage.rows import Row, columns_of
from creator_assets.ledger.timestamps import from_us, to_us
from creator_assets.microcredits import format_credits

T = TypeVar("T")
Write = Callable[[Callable[[Transaction, int], T]], T]
_NOT_SUBMITTED = frozenset({JobState.INTENDED, JobState.UNCERTAIN})


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


_JOBS = f"SELECT {columns_of(_JobRow)} FROM job"


class Jobs:
    """The table of pending work. Every step is one transaction and may be repeated with the same result."""

    def __init__(self, write: Write[Any], query: Query, owner: Callable[[], str]) -> None:
        self._write, self._query, self._owner = write, query, owner

    # -- reading

    def open_work(self, *, provider: str | None = None, limit: int = 1_000) -> list[Job]:
        """What is not over, the longest due first."""
        where = "state NOT IN ('collected', 'lost', 'abandoned')" + (" AND provider = ?" if provider else "")
        sql = f"{_JOBS} WHERE {where} ORDER BY next_poll_us, job_id LIMIT {int(limit)}"
        return [_work(row) for row in self._query(_JobRow, sql, (provider,) if provider else ())]

    def of_partition(self, asset: str, partition: str) -> list[Job]:
        """Everything that was ever intended for a partition, oldest first."""
        sql = f"{_JOBS} WHERE asset = ? AND partition_key = ? ORDER BY job_id"
        return [_work(row) for row in self._query(_JobRow, sql, (asset, partition))]

    def of_kind(self, kind: str, state: JobState, limit: int = 1_000) -> list[Job]:
        """What of a kind is in a state, the newest first."""
        sql = f"{_JOBS} WHERE kind = ? AND state = ? ORDER BY job_id DESC LIMIT {int(limit)}"
        return [_work(row) for row in self._query(_JobRow, sql, (kind, str(state)))]

    def get(self, work_id: str) -> Job:
        """One piece of work.

        Raises:
            KeyError: There is none of that id.
        """
        rows = self._query(_JobRow, f"{_JOBS} WHERE job_id = ?", (work_id,))
        if not rows:
            raise KeyError(work_id)
        return _work(rows[0])

    # -- steps

    def intend(self, work_id: str, intent: Intent, who: Attribution) -> Job:
        """Write down what is about to be submitted; where the same is open already, that is returned instead."""

        def step(tx: Transaction, now_us: int) -> Job:
            found = _find(tx, "subject = ? AND state NOT IN ('collected', 'lost', 'abandoned')", intent.subject)
            if found:
                return found
            insert(
                tx,
                "job",
                {
                    "job_id": work_id,
                    "kind": intent.kind,
                    "subject": intent.subject,
                    "provider": intent.provider,
                    "asset": who.asset,
                    "partition_key": who.partition,
                    "campaign": who.campaign,
                    "run_id": who.run_id,
                    "owner": self._owner(),
                    "parameters": msgspec.json.encode(intent.asked).decode(),
                    "request_key": intent.request_key,
                    "state": "intended",
                    "rows_total": intent.rows_total,
                    "intended_us": now_us,
                    "state_us": now_us,
                    "next_poll_us": now_us,
                },
            )
            return _must(tx, work_id)

        return self._do(step)

    def submitted(
        self, work_id: str, job_id: str, attempt_id: str | None, *, next_look_at: datetime, work_attempt_id: str = ""
    ) -> Job:
        """The provider took it and named a job; what was assumed for the submission is held from now on.

        Args:
            work_id: The work.
            job_id: The provider's id of it; where it gives none, anything that names the request.
            attempt_id: The attempt that submitted, whose assumed charge becomes the hold; None where nothing is held.
            next_look_at: When it is worth looking.
            work_attempt_id: The id that the hold gets, made by the caller.
        """

        def step(tx: Transaction, now_us: int) -> Job:
            work = _must(tx, work_id)
            if work.state not in _NOT_SUBMITTED:
                return work  # done before, or by somebody who was faster
            hold_id = assumed_to_held(tx, work, attempt_id, work_attempt_id, now_us) if attempt_id else None
            tx.execute(
                """
                UPDATE job
                SET state = 'waiting', provider_job_id = ?, hold_attempt_id = ?, state_us = ?, next_poll_us = ?
                WHERE job_id = ?
                """,
                (job_id, hold_id, now_us, to_us(next_look_at), work_id),
            )
            return _must(tx, work_id)

        return self._do(step)

    def seen(self, work_id: str, look: JobStatus, work_attempt_id: str = "") -> Job:
        """Record a look. What was charged since the last one leaves the hold; what ends, ends its hold, too."""

        def step(tx: Transaction, now_us: int) -> Job:
            work = _must(tx, work_id)
            if not work.is_open or work.state in _NOT_SUBMITTED:
                return work
            charged = max(work.charged_microcredits, look.charged_microcredits or 0)
            hold_id = work.hold_attempt_id
            if hold_id and look.state is JobState.LOST:
                settlement.doubt(tx, hold_id, "the provider knows nothing of the job any more", now_us)
                hold_id = None
            elif hold_id and look.response is not None and (charged > work.charged_microcredits or look.ends):
                new_charge = charged - work.charged_microcredits
                hold_id = settle_part(tx, hold_id, new_charge, look, work_attempt_id, now_us)
            same = work.state is look.state
            tx.execute(
                """
                UPDATE job
                SET state = ?, state_us = ?, next_poll_us = ?, rows_done = ?, rows_failed = ?,
                    charged_microcredits = ?, hold_attempt_id = ?, polls = ?, resumes = ?, note = ?
                WHERE job_id = ?
                """,
                (
                    str(look.state),
                    to_us(work.since) if same else now_us,
                    to_us(look.next_look_at),
                    work.rows_done if look.rows_done is None else look.rows_done,
                    work.rows_failed if look.rows_failed is None else look.rows_failed,
                    charged,
                    hold_id,
                    work.looks + 1 if same else 0,
                    work.resumes + look.resumed,
                    look.note,
                    work_id,
                ),
            )
            if not same and look.state in {JobState.PAUSED, JobState.FAILED, JobState.LOST}:
                notify(tx, work.provider, f"work_{look.state}", _alarm(work, look), now_us)
            return _must(tx, work_id)

        return self._do(step)

    def collected(self, work_id: str, rows_failed: int | None = None) -> Job:
        """Its results are in the tables."""

        def step(tx: Transaction, now_us: int) -> Job:
            work = _must(tx, work_id)
            if work.is_open and work.state not in _NOT_SUBMITTED:
                tx.execute(
                    "UPDATE job SET state = 'collected', state_us = ?, rows_failed = ? WHERE job_id = ?",
                    (
                        # Where a batch was collected, its results are found again by the moment it was done.
                        to_us(work.since) if work.state is JobState.READY else now_us,
                        work.rows_failed if rows_failed is None else rows_failed,
                        work_id,
                    ),
                )
            return _must(tx, work_id)

        return self._do(step)

    def uncertain(self, work_id: str, reason: str) -> Job:
        """Nobody knows whether the submission arrived. What it may cost stays counted, and it is not repeated."""
        return self._close(work_id, JobState.UNCERTAIN, reason, {JobState.INTENDED}, alarm=True)

    def abandon(self, work_id: str, reason: str) -> Job:
        """Nobody waits for it any more.

        A hold becomes a doubt at its worst case: the provider may go on working and charging.
        """

        def step(tx: Transaction, now_us: int) -> Job:
            work = _must(tx, work_id)
            if work.is_open:
                if work.hold_attempt_id:
                    settlement.doubt(tx, work.hold_attempt_id, reason, now_us)
                tx.execute(
                    """
                    UPDATE job
                    SET state = 'abandoned', hold_attempt_id = NULL, state_us = ?, note = ?
                    WHERE job_id = ?
                    """,
                    (now_us, reason, work_id),
                )
                if work.state not in {JobState.INTENDED, JobState.READY}:
                    notify(tx, work.provider, "work_abandoned", f"{_called(work)}: {reason}", now_us)
            return _must(tx, work_id)

        return self._do(step)

    def alarm(self, work_id: str, level: str, message: str) -> None:
        """Leave a notice about a piece of work."""

        def step(tx: Transaction, now_us: int) -> None:
            work = _must(tx, work_id)
            notify(tx, work.provider, level, f"{_called(work)}: {message}", now_us)

        self._write(step)

    def died_while_submitting(self) -> list[Job]:
        """Intents whose process is gone: whoever finds them compares, with `submissions_of`, and decides."""
        return [
            work
            for work in self.open_work()
            if work.state is JobState.INTENDED and leases.is_dead(work.owner) is not False
        ]

    def submissions_of(self, work: Job) -> list[Submission]:
        """Every attempt that was made to submit it, since it was intended."""
        return self._query(
            Submission,
            """
            SELECT attempt_id, state, COALESCE(charge_microcredits, 0) AS charge_microcredits
            FROM attempt
            WHERE request_key = ? AND reserved_us >= ?
            ORDER BY attempt_id
            """,
            (work.request_key, to_us(work.intended_at)),
        )

    def _close(self, work_id: str, state: JobState, reason: str, of: set[JobState], *, alarm: bool) -> Job:
        def step(tx: Transaction, now_us: int) -> Job:
            work = _must(tx, work_id)
            if work.state in of:
                tx.execute(
                    "UPDATE job SET state = ?, state_us = ?, note = ? WHERE job_id = ?",
                    (str(state), now_us, reason, work_id),
                )
                if alarm:
                    notify(tx, work.provider, f"work_{state}", f"{_called(work)}: {reason}", now_us)
            return _must(tx, work_id)

        return self._do(step)

    def _do(self, step: Callable[[Transaction, int], Job]) -> Job:
        done: Job = self._write(step)
        return done


def _find(tx: Transaction, where: str, value: str) -> Job | None:
    rows = tx.query(_JobRow, f"{_JOBS} WHERE {where}", (value,))
    return _work(rows[0]) if rows else None


def _must(tx: Transaction, work_id: str) -> Job:
    found = _find(tx, "job_id = ?", work_id)
    if found is None:
        raise KeyError(work_id)
    return found


def _called(work: Job) -> str:
    return f"the {work.kind} {work.job_id or work.work_id} for {work.partition}"


def _alarm(work: Job, look: JobStatus) -> str:
    what = {
        JobState.PAUSED: "paused for lack of credits: top the account up, and it goes on once the rest fits the plan",
        JobState.FAILED: "failed at the provider",
        JobState.LOST: "the provider knows nothing of it any more; what it may have charged stays in doubt",
    }[look.state]
    done = work.rows_done if look.rows_done is None else look.rows_done
    charged = format_credits(max(work.charged_microcredits, look.charged_microcredits or 0))
    return f"{_called(work)}: {what}. {done} of {work.rows_total} rows are done, {charged} credits charged"


def _work(row: _JobRow) -> Job:
    return Job(
        work_id=row.job_id,
        kind=row.kind,
        subject=row.subject,
        provider=row.provider,
        asset=row.asset,
        partition=row.partition_key,
        campaign=row.campaign,
        run_id=row.run_id,
        owner=row.owner,
        asked=msgspec.json.decode(row.parameters),
        request_key=row.request_key,
        job_id=row.provider_job_id,
        hold_attempt_id=row.hold_attempt_id,
        state=row.state,
        rows_total=row.rows_total,
        rows_done=row.rows_done,
        rows_failed=row.rows_failed,
        charged_microcredits=row.charged_microcredits,
        looks=row.polls,
        resumes=row.resumes,
        intended_at=from_us(row.intended_us),
        since=from_us(row.state_us),
        next_look_at=from_us(row.next_poll_us),
        note=row.note,
    )
