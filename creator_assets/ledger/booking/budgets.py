"""The budget rows: setting limits, booking movements, thresholds.

Every movement of money is one append-only entry plus one update of each budget it touches, in the transaction of
whatever caused it. The database's own check (spent + held + in doubt within limit + overrun) stands behind all of it.
Which calls are admitted is decided in ``admission.py``, what a provider's own refusal means in ``freezing.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this room; every value travels as a parameter

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from creator_assets.ledger.errors import UnknownBudgetError
from creator_assets.ledger.notices import notify
from creator_assets.ledger.records import Budget
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.timestamps import to_us_or_none
from creator_assets.microcredits import format_credits

PPM = 1_000_000
FOREVER_US = 253_402_300_799_000_000  # the last second of the year 9999

_COLUMNS = (
    "budget_id, scope, period, limit_microcredits, spent_microcredits, held_microcredits, doubt_microcredits, "
    "overrun_microcredits, "
    "version, notify_ppm, suspend_ppm, stop_ppm, ends_us, notified_us, suspended_us, stopped_us, frozen_until_us, "
    "frozen_reason"
)


class BudgetRow(msgspec.Struct, array_like=True):
    """A budget as it lies in the table, in the order of its columns."""

    budget_id: int
    scope: str
    period: str
    limit: int
    spent: int
    held: int
    doubt: int
    overrun: int
    version: int
    notify_ppm: int | None
    suspend_ppm: int | None
    stop_ppm: int | None
    ends_us: int | None
    notified_us: int | None
    suspended_us: int | None
    stopped_us: int | None
    frozen_until_us: int | None
    frozen_reason: str | None

    @property
    def left(self) -> int:
        """What may still be held."""
        return max(0, self.limit - self.spent - self.held - self.doubt)


def all_budgets(tx: Transaction) -> list[BudgetRow]:
    """Every budget of every period, by scope and period."""
    return [BudgetRow(*row) for row in tx.execute(f"SELECT {_COLUMNS} FROM budget ORDER BY scope, period")]


def current_budgets(tx: Transaction, scopes: Iterable[str]) -> dict[str, BudgetRow]:
    """The budget that each scope books on: that of its greatest period.

    Raises:
        UnknownBudgetError: A scope has none.
    """
    found: dict[str, BudgetRow] = {}
    for scope in sorted(set(scopes)):
        rows = tx.execute(f"SELECT {_COLUMNS} FROM budget WHERE scope = ? ORDER BY period DESC LIMIT 1", (scope,))
        if not rows:
            raise UnknownBudgetError(
                f"no budget was ever set for {scope}: state its limit before anything is spent on it"
            )
        found[scope] = BudgetRow(*rows[0])
    return found


def members(tx: Transaction, gate_set_id: int) -> list[BudgetRow]:
    """The budgets behind a set of gates."""
    return [
        BudgetRow(*row)
        for row in tx.execute(
            f"SELECT {_COLUMNS} FROM budget WHERE budget_id IN (SELECT budget_id FROM gate_set_member WHERE "
            f"gate_set_id = ?) "
            "ORDER BY budget_id",
            (gate_set_id,),
        )
    ]


def gate_set(tx: Transaction, budget_ids: Iterable[int]) -> int:
    """The number under which "all these budgets" is known."""
    ordered = sorted(set(budget_ids))
    text = ",".join(str(budget_id) for budget_id in ordered)
    rows = tx.execute("SELECT gate_set_id FROM gate_set WHERE members = ?", (text,))
    if not rows:
        rows = tx.execute("INSERT INTO gate_set (members) VALUES (?) RETURNING gate_set_id", (text,))
        for budget_id in ordered:
            tx.execute("INSERT INTO gate_set_member (gate_set_id, budget_id) VALUES (?, ?)", (rows[0][0], budget_id))
    return int(rows[0][0])


def book(
    tx: Transaction,
    *,
    gate_set_id: int,
    attempt_id: str | None,
    kind: str,
    at_us: int,
    spent: int = 0,
    held: int = 0,
    doubt: int = 0,
    note: str = "",
) -> None:
    """Write one movement and carry it into every budget it touches.

    A movement may exceed a limit only where money is already gone (an answer that cost more than its hold, foreign
    use, a lowered limit). That is recorded as overrun, with a notice; a hold never gets here without having been
    checked.
    """
    tx.execute(
        "INSERT INTO entry (attempt_id, gate_set_id, kind, spent_microcredits, held_microcredits, "
        "doubt_microcredits, at_us, note) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (attempt_id, gate_set_id, kind, spent, held, doubt, at_us, note),
    )
    for row in members(tx, gate_set_id):
        total = row.spent + row.held + row.doubt + spent + held + doubt
        overrun = row.overrun if kind == "hold" else max(row.overrun, total - row.limit)
        tx.execute(
            "UPDATE budget SET spent_microcredits = spent_microcredits + ?, held_microcredits = held_microcredits + ?, "
            "doubt_microcredits = doubt_microcredits + ?, overrun_microcredits = ?, version = version + 1 WHERE "
            "budget_id = ?",
            (spent, held, doubt, overrun, row.budget_id),
        )
        if overrun > row.overrun:
            notify(
                tx,
                row.scope,
                "overrun",
                f"{format_credits(overrun)} credits beyond the limit of {format_credits(row.limit)} are gone or in "
                f"doubt ({kind})",
                at_us,
            )
        if kind != "hold":
            cross_thresholds(tx, row.budget_id, at_us)


def set_budget(tx: Transaction, budget: Budget, now_us: int) -> None:
    """Set or change one budget.

    A limit below what is already spent is recorded as overrun, never refused and never silent.
    """
    thresholds = (_ppm(budget.notify), _ppm(budget.suspend), _ppm(budget.suspend_immediate))
    ends_us = to_us_or_none(budget.ends_at)
    tx.execute(
        "INSERT INTO budget (scope, period, limit_microcredits, notify_ppm, suspend_ppm, stop_ppm, ends_us) VALUES "
        "(?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (scope, period) DO NOTHING",
        (budget.scope, budget.period, budget.limit_microcredits, *thresholds, ends_us),
    )
    (row,) = (
        BudgetRow(*row)
        for row in tx.execute(
            f"SELECT {_COLUMNS} FROM budget WHERE scope = ? AND period = ?", (budget.scope, budget.period)
        )
    )
    stated = (budget.limit_microcredits, *thresholds, ends_us)
    if row.version > 0 and stated == (row.limit, row.notify_ppm, row.suspend_ppm, row.stop_ppm, row.ends_us):
        return
    overrun = max(0, row.spent + row.held + row.doubt - budget.limit_microcredits)
    tx.execute(
        "UPDATE budget SET limit_microcredits = ?, overrun_microcredits = ?, notify_ppm = ?, suspend_ppm = ?, "
        "stop_ppm = ?, ends_us = ?, "
        "version = version + 1 WHERE budget_id = ?",
        (budget.limit_microcredits, overrun, *thresholds, ends_us, row.budget_id),
    )
    tx.execute(
        "INSERT INTO entry (gate_set_id, kind, at_us, note) VALUES (?, 'limit', ?, ?)",
        (gate_set(tx, [row.budget_id]), now_us, f"limit {format_credits(budget.limit_microcredits)}"),
    )
    if overrun > row.overrun:
        lowered = f"the limit was set to {format_credits(budget.limit_microcredits)}"
        notify(tx, budget.scope, "overrun", f"{lowered}, {format_credits(overrun)} below what is gone", now_us)
    cross_thresholds(tx, row.budget_id, now_us)


def cross_thresholds(tx: Transaction, budget_id: int, now_us: int) -> None:
    """Stamp or clear what the thresholds say, once per crossing.

    What counts is spent plus in doubt: holds may come back.
    """
    (row,) = (BudgetRow(*row) for row in tx.execute(f"SELECT {_COLUMNS} FROM budget WHERE budget_id = ?", (budget_id,)))
    used = row.spent + row.doubt
    for column, level, ppm, stamped in (
        ("notified_us", "notify", row.notify_ppm, row.notified_us),
        ("suspended_us", "suspend", row.suspend_ppm, row.suspended_us),
        ("stopped_us", "suspend_immediate", row.stop_ppm, row.stopped_us),
    ):
        crossed = ppm is not None and used * PPM >= row.limit * ppm
        if crossed and stamped is None:
            tx.execute(f"UPDATE budget SET {column} = ? WHERE budget_id = ?", (now_us, budget_id))
            notify(
                tx,
                row.scope,
                level,
                f"{format_credits(used)} of {format_credits(row.limit)} credits are spent or in doubt",
                now_us,
            )
        elif not crossed and stamped is not None:
            tx.execute(f"UPDATE budget SET {column} = NULL WHERE budget_id = ?", (budget_id,))


def _ppm(fraction: float | None) -> int | None:
    return None if fraction is None else round(fraction * PPM)
