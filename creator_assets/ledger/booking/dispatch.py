"""From hold to send: the durable mark that from here on the provider may charge.

Only the owner of an attempt can set the mark. A process that slept too long finds that its attempt was reclaimed, and
gets `Fenced` before it sends. A process that missed its permit swaps it for the next one. Admission belongs to
``admission.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from creator_assets.ledger import rate_limits
from creator_assets.ledger.booking import admission, budgets, refusals
from creator_assets.ledger.records import AttemptState, DispatchOutcome, Fenced, Refused
from creator_assets.ledger.storage.database import Query, Transaction
from creator_assets.ledger.storage.rows import Row
from creator_assets.providers.contract.operations import Rate

_WHAT_ENDS = "its partition's window or its billing period"
_RATES = msgspec.json.Decoder(tuple[Rate, ...])


class _Claim(Row, frozen=True):
    """What dispatching an attempt needs to know about it."""

    attempt_id: str
    state: AttemptState
    owner: str
    upper_microcredits: int
    rates: str
    weight: int
    send_us: int | None
    send_by_us: int | None
    budget_set_id: int
    run_id: str


class Permit(Row, frozen=True):
    """An attempt when its permit comes: ``not_before_us`` is the latest cooldown of its limits."""

    state: AttemptState
    owner: str
    not_before_us: int | None


def dispatch(tx: Transaction, attempt_ids: Sequence[str], terms: admission.AdmissionTerms) -> list[DispatchOutcome]:
    """Mark held attempts as sent, and give each its permit. Another owner's attempt is `Fenced`."""
    return [_dispatch(tx, attempt_id, terms) for attempt_id in attempt_ids]


def _dispatch(tx: Transaction, attempt_id: str, terms: admission.AdmissionTerms) -> DispatchOutcome:
    claim = _claim(tx, attempt_id)
    if claim is None or claim.owner != terms.owner or claim.state not in {"reserved", "sent"}:
        return _fenced(attempt_id, claim)
    if claim.state is AttemptState.SENT:  # repeated after a commit of unknown fate
        return admission.granted(attempt_id, claim.upper_microcredits, claim.send_us, terms)
    if (refused := _closed(tx, claim, terms)) is not None:
        return refused
    send_us = _permit(tx, claim, terms)
    if send_us is None:
        return refusals.ends_soon(attempt_id, _WHAT_ENDS)
    tx.execute(
        "UPDATE attempt SET state = 'sent', sent_us = ?, send_us = ?, lease_until_us = ? WHERE attempt_id = ?",
        (terms.now_us, send_us, send_us + terms.lease_us, attempt_id),
    )
    return admission.granted(attempt_id, claim.upper_microcredits, send_us, terms)


def postpone(tx: Transaction, attempt_id: str, terms: admission.AdmissionTerms) -> DispatchOutcome:
    """Swap a permit that was missed, or that the provider postponed, for the next one.

    Only the owner may do so, and only before it sends. If the next permit comes too late for the answer to arrive
    within its window and billing period, the request is refused; the owner then voids it.
    """
    claim = _claim(tx, attempt_id)
    if claim is None or claim.owner != terms.owner or claim.state is not AttemptState.SENT:
        return _fenced(attempt_id, claim)
    rate_limits.release(tx, attempt_id)
    send_us = _permit(tx, claim, terms)
    if send_us is None:
        return refusals.ends_soon(attempt_id, _WHAT_ENDS)
    tx.execute(
        "UPDATE attempt SET send_us = ?, lease_until_us = ? WHERE attempt_id = ?",
        (send_us, send_us + terms.lease_us, attempt_id),
    )
    return admission.granted(attempt_id, claim.upper_microcredits, send_us, terms)


def _permit(tx: Transaction, claim: _Claim, terms: admission.AdmissionTerms) -> int | None:
    """The next permit of an attempt, or None where it would be too late."""
    send_us = admission.permit(tx, claim.attempt_id, _RATES.decode(claim.rates), claim.weight, terms)
    if claim.send_by_us is None or send_us <= claim.send_by_us:
        return send_us
    rate_limits.release(tx, claim.attempt_id)
    return None


def find_permit(query: Query, attempt_id: str) -> Permit | None:
    """The state of an attempt whose permit has come; None where it was never admitted."""
    rows = query(
        Permit,
        """
        SELECT a.state, a.owner, (
            SELECT MAX(l.not_before_us)
            FROM rate_permit p
            JOIN rate_limiter l ON l.rate_id = p.rate_id
            WHERE p.attempt_id = a.attempt_id
        ) AS not_before_us
        FROM attempt a
        WHERE a.attempt_id = ?
        """,
        (attempt_id,),
    )
    return rows[0] if rows else None


def _claim(tx: Transaction, attempt_id: str) -> _Claim | None:
    rows = tx.query(
        _Claim,
        """
        SELECT attempt_id, state, owner, upper_microcredits, rates, weight, send_us, send_by_us,
            budget_set_id, run_id
        FROM attempt
        WHERE attempt_id = ?
        """,
        (attempt_id,),
    )
    return rows[0] if rows else None


def _fenced(attempt_id: str, claim: _Claim | None) -> Fenced:
    return Fenced(attempt_id=attempt_id, state=AttemptState.VOIDED if claim is None else claim.state)


def _closed(tx: Transaction, claim: _Claim, terms: admission.AdmissionTerms) -> Refused | None:
    """Why one of its budgets admits nothing now: a hold may have waited since before."""
    for budget in budgets.members(tx, claim.budget_set_id):
        if (refused := refusals.closed(tx, budget, claim.attempt_id, claim.run_id, terms.now_us)) is not None:
            return refused
    return None
