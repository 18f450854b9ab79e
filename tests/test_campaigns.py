"""Briefs: what a right one becomes, and what is said about each way to get one wrong."""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from creator_assets.campaigns import (
    BriefFault,
    Campaign,
    Filter,
    FilterKind,
    ProviderAbilities,
    ProviderCatalog,
    UnknownCampaignError,
    document,
    faults,
    load_campaigns,
    read_brief,
    terms,
)
from creator_assets.campaigns.catalog import KnownVideo
from creator_assets.providers import capabilities

CATALOG = ProviderCatalog(
    providers={
        "north": ProviderAbilities(
            search=frozenset({"instagram", "tiktok"}),
            lookalikes=frozenset({"instagram"}),
            enrich=frozenset({"instagram"}),
            audiences=frozenset({"instagram"}),
            content=frozenset({"instagram"}),
            details={
                "data": frozenset({"instagram", "tiktok"}),
                "audio": frozenset({"youtube"}),
                "comments": frozenset({"instagram"}),
            },
            overlap=frozenset({"instagram"}),
            post_stats=frozenset({"tiktok"}),
            creator_averages=frozenset({"tiktok"}),
            track=frozenset({"tiktok"}),
            linked_accounts=frozenset({"instagram", "tiktok"}),
            match_emails=True,
            filters={
                "instagram": {
                    "location": Filter(kind=FilterKind.TEXTS),
                    "number_of_followers": Filter(kind=FilterKind.RANGE),
                    "has_link": Filter(kind=FilterKind.FLAG),
                    "growth": Filter(
                        kind=FilterKind.GROUP,
                        keys={
                            "percentage": Filter(kind=FilterKind.NUMBER, minimum=None),
                            "months": Filter(kind=FilterKind.WHOLE_NUMBER, minimum=1, maximum=12),
                        },
                    ),
                },
            },
        ),
        "south": ProviderAbilities(
            search=frozenset({"tiktok"}),
            enrich=frozenset({"tiktok"}),
            audiences=frozenset({"tiktok"}),
            content=frozenset({"tiktok"}),
            overlap=frozenset({"tiktok"}),
            track=frozenset({"tiktok", "youtube"}),
            resolves_links=True,
            filters={
                "tiktok": {
                    "country": Filter(kind=FilterKind.TEXT),
                    "categories": Filter(kind=FilterKind.CHOICES, choices=("fitness", "gaming")),
                    "gender": Filter(kind=FilterKind.CHOICE, choices=("m", "w")),
                    "followerMin": Filter(kind=FilterKind.WHOLE_NUMBER),
                    "followerMax": Filter(kind=FilterKind.WHOLE_NUMBER),
                    "engagementRate": Filter(kind=FilterKind.NUMBER),
                },
            },
        ),
        "east": ProviderAbilities(),
    },
    video=lambda link: KnownVideo(
        key=link,
        platform=next((one for one in ("youtube", "instagram") if one in link), "tiktok"),
        has_id="vm." not in link,
    ),
)

BRIEF = """\
brief: {market: Germany, start: 2026-11-02, end: 2026-12-13, currency: EUR, fees: 60_000}
budget:
  north: 120.5
  south: 0.000001
discovery:
  - name: instagram
    provider: north
    platform: instagram
    max_creators: 500
    filters: {location: [Germany, Austria], number_of_followers: {min: 10000}, has_link: true}
  - name: tiktok
    provider: south
    platform: tiktok
    max_creators: 10_000
    filters: {country: Norway, categories: [fitness], followerMin: 10000, engagementRate: 2.5}
lookalikes:
  - {provider: north, platform: instagram, like: "@some_handle", max_creators: 50, filters: {growth: {percentage: -3}}}
roster:
  - {platform: tiktok, handle: bar.films}
shortlist: {top: 60, min_engagement_rate: 0.02, exclude: [a_competitor, "@a_competitor"]}
profiles: {depth: full, max_age: 36h}
audiences: {top: 20, max_cost_each: 21.5}
content: {top: 10, max_items: 25, details: {kinds: [data, comments], top: 5, max_comment_pages: 2, max_age: 14d}}
overlap: {top: 12, max_calls: 2}
tracking:
  videos: [https://www.tiktok.com/@bar.films/video/1234567890]
  fees: {"https://www.tiktok.com/@bar.films/video/1234567890": 199.99}
linked_accounts: {top: 15, max_age: 60d, provider: north}
email_matches: {addresses: /srv/team/invited.txt, lawful_basis: consent, purpose: To invite them, max_addresses: 300}
"""


def read(text: str | bytes) -> Campaign | tuple[BriefFault, ...]:
    return read_brief("berlin-fitness", text if isinstance(text, bytes) else text.encode(), CATALOG)


def right(text: str) -> Campaign:
    campaign = read(text)
    assert isinstance(campaign, Campaign), [str(fault) for fault in campaign]
    return campaign


def wrong(text: str | bytes) -> tuple[BriefFault, ...]:
    found = read(text)
    assert not isinstance(found, Campaign)
    assert found
    return found


def changed(old: str, new: str) -> str:
    assert BRIEF.count(old) == 1, f"{old!r} must stand in the brief once"
    return BRIEF.replace(old, new)


def test_a_right_brief_becomes_a_campaign() -> None:
    campaign = right(BRIEF)
    assert (campaign.slug, campaign.market, campaign.currency, campaign.fees) == (
        "berlin-fitness",
        "Germany",
        "EUR",
        Decimal(60000),
    )
    assert campaign.budget_microcredits == {"north": 120_500_000, "south": 1}
    instagram, tiktok = campaign.discovery
    assert (instagram.name, instagram.provider, instagram.platform, instagram.max_creators) == (
        "instagram",
        "north",
        "instagram",
        500,
    )
    assert instagram.filters == {
        "location": ("Germany", "Austria"),
        "number_of_followers": {"min": 10000},
        "has_link": True,
    }
    assert tiktok.max_creators == 10_000
    assert tiktok.filters == {
        "country": "Norway",
        "categories": ("fitness",),
        "followerMin": 10000,
        "engagementRate": 2.5,
    }
    assert campaign.lookalikes[0].like == "some_handle"
    assert campaign.lookalikes[0].filters == {"growth": {"percentage": -3}}
    assert campaign.roster[0].handle == "bar.films"
    assert campaign.shortlist is not None
    assert (campaign.shortlist.top, campaign.shortlist.min_engagement_rate) == (60, 0.02)
    assert campaign.shortlist.exclude == ("a_competitor",)
    assert campaign.profiles is not None
    assert (campaign.profiles.max_age, campaign.profiles.provider) == (timedelta(hours=36), None)
    assert campaign.audiences is not None
    assert campaign.audiences.max_age == timedelta(days=30)
    assert campaign.audiences.max_cost_each == Decimal("21.5")
    assert campaign.audiences.keep_sensitive_because == ""
    assert campaign.content is not None
    assert (campaign.content.top, campaign.content.max_items, campaign.content.provider) == (10, 25, None)
    details = campaign.content.details
    assert details is not None
    assert (details.kinds, details.top, details.max_comment_pages) == (("data", "comments"), 5, 2)
    assert (details.max_age.days, details.only_sponsored, details.provider) == (14, False, None)
    assert campaign.linked_accounts is not None
    assert (campaign.linked_accounts.top, campaign.linked_accounts.max_age.days) == (15, 60)
    assert campaign.email_matches is not None
    assert (campaign.email_matches.lawful_basis, campaign.email_matches.depth) == ("consent", "basic")
    assert (campaign.email_matches.max_addresses, campaign.email_matches.max_age.days) == (300, 90)
    assert "invited" not in repr(campaign)
    assert campaign.tracking is not None
    assert list(campaign.tracking.fees.values()) == [Decimal("199.99")]


def test_filters_come_out_as_the_json_that_a_request_needs() -> None:
    encoded = msgspec.json.encode(right(BRIEF).discovery[1].filters)
    assert encoded == b'{"country":"Norway","categories":["fitness"],"followerMin":10000,"engagementRate":2.5}'


def test_sections_that_are_left_out_stay_out() -> None:
    campaign = right(
        "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\n"
        "budget: {south: 1}\n"
        "tracking: {videos: ['https://example.com/v/1']}\n"
    )
    assert campaign.shortlist is None
    assert (campaign.discovery, campaign.lookalikes, campaign.roster) == ((), (), ())
    assert campaign.fees is None


@pytest.mark.parametrize("market", ["NO", "on", "Österreich", "日本", '"1984"'])
def test_text_is_taken_as_written(market: str) -> None:
    assert right(changed("market: Germany", f"market: {market}")).market == market.strip('"')


@pytest.mark.parametrize("handle", ["12345", "1_000", "no", "007", "1e3", "2026-11-02", "UCxYz-_.9", '" @spaced "'])
def test_a_handle_is_taken_as_written_without_its_at_sign(handle: str) -> None:
    assert right(changed("handle: bar.films", f"handle: {handle}")).roster[0].handle == handle.strip('" @')


# Each row: what is changed in the right brief, then line, field, and what problem and remedy must say.
FAULTS = [
    ("currency: EUR", "currency: EUR, curency: EUR", 1, "brief.curency", "unknown field", "Did you mean currency?"),
    ("audiences: {top: 20,", "audience: {top: 20,", 22, "audience", "unknown field", "Did you mean audiences?"),
    ("market: Germany, ", "", 1, "brief.market", "is missing", "`market: Germany`"),
    ("market: Germany", "market: ~", 1, "brief.market", "expected text, found nothing", "Write text"),
    ("market: Germany", "market: 49", 1, "brief.market", "found a number", "quotes"),
    ("market: Germany", 'market: "a\\nb"', 1, "brief.market", "one line of text", "printable"),
    ("end: 2026-12-13", "end: 2026-11-01", 1, "brief.end", "before the start, 2026-11-02", "Exchange"),
    ("end: 2026-12-13", "end: 2026-11-31", 1, "brief.end", "a date of the calendar", "YYYY-MM-DD"),
    ("end: 2026-12-13", "end: 13.12.2026", 1, "brief.end", "a date of the calendar", "YYYY-MM-DD"),
    ("end: 2026-12-13", "end: 2026-12-13T10:00:00", 1, "brief.end", "a date of the calendar", "YYYY-MM-DD"),
    ("end: 2026-12-13", "end: 3026-12-13", 1, "brief.end", "3026-12-13 is out of range", "2100"),
    ("currency: EUR", "currency: eur", 1, "brief.currency", "unknown value 'eur'", "Did you mean EUR?"),
    ("currency: EUR", "currency: Euro", 1, "brief.currency", "unknown value 'Euro'", "Did you mean EUR?"),
    ("fees: 60_000", "fees: -1", 1, "brief.fees", "-1 is out of range", "at least 0"),
    ("  north: 120.5", "  north: -5", 3, "budget.north", "-5 is out of range", "at least 0"),
    ("  north: 120.5", "  north: 1.0000001", 3, "budget.north", "more than six decimals", "at most six"),
    (
        "  north: 120.5",
        "  north: 0.1" + "0" * 36 + "1",
        3,
        "budget.north",
        "more than six decimals",
        "at most six",
    ),
    ("  north: 120.5", "  north: '120'", 3, "budget.north", "found text", "without quotes"),
    ("  north: 120.5", "  north: .inf", 3, "budget.north", "a number of another form", "plain digits"),
    ("  north: 120.5", "  north: 1e3", 3, "budget.north", "found text", "plain digits"),
    ("  north: 120.5", "  north: 010", 3, "budget.north", "a number of another form", "plain digits"),
    ("  north: 120.5", "  north: 12:30", 3, "budget.north", "a number of another form", "plain digits"),
    ("  north: 120.5", "  north: 9999999999", 3, "budget.north", "out of range", "1,000,000,000"),
    ("  north: 120.5", "  nort: 1\n  north: 120.5", 3, "budget.nort", "unknown provider", "Did you mean north?"),
    ("  north: 120.5", "  north: 1\n  north: 2", 4, "budget.north", "the first is on line 3", "silently"),
    ("    provider: north", "    provider: nroth", 7, "discovery[0].provider", "'nroth'", "Did you mean north?"),
    ("    provider: south", "    provider: 1", 12, "discovery[1].provider", "found a number", "quotes"),
    ("    platform: instagram", "    platform: instagran", 8, "discovery[0].platform", "instagran", "instagram?"),
    (
        "    provider: south\n    platform: tiktok",
        "    provider: south\n    platform: instagram",
        13,
        "discovery[1].platform",
        "south cannot search on instagram",
        "On instagram can: north",
    ),
    ("max_creators: 500", "max_creators: 0", 9, "discovery[0].max_creators", "0 is out of range", "at least 1"),
    ("max_creators: 500", "max_creators: 10001", 9, "discovery[0].max_creators", "10001 is", "at most 10,000"),
    ("max_creators: 500", "max_creators: 50.5", 9, "discovery[0].max_creators", "a whole number", "plain digits"),
    ("max_creators: 500", 'max_creators: "500"', 9, "discovery[0].max_creators", "found text", "without quotes"),
    ("max_creators: 500", "max_creators: many", 9, "discovery[0].max_creators", "found text", "plain digits"),
    ("max_creators: 500", "max_creators: [500]", 9, "discovery[0].max_creators", "found a list", "whole number"),
    ("max_creators: 500", "max_creators: yes", 9, "discovery[0].max_creators", "found true or false", "digits"),
    ("name: tiktok", "name: instagram", 11, "discovery[1]", "the same name as discovery[0]", "of its own"),
    ("name: tiktok", "name: Tik Tok", 11, "discovery[1].name", "cannot have this name", "lower-case"),
    (
        "followerMin",
        "followerMinn",
        15,
        "discovery[1].filters.followerMinn",
        "bill the unfiltered answer",
        "Did you mean followerMin? Its filters: categories, country, engagementRate, followerMax, followerMin, gender",
    ),
    (
        "number_of_followers",
        "number_of_subscribers",
        10,
        "discovery[0].filters.number_of_subscribers",
        "north on instagram has no such filter",
        "number_of_followers",
    ),
    ("{min: 10000}", "{minimum: 1}", 10, "discovery[0].filters.number_of_followers.minimum", "unknown", "mean min?"),
    ("{min: 10000}", "{}", 10, "discovery[0].filters.number_of_followers", "the range is empty", "min, max"),
    ("{min: 10000}", "{min: 2, max: 1}", 10, "discovery[0].filters.number_of_followers", "greater", "Exchange"),
    ("{min: 10000}", "{min: -2}", 10, "discovery[0].filters.number_of_followers.min", "-2 is out", "at least 0"),
    ("{min: 10000}", "10000", 10, "discovery[0].filters.number_of_followers", "found a number", "{min: 10000"),
    ("has_link: true", "has_link: yes", 10, "discovery[0].filters.has_link", "true or false", "`true`"),
    ("has_link: true", 'has_link: "true"', 10, "discovery[0].filters.has_link", "true or false", "without quotes"),
    ("[Germany, Austria]", "Germany", 10, "discovery[0].filters.location", "expected a list, found text", "[item"),
    ("[Germany, Austria]", "[]", 10, "discovery[0].filters.location", "the list is empty", "leave the filter out"),
    ("[Germany, Austria]", "[[Germany]]", 10, "discovery[0].filters.location[0]", "found a list", "Write text"),
    ("[fitness]", "[fitnes]", 15, "discovery[1].filters.categories[0]", "'fitnes'", "Did you mean fitness?"),
    ("country: Norway", "gender: f", 15, "discovery[1].filters.gender", "'f'", "The values: m, w"),
    ("followerMin: 10000", "followerMin: 1.5", 15, "discovery[1].filters.followerMin", "whole number", "digits"),
    ("engagementRate: 2.5", "engagementRate: high", 15, "discovery[1].filters.engagementRate", "text", "digits"),
    ("{percentage: -3}", "{months: 13}", 17, "lookalikes[0].filters.growth.months", "13 is out", "at most 12"),
    ("{percentage: -3}", "{percent: 3}", 17, "lookalikes[0].filters.growth.percent", "no such filter", "percentage?"),
    ("{percentage: -3}", "{}", 17, "lookalikes[0].filters.growth", "is empty", "at least one"),
    ('like: "@some_handle"', "like: two words", 17, "lookalikes[0].like", "no blank", "bare name"),
    ("platform: tiktok, handle", "platform: tiktik, handle", 19, "roster[0].platform", "unknown value", "tiktok?"),
    ("handle: bar.films", "handle: bar films", 19, "roster[0].handle", "no blank", "bare name"),
    ("handle: bar.films", "handle: a@example.com", 19, "roster[0].handle", "no further @", "no e-mail"),
    ("handle: bar.films", "handle: https://x.com/a", 19, "roster[0].handle", "no slash", "no link"),
    ("handle: bar.films", "handle: '@'", 19, "roster[0].handle", "no blank", "bare name"),
    ("handle: bar.films", "handle: ~", 19, "roster[0].handle", "found nothing", "Write a handle"),
    (
        "  - {platform: tiktok, handle: bar.films}",
        "  - {platform: tiktok, handle: bar.films}\n  - {platform: tiktok, handle: '@Bar.Films'}",
        20,
        "roster[1]",
        "the same account as roster[0]",
        "Remove one",
    ),
    ("top: 60, ", "", 20, "shortlist.top", "is missing", "`top: 20`"),
    ("rate: 0.02", "rate: 2", 20, "shortlist.min_engagement_rate", "between 0 and 1", "fraction: 0.02 is 2 %"),
    ("rate: 0.02", "rate: 3.5", 20, "shortlist.min_engagement_rate", "between 0 and 1", "0.035 is 3.5 %"),
    ("rate: 0.02", "rate: -0.1", 20, "shortlist.min_engagement_rate", "between 0 and 1", "0.02 is 2 %"),
    ("depth: full", "depth: deep", 21, "profiles.depth", "'deep'", "The depths: full, raw"),
    ("overlap: {top: 12,", "overlap: {top: 1,", 24, "overlap.top", "1", "2"),
    ("max_items: 25", "max_items: 0", 23, "content.max_items", "0", "1"),
    ("max_items: 25", "max_items: 1_001", 23, "content.max_items", "1001", "1,000"),
    ("max_items: 25, ", "", 23, "content.max_items", "missing", "max_items"),
    ("[data, comments]", "[data, comment]", 23, "content.details.kinds[1]", "'comment'", "comments?"),
    ("[data, comments]", "[]", 23, "content.details.kinds", "names no kind", "audio, comments, data"),
    ("[data, comments]", "data", 23, "content.details.kinds", "expected a list", "[item, item]"),
    ("kinds: [data, comments], ", "", 23, "content.details.kinds", "is missing", "kinds: [data, comments]"),
    ("[data, comments]", "[data]", 23, "content.details.max_comment_pages", "no comments", "remove this field"),
    (
        "[data, comments]",
        "[comments, audio]",
        23,
        "content.details",
        "no audio of posts on instagram, tiktok",
        "north on youtube",
    ),
    (
        "[data, comments], top: 5, max_comment_pages: 2",
        "[data], top: 5, provider: south",
        23,
        "content.details",
        "south has no data of posts",
        "north on",
    ),
    ("max_comment_pages: 2", "max_comment_pages: 0", 23, "content.details.max_comment_pages", "0", "1"),
    ("max_comment_pages: 2", "sponsored: true", 23, "content.details.sponsored", "unknown field", "only_sponsored"),
    ("{top: 15, max", "{top: none, max", 28, "linked_accounts.top", "a whole number", "digits"),
    (", lawful_basis: consent", "", 29, "email_matches.lawful_basis", "is missing", "lawful_basis: consent"),
    (", purpose: To invite them", "", 29, "email_matches.purpose", "is missing", "purpose: why"),
    (", max_addresses: 300", "", 29, "email_matches.max_addresses", "is missing", "max_addresses: 100"),
    ("basis: consent", "basis: we want to", 29, "email_matches.lawful_basis", "unknown value", "legitimate_interests"),
    ("basis: consent", "basis: concent", 29, "email_matches.lawful_basis", "unknown value", "Did you mean consent?"),
    ("purpose: To invite them", "purpose: ''", 29, "email_matches.purpose", "one line of text", "printable"),
    ("To invite them", "To invite jane@example.com", 29, "email_matches.purpose", "names nobody", "in words"),
    (
        "/srv/team/invited.txt",
        "invited.txt",
        29,
        "email_matches.addresses",
        "absolute path",
        "outside of the repository",
    ),
    ("/srv/team/invited.txt", "jane@example.com", 29, "email_matches.addresses", "no address", "one per line"),
    ("/srv/team/invited.txt", "[jane@example.com]", 29, "email_matches.addresses", "found a list", "path"),
    ("addresses: 300", "addresses: 10_001", 29, "email_matches.max_addresses", "10001", "10,000"),
    ("addresses: 300", "addresses: 300, provider: south", 29, "email_matches", "south cannot match", "north"),
    ("addresses: 300", "addresses: 300, depth: full", 29, "email_matches.depth", "unknown value", "advanced"),
    ("max_age: 60d", "age: 60d", 28, "linked_accounts.age", "unknown field", "max_age"),
    (
        "{top: 20, max_cost_each: 21.5}",
        "{top: 20, keep_sensitive: true}",
        22,
        "audiences.keep_sensitive",
        "unknown field",
        "because",
    ),
    ("max_age: 36h", "max_age: 30", 21, "profiles.max_age", "expected a duration", "12h, 30d or 6w"),
    ("max_age: 36h", "max_age: 0d", 21, "profiles.max_age", "expected a duration", "30d"),
    ("max_age: 36h", "max_age: 9999d", 21, "profiles.max_age", "expected a duration", "at most 3650d"),
    ("max_age: 36h", "max_age: 1.5d", 21, "profiles.max_age", "expected a duration", "whole number"),
    (
        "depth: full",
        "provider: south",
        21,
        "profiles",
        "south cannot enrich creators on instagram",
        "On instagram can: north",
    ),
    ("[https://www.tiktok.com/@bar.films/video/1234567890]", "[]", 27, "?", "not tracked", "tracking.videos"),
    ('  fees: {"', '  max_sponsored: 0\n  fees: {"', 27, "tracking.max_sponsored", "0", "1"),
    ('  fees: {"', '  retry_errors: often\n  fees: {"', 27, "tracking.retry_errors", "true or false", "true"),
    (
        '  fees: {"',
        '  creator_averages: true\n  fees: {"',
        27,
        "tracking.creator_averages",
        "a duration",
        "such as 12h",
    ),
    ('  fees: {"', '  creator_averages: 23h\n  fees: {"', 27, "tracking.creator_averages", "once a day", "1d or more"),
    ("videos: [https:", "videos: [http:", 26, "tracking.videos[0]", "full link", "https://"),
]


@pytest.mark.parametrize(("old", "new", "line", "field", "problem", "remedy"), FAULTS)
def test_a_fault_names_line_field_problem_and_what_would_be_right(
    old: str, new: str, line: int, field: str, problem: str, remedy: str
) -> None:
    text = changed(old, new)
    matching = [f for f in wrong(text) if f.field == field or (field == "?" and f.field.endswith("?"))]
    assert len(matching) == 1, [str(fault) for fault in wrong(text)]
    fault = matching[0]
    assert fault.line == line
    assert 1 <= fault.column <= len(text.splitlines()[line - 1]) + 1
    assert problem in fault.problem
    assert remedy in fault.remedy
    assert str(fault) == f"berlin-fitness.yaml:{line}:{fault.column}: {fault.field}: {fault.problem}. {fault.remedy}."


def test_columns_point_at_the_wrong_value_itself() -> None:
    text = changed("max_creators: 500", "max_creators: 0")
    (fault,) = wrong(text)
    assert text.splitlines()[fault.line - 1][fault.column - 1 :] == "0"


def test_all_faults_of_a_brief_are_told_in_the_order_of_its_lines() -> None:
    text = changed("currency: EUR", "currency: euros").replace("max_creators: 500", "max_creators: -1")
    text = text.replace("top: 60", "top: 0").replace("handle: bar.films", "handle: bar films")
    found = wrong(text)
    assert [fault.field for fault in found] == [
        "brief.currency",
        "discovery[0].max_creators",
        "roster[0].handle",
        "shortlist.top",
    ]


def test_the_number_of_faults_is_bounded_and_the_rest_counted() -> None:
    text = BRIEF + "".join(f"wrong{n}: 1\n" for n in range(faults.MAX_FAULTS + 7))
    found = wrong(text)
    assert len(found) == faults.MAX_FAULTS + 1
    assert found[-1].problem == "7 further faults are not listed"


def test_the_same_search_twice_is_refused_because_it_is_paid_for_twice() -> None:
    extra = "  - {name: more, provider: south, platform: tiktok, max_creators: 5, filters: {followerMin: 10000, "
    extra += "engagementRate: 2.50, categories: [fitness], country: Norway}}\nlookalikes:\n"
    (fault,) = wrong(BRIEF.replace("lookalikes:\n", extra))
    assert (fault.field, fault.problem) == ("discovery[2]", "the same search as discovery[1]")
    assert "bought twice" in fault.remedy


def test_a_provider_without_a_budget_is_refused_wherever_it_is_asked() -> None:
    found = wrong(changed("  south: 0.000001\n", ""))
    assert [(fault.field, fault.problem) for fault in found] == [
        ("discovery[1]", "south has no budget in this brief"),
        ("profiles", "nobody with a budget can enrich creators on tiktok"),
        ("audiences", "nobody with a budget can report on audiences on tiktok"),
        ("content", "nobody with a budget can list content on tiktok"),
        ("overlap", "nobody with a budget can compare audiences on tiktok"),
    ]


@pytest.mark.parametrize("old", ["/srv/team/invited.txt", "To invite them", "consent", "300", "max_addresses"])
def test_an_address_in_the_brief_is_refused_and_never_repeated(old: str) -> None:
    section = BRIEF.splitlines()[-1]
    found = wrong(BRIEF.replace(section, section.replace(old, "jane@example.com")))
    assert found
    assert not [fault for fault in found if "jane" in str(fault)]


def test_a_section_without_the_one_that_it_needs_is_refused() -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {south: 1}\n"
    (nothing,) = wrong(head)
    assert "no creators and no videos" in nothing.problem
    (unbounded,) = wrong(head + "roster: [{platform: tiktok, handle: a}]\n")
    assert "the section shortlist is missing" in unbounded.problem
    (alone,) = wrong(head + "tracking: {videos: ['https://example.com/v']}\nprofiles: {}\n")
    assert (alone.field, alone.problem) == ("profiles", "there are no creators for it")


def test_tracking_says_which_videos_or_where_they_are_found() -> None:
    campaign = right(changed("tracking:\n", "tracking:\n  max_sponsored: 4\n  retry_errors: true\n"))
    assert campaign.tracking is not None
    assert (campaign.tracking.max_sponsored, campaign.tracking.retry_errors) == (4, True)
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {south: 1}\n"
    (nothing,) = wrong(head + "tracking: {retry_errors: true}\n")
    assert (nothing.field, nothing.problem) == ("tracking", "names no videos")
    with_fill = right(changed("tracking:\n", "tracking:\n  fill_from: north\n"))
    assert with_fill.tracking is not None
    assert with_fill.tracking.fill_from == "north"
    for wrongly, said in (("south", "no counters of single posts"), ("west", "unknown value"), ("north", "no budget")):
        video = f"tracking: {{videos: ['https://example.com/v/1'], fill_from: {wrongly}}}\n"
        (fault,) = wrong(head + video)
        assert fault.field == "tracking.fill_from"
        assert said in fault.problem
    assert with_fill.tracking.creator_averages is None
    with_averages = right(changed("tracking:\n", "tracking:\n  creator_averages: 7d\n"))
    assert with_averages.tracking is not None
    assert with_averages.tracking.creator_averages == timedelta(days=7)
    (poor,) = wrong(head + "tracking: {videos: ['https://example.com/v/1'], creator_averages: 7d}\n")
    assert (poor.field, poor.line) == ("tracking.creator_averages", 3)
    assert "nobody with a budget" in poor.problem
    assert "Give a budget to one of: north" in poor.remedy
    (nowhere,) = wrong(head + "tracking: {max_sponsored: 4}\n")
    assert (nowhere.field, nowhere.problem) == ("tracking", "there is no content to find paid posts in")


@pytest.mark.parametrize(
    ("tracking", "field", "problem", "remedy"),
    [
        ("videos: ['https://e.com/youtube/1']", "tracking.videos[0]",
         "nobody with a budget can track videos on youtube", "That can: south"),
        ("videos: ['https://e.com/a', 'https://vm.e.com/b']", "tracking.videos[1]",
         "nobody with a budget can track videos by short links of tiktok", "That can: south"),
        ("videos: ['https://e.com/instagram/1']", "tracking.videos[0]",
         "nobody with a budget can track videos on instagram", "That can: nobody"),
        ("provider: north, videos: ['https://vm.e.com/b']", "tracking.videos[0]",
         "north cannot track videos by short links of tiktok", "That can: south"),
        ("provider: east, videos: ['https://e.com/a']", "tracking.videos[0]", "east cannot track videos on tiktok",
         "That can: north, south"),
        ("provider: south, videos: ['https://e.com/a']", "tracking.provider", "south has no budget in this brief",
         "Add `south: <credits>`"),
        ("provider: west, videos: ['https://e.com/a']", "tracking.provider", "unknown value", "east, north, south"),
    ],
)  # fmt: skip
def test_a_video_that_nobody_can_follow_is_a_fault_of_the_brief(
    tracking: str, field: str, problem: str, remedy: str
) -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {north: 1, east: 1}\n"
    (fault,) = wrong(head + f"tracking: {{{tracking}}}\n")
    assert (fault.field, fault.line) == (field, 3)
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_paid_posts_that_nobody_can_follow_are_a_fault_of_the_brief() -> None:
    text = changed("  south: 0.000001\n", "").replace("  - name: tiktok", "  - name: other")
    faults = wrong(
        text.replace("provider: south\n    platform: tiktok", "provider: north\n    platform: instagram")
        .replace("tracking:\n", "tracking:\n  provider: east\n  max_sponsored: 2\n")
    )  # fmt: skip
    assert "tracking.max_sponsored" in {fault.field for fault in faults}


def test_a_faulty_section_is_not_called_missing_as_well() -> None:
    (fault,) = wrong(changed("shortlist: {top: 60,", "shortlist: {top: sixty,"))
    assert fault.field == "shortlist.top"


@pytest.mark.parametrize(
    ("raw", "line", "column", "problem"),
    [
        (b"", 1, 1, "the file is empty"),
        (b"# only a remark\n", 1, 1, "the file is empty"),
        (b"~\n", 1, 1, "expected a mapping, found nothing"),
        (b"- a\n", 1, 1, "expected a mapping, found a list"),
        (b"brief\n", 1, 1, "expected a mapping, found text"),
        (b"brief:\n\tmarket: x\n", 2, 1, "a tab is used for indentation"),
        (b"roster:\n  - {platform: tiktok, handle: @some_handle}\n", 2, 32, "begins with @"),
        (b"a: 1\nb: [1, 2\n", 3, 1, "not valid YAML"),
        (b"a: 1\nb: c: d\n", 2, 5, "mapping values"),
        (b"a: 1\nb: \xff\n", 2, 4, "a byte is not UTF-8"),
        (b"a: 1\nb: x\x00\n", 2, 5, "a control character"),
        (b"a: 1\n---\nb: 1\n", 2, 1, "a second document"),
        (b"a: &x 1\nb: *x\n", 2, 4, "aliases"),
        (b"a: !!python/object/apply:os.system [id]\n", 1, 4, "tags"),
        (b"a: " + b"[" * 30 + b"]" * 30, 1, 23, "nested more than 20"),
        (b"? [a]\n: 1\n", 1, 3, "a field name must be plain text"),
        (b"x" * 1_000_001, 1, 1, "larger than 1,000,000 bytes"),
        (b"[" * 1_000_000, 1, 21, "nested more than 20"),
        (b"[" + b"1," * 400_000 + b"1]", 1, 200_000, "more than 100,000 values"),
    ],
)
def test_a_file_that_is_no_plain_yaml_mapping_is_refused(raw: bytes, line: int, column: int, problem: str) -> None:
    (fault,) = [fault for fault in wrong(raw) if problem in fault.problem]
    assert (fault.line, fault.column) == (line, column)


def test_both_yaml_readers_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [
        BRIEF,
        "a:\n\tb: 1\n",
        "a: {b: @c}\n",
        "a: &x 1\nb: *x\n",
        changed("max_creators: 500", "max_creators: 0"),
    ]
    fast = [read(source) for source in sources]
    monkeypatch.setattr(document, "_LOADER", yaml.SafeLoader)
    assert [read(source) for source in sources] == fast


def test_a_byte_order_mark_and_windows_line_ends_are_welcome() -> None:
    assert read(b"\xef\xbb\xbf" + BRIEF.replace("\n", "\r\n").encode()) == right(BRIEF)


def test_aliases_that_would_grow_without_bound_are_refused_at_the_first() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (fault,) = wrong("\n".join(levels))
    assert (fault.line, "aliases" in fault.problem) == (2, True)


CANARIES = ("jane.canary", "canary@example.com", "canary_rival", "canary_twin", "@canary")


@pytest.mark.parametrize(
    "personal",
    [
        "roster: [{platform: tiktok, handle: jane.canary x}]",
        "roster: [{platform: jane.canary, handle: a}]",
        "roster: {jane.canary: tiktok}",
        "roster: [jane.canary]",
        "roster: [{jane.canary: tiktok}]",
        "roster: [{platform: tiktok, handle: canary@example.com}]",
        "roster: [{platform: tiktok, handle: jane.canary}, {platform: tiktok, handle: jane.canary}]",
        "lookalikes: [{provider: north, platform: instagram, like: canary_twin/x, max_creators: 5}]",
        "lookalikes: [{provider: north, platform: instagram, like: [canary_twin], max_creators: 5}]",
        "shortlist: {top: 5, exclude: [canary_rival /]}",
        "shortlist: {top: 5, exclude: {canary_rival: 1}}",
        "shortlist: {top: 5, canary@example.com: 1}",
        "tracking: {videos: ['http://tiktok.com/@canary/1']}",
        "tracking: {videos: [], fees: {'https://tiktok.com/@canary/1': 1}}",
        "tracking: {videos: ['https://tiktok.com/@canary/1', 'https://tiktok.com/@canary/1']}",
        "roster: [{platform: tiktok, handle: !jane.canary x}]",
        "roster: [{platform: tiktok, handle: !jane.canary!x x}]",
        "roster: [{platform: tiktok, handle: *jane.canary}]",
        "roster: [{platform: tiktok, handle: @canary}]",
        "canary@example.com: 1",
    ],
)
def test_no_fault_repeats_what_may_name_a_person(personal: str) -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {north: 1, south: 1}\n"
    for fault in wrong(head + personal):
        assert not any(canary in str(fault) or canary in repr(fault) for canary in CANARIES), str(fault)


def test_no_repr_shows_a_handle() -> None:
    campaign = right(BRIEF)
    for shown in (repr(campaign), str(campaign), pretty_repr(campaign), f"{campaign.roster}", repr(campaign.tracking)):
        assert "hidden" in shown
        assert not any(name in shown for name in ("bar.films", "some_handle", "a_competitor"))


def test_a_campaign_knows_its_days_and_weeks() -> None:
    campaign = right(changed("end: 2026-12-13", "end: 2026-11-16").replace("start: 2026-11-02", "start: 2026-11-08"))
    assert campaign.weeks() == (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16))
    days = [date(2026, 11, 7) + timedelta(days=n) for n in range(11)]
    assert [day for day in days if campaign.runs_on(day)] == days[1:-1]


def test_one_wrong_brief_takes_no_other_down(tmp_path: Path) -> None:
    (tmp_path / "berlin-fitness.yaml").write_text(BRIEF, encoding="utf-8")
    (tmp_path / "another.yaml").write_text(changed("max_creators: 500", "max_creators: 0"), encoding="utf-8")
    (tmp_path / "Bad_Name.yaml").write_text(BRIEF, encoding="utf-8")
    (tmp_path / "short.yml").write_text(BRIEF, encoding="utf-8")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "big.yaml").write_bytes(b"#" * 1_000_001)
    (tmp_path / ".hidden.yaml").write_text("x", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    campaigns = load_campaigns(tmp_path, CATALOG)
    assert campaigns.slugs == ("berlin-fitness",)
    assert campaigns["berlin-fitness"] == right(BRIEF)
    assert {Path(fault.file).name: fault.problem for fault in campaigns.faults} == {
        "Bad_Name.yaml": "the name of the file is no campaign name",
        "another.yaml": "0 is out of range",
        "big.yaml": "the file is larger than 1,000,000 bytes",
        "folder.yaml": "this is no regular file",
        "gone.yaml": "this is no regular file",
        "pipe.yaml": "this is no regular file",
        "short.yml": "a brief ends in .yaml",
    }
    assert all(str(fault).startswith(f"{tmp_path}/") for fault in campaigns.faults)


def test_a_folder_that_is_missing_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    campaigns = load_campaigns(tmp_path / "nowhere", CATALOG)
    assert campaigns.slugs == ()
    assert "cannot be read" in campaigns.faults[0].problem


def test_asking_for_an_unknown_campaign_says_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "berlin-fitness.yaml").write_text(BRIEF, encoding="utf-8")
    with pytest.raises(UnknownCampaignError, match="There are: berlin-fitness"):
        load_campaigns(tmp_path, CATALOG)["berlin"]


@given(st.integers(min_value=0, max_value=terms.MAX_BUDGET_CREDITS * 10**6))
def test_every_budget_that_the_ledger_can_hold_is_read_exactly(microcredits: int) -> None:
    whole, part = divmod(microcredits, 10**6)
    campaign = right(changed("north: 120.5", f"north: {whole}.{part:06d}"))
    assert campaign.budget_microcredits["north"] == microcredits


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_whatsoever_make_reading_fail(raw: bytes) -> None:
    assert isinstance(read(raw), tuple)


@given(st.data())
def test_no_damage_to_a_right_brief_makes_reading_fail(data: st.DataObject) -> None:
    at = data.draw(st.integers(min_value=0, max_value=len(BRIEF)))
    length = data.draw(st.integers(min_value=0, max_value=40))
    text = BRIEF[:at] + data.draw(st.text(max_size=5)) + BRIEF[at + length :]
    found = read(text)
    assert isinstance(found, Campaign) or all(fault.line <= text.count("\n") + 2 for fault in found)


def test_the_example_briefs_are_right_cheap_and_current_for_months() -> None:
    campaigns = load_campaigns(Path(__file__).parent.parent / "campaigns", capabilities.catalog())
    assert [str(fault) for fault in campaigns.faults] == []
    assert campaigns.slugs == ("berlin-fitness", "uk-gaming-tiktok")
    berlin, uk = campaigns["berlin-fitness"], campaigns["uk-gaming-tiktok"]
    assert all(campaign.runs_on(date(2026, 11, 2) + timedelta(weeks=30)) for campaign in (berlin, uk))
    assert berlin.shortlist is not None
    assert uk.shortlist is not None
    # Prices of the providers' documents: 0.01 a creator found and 1 a full profile; 1 a page of twenty and 1 a profile.
    found = sum(one.max_creators for one in berlin.discovery) + sum(one.max_creators for one in berlin.lookalikes)
    assert Decimal("0.01") * found + berlin.shortlist.top < 30
    assert -(-sum(search.max_creators for search in uk.discovery) // 20) + uk.shortlist.top < 60


@pytest.mark.parametrize("written", ["true", "false", "yes", "ON", "'y'"])
def test_a_yes_is_no_reason_to_keep_what_is_inferred_about_people(written: str) -> None:
    text = (
        "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {infludata: 90}\n"
        "roster: [{platform: tiktok, handle: bar.films}]\nshortlist: {top: 1}\n"
        f"audiences: {{top: 1, keep_sensitive_because: {written}}}\n"
    )
    found = read_brief("one", text.encode(), capabilities.catalog())
    assert not isinstance(found, Campaign)
    assert [fault.field for fault in found] == ["audiences.keep_sensitive_because"]
    assert found[0].problem == "this is no reason"
    assert isinstance(read_brief("one", text.replace(written, "a study").encode(), capabilities.catalog()), Campaign)


def test_one_video_in_two_forms_and_what_is_no_video_are_refused() -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {influtics: 90}\n"
    text = (
        head + "tracking:\n  videos:\n    - https://www.tiktok.com/@a/video/7300000000000000001\n"
        "    - https://m.tiktok.com/@b/video/7300000000000000001\n    - https://www.tiktok.com/@a\n"
    )
    found = read_brief("one", text.encode(), capabilities.catalog())
    assert not isinstance(found, Campaign)
    assert [(fault.field, fault.line) for fault in found] == [("tracking.videos[1]", 6), ("tracking.videos[2]", 7)]
    assert "the same video as tracking.videos[0]" in found[0].problem
    assert "no address of a single video" in found[1].problem
    assert "tiktok" not in " ".join(map(str, found))
