"""The credits that stay held while a provider does a job, settled piece by piece.

A job's hold belongs to no process, so no death can leave it behind. It ends when a poll of the job settles it, or when
the job is given up and it becomes a doubt. Amounts are microcredits.
"""

from __future__ import annotations

from creator_assets.ledger.booking import budgets, settlement
from creator_assets.ledger.errors import IllegalStepError
from creator_assets.ledger.jobs.records import Job, JobStatus
from creator_assets.ledger.records import AttemptState, Settlement
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.timestamps import from_us
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, ResponseOutcome

# The name of no process: a machine's name has no space. So the hold is nobody's to reclaim.
_NO_OWNER = "pending job:0:-"


def assumed_to_held(tx: Transaction, job: Job, attempt_id: str, hold_id: str, now_us: int) -> str | None:
    """Move what was counted for the submission from spent to held. The sum of both never changes on the way."""
    attempt = settlement.find(tx, attempt_id)
    if attempt.state is not AttemptState.SETTLED:
        raise IllegalStepError(
            f"the submission {attempt_id} is {attempt.state}: only an answered one can have named a job"
        )
    if not attempt.charge_microcredits:
        return None
    settlement.correct(tx, attempt_id, 0, "charged by the row: held from here on", now_us)
    _hold(tx, hold_id, attempt_id, attempt.charge_microcredits, f"job:{job.job_id}", now_us)
    return hold_id


def settle_part(tx: Transaction, hold_id: str, charge: int, status: JobStatus, next_id: str, now_us: int) -> str | None:
    """Settle what was charged since the last poll, and hold the rest anew. Returns the new hold, if any is left."""
    if status.response is None:
        raise ValueError("a part is settled with the response that shows it")
    hold = settlement.find(tx, hold_id)
    is_stated = status.charged_microcredits is not None
    # Kept with its charge, and never served: the responses to polls are in the archive as such.
    outcome = ResponseOutcome(
        kind=AnswerKind.FAILED,
        charge_microcredits=charge,
        basis=ChargeBasis.STATED if is_stated else ChargeBasis.ASSUMED,
        note="charged so far" if is_stated else "it ended, and nothing says what it charged",
    )
    part = Settlement(
        attempt_id=hold_id, response_outcome=outcome, response=status.response, observed_at=from_us(now_us)
    )
    settlement.settle(tx, part, now_us)
    rest = hold.upper_microcredits - charge
    if status.ends or rest <= 0:
        return None
    _hold(tx, next_id, hold_id, rest, hold.request_key, now_us)
    return next_id


def _hold(tx: Transaction, hold_id: str, like: str, amount: int, request_key: str, now_us: int) -> None:
    """Hold an amount for the same spender and budgets as an earlier attempt, until it is settled or in doubt.

    It is not admitted anew: it continues what was admitted.
    """
    if not hold_id:
        raise ValueError("a hold needs an id made by the caller")
    (made,) = tx.query(
        budgets.BudgetSetId,
        """
        INSERT INTO attempt (
            attempt_id, request_key, upper_microcredits, owner, reserved_us, sent_us, lease_until_us,
            state, provider, operation, budget_set_id, price_version, rates, weight, repeat_in_doubt,
            asset, partition_key, campaign, run_id, step, code_version
        )
        SELECT
            ?, ?, ?, ?, ?, ?, ?,
            'sent', provider, operation, budget_set_id, price_version, rates, weight, repeat_in_doubt,
            asset, partition_key, campaign, run_id, step, code_version
        FROM attempt
        WHERE attempt_id = ?
        RETURNING budget_set_id
        """,
        (hold_id, request_key, amount, _NO_OWNER, now_us, now_us, budgets.FOREVER_US, like),
    )
    budgets.book(
        tx,
        budget_set_id=made.budget_set_id,
        attempt_id=hold_id,
        kind="hold",
        at_us=now_us,
        held=amount,
        note="job",
    )
