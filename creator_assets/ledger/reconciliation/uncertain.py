"""Which charges are uncertain: attempts in doubt, and charges that no answer vouches for.

Nothing here writes. What a comparison does about them belongs to ``reconcile.py``.
"""

from __future__ import annotations

from creator_assets.ledger.booking.periods import BudgetRow
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.rows import Row


class Doubtful(Row, frozen=True):
    """An attempt in doubt."""

    attempt_id: str
    upper_microcredits: int


class SoftCharge(Row, frozen=True):
    """A charge that no answer vouches for."""

    attempt_id: str
    charge_microcredits: int
    basis: str


def doubtful_attempts(tx: Transaction, budget: BudgetRow) -> list[Doubtful]:
    """The attempts in doubt of a budget, oldest first."""
    return tx.query(
        Doubtful,
        """
        SELECT a.attempt_id, a.upper_microcredits
        FROM attempt a
        JOIN budget_set_member m ON m.budget_set_id = a.budget_set_id
        WHERE m.budget_id = ? AND a.state = 'in_doubt'
        ORDER BY a.sent_us, a.attempt_id
        """,
        (budget.budget_id,),
    )


def doubtful_attempts_before(tx: Transaction, budget: BudgetRow) -> list[Doubtful]:
    """The attempts in doubt of the scope's earlier periods."""
    return tx.query(
        Doubtful,
        """
        SELECT a.attempt_id, a.upper_microcredits
        FROM attempt a
        JOIN budget_set_member m ON m.budget_set_id = a.budget_set_id
        JOIN budget b ON b.budget_id = m.budget_id
        WHERE b.scope = ? AND b.period < ? AND a.state = 'in_doubt'
        ORDER BY a.attempt_id
        """,
        (budget.scope, budget.period),
    )


def soft_charges(tx: Transaction, budget: BudgetRow) -> list[SoftCharge]:
    """The charges of a budget that no answer vouches for: assumed ones, and shares of a pool.

    A late answer may show that the pool was shared out in another way.
    """
    return tx.query(
        SoftCharge,
        """
        SELECT a.attempt_id, a.charge_microcredits, a.basis
        FROM attempt a
        JOIN budget_set_member m ON m.budget_set_id = a.budget_set_id
        WHERE m.budget_id = ? AND a.state IN ('settled', 'resolved')
            AND a.basis IN ('assumed', 'reconciled') AND a.charge_microcredits > 0
        ORDER BY a.sent_us, a.attempt_id
        """,
        (budget.budget_id,),
    )
