"""The billing period of a provider's account: a month that begins on its billing day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple


class BillingPeriod(NamedTuple):
    """A billing period: its name (the month in which it began), its start and its exclusive end."""

    name: str
    starts_at: datetime
    ends_at: datetime


def billing_period(now: datetime, billing_day: int) -> BillingPeriod:
    """The billing period at `now`. It begins on the billing day at 00:00 UTC."""
    start = datetime(now.year, now.month, billing_day, tzinfo=UTC)
    if now < start:
        start = _month_later(start, -1)
    return BillingPeriod(f"{start:%Y-%m}", start, _month_later(start, 1))


def _month_later(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + months
    return moment.replace(year=index // 12, month=index % 12 + 1)
