"""When may the next request leave? Send slots, handed out in order to every process that shares the database.

A documented limit ("at most 20 within any minute") is kept as a log of slots, exactly: a slot is the earliest moment
at which no window of the limit's length, widened by the jitter of the path to the provider, would hold more than is
permitted. Several limits hold at once, and heavy calls take several permits. Who asks first is served first. Sleeping
and sending are the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence

from creator_assets.ledger.storage.database import Row, Transaction
from creator_assets.ledger.timestamps import MICROSECONDS
from creator_assets.providers.contract.operations import Rate

# One millisecond past the window, so that a provider that counts both ends does not count one request too many.
_MARGIN_US = 1_000


def rate_id(rate: Rate) -> str:
    """The name under which all processes count this limit."""
    return f"{rate.scope}:{rate.permits}/{rate.per_seconds:g}{'w' if rate.weighted else ''}"


def too_heavy(rates: Sequence[Rate], weight: int) -> Rate | None:
    """The limit that this call could never keep, whenever it is sent."""
    return next((rate for rate in rates if rate.weighted and weight > rate.permits), None)


def take_slot(
    tx: Transaction, rates: Sequence[Rate], *, attempt_id: str, weight: int, now_us: int, jitter_us: int
) -> int:
    """Hand out the next moment (in microseconds) that every one of `rates` allows, and note it in their logs."""
    found = [_Pace.read(tx, rate, jitter_us) for rate in sorted(set(rates), key=rate_id)]
    send_us = max([now_us, *(pace.earliest(tx, weight) for pace in found)])
    for pace in found:
        pace.note(tx, attempt_id, weight=weight, send_us=send_us, now_us=now_us)
    return send_us


class _Pace:
    """One limit with its log: when may the next call leave?

    After a quiet time half of the permits may be used at once; from then on calls are spaced evenly, so that all who
    wait take turns. Neither is what keeps the limit: the log does.
    """

    def __init__(self, rate: Rate, row: Row, jitter_us: int) -> None:
        self._rate = rate
        self._total, self._last_us, self._not_before_us, self._even_us = row
        self._window_us = round(rate.per_seconds * MICROSECONDS) + jitter_us + _MARGIN_US
        # A little faster than even, to catch up on slots that nobody used.
        self._spacing_us = round(0.98 * self._window_us / rate.permits)
        self._burst_us = self._spacing_us * rate.permits // 2
        self._held_up_by_log = False

    @classmethod
    def read(cls, tx: Transaction, rate: Rate, jitter_us: int) -> _Pace:
        return cls(rate, _row(tx, rate_id(rate)), jitter_us)

    def earliest(self, tx: Transaction, weight: int) -> int:
        """The first moment that this limit allows, in the order of asking."""
        in_turn_us: int = max(self._last_us, self._not_before_us, self._even_us - self._burst_us)
        log_us = self._log_allows_from(tx, self._taken(weight))
        self._held_up_by_log = log_us > in_turn_us
        return max(in_turn_us, log_us)

    def _log_allows_from(self, tx: Transaction, permits_taken: int) -> int:
        """When the oldest calls, as many as must make room, have left the window."""
        must_have_left = self._total + permits_taken - self._rate.permits
        if must_have_left <= 0:
            return 0
        rows = tx.execute(
            "SELECT send_us FROM pace_slot WHERE rate_id = ? AND weight_before < ? ORDER BY weight_before DESC LIMIT 1",
            (rate_id(self._rate), must_have_left),
        )
        return int(rows[0][0]) + self._window_us if rows else 0

    def note(self, tx: Transaction, attempt_id: str, *, weight: int, send_us: int, now_us: int) -> None:
        """Write the slot into the log, and drop from it what left a full window ago."""
        name, taken = rate_id(self._rate), self._taken(weight)
        # Where the log held up the queue, many permits become free at once: they are not to be taken in one burst.
        floor_us = send_us + self._burst_us if self._held_up_by_log else send_us
        tx.execute(
            "INSERT INTO pace_slot (rate_id, attempt_id, send_us, weight, weight_before, spacing_us) VALUES (?, ?, "
            "?, ?, ?, ?)",
            (name, attempt_id, send_us, taken, self._total, self._spacing_us * taken),
        )
        tx.execute(
            "UPDATE pace SET total_weight = ?, last_send_us = ?, even_us = ? WHERE rate_id = ?",
            (self._total + taken, send_us, max(self._even_us, floor_us) + self._spacing_us * taken, name),
        )
        tx.execute(
            "DELETE FROM pace_slot WHERE rate_id = ? AND weight_before < ? AND send_us < ?",
            (name, self._total - self._rate.permits, now_us - self._window_us),
        )

    def _taken(self, weight: int) -> int:
        return weight if self._rate.weighted else 1


def give_back(tx: Transaction, attempt_id: str) -> None:
    """Take an unused slot out of the logs again, so that somebody else may have its permits."""
    for name, weight, before, spacing_us in tx.execute(
        "SELECT rate_id, weight, weight_before, spacing_us FROM pace_slot WHERE attempt_id = ?", (attempt_id,)
    ):
        tx.execute("DELETE FROM pace_slot WHERE rate_id = ? AND attempt_id = ?", (name, attempt_id))
        tx.execute(
            "UPDATE pace_slot SET weight_before = weight_before - ? WHERE rate_id = ? AND weight_before > ?",
            (weight, name, before),
        )
        tx.execute(
            "UPDATE pace SET total_weight = total_weight - ?, even_us = even_us - ?, last_send_us = "
            "COALESCE((SELECT send_us FROM pace_slot WHERE pace_slot.rate_id = pace.rate_id ORDER BY weight_before "
            "DESC LIMIT 1), 0) "
            "WHERE rate_id = ?",
            (weight, spacing_us, name),
        )


def cool_down(tx: Transaction, rates: Sequence[Rate], *, until_us: int) -> None:
    """Nobody sends under these limits before `until_us`: the provider asked for it."""
    for rate in sorted(set(rates), key=rate_id):
        _row(tx, rate_id(rate))
        tx.execute(
            "UPDATE pace SET not_before_us = ? WHERE rate_id = ? AND not_before_us < ?",
            (until_us, rate_id(rate), until_us),
        )


def forget_future(tx: Transaction, *, now_us: int, jitter_us: int) -> None:
    """After the clock was set back: drop all slots and wait one full window instead.

    The slots lie in a time that will come again, and would block every
    sender until then.
    """
    for (name,) in tx.execute("SELECT rate_id FROM pace"):
        seconds = float(name.rpartition("/")[2].rstrip("w"))
        tx.execute("DELETE FROM pace_slot WHERE rate_id = ?", (name,))
        tx.execute(
            "UPDATE pace SET total_weight = 0, last_send_us = 0, even_us = 0, not_before_us = ? WHERE rate_id = ?",
            (now_us + round(seconds * MICROSECONDS) + jitter_us + _MARGIN_US, name),
        )


def _row(tx: Transaction, name: str) -> Row:
    columns = "total_weight, last_send_us, not_before_us, even_us"
    rows = tx.execute(f"SELECT {columns} FROM pace WHERE rate_id = ?", (name,))  # noqa: S608 - constants
    if rows:
        return rows[0]
    tx.execute("INSERT INTO pace (rate_id) VALUES (?)", (name,))
    return (0, 0, 0, 0)
