"""Profiles by price: the cheapest is asked for everybody, the next for those it knows nothing of, as planned."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import polars as pl
import pytest

from creator_assets.assets.choosing import Ranked, ranked_profiles
from creator_assets.assets.falling_through import Bought, buy, expected, profile_rows
from creator_assets.campaigns import Campaign, Profiles
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.spending.plan import Wanted, make_plan
from tests.market import (
    ALL_SETTINGS,
    CAMPAIGN,
    CLUB,
    CREDIT,
    DATA,
    KEYAPI,
    NOBODY,
    Till,
    campaign_of,
    data_search,
    purpose_of,
)

PURPOSE = purpose_of()


def shortlist_of(names: list[str], platform: str = "tiktok") -> pl.DataFrame:
    frame = pl.DataFrame({"platform": platform, "username": names, "provider": DATA, "selected": True})
    return frame.with_row_index("place", 1)


def ranked(names: list[str], campaign: Campaign | None = None) -> list[Ranked]:
    return ranked_profiles(campaign or campaign_of(profiles=Profiles()), shortlist_of(names), ALL_SETTINGS)


def asked(one: Ranked) -> list[str]:
    return [option.capability.provider for option in one.options]


def bought(till: Till, wanted: list[Ranked]) -> Bought:
    return buy(wanted, lambda pages: till.fetch(*pages, purpose=PURPOSE), profile_rows)


def table(found: Bought) -> pl.DataFrame:
    return pl.concat([one.rows for one in found.parsed], how="diagonal").sort("username")


def tiktok_names(till: Till) -> list[str]:
    """Handles that influData has on TikTok; KeyAPI has some of them."""
    pages = till.fetch(data_search(40, platform="tiktok")).answers[0]
    return [one["username"] for page in pages for one in msgspec.json.decode(page.body)["users"]][:40]


# -- in which order


def test_the_cheapest_is_asked_first_and_the_reason_says_so() -> None:
    (one,) = ranked(["a"])
    assert asked(one) == [KEYAPI, DATA, CLUB]
    prices = "keyapi 0.1, infludata 1, influencers_club 1 (a credit of each counted alike)"
    assert [option.reason for option in one.options] == [
        f"cheapest of {prices}",
        f"keyapi had nothing; number 2 by price of {prices}",
        f"keyapi and infludata had nothing; number 3 by price of {prices}",
    ]


def test_stated_prices_decide_and_credits_do_not() -> None:
    prices = {KEYAPI: Decimal(30), DATA: Decimal("0.5"), CLUB: Decimal("0.2")}
    settings = {name: msgspec.structs.replace(ALL_SETTINGS[name], credit_price=prices[name]) for name in prices}
    (one,) = ranked_profiles(campaign_of(profiles=Profiles()), shortlist_of(["a"]), settings)
    assert asked(one) == [CLUB, DATA, KEYAPI]
    assert one.options[0].reason == "cheapest of influencers_club 0.2, infludata 0.5, keyapi 3 (at the stated prices)"


@pytest.mark.parametrize(
    ("max_cost", "providers"),
    [(None, [KEYAPI, DATA, CLUB]), ("2.1", [KEYAPI, DATA, CLUB]), ("2", [KEYAPI, DATA]), ("0.1", [KEYAPI])],
)
def test_all_who_are_asked_for_one_creator_cost_no_more_than_the_brief_allows(
    max_cost: str | None, providers: list[str]
) -> None:
    profiles = Profiles(max_cost_each=None if max_cost is None else Decimal(max_cost))
    assert asked(ranked(["a"], campaign_of(profiles=profiles))[0]) == providers


def test_a_brief_that_allows_too_little_is_told_what_the_cheapest_costs() -> None:
    with pytest.raises(NoCapabilityError, match=r"at least 0.1 for each creator \(keyapi\), and the brief allows 0.05"):
        ranked(["a"], campaign_of(profiles=Profiles(max_cost_each=Decimal("0.05"))))


def test_a_bounded_cost_leaves_out_whose_price_nobody_stated() -> None:
    settings = ALL_SETTINGS | {DATA: msgspec.structs.replace(ALL_SETTINGS[DATA], credit_price=Decimal("0.05"))}
    bounded = campaign_of(profiles=Profiles(max_cost_each=Decimal(1)))
    assert asked(ranked_profiles(bounded, shortlist_of(["a"]), settings)[0]) == [DATA]
    only_keyapi = campaign_of(profiles=Profiles(max_cost_each=Decimal(1)), budget_microcredits={KEYAPI: CREDIT})
    assert asked(ranked_profiles(only_keyapi, shortlist_of(["a"]), settings)[0]) == [KEYAPI]


def test_nobody_without_a_budget_is_asked_and_the_named_one_alone() -> None:
    without_keyapi = campaign_of(profiles=Profiles(), budget_microcredits={DATA: CREDIT, KEYAPI: 0})
    assert asked(ranked(["a"], without_keyapi)[0]) == [DATA]
    named = campaign_of(profiles=Profiles(provider=CLUB))
    assert asked(ranked(["a"], named)[0]) == [CLUB]


# -- what it comes to


def test_a_miss_falls_through_to_the_next_and_each_creator_has_one_row(till: Till) -> None:
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
    assert spent == found.tally.spent_microcredits | {CLUB: 0}
    assert spent[KEYAPI] == 5 * CREDIT  # 41 accounts, ten to a request
    assert bought(till, ranked(names)).tally.calls == 0


def test_the_plan_brackets_what_falling_through_costs_and_is_exact_once_it_is_known(till: Till) -> None:
    names = [*tiktok_names(till)[:12], NOBODY]
    wanted = ranked(names)

    def planned() -> dict[str, int]:
        will = expected(wanted, till.ledger, PURPOSE.window, profile_rows)
        lines = make_plan(
            till.ledger,
            [
                Wanted(
                    asset="enriched_profiles",
                    partition="p",
                    campaign=CAMPAIGN,
                    window=PURPOSE.window,
                    pages=tuple(will.known),
                    at_most=tuple(will.possible),
                )
            ],
        )
        return {line.provider: line.max_microcredits for line in lines}

    assert planned() == {KEYAPI: 2 * CREDIT, DATA: 13 * CREDIT, CLUB: 13 * CREDIT}
    till.fetch(*(one.options[0].pages for one in wanted), purpose=PURPOSE)
    after_the_first = planned()
    assert after_the_first[KEYAPI] == 0
    assert 0 < after_the_first[DATA] < 13 * CREDIT
    before = till.books(DATA)[0]
    bought(till, wanted)
    assert 0 < till.books(DATA)[0] - before <= after_the_first[DATA]  # who is not known there costs nothing
    assert set(planned().values()) == {0}


def test_who_is_asked_in_a_batch_counts_only_for_what_a_miss_there_leads_to(till: Till) -> None:
    wanted = ranked(["a", "b"])
    will = expected(wanted, till.ledger, PURPOSE.window, profile_rows, elsewhere={("tiktok", "a"), ("tiktok", "b")})
    assert will.known == []
    assert [(call.operation.provider, count) for call, count in will.possible] == [(DATA, 2), (CLUB, 2)]


def test_a_creator_is_in_no_representation() -> None:
    assert repr(ranked(["a.secret"])) == "[Ranked(keyapi, infludata, influencers_club)]"
