"""Reading the books: balances, attempts, entries and notices.

Nothing here writes. The readers are the ``credit_ledger`` asset, the ``budget`` command and asset checks. What must
hold between the rows belongs to ``invariants.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; every value is a parameter

from __future__ import annotations

from collections.abc import Iterator

from creator_assets.ledger.book_records import AttemptRecord, BudgetState, EntryRecord, Notice
from creator_assets.ledger.booking import budgets
from creator_assets.ledger.booking.periods import Disagreement, Stated, disagreement
from creator_assets.ledger.records import AttemptState
from creator_assets.ledger.storage.database import Query, Transaction
from creator_assets.ledger.storage.rows import Row, columns_of
from creator_assets.ledger.timestamps import from_us, from_us_or_none
from creator_assets.providers.contract.operations import AnswerKind

_PAGE = 1_000


class _Attempt(Row, frozen=True):
    """An attempt, and its answer where it has one."""

    attempt_id: str
    request_key: str
    provider: str
    operation: str
    state: AttemptState
    upper_microcredits: int
    charge_microcredits: int | None
    basis: str | None
    price_version: str
    budget_set_id: int
    asset: str
    partition_key: str
    campaign: str
    run_id: str
    step: str
    code_version: str
    owner: str
    weight: int
    reserved_us: int
    sent_us: int | None
    closed_us: int | None
    note: str
    status: int | None
    kind: AnswerKind | None
    body_sha256: str | None
    observed_us: int | None
    balance_microcredits: int | None


class _Entry(Row, frozen=True):
    seq: int
    attempt_id: str | None
    budget_set_id: int
    kind: str
    spent_microcredits: int
    held_microcredits: int
    in_doubt_microcredits: int
    at_us: int
    note: str


class _Notice(Row, frozen=True):
    notice_id: int
    scope: str
    level: str
    at_us: int
    message: str


class _Member(Row, frozen=True):
    """A scope whose budget belongs to a set."""

    budget_set_id: int
    scope: str


def balances(tx: Transaction, stated: Stated, now_us: int) -> list[BudgetState]:
    """What every budget has spent, held, in doubt and left."""
    rows, current = budgets.present_budgets(tx, stated, now_us)
    return [
        BudgetState(
            scope=row.scope,
            period=row.period,
            is_current=row is current.get(row.scope),
            limit_microcredits=row.limit_microcredits,
            spent_microcredits=row.spent_microcredits,
            held_microcredits=row.held_microcredits,
            in_doubt_microcredits=row.in_doubt_microcredits,
            overrun_microcredits=row.overrun_microcredits,
            left_microcredits=row.left_microcredits,
            version=row.version,
            suspended_at=from_us_or_none(row.suspended_us),
            stopped_at=from_us_or_none(row.stopped_us),
            provider_suspended_since=from_us_or_none(row.provider_suspended_since_us),
            provider_suspended_until=from_us_or_none(row.provider_suspended_until_us),
            provider_suspended_reason=row.provider_suspended_reason,
        )
        for row in rows
    ]


def disagreements(tx: Transaction, stated: Stated, now_us: int) -> list[Disagreement]:
    """The limits that this process states differently than the ledger has them."""
    _, current = budgets.present_budgets(tx, stated, now_us)
    found = (disagreement(row, stated.get(scope)) for scope, row in sorted(current.items()))
    return [one for one in found if one is not None]


def attempts(query: Query, *, run_id: str | None = None) -> Iterator[AttemptRecord]:
    """Every attempt, oldest first (ids sort by time). Reads pages, so memory stays bounded."""
    scopes = _scopes(query)
    after = ""
    while True:
        rows = query(
            _Attempt,
            f"""
            SELECT a.attempt_id, a.request_key, a.provider, a.operation, a.state,
                a.upper_microcredits, a.charge_microcredits, a.basis, a.price_version, a.budget_set_id,
                a.asset, a.partition_key, a.campaign, a.run_id, a.step, a.code_version,
                a.owner, a.weight, a.reserved_us, a.sent_us, a.closed_us, a.note,
                r.status, r.kind, r.body_sha256, r.observed_us, r.balance_microcredits
            FROM attempt a
            LEFT JOIN response r ON r.attempt_id = a.attempt_id
            WHERE a.attempt_id > ? {"AND a.run_id = ?" if run_id else ""}
            ORDER BY a.attempt_id
            LIMIT {_PAGE}
            """,
            (after, run_id) if run_id else (after,),
        )
        yield from (_attempt_record(row, scopes) for row in rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1].attempt_id


def _attempt_record(row: _Attempt, scopes: dict[int, tuple[str, ...]]) -> AttemptRecord:
    return AttemptRecord(
        attempt_id=row.attempt_id,
        request_key=row.request_key,
        provider=row.provider,
        operation=row.operation,
        state=row.state,
        upper_microcredits=row.upper_microcredits,
        charge_microcredits=row.charge_microcredits,
        basis=row.basis,
        price_version=row.price_version,
        budgets=scopes.get(row.budget_set_id, ()),
        asset=row.asset,
        partition=row.partition_key,
        campaign=row.campaign,
        run_id=row.run_id,
        step=row.step,
        code_version=row.code_version,
        owner=row.owner,
        weight=row.weight,
        reserved_at=from_us(row.reserved_us),
        sent_at=from_us_or_none(row.sent_us),
        closed_at=from_us_or_none(row.closed_us),
        status=row.status,
        kind=row.kind,
        response_sha256=row.body_sha256,
        observed_at=from_us_or_none(row.observed_us),
        balance_microcredits=row.balance_microcredits,
        note=row.note,
    )


def entries(query: Query, *, after_seq: int = 0) -> Iterator[EntryRecord]:
    """Every movement after `after_seq`, in order. Reads pages, so memory stays bounded."""
    scopes = _scopes(query)
    while True:
        rows = query(
            _Entry,
            f"SELECT {columns_of(_Entry)} FROM entry WHERE seq > ? ORDER BY seq LIMIT {_PAGE}",
            (after_seq,),
        )
        for row in rows:
            yield EntryRecord(
                seq=row.seq,
                attempt_id=row.attempt_id,
                budgets=scopes.get(row.budget_set_id, ()),
                kind=row.kind,
                spent_microcredits=row.spent_microcredits,
                held_microcredits=row.held_microcredits,
                in_doubt_microcredits=row.in_doubt_microcredits,
                at=from_us(row.at_us),
                note=row.note,
            )
        if len(rows) < _PAGE:
            return
        after_seq = rows[-1].seq


def notices(query: Query, *, after_id: int = 0, limit: int = 1_000) -> list[Notice]:
    """What a person should know, oldest first."""
    rows = query(
        _Notice,
        f"SELECT {columns_of(_Notice)} FROM notice WHERE notice_id > ? ORDER BY notice_id LIMIT {int(limit)}",
        (after_id,),
    )
    return [
        Notice(notice_id=row.notice_id, scope=row.scope, level=row.level, at=from_us(row.at_us), message=row.message)
        for row in rows
    ]


def _scopes(query: Query) -> dict[int, tuple[str, ...]]:
    """The scopes of each set of budgets."""
    rows = query(
        _Member,
        """
        SELECT m.budget_set_id, b.scope
        FROM budget_set_member m
        JOIN budget b ON b.budget_id = m.budget_id
        ORDER BY m.budget_set_id, b.scope
        """,
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[row.budget_set_id] = (*found.get(row.budget_set_id, ()), row.scope)
    return found
