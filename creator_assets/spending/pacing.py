"""When may the next request leave? Send slots, handed out in order to every process that shares the database.

A documented limit ("at most 20 within any minute") is kept as a log of slots, exactly: a slot is the earliest moment
at which no window of the limit's length, widened by the jitter of the path to the provider, would hold more than is
permitted. Several limits hold at once, and heavy calls take several permits. Who asks first is served first. Sleeping
and sending are the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence

from creator_assets.providers.contract import Rate
from creator_assets.spending.database import Transaction
from creator_assets.spending.moments import MICROSECONDS

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
    found = [(rate, *_pace(tx, rate_id(rate))) for rate in sorted(set(rates), key=rate_id)]
    send_us = now_us
    for rate, total, last_us, not_before_us in found:
        permits_taken = weight if rate.weighted else 1
        send_us = max(send_us, last_us, not_before_us)
        must_have_left = total + permits_taken - rate.permits
        if must_have_left > 0:
            rows = tx.execute(
                "SELECT send_us FROM pace_slot WHERE rate_id = ? AND weight_before < ? ORDER BY weight_before DESC "
                "LIMIT 1",
                (rate_id(rate), must_have_left),
            )
            if rows:
                send_us = max(send_us, rows[0][0] + _window_us(rate, jitter_us))
    for rate, total, _, _ in found:
        taken = weight if rate.weighted else 1
        _note_slot(tx, rate, attempt_id, weight=taken, total=total, send_us=send_us, now_us=now_us, jitter_us=jitter_us)
    return send_us


def give_back(tx: Transaction, attempt_id: str) -> None:
    """Take an unused slot out of the logs again, so that somebody else may have its permits."""
    for name, weight, before in tx.execute(
        "SELECT rate_id, weight, weight_before FROM pace_slot WHERE attempt_id = ?", (attempt_id,)
    ):
        tx.execute("DELETE FROM pace_slot WHERE rate_id = ? AND attempt_id = ?", (name, attempt_id))
        tx.execute(
            "UPDATE pace_slot SET weight_before = weight_before - ? WHERE rate_id = ? AND weight_before > ?",
            (weight, name, before),
        )
        tx.execute(
            "UPDATE pace SET total_weight = total_weight - ?, last_send_us = "
            "COALESCE((SELECT send_us FROM pace_slot WHERE pace_slot.rate_id = pace.rate_id ORDER BY weight_before "
            "DESC LIMIT 1), 0) "
            "WHERE rate_id = ?",
            (weight, name),
        )


def push_back(tx: Transaction, rates: Sequence[Rate], *, until_us: int) -> None:
    """Nobody sends under these limits before `until_us`: the provider asked for it."""
    for rate in sorted(set(rates), key=rate_id):
        _pace(tx, rate_id(rate))
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
            "UPDATE pace SET total_weight = 0, last_send_us = 0, not_before_us = ? WHERE rate_id = ?",
            (now_us + round(seconds * MICROSECONDS) + jitter_us + _MARGIN_US, name),
        )


def _window_us(rate: Rate, jitter_us: int) -> int:
    return round(rate.per_seconds * MICROSECONDS) + jitter_us + _MARGIN_US


def _pace(tx: Transaction, name: str) -> tuple[int, int, int]:
    rows = tx.execute("SELECT total_weight, last_send_us, not_before_us FROM pace WHERE rate_id = ?", (name,))
    if rows:
        return rows[0][0], rows[0][1], rows[0][2]
    tx.execute("INSERT INTO pace (rate_id) VALUES (?)", (name,))
    return 0, 0, 0


def _note_slot(
    tx: Transaction, rate: Rate, attempt_id: str, *, weight: int, total: int, send_us: int, now_us: int, jitter_us: int
) -> None:
    name = rate_id(rate)
    tx.execute(
        "INSERT INTO pace_slot (rate_id, attempt_id, send_us, weight, weight_before) VALUES (?, ?, ?, ?, ?)",
        (name, attempt_id, send_us, weight, total),
    )
    tx.execute("UPDATE pace SET total_weight = ?, last_send_us = ? WHERE rate_id = ?", (total + weight, send_us, name))
    # What left a full window ago can no longer decide over a slot.
    tx.execute(
        "DELETE FROM pace_slot WHERE rate_id = ? AND weight_before < ? AND send_us < ?",
        (name, total - rate.permits, now_us - _window_us(rate, jitter_us)),
    )
