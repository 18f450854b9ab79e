"""Who can do what, and who is asked first: the cheapest by a stated price, with the reason in words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from creator_assets.providers.capabilities import NoCapabilityError, capabilities_for, capability, catalog
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import AnyCapability, CapabilityKey
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.ranking import ranked_capabilities
from creator_assets.providers.registry import BATCH_JOBS, CAPABILITIES, OPERATIONS, PROVIDERS

SETTINGS = ProviderSettings(client_id="sandbox-client")


def names(kind: CapabilityKey[Any, Any], **wish: Any) -> list[str]:
    return [choice.capability.provider for choice in ranked_capabilities(kind, **wish)]


def test_the_cheapest_comes_first_and_the_next_follow() -> None:
    assert names(CapabilityKind.PROFILE, platform="tiktok", depth="full") == ["keyapi", "influencers_club", "infludata"]
    assert names(CapabilityKind.SEARCH, platform="tiktok") == ["influencers_club", "infludata"]
    assert names(CapabilityKind.AUDIENCE, platform="instagram") == ["influencers_club", "infludata"]
    assert names(CapabilityKind.CONTENT, platform="youtube") == ["influencers_club", "infludata"]
    assert names(CapabilityKind.PROFILE, platform="tiktok", depth="raw") == ["influencers_club", "influtics"]


def test_a_stated_price_of_a_credit_changes_the_order() -> None:
    dear = {"influencers_club": Decimal("0.10"), "infludata": Decimal("0.004"), "keyapi": Decimal("0.05")}
    settings = {name: ProviderSettings(credit_price=price) for name, price in dear.items()}
    first, *_ = ranked_capabilities(CapabilityKind.PROFILE, platform="tiktok", depth="full", settings=settings)
    assert first.capability.provider == "infludata"
    assert first.reason == ("cheapest of infludata 0.004, keyapi 0.005, influencers_club 0.1 (at the stated prices)")


def test_a_provider_without_a_stated_price_comes_last_beside_others_that_have_one() -> None:
    settings = {"influencers_club": ProviderSettings(credit_price=Decimal(5))}
    found = ranked_capabilities(
        CapabilityKind.PROFILE, platform="tiktok", depth="full", settings=settings, preferred="infludata"
    )
    assert [one.capability.provider for one in found] == ["influencers_club", "infludata", "keyapi"]
    assert [one.cost for one in found] == [5, None, None]
    assert "infludata 1 credits of no stated price" in found[0].reason


def test_the_reason_is_given_in_words() -> None:
    first, second, *_ = ranked_capabilities(CapabilityKind.SEARCH, platform="instagram")
    assert first.reason == "cheapest of influencers_club 0.01, infludata 0.05 (a credit of each counted alike)"
    assert second.reason.startswith("number 2 by price of ")
    assert (
        ranked_capabilities(CapabilityKind.SEARCH, platform="instagram", provider="infludata")[0].reason
        == "named by the brief"
    )
    assert ranked_capabilities(CapabilityKind.OVERLAP, platform="instagram")[0].reason == "the only one"


def test_only_providers_that_may_be_asked_are_ranked() -> None:
    assert names(CapabilityKind.PROFILE, platform="tiktok", depth="full", among={"infludata"}) == ["infludata"]
    with pytest.raises(NoCapabilityError, match="none of influtics can do `search` on tiktok"):
        ranked_capabilities(CapabilityKind.SEARCH, platform="tiktok", among={"influtics"})
    with pytest.raises(NoCapabilityError, match="no provider has a budget from which `search` on tiktok"):
        ranked_capabilities(CapabilityKind.SEARCH, platform="tiktok", among=())


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (
            {"provider": "keyapi", "platform": "instagram"},
            "keyapi cannot do `profile` on instagram. Name one of influencers_club, infludata, influtics in the brief.",
        ),
        ({"provider": "infludata", "platform": "tiktok", "depth": "raw"}, "infludata cannot do `profile` at depth raw"),
        ({"platform": "myspace"}, "no provider can do `profile` on myspace. Leave it out of the brief."),
    ],
)
def test_an_error_names_what_no_provider_can_do(wish: dict[str, Any], message: str) -> None:
    for find in (capability, ranked_capabilities):
        with pytest.raises(NoCapabilityError, match=message):
            find(CapabilityKind.PROFILE, **wish)


def test_a_named_provider_is_the_one_that_is_asked() -> None:
    for one in CAPABILITIES:
        platform = one.platforms[0] if one.platforms else ""
        assert capability(one.kind, provider=one.provider, platform=platform, depth=one.depth, option=one.option) is one


LINKS = {
    "instagram": "https://www.instagram.com/reel/C1abcdefghi/",
    "tiktok": "https://www.tiktok.com/@a/video/7489443966908189959",
    "youtube": "https://youtu.be/dQw4w9WgXcQ",
}
# What a capability of each kind is asked on a platform.
EXAMPLES: dict[object, Callable[[str], tuple[Any, ...]]] = {
    CapabilityKind.SEARCH: lambda platform: (platform, {}, 10),
    CapabilityKind.LOOKALIKES: lambda platform: (platform, "x", "", {}, 10),
    CapabilityKind.PROFILE: lambda platform: (platform, "x"),
    CapabilityKind.FILTER_VALUES: lambda platform: (platform, {"country": "Germany"}),
    CapabilityKind.FILTER_CHECK: lambda platform: (platform, {"country": "Germany", "location": ["Germany"]}),
    CapabilityKind.BALANCE: lambda _platform: (),
    CapabilityKind.AUDIENCE: lambda platform: (platform, "x"),
    CapabilityKind.READINESS: lambda platform: (platform, "x"),
    CapabilityKind.CONTENT: lambda platform: (platform, "x", 10),
    CapabilityKind.CONTENT_DETAILS: lambda platform: (platform, "1"),
    CapabilityKind.OVERLAP: lambda platform: (platform, ["x", "y"]),
    CapabilityKind.LINKED_ACCOUNTS: lambda platform: (platform, "x"),
    CapabilityKind.EMAIL_MATCH: lambda _platform: ("a@example.com",),
    CapabilityKind.QUEUE: lambda platform: (platform, ["x", "y"]),
    CapabilityKind.TRACK_VIDEOS: lambda platform: ([LINKS[platform]],),
    CapabilityKind.VIDEO_STATS: lambda _platform: (10,),
    CapabilityKind.CREATOR_AVERAGES: lambda platform: (platform, "x"),
    CapabilityKind.POST_STATS: lambda platform: (platform, "1"),
}


def requests_of(one: AnyCapability, settings: ProviderSettings = SETTINGS) -> list[PagedRequest]:
    """What a capability of any kind asks, on each of its platforms."""
    options = {"email_hash": "h", "depth": one.depth} if one.kind is CapabilityKind.EMAIL_MATCH else {}
    found: list[PagedRequest] = []
    for platform in one.platforms or ("",):
        made = cast("Any", one).pages(settings, *EXAMPLES[one.kind](platform), **options)
        found += made if isinstance(made, list) else [made]
    return found


every_capability = pytest.mark.parametrize(
    "one", CAPABILITIES, ids=lambda one: f"{one.provider}-{one.kind}-{one.depth}"
)


@every_capability
def test_each_capability_asks_its_own_provider_on_each_of_its_platforms(one: AnyCapability) -> None:
    for pages in requests_of(one):
        assert pages.first.operation.provider == one.provider
        assert pages.first.operation in OPERATIONS
        assert pages.first.operation.is_free == (one.each_microcredits() == 0)
        if not pages.first.operation.is_free:
            assert 0 < one.each_microcredits() <= pages.first.worst_case_microcredits * one.units


@every_capability
def test_every_request_has_the_price_that_the_account_pays(one: AnyCapability) -> None:
    own = {
        operation.name: msgspec.structs.replace(operation.price, version="own contract")
        for operation in PROVIDERS[one.provider].operations
    }
    asked = requests_of(one, ProviderSettings(client_id="sandbox-client", prices=own))
    assert {pages.first.operation.price.version for pages in asked} == {"own contract"}


def test_joined_requests_cost_the_sum_of_their_single_prices() -> None:
    joins = 0
    for one in capabilities_for(CapabilityKind.PROFILE):
        calls = [one.pages(SETTINGS, one.platforms[0], f"n{number}").first for number in range(10)]
        operation = calls[0].operation
        if operation.join is not None:
            assert operation.batch_limit == len(calls)
            assert operation.join(calls).worst_case_microcredits == len(calls) * one.each_microcredits()
            joins += 1
    assert joins == 1


def test_every_documented_operation_that_makes_rows_can_be_reached_from_above() -> None:
    reached = {pages.first.operation.id for one in CAPABILITIES for pages in requests_of(one)}
    for jobs in BATCH_JOBS.values():
        for mode in jobs.modes:
            reached.add(jobs.submit(SETTINGS, "tiktok", ["a"], mode=mode)[0].first.operation.id)
            for make in (jobs.status, jobs.results, jobs.resume):
                reached.add(make(SETTINGS, "b", platform="tiktok", mode=mode).first.operation.id)
    by_command_line = {"ID-1", "ID-2"}
    # Read after another: the newer form of bloggers.
    follow_ups = {"IT-job", "IT-job-status", "IT-blogger"}
    assert {operation.id for operation in OPERATIONS} - reached == by_command_line | follow_ups


def test_the_catalog_lists_what_briefs_may_ask_for() -> None:
    abilities = catalog().providers
    assert set(abilities) == set(PROVIDERS)
    assert abilities["keyapi"].enrich == {"tiktok"}
    assert not abilities["influtics"].search
    assert "snapchat" in abilities["infludata"].search
    assert "number_of_followers" in abilities["influencers_club"].filters["instagram"]
