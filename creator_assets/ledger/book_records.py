"""What the books say: the state of a budget, one attempt, one movement of money, one notice.

Value objects that only a reader of the books makes; what goes into the ledger and comes back from a request is in
``records``. Amounts are microcredits, times are aware datetimes in UTC.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from creator_assets.ledger.records import AttemptState
from creator_assets.providers.contract.operations import AnswerKind

LAST_YEAR = 9999


class BudgetState(msgspec.Struct, frozen=True, kw_only=True):
    """What a budget has left, and why it admits nothing where it does not."""

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
    frozen_since: datetime | None
    frozen_until: datetime | None
    frozen_reason: str | None

    def is_frozen(self, now: datetime) -> bool:
        """Whether the provider itself refuses at the moment, so that nothing is admitted."""
        return self.frozen_until is not None and now < self.frozen_until

    @property
    def frozen_for_good(self) -> bool:
        """Whether the freeze has no date and lasts until it is lifted. The last year that there is means none."""
        return self.frozen_until is not None and self.frozen_until.year == LAST_YEAR


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the books: who asked what, when, and what it cost."""

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
    """One movement of money; the balances are the sums of these."""

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
    """Something a person should know: a threshold crossed, an overrun, drift, a damaged body, a clock set back."""

    notice_id: int
    scope: str
    level: str
    at: datetime
    message: str
