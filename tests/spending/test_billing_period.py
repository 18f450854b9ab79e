"""Billing periods: each begins on the billing day at 00:00 UTC, and is named for the month in which it began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.ledger.booking.billing_period import billing_period
from creator_assets.resources import ProviderAccount

INSTANT = timedelta(microseconds=1)


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "billing_day", "name", "before", "ends"),
    [
        (at(2026, 11, 15), 15, "2026-11", "2026-10", at(2026, 12, 15)),
        (at(2026, 11, 1), 1, "2026-11", "2026-10", at(2026, 12, 1)),
        (at(2026, 1, 1), 1, "2026-01", "2025-12", at(2026, 2, 1)),
        (at(2026, 12, 28), 28, "2026-12", "2026-11", at(2027, 1, 28)),
        (at(2027, 1, 28), 28, "2027-01", "2026-12", at(2027, 2, 28)),
        (at(2027, 2, 28), 28, "2027-02", "2027-01", at(2027, 3, 28)),
        (at(2028, 2, 28), 28, "2028-02", "2028-01", at(2028, 3, 28)),
        (at(2028, 3, 1), 1, "2028-03", "2028-02", at(2028, 4, 1)),
        (at(2026, 12, 1), 1, "2026-12", "2026-11", at(2027, 1, 1)),
    ],
)
def test_a_period_begins_at_midnight_of_the_billing_day(
    begins: datetime, billing_day: int, name: str, before: str, ends: datetime
) -> None:
    assert billing_period(begins, billing_day) == (name, begins, ends)
    earlier, _, end = billing_period(begins - INSTANT, billing_day)
    assert (earlier, end) == (before, begins)
    assert billing_period(ends - INSTANT, billing_day) == (name, begins, ends)


@pytest.mark.parametrize("day", [at(2028, 2, 29), at(2026, 2, 28), at(2026, 4, 30), at(2026, 12, 31)])
def test_the_last_days_of_a_month_belong_to_the_period_that_began_in_it(day: datetime) -> None:
    name, _, ends = billing_period(day + timedelta(hours=23), 28)
    assert name == f"{day:%Y-%m}"
    assert ends == at(day.year + day.month // 12, day.month % 12 + 1, 28)


@given(st.timedeltas(timedelta(0), timedelta(days=36_500)), st.integers(1, 28))
def test_periods_follow_one_another_without_a_gap(since_2000: timedelta, billing_day: int) -> None:
    now = moment = at(2000, 1, 1) + since_2000
    periods = []
    for _ in range(14):
        periods.append(billing_period(moment, billing_day))
        moment = periods[-1].ends_at
    assert periods[0].starts_at <= now < periods[0].ends_at
    for (name, _, ends), (following, starts, following_ends) in pairwise(periods):
        assert starts == ends
        assert ends.day == billing_day
        assert following == f"{ends:%Y-%m}"
        assert timedelta(days=28) <= following_ends - ends <= timedelta(days=31)
        assert name < following


def test_an_account_states_its_billing_day_and_the_time_of_use_decides_the_period() -> None:
    account = ProviderAccount(base_url="https://example.com", key_variable="KEY", credit_limit="5", billing_day=15)
    (budget,) = account.account("infludata").budgets
    assert (budget.billing_day, budget.ends_at, budget.limit_microcredits) == (15, None, 5_000_000)


@pytest.mark.parametrize(("limit", "notify"), [("0", None), ("0.000001", 0.8)])
def test_an_account_without_credits_gives_no_notice(limit: str, notify: float | None) -> None:
    account = ProviderAccount(base_url="https://example.com", key_variable="KEY", credit_limit=limit)
    (budget,) = account.account("infludata").budgets
    assert budget.notify == notify
