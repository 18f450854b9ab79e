"""Requests that are sent as one: each answer is found again alone, and none is bought twice."""

from __future__ import annotations

import msgspec
import pytest

from creator_assets.spending.failures import StillInDoubtError
from creator_assets.spending.planning.plan import AssetDemand, PlanVerdict, make_plan
from tests.market import CAMPAIGN, CREDIT, KEYAPI, ClientUnderTest, analytics, purpose_of

NAMES = [f"someone-{number}" for number in range(23)]


def test_what_is_lacking_is_joined_and_each_answer_is_found_again_alone(till: ClientUnderTest) -> None:
    fetched = till.fetch(*map(analytics, NAMES))
    assert (fetched.fetch_stats.requests, fetched.fetch_stats.spent_microcredits) == (3, {KEYAPI: 3 * CREDIT})
    assert till.market.charged(KEYAPI) == 3 * CREDIT
    again = till.fetch(*map(analytics, reversed(NAMES)))
    assert (again.fetch_stats.requests, again.fetch_stats.archive_hits) == (0, 23)
    for (fresh,), (archived,) in zip(fetched.answers, reversed(again.answers), strict=True):
        assert msgspec.structs.replace(fresh, from_archive=True) == archived


def test_the_shares_of_a_charge_add_up_to_it(till: ClientUnderTest) -> None:
    fetched = till.fetch(*map(analytics, NAMES))
    charges = [answer.charge_microcredits for (answer,) in fetched.answers]
    assert sum(charges) == 3 * CREDIT
    assert charges[:10] == [CREDIT // 10] * 10
    assert charges[20:] == [333_334, 333_333, 333_333]


def test_one_more_account_buys_that_one_alone(till: ClientUnderTest) -> None:
    till.fetch(*map(analytics, NAMES[:10]))
    fetched = till.fetch(*map(analytics, ["one.more", *NAMES[:10]]))
    assert (fetched.fetch_stats.requests, fetched.fetch_stats.archive_hits) == (1, 10)
    assert till.fetch(analytics("one.more")).fetch_stats.archive_hits == 1


def test_the_same_account_wanted_twice_is_asked_for_once(till: ClientUnderTest) -> None:
    fetched = till.fetch(analytics("a"), analytics("b"), analytics("a"))
    assert till.market.charged(KEYAPI) == CREDIT
    (first,), _, (second,) = fetched.answers
    assert first == second


def test_the_plan_counts_joined_requests_and_the_bill_agrees(till: ClientUnderTest) -> None:
    purpose = purpose_of()

    def wanted(asset: str, names: list[str]) -> AssetDemand:
        pages = tuple(map(analytics, names))
        return AssetDemand(asset=asset, partition="p", campaign=CAMPAIGN, window=purpose.window, pages=pages)

    till.fetch(*map(analytics, NAMES[:3]))
    one, other = make_plan(till.ledger, [wanted("one", NAMES[:14]), wanted("other", NAMES[10:])])
    assert (one.calls_max, one.archive_hits, one.max_microcredits) == (2, 3, 2 * CREDIT)
    # What the first one asks is not asked again.
    assert (other.calls_max, other.max_microcredits, other.verdict) == (1, CREDIT, PlanVerdict.FITS)
    assert till.fetch(*map(analytics, NAMES[:14])).fetch_stats.spent_microcredits == {KEYAPI: 2 * CREDIT}
    assert till.fetch(*map(analytics, NAMES[10:])).fetch_stats.spent_microcredits == {KEYAPI: CREDIT}


def test_accounts_that_are_not_known_yet_are_counted_by_the_request(till: ClientUnderTest) -> None:
    window = purpose_of().window
    possible = AssetDemand(
        asset="a", partition="p", campaign=CAMPAIGN, window=window, at_most=((analytics("").first, 21),)
    )
    (line,) = make_plan(till.ledger, [possible])
    assert (line.calls_max, line.max_microcredits) == (3, 3 * CREDIT)


def test_a_lost_answer_holds_up_each_of_its_accounts_and_nobody_else(till: ClientUnderTest) -> None:
    till.market.fault("drop_after_charge", "KA-1")
    with pytest.raises(Exception, match="may have been charged"):
        till.fetch(*map(analytics, NAMES[:3]))
    with pytest.raises(StillInDoubtError):
        till.fetch(analytics(NAMES[1]))
    assert till.fetch(analytics("somebody.else")).fetch_stats.requests == 1
