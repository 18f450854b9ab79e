"""Notices: what a person should know, written with the change that causes it."""

from __future__ import annotations

from creator_assets.ledger.storage.database import Transaction


def notify(tx: Transaction, scope: str, level: str, message: str, at_us: int) -> None:
    """Leave a notice for people (and for the sensor that tells them)."""
    tx.execute("INSERT INTO notice (scope, level, at_us, message) VALUES (?, ?, ?, ?)", (scope, level, at_us, message))
