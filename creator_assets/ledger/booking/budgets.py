"""The budget rows: setting limits, booking movements, thresholds.

Every movement of credits is one append-only entry and one update of each budget that it changes, in the transaction of
its cause. The database checks that spent + held + in doubt stay within limit + overrun. Which calls are admitted is
decided in ``admission.py``; what a provider's own refusal means, in ``suspension.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; every value is a parameter

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from creator_assets.ledger.booking.periods import PPM, BudgetRow, Stated, new_budget, present, to_ppm
from creator_assets.ledger.errors import UnknownBudgetError
from creator_assets.ledger.leases import host_name
from creator_assets.ledger.notices import notify
from creator_assets.ledger.records import Budget
from creator_assets.ledger.storage.database import Transaction, insert
from creator_assets.ledger.storage.rows import Row, columns_of
from creator_assets.ledger.timestamps import from_us, to_us_or_none
from creator_assets.microcredits import format_credits

FOREVER_US = 253_402_300_799_000_000  # the last second of the year 9999


class BudgetSetId(Row, frozen=True):
    """The number of a set of budgets."""

    budget_set_id: int


_BUDGETS = f"SELECT {columns_of(BudgetRow)} FROM budget"
_BUDGET = f"{_BUDGETS} WHERE budget_id = ?"
_BUDGETS_OF_SCOPE = f"{_BUDGETS} WHERE scope = ?"
_BUDGETS_OF_SET = f"""
    {_BUDGETS}
    WHERE budget_id IN (SELECT budget_id FROM budget_set_member WHERE budget_set_id = ?)
    ORDER BY budget_id
    """


def all_budgets(tx: Transaction) -> list[BudgetRow]:
    """Every budget of every period, by scope and period."""
    return tx.query(BudgetRow, f"{_BUDGETS} ORDER BY scope, period")


def current_budgets(tx: Transaction, scopes: Iterable[str], stated: Stated, now_us: int) -> dict[str, BudgetRow]:
    """The budget that each scope books on: the one whose period is under way. It is written where it is new or changed.

    Raises:
        UnknownBudgetError: A scope has none, and nothing is stated about it.
    """
    found: dict[str, BudgetRow] = {}
    for scope in sorted(set(scopes)):
        rows = tx.query(BudgetRow, _BUDGETS_OF_SCOPE, (scope,))
        row = present(rows, stated.get(scope), now_us)
        if row is None:
            raise UnknownBudgetError(
                f"no budget was ever set for {scope}: state its limit before anything is spent on it"
            )
        before = next((one for one in rows if one.budget_id == row.budget_id), None)
        found[scope] = row if row == before else _write(tx, before, row, now_us)
        if before is not None and before.limit_set_us is not None:
            old, new = before.limit_microcredits, row.limit_microcredits
            if old != new:
                _note_limit(tx, scope, old, new, "as the brief says there", now_us)
    return found


def present_budgets(tx: Transaction, stated: Stated, now_us: int) -> tuple[list[BudgetRow], dict[str, BudgetRow]]:
    """Every budget, by scope and period, and the one of each scope that is in force. Writes nothing."""
    rows = {row.budget_id: row for row in all_budgets(tx)}
    by_scope: dict[str, list[BudgetRow]] = {scope: [] for scope in stated}
    for row in rows.values():
        by_scope.setdefault(row.scope, []).append(row)
    found = {scope: present(of_scope, stated.get(scope), now_us) for scope, of_scope in by_scope.items()}
    current = {scope: row for scope, row in found.items() if row is not None}
    others = [row for row in rows.values() if row.scope not in current or row.budget_id != current[row.scope].budget_id]
    return sorted([*others, *current.values()], key=lambda row: (row.scope, row.order)), current


def budget_by_id(tx: Transaction, budget_id: int) -> BudgetRow:
    """A budget as it is now."""
    (row,) = tx.query(BudgetRow, _BUDGET, (budget_id,))
    return row


def members(tx: Transaction, budget_set_id: int) -> list[BudgetRow]:
    """The budgets of a set."""
    return tx.query(BudgetRow, _BUDGETS_OF_SET, (budget_set_id,))


def budget_set(tx: Transaction, budget_ids: Iterable[int]) -> int:
    """The number of the set of these budgets, which is written where it is new."""
    ordered = sorted(set(budget_ids))
    text = ",".join(str(budget_id) for budget_id in ordered)
    rows = tx.query(BudgetSetId, "SELECT budget_set_id FROM budget_set WHERE members = ?", (text,))
    if rows:
        return rows[0].budget_set_id
    (made,) = tx.query(BudgetSetId, "INSERT INTO budget_set (members) VALUES (?) RETURNING budget_set_id", (text,))
    for budget_id in ordered:
        insert(tx, "budget_set_member", {"budget_set_id": made.budget_set_id, "budget_id": budget_id})
    return made.budget_set_id


def book(
    tx: Transaction,
    *,
    budget_set_id: int,
    attempt_id: str | None,
    kind: str,
    at_us: int,
    spent: int = 0,
    held: int = 0,
    doubt: int = 0,
    note: str = "",
) -> None:
    """Write one movement of microcredits and add it to every budget of the set.

    A movement may exceed a limit only where credits are already gone: an answer that cost more than its hold, foreign
    use, a lowered limit. The excess is recorded as overrun, with a notice. A hold is always checked before it is
    booked.
    """
    insert(
        tx,
        "entry",
        {
            "attempt_id": attempt_id,
            "budget_set_id": budget_set_id,
            "kind": kind,
            "spent_microcredits": spent,
            "held_microcredits": held,
            "in_doubt_microcredits": doubt,
            "at_us": at_us,
            "note": note,
        },
    )
    for before in members(tx, budget_set_id):
        row = msgspec.structs.replace(
            before,
            spent_microcredits=before.spent_microcredits + spent,
            held_microcredits=before.held_microcredits + held,
            in_doubt_microcredits=before.in_doubt_microcredits + doubt,
        )
        beyond = max(row.overrun_microcredits, row.used_microcredits - row.limit_microcredits)
        overrun = row.overrun_microcredits if kind == "hold" else beyond
        tx.execute(
            """
            UPDATE budget
            SET spent_microcredits = spent_microcredits + ?,
                held_microcredits = held_microcredits + ?,
                in_doubt_microcredits = in_doubt_microcredits + ?,
                overrun_microcredits = ?,
                version = version + 1
            WHERE budget_id = ?
            """,
            (spent, held, doubt, overrun, row.budget_id),
        )
        if overrun > row.overrun_microcredits:
            limit = format_credits(row.limit_microcredits)
            message = f"{format_credits(overrun)} credits beyond the limit of {limit} are gone or in doubt ({kind})"
            notify(tx, row.scope, "overrun", message, at_us)
        if kind != "hold":
            cross_thresholds(tx, row, at_us)


def set_budget(tx: Transaction, budget: Budget, now_us: int) -> None:
    """Set or change one budget of one period, whatever anybody stated before.

    A limit below what is already spent is recorded as overrun, with a notice. It is never refused.
    """
    rows = tx.query(BudgetRow, _BUDGETS_OF_SCOPE, (budget.scope,))
    before = next((row for row in rows if row.period == budget.period), None)
    row = msgspec.structs.replace(
        before or new_budget(None, budget, now_us),
        limit_microcredits=budget.limit_microcredits,
        limit_set_us=now_us if before is None or before.limit_set_us is None else before.limit_set_us,
        notify_ppm=to_ppm(budget.notify),
        suspend_ppm=to_ppm(budget.suspend),
        stop_ppm=to_ppm(budget.suspend_immediate),
        ends_us=to_us_or_none(budget.ends_at),
    )
    if row != before:
        _write(tx, before, row, now_us)


def set_limit(tx: Transaction, scope: str, limit_microcredits: int, stated: Stated, now_us: int) -> None:
    """Change the limit of a scope from now on, with a notice of both limits, the host and the time.

    Raises:
        UnknownBudgetError: The scope has no budget, and nothing is stated about it.
    """
    rows = tx.query(BudgetRow, _BUDGETS_OF_SCOPE, (scope,))
    row = present(rows, stated.get(scope), now_us)
    if row is None:
        raise UnknownBudgetError(f"no budget was ever set for {scope}, so its limit cannot be changed")
    known = [one for one in rows if one.limit_set_us is not None and one.has_begun(now_us)]
    old = max(known, key=lambda one: one.order).limit_microcredits if known else None
    row = msgspec.structs.replace(row, limit_microcredits=limit_microcredits, limit_set_us=now_us)
    if limit_microcredits == 0:  # every share of zero is reached at once
        row = msgspec.structs.replace(row, notify_ppm=None, suspend_ppm=None, stop_ppm=None)
    _write(tx, next((one for one in rows if one.budget_id == row.budget_id), None), row, now_us)
    _note_limit(tx, scope, old, limit_microcredits, "set by hand", now_us)


def _write(tx: Transaction, before: BudgetRow | None, row: BudgetRow, now_us: int) -> BudgetRow:
    """Write a budget as it has to be, with an entry. A limit that a brief has changed leaves a notice."""
    if before is None:
        key = {"scope": row.scope, "period": row.period, "limit_microcredits": row.limit_microcredits}
        insert(tx, "budget", key)
        (before,) = tx.query(BudgetRow, f"{_BUDGETS_OF_SCOPE} AND period = ?", (row.scope, row.period))
    overrun = before.overrun_microcredits
    if row.limit_microcredits != before.limit_microcredits:
        overrun = max(0, before.used_microcredits - row.limit_microcredits)
    tx.execute(
        """
        UPDATE budget
        SET limit_microcredits = ?, notify_ppm = ?, suspend_ppm = ?, stop_ppm = ?, starts_us = ?, ends_us = ?,
            limit_set_us = ?, overrun_microcredits = ?, version = version + 1
        WHERE budget_id = ?
        """,
        (
            row.limit_microcredits, row.notify_ppm, row.suspend_ppm, row.stop_ppm, row.starts_us, row.ends_us,
            row.limit_set_us, overrun, before.budget_id,
        ),
    )  # fmt: skip
    limit = f"limit {format_credits(row.limit_microcredits)}"
    entry = {"budget_set_id": budget_set(tx, [before.budget_id]), "kind": "limit", "at_us": now_us, "note": limit}
    insert(tx, "entry", entry)
    if overrun > before.overrun_microcredits:
        lowered = f"the limit was set to {format_credits(row.limit_microcredits)}"
        notify(tx, row.scope, "overrun", f"{lowered}, {format_credits(overrun)} below what is gone", now_us)
    changed = budget_by_id(tx, before.budget_id)
    cross_thresholds(tx, changed, now_us)
    return budget_by_id(tx, before.budget_id)


def cross_thresholds(tx: Transaction, row: BudgetRow, now_us: int) -> None:
    """Set or clear the times at which thresholds were crossed, with one notice for each crossing.

    What is spent and in doubt counts. Holds do not: they may be released. `row` is the budget as it is after its
    change.
    """
    used = row.spent_microcredits + row.in_doubt_microcredits
    for column, level, ppm, crossed_us in (
        ("notified_us", "notify", row.notify_ppm, row.notified_us),
        ("suspended_us", "suspend", row.suspend_ppm, row.suspended_us),
        ("stopped_us", "suspend_immediate", row.stop_ppm, row.stopped_us),
    ):
        is_crossed = ppm is not None and used * PPM >= row.limit_microcredits * ppm
        if is_crossed and crossed_us is None:
            tx.execute(f"UPDATE budget SET {column} = ? WHERE budget_id = ?", (now_us, row.budget_id))
            limit = format_credits(row.limit_microcredits)
            notify(tx, row.scope, level, f"{format_credits(used)} of {limit} credits are spent or in doubt", now_us)
        elif not is_crossed and crossed_us is not None:
            tx.execute(f"UPDATE budget SET {column} = NULL WHERE budget_id = ?", (row.budget_id,))


def _note_limit(tx: Transaction, scope: str, old: int | None, new: int, how: str, now_us: int) -> None:
    was = "was set" if old is None else f"was changed from {format_credits(old)}"
    at = f"{from_us(now_us):%Y-%m-%d %H:%M} UTC"
    notify(tx, scope, "limit", f"the limit {was} to {format_credits(new)} on {host_name()} at {at} ({how})", now_us)
