"""Thresholds: read from a brief, and set on each of the campaign's budgets that holds anything."""

from __future__ import annotations

import pytest

from creator_assets.campaigns import Campaign, Thresholds, read_brief
from creator_assets.providers.capabilities import catalog
from creator_assets.settings import WrongSettingError, from_environment
from creator_assets.spending.accounts import Account, all_budgets

BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2026-12-13, currency: EUR}
budget: {influencers_club: 10, infludata: 0}
thresholds: THRESHOLDS
discovery:
  - {name: one, provider: influencers_club, platform: instagram, max_creators: 10, filters: {location: [Germany]}}
shortlist: {top: 5}
"""


def read(thresholds: str) -> Campaign:
    brief = read_brief("one", BRIEF.replace("THRESHOLDS", thresholds).encode(), catalog())
    assert isinstance(brief, Campaign), brief
    return brief


def test_a_brief_states_what_happens_at_which_share_of_its_budgets() -> None:
    assert read("{notify: 0.5, suspend_immediate: 1}").thresholds == Thresholds(notify=0.5, suspend_immediate=1.0)


@pytest.mark.parametrize("wrong", ["{notify: 80}", "{notfy: 0.8}", "{suspend: soon}"])
def test_a_wrong_threshold_is_named_with_its_line(wrong: str) -> None:
    faults = read_brief("one", BRIEF.replace("THRESHOLDS", wrong).encode(), catalog())
    assert isinstance(faults, tuple)
    assert [(fault.line, fault.field.partition(".")[0]) for fault in faults] == [(4, "thresholds")]


def test_thresholds_stand_on_budgets_that_hold_something() -> None:
    accounts = {
        name: Account(provider=name, base_url="http://127.0.0.1", key="k", key_variable="K", budgets=())
        for name in ("influencers_club", "infludata")
    }
    brief = read("{notify: 0.5, suspend: 0.9}")
    budgets = {
        budget.scope: budget
        for budget in all_budgets(accounts, {"one": brief.budget_microcredits}, {"one": brief.thresholds})
    }
    funded = budgets["campaign:one/influencers_club"]
    assert (funded.notify, funded.suspend, funded.suspend_immediate) == (0.5, 0.9, None)
    assert budgets["campaign:one/infludata"].notify is None


def test_a_provider_takes_its_thresholds_from_the_environment() -> None:
    account = from_environment({"KEYAPI_SUSPEND_AT": "0.9", "KEYAPI_CREDIT_LIMIT": "10"}).accounts["keyapi"]
    assert (account.notify_at, account.suspend_at, account.credit_limit) == (0.8, 0.9, "10")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("KEYAPI_SUSPEND_AT", "90"), ("INFLUDATA_CREDIT_LIMIT", "many"), ("INFLUTICS_BILLING_DAY", "first")],
)
def test_a_wrong_variable_is_named_and_its_value_is_not(variable: str, value: str) -> None:
    with pytest.raises(WrongSettingError, match=variable) as raised:
        from_environment({variable: value})
    assert value not in str(raised.value)
