"""Notices: what a person should know, written in the transaction of the change that causes it.

Reading them belongs to ``books.py``, showing them to the alarms sensor.
"""

from __future__ import annotations

from creator_assets.ledger.storage.database import Transaction, insert


def notify(tx: Transaction, scope: str, level: str, message: str, at_us: int) -> None:
    """Write a notice, which the alarms sensor shows to people."""
    insert(tx, "notice", {"scope": scope, "level": level, "at_us": at_us, "message": message})
