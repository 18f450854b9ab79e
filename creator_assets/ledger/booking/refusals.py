"""Why a request is not admitted: its window, a documented rate, a closed budget, or too little left in one.

Nothing here writes. What else may hold a request up (an archived answer, another attempt) is decided in
``admission.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

from creator_assets.ledger import rate_limits
from creator_assets.ledger.booking.budgets import FOREVER_US
from creator_assets.ledger.booking.periods import BudgetRow, Stated, disagreement
from creator_assets.ledger.leases import host_name
from creator_assets.ledger.records import AdmissionRequest, RefusalReason, Refused, Window
from creator_assets.ledger.storage.database import Transaction
from creator_assets.ledger.storage.rows import Found
from creator_assets.ledger.timestamps import MICROSECONDS, from_us, from_us_or_none, to_us
from creator_assets.microcredits import format_credits


def refusal(
    tx: Transaction,
    request: AdmissionRequest,
    run_id: str,
    window: Window,
    now_us: int,
    rows: Mapping[str, BudgetRow],
    stated: Stated,
) -> Refused | None:
    """The first reason to refuse a request, or None. `rows` has the current budget of each scope."""
    if not to_us(window.start) <= now_us < to_us(window.end):
        message = f"it is {from_us(now_us):%Y-%m-%d %H:%M} UTC, outside the partition's window"
        return refused(request, "window", RefusalReason.WINDOW_CLOSED, message)
    if (rate := rate_limits.too_heavy(request.rates, request.weight)) is not None:
        message = f"{request.weight} at once, where {rate.permits} are permitted"
        return refused(request, rate.scope, RefusalReason.TOO_HEAVY, message)
    for scope in request.budgets:
        if (differs := disagreement(rows[scope], stated.get(scope))) is not None:
            ours, limit = format_credits(differs.stated_microcredits), format_credits(differs.limit_microcredits)
            message = (
                f"the limit of {scope} is {limit} credits in the ledger, and {ours} by the settings of {host_name()}"
            )
            return refused(request, scope, RefusalReason.LIMIT_DISAGREES, message)
        if (closed_now := closed(tx, rows[scope], request.attempt_id, run_id, now_us)) is not None:
            return closed_now
    # Name the tightest budget: more room in any other would not help.
    tightest = min((rows[scope] for scope in request.budgets), key=lambda row: row.left_microcredits, default=None)
    if tightest is None or tightest.left_microcredits >= request.upper_microcredits:
        return None
    left, limit = format_credits(tightest.left_microcredits), format_credits(tightest.limit_microcredits)
    message = f"up to {format_credits(request.upper_microcredits)} credits needed, {left} of {limit} left"
    return refused(
        request, tightest.scope, RefusalReason.BUDGET, message, available_microcredits=tightest.left_microcredits
    )


def closed(tx: Transaction, row: BudgetRow, attempt_id: str, run_id: str, now_us: int) -> Refused | None:
    """Why a budget admits nothing now, whatever is left in it; None where it is open."""

    def no(reason: RefusalReason, message: str, until_us: int | None = None, since_us: int | None = None) -> Refused:
        return Refused(
            attempt_id=attempt_id,
            scope=row.scope,
            reason=reason,
            needed_microcredits=0,
            available_microcredits=0,
            until=None if until_us in {None, FOREVER_US} else from_us(until_us),
            since=from_us_or_none(since_us),
            message=message,
        )

    if row.is_provider_suspended(now_us):
        reason = row.provider_suspended_reason or "the provider refuses"
        until_us, since_us = row.provider_suspended_until_us, row.provider_suspended_since_us
        return no(RefusalReason.PROVIDER_SUSPENDED, reason, until_us, since_us)
    if row.ends_us is not None and now_us >= row.ends_us:
        return no(RefusalReason.PERIOD_OVER, f"period {row.period} is over", row.ends_us)
    if row.stopped_us is not None:
        return no(RefusalReason.STOPPED, "the threshold for stopping at once was crossed")
    if row.suspended_us is not None and not _was_running(tx, row, run_id):
        return no(RefusalReason.SUSPENDED, "the threshold for admitting new runs was crossed")
    return None


def _was_running(tx: Transaction, row: BudgetRow, run_id: str) -> bool:
    """Whether a run was using this budget already when the threshold was crossed."""
    found = tx.query(
        Found,
        """
        SELECT 1 AS found
        FROM attempt a
        JOIN budget_set_member m ON m.budget_set_id = a.budget_set_id
        WHERE a.run_id = ? AND m.budget_id = ? AND a.reserved_us <= ?
        LIMIT 1
        """,
        (run_id, row.budget_id, row.suspended_us),
    )
    return bool(found)


def latest_send_us(
    request: AdmissionRequest, window: Window, rows: Mapping[str, BudgetRow], grace_us: int
) -> tuple[int, str]:
    """The last time at which a request may be due to leave, and what ends too soon after it.

    It may leave late by the grace, and its answer may take as long as its operation allows.
    """
    ends = [(to_us(window.end), "the partition's window")]
    for scope in request.budgets:
        end_us = rows[scope].ends_us
        if end_us is not None:
            ends.append((end_us, f"the billing period of {scope}"))
    end_us, what = min(ends)
    return end_us - grace_us - round(request.longest_seconds * MICROSECONDS), what


def ends_soon(attempt_id: str, what: str, end_us: int | None = None) -> Refused:
    """The refusal of a request whose answer could arrive too late. Nothing was sent for it, and nothing paid."""
    return Refused(
        attempt_id=attempt_id,
        scope="window",
        reason=RefusalReason.ENDS_SOON,
        needed_microcredits=0,
        available_microcredits=0,
        until=from_us_or_none(end_us),
        message=f"its answer could arrive after {what} ends",
    )


def refused(
    request: AdmissionRequest, scope: str, reason: RefusalReason, message: str, *, available_microcredits: int = 0
) -> Refused:
    """A refusal of this request, without a date at which it ends."""
    return Refused(
        attempt_id=request.attempt_id,
        scope=scope,
        reason=reason,
        needed_microcredits=request.upper_microcredits,
        available_microcredits=available_microcredits,
        until=None,
        message=message,
    )
