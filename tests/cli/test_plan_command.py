"""``creator-assets plan``: the prices that it uses, what does not fit, and what it leaves out and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.checkout import Checkout
from tests.market import CLUB


def test_a_plan_of_a_campaign_that_is_not_there_names_those_that_are(checkout: Checkout) -> None:
    said = checkout.run("plan", "--campaign", "no-such-campaign", code=1).stderr
    assert "no campaign 'no-such-campaign'" in said
    assert "berlin-fitness" in said


@pytest.mark.parametrize("command", ["plan", "backfill"])
@pytest.mark.parametrize(
    "slug", ["berlin_fitness", "Berlin-Fitness", "berlin-fitnes", " ", "../x", "a|2026-11-16", "é"]
)
def test_a_campaign_name_in_any_form_gets_the_nearest_one(checkout: Checkout, command: str, slug: str) -> None:
    arguments = ("plan",) if command == "plan" else ("backfill", "shortlist", "--from", "2026-11-16")
    said = checkout.run(*arguments, "--campaign", slug, code=1).stderr
    assert f"no campaign {slug!r}" in said
    assert ("Did you mean berlin-fitness?" in said) == ("fit" in slug.lower())


def test_a_plan_of_a_past_week_says_that_it_was_never_observed(checkout: Checkout) -> None:
    plan = checkout.json("plan", "--week", "2026-11-02")
    assert {line["verdict"] for line in plan["lines"]} == {"never observed"}


def test_a_price_list_is_followed_by_the_plan_and_looked_at_by_the_doctor(home: Checkout, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    head = "version: contract-7\neffective: 2026-01-01\nsource: order form\n"
    path = prices.name
    prices.write_text(head + "operations:\n  influencers_club: {discovery: 0.02}\n")
    said = {finding["subject"]: finding["message"] for finding in home.json("doctor", CREATOR_ASSETS_PRICES=path)}
    assert said["price list"] == "contract-7 of 2026-01-01 states 1 prices (prices.yaml)"
    planned = home.json("plan", "--campaign", "berlin-fitness", CREATOR_ASSETS_PRICES=path)["lines"]
    assert "0.02 per creator returned (contract-7, since 2026-01-01)" in {line["price"] for line in planned}
    prices.write_text(head + "complete: true\n")
    unknown = home.json("plan", "--campaign", "berlin-fitness", code=3, CREATOR_ASSETS_PRICES=path)
    discovery = next(line for line in unknown["lines"] if line["asset"] == "discovery_results")
    assert (discovery["verdict"], discovery["credits"]) == ("price unknown", {"min": None, "max": None})
    assert "an unknown number of credits of influencers_club" in unknown["summary"]
    prices.write_text(head + "operations:\n  influencers_club: {discovry: 0.02}\n")
    fault = "prices.yaml:5:22: operations.influencers_club.discovry: unknown operation. Did you mean discovery?"
    assert fault in home.run("plan", code=1, CREATOR_ASSETS_PRICES=path).stderr
    assert fault in home.run("doctor", code=1, CREATOR_ASSETS_PRICES=path).stdout


def test_a_plan_that_does_not_fit_ends_with_3(home: Checkout) -> None:
    brief = home.home / "campaigns" / "berlin-fitness.yaml"
    brief.write_text(brief.read_text().replace("influencers_club: 250", "influencers_club: 0.5"))
    plan = home.json("plan", code=3)
    short = [line for line in plan["lines"] if line["verdict"] == "does not fit"]
    assert {line["tightest_budget"] for line in short} == {"campaign:berlin-fitness/influencers_club"}
    assert "do not fit" in plan["summary"]
    # The demo is refused before it asks anybody, and says what would help.
    refused = home.run("demo", code=1)
    assert "Raise budget.influencers_club in campaigns/berlin-fitness.yaml by" in refused.stderr
    spent = {one["scope"]: one["spent"] for one in home.json("budget")["budgets"]}
    assert spent[CLUB] == "0"


def test_a_plan_whose_misses_may_be_cut_short_fits_and_says_so(home: Checkout) -> None:
    brief = home.home / "campaigns" / "uk-gaming-tiktok.yaml"
    brief.write_text(brief.read_text().replace("infludata: 300", "infludata: 60"))
    plan = home.json("plan", "--campaign", "uk-gaming-tiktok")
    (truncated,) = [line for line in plan["lines"] if line["verdict"] == "may be truncated (does not fit)"]
    assert (truncated["asset"], truncated["operation"], truncated["falls_through"]) == (
        "enriched_profiles",
        "user_data",
        True,
    )
    shortage = "`campaign:uk-gaming-tiktok/infludata` lacks up to 8 credits"
    assert plan["summary"].endswith(f"; everything fits; the waterfall may be truncated: {shortage}.")


def test_a_wish_that_nobody_can_serve_is_a_sentence_and_takes_no_other_campaign_down(
    home: Checkout, tmp_path: Path
) -> None:
    (tmp_path / "campaigns" / "dear.yaml").write_text(
        "brief: {market: Germany, start: 2026-11-02, end: 2027-06-27, currency: EUR}\n"
        "budget: {influencers_club: 250}\n"
        "roster: [{platform: instagram, handle: adidas}]\n"
        "shortlist: {top: 20}\n"
        "profiles: {depth: full, max_cost_each: 0.5}\n"
    )
    why = "campaign dear: `profile` on instagram costs at least 1 for each creator (influencers_club), and the brief "
    planned = home.run("plan", "--json")
    assert f"Left out of the plan: {why}" in planned.stderr
    assert {line["campaign"] for line in json.loads(planned.stdout)["lines"]} == {"berlin-fitness", "uk-gaming-tiktok"}
    assert why in home.run("plan", "--campaign", "dear", code=1).stderr
    assert why in " ".join(finding["message"] for finding in home.json("doctor", code=1) if not finding["is_well"])
    refused = home.run("demo", code=1).stderr
    assert "Raise max_cost_each in the brief, or leave it out." in refused
