"""After the send: what did it cost, and what came back? Charge, state and body become one fact in one transaction.

Every step may be repeated with the same result, since a caller whose connection died cannot know whether a step took
effect. An answer that arrives late still settles an attempt that was in doubt or resolved. Admission belongs to
``admission.py``, the attempts of dead owners to ``recovery.py``.
"""

from __future__ import annotations

from creator_assets.ledger.archive import bodies
from creator_assets.ledger.booking import budgets
from creator_assets.ledger.errors import (
    ConflictingSettlementError,
    FencedError,
    IllegalStepError,
    UnknownAttemptError,
)
from creator_assets.ledger.notices import notify
from creator_assets.ledger.records import AttemptState, Settlement
from creator_assets.ledger.storage.database import Transaction, insert
from creator_assets.ledger.storage.rows import Row, columns_of
from creator_assets.ledger.timestamps import MICROSECONDS, to_us
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import AnswerKind, Response

# The basis of a charge that the provider's balance showed or confirmed.
_RECONCILED = "reconciled"


class BookedAttempt(Row, frozen=True):
    """What a step needs to know about an attempt."""

    attempt_id: str
    state: AttemptState
    budget_set_id: int
    upper_microcredits: int
    charge_microcredits: int | None
    basis: str | None
    owner: str
    operation: str
    provider: str
    request_key: str


_ATTEMPT = f"SELECT {columns_of(BookedAttempt)} FROM attempt WHERE attempt_id = ?"  # noqa: S608 - fields of the record


class _BodyHash(Row, frozen=True):
    body_sha256: str


def settle(tx: Transaction, settlement: Settlement, now_us: int) -> AttemptState:
    """Archive an answer with its charge. A charge above the hold is booked as it is, with a notice.

    Raises:
        ConflictingSettlementError: The attempt is settled, with another charge or another body.
        IllegalStepError: The attempt was never sent, or is voided.
    """
    attempt = find(tx, settlement.attempt_id)
    charge, upper = settlement.response_outcome.charge_microcredits, attempt.upper_microcredits
    if attempt.state is AttemptState.SETTLED:
        _same_or_raise(tx, settlement, attempt)
        return AttemptState.SETTLED
    if attempt.state not in {AttemptState.SENT, AttemptState.IN_DOUBT, AttemptState.RESOLVED}:
        raise IllegalStepError(f"attempt {attempt.attempt_id} is {attempt.state}: only what was sent can be settled")
    _archive(tx, attempt, settlement, now_us)
    tx.execute(
        """
        UPDATE attempt
        SET state = 'settled', charge_microcredits = ?, basis = ?, closed_us = ?, note = ?
        WHERE attempt_id = ?
        """,
        (charge, str(settlement.response_outcome.basis), now_us, settlement.response_outcome.note, attempt.attempt_id),
    )
    # The booking comes last: the database checks it against the limit, when everything else is in place.
    budgets.book(
        tx,
        budget_set_id=attempt.budget_set_id,
        attempt_id=attempt.attempt_id,
        kind="settle",
        at_us=now_us,
        spent=charge - (attempt.charge_microcredits or 0),
        held=-upper if attempt.state is AttemptState.SENT else 0,
        doubt=-upper if attempt.state is AttemptState.IN_DOUBT else 0,
    )
    if charge > upper:
        expected = f"at most {format_credits(upper)} were expected"
        message = f"{attempt.operation} cost {format_credits(charge)} credits, {expected}"
        notify(tx, attempt.provider, "above_hold", message, now_us)
    return AttemptState.SETTLED


def void(
    tx: Transaction, attempt_id: str, *, owner: str, reason: str, response: Response | None, now_us: int
) -> AttemptState:
    """Release the hold: the request never left, or the provider is known not to charge for what happened.

    Raises:
        FencedError: Another process owns the attempt. Only the owner knows that it was not sent.
        IllegalStepError: The attempt is settled or resolved.
    """
    attempt = find(tx, attempt_id)
    if attempt.state is AttemptState.VOIDED:
        return AttemptState.VOIDED
    if attempt.state not in {AttemptState.RESERVED, AttemptState.SENT, AttemptState.IN_DOUBT}:
        raise IllegalStepError(f"attempt {attempt_id} is {attempt.state} and can no longer be voided")
    if attempt.owner != owner:
        raise FencedError(
            f"attempt {attempt_id} belongs to another process, which alone may say that it was never charged"
        )
    if response is not None:
        _archive_failure(tx, attempt, response, reason, now_us)
    return _void(tx, attempt, reason, now_us)


def doubt(tx: Transaction, attempt_id: str, reason: str, now_us: int) -> AttemptState:
    """Mark an attempt as in doubt: nobody knows whether it was charged, and its worst case stays counted.

    An attempt whose fate is known keeps its state. One that cannot have cost anything is voided instead.

    Raises:
        IllegalStepError: The attempt was never dispatched.
    """
    attempt = find(tx, attempt_id)
    upper = attempt.upper_microcredits
    if attempt.state is AttemptState.RESERVED:
        raise IllegalStepError(f"attempt {attempt_id} was never dispatched, so its fate is known: void it")
    if attempt.state is not AttemptState.SENT:
        return attempt.state
    if upper == 0:
        return _void(tx, attempt, reason, now_us)
    tx.execute("UPDATE attempt SET state = 'in_doubt', note = ? WHERE attempt_id = ?", (reason, attempt_id))
    budgets.book(
        tx,
        budget_set_id=attempt.budget_set_id,
        attempt_id=attempt_id,
        kind="doubt",
        at_us=now_us,
        held=-upper,
        doubt=upper,
        note=reason,
    )
    return AttemptState.IN_DOUBT


def reclaim_unsent(tx: Transaction, attempt_id: str, reason: str, now_us: int) -> AttemptState:
    """Void a hold whose owner is gone. Only for what was never dispatched: the rest may have been charged."""
    attempt = find(tx, attempt_id)
    if attempt.state is not AttemptState.RESERVED:
        raise IllegalStepError(
            f"attempt {attempt_id} is {attempt.state}: only a hold that was never dispatched can be reclaimed"
        )
    return _void(tx, attempt, reason, now_us)


def resolve(tx: Transaction, attempt_id: str, charge: int, note: str, now_us: int) -> None:
    """Give an attempt in doubt the cost that the provider's balance shows."""
    attempt = find(tx, attempt_id)
    if attempt.state is not AttemptState.IN_DOUBT:
        raise IllegalStepError(f"attempt {attempt_id} is {attempt.state}, not in doubt")
    tx.execute(
        """
        UPDATE attempt
        SET state = 'resolved', charge_microcredits = ?, basis = 'reconciled', closed_us = ?, note = ?
        WHERE attempt_id = ?
        """,
        (charge, now_us, note, attempt_id),
    )
    budgets.book(
        tx,
        budget_set_id=attempt.budget_set_id,
        attempt_id=attempt_id,
        kind="resolve",
        at_us=now_us,
        spent=charge,
        doubt=-attempt.upper_microcredits,
        note=note,
    )


def correct(tx: Transaction, attempt_id: str, charge: int, note: str, now_us: int) -> None:
    """Replace a charge that is not firm (assumed, or shared out among doubts) by what the provider's balance shows.

    The caller chooses such charges. The answer stays as it is.
    """
    attempt = find(tx, attempt_id)
    if attempt.state not in {AttemptState.SETTLED, AttemptState.RESOLVED}:
        raise IllegalStepError(
            f"attempt {attempt_id} is {attempt.state}: only an attempt with a charge can be corrected"
        )
    tx.execute(
        "UPDATE attempt SET charge_microcredits = ?, basis = 'reconciled', note = ? WHERE attempt_id = ?",
        (charge, note, attempt_id),
    )
    budgets.book(
        tx,
        budget_set_id=attempt.budget_set_id,
        attempt_id=attempt_id,
        kind="correct",
        at_us=now_us,
        spent=charge - (attempt.charge_microcredits or 0),
        note=note,
    )


def confirm(tx: Transaction, attempt_id: str) -> None:
    """Mark an assumed charge as one that the provider's balance agrees with."""
    tx.execute("UPDATE attempt SET basis = 'reconciled' WHERE attempt_id = ?", (attempt_id,))


def find(tx: Transaction, attempt_id: str) -> BookedAttempt:
    """One attempt.

    Raises:
        UnknownAttemptError: No attempt with this id was ever admitted.
    """
    rows = tx.query(BookedAttempt, _ATTEMPT, (attempt_id,))
    if not rows:
        raise UnknownAttemptError(f"attempt {attempt_id} was never admitted")
    return rows[0]


def _void(tx: Transaction, attempt: BookedAttempt, reason: str, now_us: int) -> AttemptState:
    tx.execute(
        "UPDATE attempt SET state = 'voided', closed_us = ?, note = ? WHERE attempt_id = ?",
        (now_us, reason, attempt.attempt_id),
    )
    was_in_doubt = attempt.state is AttemptState.IN_DOUBT
    budgets.book(
        tx,
        budget_set_id=attempt.budget_set_id,
        attempt_id=attempt.attempt_id,
        kind="void",
        at_us=now_us,
        held=0 if was_in_doubt else -attempt.upper_microcredits,
        doubt=-attempt.upper_microcredits if was_in_doubt else 0,
        note=reason,
    )
    return AttemptState.VOIDED


def _same_or_raise(tx: Transaction, settlement: Settlement, attempt: BookedAttempt) -> None:
    (archived,) = tx.query(_BodyHash, "SELECT body_sha256 FROM response WHERE attempt_id = ?", (attempt.attempt_id,))
    same_body = archived.body_sha256 == bodies.digest(settlement.response.body)
    same_charge = attempt.charge_microcredits == settlement.response_outcome.charge_microcredits
    if not same_body or not (same_charge or attempt.basis == _RECONCILED):
        raise ConflictingSettlementError(
            f"attempt {attempt.attempt_id} was settled before with another answer or charge; the first settlement "
            "stands"
        )


def _archive(tx: Transaction, attempt: BookedAttempt, settlement: Settlement, now_us: int) -> None:
    """Write the answer. Final, empty and pending answers serve tables; the others are kept for diagnosis alone."""
    outcome, observed_us = settlement.response_outcome, to_us(settlement.observed_at)
    not_before_us = None
    if outcome.not_before_seconds is not None:
        not_before_us = observed_us + round(outcome.not_before_seconds * MICROSECONDS)
    insert(
        tx,
        "response",
        {
            "attempt_id": attempt.attempt_id,
            "request_key": attempt.request_key,
            "kind": str(outcome.kind),
            "status": settlement.response.status,
            "headers": bodies.headers_to_keep(settlement.response),
            "body_sha256": bodies.store_body(tx, settlement.response.body, now_us),
            "observed_us": observed_us,
            "not_before_us": not_before_us,
            "balance_microcredits": outcome.balance_microcredits,
            "note": outcome.note,
        },
    )


def _archive_failure(tx: Transaction, attempt: BookedAttempt, response: Response, reason: str, now_us: int) -> None:
    tx.execute(
        """
        INSERT INTO response (attempt_id, request_key, kind, status, headers, body_sha256, observed_us, note)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (attempt_id) DO NOTHING
        """,
        (
            attempt.attempt_id,
            attempt.request_key,
            str(AnswerKind.FAILED),
            response.status,
            bodies.headers_to_keep(response),
            bodies.store_body(tx, response.body, now_us),
            now_us,
            reason,
        ),
    )
