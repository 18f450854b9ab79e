"""Reading past comparisons: the latest of a scope, and the differences that stand.

Nothing here writes. How a comparison comes about belongs to ``reconcile.py``.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; every value is a parameter

from __future__ import annotations

from datetime import datetime

from creator_assets.ledger.reconciliation.records import Drift, Reconciliation, ReconciliationVerdict
from creator_assets.ledger.storage.database import Query
from creator_assets.ledger.storage.rows import Row, columns_of
from creator_assets.ledger.timestamps import from_us

_DIFFERS = frozenset({ReconciliationVerdict.DRIFT, ReconciliationVerdict.UNCONFIRMED, ReconciliationVerdict.EXTERNAL})


class _Comparison(Row, frozen=True):
    """A comparison as it is in the table."""

    scope: str
    period: str
    verdict: ReconciliationVerdict
    ended_us: int
    counter_microcredits: int
    spent_microcredits: int
    drift_microcredits: int
    note: str


class _Scope(Row, frozen=True):
    scope: str


def reconciliations(query: Query, *, scope: str, limit: int = 100) -> list[Reconciliation]:
    """The latest comparisons of a scope, newest first."""
    rows = query(
        _Comparison,
        f"""
        SELECT {columns_of(_Comparison)}
        FROM reconciliation
        WHERE scope = ?
        ORDER BY reconciliation_id DESC
        LIMIT {int(limit)}
        """,
        (scope,),
    )
    return [
        Reconciliation(
            scope=row.scope,
            period=row.period,
            verdict=row.verdict,
            at=from_us(row.ended_us),
            counter_microcredits=row.counter_microcredits,
            spent_microcredits=row.spent_microcredits,
            drift_microcredits=row.drift_microcredits,
            note=row.note,
        )
        for row in rows
    ]


def standing_drift(query: Query) -> list[Drift]:
    """For each scope, the difference of its latest comparison, and since when comparisons have shown one."""
    scopes = query(_Scope, "SELECT DISTINCT scope FROM reconciliation ORDER BY scope")
    found = (_standing(reconciliations(query, scope=row.scope)) for row in scopes)
    return [drift for drift in found if drift is not None]


def _standing(newest_first: list[Reconciliation]) -> Drift | None:
    since: datetime | None = None
    for comparison in newest_first:
        if comparison.verdict not in _DIFFERS:
            break
        since = comparison.at
    if since is None:
        return None
    latest = newest_first[0]
    return Drift(
        scope=latest.scope,
        period=latest.period,
        drift_microcredits=latest.drift_microcredits,
        verdict=latest.verdict,
        since=since,
    )
