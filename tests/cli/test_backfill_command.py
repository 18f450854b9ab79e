"""Backfills from the command line: priced before they run, made once, bought only as far as the archive lacks them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from creator_assets.partitions import Partition
from tests.cli.checkout import Checkout
from tests.market import CLUB, NOON

pytestmark = pytest.mark.xdist_group("backfill")

TODAY = NOON.date()
LAST_WEEK = TODAY - timedelta(days=7)
THIS = str(Partition.week_of("small", TODAY).key)
LAST = str(Partition.week_of("small", LAST_WEEK).key)
BRIEF = """
brief: {market: Germany, start: 2026-01-01, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 10}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 10}
shortlist: {top: 3}
profiles: {depth: full, provider: influencers_club}
"""


@pytest.fixture(scope="module")
def checkout(checkout: Checkout) -> Checkout:
    """With one small campaign."""
    made = checkout
    for path in (made.home / "campaigns").iterdir():
        path.unlink()
    (made.home / "campaigns" / "small.yaml").write_text(BRIEF)
    return made


def backfill(checkout: Checkout, *options: str, code: int = 0, since: Any = TODAY) -> Any:
    arguments = ("backfill", "enriched_profiles", "--from", str(since), *options)
    return checkout.json(*arguments, code=code)


def test_a_backfill_is_priced_first_and_then_buys_the_gap_alone(checkout: Checkout) -> None:
    planned = backfill(checkout, "--with-upstream")
    assert planned["assets"] == ["discovery_results", "enriched_profiles", "enrichment_batches", "shortlist"]
    assert (planned["to_make"], planned["made"]) == ([THIS], [])
    (line,) = planned["plan"]
    assert (line["campaign"], line["provider"], line["archive_hits"]) == ("small", CLUB, 0)
    least, most = line["credits"].split(" to ")

    done = backfill(checkout, "--with-upstream", "--yes")
    rows = {one["asset"]: one["rows"] for one in done["made"]}
    assert (rows["discovery_results"], rows["enriched_profiles"], done["failed"]) == (10, 3, [])
    assert Decimal(least) <= Decimal(done["credits_spent"][CLUB]) <= Decimal(most)

    again = backfill(checkout, "--with-upstream", "--yes")
    assert (again["to_make"], again["made"], again["credits_spent"]) == ([], [], {})

    # Dagster's records are the checkout's; they say nothing of another data folder, nor of a file that is gone.
    elsewhere = checkout.json(
        *("backfill", "enriched_profiles", "--from", str(TODAY)), CREATOR_ASSETS_DATA=str(checkout.home / "elsewhere")
    )
    assert elsewhere["to_make"] == [THIS]
    week = checkout.home / "data" / "tables" / "shortlist" / "campaign=small" / f"week={THIS.partition('|')[2]}"
    (week / "part-0.parquet").unlink()
    repaired = backfill(checkout, "--with-upstream", "--yes")
    assert (repaired["to_make"], repaired["failed"], repaired["credits_spent"]) == ([THIS], [], {})

    # A week that nobody observed is named and left out; nothing is bought under its date.
    result = backfill(checkout, "--with-upstream", "--yes", "--again", since=LAST_WEEK, code=1)
    assert (result["to_make"], result["never_observed"]) == ([THIS], [LAST])
    assert "2 never observed" in result["plan"][0]["verdicts"]  # a search, and profiles of the creators in it
    assert {(one["asset"], one["partition"]) for one in result["made"]} == {
        (asset, THIS) for asset in planned["assets"]
    }
    assert result["failed"][0].startswith(f"Never observed: {LAST}. Providers report only the present")
    assert result["credits_spent"] == {}


def test_commands_that_start_at_once_on_a_fresh_checkout_all_work_and_each_tells_its_own_spending(
    home: Checkout,
) -> None:
    for path in (home.home / "campaigns").iterdir():
        path.unlink()
    slugs = ("one", "two", "three")
    for number, slug in enumerate(slugs, start=1):
        filters = f"filters: {{number_of_followers: {{min: {number}000}}}}"
        text = BRIEF.replace("max_creators: 10", f"max_creators: 10, {filters}").replace("top: 3", f"top: {number}")
        (home.home / "campaigns" / f"{slug}.yaml").write_text(text)

    def made(slug: str) -> Any:
        return backfill(home, "--with-upstream", "--yes", "--campaign", slug)

    with ThreadPoolExecutor(len(slugs)) as pool:
        results = list(pool.map(made, slugs))
    assert [one["failed"] for one in results] == [[], [], []]
    own = [Decimal(one["credits_spent"][CLUB]) for one in results]
    spent = home.json("budget")["budgets"]
    assert sum(own) == sum(Decimal(one["spent"]) for one in spent if one["scope"] == CLUB)


def test_people_are_shown_the_plan_and_asked(checkout: Checkout) -> None:
    declined = checkout.run("backfill", "shortlist", "--from", str(LAST_WEEK), code=1)  # nothing is typed
    assert "shortlist: 2 partitions" in declined.stdout
    assert "Materialize " in declined.stdout


def test_days_are_filled_like_weeks(checkout: Checkout) -> None:
    planned = checkout.json("backfill", "video_stats", "--from", str(LAST_WEEK), "--to", str(TODAY))
    assert len(planned["to_make"]) == 8
    assert planned["plan"] == []


def test_a_day_that_may_be_filled_is_priced(checkout: Checkout) -> None:
    filling = checkout.home / "campaigns" / "filling.yaml"
    terms = "\n".join(line for line in BRIEF.splitlines() if line.startswith(("brief", "budget")))
    videos = "[https://www.tiktok.com/@a/video/1, https://www.tiktok.com/@a/video/2]"
    filling.write_text(f"{terms}\ntracking: {{fill_from: {CLUB}, videos: {videos}}}\n")
    try:
        planned = checkout.json("backfill", "video_stats", "--from", str(LAST_WEEK), "--campaign", "filling")
    finally:
        filling.unlink()
    # Of eight days only the running one can be bought: two videos at 0.03.
    (line,) = planned["plan"]
    assert (line["campaign"], line["provider"], line["credits"]) == ("filling", CLUB, "0 to 0.06")


def test_what_does_not_fit_is_not_begun(checkout: Checkout) -> None:
    poor = BRIEF.replace("influencers_club: 10}", "influencers_club: 0.01}").replace(
        "max_creators: 10", "max_creators: 9"
    )
    (checkout.home / "campaigns" / "poor.yaml").write_text(poor)
    try:
        refused = backfill(checkout, "--with-upstream", "--yes", "--campaign", "poor", code=3)
    finally:
        (checkout.home / "campaigns" / "poor.yaml").unlink()
    assert refused["made"] == []
    assert "does not fit" in refused["plan"][0]["verdicts"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("enriched_profile", "--from", str(TODAY)), 1, "enriched_profile is no asset with partitions. Choose one of"),
        (("shortlist", "--from", str(TODAY + timedelta(days=30))), 1, "No campaign has a week between"),
        (("shortlist", "--from", "soon"), 2, "is no date of the form YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_meant_is_said(checkout: Checkout, arguments: tuple[str, ...], code: int, said: str) -> None:
    assert said in " ".join(checkout.run("backfill", *arguments, code=code).stderr.split())
