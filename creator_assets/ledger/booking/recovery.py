"""What becomes of attempts whose owner died, or stopped for longer than its lease.

Provably unsent (reserved): voided, the hold is free at once. Marked as sent: in doubt, counted at its worst case
until the provider's balance tells. Nothing is ever released by the passing of time alone, and an owner that lives and
has time left is left alone. Runs at the start of a step, after a failed run and every minute; running it twice
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from creator_assets.ledger.booking import budgets, settlement
from creator_assets.ledger.errors import IllegalStepError
from creator_assets.ledger.records import AttemptState
from creator_assets.ledger.storage.database import Transaction

IsDead = Callable[[str], bool | None]


class RecoveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the attempts of dead owners."""

    voided: int
    in_doubt: int
    left_alone: int


def recover(tx: Transaction, *, is_dead: IsDead, now_us: int) -> RecoveryReport:
    """Classify every unfinished attempt whose owner is dead or whose lease has run out."""
    counts = {AttemptState.VOIDED: 0, AttemptState.IN_DOUBT: 0}
    left_alone = 0
    dead_owners: dict[str, bool | None] = {}
    for attempt_id, state, owner, lease_until_us in tx.execute(
        "SELECT attempt_id, state, owner, lease_until_us FROM attempt WHERE state IN ('reserved', 'sent') ORDER BY "
        "attempt_id"
    ):
        if owner not in dead_owners:
            dead_owners[owner] = is_dead(owner)
        if not dead_owners[owner] and now_us < lease_until_us:
            left_alone += 1
            continue
        why = "its process died" if dead_owners[owner] else "its lease ran out"
        if state == "reserved":
            counts[settlement.reclaim_unsent(tx, attempt_id, f"never sent: {why}", now_us)] += 1
        else:
            counts[settlement.doubt(tx, attempt_id, f"sent, then {why}", now_us)] += 1
    return RecoveryReport(
        voided=counts[AttemptState.VOIDED], in_doubt=counts[AttemptState.IN_DOUBT], left_alone=left_alone
    )


def allow_repeat(tx: Transaction, attempt_id: str, reason: str, now_us: int) -> None:
    """Let the same request be made again although the fate of this attempt is unknown.

    What it may have cost stays counted.
    """
    row = settlement.find(tx, attempt_id)
    if row[0] not in {AttemptState.IN_DOUBT, AttemptState.RESOLVED}:
        raise IllegalStepError(f"attempt {attempt_id} is {row[0]}: it does not stand in the way of another one")
    tx.execute("UPDATE attempt SET may_repeat = 1 WHERE attempt_id = ?", (attempt_id,))
    budgets.book(tx, gate_set_id=row[1], attempt_id=attempt_id, kind="allow_repeat", at_us=now_us, note=reason)
