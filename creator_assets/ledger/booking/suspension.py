"""A provider's own refusal: for a while nobody sends it anything that costs (a circuit breaker).

The key was refused, the account is empty, or its volume is used up until a date. The suspension is stored in the
budget, so every process on every host meets it. One with a date ends by itself. One without a date ends when the
provider's balance shows credits again, when a person lifts it, or with the budget's period. This is not what a budget's
thresholds do: those stop new spending because of our own limit (``budgets.py``).
"""

from __future__ import annotations

from collections.abc import Iterable

from creator_assets.ledger.booking import budgets
from creator_assets.ledger.booking.periods import Stated
from creator_assets.ledger.notices import notify
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.rows import Row


class _Scope(Row, frozen=True):
    scope: str


def suspend(
    tx: Transaction, scopes: Iterable[str], stated: Stated, *, until_us: int | None, reason: str, now_us: int
) -> None:
    """Admit nothing on these scopes until then, or until it is lifted. A suspension that lasts as long stays as it is.

    Requests that are under way together are refused together: only the first refusal leaves a notice.
    """
    end_us = budgets.FOREVER_US if until_us is None else until_us
    for row in budgets.current_budgets(tx, scopes, stated, now_us).values():
        if row.provider_suspended_until_us is not None and row.provider_suspended_until_us >= end_us:
            continue
        tx.execute(
            """
            UPDATE budget
            SET provider_suspended_since_us = ?, provider_suspended_until_us = ?, provider_suspended_reason = ?
            WHERE budget_id = ?
            """,
            (now_us, end_us, reason, row.budget_id),
        )
        notify(tx, row.scope, "provider_suspended", reason, now_us)


def resume(tx: Transaction, scopes: Iterable[str], stated: Stated, *, reason: str, now_us: int) -> list[str]:
    """Lift the suspensions of these scopes. Returns the scopes that were suspended."""
    lifted = []
    for row in budgets.current_budgets(tx, scopes, stated, now_us).values():
        if not row.is_provider_suspended(now_us):
            continue
        tx.execute(
            """
            UPDATE budget
            SET provider_suspended_since_us = NULL, provider_suspended_until_us = NULL, provider_suspended_reason = NULL
            WHERE budget_id = ?
            """,
            (row.budget_id,),
        )
        notify(tx, row.scope, "provider_resumed", reason, now_us)
        lifted.append(row.scope)
    return lifted


def resume_after_balance(tx: Transaction, provider: str, stated: Stated, *, asked_us: int, now_us: int) -> list[str]:
    """Lift the suspensions without a date of a provider whose balance, asked for at `asked_us`, shows credits.

    Those of its sub-budgets are lifted as well. A suspension that began after the question stays, and so does one with
    a date: a used-up volume comes back on its day, whatever the balance says.
    """
    rows = tx.query(
        _Scope, "SELECT DISTINCT scope FROM budget WHERE provider_suspended_until_us = ?", (budgets.FOREVER_US,)
    )
    # An earlier period keeps its suspension for good; only the one of the present period says anything.
    suspended = (row.scope for row in rows if is_of(provider, row.scope))
    present = budgets.current_budgets(tx, suspended, stated, now_us)
    scopes = [
        row.scope
        for row in present.values()
        if row.provider_suspended_until_us == budgets.FOREVER_US and (row.provider_suspended_since_us or 0) <= asked_us
    ]
    return resume(tx, scopes, stated, reason="the provider's balance shows credits again", now_us=now_us)


def is_of(provider: str, scope: str) -> bool:
    """Whether a budget is the provider's own, or a part of it."""
    return scope == provider or scope.startswith(f"{provider}/")
