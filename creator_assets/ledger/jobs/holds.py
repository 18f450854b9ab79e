"""What stays held while a provider works in the background, and how it is settled piece by piece.

A hold for pending work belongs to no process, so that no death can leave it behind: it ends when a look at the work
settles it, or when somebody gives the work up and it becomes a doubt. Amounts are microcredits.
"""

from __future__ import annotations

from creator_assets.ledger.booking import budgets, settlement
from creator_assets.ledger.errors import IllegalStepError
from creator_assets.ledger.jobs.records import Job, JobStatus
from creator_assets.ledger.records import AttemptState, Settlement
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.timestamps import from_us
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, ResponseOutcome


def assumed_to_held(tx: Transaction, work: Job, attempt_id: str, hold_id: str, now_us: int) -> str | None:
    """Move what was counted for the submission from spent to held. The sum of both never changes on the way."""
    attempt = settlement.find(tx, attempt_id)
    if attempt.state is not AttemptState.SETTLED:
        raise IllegalStepError(
            f"the submission {attempt_id} is {attempt.state}: only an answered one can have named a job"
        )
    if not attempt.charge_microcredits:
        return None
    settlement.correct(tx, attempt_id, 0, "charged by the row: held from here on", now_us)
    _hold(tx, hold_id, attempt_id, attempt.charge_microcredits, f"work:{work.work_id}", now_us)
    return hold_id


def settle_part(tx: Transaction, hold_id: str, charge: int, look: JobStatus, next_id: str, now_us: int) -> str | None:
    """Settle what was charged since the last look, and hold the rest anew; returns the new hold, if any is left."""
    if look.response is None:
        raise ValueError("a part is settled with the answer that tells of it")
    hold = settlement.find(tx, hold_id)
    settlement.settle(
        tx,
        Settlement(
            attempt_id=hold_id,
            # Kept with its charge, and never served: the looks themselves are in the archive.
            reading=ResponseOutcome(
                kind=AnswerKind.FAILED, charge_microcredits=charge, basis=ChargeBasis.STATED, note="charged so far"
            ),
            response=look.response,
            observed_at=from_us(now_us),
        ),
        now_us,
    )
    rest = hold.upper_microcredits - charge
    if look.ends or rest <= 0:
        return None
    _hold(tx, next_id, hold_id, rest, hold.request_key, now_us)
    return next_id


def _hold(tx: Transaction, hold_id: str, like: str, amount: int, request_key: str, now_us: int) -> None:
    """Hold an amount for the same spender and budgets as an earlier attempt, until somebody settles or doubts it.

    Not admitted anew: it continues what was admitted. No process owns it, so that none can leave it behind.
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
        (hold_id, request_key, amount, "pending work:0:-", now_us, now_us, budgets.FOREVER_US, like),
    )
    budgets.book(
        tx,
        budget_set_id=made.budget_set_id,
        attempt_id=hold_id,
        kind="hold",
        at_us=now_us,
        held=amount,
        note="pending work",
    )
