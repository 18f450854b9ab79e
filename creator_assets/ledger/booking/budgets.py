"""The budget rows: setting limits, booking movements, thresholds.

Every movement of credits is one append-only entry and one update of each budget that it changes, in the transaction of
its cause. The database checks that spent + held + in doubt stay within limit + overrun. Which calls are admitted is
decided in ``admission.py``; what a provider's own refusal means, in ``suspension.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; every value is a parameter

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from creator_assets.ledger.errors import UnknownBudgetError
from creator_assets.ledger.notices import notify
from creator_assets.ledger.records import Budget
from creator_assets.ledger.storage.database import Transaction, insert
from creator_assets.ledger.storage.rows import Row, columns_of
from creator_assets.ledger.timestamps import to_us_or_none
from creator_assets.microcredits import format_credits

PPM = 1_000_000
FOREVER_US = 253_402_300_799_000_000  # the last second of the year 9999


class BudgetRow(Row, frozen=True):
    """A budget as it is in the table."""

    budget_id: int
    scope: str
    period: str
    limit_microcredits: int
    spent_microcredits: int
    held_microcredits: int
    in_doubt_microcredits: int
    overrun_microcredits: int
    version: int
    notify_ppm: int | None
    suspend_ppm: int | None
    stop_ppm: int | None
    ends_us: int | None
    notified_us: int | None
    suspended_us: int | None
    stopped_us: int | None
    provider_suspended_until_us: int | None
    provider_suspended_reason: str | None
    provider_suspended_since_us: int | None

    @property
    def used_microcredits(self) -> int:
        """Spent, held and in doubt together."""
        return self.spent_microcredits + self.held_microcredits + self.in_doubt_microcredits

    @property
    def left_microcredits(self) -> int:
        """What may still be held."""
        return max(0, self.limit_microcredits - self.used_microcredits)

    def is_provider_suspended(self, now_us: int) -> bool:
        """Whether the provider itself refuses now."""
        return self.provider_suspended_until_us is not None and now_us < self.provider_suspended_until_us


class BudgetSetId(Row, frozen=True):
    """The number of a set of budgets."""

    budget_set_id: int


_BUDGETS = f"SELECT {columns_of(BudgetRow)} FROM budget"
_BUDGET = f"{_BUDGETS} WHERE budget_id = ?"
_CURRENT_BUDGET = f"{_BUDGETS} WHERE scope = ? ORDER BY period DESC LIMIT 1"
_BUDGETS_OF_SET = f"""
    {_BUDGETS}
    WHERE budget_id IN (SELECT budget_id FROM budget_set_member WHERE budget_set_id = ?)
    ORDER BY budget_id
    """


def all_budgets(tx: Transaction) -> list[BudgetRow]:
    """Every budget of every period, by scope and period."""
    return tx.query(BudgetRow, f"{_BUDGETS} ORDER BY scope, period")


def current_budgets(tx: Transaction, scopes: Iterable[str]) -> dict[str, BudgetRow]:
    """The budget that each scope books on: the one of its greatest period.

    Raises:
        UnknownBudgetError: A scope has none.
    """
    found: dict[str, BudgetRow] = {}
    for scope in sorted(set(scopes)):
        rows = tx.query(BudgetRow, _CURRENT_BUDGET, (scope,))
        if not rows:
            raise UnknownBudgetError(
                f"no budget was ever set for {scope}: state its limit before anything is spent on it"
            )
        (found[scope],) = rows
    return found


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
    """Set or change one budget.

    A limit below what is already spent is recorded as overrun, with a notice. It is never refused.
    """
    thresholds = (_ppm(budget.notify), _ppm(budget.suspend), _ppm(budget.suspend_immediate))
    stated = (budget.limit_microcredits, *thresholds, to_us_or_none(budget.ends_at))
    tx.execute(
        """
        INSERT INTO budget (scope, period, limit_microcredits, notify_ppm, suspend_ppm, stop_ppm, ends_us)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (scope, period) DO NOTHING
        """,
        (budget.scope, budget.period, *stated),
    )
    (row,) = tx.query(BudgetRow, f"{_BUDGETS} WHERE scope = ? AND period = ?", (budget.scope, budget.period))
    known = (row.limit_microcredits, row.notify_ppm, row.suspend_ppm, row.stop_ppm, row.ends_us)
    if row.version > 0 and stated == known:
        return
    overrun = max(0, row.used_microcredits - budget.limit_microcredits)
    tx.execute(
        """
        UPDATE budget
        SET limit_microcredits = ?, notify_ppm = ?, suspend_ppm = ?, stop_ppm = ?, ends_us = ?,
            overrun_microcredits = ?, version = version + 1
        WHERE budget_id = ?
        """,
        (*stated, overrun, row.budget_id),
    )
    limit = f"limit {format_credits(budget.limit_microcredits)}"
    entry = {"budget_set_id": budget_set(tx, [row.budget_id]), "kind": "limit", "at_us": now_us, "note": limit}
    insert(tx, "entry", entry)
    if overrun > row.overrun_microcredits:
        lowered = f"the limit was set to {format_credits(budget.limit_microcredits)}"
        notify(tx, budget.scope, "overrun", f"{lowered}, {format_credits(overrun)} below what is gone", now_us)
    (changed,) = tx.query(BudgetRow, _BUDGET, (row.budget_id,))
    cross_thresholds(tx, changed, now_us)


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


def _ppm(fraction: float | None) -> int | None:
    return None if fraction is None else round(fraction * PPM)
