"""Before the send: is it archived, is it under way, does its worst case fit every budget, and when may it leave?

All four questions are answered inside one write transaction, so that nothing can come between the answer and the
hold. Nothing is
clamped: a call fits as a whole or is refused, and a refusal changes nothing. What happens after the send is in
    ``settlement.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this room; every value travels as a parameter

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from creator_assets.ledger import rate_limits
from creator_assets.ledger.archive import bodies
from creator_assets.ledger.archive.segments import SegmentReader
from creator_assets.ledger.booking import budgets, suspension
from creator_assets.ledger.errors import LedgerError
from creator_assets.ledger.records import (
    AdmissionRequest,
    Attribution,
    Busy,
    Granted,
    Hit,
    InDoubt,
    Outcome,
    Overtaken,
    RefusalReason,
    Refused,
    Window,
)
from creator_assets.ledger.storage.database import Row, Transaction
from creator_assets.ledger.timestamps import from_us, to_us
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import Rate


class AdmissionTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What an admission needs to know besides the wants: who asks, when, and how exact the path to the provider is."""

    owner: str
    now_us: int
    lease_us: int
    jitter_us: int
    grace_us: int
    read_segment: SegmentReader | None


def begin(
    tx: Transaction,
    wants: Sequence[AdmissionRequest],
    who: Attribution,
    window: Window,
    terms: AdmissionTerms,
    *,
    dispatch: bool,
) -> tuple[list[Outcome], tuple[str, ...]]:
    """Decide about each want in order; later ones see what earlier ones hold.

    Also returns the hashes of damaged bodies met.
    """
    found = bodies.look_up(
        tx.execute,
        {key: window for want in wants for key in (want.request_key, *want.parts)},
        now_us=terms.now_us,
        include_due=False,
        read_segment=terms.read_segment,
    )
    rows = budgets.current_budgets(tx, [scope for want in wants for scope in want.budgets])
    outcomes: list[Outcome] = []
    for want in wants:
        outcome = _admitted_before(tx, want, found, terms)
        if outcome is None and (answer := found.answers.get(want.request_key)) is not None:
            outcome = Hit(attempt_id=want.attempt_id, answer=answer)
        if outcome is None and any(part in found.answers for part in want.parts):
            outcome = Overtaken(attempt_id=want.attempt_id)
        outcome = outcome or _held_up(tx, want) or _refusal(tx, want, who, window, terms, rows)
        outcomes.append(outcome or _grant(tx, want, who, window, terms, rows, dispatch=dispatch))
    return outcomes, found.damaged


def _admitted_before(
    tx: Transaction, want: AdmissionRequest, found: bodies.FoundAnswer, terms: AdmissionTerms
) -> Outcome | None:
    """The same admission repeated, after a commit whose fate the caller could not learn."""
    rows = tx.execute(
        "SELECT request_key, state, owner, upper_microcredits, send_us FROM attempt WHERE attempt_id = ?",
        (want.attempt_id,),
    )
    if not rows:
        return None
    key, state, owner, upper, send_us = rows[0]
    if key != want.request_key:
        raise LedgerError(
            f"attempt {want.attempt_id} was admitted for another request; every attempt needs an id of its own"
        )
    if state in {"reserved", "sent"} and owner == terms.owner:
        return granted(want.attempt_id, upper, send_us, terms)
    if (answer := found.answers.get(key)) is not None:
        return Hit(attempt_id=want.attempt_id, answer=answer)
    raise LedgerError(f"attempt {want.attempt_id} was admitted before and is {state} now; ask again with a new id")


def _held_up(tx: Transaction, want: AdmissionRequest) -> Outcome | None:
    """Another attempt at the same request, or at a part of it, that is under way or of unknown fate."""
    keys = [want.request_key, *want.parts]
    same = f"request_key IN ({bodies.placeholders(keys)})"
    params = bodies.padded(keys)
    if want.parts:
        same = (
            f"({same} OR attempt_id IN (SELECT attempt_id FROM request_part WHERE part_key IN "
            f"({bodies.placeholders(want.parts)})))"
        )
        params += bodies.padded(want.parts)
    rows = tx.execute(
        "SELECT attempt_id, state, upper_microcredits, reserved_us, lease_until_us, may_repeat, charge_microcredits "
        f"FROM attempt WHERE {same} AND state IN ('reserved', 'sent', 'in_doubt', 'resolved') ORDER BY reserved_us",
        params,
    )
    doubtful: Row | None = None
    for row in rows:
        if row[1] in {"reserved", "sent"}:
            return Busy(
                attempt_id=want.attempt_id, other_attempt_id=row[0], since=from_us(row[3]), lease_until=from_us(row[4])
            )
        resolved_for_free = row[1] == "resolved" and row[6] == 0
        if not row[5] and not resolved_for_free and (row[1] == "in_doubt" or want.repeat_in_doubt == "never"):
            doubtful = doubtful or row
    if doubtful is None or want.repeat_in_doubt == "always":
        return None
    return InDoubt(
        attempt_id=want.attempt_id,
        doubtful_attempt_id=doubtful[0],
        since=from_us(doubtful[3]),
        upper_microcredits=doubtful[2],
    )


def _refusal(
    tx: Transaction,
    want: AdmissionRequest,
    who: Attribution,
    window: Window,
    terms: AdmissionTerms,
    rows: dict[str, budgets.BudgetRow],
) -> Refused | None:
    if not to_us(window.start) <= terms.now_us < to_us(window.end):
        return _refused(
            want,
            "window",
            RefusalReason.WINDOW_CLOSED,
            f"it is {from_us(terms.now_us):%Y-%m-%d %H:%M} UTC, outside the partition's window",
        )
    if (rate := rate_limits.too_heavy(want.rates, want.weight)) is not None:
        return _refused(
            want, rate.scope, RefusalReason.TOO_HEAVY, f"{want.weight} at once, where {rate.permits} are permitted"
        )
    for scope in want.budgets:
        if (refused := closed(tx, rows[scope], want.attempt_id, who.run_id, terms.now_us)) is not None:
            return refused
    # The tightest budget is the one to name: making room anywhere else would not help.
    tightest = min((rows[scope] for scope in want.budgets), key=lambda row: row.left, default=None)
    if tightest is not None and tightest.left < want.upper_microcredits:
        message = (
            f"up to {format_credits(want.upper_microcredits)} credits needed, {format_credits(tightest.left)} of "
            f"{format_credits(tightest.limit)} left"
        )
        return _refused(want, tightest.scope, RefusalReason.BUDGET, message, available=tightest.left)
    return None


def closed(tx: Transaction, row: budgets.BudgetRow, attempt_id: str, run_id: str, now_us: int) -> Refused | None:
    """Whether a budget admits nothing at the moment, whatever is left in it."""

    def refused(
        reason: RefusalReason, message: str, until_us: int | None = None, since_us: int | None = None
    ) -> Refused:
        return Refused(
            attempt_id=attempt_id,
            scope=row.scope,
            reason=reason,
            needed_microcredits=0,
            available_microcredits=0,
            until=None if until_us in {None, budgets.FOREVER_US} else from_us(until_us),
            since=None if since_us is None else from_us(since_us),
            message=message,
        )

    if row.frozen_until_us is not None and now_us < row.frozen_until_us:
        since_us = suspension.since_us(tx).get(row.scope)
        return refused(RefusalReason.FROZEN, row.frozen_reason or "frozen", row.frozen_until_us, since_us)
    if row.ends_us is not None and now_us >= row.ends_us:
        return refused(RefusalReason.PERIOD_OVER, f"period {row.period} is over", row.ends_us)
    if row.stopped_us is not None:
        return refused(RefusalReason.STOPPED, "the threshold for stopping at once was crossed")
    if row.suspended_us is not None and not _was_running(tx, row, run_id):
        return refused(RefusalReason.SUSPENDED, "the threshold for admitting new runs was crossed")
    return None


def _was_running(tx: Transaction, row: budgets.BudgetRow, run_id: str) -> bool:
    return bool(
        tx.execute(
            "SELECT 1 FROM attempt a JOIN gate_set_member m ON m.gate_set_id = a.gate_set_id "
            "WHERE a.run_id = ? AND m.budget_id = ? AND a.reserved_us <= ? LIMIT 1",
            (run_id, row.budget_id, row.suspended_us),
        )
    )


def _refused(want: AdmissionRequest, scope: str, reason: RefusalReason, message: str, *, available: int = 0) -> Refused:
    return Refused(
        attempt_id=want.attempt_id,
        scope=scope,
        reason=reason,
        needed_microcredits=want.upper_microcredits,
        available_microcredits=available,
        until=None,
        message=message,
    )


def _grant(
    tx: Transaction,
    want: AdmissionRequest,
    who: Attribution,
    window: Window,
    terms: AdmissionTerms,
    rows: dict[str, budgets.BudgetRow],
    *,
    dispatch: bool,
) -> Outcome:
    send_us: int | None = None
    if dispatch:
        send_us = slot(tx, want.attempt_id, want.rates, want.weight, terms)
        if send_us >= to_us(window.end):
            rate_limits.give_back(tx, want.attempt_id)
            return _refused(
                want, "window", RefusalReason.WINDOW_CLOSED, "the next free send slot lies past the partition's window"
            )
    gate_set_id = budgets.gate_set(tx, [rows[scope].budget_id for scope in want.budgets])
    tx.execute(
        "INSERT INTO attempt (attempt_id, request_key, provider, operation, state, gate_set_id, upper_microcredits, "
        "price_version, rates, "
        "weight, repeat_in_doubt, asset, partition_key, campaign, run_id, step, code_version, owner, reserved_us, "
        "sent_us, send_us, "
        "lease_until_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(
                want.attempt_id,
                want.request_key,
                want.provider,
                want.operation,
                "sent" if dispatch else "reserved",
                gate_set_id,
            ),
            *(want.upper_microcredits, want.price_version, msgspec.json.encode(want.rates).decode(), want.weight),
            *(
                want.repeat_in_doubt,
                who.asset,
                who.partition,
                who.campaign,
                who.run_id,
                who.step,
                who.code_version,
                terms.owner,
            ),
            *(terms.now_us, terms.now_us if dispatch else None, send_us, (send_us or terms.now_us) + terms.lease_us),
        ),
    )
    for place, part in enumerate(want.parts):
        if part != want.request_key:
            tx.execute(
                "INSERT INTO request_part (part_key, attempt_id, place, parts) VALUES (?, ?, ?, ?)",
                (part, want.attempt_id, place, len(want.parts)),
            )
    budgets.book(
        tx,
        gate_set_id=gate_set_id,
        attempt_id=want.attempt_id,
        kind="hold",
        at_us=terms.now_us,
        held=want.upper_microcredits,
    )
    for scope in want.budgets:
        rows[scope].held += want.upper_microcredits
    return granted(want.attempt_id, want.upper_microcredits, send_us, terms)


def slot(tx: Transaction, attempt_id: str, rates: Sequence[Rate], weight: int, terms: AdmissionTerms) -> int:
    """The next moment (microseconds) at which this attempt may be sent."""
    return rate_limits.take_slot(
        tx, rates, attempt_id=attempt_id, weight=weight, now_us=terms.now_us, jitter_us=terms.jitter_us
    )


def granted(attempt_id: str, upper: int, send_us: int | None, terms: AdmissionTerms) -> Granted:
    """What the sender is told."""
    return Granted(
        attempt_id=attempt_id,
        held_microcredits=upper,
        send_at=None if send_us is None else from_us(send_us),
        send_before=None if send_us is None else from_us(send_us + terms.grace_us),
    )
