"""Profiles by price: the cheapest is asked for everybody, the next for those it knows nothing of, as planned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

import msgspec
import polars as pl
import pytest

from creator_assets.campaigns import Campaign, Profiles
from creator_assets.demand.profiles import profile_rows
from creator_assets.demand.provider_choice import Candidate, ProviderCandidates, profile_candidates
from creator_assets.demand.waterfall import DemandForecast, WaterfallResult, buy_in_waterfall, forecast
from creator_assets.ledger.records import Window
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.infludata import operations as infludata
from creator_assets.spending.failures import PriceUnknownError, ProviderUnavailableError, VolumeExhaustedError
from creator_assets.spending.planning.plan import PlanLine, make_plan, summary
from tests.contexts import context_of
from tests.ledger.scenery import ManualClock
from tests.market import (
    ALL_SETTINGS,
    CAMPAIGN,
    CLUB,
    CREDIT,
    DATA,
    KEYAPI,
    MONDAY,
    NOBODY,
    SETTINGS,
    ClientUnderTest,
    campaign_of,
    data_search,
    purpose_of,
)

OpenTill = Callable[..., ClientUnderTest]

PURPOSE = purpose_of()
NEXT_WEEK = purpose_of(start=MONDAY + timedelta(days=7)).window


def shortlist_of(names: list[str], platform: str = "tiktok") -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "platform": platform,
            "username": names,
            "provider": DATA,
            "selected": True,
            "native_id": None,
            "provider_id": None,
        }
    )
    return frame.with_row_index("place", 1)


def ranked(
    names: list[str], campaign: Campaign | None = None, settings: Mapping[str, ProviderSettings] = ALL_SETTINGS
) -> list[ProviderCandidates[AnswerRows]]:
    at = context_of(campaign or campaign_of(profiles=Profiles()), settings=settings, shortlist=shortlist_of(names))
    return profile_candidates(at) or []


def foreseen(
    till: ClientUnderTest, wanted: list[ProviderCandidates[AnswerRows]], window: Window = PURPOSE.window
) -> DemandForecast:
    return forecast(context_of(campaign_of(), till.ledger), wanted, window, profile_rows)


def planned_lines(till: ClientUnderTest, will: DemandForecast, window: Window = PURPOSE.window) -> list[PlanLine]:
    at = context_of(campaign_of(), till.ledger)
    return make_plan(till.ledger, will.demands(at, "enriched_profiles", window))


def asked(one: ProviderCandidates[AnswerRows]) -> list[str]:
    return [candidate.capability.provider for candidate in one.candidates]


def bought(till: ClientUnderTest, wanted: list[ProviderCandidates[AnswerRows]]) -> WaterfallResult[AnswerRows]:
    return buy_in_waterfall(
        wanted,
        lambda pages: till.fetch(*pages, purpose=PURPOSE),
        lambda pages: till.paid_client.fetch_affordable(pages, PURPOSE, dict),
        profile_rows,
    )


def table(found: WaterfallResult[AnswerRows]) -> pl.DataFrame:
    return pl.concat([one.rows for one in found.parsed], how="diagonal").sort("username")


def tiktok_names(till: ClientUnderTest, count: int = 40) -> list[str]:
    """Handles that influData has on TikTok, found at 20 a credit; KeyAPI has most of them."""
    pages = till.fetch(data_search(count, platform="tiktok")).answers[0]
    return [one["username"] for page in pages for one in msgspec.json.decode(page.body)["users"]][:count]


# -- in which order


def test_the_cheapest_is_asked_first_and_the_reason_says_so() -> None:
    (one,) = ranked(["a"])
    assert asked(one) == [KEYAPI, DATA, CLUB]
    prices = "keyapi 0.1, infludata 1, influencers_club 1 (a credit of each counted alike)"
    assert [one.reason, one.after_a_miss.reason, one.after_a_miss.after_a_miss.reason] == [
        f"cheapest of {prices}",
        f"keyapi had nothing; number 2 by price of {prices}",
        f"keyapi and infludata had nothing; number 3 by price of {prices}",
    ]


def test_stated_prices_decide_and_credits_do_not() -> None:
    prices = {KEYAPI: Decimal(30), DATA: Decimal("0.5"), CLUB: Decimal("0.2")}
    settings = {name: msgspec.structs.replace(ALL_SETTINGS[name], credit_price=prices[name]) for name in prices}
    (one,) = ranked(["a"], settings=settings)
    assert asked(one) == [CLUB, DATA, KEYAPI]
    assert one.reason == "cheapest of influencers_club 0.2, infludata 0.5, keyapi 3 (at the stated prices)"


@pytest.mark.parametrize(
    ("max_cost", "providers"),
    [(None, [KEYAPI, DATA, CLUB]), ("2.1", [KEYAPI, DATA, CLUB]), ("2", [KEYAPI, DATA]), ("0.1", [KEYAPI])],
)
def test_all_who_are_asked_for_one_creator_cost_no_more_than_the_brief_allows(
    max_cost: str | None, providers: list[str]
) -> None:
    profiles = Profiles(max_cost_each=None if max_cost is None else Decimal(max_cost))
    assert asked(ranked(["a"], campaign_of(profiles=profiles))[0]) == providers


def test_a_brief_that_allows_too_little_learns_what_the_cheapest_costs() -> None:
    with pytest.raises(NoCapabilityError, match=r"at least 0.1 for each creator \(keyapi\), and the brief allows 0.05"):
        ranked(["a"], campaign_of(profiles=Profiles(max_cost_each=Decimal("0.05"))))


def test_a_bounded_cost_leaves_out_whose_price_nobody_stated() -> None:
    settings = ALL_SETTINGS | {DATA: msgspec.structs.replace(ALL_SETTINGS[DATA], credit_price=Decimal("0.05"))}
    bounded = campaign_of(profiles=Profiles(max_cost_each=Decimal(1)))
    assert asked(ranked(["a"], bounded, settings)[0]) == [DATA]
    only_keyapi = campaign_of(profiles=Profiles(max_cost_each=Decimal(1)), budget_microcredits={KEYAPI: CREDIT})
    assert asked(ranked(["a"], only_keyapi, settings)[0]) == [KEYAPI]


def test_nobody_without_a_budget_is_asked_and_the_named_one_alone() -> None:
    without_keyapi = campaign_of(profiles=Profiles(), budget_microcredits={DATA: CREDIT, KEYAPI: 0})
    assert asked(ranked(["a"], without_keyapi)[0]) == [DATA]
    named = campaign_of(profiles=Profiles(provider=CLUB))
    assert asked(ranked(["a"], named)[0]) == [CLUB]


# -- what it comes to


def test_a_miss_falls_through_to_the_next_and_each_creator_has_one_row(till: ClientUnderTest) -> None:
    names = [*tiktok_names(till), NOBODY]
    before = {provider: till.books(provider)[0] for provider in (KEYAPI, DATA, CLUB)}
    found = bought(till, ranked(names))
    rows = table(found)
    assert rows["username"].sort().to_list() == sorted(names)
    by_provider = dict(rows.filter(state="enriched").group_by("provider").len().iter_rows())
    assert by_provider[KEYAPI] > 0
    assert by_provider[DATA] > 0
    last = rows.filter(username=NOBODY).row(0, named=True)
    assert (last["provider"], last["state"]) == (CLUB, "not_found")
    assert last["chosen_because"].startswith("keyapi and infludata had nothing; number 3 by price")
    assert rows.filter(provider=KEYAPI)["chosen_because"].unique().to_list() == [
        "cheapest of keyapi 0.1, infludata 1, influencers_club 1 (a credit of each counted alike)"
    ]
    spent = {provider: till.books(provider)[0] - amount for provider, amount in before.items()}
    assert spent == found.fetch_stats.spent_microcredits | {CLUB: 0}
    assert spent[KEYAPI] == 5 * CREDIT  # 41 accounts, ten to a request
    assert bought(till, ranked(names)).fetch_stats.requests == 0


def test_the_plan_brackets_what_falling_through_costs_and_is_exact_once_it_is_known(till: ClientUnderTest) -> None:
    names = [*tiktok_names(till)[:12], NOBODY]
    wanted = ranked(names)

    def planned() -> dict[str, int]:
        will = foreseen(till, wanted)
        lines = planned_lines(till, will)
        return {line.provider: line.max_microcredits for line in lines}

    assert planned() == {KEYAPI: 2 * CREDIT, DATA: 13 * CREDIT, CLUB: 13 * CREDIT}
    till.fetch(*(one.first.pages for one in wanted), purpose=PURPOSE)
    after_the_first = planned()
    assert after_the_first[KEYAPI] == 0
    assert 0 < after_the_first[DATA] < 13 * CREDIT
    before = till.books(DATA)[0]
    bought(till, wanted)
    assert 0 < till.books(DATA)[0] - before <= after_the_first[DATA]  # who is not known there costs nothing
    assert set(planned().values()) == {0}


def test_who_is_asked_in_a_batch_counts_only_for_what_a_miss_there_leads_to(till: ClientUnderTest) -> None:
    wanted = ranked(["a", "b"])
    will = forecast(
        context_of(campaign_of(), till.ledger),
        wanted,
        PURPOSE.window,
        profile_rows,
        elsewhere={("tiktok", "a"), ("tiktok", "b")},
    )
    assert (will.known, will.possible, will.known_further) == ([], [], [])
    assert [(call.operation.provider, count) for call, count in will.possible_further] == [(DATA, 2), (CLUB, 2)]


def test_a_creator_is_in_no_representation() -> None:
    assert repr(ranked(["a.secret"])) == "[ProviderCandidates(keyapi, infludata, influencers_club)]"


# -- as far as it may be paid


MANY = 240
TWO = {DATA: 500 * CREDIT, KEYAPI: 500 * CREDIT}
# The search takes 12 of it.
ROOM_FOR_TWO = TWO | {DATA: 14 * CREDIT}


def in_two(names: list[str]) -> list[ProviderCandidates[AnswerRows]]:
    return ranked(names, campaign_of(profiles=Profiles(), budget_microcredits=TWO))


def missing_at_keyapi(till: ClientUnderTest, names: list[str]) -> int:
    """How many KeyAPI has nothing of; it is asked for all of them."""
    rows = pl.concat([one.rows for one in profile_rows(*asked_first(till, in_two(names)))])
    return rows.filter(state="unknown").height


def asked_first(
    till: ClientUnderTest, wanted: list[ProviderCandidates[AnswerRows]]
) -> tuple[list[Candidate[AnswerRows]], tuple[tuple[Answer, ...], ...]]:
    options = [one.first for one in wanted]
    return options, till.fetch(*(one.pages for one in options), purpose=PURPOSE).answers


def test_what_misses_lead_to_is_bought_as_far_as_the_budget_goes(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: ROOM_FOR_TWO})
    names = tiktok_names(till, MANY)
    misses = missing_at_keyapi(till, names)
    assert misses > 2
    found = bought(till, in_two(names))
    rows = table(found)
    assert rows["username"].to_list() == sorted(names)
    assert till.books(f"campaign:{CAMPAIGN}/{DATA}")[0] == 14 * CREDIT
    assert rows.filter(provider=DATA).height == 2
    not_asked = rows.filter(state="unknown")
    assert not_asked.height == misses - 2
    assert not_asked["provider"].unique().to_list() == [KEYAPI]
    assert not_asked["chosen_because"].unique().to_list() == [
        "cheapest of keyapi 0.1, infludata 1 (a credit of each counted alike); infludata was left out"
    ]
    count, why = found.truncated[DATA]
    assert count == misses - 2
    assert str(why).endswith("or ask for less, so that at most 2 credits are needed.")
    # Nothing more is spent by asking again, and the rest is bought once there is room.
    assert table(bought(till, in_two(names))).equals(rows)
    richer = open_till()
    assert not bought(richer, in_two(names)).truncated
    assert richer.books(DATA)[0] == (12 + misses) * CREDIT


def test_what_is_kept_for_others_is_not_spent_on_misses(open_till: OpenTill) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: ROOM_FOR_TWO})
    names = tiktok_names(till, MANY)
    scope = f"campaign:{CAMPAIGN}/{DATA}"
    pages = [one.candidates[1].pages for one in in_two(names)]
    fetched = till.paid_client.fetch_affordable(pages, PURPOSE, lambda: {scope: CREDIT})
    assert [bool(answers) for answers in fetched.answers] == [True] + [False] * (len(pages) - 1)
    assert till.books(scope)[0] == 13 * CREDIT


def test_a_suspended_provider_is_passed_over_and_the_next_is_asked(till: ClientUnderTest) -> None:
    names = tiktok_names(till, MANY)
    till.ledger.suspend_provider([DATA], until=None, reason="the key was refused (HTTP 401)")
    before = till.books(DATA)[0]
    found = bought(till, ranked(names))
    rows = table(found)
    assert rows["username"].to_list() == sorted(names)
    assert till.books(DATA)[0] == before
    of_club = rows.filter(provider=CLUB)
    assert of_club.height > 0
    assert of_club["chosen_because"].str.starts_with("keyapi had nothing; infludata was left out; number 3").all()
    assert found.truncated[DATA][0] == of_club.height
    assert "the key was refused (HTTP 401)" in str(found.truncated[DATA][1])


def test_an_account_that_turns_out_empty_ends_what_misses_lead_to_and_nothing_else(till: ClientUnderTest) -> None:
    names = tiktok_names(till, MANY)
    misses = missing_at_keyapi(till, names)
    till.market.set_account(DATA, used="1000000")
    found = bought(till, in_two(names))
    assert table(found)["username"].to_list() == sorted(names)
    assert found.truncated[DATA][0] == misses > 0
    assert isinstance(found.truncated[DATA][1], VolumeExhaustedError)
    assert table(found)["provider"].unique().to_list() == [KEYAPI]


def test_an_outage_is_no_reason_to_leave_anybody_out(till: ClientUnderTest) -> None:
    names = tiktok_names(till, MANY)
    assert missing_at_keyapi(till, names) > 0
    till.market.fault("status", "ID-3", status=503, count=None)
    with pytest.raises(ProviderUnavailableError):
        bought(till, ranked(names))


def test_what_misses_lead_to_at_an_unknown_price_is_not_asked(till: ClientUnderTest) -> None:
    names = tiktok_names(till, MANY)
    price = msgspec.structs.replace(infludata.USER_DATA.price, is_known=False)
    settings = ALL_SETTINGS | {DATA: msgspec.structs.replace(SETTINGS, prices={"user_data": price})}
    before = till.books(DATA)[0]
    wanted = ranked(names, settings=settings)
    found = bought(till, wanted)
    assert till.books(DATA)[0] == before
    assert isinstance(found.truncated[DATA][1], PriceUnknownError)
    assert table(found).filter(provider=CLUB)["chosen_because"].str.contains("infludata was left out; number 3").all()
    will = foreseen(till, wanted, NEXT_WEEK)
    lines = planned_lines(till, will, NEXT_WEEK)
    assert [line.verdict_in_words for line in lines] == ["fits", "may be truncated (price unknown)", "fits"]
    assert "the waterfall may be truncated: the price of infludata user_data is unknown." in summary(lines)


def test_a_past_week_is_made_again_with_the_misses_that_it_had(open_till: OpenTill, turned_clock: ManualClock) -> None:
    till = open_till(campaign_budgets={CAMPAIGN: ROOM_FOR_TWO})
    names = tiktok_names(till, MANY)
    rows = table(bought(till, in_two(names)))
    assert "unknown" in rows["state"].to_list()
    turned_clock.now = PURPOSE.window.end
    before = len(till.market.requests())
    assert table(bought(till, in_two(names))).equals(rows)
    assert len(till.market.requests()) == before


def test_the_plan_says_what_may_be_truncated_and_fits(till: ClientUnderTest) -> None:
    till.ledger.suspend_provider([DATA], until=None, reason="the key was refused (HTTP 401)")
    will = foreseen(till, ranked(["a", "b"]))
    lines = planned_lines(till, will)
    assert [(line.provider, line.is_waterfall, line.is_refused, line.verdict_in_words) for line in lines] == [
        (KEYAPI, False, False, "fits"),
        (DATA, True, False, "may be truncated (suspended)"),
        (CLUB, True, False, "fits"),
    ]
    assert summary(lines).endswith("; everything fits; the waterfall may be truncated: infludata is suspended.")
