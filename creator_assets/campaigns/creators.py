"""By what creators are found, and how many of them are kept.

What belongs here: the sections `discovery`, `lookalikes`, `roster` and `shortlist`. What is bought for the creators is
in ``purchases``. A section with a fault yields None, or a list without the faulty entry; the fault is reported by then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from creator_assets.campaigns import scalars
from creator_assets.campaigns.catalog import ProviderAbilities, ProviderCatalog
from creator_assets.campaigns.filters import FilterValue, read_filters
from creator_assets.campaigns.lists import MAX_ACCOUNTS, Placed, entries, items, refuse_repeated
from creator_assets.campaigns.model import Lookalike, RosterAccount, Search, Shortlist
from creator_assets.campaigns.place import Place
from creator_assets.campaigns.slug import SLUG_RULE, is_slug

MAX_CREATORS = 10_000
"""Results of one search at most: influencers.club returns no more for a query (seed ``003_4cf6d03a58a0fd76.txt``)."""

MAX_SEARCHES = 100

_BOUGHT_TWICE = "Remove one of the two: every creator in it would be bought twice"


def read_searches(place: Place | None, catalog: ProviderCatalog) -> list[Placed[Search]]:
    """Read the searches."""
    searches = entries(place, MAX_SEARCHES, lambda entry: _search(entry, catalog))
    refuse_repeated(searches, lambda search: search.name, "name", "Give every search a name of its own")
    refuse_repeated(
        searches, lambda one: (one.provider, one.platform, _canonical(one.filters)), "search", _BOUGHT_TWICE
    )
    return searches


def _search(place: Place, catalog: ProviderCatalog) -> Search | None:
    form = {"name": "main", "provider": "…", "platform": "…", "max_creators": "100", "filters": "{…}"}
    fields = place.fields(form, required=("name", "provider", "platform", "max_creators"))
    name = scalars.text(fields.get("name"))
    if name and not is_slug(name):
        fields["name"].refuse("a search cannot have this name", f"Write {SLUG_RULE}")
    provider = scalars.provider(fields.get("provider"), catalog)
    platform = _platform(fields.get("platform"), provider, catalog, lambda can: can.search, "search")
    count = scalars.whole_number(
        fields.get("max_creators"), at_least=1, at_most=MAX_CREATORS, why="a search returns no more"
    )
    if not (name and provider and platform and count):
        return None
    filters = _filters(fields.get("filters"), catalog, provider, platform)
    return Search(name=name, provider=provider, platform=platform, max_creators=count, filters=filters)


def read_lookalikes(place: Place | None, catalog: ProviderCatalog) -> list[Placed[Lookalike]]:
    """Read whom to find look-alikes of."""
    found = entries(place and place.marked(personal=True), MAX_SEARCHES, lambda entry: _lookalike(entry, catalog))
    refuse_repeated(
        found,
        lambda one: (one.provider, one.platform, one.like.casefold(), _canonical(one.filters)),
        "request",
        _BOUGHT_TWICE,
    )
    return found


def _lookalike(place: Place, catalog: ProviderCatalog) -> Lookalike | None:
    form = {"provider": "…", "platform": "…", "like": "some_handle", "max_creators": "50", "filters": "{…}"}
    fields = place.fields(form, required=("provider", "platform", "like", "max_creators"))
    provider = scalars.provider(fields.get("provider"), catalog)
    platform = _platform(fields.get("platform"), provider, catalog, lambda can: can.lookalikes, "find look-alikes")
    like = scalars.handle(fields.get("like"))
    count = scalars.whole_number(
        fields.get("max_creators"), at_least=1, at_most=MAX_CREATORS, why="a search returns no more"
    )
    if not (provider and platform and like and count):
        return None
    filters = _filters(fields.get("filters"), catalog, provider, platform)
    return Lookalike(provider=provider, platform=platform, like=like, max_creators=count, filters=filters)


def read_roster(place: Place | None, catalog: ProviderCatalog) -> list[Placed[RosterAccount]]:
    """Read the accounts that the team knows."""
    accounts = entries(place and place.marked(personal=True), MAX_ACCOUNTS, lambda entry: _account(entry, catalog))
    # Compared as most platforms compare them; ids that differ by case alone (YouTube's) do not meet in one brief.
    refuse_repeated(accounts, lambda one: (one.platform, one.handle.casefold()), "account", "Remove one of the two")
    return accounts


def _account(place: Place, catalog: ProviderCatalog) -> RosterAccount | None:
    fields = place.fields({"platform": "tiktok", "handle": "some_handle"}, required=("platform", "handle"))
    platform = scalars.choice(fields.get("platform"), catalog.platforms, "platforms")
    handle = scalars.handle(fields.get("handle"))
    return RosterAccount(platform=platform, handle=handle) if platform and handle else None


def read_shortlist(place: Place | None) -> Shortlist | None:
    """Read the rule of the shortlist."""
    if place is None:
        return None
    fields = place.fields({"top": "20", "min_engagement_rate": "0.02", "exclude": "[…]"}, required=("top",))
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    rate = scalars.fraction(fields.get("min_engagement_rate"))
    exclude = [scalars.handle(item) for item in items(fields.get("exclude"), MAX_ACCOUNTS)]
    return Shortlist(top=top, min_engagement_rate=rate or 0.0, exclude=tuple(dict.fromkeys(exclude))) if top else None


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


def _canonical(filters: Mapping[str, FilterValue]) -> str:
    return json.dumps(filters, sort_keys=True)
