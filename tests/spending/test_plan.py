"""The plan and the bill: what is planned brackets what is then spent, and planning itself asks nobody anything."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creator_assets.assets.graph import asset_graph
from creator_assets.campaigns import Audiences, Campaign, Lookalike, Profiles, RosterAccount, Search, Shortlist
from creator_assets.campaigns.model import MONTH
from creator_assets.demand.audiences import report_rows
from creator_assets.demand.discovery import Discovery, shortlist_rows
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.demand.profiles import profile_rows
from creator_assets.demand.provider_choice import candidates_in_order
from creator_assets.demand.requests import window_of
from creator_assets.demand.waterfall import buy_in_waterfall
from creator_assets.partitions import Partition
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.spending.failures import BudgetRefusedError
from creator_assets.spending.fetch import FetchContext, FetchResult
from creator_assets.spending.planning.plan import AssetDemand, PlanLine, PlanVerdict, certain_needs, make_plan, summary
from tests.contexts import context_of
from tests.ledger.scenery import ManualClock
from tests.market import (
    ALL_SETTINGS,
    CLUB,
    CREDIT,
    DATA,
    ENOUGH,
    MONDAY,
    ClientUnderTest,
    Market,
    account_of,
    analytics,
    campaign_of,
    data_search,
    full,
    purpose_of,
    search,
)

OpenTill = Callable[..., ClientUnderTest]


def plan_of(till: ClientUnderTest, *campaigns: Campaign) -> list[PlanLine]:
    """The plan of this week; that nothing is sent for it is checked with it."""
    before = len(till.market.requests())
    stages = asset_graph().stages.values()
    wanted = [
        demand
        for campaign in campaigns
        for demand in demands_of(
            stages,
            plan_context(campaign, Partition.week_of(campaign.slug, MONDAY.date()), till.ledger, ALL_SETTINGS),
        )
    ]
    lines = make_plan(till.ledger, wanted)
    assert len(till.market.requests()) == before
    return lines


def bought(till: ClientUnderTest, campaign: Campaign, *, profiles: bool = True) -> None:
    """What the paid assets of a week do, without Dagster: the same pure functions and the same paid client."""
    at = context_of(campaign, till.ledger, partition=Partition.week_of(campaign.slug, MONDAY.date()))
    requests = Discovery().requests(at)
    purpose = purpose_of(campaign=campaign.slug, asset="discovery_results")
    fetched = till.fetch(*(one.pages for one in requests), purpose=purpose)
    if not profiles:
        return
    found = pl.concat([parsed.rows for parsed in Discovery().rows(at, requests, fetched.answers)])
    shortlist = shortlist_rows(campaign, found)
    # Profiles and reports may be as old alike.
    whole = FetchContext(spender=purpose.spender, window=at.window(MONTH))

    def fetch(pages: list[PagedRequest]) -> FetchResult:
        return till.fetch(*pages, purpose=whole)

    def further(pages: list[PagedRequest]) -> FetchResult:
        return till.paid_client.fetch_affordable(pages, whole, dict)

    if campaign.profiles:
        ranked = candidates_in_order(CapabilityKind.PROFILE, at, campaign.profiles, shortlist, shortlist.height)
        buy_in_waterfall(ranked, fetch, further, profile_rows)
    if campaign.audiences:
        top = campaign.audiences.top
        reports = candidates_in_order(CapabilityKind.AUDIENCE, at, campaign.audiences, shortlist, top)
        buy_in_waterfall(reports, fetch, further, report_rows)


def totals(lines: Sequence[PlanLine], provider: str) -> tuple[int, int]:
    """(least, most) in microcredits."""
    of_provider = [line for line in lines if line.provider == provider]
    return sum(line.min_microcredits for line in of_provider), sum(line.max_microcredits for line in of_provider)


def brackets(before: Sequence[PlanLine], till: ClientUnderTest, spent_before: dict[str, int]) -> None:
    for provider in (CLUB, DATA):
        spent = till.books(provider)[0] - spent_before[provider]
        least, most = totals(before, provider)
        assert least <= spent <= most, (provider, least, spent, most)


# -- briefs of every shape


CLUB_SEARCHES = st.builds(
    Search,
    name=st.sampled_from(["one", "two"]),
    provider=st.just(CLUB),
    platform=st.just("instagram"),
    max_creators=st.integers(1, 160),
    filters=st.sampled_from([{}, {"number_of_followers": {"min": 100_000}}, {"number_of_followers": {"min": 10**12}}]),
)
DATA_SEARCHES = st.builds(
    Search,
    name=st.just("three"),
    provider=st.just(DATA),
    platform=st.sampled_from(["instagram", "tiktok"]),
    max_creators=st.integers(1, 70),
    filters=st.sampled_from([{}, {"followerMin": 50_000}]),
)
BRIEFS = st.builds(
    campaign_of,
    discovery=st.tuples(CLUB_SEARCHES) | st.tuples(DATA_SEARCHES) | st.tuples(CLUB_SEARCHES, DATA_SEARCHES),
    lookalikes=st.just(())
    | st.tuples(st.builds(Lookalike, provider=st.just(CLUB), platform=st.just("instagram"), like=st.just("cristiano"),
                          max_creators=st.integers(1, 60))),
    roster=st.sampled_from([(), (RosterAccount(platform="instagram", handle="adidas"),)]),
    shortlist=st.none() | st.builds(Shortlist, top=st.integers(1, 12), min_engagement_rate=st.sampled_from([0, 0.02])),
    profiles=st.sampled_from([None, Profiles(), Profiles(depth="raw", provider=CLUB)]),
    audiences=st.sampled_from([None, Audiences(top=3), Audiences(top=9, max_cost_each=Decimal(20))]),
)  # fmt: skip


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(brief=BRIEFS)
def test_every_plan_brackets_what_is_then_spent(market: Market, brief: Campaign) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock(MONDAY + timedelta(days=1))
        till = ClientUnderTest.open(market.open(), Path(folder), clock=clock, sleep=clock.sleep)
        whole = plan_of(till, brief)
        assert all(line.verdict is PlanVerdict.FITS for line in whole if line.calls_max)
        bought(till, brief, profiles=False)
        after_discovery = {provider: till.books(provider)[0] for provider in (CLUB, DATA)}
        half = plan_of(till, brief)
        bought(till, brief)
        brackets(whole, till, {CLUB: 0, DATA: 0})
        brackets(half, till, after_discovery)
        # Nothing is unknown any more, and nothing is left to buy.
        rest = plan_of(till, brief)
        assert all(line.is_exact and line.max_microcredits == 0 for line in rest)
        assert all(line.verdict is PlanVerdict.NOTHING_TO_BUY for line in rest)
        till.compare()
        till.paid_client.close()


def test_each_line_of_a_plan_says_what_it_counts(till: ClientUnderTest) -> None:
    brief = campaign_of(
        discovery=(Search(name="one", provider=CLUB, platform="instagram", max_creators=120),),
        roster=(RosterAccount(platform="instagram", handle="adidas"),),
        shortlist=Shortlist(top=5),
        profiles=Profiles(provider=CLUB),
    )
    discovery, profiles = plan_of(till, brief)
    assert (discovery.operation, discovery.calls_min, discovery.calls_max, discovery.max_microcredits) == (
        "discovery",
        1,
        3,
        1_200_000,
    )
    assert (discovery.tightest_scope, discovery.left_microcredits) == (f"{CLUB}/discovery", 98_800_000)
    assert (profiles.operation, profiles.calls_min, profiles.calls_max, profiles.max_microcredits) == (
        "enrich_full",
        0,
        6,
        6_000_000,
    )
    assert summary([discovery, profiles]) == "0 to 7.2 credits of influencers_club; everything fits."
    bought(till, brief, profiles=False)
    discovery, profiles = plan_of(till, brief)
    assert (discovery.archive_hits, discovery.calls_max, discovery.verdict) == (3, 0, PlanVerdict.NOTHING_TO_BUY)
    assert (profiles.calls_min, profiles.calls_max) == (6, 6)


# -- exactness and sharing


def wanted(*pages: object, campaign: str = "berlin-fitness", start: timedelta = timedelta(0)) -> AssetDemand:
    partition = Partition.week_of(campaign, (MONDAY + start).date())
    return AssetDemand(
        asset="discovery_results",
        partition=partition.key,
        campaign=campaign,
        window=window_of(partition),
        pages=tuple(pages),  # type: ignore[arg-type]
    )


def test_a_cost_that_is_known_is_planned_exactly(till: ClientUnderTest) -> None:
    pages = full("cristiano", at_least=lambda call: call.worst_case_microcredits)
    (line,) = make_plan(till.ledger, [wanted(pages)])
    assert line.is_exact
    assert line.max_microcredits == CREDIT
    till.fetch(pages)
    assert till.books(CLUB)[0] == CREDIT


def test_a_search_that_two_campaigns_share_is_priced_once(open_till: OpenTill) -> None:
    slugs = ("berlin-fitness", "hamburg-fitness")
    till = open_till(campaign_budgets=dict.fromkeys(slugs, ENOUGH))
    first, second = make_plan(till.ledger, [wanted(search(100), campaign=slug) for slug in slugs])
    assert (first.calls_min, first.calls_max, first.max_microcredits) == (1, 2, CREDIT)
    assert (second.calls_min, second.calls_max, second.max_microcredits) == (0, 0, 0)
    for slug in slugs:
        till.fetch(search(100), purpose=purpose_of(campaign=slug))
    assert till.books(CLUB)[0] == CREDIT


def test_of_a_shared_search_the_longer_one_pays_what_leads_further(open_till: OpenTill) -> None:
    slugs = ("berlin-fitness", "hamburg-fitness")
    till = open_till(campaign_budgets=dict.fromkeys(slugs, ENOUGH))
    demands = [wanted(data_search(20), campaign=slugs[0]), wanted(data_search(60), campaign=slugs[1])]
    assert [line.max_microcredits for line in make_plan(till.ledger, demands)] == [CREDIT, 2 * CREDIT]
    for slug, pages in zip(slugs, (data_search(20), data_search(60)), strict=True):
        till.fetch(pages, purpose=purpose_of(campaign=slug))
    assert till.books(DATA)[0] == 3 * CREDIT


def test_what_does_not_fit_is_priced_again_for_whoever_comes_next(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={"poor": {CLUB: CREDIT // 2}, "rich": ENOUGH})
    poor, rich = make_plan(till.ledger, [wanted(search(100), campaign=slug) for slug in ("poor", "rich")])
    assert (poor.verdict, poor.short_microcredits) == (PlanVerdict.DOES_NOT_FIT, CREDIT // 2)
    assert (rich.verdict, rich.max_microcredits) == (PlanVerdict.FITS, CREDIT)


# -- verdicts


def test_the_verdict_is_what_becomes_of_the_fetch(market: Market, open_till: OpenTill) -> None:
    till = open_till(accounts=[account_of(CLUB, market.running.url(CLUB), limit=10 * CREDIT)])
    # Each search fits discovery's limit of 1 credit, both together do not: the fetch is refused as a whole.
    both = wanted(search(60), search(60, minimum=5_000))
    lines = make_plan(till.ledger, [both])
    assert {line.verdict for line in lines} == {PlanVerdict.DOES_NOT_FIT}
    assert lines[0].short_microcredits == 200_000
    assert summary(lines).endswith("1 of 1 lines do not fit.")
    with pytest.raises(BudgetRefusedError):
        till.fetch(*both.pages)


def test_lines_draw_on_what_those_above_them_leave(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={"berlin-fitness": {CLUB: 1_500_000}})
    first, second = make_plan(till.ledger, [wanted(search(100)), wanted(full("cristiano"))])
    assert (first.verdict, first.left_microcredits) == (PlanVerdict.FITS, 500_000)
    assert (second.verdict, second.left_microcredits, second.short_microcredits) == (
        PlanVerdict.DOES_NOT_FIT,
        500_000,
        500_000,
    )


def test_a_past_week_is_never_observed_and_costs_nothing(till: ClientUnderTest) -> None:
    past = wanted(search(100), start=-timedelta(days=7))
    (line,) = make_plan(till.ledger, [past])
    assert (line.verdict, line.calls_max, line.max_microcredits) == (PlanVerdict.NEVER_OBSERVED, 0, 0)
    assert till.market.requests() == []
    lost = "were never observed and can no longer be bought"
    assert summary([line]) == f"0 credits of {CLUB}; 1 of 1 lines {lost}."
    (other,) = make_plan(till.ledger, [wanted(search(50))])
    assert summary([line, other]).endswith(f"; 1 of 2 lines {lost}, all else fits.")


def test_a_suspended_provider_is_refused_whatever_there_is_to_spend(till: ClientUnderTest) -> None:
    till.ledger.suspend_provider([CLUB], until=None, reason="the key was refused (HTTP 401)")
    (line,) = make_plan(till.ledger, [wanted(search(100))])
    assert (line.verdict, line.tightest_scope, line.is_refused) == (PlanVerdict.SUSPENDED, CLUB, True)
    assert (line.verdict_in_words, summary([line])) == (
        "suspended",
        "0 to 1 credits of influencers_club; 1 of 1 lines do not fit.",
    )


def test_a_partition_is_over_at_the_moment_of_its_end(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    certain = wanted(search(100))
    waterfall = msgspec.structs.replace(wanted(full("cristiano")), is_waterfall=True)
    turned_clock.now = MONDAY + timedelta(days=7) - timedelta(microseconds=1)
    lines = make_plan(till.ledger, [certain, waterfall])
    assert [line.verdict for line in lines] == [PlanVerdict.FITS, PlanVerdict.FITS]
    assert certain_needs(till.ledger, [certain])[CLUB] == CREDIT
    turned_clock.turn(microseconds=1)
    assert [line.verdict for line in make_plan(till.ledger, [certain, waterfall])] == [PlanVerdict.NEVER_OBSERVED]
    assert certain_needs(till.ledger, [certain]) == {}


@pytest.mark.parametrize(("before", "is_shared"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_a_purchase_serves_another_window_from_the_moment_that_it_reaches_back_to(
    till: ClientUnderTest, turned_clock: ManualClock, before: timedelta, is_shared: bool
) -> None:
    turned_clock.now = MONDAY + timedelta(days=1)
    this = wanted(full("cristiano"))
    later = wanted(full("cristiano"), start=timedelta(days=7))
    reaches_back = msgspec.structs.replace(later.window, reuse_since=turned_clock.now + before)
    lines = make_plan(till.ledger, [this, msgspec.structs.replace(later, window=reaches_back)])
    assert [line.max_microcredits for line in lines] == [CREDIT, 0 if is_shared else CREDIT]


def test_what_every_answer_costs_is_the_least_that_is_planned(till: ClientUnderTest) -> None:
    demands = [wanted(data_search(60)), wanted(*map(analytics, ["a", "b"]))]
    assert [(line.min_microcredits, line.max_microcredits) for line in make_plan(till.ledger, demands)] == [
        (CREDIT, 3 * CREDIT),
        (CREDIT, CREDIT),
    ]
