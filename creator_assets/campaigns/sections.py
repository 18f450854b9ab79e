"""The sections of a brief, each read from its place into its value.

What belongs here: which fields a section has, which of them are required and within which bounds. What one section asks
of another is in ``brief``. A section with a fault yields None, or a list without the faulty entry; the fault is
reported by then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from creator_assets.campaigns import scalars
from creator_assets.campaigns.address_file import MAX_ADDRESSES
from creator_assets.campaigns.catalog import ProviderAbilities, ProviderCatalog
from creator_assets.campaigns.currencies import CURRENCIES
from creator_assets.campaigns.faults import what_would_be_right
from creator_assets.campaigns.filters import FilterValue, read_filters
from creator_assets.campaigns.model import (
    MONTH,
    QUARTER,
    Audiences,
    ContentWish,
    DetailsWish,
    EmailMatching,
    LinkedAccountsWish,
    Lookalike,
    Overlap,
    Profiles,
    RosterAccount,
    Search,
    Shortlist,
    Thresholds,
    Tracking,
)
from creator_assets.campaigns.place import Place
from creator_assets.campaigns.slug import SLUG_RULE, is_slug

MAX_CREATORS = 10_000
"""Results of one search at most: influencers.club returns no more for a query (seed ``003_4cf6d03a58a0fd76.txt``)."""

MAX_SEARCHES = 100
MAX_ACCOUNTS = 10_000
MAX_ITEMS = 1_000
MAX_BUDGET_CREDITS = 1_000_000_000
MAX_PAGES = 100
DEPTHS = ("full", "raw")
EMAIL_DEPTHS = ("basic", "advanced")
LAWFUL_BASES = (
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests",
)  # fmt: skip
"""Those of Article 6(1) of the GDPR, (a) to (f)."""

_BOUGHT_TWICE = "Remove one of the two: every creator in it would be bought twice"

_Entry = TypeVar("_Entry")
_Placed = tuple[Place, _Entry]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The section `brief`."""

    market: str
    start: date
    end: date
    currency: str
    fees: Decimal | None


def read_terms(place: Place | None) -> Terms | None:
    """Read market, time and money of the campaign."""
    if place is None:
        return None
    form = {"market": "Germany", "start": "2026-11-02", "end": "2026-12-13", "currency": "EUR", "fees": "60000"}
    fields = place.fields(form, required=("market", "start", "end", "currency"))
    market = scalars.text(fields.get("market"))
    start, end = scalars.day(fields.get("start")), scalars.day(fields.get("end"))
    currency = scalars.choice(fields.get("currency"), CURRENCIES, "currency codes of ISO 4217")
    fees = scalars.amount(fields.get("fees"))
    if start is None or end is None:
        return None
    if end < start:
        fields["end"].refuse(f"the end, {end}, lies before the start, {start}", "Exchange the two or correct one")
        return None
    return Terms(market=market, start=start, end=end, currency=currency, fees=fees)


def read_budget(place: Place | None, catalog: ProviderCatalog) -> dict[str, int]:
    """Read the credits of each provider into microcredits."""
    if place is None:
        return {}
    entries = place.entries(catalog.providers)
    if entries:
        for name, shown in place.unknown_names(catalog.providers):
            remedy = what_would_be_right(name.value, catalog.providers, "The providers")
            place.refuse_name(name, shown, "unknown provider", remedy)
    # A budget with a fault counts as there, so that nobody is told to add it.
    return {
        provider: scalars.microcredits(entry, at_most=MAX_BUDGET_CREDITS) or 0
        for provider, entry in entries.items()
        if provider in catalog.providers
    }


def read_searches(place: Place | None, catalog: ProviderCatalog) -> list[_Placed[Search]]:
    """Read the searches."""
    searches = _entries(place, MAX_SEARCHES, lambda entry: _search(entry, catalog))
    _refuse_repeated(searches, lambda search: search.name, "name", "Give every search a name of its own")
    _refuse_repeated(
        searches, lambda one: (one.provider, one.platform, _canonical(one.filters)), "search", _BOUGHT_TWICE
    )
    return searches


def _search(place: Place, catalog: ProviderCatalog) -> Search | None:
    form = {"name": "main", "provider": "…", "platform": "…", "max_creators": "100", "filters": "{…}"}
    fields = place.fields(form, required=("name", "provider", "platform", "max_creators"))
    name = scalars.text(fields.get("name"))
    if name and not is_slug(name):
        fields["name"].refuse("a search cannot have this name", f"Write {SLUG_RULE}")
    provider = _provider(fields.get("provider"), catalog)
    platform = _platform(fields.get("platform"), provider, catalog, lambda can: can.search, "search")
    count = scalars.whole_number(
        fields.get("max_creators"), at_least=1, at_most=MAX_CREATORS, why="a search returns no more"
    )
    if not (name and provider and platform and count):
        return None
    filters = _filters(fields.get("filters"), catalog, provider, platform)
    return Search(name=name, provider=provider, platform=platform, max_creators=count, filters=filters)


def read_lookalikes(place: Place | None, catalog: ProviderCatalog) -> list[_Placed[Lookalike]]:
    """Read whom to find look-alikes of."""
    found = _entries(_personal(place), MAX_SEARCHES, lambda entry: _lookalike(entry, catalog))
    _refuse_repeated(
        found,
        lambda one: (one.provider, one.platform, one.like.casefold(), _canonical(one.filters)),
        "request",
        _BOUGHT_TWICE,
    )
    return found


def _lookalike(place: Place, catalog: ProviderCatalog) -> Lookalike | None:
    form = {"provider": "…", "platform": "…", "like": "some_handle", "max_creators": "50", "filters": "{…}"}
    fields = place.fields(form, required=("provider", "platform", "like", "max_creators"))
    provider = _provider(fields.get("provider"), catalog)
    platform = _platform(fields.get("platform"), provider, catalog, lambda can: can.lookalikes, "find look-alikes")
    like = scalars.handle(fields.get("like"))
    count = scalars.whole_number(
        fields.get("max_creators"), at_least=1, at_most=MAX_CREATORS, why="a search returns no more"
    )
    if not (provider and platform and like and count):
        return None
    filters = _filters(fields.get("filters"), catalog, provider, platform)
    return Lookalike(provider=provider, platform=platform, like=like, max_creators=count, filters=filters)


def read_roster(place: Place | None, catalog: ProviderCatalog) -> list[_Placed[RosterAccount]]:
    """Read the accounts that the team knows."""
    accounts = _entries(_personal(place), MAX_ACCOUNTS, lambda entry: _account(entry, catalog))
    # Compared as most platforms compare them; ids that differ by case alone (YouTube's) do not meet in one brief.
    _refuse_repeated(accounts, lambda one: (one.platform, one.handle.casefold()), "account", "Remove one of the two")
    return accounts


def _account(place: Place, catalog: ProviderCatalog) -> RosterAccount | None:
    fields = place.fields({"platform": "tiktok", "handle": "some_handle"}, required=("platform", "handle"))
    platform = scalars.choice(fields.get("platform"), catalog.platforms, "platforms")
    handle = scalars.handle(fields.get("handle"))
    return RosterAccount(platform=platform, handle=handle) if platform and handle else None


def read_thresholds(place: Place | None) -> Thresholds:
    """Read the shares of the budgets from which somebody is told, or nothing more is spent."""
    if place is None:
        return Thresholds()
    fields = place.fields({"notify": "0.8", "suspend": "0.95", "suspend_immediate": "1.0"})
    shares = {name: scalars.fraction(field) for name, field in fields.items()}
    return Thresholds(**shares)


def read_shortlist(place: Place | None) -> Shortlist | None:
    """Read the rule of the shortlist."""
    if place is None:
        return None
    fields = place.fields({"top": "20", "min_engagement_rate": "0.02", "exclude": "[…]"}, required=("top",))
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    rate = scalars.fraction(fields.get("min_engagement_rate"))
    exclude = [scalars.handle(item) for item in _items(fields.get("exclude"), MAX_ACCOUNTS)]
    return Shortlist(top=top, min_engagement_rate=rate or 0.0, exclude=tuple(dict.fromkeys(exclude))) if top else None


def read_profiles(place: Place | None, catalog: ProviderCatalog) -> Profiles | None:
    """Read how the shortlist is enriched."""
    if place is None:
        return None
    fields = place.fields({"depth": "full", "max_age": "30d", "provider": "…", "max_cost_each": "2.5"})
    return Profiles(
        depth=scalars.choice(fields.get("depth"), DEPTHS, "depths", default=DEPTHS[0]),
        max_age=scalars.duration(fields.get("max_age"), MONTH),
        provider=_provider(fields.get("provider"), catalog) or None,
        max_cost_each=scalars.amount(fields.get("max_cost_each")),
    )


def read_audiences(place: Place | None, catalog: ProviderCatalog) -> Audiences | None:
    """Read for whom audience reports are bought."""
    if place is None:
        return None
    form = {"top": "20", "max_age": "45d", "provider": "…", "keep_sensitive_because": "the reason"}
    fields = place.fields(form, required=("top",))
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    provider = _provider(fields.get("provider"), catalog) or None
    max_age = scalars.duration(fields.get("max_age"), MONTH)
    because = scalars.text(fields.get("keep_sensitive_because"))
    return Audiences(top=top, max_age=max_age, provider=provider, keep_sensitive_because=because) if top else None


def read_content(place: Place | None, catalog: ProviderCatalog) -> ContentWish | None:
    """Read for whom new posts are bought."""
    if place is None:
        return None
    form = {"top": "10", "max_items": "20", "provider": "…", "details": "{kinds: [data], top: 10}"}
    fields = place.fields(form, required=("top", "max_items"))
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    max_items = scalars.whole_number(fields.get("max_items"), at_least=1, at_most=MAX_ITEMS)
    provider = _provider(fields.get("provider"), catalog) or None
    details = _details(fields.get("details"), catalog)
    if not (top and max_items):
        return None
    return ContentWish(top=top, max_items=max_items, provider=provider, details=details)


def _details(place: Place | None, catalog: ProviderCatalog) -> DetailsWish | None:
    if place is None:
        return None
    form = {
        "kinds": "[data, comments]", "top": "10", "max_comment_pages": "2", "only_sponsored": "true", "max_age": "30d",
        "provider": "…",
    }  # fmt: skip
    fields = place.fields(form, required=("kinds", "top"))
    known = sorted({kind for can in catalog.providers.values() for kind in can.details})
    named = _items(fields.get("kinds"), len(known))
    kinds = [kind for item in named if (kind := scalars.choice(item, known, "kinds"))]
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    pages = scalars.whole_number(fields.get("max_comment_pages"), at_least=1, at_most=MAX_PAGES)
    if pages and kinds and "comments" not in kinds:
        fields["max_comment_pages"].refuse("no comments are asked for", "Add comments to kinds, or remove this field")
    only_sponsored = scalars.flag(fields.get("only_sponsored")) or False
    max_age = scalars.duration(fields.get("max_age"), MONTH)
    provider = _provider(fields.get("provider"), catalog) or None
    if "kinds" in fields and fields["kinds"].found == "a list" and not named:
        fields["kinds"].refuse("names no kind of detail", f"Write some of: {', '.join(known)}")
    if not (kinds and top):
        return None
    return DetailsWish(
        kinds=tuple(dict.fromkeys(kinds)),
        top=top,
        max_comment_pages=pages or 1,
        only_sponsored=only_sponsored,
        max_age=max_age,
        provider=provider,
    )


def read_overlap(place: Place | None, catalog: ProviderCatalog) -> Overlap | None:
    """Read whose audiences are compared."""
    if place is None:
        return None
    fields = place.fields({"top": "10", "max_calls": "1", "provider": "…"}, required=("top",))
    top = scalars.whole_number(fields.get("top"), at_least=2, at_most=MAX_ACCOUNTS)
    calls = scalars.whole_number(fields.get("max_calls"), at_least=1, at_most=MAX_ITEMS)
    provider = _provider(fields.get("provider"), catalog) or None
    return Overlap(top=top, max_calls=calls or 1, provider=provider) if top else None


def read_linked_accounts(place: Place | None, catalog: ProviderCatalog) -> LinkedAccountsWish | None:
    """Read whose other accounts are asked for."""
    if place is None:
        return None
    fields = place.fields({"top": "20", "max_age": "90d", "provider": "…"}, required=("top",))
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    max_age = scalars.duration(fields.get("max_age"), QUARTER)
    provider = _provider(fields.get("provider"), catalog) or None
    return LinkedAccountsWish(top=top, max_age=max_age, provider=provider) if top else None


def read_email_matches(place: Place | None, catalog: ProviderCatalog) -> EmailMatching | None:
    """Read the file whose addresses may be asked about, and why they may."""
    if place is None:
        return None
    form = {
        "addresses": "/a/folder/outside/addresses.txt",
        "lawful_basis": "consent",
        "purpose": "why the accounts behind the addresses are needed",
        "max_addresses": "100",
        "depth": "basic",
        "max_age": "90d",
        "provider": "…",
    }
    # An address may stand anywhere in this section by mistake: no fault repeats what does.
    fields = place.marked(personal=True).fields(
        form, required=("addresses", "lawful_basis", "purpose", "max_addresses")
    )
    path = scalars.outside_path(fields.get("addresses"))
    basis = scalars.choice(fields.get("lawful_basis"), LAWFUL_BASES, "lawful bases")
    purpose = scalars.text(fields.get("purpose"))
    if "@" in purpose:
        fields["purpose"].refuse("a purpose names nobody", "Say in words what the accounts are needed for")
    count = scalars.whole_number(fields.get("max_addresses"), at_least=1, at_most=MAX_ADDRESSES)
    depth = scalars.choice(fields.get("depth"), EMAIL_DEPTHS, "depths", default=EMAIL_DEPTHS[0])
    max_age = scalars.duration(fields.get("max_age"), QUARTER)
    provider = _provider(fields.get("provider"), catalog) or None
    if not (path and basis and purpose and count):
        return None
    return EmailMatching(
        addresses=path,
        lawful_basis=basis,
        purpose=purpose,
        max_addresses=count,
        depth=depth,
        max_age=max_age,
        provider=provider,
    )


def read_tracking(place: Place | None, catalog: ProviderCatalog) -> Tracking | None:
    """Read the videos to follow, where more of them are found, and the fees."""
    if place is None:
        return None
    form = {
        "videos": "[https://…]", "fees": "{https://…: 500}", "max_sponsored": "5", "retry_errors": "true",
        "fill_from": "…",
    }  # fmt: skip
    fields = place.marked(personal=True).fields(form)
    if not {"videos", "max_sponsored"} & fields.keys():
        place.refuse("names no videos", "Add `videos: [https://…]`, or `max_sponsored: 5` for paid posts of content")
    videos = _entries(fields.get("videos"), MAX_ACCOUNTS, lambda item: _video(item, catalog))
    _refuse_repeated(
        videos,
        lambda video: catalog.video_key(video) or video,
        "video",
        "Remove one of the two: each would be tracked and paid for",
    )
    links = frozenset(video for _place, video in videos)
    fees: dict[str, Decimal] = {}
    for link, fee in (fields["fees"].entries() if "fees" in fields else {}).items():
        if link not in links:
            fee.refuse("a fee for a video that is not tracked", "Use exactly one of the links in tracking.videos")
        elif (paid := scalars.amount(fee)) is not None:
            fees[link] = paid
    fill_from = fields.get("fill_from")
    return Tracking(
        videos=tuple(video for _place, video in videos),
        fees=fees,
        max_sponsored=scalars.whole_number(fields.get("max_sponsored"), at_least=1, at_most=MAX_ITEMS) or 0,
        retry_errors=scalars.flag(fields.get("retry_errors")) or False,
        fill_from=_provider(fill_from and fill_from.marked(personal=False), catalog) or None,
    )


def _video(place: Place, catalog: ProviderCatalog) -> str | None:
    link = scalars.link(place)
    if link and catalog.video_key(link) is None:
        place.refuse("this is no address of a single video", "Copy the address of the video itself, not of its account")
        return None
    return link or None


def _provider(place: Place | None, catalog: ProviderCatalog) -> str:
    return scalars.choice(place, catalog.providers, "providers")


def _platform(
    place: Place | None,
    provider: str,
    catalog: ProviderCatalog,
    on: Callable[[ProviderAbilities], frozenset[str]],
    deed: str,
) -> str:
    """A platform on which the provider can do it; where the provider is wrong already, any platform."""
    platform = scalars.choice(place, catalog.platforms, "platforms")
    if place is None or not platform or not provider:
        return platform
    able = on(catalog.providers[provider])
    if platform not in able:
        elsewhere = ", ".join(sorted(able)) or "no platform"
        others = ", ".join(sorted(name for name, can in catalog.providers.items() if platform in on(can))) or "none"
        place.refuse(f"{provider} cannot {deed} on {platform}", f"It can on: {elsewhere}. On {platform} can: {others}")
        return ""
    return platform


def _filters(place: Place | None, catalog: ProviderCatalog, provider: str, platform: str) -> dict[str, FilterValue]:
    known = catalog.providers[provider].filters.get(platform, {})
    # Filter keys name no person, not even where they stand beside a handle.
    return read_filters(place and place.marked(personal=False), known, f"{provider} on {platform}")


def _personal(place: Place | None) -> Place | None:
    return place and place.marked(personal=True)


def _items(place: Place | None, at_most: int) -> list[Place]:
    return place.items(at_most) if place is not None else []


def _entries(place: Place | None, at_most: int, read: Callable[[Place], _Entry | None]) -> list[_Placed[_Entry]]:
    placed = ((item, read(item)) for item in _items(place, at_most))
    return [(item, entry) for item, entry in placed if entry is not None]


def _refuse_repeated(
    placed: list[_Placed[_Entry]], identity: Callable[[_Entry], Hashable], noun: str, remedy: str
) -> None:
    """Report every entry with the identity of an earlier one, without saying what it is."""
    first: dict[Hashable, str] = {}
    for place, entry in placed:
        earlier = first.setdefault(identity(entry), place.path)
        if earlier != place.path:
            place.refuse(f"the same {noun} as {earlier}", remedy)


def _canonical(filters: Mapping[str, FilterValue]) -> str:
    return json.dumps(filters, sort_keys=True)
