"""One right brief, the providers it is held against, and how tests change and read it; no test here."""

from __future__ import annotations

from creator_assets.campaigns import (
    BriefFault,
    Campaign,
    Filter,
    FilterKind,
    ProviderAbilities,
    ProviderCatalog,
    read_brief,
)
from creator_assets.campaigns.catalog import KnownVideo

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
