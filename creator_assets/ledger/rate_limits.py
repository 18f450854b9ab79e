"""When may the next request leave? Send permits, given in order to every process that shares the database.

A documented limit ("at most 20 within any minute") is kept exactly, by a log of permits. A permit's time is the
earliest at which no window of the limit's length, widened by the jitter of the path to the provider, holds more than is
allowed. Several limits hold at once, and heavy calls count several times. Sleeping and sending belong to the caller.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; every value is a parameter

from __future__ import annotations

from collections.abc import Sequence

from creator_assets.ledger.storage.database import Transaction, insert
from creator_assets.ledger.storage.rows import Row, columns_of
from creator_assets.ledger.timestamps import MICROSECONDS
from creator_assets.providers.contract.operations import Rate

# One millisecond past the window, so that a provider that counts both ends does not count one request too many.
_MARGIN_US = 1_000
# A little faster than even, to catch up on permits that nobody used.
_SPACING = 0.98


class _LimiterRow(Row, frozen=True):
    """How far a limit's permits are given."""

    total_weight: int
    last_send_us: int
    not_before_us: int
    even_us: int


class _RateId(Row, frozen=True):
    rate_id: str


class _SendTime(Row, frozen=True):
    send_us: int


class _Permit(Row, frozen=True):
    """A permit in the log of a limit."""

    rate_id: str
    weight: int
    weight_before: int
    spacing_us: int


_LIMITER = f"SELECT {columns_of(_LimiterRow)} FROM rate_limiter WHERE rate_id = ?"
_PERMITS = f"SELECT {columns_of(_Permit)} FROM rate_permit WHERE attempt_id = ?"


def rate_id(rate: Rate) -> str:
    """The name under which all processes count this limit."""
    return f"{rate.scope}:{rate.permits}/{rate.per_seconds:g}{'w' if rate.weighted else ''}"


def too_heavy(rates: Sequence[Rate], weight: int) -> Rate | None:
    """The limit that this call could never keep, whenever it is sent."""
    return next((rate for rate in rates if rate.weighted and weight > rate.permits), None)


def acquire(
    tx: Transaction, rates: Sequence[Rate], *, attempt_id: str, weight: int, now_us: int, jitter_us: int
) -> int:
    """Give the next permit that every one of `rates` allows. Returns its time in microseconds."""
    limiters = [_Limiter.read(tx, rate, jitter_us) for rate in sorted(set(rates), key=rate_id)]
    send_us = max([now_us, *(limiter.earliest(tx, weight) for limiter in limiters)])
    for limiter in limiters:
        limiter.note(tx, attempt_id, weight=weight, send_us=send_us, now_us=now_us)
    return send_us


class _Limiter:
    """One limit with its log: when may the next call leave?

    After an idle time half of the permits may be used at once; from then on calls are spaced evenly, so all who wait
    take turns. Neither keeps the limit: the log does.
    """

    def __init__(self, rate: Rate, row: _LimiterRow, jitter_us: int) -> None:
        self._rate = rate
        self._row = row
        self._window_us = round(rate.per_seconds * MICROSECONDS) + jitter_us + _MARGIN_US
        self._spacing_us = round(_SPACING * self._window_us / rate.permits)
        self._burst_us = self._spacing_us * rate.permits // 2
        self._held_up_by_log = False

    @classmethod
    def read(cls, tx: Transaction, rate: Rate, jitter_us: int) -> _Limiter:
        return cls(rate, _read_or_insert(tx, rate_id(rate)), jitter_us)

    def earliest(self, tx: Transaction, weight: int) -> int:
        """The first time that this limit allows, in the order of asking."""
        in_turn_us = max(self._row.last_send_us, self._row.not_before_us, self._row.even_us - self._burst_us)
        log_us = self._log_allows_from(tx, self._taken(weight))
        self._held_up_by_log = log_us > in_turn_us
        return max(in_turn_us, log_us)

    def _log_allows_from(self, tx: Transaction, taken: int) -> int:
        """When the oldest calls, as many as must make room, have left the window."""
        must_have_left = self._row.total_weight + taken - self._rate.permits
        if must_have_left <= 0:
            return 0
        rows = tx.query(
            _SendTime,
            """
            SELECT send_us
            FROM rate_permit
            WHERE rate_id = ? AND weight_before < ?
            ORDER BY weight_before DESC
            LIMIT 1
            """,
            (rate_id(self._rate), must_have_left),
        )
        return rows[0].send_us + self._window_us if rows else 0

    def note(self, tx: Transaction, attempt_id: str, *, weight: int, send_us: int, now_us: int) -> None:
        """Write the permit into the log, and drop from it what left a full window ago."""
        name, taken = rate_id(self._rate), self._taken(weight)
        # Where the log held up the queue, many permits become free at once: they must not be taken in one burst.
        floor_us = send_us + self._burst_us if self._held_up_by_log else send_us
        total, spacing_us = self._row.total_weight, self._spacing_us * taken
        insert(
            tx,
            "rate_permit",
            {
                "rate_id": name,
                "attempt_id": attempt_id,
                "send_us": send_us,
                "weight": taken,
                "weight_before": total,
                "spacing_us": spacing_us,
            },
        )
        tx.execute(
            "UPDATE rate_limiter SET total_weight = ?, last_send_us = ?, even_us = ? WHERE rate_id = ?",
            (total + taken, send_us, max(self._row.even_us, floor_us) + spacing_us, name),
        )
        tx.execute(
            "DELETE FROM rate_permit WHERE rate_id = ? AND weight_before < ? AND send_us < ?",
            (name, total - self._rate.permits, now_us - self._window_us),
        )

    def _taken(self, weight: int) -> int:
        return weight if self._rate.weighted else 1


def release(tx: Transaction, attempt_id: str) -> None:
    """Take an unused permit out of the logs again, so that others may use it."""
    for permit in tx.query(_Permit, _PERMITS, (attempt_id,)):
        tx.execute("DELETE FROM rate_permit WHERE rate_id = ? AND attempt_id = ?", (permit.rate_id, attempt_id))
        tx.execute(
            "UPDATE rate_permit SET weight_before = weight_before - ? WHERE rate_id = ? AND weight_before > ?",
            (permit.weight, permit.rate_id, permit.weight_before),
        )
        tx.execute(
            """
            UPDATE rate_limiter
            SET total_weight = total_weight - ?,
                even_us = even_us - ?,
                last_send_us = COALESCE((
                    SELECT send_us
                    FROM rate_permit
                    WHERE rate_permit.rate_id = rate_limiter.rate_id
                    ORDER BY weight_before DESC
                    LIMIT 1
                ), 0)
            WHERE rate_id = ?
            """,
            (permit.weight, permit.spacing_us, permit.rate_id),
        )


def cool_down(tx: Transaction, rates: Sequence[Rate], *, until_us: int) -> None:
    """Let nobody send under these limits before `until_us`: the provider asked for it."""
    for rate in sorted(set(rates), key=rate_id):
        _read_or_insert(tx, rate_id(rate))
        tx.execute(
            "UPDATE rate_limiter SET not_before_us = ? WHERE rate_id = ? AND not_before_us < ?",
            (until_us, rate_id(rate), until_us),
        )


def reset(tx: Transaction, *, now_us: int, jitter_us: int) -> None:
    """After the clock was set back: drop all permits, and wait one full window instead.

    Their times lie in the future again, and would block every sender until then.
    """
    for limiter in tx.query(_RateId, "SELECT rate_id FROM rate_limiter"):
        seconds = float(limiter.rate_id.rpartition("/")[2].rstrip("w"))
        tx.execute("DELETE FROM rate_permit WHERE rate_id = ?", (limiter.rate_id,))
        tx.execute(
            """
            UPDATE rate_limiter
            SET total_weight = 0, last_send_us = 0, even_us = 0, not_before_us = ?
            WHERE rate_id = ?
            """,
            (now_us + round(seconds * MICROSECONDS) + jitter_us + _MARGIN_US, limiter.rate_id),
        )


def _read_or_insert(tx: Transaction, name: str) -> _LimiterRow:
    rows = tx.query(_LimiterRow, _LIMITER, (name,))
    if rows:
        return rows[0]
    tx.execute("INSERT INTO rate_limiter (rate_id) VALUES (?)", (name,))
    return _LimiterRow(total_weight=0, last_send_us=0, not_before_us=0, even_us=0)
