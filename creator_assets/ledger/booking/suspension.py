"""Freezing: the provider itself refuses, so that for a while nobody sends it anything that costs.

The key was refused, the account is empty, or its volume is used up until a date. A freeze is a state of a budget, kept
in the ledger, so that every process on every host meets it. One with a date ends by itself; one without ends when the
provider's own balance shows credits again, when a person lifts it, or with the period of its budget: a new one begins
with new credits, and a key that is still refused freezes it again with the first request.
"""

from __future__ import annotations

from collections.abc import Iterable

from creator_assets.ledger.booking import budgets
from creator_assets.ledger.notices import notify
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.rows import Row

_FROZEN = "frozen"


class _Scope(Row, frozen=True):
    scope: str


class _Since(Row, frozen=True):
    scope: str
    at_us: int


def suspend(tx: Transaction, scopes: Iterable[str], *, until_us: int | None, reason: str, now_us: int) -> None:
    """Admit nothing on these scopes until then, or until it is lifted. A freeze that lasts as long stays as it is."""
    end_us = budgets.FOREVER_US if until_us is None else until_us
    for row in budgets.current_budgets(tx, scopes).values():
        if row.frozen_until_us is not None and row.frozen_until_us >= end_us:
            continue  # requests that were under way together are refused together; the first one has told
        tx.execute(
            "UPDATE budget SET frozen_until_us = ?, frozen_reason = ? WHERE budget_id = ?",
            (end_us, reason, row.budget_id),
        )
        notify(tx, row.scope, _FROZEN, reason, now_us)


def resume(tx: Transaction, scopes: Iterable[str], *, reason: str, now_us: int) -> list[str]:
    """Lift what is frozen of these scopes; returns which that were."""
    lifted = []
    for row in budgets.current_budgets(tx, scopes).values():
        if row.frozen_until_us is None or row.frozen_until_us <= now_us:
            continue
        tx.execute(
            "UPDATE budget SET frozen_until_us = NULL, frozen_reason = NULL WHERE budget_id = ?", (row.budget_id,)
        )
        notify(tx, row.scope, "unfrozen", reason, now_us)
        lifted.append(row.scope)
    return lifted


def resume_after_balance(tx: Transaction, provider: str, *, asked_us: int, now_us: int) -> list[str]:
    """The provider answered a question about its balance, asked at `asked_us`, and there are credits.

    Lifts what had no date, of the provider and of its sub-budgets. What froze after the question was asked stays, and
    so does what has a date: a volume comes back on its day, whatever the balance says.
    """
    rows = tx.query(_Scope, "SELECT DISTINCT scope FROM budget WHERE frozen_until_us = ?", (budgets.FOREVER_US,))
    if not rows:
        return []
    since = since_us(tx)
    frozen = (row.scope for row in rows if since.get(row.scope, 0) <= asked_us)
    scopes = [scope for scope in frozen if is_of(provider, scope)]
    return resume(tx, scopes, reason="the provider's balance shows credits again", now_us=now_us)


def is_of(provider: str, scope: str) -> bool:
    """Whether a budget is the provider's own, or a part of it."""
    return scope == provider or scope.startswith(f"{provider}/")


def since_us(tx: Transaction) -> dict[str, int]:
    """By scope, the moment at which it was frozen the last time."""
    rows = tx.query(_Since, "SELECT scope, MAX(at_us) AS at_us FROM notice WHERE level = ? GROUP BY scope", (_FROZEN,))
    return {row.scope: row.at_us for row in rows}
