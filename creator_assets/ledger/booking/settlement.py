"""After the send: what did it cost, and what came back? Charge, state and body become one fact in one transaction.

Every step may be repeated with the same result, since a caller whose connection died cannot know whether a step took
effect. The truth always wins: an answer that arrives late settles an attempt that was in doubt or already resolved.
Admission stands in ``admission.py``, what becomes of dead owners' attempts in ``recovery.py``.
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
from creator_assets.ledger.storage.database import Row, Transaction
from creator_assets.ledger.timestamps import MICROSECONDS, to_us
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import AnswerKind, Response


def settle(tx: Transaction, settlement: Settlement, now_us: int) -> AttemptState:
    """Journal an answer with its charge. A charge above the hold is recorded as it is, with a notice.

    Raises:
        ConflictingSettlementError: Settled before, with another charge or another body.
        IllegalStepError: The attempt was never sent, or is voided.
    """
    row = find(tx, settlement.attempt_id)
    state, gate_set_id, upper, charged, provider = row[0], row[1], row[2], row[3], row[6]
    charge = settlement.reading.charge_microcredits
    if state == "settled":
        _same_or_raise(tx, settlement, charged)
        return AttemptState.SETTLED
    if state not in {"sent", "in_doubt", "resolved"}:
        raise IllegalStepError(f"attempt {settlement.attempt_id} is {state}: only what was sent can be settled")
    # "A final answer", "nothing there" and "still working" serve the tables; damage and failures are kept for
    # diagnosis alone.
    _journal(tx, settlement.attempt_id, row[7], settlement, now_us)
    tx.execute(
        "UPDATE attempt SET state = 'settled', charge_microcredits = ?, basis = ?, closed_us = ?, note = ? WHERE "
        "attempt_id = ?",
        (charge, str(settlement.reading.basis), now_us, settlement.reading.note, settlement.attempt_id),
    )
    # The booking is checked against the limit by the database, so that it comes last, when everything else is in place.
    budgets.book(
        tx,
        gate_set_id=gate_set_id,
        attempt_id=settlement.attempt_id,
        kind="settle",
        at_us=now_us,
        spent=charge - (charged or 0),
        held=-upper if state == "sent" else 0,
        doubt=-upper if state == "in_doubt" else 0,
    )
    if charge > upper:
        message = f"{row[5]} cost {format_credits(charge)} credits, at most {format_credits(upper)} were expected"
        notify(tx, provider, "above_hold", message, now_us)
    return AttemptState.SETTLED


def void(
    tx: Transaction, attempt_id: str, *, owner: str, reason: str, response: Response | None, now_us: int
) -> AttemptState:
    """Give the hold back: the request never left, or the provider is known not to charge what happened.

    Raises:
        FencedError: An attempt in doubt may only be voided by the process that knows it never sent it.
        IllegalStepError: The attempt is settled or resolved.
    """
    row = find(tx, attempt_id)
    state = row[0]
    if state == "voided":
        return AttemptState.VOIDED
    if state not in {"reserved", "sent", "in_doubt"}:
        raise IllegalStepError(f"attempt {attempt_id} is {state} and can no longer be voided")
    if row[4] != owner:
        raise FencedError(
            f"attempt {attempt_id} belongs to another process, which alone may say that it was never charged"
        )
    if response is not None:
        _journal_failure(tx, attempt_id, row[7], response, reason, now_us)
    return _void(tx, attempt_id, row, reason, now_us)


def doubt(tx: Transaction, attempt_id: str, reason: str, now_us: int) -> AttemptState:
    """Nobody knows whether this was charged: keep its worst case counted. Whatever is known better already stays.

    What cannot have cost anything is voided instead, since there is nothing to be in doubt about.
    """
    row = find(tx, attempt_id)
    state, gate_set_id, upper = row[0], row[1], row[2]
    if state == "reserved":
        raise IllegalStepError(f"attempt {attempt_id} was never dispatched, so that its fate is known: void it")
    if state != "sent":
        return AttemptState(state)
    if upper == 0:
        return _void(tx, attempt_id, row, reason, now_us)
    tx.execute("UPDATE attempt SET state = 'in_doubt', note = ? WHERE attempt_id = ?", (reason, attempt_id))
    budgets.book(
        tx,
        gate_set_id=gate_set_id,
        attempt_id=attempt_id,
        kind="doubt",
        at_us=now_us,
        held=-upper,
        doubt=upper,
        note=reason,
    )
    return AttemptState.IN_DOUBT


def reclaim_unsent(tx: Transaction, attempt_id: str, reason: str, now_us: int) -> AttemptState:
    """Void a hold whose owner is gone. Only what was never dispatched: everything else may have been charged."""
    row = find(tx, attempt_id)
    if row[0] != "reserved":
        raise IllegalStepError(
            f"attempt {attempt_id} is {row[0]}: only a hold that was never dispatched can be reclaimed"
        )
    return _void(tx, attempt_id, row, reason, now_us)


def resolve(tx: Transaction, attempt_id: str, charge: int, note: str, now_us: int) -> None:
    """The provider's balance told what an attempt in doubt cost."""
    row = find(tx, attempt_id)
    if row[0] != "in_doubt":
        raise IllegalStepError(f"attempt {attempt_id} is {row[0]}, not in doubt")
    tx.execute(
        "UPDATE attempt SET state = 'resolved', charge_microcredits = ?, basis = 'reconciled', closed_us = ?, note = ? "
        "WHERE attempt_id = ?",
        (charge, now_us, note, attempt_id),
    )
    budgets.book(
        tx,
        gate_set_id=row[1],
        attempt_id=attempt_id,
        kind="resolve",
        at_us=now_us,
        spent=charge,
        doubt=-row[2],
        note=note,
    )


def correct(tx: Transaction, attempt_id: str, charge: int, note: str, now_us: int) -> None:
    """The provider's balance told that an assumed or pooled charge was another. The answer stays as it is."""
    row = find(tx, attempt_id)
    if row[0] not in {"settled", "resolved"}:
        raise IllegalStepError(f"attempt {attempt_id} is {row[0]}: only a charge that was not firm can be corrected")
    tx.execute(
        "UPDATE attempt SET charge_microcredits = ?, basis = 'reconciled', note = ? WHERE attempt_id = ?",
        (charge, note, attempt_id),
    )
    budgets.book(
        tx,
        gate_set_id=row[1],
        attempt_id=attempt_id,
        kind="correct",
        at_us=now_us,
        spent=charge - (row[3] or 0),
        note=note,
    )


def confirm(tx: Transaction, attempt_id: str) -> None:
    """The provider's balance agrees with an assumed charge."""
    tx.execute("UPDATE attempt SET basis = 'reconciled' WHERE attempt_id = ?", (attempt_id,))


def find(tx: Transaction, attempt_id: str) -> Row:
    """(state, gate_set_id, upper, charge, owner, operation, provider, request_key) of an attempt."""
    rows = tx.execute(
        "SELECT state, gate_set_id, upper_microcredits, charge_microcredits, owner, operation, provider, request_key "
        "FROM attempt WHERE attempt_id = ?",
        (attempt_id,),
    )
    if not rows:
        raise UnknownAttemptError(f"attempt {attempt_id} was never admitted")
    return rows[0]


def _void(tx: Transaction, attempt_id: str, row: Row, reason: str, now_us: int) -> AttemptState:
    tx.execute(
        "UPDATE attempt SET state = 'voided', closed_us = ?, note = ? WHERE attempt_id = ?",
        (now_us, reason, attempt_id),
    )
    held, in_doubt = (0, -row[2]) if row[0] == "in_doubt" else (-row[2], 0)
    budgets.book(
        tx, gate_set_id=row[1], attempt_id=attempt_id, kind="void", at_us=now_us, held=held, doubt=in_doubt, note=reason
    )
    return AttemptState.VOIDED


def _same_or_raise(tx: Transaction, settlement: Settlement, charged: int | None) -> None:
    rows = tx.execute("SELECT body_sha256 FROM response WHERE attempt_id = ?", (settlement.attempt_id,))
    same_body = rows[0][0] == bodies.digest(settlement.response.body)
    reconciled = (
        tx.execute("SELECT basis FROM attempt WHERE attempt_id = ?", (settlement.attempt_id,))[0][0] == "reconciled"
    )
    if not same_body or (charged != settlement.reading.charge_microcredits and not reconciled):
        raise ConflictingSettlementError(
            f"attempt {settlement.attempt_id} was settled before with another answer or charge; the first settlement "
            f"stands"
        )


def _journal(tx: Transaction, attempt_id: str, request_key: str, settlement: Settlement, now_us: int) -> None:
    reading, observed_us = settlement.reading, to_us(settlement.observed_at)
    not_before_us = None
    if reading.not_before_seconds is not None:
        not_before_us = observed_us + round(reading.not_before_seconds * MICROSECONDS)
    tx.execute(
        "INSERT INTO response (attempt_id, request_key, kind, status, headers, body_sha256, observed_us, "
        "not_before_us, "
        "balance_microcredits, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(attempt_id, request_key, str(reading.kind), settlement.response.status),
            *(bodies.headers_to_keep(settlement.response), bodies.store_body(tx, settlement.response.body, now_us)),
            *(observed_us, not_before_us, reading.balance_microcredits, reading.note),
        ),
    )


def _journal_failure(
    tx: Transaction, attempt_id: str, request_key: str, response: Response, reason: str, now_us: int
) -> None:
    tx.execute(
        "INSERT INTO response (attempt_id, request_key, kind, status, headers, body_sha256, observed_us, note) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (attempt_id) DO NOTHING",
        (
            *(attempt_id, request_key, str(AnswerKind.FAILED), response.status, bodies.headers_to_keep(response)),
            *(bodies.store_body(tx, response.body, now_us), now_us, reason),
        ),
    )
