"""Answers of paid data that nobody could read: which there are, and how a person lets them be bought again.

Such an answer stands for its request, so that no run pays for it a second time by itself. Whether a newer release can
read it is found out each time that it is served; that belongs to ``spending``.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; every value is a parameter

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from creator_assets.ledger.storage.database import Query, Transaction
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import from_us

IS_RELEASED = "EXISTS (SELECT 1 FROM answer_release l WHERE l.attempt_id = r.attempt_id)"
"""Whether a person has allowed to buy again what the response `r` answered."""


class UnreadableAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that could not be read: the request that bought it, when it came, and what it cost."""

    request_id: str
    provider: str
    operation: str
    partition: str
    asset: str
    observed_at: datetime
    charge_microcredits: int
    note: str


class _Found(Row, frozen=True):
    attempt_id: str
    provider: str
    operation: str
    partition_key: str
    asset: str
    observed_us: int
    charge_microcredits: int | None
    note: str


def unreadable_answers(query: Query) -> list[UnreadableAnswer]:
    """All of them, the newest first."""
    rows = query(
        _Found,
        f"""
        SELECT r.attempt_id, a.provider, a.operation, a.partition_key, a.asset, r.observed_us, a.charge_microcredits,
            r.note
        FROM response r
        JOIN attempt a ON a.attempt_id = r.attempt_id
        WHERE r.kind = 'unreadable' AND NOT {IS_RELEASED}
        ORDER BY r.observed_us DESC, r.attempt_id
        """,
        [],
    )
    return [
        UnreadableAnswer(
            request_id=row.attempt_id,
            provider=row.provider,
            operation=row.operation,
            partition=row.partition_key,
            asset=row.asset,
            observed_at=from_us(row.observed_us),
            charge_microcredits=row.charge_microcredits or 0,
            note=row.note,
        )
        for row in rows
    ]


def allow_again(tx: Transaction, request_ids: Sequence[str], now_us: int) -> int:
    """Let the answers of these requests stand for nothing any more; returns how many there were. It costs nothing.

    The archive keeps the answers.
    """
    known = {one.request_id for one in unreadable_answers(tx.query)}
    chosen = [request_id for request_id in dict.fromkeys(request_ids) if request_id in known]
    for request_id in chosen:
        tx.execute("INSERT INTO answer_release (attempt_id, at_us) VALUES (?, ?)", (request_id, now_us))
    return len(chosen)
