"""What providers say for free: how much an account has left, and whether a creator's data is there.

What they say in answers that are paid for becomes rows of the tables.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class ReportedBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider itself says of an account; None where it does not say."""

    left_microcredits: int | None
    used_microcredits: int | None = None


class DataReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """What a free status check says of one creator, before anything is paid for."""

    is_known: bool
    has_audience: bool
    next_look_at: datetime | None = None
