"""Wrong uses of capabilities, each of which mypy must refuse: it is a test that runs when types are checked.

mypy is strict here, so that an ``ignore`` that suppresses nothing is an error itself. If the seam between providers
and the rooms above ever loses its types, the type check fails at the line that is no longer refused. Never run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from creator_assets.demand.requests import ProviderRequest, rows_of
from creator_assets.providers.capabilities import capabilities_for, capability, capability_or_none
from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.capability import AnyCapability
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.keyapi import requests, rows
from creator_assets.providers.ranking import ranked_capabilities
from creator_assets.providers.registry import BATCH_JOBS, CAPABILITIES

SETTINGS = ProviderSettings()


def requests_with_wrong_arguments() -> None:
    search = capability(CapabilityKind.SEARCH)
    search.pages(SETTINGS, "tiktok", {"country": "Germany"}, 10)
    search.pages(SETTINGS, "tiktok", 10, {})  # type: ignore[arg-type]
    search.pages("tiktok", {}, 10)  # type: ignore[call-arg, arg-type]
    capability(CapabilityKind.PROFILE).pages(SETTINGS, "tiktok", ["a", "b"])  # type: ignore[arg-type]
    capability(CapabilityKind.CONTENT).pages(SETTINGS, "tiktok", "a", 5, date(2026, 3, 2))  # type: ignore[arg-type]
    capability(CapabilityKind.CONTENT_DETAILS).pages(SETTINGS, "tiktok", "1", max_requests=2)  # type: ignore[call-arg]
    capability(CapabilityKind.EMAIL_MATCH).pages(SETTINGS, "a@example.com")  # type: ignore[call-arg]
    _ = capability(CapabilityKind.TRACK_VIDEOS).pages(SETTINGS, ["https://youtu.be/a"]).first  # type: ignore[attr-defined]
    for ranked in ranked_capabilities(CapabilityKind.BALANCE):
        ranked.capability.pages(SETTINGS, "tiktok")  # type: ignore[call-arg]
    BATCH_JOBS["influencers_club"].submit(SETTINGS, "tiktok", ["a"])  # type: ignore[call-arg]


def answers_read_as_something_else(answer: Answer) -> None:
    _ = capability(CapabilityKind.AUDIENCE).rows([answer]).rows  # type: ignore[attr-defined]
    capability(CapabilityKind.PROFILE).rows([answer], keep_sensitive=True)  # type: ignore[call-arg]
    capability(CapabilityKind.SEARCH).rows([answer])  # type: ignore[call-arg]
    capability(CapabilityKind.VIDEO_STATS).rows([answer], days=date(2026, 3, 2))  # type: ignore[arg-type]
    for balance in capabilities_for(CapabilityKind.BALANCE):
        balance.rows([answer])  # type: ignore[arg-type]
    perhaps = capability_or_none(CapabilityKind.READINESS, provider="infludata", platform="tiktok")
    perhaps.rows(answer)  # type: ignore[union-attr]
    reports = capability(CapabilityKind.AUDIENCE)
    request = ProviderRequest(capability=reports, pages=reports.pages(SETTINGS, "tiktok", "a"))
    rows_of([request], [[answer]])  # type: ignore[list-item]


def a_capability_of_any_kind_asks_nothing(one: AnyCapability = CAPABILITIES[0]) -> None:
    one.pages(SETTINGS)  # type: ignore[operator]


def declarations_that_do_not_fit_their_kind() -> None:
    CapabilityKind.SEARCH.provided_by("keyapi", pages=requests.profile, rows=rows.profile_rows)  # type: ignore[arg-type]
    CapabilityKind.PROFILE.provided_by("keyapi", pages=requests.profile_by_id, rows=rows.profile_rows)  # type: ignore[arg-type]
    CapabilityKind.AUDIENCE.provided_by("keyapi", pages=requests.profile, rows=rows.profile_rows)  # type: ignore[arg-type]


@at_account_prices  # type: ignore[arg-type]
def makes_rows(_settings: ProviderSettings, answers: Sequence[Answer]) -> Parsed:
    raise NotImplementedError


def the_decorator_keeps_the_arguments() -> PagedRequest:
    return requests.profile(SETTINGS, "tiktok", user="a")  # type: ignore[call-arg]
