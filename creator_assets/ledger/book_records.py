"""What a reader of the books gets: the state of a budget, an attempt, a movement of credits, a notice.

Value objects only. Amounts are microcredits, times are aware datetimes in UTC. What goes into the ledger, and what an
admission returns, belongs to ``records.py``.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from creator_assets.ledger.records import AttemptState
from creator_assets.providers.contract.operations import AnswerKind

LAST_YEAR = 9999


class BudgetState(msgspec.Struct, frozen=True, kw_only=True):
    """What a budget has left, and why it admits nothing where it does not.

    ``suspended_at`` and ``stopped_at`` are when its own thresholds were crossed. The ``provider_suspended_`` fields say
    since when, until when and why the provider itself refuses.
    """

    scope: str
    period: str
    is_current: bool
    limit_microcredits: int
    spent_microcredits: int
    held_microcredits: int
    in_doubt_microcredits: int
    overrun_microcredits: int
    left_microcredits: int
    version: int
    suspended_at: datetime | None
    stopped_at: datetime | None
    provider_suspended_since: datetime | None
    provider_suspended_until: datetime | None
    provider_suspended_reason: str | None

    def is_provider_suspended(self, now: datetime) -> bool:
        """Whether the provider itself refuses now, so nothing is admitted."""
        return self.provider_suspended_until is not None and now < self.provider_suspended_until

    @property
    def is_provider_suspended_indefinitely(self) -> bool:
        """Whether the suspension has no date and lasts until it is lifted. The last year of the calendar means none."""
        return self.provider_suspended_until is not None and self.provider_suspended_until.year == LAST_YEAR


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt: what requested it, when, and what it cost."""

    attempt_id: str
    request_key: str
    provider: str
    operation: str
    state: AttemptState
    upper_microcredits: int
    charge_microcredits: int | None
    basis: str | None
    price_version: str
    budgets: tuple[str, ...]
    asset: str
    partition: str
    campaign: str
    run_id: str
    step: str
    code_version: str
    owner: str
    weight: int
    reserved_at: datetime
    sent_at: datetime | None
    closed_at: datetime | None
    status: int | None
    kind: AnswerKind | None
    response_sha256: str | None
    observed_at: datetime | None
    balance_microcredits: int | None
    note: str


class EntryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of microcredits; the balances are the sums of these."""

    seq: int
    attempt_id: str | None
    budgets: tuple[str, ...]
    kind: str
    spent_microcredits: int
    held_microcredits: int
    in_doubt_microcredits: int
    at: datetime
    note: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a person should know: a threshold crossed, an overrun, drift, a damaged body, a clock set back."""

    notice_id: int
    scope: str
    level: str
    at: datetime
    message: str
