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
