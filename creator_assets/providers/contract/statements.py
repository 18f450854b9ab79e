"""What providers state beside the data: balances, whether a creator's data is there, and numbers of records.

What their records hold becomes rows of the tables.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class RecordCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many records a provider says that an answer holds, and how many are in it."""

    stated: int
    found: int


class ReportedBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider states about an account; None where it states nothing."""

    left_microcredits: int | None
    used_microcredits: int | None = None


class DataReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """What a free status check states about one creator, before anything is paid for."""

    is_known: bool
    has_audience: bool
    next_look_at: datetime | None = None
