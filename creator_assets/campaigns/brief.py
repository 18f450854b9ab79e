"""A whole brief: its sections, and what one section asks of another.

What belongs here: the rules that need more than one section, most of them about money, such as that nobody may spend
without a budget. The sections themselves are read in ``terms``, ``creators``, ``purchases``
and ``tracking``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from creator_assets.campaigns.catalog import ProviderAbilities, ProviderCatalog
from creator_assets.campaigns.creators import read_lookalikes, read_roster, read_searches, read_shortlist
from creator_assets.campaigns.document import compose
from creator_assets.campaigns.faults import BriefFault, FaultList
from creator_assets.campaigns.lists import MAX_ACCOUNTS
from creator_assets.campaigns.model import Campaign, DetailsWish, Tracking
from creator_assets.campaigns.place import Place
from creator_assets.campaigns.purchases import (
    read_audiences,
    read_content,
    read_email_matches,
    read_linked_accounts,
    read_overlap,
    read_profiles,
)
from creator_assets.campaigns.terms import read_budget, read_terms, read_thresholds
from creator_assets.campaigns.tracking import read_tracking

_FORM = {
    "brief": "{market: …, start: …, end: …, currency: …}",
    "budget": "{…: 100}",
    "thresholds": "{notify: 0.8}",
    "discovery": "[…]",
    "lookalikes": "[…]",
    "roster": "[…]",
    "shortlist": "{top: 20}",
    "profiles": "{depth: full, max_age: 30d}",
    "audiences": "{top: 20}",
    "content": "{top: 10, max_items: 20}",
    "overlap": "{top: 10}",
    "linked_accounts": "{top: 20}",
    "email_matches": "{addresses: …, lawful_basis: …, purpose: …, max_addresses: 100}",
    "tracking": "{videos: […]}",
}


class _Deed(NamedTuple):
    """What a section has done for creators, in words, and on which platforms a provider can do it."""

    words: str
    platforms: Callable[[ProviderAbilities], frozenset[str]]


_DEEDS = {
    "profiles": _Deed("enrich creators", lambda can: can.enrich),
    "audiences": _Deed("report on audiences", lambda can: can.audiences),
    "content": _Deed("list content", lambda can: can.content),
    "overlap": _Deed("compare audiences", lambda can: can.overlap),
    "linked_accounts": _Deed("link accounts", lambda can: can.linked_accounts),
}
_CREATORS = ("discovery", "lookalikes", "roster")
_ALONE = ("tracking", "email_matches")  # sections that need no creators


def read_brief(slug: str, raw: bytes, catalog: ProviderCatalog, file: str = "") -> Campaign | tuple[BriefFault, ...]:
    """Read a brief from its bytes.

    Args:
        slug: The campaign's name, from the name of the file.
        raw: The YAML.
        catalog: What the providers can do.
        file: How faults name the file; by default ``<slug>.yaml``.

    Returns:
        The campaign, or everything that is wrong with the brief, in the order of its lines.
    """
    faults = FaultList(file or f"{slug}.yaml")
    node = compose(raw, faults)
    campaign = _campaign(slug, Place(node, "", faults), catalog) if node is not None else None
    return campaign if campaign is not None and not faults else faults.in_order()


def _campaign(slug: str, root: Place, catalog: ProviderCatalog) -> Campaign | None:
    """The campaign as far as it could be read; None only where a fault was reported."""
    fields = root.fields(_FORM, required=("brief", "budget"))
    terms = read_terms(fields.get("brief"))
    budget = read_budget(fields.get("budget"), catalog)
    searches = read_searches(fields.get("discovery"), catalog)
    lookalikes = read_lookalikes(fields.get("lookalikes"), catalog)
    roster = read_roster(fields.get("roster"), catalog)
    profiles = read_profiles(fields.get("profiles"), catalog)
    audiences = read_audiences(fields.get("audiences"), catalog)
    content = read_content(fields.get("content"), catalog)
    overlap = read_overlap(fields.get("overlap"), catalog)
    linked_accounts = read_linked_accounts(fields.get("linked_accounts"), catalog)
    email_matches = read_email_matches(fields.get("email_matches"), catalog)
    tracking = read_tracking(fields.get("tracking"), catalog)
    _refuse_incomplete(root, fields, tracking)
    if "budget" in fields:
        asked = [(place, one.provider) for place, one in searches] + [
            (place, one.provider) for place, one in lookalikes
        ]
        for place, provider in asked:
            _refuse_unfunded(place, provider, budget)
        platforms = {one.platform for _, one in searches} | {one.platform for _, one in lookalikes}
        platforms |= {one.platform for _, one in roster}
        if tracking is not None:
            _refuse_unfollowed(fields["tracking"], tracking, platforms, budget, catalog)
        wishes = {
            "profiles": profiles,
            "audiences": audiences,
            "content": content,
            "overlap": overlap,
            "linked_accounts": linked_accounts,
        }
        for name, wish in wishes.items():
            if wish is not None:
                _refuse_unable(fields[name], _DEEDS[name], wish.provider, platforms, budget, catalog)
        if content is not None and content.details is not None:
            _refuse_untold(fields["content"].at("details"), content.details, platforms, budget, catalog)
        if email_matches is not None:
            _refuse_unmatched(fields["email_matches"], email_matches.provider, budget, catalog)
    if terms is None:
        return None
    return Campaign(
        slug=slug,
        market=terms.market,
        start=terms.start,
        end=terms.end,
        currency=terms.currency,
        fees=terms.fees,
        budget_microcredits=budget,
        thresholds=read_thresholds(fields.get("thresholds")),
        discovery=tuple(search for _place, search in searches),
        lookalikes=tuple(lookalike for _place, lookalike in lookalikes),
        roster=tuple(account for _place, account in roster),
        shortlist=read_shortlist(fields.get("shortlist")),
        profiles=profiles,
        audiences=audiences,
        content=content,
        overlap=overlap,
        linked_accounts=linked_accounts,
        email_matches=email_matches,
        tracking=tracking,
    )


def _refuse_incomplete(root: Place, fields: Mapping[str, Place], tracking: Tracking | None) -> None:
    """Report sections that are useless without another one; `fields` are those that are there, right or wrong."""
    has_creators = any(name in fields for name in _CREATORS)
    if fields and not has_creators and not any(name in fields for name in _ALONE):
        remedy = f"Add one of: {', '.join((*_CREATORS, *_ALONE))}"
        root.refuse("the brief names no creators and no videos", remedy)
    if tracking is not None and tracking.max_sponsored and "content" not in fields:
        remedy = "Add the section content, for example `content: {top: 10, max_items: 20}`; or remove max_sponsored"
        fields["tracking"].refuse("there is no content to find paid posts in", remedy)
    if has_creators and "shortlist" not in fields:
        root.refuse(
            "the section shortlist is missing", "Add it, for example `shortlist: {top: 20}`: it bounds what is bought"
        )
    for name in ("shortlist", "profiles", "audiences", "content", "overlap", "linked_accounts"):
        if name in fields and not has_creators:
            fields[name].refuse(
                "there are no creators for it", f"Add one of: {', '.join(_CREATORS)}; or remove this section"
            )


def _refuse_unfunded(place: Place, provider: str, budget: Mapping[str, int]) -> None:
    if provider not in budget:
        remedy = f"Add `{provider}: <credits>` to the section budget; without it nothing may be spent there"
        place.refuse(f"{provider} has no budget in this brief", remedy)


def _refuse_untold(
    place: Place, wish: DetailsWish, platforms: set[str], budget: Mapping[str, int], catalog: ProviderCatalog
) -> None:
    """Report each kind of detail that nobody with a budget, or not the named provider, has on any of the platforms.

    One that is missing on some of them is no fault: there is no audio of a YouTube video, and it is not asked for.
    """
    if wish.provider is not None:
        _refuse_unfunded(place, wish.provider, budget)
    for kind in wish.kinds:
        able = {name: can.details.get(kind, frozenset()) for name, can in catalog.providers.items()}
        asked = budget if wish.provider is None else {wish.provider}
        if platforms and not any(able.get(name, frozenset()) & platforms for name in asked):
            who = wish.provider or "nobody with a budget"
            where = "; ".join(f"{name} on {', '.join(sorted(on))}" for name, on in sorted(able.items()) if on)
            place.refuse(f"{who} has no {kind} of posts on {', '.join(sorted(platforms))}", f"There is: {where}")


def _refuse_unmatched(place: Place, provider: str | None, budget: Mapping[str, int], catalog: ProviderCatalog) -> None:
    able = {name for name, can in catalog.providers.items() if can.match_emails}
    if provider is not None:
        _refuse_unfunded(place, provider, budget)
    names = ", ".join(sorted(able)) or "nobody"
    if provider is not None and provider not in able:
        place.refuse(f"{provider} cannot match e-mail addresses", f"That can: {names}")
    elif provider is None and not able & budget.keys():
        place.refuse("nobody with a budget can match e-mail addresses", f"Give a budget to one of: {names}")


def _refuse_unfilled(place: Place, provider: str, budget: Mapping[str, int], catalog: ProviderCatalog) -> None:
    """Report a provider that has no counters of single posts, or no budget."""
    able = sorted(name for name, can in catalog.providers.items() if can.post_stats)
    if provider not in able:
        place.refuse(f"{provider} has no counters of single posts", f"There are some of: {', '.join(able) or 'nobody'}")
    else:
        _refuse_unfunded(place, provider, budget)


def _refuse_unaveraged(place: Place, budget: Mapping[str, int], catalog: ProviderCatalog) -> None:
    """Report that nobody with a budget knows creators' averages."""
    able = {name for name, can in catalog.providers.items() if can.creator_averages}
    if not able & budget.keys():
        remedy = f"Give a budget to one of: {', '.join(sorted(able)) or 'nobody'}; or remove this field"
        place.refuse("nobody with a budget knows what a creator's videos get on average", remedy)


def _refuse_unfollowed(
    place: Place, tracking: Tracking, platforms: set[str], budget: Mapping[str, int], catalog: ProviderCatalog
) -> None:
    """Report what nobody with a budget, or not the named provider, can track.

    Of each platform, and of its short links, the first video; paid posts where that holds for all platforms.
    """
    if tracking.fill_from is not None:
        _refuse_unfilled(place.at("fill_from"), tracking.fill_from, budget, catalog)
    if tracking.creator_averages is not None:
        _refuse_unaveraged(place.at("creator_averages"), budget, catalog)
    if tracking.provider is not None:
        _refuse_unfunded(place.at("provider"), tracking.provider, budget)
    asked = set(budget) if tracking.provider is None else {tracking.provider}
    who = "nobody with a budget can" if tracking.provider is None else f"{tracking.provider} cannot"
    seen: set[tuple[str, bool]] = set()
    for item in place.at("videos").items(MAX_ACCOUNTS) if tracking.videos else ():
        video = catalog.video(str(item.node.value))
        if video is None or (video.platform, video.has_id) in seen:
            continue
        seen.add((video.platform, video.has_id))
        able = {
            name
            for name, can in catalog.providers.items()
            if video.platform in can.track and (video.has_id or can.resolves_links)
        }
        if not able & asked:
            what = f"videos on {video.platform}" if video.has_id else f"videos by short links of {video.platform}"
            item.refuse(f"{who} track {what}", f"That can: {', '.join(sorted(able)) or 'nobody'}")
    able = {name for name, can in catalog.providers.items() if can.track & platforms}
    if tracking.max_sponsored and platforms and not able & asked:
        where = ", ".join(sorted(platforms))
        place.at("max_sponsored").refuse(
            f"{who} track videos on {where}", f"That can: {', '.join(sorted(able)) or 'nobody'}"
        )


def _refuse_unable(
    place: Place,
    deed: _Deed,
    provider: str | None,
    platforms: set[str],
    budget: Mapping[str, int],
    catalog: ProviderCatalog,
) -> None:
    """Report each platform of the brief's creators where nobody with a budget, or not the named provider, can do it."""
    if provider is not None:
        _refuse_unfunded(place, provider, budget)
    for platform in sorted(platforms):
        able = {name for name, can in catalog.providers.items() if platform in deed.platforms(can)}
        names = ", ".join(sorted(able)) or "nobody"
        if provider is not None and provider not in able:
            remedy = f"On {platform} can: {names}. Leave the provider out to take the cheapest that can"
            place.refuse(f"{provider} cannot {deed.words} on {platform}", remedy)
        elif provider is None and not able & budget.keys():
            problem = f"nobody with a budget can {deed.words} on {platform}"
            place.refuse(problem, f"Give a budget to one of: {names}")
