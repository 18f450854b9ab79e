"""What an older release wrote in another spelling is read in the one spelling, so that nobody is asked twice."""

from __future__ import annotations

import polars as pl

from creator_assets.campaigns import Profiles
from creator_assets.demand.provider_choice import best_of, profile_candidates
from creator_assets.providers.influencers_club import requests, rows
from tests.contexts import context_of
from tests.market import CLUB, SETTINGS, campaign_of
from tests.providers.bench import answer


def test_a_shortlist_of_an_older_release_names_each_account_once_and_never_nobody() -> None:
    names = ["Mila", "@mila", " @ ", "tara"]
    shortlist = pl.DataFrame(
        {
            "platform": "instagram",
            "username": names,
            "provider": CLUB,
            "selected": True,
            "native_id": None,
            "provider_id": None,
        }
    )
    at = context_of(campaign_of(profiles=Profiles(provider=CLUB)), shortlist=shortlist.with_row_index("place", 1))
    ranked = profile_candidates(at) or []
    assert [one.account for one in ranked] == [("instagram", "mila"), ("instagram", "tara")]
    assert [one.first.pages.first.body_text("handle") for one in ranked] == ["mila", "tara"]
    assert at.shortlist is not None
    assert [name for _, name, _ in best_of(at.shortlist, 1)] == ["mila"]


def test_an_archived_request_in_another_spelling_makes_rows_in_the_one() -> None:
    older = requests.full_profile(SETTINGS, "instagram", "@Mila").first
    parsed = rows.profile_rows([answer(older, {"detail": "No data found"}, 404)])
    assert parsed.rows["username"].to_list() == ["mila"]
    linked = requests.full_profile(SETTINGS, "youtube", "UCinventedinventedinvent").first
    assert rows.profile_rows([answer(linked, {}, 404)]).rows["username"].to_list() == ["UCinventedinventedinvent"]
