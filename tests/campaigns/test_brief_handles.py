"""Handles in a brief: one spelling of each account before anything is planned, and warnings of look-alike letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from creator_assets.campaigns import Campaign, load_campaigns, read_brief
from creator_assets.providers import capabilities
from tests.campaigns.briefs import CATALOG, changed, right, wrong

CHANNEL = "UCinventedinventedinvent"
TERMS = "brief: {market: Germany, start: 2026-11-02, end: 2026-12-13, currency: EUR}\nbudget: {influencers_club: 1}\n"
CYRILLIC = "mil\u0430"  # the last letter is Cyrillic


@pytest.mark.parametrize(
    "written",
    ["Bar.Films", "'@BAR.films'", "' bar.films '", "'bar.films\u200b'", "https://www.tiktok.com/@Bar.Films?lang=de"],
)
def test_every_spelling_of_an_account_is_one_account(written: str) -> None:
    campaign = right(changed("{platform: tiktok, handle: bar.films}", f"{{platform: tiktok, handle: {written}}}"))
    assert [account.handle for account in campaign.roster] == ["bar.films"]
    (fault,) = wrong(
        changed("  - {platform: tiktok, handle: bar.films}", f"  - {{platform: tiktok, handle: bar.films}}\n"
                f"  - {{platform: tiktok, handle: {written}}}")
    )  # fmt: skip
    assert (fault.field, fault.problem) == ("roster[1]", "the same account as roster[0]")


def test_seeds_and_exclusions_have_the_same_spelling() -> None:
    campaign = right(changed('like: "@some_handle"', 'like: "https://www.instagram.com/Some_Handle/"'))
    assert campaign.lookalikes[0].like == "some_handle"
    campaign = right(
        changed('[a_competitor, "@a_competitor"]', '[A_Competitor, "@a_competitor", "x.com/A_COMPETITOR"]')
    )
    assert campaign.shortlist is not None
    assert campaign.shortlist.exclude == ("a_competitor",)


def test_the_id_of_a_channel_is_one_on_youtube_alone() -> None:
    for platform, handle in (("youtube", CHANNEL), ("tiktok", CHANNEL.lower())):
        brief = f"{TERMS}roster: [{{platform: {platform}, handle: {CHANNEL}}}]\nshortlist: {{top: 3}}\n"
        campaign = read_brief("one", brief.encode(), capabilities.catalog())
        assert isinstance(campaign, Campaign)
        assert campaign.roster[0].handle == handle


@pytest.mark.parametrize(
    "written", ["'@'", '"\\u200b"', "https://www.instagram.com/p/ABC/", "https://vm.tiktok.com/ZM1/"]
)
def test_what_names_no_account_is_refused(written: str) -> None:
    (fault,) = wrong(changed("handle: bar.films", f"handle: {written}"))
    assert fault.field == "roster[0].handle"


@pytest.mark.parametrize(
    "written",
    ["https://www.instagram.com/Bar.Films/", "instagram.com/bar.films", "'@https://m.instagram.com/bar.films'"],
)
def test_an_address_on_another_platform_is_refused_and_not_repeated(written: str) -> None:
    (fault,) = wrong(changed("handle: bar.films", f"handle: {written}"))
    assert (fault.field, fault.problem) == (
        "roster[0].handle",
        "this is an address on instagram, and the platform of the entry is tiktok",
    )
    assert fault.remedy == "Write `platform: instagram`, or the handle of the account on tiktok"
    assert "bar.films" not in str(fault).lower()


def test_a_seed_lies_on_the_platform_of_its_entry() -> None:
    (fault,) = wrong(changed('like: "@some_handle"', 'like: "https://www.tiktok.com/@some_handle"'))
    assert (fault.field, fault.problem) == (
        "lookalikes[0].like",
        "this is an address on tiktok, and the platform of the entry is instagram",
    )


@pytest.mark.parametrize("site", ["x.com", "twitter.com", "https://mobile.twitter.com"])
def test_two_names_of_one_platform_are_one(site: str) -> None:
    brief = f"{TERMS}roster: [{{platform: twitter, handle: {site}/Theo}}]\nshortlist: {{top: 3}}\n"
    campaign = read_brief("one", brief.encode(), capabilities.catalog())
    assert isinstance(campaign, Campaign)
    assert campaign.roster[0].handle == "theo"


def test_letters_that_look_alike_are_a_warning_with_its_place_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "berlin-fitness.yaml"
    plain = changed("min_engagement_rate: 0.02", "min_engagement_rate: 0.0")  # a minimum has a warning of its own
    brief = plain.replace("handle: bar.films", f"handle: {CYRILLIC}").replace('"@a_competitor"', f'"@{CYRILLIC}"')
    path.write_text(brief, encoding="utf-8")
    campaigns = load_campaigns(tmp_path, CATALOG)
    assert campaigns.faults == ()
    assert campaigns["berlin-fitness"].roster[0].handle == CYRILLIC
    assert [str(warning) for warning in campaigns.warnings] == [
        f"{path}:{line}:{column}: {field}: the letters of this handle are of several scripts that look alike. "
        "Copy the handle from the platform, or leave it if the account has such a name."
        for line, column, field in ((19, 32, "roster[0].handle"), (20, 72, "shortlist.exclude[1]"))
    ]
    path.write_text(plain, encoding="utf-8")
    assert load_campaigns(tmp_path, CATALOG).warnings == ()


@pytest.mark.parametrize(
    ("platform", "native_id", "is_one"),
    [
        ("instagram", "173560420", True),
        ("instagram", "'173560420'", True),
        ("instagram", "MS4wLjABAAAAinventedinvented", False),
        ("tiktok", "MS4wLjABAAAAinventedinvented", True),
        ("tiktok", "6812345678901234567", False),
        ("youtube", CHANNEL, True),
        ("youtube", "some_handle", False),
        ("twitch", "12345", True),
        ("linkedin", "12345", False),
    ],
)
def test_an_id_has_the_form_that_providers_take(platform: str, native_id: str, is_one: bool) -> None:
    brief = f"{TERMS}roster: [{{platform: {platform}, handle: a, native_id: {native_id}}}]\nshortlist: {{top: 3}}\n"
    campaign = read_brief("one", brief.encode(), capabilities.catalog())
    if isinstance(campaign, Campaign):
        assert is_one
        assert campaign.roster[0].native_id == native_id.strip("'")
    else:
        (fault,) = campaign
        assert not is_one
        assert (fault.field, fault.problem) == ("roster[0].native_id", f"this is no id of an account on {platform}")
        assert native_id not in str(fault)


def test_an_example_may_have_an_id_but_not_on_a_platform_with_two() -> None:
    example = 'like: "@some_handle"'
    campaign = right(changed(example, f"{example}, native_id: '12345'"))
    assert campaign.lookalikes[0].native_id == "12345"
    (fault,) = wrong(changed(example, f"{example}, native_id: UCx"))
    assert (fault.field, fault.problem) == ("lookalikes[0].native_id", "this is no id of an account on instagram")
    brief = (
        f"{TERMS}lookalikes: [{{provider: influencers_club, platform: tiktok, like: a, max_creators: 5, "
        "native_id: MS4wLjABAAAAinventedinvented}]\nshortlist: {top: 3}\n"
    )
    refused = read_brief("one", brief.encode(), capabilities.catalog())
    assert not isinstance(refused, Campaign)
    assert [(one.field, one.remedy) for one in refused] == [("lookalikes[0].native_id", "Leave `native_id` out")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("like: a, native_id: '12'", "like: a"),
        ("like: a, native_id: '12'", "like: b, native_id: '12'"),
    ],
)
def test_an_example_is_the_same_by_its_handle_and_by_its_id(first: str, second: str) -> None:
    entries = ", ".join(
        f"{{provider: influencers_club, platform: instagram, {example}, max_creators: 5}}"
        for example in (first, second)
    )
    refused = read_brief(
        "one", f"{TERMS}lookalikes: [{entries}]\nshortlist: {{top: 3}}\n".encode(), capabilities.catalog()
    )
    assert not isinstance(refused, Campaign)
    assert [one.field for one in refused] == ["lookalikes[1]"]


def test_a_channel_is_no_example_beside_the_id_of_another_one() -> None:
    other = CHANNEL.replace("inventedinvent", "inventedothers")
    brief = (
        f"{TERMS}lookalikes: [{{provider: influencers_club, platform: youtube, like: {CHANNEL}, max_creators: 5, "
        f"native_id: {other}}}]\nshortlist: {{top: 3}}\n"
    )
    refused = read_brief("one", brief.encode(), capabilities.catalog())
    assert not isinstance(refused, Campaign)
    assert [one.problem for one in refused] == ["`like` is the id of another channel"]
