"""One creator is one purchase: any spelling of an account means it in roster, search, exclusions and campaigns."""

from __future__ import annotations

import polars as pl

from tests.assets.house import INSTAGRAM, Project
from tests.market import CLUB, CREDIT, full, purpose_of

FOUND = ("discovery_results", "shortlist")
BOUGHT = ("enriched_profiles",)


def _profiles_asked(house: Project) -> int:
    """How many profiles the provider was asked for."""
    return sum(request["operation"] == "IC-14" for request in house.market.requests(CLUB))


def _odd(handle: str) -> str:
    return f"https://www.instagram.com/{handle.upper()}/"


def test_roster_search_and_a_second_campaign_buy_a_creator_once(house: Project) -> None:
    house.brief("one", INSTAGRAM)
    house.run("one", assets=FOUND)
    best = house.table("shortlist").filter("selected").sort("place")["username"].to_list()
    # The first of the search is in the roster, too, and a second campaign names all of them in its roster alone.
    house.brief("one", f"{INSTAGRAM}roster: [{{platform: instagram, handle: '@{best[0].title()}'}}]\n")
    house.run("one", assets=FOUND)
    chosen = house.table("shortlist", campaign="one").filter("selected")
    assert chosen.filter(username=best[0])["origins"].to_list() == ["search:instagram, roster"]
    assert chosen["username"].n_unique() == chosen.height == 4
    house.run("one", assets=BOUGHT)
    roster = ", ".join(f"{{platform: instagram, handle: '{_odd(name)}'}}" for name in best)
    terms = INSTAGRAM.split("discovery")[0]
    profiles = "profiles: {depth: full, provider: influencers_club}\n"
    house.brief("two", f"{terms}roster: [{roster}]\nshortlist: {{top: 3}}\n{profiles}")
    house.run("two", assets=(*FOUND, *BOUGHT))
    assert _profiles_asked(house) == 4
    assert house.spent()[CLUB] == 4 * CREDIT + CREDIT // 10
    for name in (*FOUND, *BOUGHT):
        handles = house.table(name)["username"]
        assert handles.to_list() == handles.str.to_lowercase().str.strip_chars_start("@").to_list(), name
    assert sorted(house.table("enriched_profiles", campaign="two")["username"]) == sorted(best)


def test_an_exclusion_folds_as_the_search_does(house: Project) -> None:
    house.brief("one", INSTAGRAM)
    house.run("one", assets=FOUND)
    first, second, *_ = house.table("shortlist").filter("selected").sort("place")["username"]
    house.brief("one", INSTAGRAM.replace("top: 3", f"top: 3, exclude: ['@{first.upper()}', '{_odd(second)}']"))
    house.run("one", assets=(*FOUND, *BOUGHT))
    shortlist = house.table("shortlist")
    assert set(shortlist.filter(pl.col("username").is_in([first, second]))["reason"]) == {"excluded by the brief"}
    assert not {first, second} & set(house.table("enriched_profiles")["username"])
    assert _profiles_asked(house) == 3


def test_what_an_older_release_bought_as_the_brief_writes_it_is_not_bought_again(house: Project) -> None:
    house.brief("one", INSTAGRAM)
    house.run("one", assets=["discovery_results", "shortlist"])
    assert house.latest("shortlist", "one")["engagement_rates"].keys() == {"influencers_club on instagram"}
    name = house.table("shortlist").filter("selected")["username"][0]
    written = name.title()
    assert written != name
    paid_client = house.paid_client()
    paid_client.fetch([full(written)], purpose_of(campaign="one"))
    paid_client.close()
    terms = INSTAGRAM.partition("discovery:")[0]
    house.brief(
        "one",
        f"{terms}roster: [{{platform: instagram, handle: {written}}}]\nshortlist: {{top: 1}}\n"
        "profiles: {depth: full, provider: influencers_club}\n",
    )
    before = house.spent()
    house.run("one")
    assert house.spent() == before
    assert house.table("enriched_profiles").select("username", "state").rows() == [(name, "enriched")]
    assert house.latest("shortlist", "one")["engagement_rates"] == {}
