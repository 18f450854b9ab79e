"""A wrong brief: every way to get a field or a section wrong, and what is said about it."""

from __future__ import annotations

import pytest

from creator_assets.checked_yaml import faults
from tests.campaigns.briefs import BRIEF, changed, wrong

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
    (
        "max_creators: 500",
        "max_creators: 10001",
        9,
        "discovery[0].max_creators",
        "10001 is",
        "10,000: a search returns no more",
    ),
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
    ("handle: bar.films", "handle: https://example.com/a", 19, "roster[0].handle", "no slash", "no link"),
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


def test_all_faults_of_a_brief_are_listed_in_the_order_of_its_lines() -> None:
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


def test_what_sections_need_from_each_other_is_checked_even_where_another_one_is_wrong() -> None:
    text = changed("  south: 0.000001\n", "").replace("currency: EUR", "currency: eur").replace("top: 60", "top: 0")
    text = text.replace("max_creators: 500", "max_creators: 0").replace("name: tiktok", "name: x")
    found = [(fault.field, fault.problem) for fault in wrong(text)]
    assert found[:4] == [
        ("brief.currency", "unknown value 'eur'"),
        ("discovery[0].max_creators", "0 is out of range"),
        ("discovery[1]", "south has no budget in this brief"),
        ("shortlist.top", "0 is out of range"),
    ]
    assert ("profiles", "nobody with a budget can enrich creators on tiktok") in found


def test_a_video_that_is_wrong_does_not_make_its_fee_wrong_as_well() -> None:
    (fault,) = wrong(BRIEF.replace("https://www.tiktok.com/@bar", "http://www.tiktok.com/@bar"))
    assert fault.field == "tracking.videos[0]"


def test_a_section_without_the_one_that_it_needs_is_refused() -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {south: 1}\n"
    (nothing,) = wrong(head)
    assert "no creators and no videos" in nothing.problem
    (unbounded,) = wrong(head + "roster: [{platform: tiktok, handle: a}]\n")
    assert "the section shortlist is missing" in unbounded.problem
    for section in (
        "shortlist: {top: 1}", "profiles: {}", "audiences: {top: 1}", "content: {top: 1, max_items: 1}",
        "overlap: {top: 2}", "linked_accounts: {top: 1}",
    ):  # fmt: skip
        (alone,) = wrong(head + f"tracking: {{videos: ['https://example.com/v']}}\n{section}\n")
        assert (alone.field, alone.problem) == (section.partition(":")[0], "there are no creators for it")


def test_a_faulty_section_is_not_called_missing_as_well() -> None:
    (fault,) = wrong(changed("shortlist: {top: 60,", "shortlist: {top: sixty,"))
    assert fault.field == "shortlist.top"
