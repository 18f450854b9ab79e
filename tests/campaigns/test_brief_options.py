"""Options of a purchase: refused where no provider with a budget offers them, with what would be right."""

from __future__ import annotations

import pytest

from creator_assets.campaigns import Campaign, read_brief
from tests.campaigns.every_field import CATALOG, faults_of

TERMS = "brief: {market: Germany, start: 2026-11-02, end: 2026-12-13, currency: EUR}\n"
EMAILS = (
    TERMS + "budget: {influencers_club: 50}\n"
    "email_matches: {addresses: /srv/invited.txt, lawful_basis: consent, purpose: To invite them, max_addresses: 9"
)


def right(text: str) -> Campaign:
    campaign = read_brief("one", text.encode(), CATALOG)
    assert isinstance(campaign, Campaign), [str(fault) for fault in campaign]
    return campaign


def refusals(text: str) -> list[tuple[str, str, str]]:
    return [(fault.field, fault.problem, fault.remedy) for fault in faults_of(text)]


def test_email_matches_leave_out_small_accounts_and_platforms_at_the_depth_that_can() -> None:
    wish = right(EMAILS + ", depth: advanced, min_followers: 5000, exclude_platforms: [twitch, onlyfans, twitch]}\n")
    assert wish.email_matches is not None
    assert (wish.email_matches.min_followers, wish.email_matches.exclude_platforms) == (5000, ("twitch", "onlyfans"))


@pytest.mark.parametrize("field", ["min_followers: 5000", "exclude_platforms: [twitch]"])
def test_a_basic_match_leaves_nobody_out(field: str) -> None:
    name = field.partition(":")[0]
    assert refusals(f"{EMAILS}, {field}}}\n") == [
        (
            f"email_matches.{name}",
            f"matches of depth basic have no {name}",
            "Write `depth: advanced`, or remove this field",
        )
    ]


def test_excluded_platforms_are_searched_ones_and_leave_one_over() -> None:
    (fault,) = refusals(EMAILS + ", depth: advanced, exclude_platforms: [snapchat]}\n")
    assert fault[:2] == ("email_matches.exclude_platforms", "no account on snapchat is matched")
    every = "instagram, youtube, tiktok, twitter, twitch, onlyfans, linkedin"
    (fault,) = refusals(EMAILS + f", depth: advanced, exclude_platforms: [{every}]}}\n")
    assert fault[:2] == ("email_matches.exclude_platforms", "no platform is left to match accounts on")


def profiles(wish: str, *, budget: str = "influencers_club: 9, influtics: 9, infludata: 9", on: str = "tiktok") -> str:
    return f"{TERMS}budget: {{{budget}}}\nroster: [{{platform: {on}, handle: a}}]\nshortlist: {{top: 3}}\n{wish}\n"


@pytest.mark.parametrize(
    ("wish", "option"),
    [
        ("{depth: full, only_with_email: true}", "only_with_email"),
        ("{depth: raw, refresh: true}", "refresh"),
        ("{depth: full, scores: true}", "scores"),
        ("{depth: full, refresh_weekly: true}", ""),
        ("{depth: full, scores: true, refresh_weekly: true, provider: infludata}", "scores"),
    ],
)
def test_an_option_that_a_provider_offers_is_part_of_the_wish(wish: str, option: str) -> None:
    campaign = right(profiles(f"profiles: {wish}"))
    assert campaign.profiles is not None
    assert campaign.profiles.option == option


@pytest.mark.parametrize(
    ("wish", "problem", "remedy"),
    [
        (
            "{depth: full, refresh: true}",
            "nobody with a budget offers this at depth full on tiktok",
            "It is offered by: influtics at depth raw on instagram, tiktok, youtube",
        ),
        (
            "{depth: full, scores: true, provider: influencers_club}",
            "influencers_club does not offer this at depth full on tiktok",
            "It is offered by: infludata at depth full on instagram, tiktok",
        ),
        (
            "{depth: full, refresh_weekly: true, provider: influencers_club}",
            "influencers_club does not offer this on tiktok",
            "It is offered by: infludata on instagram, tiktok, twitch, youtube",
        ),
    ],
)
def test_an_option_that_nobody_offers_is_refused(wish: str, problem: str, remedy: str) -> None:
    ((_field, found, what_helps),) = refusals(profiles(f"profiles: {wish}"))
    assert (found, what_helps) == (problem, remedy)


def test_an_option_counts_where_its_provider_has_it_and_needs_one_such_platform() -> None:
    wish = "profiles: {depth: full, scores: true}"
    (fault,) = refusals(profiles(wish, on="youtube"))
    assert fault[:2] == ("profiles.scores", "nobody with a budget offers this at depth full on youtube")
    mixed = profiles(wish, on="youtube").replace("handle: a}", "handle: a}, {platform: instagram, handle: b}")
    assert right(mixed).profiles is not None


def test_two_options_are_two_requests() -> None:
    (fault,) = refusals(profiles("profiles: {depth: full, only_with_email: true, scores: true}"))
    assert fault == ("profiles.scores", "a request has only_with_email or scores, not both", "Keep one of the two")


def test_fresh_averages_need_averages_and_somebody_who_refreshes() -> None:
    video = "videos: ['https://www.tiktok.com/@bar.films/video/7300000000000000001']"
    tracking = f"tracking: {{{video}, creator_averages: 7d, refresh_averages: true}}\n"
    campaign = right(f"{TERMS}budget: {{influtics: 50}}\n{tracking}")
    assert campaign.tracking is not None
    assert campaign.tracking.refresh_averages
    (fault,) = refusals(f"{TERMS}budget: {{influtics: 50}}\n{tracking.replace('creator_averages: 7d, ', '')}")
    assert fault[:2] == ("tracking.refresh_averages", "no averages are asked for")
