"""Compares the books with the balance that a provider states, and settles what was in doubt.

An exact judgement needs idle books: nothing under way, and not one movement between the start, the provider's answer
and the judgement. Otherwise only bounds can be checked. A surplus within the pool of doubt resolves it by amount. A
surplus beyond it is foreign use of the key. A deficit beyond what was assumed is drift: an alarm, and nothing is
lowered. Asking the provider for its balance belongs to the caller.
"""

from __future__ import annotations

from creator_assets.ledger.booking import budgets, settlement
from creator_assets.ledger.booking.periods import BudgetRow, Stated
from creator_assets.ledger.notices import notify
from creator_assets.ledger.reconciliation.records import (
    Balance,
    Reconciliation,
    ReconciliationStart,
    ReconciliationVerdict,
)
from creator_assets.ledger.reconciliation.uncertain import doubtful_attempts, doubtful_attempts_before, soft_charges
from creator_assets.ledger.storage.database import Transaction, insert
from creator_assets.ledger.storage.rows import Found, Row
from creator_assets.ledger.timestamps import from_us, to_us
from creator_assets.microcredits import format_credits


class _Spent(Row, frozen=True):
    spent_microcredits: int


class _Baseline(Row, frozen=True):
    """Where the comparing of both sides began."""

    baseline_counter_microcredits: int
    baseline_spent_microcredits: int


def start_reconciliation(tx: Transaction, scope: str, stated: Stated, now_us: int) -> ReconciliationStart:
    """Note the state of the books, before the provider is asked for its balance."""
    row = budgets.current_budgets(tx, [scope], stated, now_us)[scope]
    return ReconciliationStart(
        scope=scope,
        period=row.period,
        version=row.version,
        is_idle=row.held_microcredits == 0,
        started_at=from_us(now_us),
    )


def reconcile(
    tx: Transaction,
    start: ReconciliationStart,
    balance: Balance,
    stated: Stated,
    *,
    now_us: int,
    lag_us: int,
    rebase: bool,
) -> Reconciliation:
    """Compare, act where the comparison allows it, and record what was found.

    Args:
        tx: The transaction.
        start: The state of the books just before the balance was asked for.
        balance: The provider's balance.
        stated: What this process states about budgets.
        now_us: The time of the comparison.
        lag_us: How long the provider's balance may trail behind. A difference is acted upon only where a comparison at
            least that much later, with no movement between, shows it unchanged.
        rebase: Take a new baseline, after a top-up for instance.
    """
    row = budgets.current_budgets(tx, [start.scope], stated, now_us)[start.scope]
    _close_older_periods(tx, row, now_us)
    base = None if rebase else _baseline(tx, row)
    if base is None:
        return _first_comparison(tx, row, start, balance, now_us)
    counted = balance.counter - base.baseline_counter_microcredits
    surplus = counted - (row.spent_microcredits - base.baseline_spent_microcredits)
    exact = start.is_idle and row.held_microcredits == 0 and start.version == row.version and start.period == row.period
    if not exact:
        verdict, note = _bounds(tx, row, start, surplus)
    elif surplus == 0 and row.in_doubt_microcredits == 0:
        verdict, note = ReconciliationVerdict.AGREED, ""
    elif not _confirmed(tx, row, balance, to_us(start.started_at), lag_us):
        verdict, note = ReconciliationVerdict.UNCONFIRMED, "a difference; compare again later, with nothing under way"
    else:
        verdict, surplus, note = _act(tx, row, surplus, now_us)
    return _record(tx, row, start, balance, base, verdict, surplus, note, now_us)


def _first_comparison(
    tx: Transaction, row: BudgetRow, start: ReconciliationStart, balance: Balance, now_us: int
) -> Reconciliation:
    """Find where the comparing of both sides begins.

    Where a counter of this period's use fits what we booked, both began at zero. Otherwise both are compared from now
    on.
    """
    used = balance.used_microcredits
    firm = row.spent_microcredits - sum(soft.charge_microcredits for soft in soft_charges(tx, row))
    fits = used is not None and firm <= used <= row.used_microcredits
    if fits and row.spent_microcredits + row.in_doubt_microcredits > 0:
        base = _Baseline(baseline_counter_microcredits=0, baseline_spent_microcredits=0)
        note = "counted from the beginning of the period"
    else:
        reason = "worst case: no balance was known before it"
        for attempt in doubtful_attempts(tx, row):
            settlement.resolve(tx, attempt.attempt_id, attempt.upper_microcredits, reason, now_us)
        row = budgets.budget_by_id(tx, row.budget_id)
        base = _Baseline(
            baseline_counter_microcredits=balance.counter, baseline_spent_microcredits=row.spent_microcredits
        )
        note = "counted from here on"
    return _record(tx, row, start, balance, base, ReconciliationVerdict.BASELINE, 0, note, now_us)


def _bounds(
    tx: Transaction, row: BudgetRow, start: ReconciliationStart, surplus: int
) -> tuple[ReconciliationVerdict, str]:
    (since,) = tx.query(
        _Spent,
        """
        SELECT CAST(COALESCE(SUM(e.spent_microcredits), 0) AS BIGINT) AS spent_microcredits
        FROM entry e
        JOIN budget_set_member m ON m.budget_set_id = e.budget_set_id
        WHERE m.budget_id = ? AND e.at_us >= ?
        """,
        (row.budget_id, to_us(start.started_at)),
    )
    soft = sum(charge.charge_microcredits for charge in soft_charges(tx, row))
    if -(since.spent_microcredits + soft) <= surplus <= row.held_microcredits + row.in_doubt_microcredits:
        return ReconciliationVerdict.WITHIN_BOUNDS, "calls were under way; no contradiction"
    return ReconciliationVerdict.UNCONFIRMED, "calls were under way, and yet the difference is larger than they explain"


def _act(tx: Transaction, row: BudgetRow, surplus: int, now_us: int) -> tuple[ReconciliationVerdict, int, str]:
    """Give doubts and assumptions their true cost by amount.

    Returns the verdict, what is left of the difference, and a note.
    """
    doubtful, soft = doubtful_attempts(tx, row), soft_charges(tx, row)
    pool = sum(attempt.upper_microcredits for attempt in doubtful)
    floor = -sum(charge.charge_microcredits for charge in soft)
    if surplus < floor:
        missing = format_credits(-surplus)
        message = f"the provider counts {missing} credits less than it charged by its own answers; nothing was lowered"
        notify(tx, row.scope, "drift", message, now_us)
        return ReconciliationVerdict.DRIFT, surplus, message
    note = "reconciled as a pool, oldest first"
    remaining = max(0, min(surplus, pool))
    for attempt in doubtful:
        charge = min(attempt.upper_microcredits, remaining)
        remaining -= charge
        settlement.resolve(tx, attempt.attempt_id, charge, note, now_us)
    too_much = max(0, -surplus)
    for assumed in soft:
        less = min(assumed.charge_microcredits, too_much)
        too_much -= less
        if less > 0:
            settlement.correct(tx, assumed.attempt_id, assumed.charge_microcredits - less, note, now_us)
        elif assumed.basis == "assumed":
            settlement.confirm(tx, assumed.attempt_id)
    if surplus <= pool:
        done = f"{len(doubtful)} in doubt and {len(soft)} uncertain charges given their cost"
        return ReconciliationVerdict.RESOLVED, 0, done
    foreign = surplus - pool
    message = f"{format_credits(foreign)} credits were used that no call of ours explains: somebody else uses this key"
    budget_set_id = budgets.budget_set(tx, [row.budget_id])
    budgets.book(
        tx, budget_set_id=budget_set_id, attempt_id=None, kind="external", at_us=now_us, spent=foreign, note=message
    )
    notify(tx, row.scope, "external", message, now_us)
    return ReconciliationVerdict.EXTERNAL, foreign, message


def _close_older_periods(tx: Transaction, row: BudgetRow, now_us: int) -> None:
    """Resolve at its worst case what is in doubt in a period that the provider no longer reports."""
    reason = "worst case: its period closed before the provider's balance showed its cost"
    for attempt in doubtful_attempts_before(tx, row):
        settlement.resolve(tx, attempt.attempt_id, attempt.upper_microcredits, reason, now_us)


def _baseline(tx: Transaction, row: BudgetRow) -> _Baseline | None:
    rows = tx.query(
        _Baseline,
        """
        SELECT baseline_counter_microcredits, baseline_spent_microcredits
        FROM reconciliation
        WHERE scope = ? AND period = ?
        ORDER BY reconciliation_id DESC
        LIMIT 1
        """,
        (row.scope, row.period),
    )
    return rows[0] if rows else None


def _confirmed(tx: Transaction, row: BudgetRow, balance: Balance, started_us: int, lag_us: int) -> bool:
    """Whether an earlier comparison, long enough ago and with no movement since, saw the same counter."""
    if lag_us == 0:
        return True
    found = tx.query(
        Found,
        """
        SELECT 1 AS found
        FROM reconciliation
        WHERE scope = ? AND period = ? AND counter_microcredits = ? AND budget_version = ? AND ended_us <= ?
        LIMIT 1
        """,
        (row.scope, row.period, balance.counter, row.version, started_us - lag_us),
    )
    return bool(found)


def _record(
    tx: Transaction,
    row: BudgetRow,
    start: ReconciliationStart,
    balance: Balance,
    base: _Baseline,
    verdict: ReconciliationVerdict,
    drift: int,
    note: str,
    now_us: int,
) -> Reconciliation:
    row = budgets.budget_by_id(tx, row.budget_id)  # as it is after what was booked just now
    insert(
        tx,
        "reconciliation",
        {
            "scope": row.scope,
            "period": row.period,
            "started_us": to_us(start.started_at),
            "ended_us": now_us,
            "counter_microcredits": balance.counter,
            "baseline_counter_microcredits": base.baseline_counter_microcredits,
            "baseline_spent_microcredits": base.baseline_spent_microcredits,
            "spent_microcredits": row.spent_microcredits,
            "drift_microcredits": drift,
            "budget_version": row.version,
            "verdict": str(verdict),
            "note": note,
        },
    )
    return Reconciliation(
        scope=row.scope,
        period=row.period,
        verdict=verdict,
        at=from_us(now_us),
        counter_microcredits=balance.counter,
        spent_microcredits=row.spent_microcredits,
        drift_microcredits=drift,
        note=note,
    )
