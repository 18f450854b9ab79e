"""The steps of jobs that providers do in the background, and the credits that stay held for them.

An intent is written before anything is submitted, and compared afterwards: no provider knows idempotency keys. When the
provider names its job, the charge that was assumed for the submission becomes a hold of the same amount, in one
transaction. What the job is then seen to have charged is settled out of that hold. When to poll, and what to start,
belongs to ``automation``; what a provider is asked, to ``demand``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from creator_assets.ledger import leases
from creator_assets.ledger.booking import settlement
from creator_assets.ledger.jobs.holds import assumed_to_held, settle_part
from creator_assets.ledger.jobs.records import Intent, Job, JobState, JobStatus, Submission
from creator_assets.ledger.jobs.table import IS_OPEN, find_job, find_jobs, held_microcredits
from creator_assets.ledger.notices import notify
from creator_assets.ledger.records import Attribution
from creator_assets.ledger.storage.database import Query, Transaction, Write, insert
from creator_assets.ledger.timestamps import to_us
from creator_assets.microcredits import format_credits

_NOT_SUBMITTED = frozenset({JobState.INTENDED, JobState.UNCERTAIN})
_STOPPED = {
    JobState.PAUSED: "paused for lack of credits: top the account up, and it goes on once the rest fits the plan",
    JobState.FAILED: "failed at the provider",
    JobState.LOST: "the provider does not know it any more; what it may have charged stays in doubt",
}


class Jobs:
    """The jobs of one ledger. Every step is one transaction and may be repeated with the same result."""

    def __init__(self, write: Write, query: Query, owner: Callable[[], str]) -> None:
        self._write, self._query, self._owner = write, query, owner

    def open_jobs(self, *, provider: str | None = None, limit: int = 1_000) -> list[Job]:
        """The jobs that are not over, the longest due first."""
        condition = IS_OPEN if provider is None else f"{IS_OPEN} AND provider = ?"
        params = () if provider is None else (provider,)
        return find_jobs(self._query, condition, params, order="next_poll_us, job_id", limit=limit)

    def of_partition(self, asset: str, partition: str) -> list[Job]:
        """Every job that was ever intended for a partition, oldest first."""
        return find_jobs(self._query, "asset = ? AND partition_key = ?", (asset, partition))

    def open_of_partition(self, asset: str, partition: str) -> list[Job]:
        """The open jobs of a partition, oldest first."""
        return find_jobs(self._query, f"asset = ? AND partition_key = ? AND {IS_OPEN}", (asset, partition))

    def held_microcredits(self) -> dict[str, int]:
        """What is held for each open job that holds anything, by the job's id."""
        return held_microcredits(self._query)

    def of_kind(self, kind: str, state: JobState, limit: int = 1_000) -> list[Job]:
        """The jobs of a kind that are in a state, newest first."""
        params = (kind, str(state))
        return find_jobs(self._query, "kind = ? AND state = ?", params, order="job_id DESC", limit=limit)

    def get(self, job_id: str) -> Job:
        """One job.

        Raises:
            KeyError: There is none with this id.
        """
        return find_job(self._query, job_id)

    def died_while_submitting(self) -> list[Job]:
        """Intents whose process is gone. The caller compares each with `submissions_of`, and decides."""
        intended = [job for job in self.open_jobs() if job.state is JobState.INTENDED]
        return [job for job in intended if leases.is_dead(job.owner) is not False]

    def submissions_of(self, job: Job) -> list[Submission]:
        """Every attempt that was made to submit a job, since it was intended."""
        return self._query(
            Submission,
            """
            SELECT attempt_id, state, COALESCE(charge_microcredits, 0) AS charge_microcredits
            FROM attempt
            WHERE request_key = ? AND reserved_us >= ?
            ORDER BY attempt_id
            """,
            (job.request_key, to_us(job.intended_at)),
        )

    def intend(self, job_id: str, intent: Intent, attribution: Attribution) -> Job:
        """Write down what is about to be submitted. Where the same is open already, that job is returned instead."""

        def step(tx: Transaction, now_us: int) -> Job:
            found = find_jobs(tx.query, f"subject = ? AND {IS_OPEN}", (intent.subject,), limit=1)
            if found:
                return found[0]
            insert(
                tx,
                "job",
                {
                    "job_id": job_id,
                    "kind": intent.kind,
                    "subject": intent.subject,
                    "provider": intent.provider,
                    "asset": attribution.asset,
                    "partition_key": attribution.partition,
                    "campaign": attribution.campaign,
                    "run_id": attribution.run_id,
                    "owner": self._owner(),
                    "parameters": msgspec.json.encode(intent.parameters).decode(),
                    "request_key": intent.request_key,
                    "state": str(JobState.INTENDED),
                    "rows_total": intent.rows_total,
                    "intended_us": now_us,
                    "state_us": now_us,
                    "next_poll_us": now_us,
                },
            )
            return find_job(tx.query, job_id)

        return self._write(step)

    def submitted(
        self, job_id: str, provider_job_id: str, attempt_id: str | None, *, next_poll_at: datetime, hold_id: str = ""
    ) -> Job:
        """The provider took it and named its job. What was assumed for the submission is held from now on.

        Args:
            job_id: The job.
            provider_job_id: The provider's own id for it; where it gives none, anything that names the request.
            attempt_id: The attempt that submitted it, whose assumed charge becomes the hold; None to hold nothing.
            next_poll_at: When to poll it first.
            hold_id: The id that the hold gets, made by the caller.
        """

        def change(tx: Transaction, job: Job, now_us: int) -> None:
            if job.state not in _NOT_SUBMITTED:
                return  # done before, here or by another process that was faster
            held = assumed_to_held(tx, job, attempt_id, hold_id, now_us) if attempt_id else None
            tx.execute(
                """
                UPDATE job
                SET state = 'waiting', provider_job_id = ?, hold_attempt_id = ?, state_us = ?, next_poll_us = ?
                WHERE job_id = ?
                """,
                (provider_job_id, held, now_us, to_us(next_poll_at), job_id),
            )

        return self._change(job_id, change)

    def polled(self, job_id: str, status: JobStatus, hold_id: str = "") -> Job:
        """Record what a poll showed.

        What was charged since the last poll leaves the hold. The rest is held on under `hold_id`, an id made by the
        caller. A job that ends also ends its hold. Where nothing says what it has charged, all that was held counts
        until the balance tells.
        """

        def change(tx: Transaction, job: Job, now_us: int) -> None:
            if not job.is_open or job.state in _NOT_SUBMITTED:
                return
            charged = max(job.charged_microcredits, status.charged_microcredits or 0)
            held = job.hold_attempt_id
            if held and status.ends and status.charged_microcredits is None and status.response is not None:
                charged = job.charged_microcredits + settlement.find(tx, held).upper_microcredits
            if held and status.state is JobState.LOST:
                settlement.doubt(tx, held, "the provider does not know the job any more", now_us)
                held = None
            elif held and status.response is not None and (charged > job.charged_microcredits or status.ends):
                held = settle_part(tx, held, charged - job.charged_microcredits, status, hold_id, now_us)
            _record_status(tx, job, status, charged=charged, held=held, now_us=now_us)
            if job.state is not status.state and status.state in _STOPPED:
                notify(tx, job.provider, f"job_{status.state}", _alarm(job, status), now_us)

        return self._change(job_id, change)

    def collected(self, job_id: str, rows_failed: int | None = None) -> Job:
        """Its results are in the tables."""

        def change(tx: Transaction, job: Job, now_us: int) -> None:
            if job.is_open and job.state not in _NOT_SUBMITTED:
                # A batch's results are found again by the time at which it was done.
                since_us = to_us(job.since) if job.state is JobState.READY else now_us
                tx.execute(
                    "UPDATE job SET state = 'collected', state_us = ?, rows_failed = ? WHERE job_id = ?",
                    (since_us, job.rows_failed if rows_failed is None else rows_failed, job_id),
                )

        return self._change(job_id, change)

    def uncertain(self, job_id: str, reason: str) -> Job:
        """Nobody knows whether the submission arrived. What it may cost stays counted, and it is not repeated."""

        def change(tx: Transaction, job: Job, now_us: int) -> None:
            if job.state is JobState.INTENDED:
                tx.execute(
                    "UPDATE job SET state = 'uncertain', state_us = ?, note = ? WHERE job_id = ?",
                    (now_us, reason, job_id),
                )
                notify(tx, job.provider, "job_uncertain", f"{_named(job)}: {reason}", now_us)

        return self._change(job_id, change)

    def abandon(self, job_id: str, reason: str) -> Job:
        """Nobody waits for it any more.

        Its hold becomes a doubt at its worst case: the provider may go on working and charging.
        """

        def change(tx: Transaction, job: Job, now_us: int) -> None:
            if job.is_open:
                if job.hold_attempt_id:
                    settlement.doubt(tx, job.hold_attempt_id, reason, now_us)
                tx.execute(
                    """
                    UPDATE job
                    SET state = 'abandoned', hold_attempt_id = NULL, state_us = ?, note = ?
                    WHERE job_id = ?
                    """,
                    (now_us, reason, job_id),
                )
                if job.state not in {JobState.INTENDED, JobState.READY}:
                    notify(tx, job.provider, "job_abandoned", f"{_named(job)}: {reason}", now_us)

        return self._change(job_id, change)

    def alarm(self, job_id: str, level: str, message: str) -> None:
        """Leave a notice about a job."""

        def step(tx: Transaction, now_us: int) -> None:
            job = find_job(tx.query, job_id)
            notify(tx, job.provider, level, f"{_named(job)}: {message}", now_us)

        self._write(step)

    def _change(self, job_id: str, change: Callable[[Transaction, Job, int], None]) -> Job:
        """Change one job in one transaction. Returns it as it is then."""

        def step(tx: Transaction, now_us: int) -> Job:
            change(tx, find_job(tx.query, job_id), now_us)
            return find_job(tx.query, job_id)

        return self._write(step)


def _record_status(
    tx: Transaction, job: Job, status: JobStatus, *, charged: int, held: str | None, now_us: int
) -> None:
    is_same = job.state is status.state
    tx.execute(
        """
        UPDATE job
        SET state = ?, state_us = ?, next_poll_us = ?, rows_done = ?, rows_failed = ?,
            charged_microcredits = ?, hold_attempt_id = ?, polls = ?, resumes = ?, note = ?
        WHERE job_id = ?
        """,
        (
            str(status.state),
            to_us(job.since) if is_same else now_us,
            to_us(status.next_poll_at),
            job.rows_done if status.rows_done is None else status.rows_done,
            job.rows_failed if status.rows_failed is None else status.rows_failed,
            charged,
            held,
            job.polls + 1 if is_same else 0,
            job.resumes + status.resumed,
            status.note,
            job.job_id,
        ),
    )


def _named(job: Job) -> str:
    return f"the {job.kind} {job.provider_job_id or job.job_id} for {job.partition}"


def _alarm(job: Job, status: JobStatus) -> str:
    done = job.rows_done if status.rows_done is None else status.rows_done
    charged = format_credits(max(job.charged_microcredits, status.charged_microcredits or 0))
    counted = f"{done} of {job.rows_total} rows are done, {charged} credits charged"
    return f"{_named(job)}: {_STOPPED[status.state]}. {counted}"
