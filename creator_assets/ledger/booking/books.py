"""Reading the books: balances, attempts, entries, notices, and the invariants that must hold at every moment.

Nothing here writes. ``violations`` re-derives every balance from the entries and every entry from its attempt, in SQL
over one consistent snapshot; an empty list means that the books are in order. The numbers are read by the
``credit_ledger`` asset, by the ``budget`` command and by asset checks.
"""

# ruff: noqa: S608 - statements are put together from constants of this room; every value travels as a parameter

from __future__ import annotations

from collections.abc import Iterator

from creator_assets.ledger.book_records import AttemptRecord, BudgetState, EntryRecord, Notice
from creator_assets.ledger.booking import budgets, suspension
from creator_assets.ledger.records import AttemptState
from creator_assets.ledger.storage.database import Query, Row, Transaction
from creator_assets.ledger.timestamps import from_us, from_us_or_none
from creator_assets.providers.contract.operations import AnswerKind

_PAGE = 1_000


def balances(tx: Transaction) -> list[BudgetState]:
    """What every budget has spent, held, in doubt and left."""
    rows = budgets.all_budgets(tx)
    since = suspension.since_us(tx)
    current = {row.scope: row.period for row in rows}  # sorted by period: the last one wins
    return [
        BudgetState(
            scope=row.scope,
            period=row.period,
            is_current=current[row.scope] == row.period,
            limit_microcredits=row.limit,
            spent_microcredits=row.spent,
            held_microcredits=row.held,
            in_doubt_microcredits=row.doubt,
            overrun_microcredits=row.overrun,
            left_microcredits=row.left,
            version=row.version,
            suspended_at=from_us_or_none(row.suspended_us),
            stopped_at=from_us_or_none(row.stopped_us),
            frozen_since=from_us_or_none(since.get(row.scope)) if row.frozen_until_us is not None else None,
            frozen_until=from_us_or_none(row.frozen_until_us),
            frozen_reason=row.frozen_reason,
        )
        for row in rows
    ]


def attempts(query: Query, *, run_id: str | None = None) -> Iterator[AttemptRecord]:
    """Every attempt, oldest first (ids sort by time), in pages, so that memory stays bounded."""
    scopes = _scopes(query)
    after = ""
    while True:
        rows = query(
            "SELECT a.attempt_id, a.request_key, a.provider, a.operation, a.state, a.upper_microcredits, "
            "a.charge_microcredits, "
            "a.basis, a.price_version, a.gate_set_id, a.asset, a.partition_key, a.campaign, a.run_id, a.step, "
            "a.code_version, "
            "a.owner, a.weight, a.reserved_us, a.sent_us, a.closed_us, r.status, r.kind, r.body_sha256, r.observed_us, "
            "r.balance_microcredits, a.note FROM attempt a LEFT JOIN response r ON r.attempt_id = a.attempt_id "
            f"WHERE a.attempt_id > ? {'AND a.run_id = ? ' if run_id else ''}ORDER BY a.attempt_id LIMIT {_PAGE}",
            (after, run_id) if run_id else (after,),
        )
        yield from (_attempt(row, scopes) for row in rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _attempt(row: Row, scopes: dict[int, tuple[str, ...]]) -> AttemptRecord:
    return AttemptRecord(
        attempt_id=row[0],
        request_key=row[1],
        provider=row[2],
        operation=row[3],
        state=AttemptState(row[4]),
        upper_microcredits=row[5],
        charge_microcredits=row[6],
        basis=row[7],
        price_version=row[8],
        budgets=scopes.get(row[9], ()),
        asset=row[10],
        partition=row[11],
        campaign=row[12],
        run_id=row[13],
        step=row[14],
        code_version=row[15],
        owner=row[16],
        weight=row[17],
        reserved_at=from_us(row[18]),
        sent_at=from_us_or_none(row[19]),
        closed_at=from_us_or_none(row[20]),
        status=row[21],
        kind=None if row[22] is None else AnswerKind(row[22]),
        response_sha256=row[23],
        observed_at=from_us_or_none(row[24]),
        balance_microcredits=row[25],
        note=row[26],
    )


def entries(query: Query, *, after_seq: int = 0) -> Iterator[EntryRecord]:
    """Every movement after `after_seq`, in order."""
    scopes = _scopes(query)
    while True:
        rows = query(
            "SELECT seq, attempt_id, gate_set_id, kind, spent_microcredits, held_microcredits, doubt_microcredits, "
            "at_us, note "
            f"FROM entry WHERE seq > ? ORDER BY seq LIMIT {_PAGE}",
            (after_seq,),
        )
        for row in rows:
            yield EntryRecord(
                seq=row[0],
                attempt_id=row[1],
                budgets=scopes.get(row[2], ()),
                kind=row[3],
                spent_microcredits=row[4],
                held_microcredits=row[5],
                in_doubt_microcredits=row[6],
                at=from_us(row[7]),
                note=row[8],
            )
        if len(rows) < _PAGE:
            return
        after_seq = rows[-1][0]


def notices(query: Query, *, after_id: int = 0, limit: int = 1_000) -> list[Notice]:
    """What a person should know, oldest first."""
    rows = query(
        f"SELECT notice_id, scope, level, at_us, message FROM notice WHERE notice_id > ? ORDER BY notice_id LIMIT "
        f"{int(limit)}",
        (after_id,),
    )
    return [Notice(notice_id=row[0], scope=row[1], level=row[2], at=from_us(row[3]), message=row[4]) for row in rows]


def _scopes(query: Query) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for gate_set_id, scope in query(
        "SELECT m.gate_set_id, b.scope FROM gate_set_member m JOIN budget b ON b.budget_id = m.budget_id ORDER BY "
        "m.gate_set_id, b.scope",
        (),
    ):
        found[gate_set_id] = (*found.get(gate_set_id, ()), scope)
    return found


# Each query returns a row for everything that is wrong; the first column names it.
_INVARIANTS: dict[str, str] = {
    "a budget exceeds its limit beyond what is recorded as overrun": (
        "SELECT scope FROM budget WHERE spent_microcredits + held_microcredits + doubt_microcredits > "
        "limit_microcredits + overrun_microcredits"
    ),
    "a budget differs from the sum of its entries": (
        "SELECT b.scope FROM budget b LEFT JOIN gate_set_member m ON m.budget_id = b.budget_id "
        "LEFT JOIN entry e ON e.gate_set_id = m.gate_set_id GROUP BY b.budget_id, b.scope, b.spent_microcredits, "
        "b.held_microcredits, "
        "b.doubt_microcredits HAVING COALESCE(SUM(e.spent_microcredits), 0) <> b.spent_microcredits "
        "OR COALESCE(SUM(e.held_microcredits), 0) <> b.held_microcredits OR COALESCE(SUM(e.doubt_microcredits), 0) "
        "<> b.doubt_microcredits"
    ),
    "the entries of an attempt do not add up to its state": (
        "SELECT a.attempt_id FROM attempt a LEFT JOIN entry e ON e.attempt_id = a.attempt_id "
        "GROUP BY a.attempt_id, a.state, a.upper_microcredits, a.charge_microcredits HAVING "
        "COALESCE(SUM(e.held_microcredits), 0) <> CASE WHEN a.state IN ('reserved', 'sent') THEN "
        "a.upper_microcredits ELSE 0 END "
        "OR COALESCE(SUM(e.doubt_microcredits), 0) <> CASE WHEN a.state = 'in_doubt' THEN a.upper_microcredits ELSE "
        "0 END "
        "OR COALESCE(SUM(e.spent_microcredits), 0) <> "
        "CASE WHEN a.state IN ('settled', 'resolved') THEN COALESCE(a.charge_microcredits, -1) ELSE 0 END"
    ),
    "an entry and its attempt name different budgets": (
        "SELECT e.attempt_id FROM entry e JOIN attempt a ON a.attempt_id = e.attempt_id WHERE e.gate_set_id <> "
        "a.gate_set_id"
    ),
    "two attempts at one request are under way": (
        "SELECT request_key FROM attempt WHERE state IN ('reserved', 'sent') GROUP BY request_key HAVING COUNT(*) > 1"
    ),
    "a settled attempt has no answer": (
        "SELECT a.attempt_id FROM attempt a LEFT JOIN response r ON r.attempt_id = a.attempt_id "
        "WHERE a.state = 'settled' AND r.attempt_id IS NULL"
    ),
    "an answer belongs to an attempt that was neither settled nor voided": (
        "SELECT r.attempt_id FROM response r JOIN attempt a ON a.attempt_id = r.attempt_id WHERE a.state NOT IN "
        "('settled', 'voided')"
    ),
    "an answer that serves tables was never charged for": (
        "SELECT r.attempt_id FROM response r JOIN attempt a ON a.attempt_id = r.attempt_id "
        "WHERE r.kind IN ('final', 'empty', 'pending') AND a.state <> 'settled'"
    ),
    "a body lies nowhere and was not erased": (
        "SELECT sha256 FROM body WHERE data IS NULL AND segment IS NULL AND erased_us IS NULL"
    ),
    "a send slot was handed out against the order of asking": (
        "SELECT s.rate_id FROM pace_slot s JOIN pace_slot t ON t.rate_id = s.rate_id AND t.weight_before = "
        "s.weight_before + s.weight "
        "WHERE t.send_us < s.send_us"
    ),
}


def violations(tx: Transaction) -> list[str]:
    """Everything that is wrong with the books, as sentences. Empty when they are in order."""
    found = []
    for meaning, sql in _INVARIANTS.items():
        rows = tx.execute(sql)
        if rows:
            found.append(f"{meaning}: {rows[0][0]}" + (f" and {len(rows) - 1} more" if len(rows) > 1 else ""))
    return found
