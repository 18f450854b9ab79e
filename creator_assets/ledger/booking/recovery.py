"""Classifies attempts whose owner died, or stopped for longer than its lease.

A reserved attempt was provably not sent: it is voided, and its hold is free at once. A sent attempt becomes in doubt
and counts at its worst case until the provider's balance says more. Time alone releases nothing, and attempts of a
living owner within its lease are left alone. Recovery runs at the start of a step, after a failed run and every minute;
running it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from creator_assets.ledger.booking import budgets, settlement
from creator_assets.ledger.errors import IllegalStepError
from creator_assets.ledger.records import AttemptState
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.rows import Row

IsDead = Callable[[str], bool | None]


class RecoveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """How many attempts of dead or stalled owners were voided or put in doubt, and how many were left alone."""

    voided: int
    in_doubt: int
    left_alone: int


class _Unfinished(Row, frozen=True):
    """An attempt that somebody still works on, or left behind."""

    attempt_id: str
    state: AttemptState
    owner: str
    lease_until_us: int


def recover(tx: Transaction, *, is_dead: IsDead, now_us: int) -> RecoveryReport:
    """Classify every unfinished attempt whose owner is dead or whose lease has run out."""
    counts = {AttemptState.VOIDED: 0, AttemptState.IN_DOUBT: 0}
    left_alone = 0
    dead_owners: dict[str, bool | None] = {}
    unfinished = tx.query(
        _Unfinished,
        """
        SELECT attempt_id, state, owner, lease_until_us
        FROM attempt
        WHERE state IN ('reserved', 'sent')
        ORDER BY attempt_id
        """,
    )
    for attempt in unfinished:
        if attempt.owner not in dead_owners:
            dead_owners[attempt.owner] = is_dead(attempt.owner)
        if not dead_owners[attempt.owner] and now_us < attempt.lease_until_us:
            left_alone += 1
            continue
        why = "its process died" if dead_owners[attempt.owner] else "its lease ran out"
        if attempt.state is AttemptState.RESERVED:
            state = settlement.reclaim_unsent(tx, attempt.attempt_id, f"never sent: {why}", now_us)
        else:
            state = settlement.doubt(tx, attempt.attempt_id, f"sent, then {why}", now_us)
        counts[state] += 1
    return RecoveryReport(
        voided=counts[AttemptState.VOIDED], in_doubt=counts[AttemptState.IN_DOUBT], left_alone=left_alone
    )


def allow_repeat(tx: Transaction, attempt_id: str, reason: str, now_us: int) -> None:
    """Let the same request be sent again although the fate of this attempt is unknown.

    What it may have cost stays counted.

    Raises:
        IllegalStepError: The attempt is neither in doubt nor resolved.
    """
    attempt = settlement.find(tx, attempt_id)
    if attempt.state not in {AttemptState.IN_DOUBT, AttemptState.RESOLVED}:
        raise IllegalStepError(f"attempt {attempt_id} is {attempt.state}: it does not stand in the way of another one")
    tx.execute("UPDATE attempt SET may_repeat = 1 WHERE attempt_id = ?", (attempt_id,))
    budgets.book(
        tx, budget_set_id=attempt.budget_set_id, attempt_id=attempt_id, kind="allow_repeat", at_us=now_us, note=reason
    )
