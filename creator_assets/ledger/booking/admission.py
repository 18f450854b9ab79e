"""Before the send: is it archived, is it under way, does its worst case fit every budget, and when may it leave?

One write transaction answers all four questions, so nothing can come between the answer and the hold. A request is
admitted as a whole or refused, and a refusal changes nothing. What happens after the send belongs to
``settlement.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; every value is a parameter

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from creator_assets.ledger import rate_limits
from creator_assets.ledger.archive import answers
from creator_assets.ledger.archive.segments import SegmentReader
from creator_assets.ledger.booking import budgets, refusals
from creator_assets.ledger.booking.periods import BudgetRow, Stated
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
    Window,
)
from creator_assets.ledger.storage.database import Transaction, insert, padded, placeholders
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import from_us, from_us_or_none
from creator_assets.providers.contract.operations import Rate


class AdmissionTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What an admission needs besides the requests: who asks, when, and how exact the path to the provider is."""

    owner: str
    now_us: int
    lease_us: int
    jitter_us: int
    grace_us: int
    read_segment: SegmentReader | None
    stated: Stated = {}


class _Admitted(Row, frozen=True):
    """An attempt that was admitted before under the same id."""

    request_key: str
    state: str
    owner: str
    upper_microcredits: int
    send_us: int | None


class _Earlier(Row, frozen=True):
    """Another attempt at the same request that is under way, or was of unknown fate."""

    attempt_id: str
    state: str
    upper_microcredits: int
    reserved_us: int
    lease_until_us: int
    may_repeat: int
    charge_microcredits: int | None

    @property
    def is_under_way(self) -> bool:
        return self.state in {"reserved", "sent"}

    def forbids_another(self, repeat_in_doubt: str) -> bool:
        """Whether its fate forbids to send the same request again."""
        resolved_for_free = self.state == "resolved" and self.charge_microcredits == 0
        if self.may_repeat or resolved_for_free:
            return False
        return self.state == "in_doubt" or repeat_in_doubt == "never"


def begin(
    tx: Transaction,
    requests: Sequence[AdmissionRequest],
    attribution: Attribution,
    window: Window,
    terms: AdmissionTerms,
    *,
    dispatch: bool,
) -> tuple[list[Outcome], tuple[str, ...]]:
    """Decide about each request in order. Later requests see what earlier ones hold.

    Returns:
        The outcomes, and the hashes of damaged bodies that were found.
    """
    found = answers.look_up(
        tx.query,
        {key: window for request in requests for key in (request.request_key, *request.parts)},
        now_us=terms.now_us,
        include_due=False,
        read_segment=terms.read_segment,
    )
    scopes = [scope for request in requests for scope in request.budgets]
    rows = budgets.current_budgets(tx, scopes, terms.stated, terms.now_us)
    outcomes: list[Outcome] = []
    for request in requests:
        outcome = _admitted_before(tx, request, found, terms)
        if outcome is None and (answer := found.answers.get(request.request_key)) is not None:
            outcome = Hit(attempt_id=request.attempt_id, answer=answer)
        if outcome is None and any(part in found.answers for part in request.parts):
            outcome = Overtaken(attempt_id=request.attempt_id)
        outcome = outcome or _held_up(tx, request)
        outcome = outcome or refusals.refusal(tx, request, attribution.run_id, window, terms.now_us, rows, terms.stated)
        outcomes.append(outcome or _grant(tx, request, attribution, window, terms, rows, dispatch=dispatch))
    return outcomes, found.damaged


def _admitted_before(
    tx: Transaction, request: AdmissionRequest, found: answers.FoundAnswer, terms: AdmissionTerms
) -> Outcome | None:
    """The same admission repeated, after a commit whose fate the caller does not know."""
    rows = tx.query(
        _Admitted,
        "SELECT request_key, state, owner, upper_microcredits, send_us FROM attempt WHERE attempt_id = ?",
        (request.attempt_id,),
    )
    if not rows:
        return None
    (before,) = rows
    if before.request_key != request.request_key:
        raise LedgerError(
            f"attempt {request.attempt_id} was admitted for another request; every attempt needs an id of its own"
        )
    if before.state in {"reserved", "sent"} and before.owner == terms.owner:
        return granted(request.attempt_id, before.upper_microcredits, before.send_us, terms)
    if (answer := found.answers.get(request.request_key)) is not None:
        return Hit(attempt_id=request.attempt_id, answer=answer)
    raise LedgerError(
        f"attempt {request.attempt_id} was admitted before and is {before.state} now; ask again with a new id"
    )


def _held_up(tx: Transaction, request: AdmissionRequest) -> Outcome | None:
    """Another attempt at the same request, or at a part of it, that is under way or of unknown fate."""
    keys = [request.request_key, *request.parts]
    same = f"request_key IN ({placeholders(keys)})"
    params = padded(keys)
    if request.parts:
        in_parts = f"SELECT attempt_id FROM request_part WHERE part_key IN ({placeholders(request.parts)})"
        same = f"({same} OR attempt_id IN ({in_parts}))"
        params += padded(request.parts)
    earlier = tx.query(
        _Earlier,
        f"""
        SELECT attempt_id, state, upper_microcredits, reserved_us, lease_until_us, may_repeat, charge_microcredits
        FROM attempt
        WHERE {same} AND state IN ('reserved', 'sent', 'in_doubt', 'resolved')
        ORDER BY reserved_us
        """,
        params,
    )
    for other in earlier:
        if other.is_under_way:
            return Busy(
                attempt_id=request.attempt_id,
                other_attempt_id=other.attempt_id,
                since=from_us(other.reserved_us),
                lease_until=from_us(other.lease_until_us),
            )
    doubtful = next((other for other in earlier if other.forbids_another(request.repeat_in_doubt)), None)
    if doubtful is None or request.repeat_in_doubt == "always":
        return None
    return InDoubt(
        attempt_id=request.attempt_id,
        doubtful_attempt_id=doubtful.attempt_id,
        since=from_us(doubtful.reserved_us),
        upper_microcredits=doubtful.upper_microcredits,
    )


def _grant(
    tx: Transaction,
    request: AdmissionRequest,
    attribution: Attribution,
    window: Window,
    terms: AdmissionTerms,
    rows: dict[str, BudgetRow],
    *,
    dispatch: bool,
) -> Outcome:
    latest_us, what_ends = refusals.latest_send_us(request, window, rows, terms.grace_us)
    send_us: int | None = None
    if dispatch:
        send_us = permit(tx, request.attempt_id, request.rates, request.weight, terms)
    if (send_us or terms.now_us) > latest_us:
        rate_limits.release(tx, request.attempt_id)
        return refusals.ends_soon(request.attempt_id, what_ends)
    budget_set_id = budgets.budget_set(tx, [rows[scope].budget_id for scope in request.budgets])
    times = {"send_us": send_us, "send_by_us": latest_us}
    _insert_attempt(tx, request, attribution, terms, times, budget_set_id=budget_set_id, dispatch=dispatch)
    budgets.book(
        tx,
        budget_set_id=budget_set_id,
        attempt_id=request.attempt_id,
        kind="hold",
        at_us=terms.now_us,
        held=request.upper_microcredits,
    )
    for scope in request.budgets:
        held = rows[scope].held_microcredits + request.upper_microcredits
        rows[scope] = msgspec.structs.replace(rows[scope], held_microcredits=held)
    return granted(request.attempt_id, request.upper_microcredits, send_us, terms)


def _insert_attempt(
    tx: Transaction,
    request: AdmissionRequest,
    attribution: Attribution,
    terms: AdmissionTerms,
    times: Mapping[str, int | None],
    *,
    budget_set_id: int,
    dispatch: bool,
) -> None:
    insert(
        tx,
        "attempt",
        {
            "attempt_id": request.attempt_id,
            "request_key": request.request_key,
            "provider": request.provider,
            "operation": request.operation,
            "state": "sent" if dispatch else "reserved",
            "budget_set_id": budget_set_id,
            "upper_microcredits": request.upper_microcredits,
            "price_version": request.price_version,
            "rates": msgspec.json.encode(request.rates).decode(),
            "weight": request.weight,
            "repeat_in_doubt": request.repeat_in_doubt,
            "asset": attribution.asset,
            "partition_key": attribution.partition,
            "campaign": attribution.campaign,
            "run_id": attribution.run_id,
            "step": attribution.step,
            "code_version": attribution.code_version,
            "owner": terms.owner,
            "reserved_us": terms.now_us,
            "sent_us": terms.now_us if dispatch else None,
            **times,
            "lease_until_us": (times["send_us"] or terms.now_us) + terms.lease_us,
        },
    )
    for place, part in enumerate(request.parts):
        if part != request.request_key:
            values = {
                "part_key": part,
                "attempt_id": request.attempt_id,
                "place": place,
                "parts": len(request.parts),
            }
            insert(tx, "request_part", values)


def permit(tx: Transaction, attempt_id: str, rates: Sequence[Rate], weight: int, terms: AdmissionTerms) -> int:
    """The next time (microseconds) at which this attempt may be sent."""
    return rate_limits.acquire(
        tx, rates, attempt_id=attempt_id, weight=weight, now_us=terms.now_us, jitter_us=terms.jitter_us
    )


def granted(attempt_id: str, upper_microcredits: int, send_us: int | None, terms: AdmissionTerms) -> Granted:
    """What the sender gets for an admitted attempt."""
    return Granted(
        attempt_id=attempt_id,
        held_microcredits=upper_microcredits,
        send_at=from_us_or_none(send_us),
        send_before=None if send_us is None else from_us(send_us + terms.grace_us),
    )
