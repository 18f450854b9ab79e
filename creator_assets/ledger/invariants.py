"""What must hold in the books at every moment, as SQL that finds what breaks it.

Each query compares rows that say the same thing twice: balances with entries, entries with attempts, attempts with
answers. Nothing here writes, and nothing here repairs.
"""

from __future__ import annotations

from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.rows import Row


class _Broken(Row, frozen=True):
    """Something that breaks an invariant: a scope, an attempt, a request, a body or a rate."""

    subject: str


_INVARIANTS: dict[str, str] = {
    "a budget exceeds its limit beyond what is recorded as overrun": """
        SELECT scope AS subject
        FROM budget
        WHERE spent_microcredits + held_microcredits + in_doubt_microcredits > limit_microcredits + overrun_microcredits
        """,
    "a budget differs from the sum of its entries": """
        SELECT b.scope AS subject
        FROM budget b
        LEFT JOIN budget_set_member m ON m.budget_id = b.budget_id
        LEFT JOIN entry e ON e.budget_set_id = m.budget_set_id
        GROUP BY b.budget_id, b.scope, b.spent_microcredits, b.held_microcredits, b.in_doubt_microcredits
        HAVING COALESCE(SUM(e.spent_microcredits), 0) <> b.spent_microcredits
            OR COALESCE(SUM(e.held_microcredits), 0) <> b.held_microcredits
            OR COALESCE(SUM(e.in_doubt_microcredits), 0) <> b.in_doubt_microcredits
        """,
    "the entries of an attempt do not add up to its state": """
        SELECT a.attempt_id AS subject
        FROM attempt a
        LEFT JOIN entry e ON e.attempt_id = a.attempt_id
        GROUP BY a.attempt_id, a.state, a.upper_microcredits, a.charge_microcredits
        HAVING COALESCE(SUM(e.held_microcredits), 0)
                <> CASE WHEN a.state IN ('reserved', 'sent') THEN a.upper_microcredits ELSE 0 END
            OR COALESCE(SUM(e.in_doubt_microcredits), 0)
                <> CASE WHEN a.state = 'in_doubt' THEN a.upper_microcredits ELSE 0 END
            OR COALESCE(SUM(e.spent_microcredits), 0)
                <> CASE WHEN a.state IN ('settled', 'resolved') THEN COALESCE(a.charge_microcredits, -1) ELSE 0 END
        """,
    "an entry and its attempt name different budgets": """
        SELECT e.attempt_id AS subject
        FROM entry e
        JOIN attempt a ON a.attempt_id = e.attempt_id
        WHERE e.budget_set_id <> a.budget_set_id
        """,
    "two attempts at one request are under way": """
        SELECT request_key AS subject
        FROM attempt
        WHERE state IN ('reserved', 'sent')
        GROUP BY request_key
        HAVING COUNT(*) > 1
        """,
    "a settled attempt has no answer": """
        SELECT a.attempt_id AS subject
        FROM attempt a
        LEFT JOIN response r ON r.attempt_id = a.attempt_id
        WHERE a.state = 'settled' AND r.attempt_id IS NULL
        """,
    "an answer belongs to an attempt that was neither settled nor voided": """
        SELECT r.attempt_id AS subject
        FROM response r
        JOIN attempt a ON a.attempt_id = r.attempt_id
        WHERE a.state NOT IN ('settled', 'voided')
        """,
    "an answer that serves tables was never charged for": """
        SELECT r.attempt_id AS subject
        FROM response r
        JOIN attempt a ON a.attempt_id = r.attempt_id
        WHERE r.kind IN ('final', 'empty', 'pending', 'unreadable') AND a.state <> 'settled'
        """,
    "a body lies nowhere and was not erased": """
        SELECT sha256 AS subject
        FROM body
        WHERE data IS NULL AND segment IS NULL AND erased_us IS NULL
        """,
    "an attempt is booked on a budget whose period does not contain its send time": """
        SELECT a.attempt_id AS subject
        FROM attempt a
        JOIN budget_set_member m ON m.budget_set_id = a.budget_set_id
        JOIN budget b ON b.budget_id = m.budget_id
        WHERE a.send_by_us IS NOT NULL AND a.send_us IS NOT NULL AND (a.send_us < b.starts_us OR a.send_us >= b.ends_us)
        """,
    "a permit lies before the permit of an earlier request": """
        SELECT s.rate_id AS subject
        FROM rate_permit s
        JOIN rate_permit t ON t.rate_id = s.rate_id AND t.weight_before = s.weight_before + s.weight
        WHERE t.send_us < s.send_us
        """,
}


def violations(tx: Transaction) -> list[str]:
    """Everything that is wrong with the books, as sentences. Empty when they are in order."""
    found = []
    for meaning, sql in _INVARIANTS.items():
        broken = tx.query(_Broken, sql)
        if broken:
            more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
            found.append(f"{meaning}: {broken[0].subject}{more}")
    return found
