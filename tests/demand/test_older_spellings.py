"""What an older release bought under a handle as it was written is found, and not bought again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from creator_assets.campaigns import Lookalike
from creator_assets.demand.discovery import Discovery
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition
from creator_assets.providers.contract.older_spellings import NO_OLDER_SPELLINGS, OlderSpellings
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.infludata import requests as infludata
from creator_assets.providers.infludata import rows as infludata_rows
from creator_assets.providers.influencers_club import requests as club
from creator_assets.providers.influencers_club import rows as club_rows
from creator_assets.providers.influtics import requests as influtics
from creator_assets.providers.keyapi import requests as keyapi
from creator_assets.spending.archive_coverage import coverage_of
from creator_assets.spending.planning.plan import make_plan
from tests.campaigns.briefs import changed, right
from tests.contexts import GivenTables, context_of
from tests.ledger.old_ledgers import after_the_old_release, make_old_ledger, run
from tests.ledger.scenery import START, open_ledger
from tests.market import CLUB, KNOWN, SETTINGS, ClientUnderTest, campaign_of, full, purpose_of
from tests.providers.bench import answer

WRITTEN = OlderSpellings({"some.name": "Some.Name", "tiktok": "TikTok"})


def test_what_an_older_release_bought_is_found_and_not_bought_again(till: ClientUnderTest) -> None:
    older, now = full("Some.Name"), full("some.name")
    till.fetch(older)
    before = len(till.market.requests())
    again = till.fetch(now, purpose=msgspec.structs.replace(purpose_of(), older_spellings=WRITTEN))
    assert len(till.market.requests()) == before
    assert again.fetch_stats.archive_hits == 1
    assert again.answers[0][0].request.body_text("handle") == "some.name"
    till.fetch(now)  # nobody says how it was written: it is bought
    assert len(till.market.requests()) == before + 1


def test_a_plan_prices_what_an_older_release_bought_at_nothing(till: ClientUnderTest) -> None:
    till.fetch(full("Some.Name"))
    campaign = campaign_of(older_spellings={"some.name": "Some.Name"})
    at = context_of(campaign, till.ledger)
    for one, charged in ((at, 0), (context_of(campaign_of(), till.ledger), 1_000_000)):
        demand = one.demand("enriched_profiles", [full("some.name")], window=purpose_of().window)
        assert sum(line.max_microcredits for line in make_plan(till.ledger, [demand])) == charged
    assert [way.next_request for way in at.coverage([full("some.name")], purpose_of().window)] == [None]


def test_an_archive_of_an_older_schema_answers_a_handle_in_upper_case(tmp_path: Path) -> None:
    target, secret = tmp_path / "old.sqlite", InstallationSecret(b"a" * 32)
    make_old_ledger(target)
    digest = full("Some.Name").first.request_key("test")
    run(target, "DROP TRIGGER response_no_update")
    for table in ("attempt", "response"):
        run(target, f"UPDATE {table} SET request_key = '{digest}' WHERE request_key = 'final'")  # noqa: S608
    run(
        target,
        "CREATE TRIGGER response_no_update BEFORE UPDATE ON response "
        "BEGIN SELECT RAISE(ABORT, 'response is append-only'); END",
    )
    window = Window(start=START, end=START + timedelta(days=9), reuse_since=START)
    with open_ledger(target, after_the_old_release(), secret=secret) as ledger:
        for older, is_found in ((WRITTEN, True), (NO_OLDER_SPELLINGS, False)):
            (coverage,) = coverage_of(ledger, [full("some.name")], window, older)
            assert (coverage.next_request is None) is is_found


@pytest.mark.parametrize(
    "make",
    [
        lambda name: club.full_profile(SETTINGS, "tiktok", name),
        lambda name: club.raw_profile(SETTINGS, "tiktok", name),
        lambda name: club.socials(SETTINGS, "tiktok", name),
        lambda name: club.lookalikes(SETTINGS, "tiktok", name, "", {}, 10),
        lambda name: club.overlap(SETTINGS, "tiktok", [name, "another"]),
        lambda name: infludata.profile(SETTINGS, "tiktok", name),
        lambda name: infludata.profile_with_report(SETTINGS, "tiktok", name),
        lambda name: influtics.profile(SETTINGS, "tiktok", name),
    ],
)
def test_requests_of_each_provider_are_found_as_they_were(make: Callable[[str], PagedRequest]) -> None:
    older = WRITTEN.older_request(make("some.name").first)
    assert older is not None
    assert older.request_key("live") == make("Some.Name").first.request_key("live")


def test_a_platform_is_no_handle_and_a_handle_without_another_spelling_is_asked_once() -> None:
    assert WRITTEN.older_request(full("else").first) is None
    assert NO_OLDER_SPELLINGS.older_request(full("some.name").first) is None
    tiktok = WRITTEN.older_request(infludata.profile(SETTINGS, "tiktok", "tiktok").first)
    assert tiktok is not None
    assert tiktok.params == {"platform": "tiktok", "username": "TikTok"}
    joined = WRITTEN.older_request(keyapi.profile(SETTINGS, "tiktok", "some.name").first)
    assert joined is not None
    assert joined.params["unique_ids"] == "Some.Name"
    assert "ome" not in repr(WRITTEN)


def test_a_brief_says_how_an_older_release_spelled_its_handles() -> None:
    old = "{platform: tiktok, handle: bar.films}"
    campaign = right(changed(old, "{platform: tiktok, handle: '@Bar.Films'}"))
    assert campaign.older_spellings["bar.films"] == "Bar.Films"
    assert "Bar.Films" not in repr(campaign)
    for written in ("bar.films", "https://www.tiktok.com/@Bar.Films"):  # older releases refused an address
        assert "bar.films" not in right(changed(old, f"{{platform: tiktok, handle: '{written}'}}")).older_spellings


class _MadeTables(GivenTables):
    """Tables that a run has written already."""

    def read_if_made(self, table: str, partition: Partition) -> pl.DataFrame | None:
        return self.read(table, partition)


@pytest.mark.parametrize(
    ("username", "written_handle"),
    [("some.name", "Some.Name"), ("Some.Name", None)],  # as this release writes the shortlist, and as older ones did
)
def test_a_handle_that_a_search_found_is_looked_for_as_it_was_written(
    till: ClientUnderTest, username: str, written_handle: str | None
) -> None:
    till.fetch(full("Some.Name"))
    shortlist = pl.DataFrame(
        {
            "platform": ["instagram", "tiktok"],
            "username": [username, "other"],
            "written_handle": [written_handle, None],
        },
        schema_overrides={"written_handle": pl.String},
    )
    at = msgspec.structs.replace(context_of(campaign_of(), till.ledger), upstream=_MadeTables({"shortlist": shortlist}))
    window = purpose_of().window
    assert [way.next_request for way in at.coverage([full("some.name")], window)] == [None]
    assert [way.next_request for way in context_of(campaign_of(), till.ledger).coverage([full("some.name")], window)]
    assert at.older_spellings.older_request(full("other").first) is None


def test_a_search_keeps_how_its_provider_writes_a_handle() -> None:
    def shown(make: Callable[..., Parsed], pages: PagedRequest, body: object) -> list[tuple[str, str | None]]:
        found = make([answer(pages.first, body)], origin="search", origin_name="a", platform="youtube").rows
        return found.sort("rank").select("username", "written_handle").rows()

    names = ("Some.Name", "other")
    accounts = {"accounts": [{"user_id": name, "profile": {"username": name}} for name in names]}
    users = {"users": [{"_id": name, "username": name} for name in names]}
    for make, pages, body in (
        (club_rows.creator_rows, club.search(SETTINGS, "youtube", {}, 2), accounts),
        (infludata_rows.creator_rows, infludata.search(SETTINGS, "youtube", {}, 2), users),
    ):
        assert shown(make, pages, body) == [("some.name", "Some.Name"), ("other", None)]


def test_one_handle_may_be_written_otherwise_on_each_platform() -> None:
    written = OlderSpellings({"emma": "eMMa"}, {("instagram", "emma"): "Emma", ("tiktok", "emma"): "EMMA"})
    found = {
        platform: written.older_request(club.full_profile(SETTINGS, platform, "emma").first)
        for platform in ("instagram", "tiktok", "youtube")
    }
    assert {platform: one.body_text("handle") for platform, one in found.items() if one is not None} == {
        "instagram": "Emma", "tiktok": "EMMA", "youtube": "eMMa",
    }  # fmt: skip


def test_look_alikes_that_were_bought_by_the_handle_serve_for_the_id(till: ClientUnderTest) -> None:
    (name,) = KNOWN[:1]
    example = Lookalike(provider=CLUB, platform="instagram", like=name, native_id="12345", max_creators=5)
    at = context_of(campaign_of(lookalikes=(example,)), till.ledger)
    (asked,) = Discovery().requests(at)
    assert asked.pages.first.body_text("filter_key") == "id"
    till.fetch(club.lookalikes(SETTINGS, "instagram", name, "", {}, 5))
    (asked,) = Discovery().requests(at)
    assert asked.pages.first.body_text("filter_key") == "username"
    assert [way.next_request for way in at.coverage([asked.pages], at.window())] == [None]
