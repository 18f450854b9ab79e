"""Does the provider count what we count?

Compare the books with a balance, settle what was in doubt, name what is left. An exact judgement needs quiet: nothing
under way, and not one movement between the token, the provider's answer and the judgement. Otherwise only bounds can
be checked. A surplus within the pool of doubt resolves it by amount, a surplus beyond it is foreign use of the key, a
deficit beyond what was assumed is drift: an alarm, and nothing is lowered by itself. Reading the balance is the
caller's.
"""

# ruff: noqa: S608 - statements are put together from constants of this room; every value travels as a parameter

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from creator_assets.ledger.booking import budgets, settlement
from creator_assets.ledger.notices import notify
from creator_assets.ledger.reconciliation.records import (
    Balance,
    Drift,
    QuietToken,
    Reconciliation,
    ReconciliationVerdict,
)
from creator_assets.ledger.storage.database import Query, Transaction
from creator_assets.ledger.timestamps import from_us, to_us
from creator_assets.microcredits import format_credits


def quiet(tx: Transaction, scope: str, now_us: int) -> QuietToken:
    """Take a token before asking the provider."""
    row = budgets.current_budgets(tx, [scope])[scope]
    return QuietToken(
        scope=scope, period=row.period, version=row.version, is_quiet=row.held == 0, started_at=from_us(now_us)
    )


def reconcile(
    tx: Transaction, token: QuietToken, balance: Balance, *, now_us: int, lag_us: int, rebase: bool
) -> Reconciliation:
    """Compare, act where the comparison allows it, and keep a record.

    `lag_us` is how long the provider's balance may trail behind: a difference is acted upon only when a look at least
    that much later, with no movement between, shows it unchanged. `rebase` takes a new baseline (after a top-up,
    say).
    """
    row = budgets.current_budgets(tx, [token.scope])[token.scope]
    _close_older_periods(tx, row, now_us)
    base = None if rebase else _baseline(tx, row)
    if base is None:
        return _first_look(tx, row, token, balance, now_us)
    surplus = (balance.counter - base[0]) - (row.spent - base[1])
    exact = token.is_quiet and row.held == 0 and token.version == row.version and token.period == row.period
    if not exact:
        verdict, note = _bounds(tx, row, token, surplus)
    elif surplus == 0 and row.doubt == 0:
        verdict, note = ReconciliationVerdict.AGREED, ""
    elif not _confirmed(tx, row, balance, to_us(token.started_at), lag_us):
        verdict, note = ReconciliationVerdict.UNCONFIRMED, "a difference; look again later, with nothing under way"
    else:
        verdict, surplus, note = _act(tx, row, surplus, now_us)
    return _record(tx, row, token, balance, base, verdict, surplus, note, now_us)


def _first_look(
    tx: Transaction, row: budgets.BudgetRow, token: QuietToken, balance: Balance, now_us: int
) -> Reconciliation:
    """Find where both sides begin to be compared.

    Where a counter of the use in this period fits what we booked, both began at zero; otherwise they are compared
    from now on.
    """
    used = balance.used_microcredits
    firm = row.spent - sum(charge for _, charge, _ in _soft_charges(tx, row))
    fits = used is not None and firm <= used <= row.spent + row.doubt + row.held
    if fits and row.spent + row.doubt > 0:
        base, note = (0, 0), "counted from the beginning of the period"
    else:
        for attempt_id, upper in _doubtful(tx, row):
            settlement.resolve(tx, attempt_id, upper, "worst case: no balance was known before it", now_us)
        row = budgets.current_budgets(tx, [row.scope])[row.scope]
        base, note = (balance.counter, row.spent), "counted from here on"
    return _record(tx, row, token, balance, base, ReconciliationVerdict.BASELINE, 0, note, now_us)


def _bounds(
    tx: Transaction, row: budgets.BudgetRow, token: QuietToken, surplus: int
) -> tuple[ReconciliationVerdict, str]:
    ((since,),) = tx.execute(
        "SELECT CAST(COALESCE(SUM(e.spent_microcredits), 0) AS BIGINT) FROM entry e "
        "JOIN gate_set_member m ON m.gate_set_id = e.gate_set_id WHERE m.budget_id = ? AND e.at_us >= ?",
        (row.budget_id, to_us(token.started_at)),
    )
    soft = sum(charge for _, charge, _ in _soft_charges(tx, row))
    if -(since + soft) <= surplus <= row.held + row.doubt:
        return ReconciliationVerdict.WITHIN_BOUNDS, "calls were under way; no contradiction"
    return ReconciliationVerdict.UNCONFIRMED, "calls were under way, and yet the difference is larger than they explain"


def _act(tx: Transaction, row: budgets.BudgetRow, surplus: int, now_us: int) -> tuple[ReconciliationVerdict, int, str]:
    """Give doubts and assumptions their true cost by amount.

    Returns the verdict, what is left of the difference, and a note.
    """
    doubtful, soft = _doubtful(tx, row), _soft_charges(tx, row)
    pool, floor = sum(upper for _, upper in doubtful), -sum(charge for _, charge, _ in soft)
    if surplus < floor:
        missing = format_credits(-surplus)
        message = f"the provider counts {missing} credits less than it charged by its own answers; nothing was lowered"
        notify(tx, row.scope, "drift", message, now_us)
        return ReconciliationVerdict.DRIFT, surplus, message
    note = "reconciled as a pool, oldest first"
    remaining = max(0, min(surplus, pool))
    for attempt_id, upper in doubtful:
        charge = min(upper, remaining)
        remaining -= charge
        settlement.resolve(tx, attempt_id, charge, note, now_us)
    too_much = max(0, -surplus)
    for attempt_id, charge, basis in soft:
        less = min(charge, too_much)
        too_much -= less
        if less > 0:
            settlement.correct(tx, attempt_id, charge - less, note, now_us)
        elif basis == "assumed":
            settlement.confirm(tx, attempt_id)
    if surplus <= pool:
        return (
            ReconciliationVerdict.RESOLVED,
            0,
            f"{len(doubtful)} in doubt and {len(soft)} uncertain charges given their cost",
        )
    foreign = surplus - pool
    message = f"{format_credits(foreign)} credits were used that no call of ours explains: somebody else uses this key"
    gate_set_id = budgets.gate_set(tx, [row.budget_id])
    budgets.book(
        tx, gate_set_id=gate_set_id, attempt_id=None, kind="external", at_us=now_us, spent=foreign, note=message
    )
    notify(tx, row.scope, "external", message, now_us)
    return ReconciliationVerdict.EXTERNAL, foreign, message


def _doubtful(tx: Transaction, row: budgets.BudgetRow) -> list[tuple[str, int]]:
    return [
        (attempt_id, upper)
        for attempt_id, upper in tx.execute(
            "SELECT a.attempt_id, a.upper_microcredits FROM attempt a "
            "JOIN gate_set_member m ON m.gate_set_id = a.gate_set_id "
            "WHERE m.budget_id = ? AND a.state = 'in_doubt' ORDER BY a.sent_us, a.attempt_id",
            (row.budget_id,),
        )
    ]


def _soft_charges(tx: Transaction, row: budgets.BudgetRow) -> list[tuple[str, int, str]]:
    """(attempt, charge, basis) of charges that no answer vouches for.

    Assumed ones, and shares of a pool: a late answer may show that the pool was shared out in another way.
    """
    return [
        (attempt_id, charge, basis)
        for attempt_id, charge, basis in tx.execute(
            "SELECT a.attempt_id, a.charge_microcredits, a.basis FROM attempt a "
            "JOIN gate_set_member m ON m.gate_set_id = a.gate_set_id WHERE m.budget_id = ? "
            "AND a.state IN ('settled', 'resolved') AND a.basis IN ('assumed', 'reconciled') "
            "AND a.charge_microcredits > 0 ORDER BY a.sent_us, a.attempt_id",
            (row.budget_id,),
        )
    ]


def _close_older_periods(tx: Transaction, row: budgets.BudgetRow, now_us: int) -> None:
    """What is still in doubt in a period that the provider no longer reports was as expensive as it could be."""
    for attempt_id, upper in tx.execute(
        "SELECT a.attempt_id, a.upper_microcredits FROM attempt a "
        "JOIN gate_set_member m ON m.gate_set_id = a.gate_set_id JOIN budget b ON b.budget_id = m.budget_id "
        "WHERE b.scope = ? AND b.period < ? AND a.state = 'in_doubt' ORDER BY a.attempt_id",
        (row.scope, row.period),
    ):
        settlement.resolve(tx, attempt_id, upper, "worst case: its period closed before the provider told", now_us)


def _baseline(tx: Transaction, row: budgets.BudgetRow) -> tuple[int, int] | None:
    rows = tx.execute(
        "SELECT baseline_counter_microcredits, baseline_spent_microcredits FROM reconciliation "
        "WHERE scope = ? AND period = ? ORDER BY reconciliation_id DESC LIMIT 1",
        (row.scope, row.period),
    )
    return (rows[0][0], rows[0][1]) if rows else None


def _confirmed(tx: Transaction, row: budgets.BudgetRow, balance: Balance, started_us: int, lag_us: int) -> bool:
    """Whether an earlier look, long enough ago and with no movement since, saw the same counter."""
    if lag_us == 0:
        return True
    return bool(
        tx.execute(
            "SELECT 1 FROM reconciliation WHERE scope = ? AND period = ? AND counter_microcredits = ? "
            "AND budget_version = ? AND ended_us <= ? LIMIT 1",
            (row.scope, row.period, balance.counter, row.version, started_us - lag_us),
        )
    )


def _record(
    tx: Transaction,
    row: budgets.BudgetRow,
    token: QuietToken,
    balance: Balance,
    base: tuple[int, int],
    verdict: ReconciliationVerdict,
    drift: int,
    note: str,
    now_us: int,
) -> Reconciliation:
    row = budgets.current_budgets(tx, [row.scope])[row.scope]  # as it is after what was booked just now
    tx.execute(
        "INSERT INTO reconciliation (scope, period, started_us, ended_us, counter_microcredits, "
        "baseline_counter_microcredits, baseline_spent_microcredits, spent_microcredits, drift_microcredits, "
        "budget_version, verdict, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(row.scope, row.period, to_us(token.started_at), now_us, balance.counter, *base, row.spent),
            *(drift, row.version, str(verdict), note),
        ),
    )
    return Reconciliation(
        scope=row.scope,
        period=row.period,
        verdict=verdict,
        at=from_us(now_us),
        counter_microcredits=balance.counter,
        spent_microcredits=row.spent,
        drift_microcredits=drift,
        note=note,
    )


_COLUMNS = "scope, period, verdict, ended_us, counter_microcredits, spent_microcredits, drift_microcredits, note"


def reconciliations(query: Query, *, scope: str, limit: int = 100) -> list[Reconciliation]:
    """The latest comparisons of a scope, newest first."""
    rows = query(
        f"SELECT {_COLUMNS} FROM reconciliation WHERE scope = ? ORDER BY reconciliation_id DESC LIMIT {int(limit)}",
        (scope,),
    )
    return [
        Reconciliation(
            scope=row[0],
            period=row[1],
            verdict=ReconciliationVerdict(row[2]),
            at=from_us(row[3]),
            counter_microcredits=row[4],
            spent_microcredits=row[5],
            drift_microcredits=row[6],
            note=row[7],
        )
        for row in rows
    ]


def standing_drift(query: Query, scopes: Sequence[str]) -> list[Drift]:
    """Per scope, the difference that its latest comparison left standing.

    With it goes the moment since when it has been seen without a break.
    """
    found = []
    for scope in scopes:
        standing: Reconciliation | None = None
        since: datetime | None = None
        for seen in reconciliations(query, scope=scope):
            if seen.verdict not in {
                ReconciliationVerdict.DRIFT,
                ReconciliationVerdict.UNCONFIRMED,
                ReconciliationVerdict.EXTERNAL,
            }:
                break
            standing, since = standing or seen, seen.at
        if standing is not None and since is not None:
            found.append(
                Drift(
                    scope=scope,
                    period=standing.period,
                    drift_microcredits=standing.drift_microcredits,
                    verdict=standing.verdict,
                    since=since,
                )
            )
    return found
