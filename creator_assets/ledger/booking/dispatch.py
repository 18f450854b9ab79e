"""From hold to send: the durable mark that from here on the provider may charge.

Only whoever still owns an attempt gets the mark. A process that slept too long finds its attempt reclaimed here and
is fenced off before it sends; one that missed its slot swaps it for the next. Admission itself stands in
``admission.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from creator_assets.ledger import rate_limits
from creator_assets.ledger.booking import admission, budgets
from creator_assets.ledger.records import AttemptState, DispatchOutcome, Fenced, Granted, Refused
from creator_assets.ledger.storage.database import Row, Transaction
from creator_assets.providers.contract.operations import Rate

_RATES = msgspec.json.Decoder(tuple[Rate, ...])


def dispatch(tx: Transaction, attempt_ids: Sequence[str], terms: admission.AdmissionTerms) -> list[DispatchOutcome]:
    """Turn holds into sends: the durable mark that from here on the provider may charge.

    Refused to whoever lost the attempt.
    """
    outcomes: list[DispatchOutcome] = []
    for attempt_id in attempt_ids:
        row = _claim(tx, attempt_id)
        if row is None or row[1] != terms.owner or row[0] not in {"reserved", "sent"}:
            outcomes.append(Fenced(attempt_id=attempt_id, state=AttemptState(row[0]) if row else AttemptState.VOIDED))
            continue
        if row[0] == "sent":  # repeated after a commit of unknown fate
            outcomes.append(admission.granted(attempt_id, row[2], row[5], terms))
            continue
        refused = _stopped(tx, attempt_id, row, terms)
        if refused is not None:
            outcomes.append(refused)
            continue
        send_us = admission.slot(tx, attempt_id, _RATES.decode(row[3]), row[4], terms)
        tx.execute(
            "UPDATE attempt SET state = 'sent', sent_us = ?, send_us = ?, lease_until_us = ? WHERE attempt_id = ?",
            (terms.now_us, send_us, send_us + terms.lease_us, attempt_id),
        )
        outcomes.append(admission.granted(attempt_id, row[2], send_us, terms))
    return outcomes


def postpone(tx: Transaction, attempt_id: str, terms: admission.AdmissionTerms) -> Granted | Fenced:
    """Swap a slot that was missed, or that the provider pushed back, for the next one.

    Only the owner, before the bytes leave.
    """
    row = _claim(tx, attempt_id)
    if row is None or row[1] != terms.owner or row[0] != "sent":
        return Fenced(attempt_id=attempt_id, state=AttemptState(row[0]) if row else AttemptState.VOIDED)
    rate_limits.give_back(tx, attempt_id)
    send_us = admission.slot(tx, attempt_id, _RATES.decode(row[3]), row[4], terms)
    tx.execute(
        "UPDATE attempt SET send_us = ?, lease_until_us = ? WHERE attempt_id = ?",
        (send_us, send_us + terms.lease_us, attempt_id),
    )
    return admission.granted(attempt_id, row[2], send_us, terms)


def _claim(tx: Transaction, attempt_id: str) -> Row | None:
    rows = tx.execute(
        "SELECT state, owner, upper_microcredits, rates, weight, send_us, gate_set_id, run_id FROM attempt WHERE "
        "attempt_id = ?",
        (attempt_id,),
    )
    return rows[0] if rows else None


def _stopped(tx: Transaction, attempt_id: str, row: Row, terms: admission.AdmissionTerms) -> Refused | None:
    for budget in budgets.members(tx, row[6]):
        if (refused := admission.closed(tx, budget, attempt_id, row[7], terms.now_us)) is not None:
            return refused
    return None
