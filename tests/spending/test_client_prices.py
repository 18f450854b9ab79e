"""A price of one's own reaches plan, hold and books alike; what has no known price is neither planned nor bought."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.influencers_club import operations as club
from creator_assets.providers.ranking import ranked_capabilities
from creator_assets.providers.registry import BATCH_JOBS, CAPABILITIES
from creator_assets.spending.archive_coverage import Coverage, joined, joined_examples
from creator_assets.spending.failures import BudgetRefusedError, PriceUnknownError
from creator_assets.spending.planning.plan import AssetDemand, PlanLine, PlanVerdict, make_plan, summary
from tests.market import CAMPAIGN, CLUB, CREDIT, KNOWN, SETTINGS, ClientUnderTest, balance, purpose_of
from tests.providers.bench import answer

OpenTill = Callable[..., ClientUnderTest]
DOCUMENTED = club.ENRICH_FULL.price
DEARER = msgspec.structs.replace(DOCUMENTED, credits=Decimal(2), version="contract-7")
UNKNOWN = msgspec.structs.replace(DOCUMENTED, is_known=False, version="contract-7")
LISTS: dict[object, tuple[Any, ...]] = {
    CapabilityKind.SEARCH: ({}, 90),
    CapabilityKind.LOOKALIKES: ("nasa", "", {}, 90),
    CapabilityKind.PROFILE: ("nasa",),
    CapabilityKind.AUDIENCE: ("nasa",),
    CapabilityKind.CONTENT: ("nasa", 30),
    CapabilityKind.CONTENT_DETAILS: ("1",),
    CapabilityKind.OVERLAP: (["a", "b"],),
    CapabilityKind.LINKED_ACCOUNTS: ("a",),
}


def profile(price: Any) -> PagedRequest:
    settings = msgspec.structs.replace(SETTINGS, prices={"enrich_full": price})
    can = capability(CapabilityKind.PROFILE, provider=CLUB, platform="instagram", depth="full")
    pages: PagedRequest = can.pages(settings, "instagram", KNOWN[0])
    return pages


def line_of(till: ClientUnderTest, pages: PagedRequest) -> PlanLine:
    purpose = purpose_of()
    wanted = AssetDemand(
        asset="enriched_profiles",
        partition=purpose.spender.partition,
        campaign=CAMPAIGN,
        window=purpose.window,
        pages=(pages,),
    )
    (line,) = make_plan(till.ledger, [wanted])
    return line


def test_plan_hold_and_books_follow_the_price_of_the_list(open_till: OpenTill) -> None:
    poor = open_till(campaign_budgets={CAMPAIGN: {CLUB: 3 * CREDIT // 2}})
    assert line_of(poor, profile(DOCUMENTED)).verdict is PlanVerdict.FITS
    dear = line_of(poor, profile(DEARER))
    assert (dear.verdict, dear.max_microcredits) == (PlanVerdict.DOES_NOT_FIT, 2 * CREDIT)
    assert dear.price == "2 per successful request (contract-7)"
    with pytest.raises(BudgetRefusedError) as raised:
        poor.fetch(profile(DEARER))
    assert raised.value.needed_microcredits == 2 * CREDIT


def test_a_request_keeps_the_version_of_its_price(open_till: OpenTill) -> None:
    till = open_till()
    till.fetch(profile(DEARER))
    (attempt,) = till.ledger.attempts()
    assert (attempt.upper_microcredits, attempt.price_version) == (2 * CREDIT, "contract-7")
    # The answer states its own cost, which is believed over every list.
    assert (attempt.charge_microcredits, attempt.basis) == (CREDIT, "stated")


def test_what_has_no_known_price_never_fits_and_is_refused_before_anything_is_sent(open_till: OpenTill) -> None:
    till = open_till()
    line = line_of(till, profile(UNKNOWN))
    assert (line.verdict, line.cost, line.price) == (PlanVerdict.PRICE_UNKNOWN, "unknown", "unknown (contract-7)")
    assert not line.is_exact
    assert summary([line]) == ("0 and an unknown number of credits of influencers_club; 1 of 1 lines do not fit.")
    with pytest.raises(PriceUnknownError) as raised:
        till.fetch(profile(UNKNOWN))
    assert str(raised.value) == (
        "enriched_profiles for berlin-fitness|2026-11-16: the price list has no price for influencers_club "
        "enrich_full, although it says that it is complete. Nothing was sent. Add "
        "operations.influencers_club.enrich_full to the price list."
    )
    assert till.market.requests() == []
    assert till.fetch(balance(CLUB)).fetch_stats.requests == 1, "what is free needs no price"


def test_what_is_archived_needs_no_price(open_till: OpenTill) -> None:
    till = open_till()
    till.fetch(profile(DOCUMENTED))
    assert till.fetch(profile(UNKNOWN)).fetch_stats.archive_hits == 1
    assert line_of(till, profile(UNKNOWN)).verdict is PlanVerdict.NOTHING_TO_BUY


@pytest.mark.parametrize(
    "one",
    [entry for entry in CAPABILITIES if entry.kind in LISTS and entry.charged],
    ids=lambda one: f"{one.provider}-{one.kind}-{one.depth}",
)
def test_a_list_of_doubled_prices_doubles_the_worst_case_of_every_call(one: Any) -> None:
    price = one.charged.price
    doubled = msgspec.structs.replace(
        price, credits=price.credits * 2, variants={name: amount * 2 for name, amount in price.variants.items()}
    )
    dear = ProviderSettings(prices={one.charged.name: doubled})
    before, after = (one.pages(settings, one.platforms[0], *LISTS[one.kind]) for settings in (ProviderSettings(), dear))
    assert after.worst_case_microcredits == 2 * before.worst_case_microcredits > 0
    assert abs(one.each_microcredits(dear) - 2 * one.each_microcredits()) <= 1
    assert after.first.request_key("x") == before.first.request_key("x"), "a price decides no answer"


def test_joined_calls_are_made_at_the_price_of_the_list() -> None:
    can = capability(CapabilityKind.PROFILE, provider="keyapi", platform="tiktok")
    assert can.charged is not None
    dear = msgspec.structs.replace(can.charged.price, credits=Decimal(3))
    call = can.pages(ProviderSettings(prices={can.charged.name: dear}), "tiktok", "nasa").first
    assert [(one.worst_case_microcredits, times) for one, times in joined_examples(call, 25)] == [
        (3 * CREDIT, 2),
        (3 * CREDIT, 1),
    ]
    (joint,) = joined(
        [Coverage(pages=PagedRequest(first=call), answers=[], next_request=call)], lambda one: one.request_key("")
    )
    assert joint.next_request is not None
    assert joint.next_request.worst_case_microcredits == 3 * CREDIT


def test_a_record_of_a_batch_costs_what_the_list_says_of_its_mode() -> None:
    price = msgspec.structs.replace(club.BATCH.price, variants={**club.BATCH.price.variants, "full": Decimal("0.9")})
    settings = ProviderSettings(prices={"batch": price})
    (handed_in,) = BATCH_JOBS[CLUB].submit(settings, "instagram", ["a", "b"], mode="full")
    assert handed_in.worst_case_microcredits == 1_800_000
    status = BATCH_JOBS[CLUB].status(settings, "job", platform="instagram", mode="full").first
    seen = answer(status, {"batch_id": "job", "status": "finished", "success_count": 2})
    assert BATCH_JOBS[CLUB].read(seen).charged_microcredits == 1_800_000


def test_choices_are_made_at_the_prices_of_the_accounts() -> None:
    documented = ranked_capabilities(CapabilityKind.PROFILE, platform="tiktok", depth="full")
    cheapest = documented[0].capability
    assert cheapest.charged is not None
    dear = msgspec.structs.replace(cheapest.charged.price, credits=Decimal(1000))
    settings = {cheapest.provider: ProviderSettings(prices={cheapest.charged.name: dear})}
    assert (
        ranked_capabilities(CapabilityKind.PROFILE, platform="tiktok", depth="full", settings=settings)[-1].capability
        == cheapest
    )
