"""No budget is exceeded, and a refusal comes before the first request and says what would help."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from creator_assets.ledger.records import Budget
from creator_assets.spending.failures import BudgetRefusedError, NotAdmittedError
from tests.market import (
    CAMPAIGN,
    CLUB,
    CREDIT,
    DATA,
    KNOWN,
    ClientUnderTest,
    Market,
    account_of,
    balance,
    full,
    search,
    user_data,
)

FIRST, SECOND = KNOWN
OpenTill = Callable[..., ClientUnderTest]


def refused(till: ClientUnderTest, *wanted: object) -> BudgetRefusedError:
    """The refusal; that nothing was sent for it is checked with it."""
    before = len(till.market.requests())
    with pytest.raises(BudgetRefusedError) as raised:
        till.fetch(*wanted)  # type: ignore[arg-type]
    assert len(till.market.requests()) == before
    return raised.value


def test_the_worst_case_of_all_that_is_missing_must_fit_the_campaign(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: {CLUB: 2_500_000}})
    refusal = refused(till, full("cristiano"), full("leomessi"), full("adidas"))
    assert str(refusal) == (
        "enriched_profiles for berlin-fitness|2026-11-16: budget `campaign:berlin-fitness/influencers_club` has 2.5 "
        "credits left, up to 3 are needed. Raise budget.influencers_club in campaigns/berlin-fitness.yaml by 0.5, or "
        "ask for less, so that at most 2.5 credits are needed."
    )
    assert (refusal.needed_microcredits, refusal.available_microcredits) == (3 * CREDIT, 2_500_000)
    assert not refusal.allow_retries
    assert till.books(CLUB) == (0, 0, 0)


def test_what_is_archived_needs_no_budget(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: {CLUB: 2 * CREDIT}})
    till.fetch(full("cristiano"), full("leomessi"))
    assert till.fetch(full("cristiano"), full("leomessi")).fetch_stats.archive_hits == 2
    assert refused(till, full("cristiano"), full("adidas")).needed_microcredits == CREDIT


def test_the_same_wish_twice_needs_room_once(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: {CLUB: CREDIT}})
    assert till.fetch(full(FIRST), full(FIRST)).fetch_stats.spent_microcredits == {CLUB: CREDIT}


def test_a_search_needs_room_for_every_page_it_may_bring(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: {CLUB: 1_490_000}})
    assert refused(till, search(150)).needed_microcredits == 1_500_000
    assert till.fetch(search(100)).fetch_stats.requests == 2


def test_discovery_has_a_limit_of_its_own(market: Market, open_till: OpenTill) -> None:
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB), limit=10 * CREDIT)])
    refusal = refused(till, search(150))
    assert refusal.scope == "influencers_club/discovery"
    assert "Raise the limit of `influencers_club/discovery` by 0.5, wait for its next period, or" in str(refusal)
    assert till.fetch(full(FIRST)).fetch_stats.requests == 1


def test_a_campaign_may_spend_nothing_with_a_provider_that_its_brief_gives_nothing(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: {CLUB: CREDIT}})
    assert refused(till, user_data(FIRST)).scope == "campaign:berlin-fitness/infludata"


def test_a_budget_that_others_use_up_meanwhile_stops_the_rest(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: {CLUB: 3 * CREDIT}})
    handles = ["cristiano", "leomessi", "adidas"]
    # The limit is lowered after the check and before the last call.
    fetched = iter(handles)
    begin = till.ledger.begin

    def lowering(*arguments: object, **options: object) -> object:
        if next(fetched, None) == "adidas":
            scope = f"campaign:{CAMPAIGN}/{CLUB}"
            till.ledger.state_budgets([Budget(scope=scope, limit_microcredits=2 * CREDIT, follows_brief=True)])
        return begin(*arguments, **options)  # type: ignore[arg-type]

    till.ledger.begin = lowering  # type: ignore[method-assign, assignment]
    till.paid_client.accounts[CLUB] = msgspec.structs.replace(till.paid_client.accounts[CLUB], in_flight=1)
    with pytest.raises(BudgetRefusedError, match=r"has 0 credits left, up to 1 are needed. Nothing more was sent"):
        till.fetch(*map(full, handles))
    assert till.books(CLUB) == (2 * CREDIT, 0, 0)
    assert till.market.charged(CLUB) == 2 * CREDIT


def test_a_threshold_that_is_crossed_admits_nothing_and_says_so(market: Market, open_till: OpenTill) -> None:
    account = account_of(CLUB, market.running.url(CLUB), limit=10 * CREDIT)
    strict = tuple(msgspec.structs.replace(budget, suspend_immediate=0.1) for budget in account.budgets)
    till = open_till(accounts=[msgspec.structs.replace(account, budgets=strict)])
    till.fetch(full(FIRST))
    sent = len(till.market.requests())
    with pytest.raises(NotAdmittedError, match="`creator-assets budget` shows every limit"):
        till.fetch(full(SECOND))
    assert len(till.market.requests()) == sent


def test_free_calls_need_no_budget(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: {}})
    assert till.fetch(balance(CLUB), balance(DATA)).fetch_stats.requests == 2
