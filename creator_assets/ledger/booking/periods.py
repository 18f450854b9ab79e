"""Which budget of a scope is in force at a time, and with which limit.

One rule for readers and writers: `present` says what the budget is at a time, from the rows of its scope and from what
this process states. An admission writes that row in its own transaction, by its own time. A reader only shows it. So no
budget of a later period comes into being before its time, however wrong a clock is.

Who decides about a limit:

- The environment states a provider's limit once, when it is above zero. From then on the limit is the ledger's:
  ``Ledger.set_limits`` changes it, and `Disagreement` says that this process states another one.
- The brief states a campaign's limit always. A change is followed, and leaves a notice.

No two periods of a scope overlap. Where the billing day has changed, the period under way goes on until its end. If the
new billing day's period has begun before that end, the old period is widened to the end of the new one: what was spent
in it counts, and there is no second full budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from creator_assets.ledger.booking.billing_period import billing_period
from creator_assets.ledger.records import Budget
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import from_us, to_us, to_us_or_none

PPM = 1_000_000
Stated = Mapping[str, Budget]
"""What this process states about budgets, by scope."""


class BudgetRow(Row, frozen=True):
    """A budget as it is in the table. ``budget_id`` is 0 for one that is not written yet."""

    budget_id: int
    scope: str
    period: str
    limit_microcredits: int
    spent_microcredits: int
    held_microcredits: int
    in_doubt_microcredits: int
    overrun_microcredits: int
    version: int
    notify_ppm: int | None
    suspend_ppm: int | None
    stop_ppm: int | None
    starts_us: int | None
    ends_us: int | None
    limit_set_us: int | None
    notified_us: int | None
    suspended_us: int | None
    stopped_us: int | None
    provider_suspended_until_us: int | None
    provider_suspended_reason: str | None
    provider_suspended_since_us: int | None

    @property
    def used_microcredits(self) -> int:
        """Spent, held and in doubt together."""
        return self.spent_microcredits + self.held_microcredits + self.in_doubt_microcredits

    @property
    def left_microcredits(self) -> int:
        """What may still be held."""
        return max(0, self.limit_microcredits - self.used_microcredits)

    @property
    def order(self) -> tuple[int, str]:
        """Sorts the budgets of a scope by time."""
        return (-1 if self.starts_us is None else self.starts_us, self.period)

    def has_begun(self, now_us: int) -> bool:
        """Whether its period is not a later one."""
        return self.starts_us is None or self.starts_us <= now_us

    def contains(self, now_us: int) -> bool:
        """Whether its period is the one under way."""
        return self.has_begun(now_us) and (self.ends_us is None or now_us < self.ends_us)

    def is_provider_suspended(self, now_us: int) -> bool:
        """Whether the provider itself refuses now."""
        return self.provider_suspended_until_us is not None and now_us < self.provider_suspended_until_us


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """This process states another limit than the ledger has. It sends nothing that counts on it."""

    scope: str
    stated_microcredits: int
    limit_microcredits: int


def disagreement(row: BudgetRow, said: Budget | None) -> Disagreement | None:
    """Whether this process states another limit than the ledger has for a budget that the environment states."""
    if said is None or said.follows_brief or row.limit_set_us is None:
        return None
    if said.limit_microcredits == row.limit_microcredits:
        return None
    return Disagreement(
        scope=row.scope, stated_microcredits=said.limit_microcredits, limit_microcredits=row.limit_microcredits
    )


def present(rows: Sequence[BudgetRow], said: Budget | None, now_us: int) -> BudgetRow | None:
    """The budget of a scope at a time, as it has to be written before something is booked on it.

    Args:
        rows: Every budget of the scope.
        said: What this process states about the scope.
        now_us: The time.

    Returns:
        The budget whose period is under way. Without one and without a statement: the latest that has begun, which
        admits nothing more. None where the scope has none at all.
    """
    running = max((row for row in rows if row.contains(now_us)), key=lambda row: row.order, default=None)
    begun = max((row for row in rows if row.has_begun(now_us)), key=lambda row: row.order, default=None)
    if said is None:
        return running or begun
    return _as_stated(running or _widened(rows, said, now_us) or new_budget(begun, said, now_us), said, now_us)


def _widened(rows: Sequence[BudgetRow], said: Budget, now_us: int) -> BudgetRow | None:
    """A budget of another period that the present period overlaps, made to contain it; None where there is none."""
    if said.billing_day is None:
        return None
    _, starts_at, ends_at = billing_period(from_us(now_us), said.billing_day)
    start_us, end_us = to_us(starts_at), to_us(ends_at)
    for row in sorted(rows, key=lambda row: row.order):
        if row.starts_us is not None and row.ends_us is not None and row.starts_us < end_us and start_us < row.ends_us:
            return msgspec.structs.replace(
                row, starts_us=min(row.starts_us, start_us), ends_us=max(row.ends_us, end_us)
            )
    return None


def new_budget(before: BudgetRow | None, said: Budget, now_us: int) -> BudgetRow:
    """The budget of a period that begins, with the limit that the ledger has."""
    period, starts_us, ends_us = said.period, None, to_us_or_none(said.ends_at)
    if said.billing_day is not None:
        period, starts_at, ends_at = billing_period(from_us(now_us), said.billing_day)
        starts_us, ends_us = to_us(starts_at), to_us(ends_at)
    is_known = before is not None and before.limit_set_us is not None
    return BudgetRow(
        budget_id=0,
        scope=said.scope,
        period=period,
        limit_microcredits=before.limit_microcredits if before is not None and is_known else 0,
        spent_microcredits=0,
        held_microcredits=0,
        in_doubt_microcredits=0,
        overrun_microcredits=0,
        version=0,
        notify_ppm=None,
        suspend_ppm=None,
        stop_ppm=None,
        starts_us=starts_us,
        ends_us=ends_us,
        limit_set_us=before.limit_set_us if before is not None and is_known else None,
        notified_us=None,
        suspended_us=None,
        stopped_us=None,
        provider_suspended_until_us=None,
        provider_suspended_reason=None,
        provider_suspended_since_us=None,
    )


def _as_stated(row: BudgetRow, said: Budget, now_us: int) -> BudgetRow:
    """A budget with the limit that counts, and with the thresholds that this process states."""
    takes = said.follows_brief or row.limit_set_us is None
    is_change = takes and said.limit_microcredits != row.limit_microcredits
    limit = said.limit_microcredits if takes else row.limit_microcredits
    thresholds = (said.notify, said.suspend, said.suspend_immediate) if limit else (None, None, None)
    notify_ppm, suspend_ppm, stop_ppm = map(to_ppm, thresholds)  # every share of zero is reached at once
    return msgspec.structs.replace(
        row,
        limit_microcredits=limit,
        limit_set_us=now_us if is_change else row.limit_set_us,
        notify_ppm=notify_ppm,
        suspend_ppm=suspend_ppm,
        stop_ppm=stop_ppm,
    )


def to_ppm(fraction: float | None) -> int | None:
    """A fraction in millionths."""
    return None if fraction is None else round(fraction * PPM)
