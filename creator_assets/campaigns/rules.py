"""What one section of a brief needs from another, most of it about money: nobody may spend without a budget.

What belongs here: rules that need more than one section. They hold for every section that is right by itself, also
where another one is wrong, so that one reading shows as much as possible.
"""

from __future__ import annotations

import json
from typing import get_args

from creator_assets.campaigns import option_rules
from creator_assets.campaigns.creators import CreatorSource, Lookalike, RosterAccount, Search, Shortlist
from creator_assets.campaigns.model import Brief
from creator_assets.campaigns.purchases import ContentWish, CreatorPurchase, EmailMatching
from creator_assets.campaigns.tracking import Tracking
from creator_assets.campaigns.values import BriefReading, refuse_repeated
from creator_assets.checked_yaml import YamlNode

_CREATORS = ("discovery", "lookalikes", "roster")
_ALONE = ("tracking", "email_matches")  # sections that need no creators
_FOR_CREATORS = ("shortlist", *(
    name for name, field in Brief.model_fields.items()
    if any(isinstance(one, type) and issubclass(one, CreatorPurchase) for one in get_args(field.annotation))
))  # fmt: skip
_BOUGHT_TWICE = "Remove one of the two: every creator in it would be bought twice"


def check(root: YamlNode, reading: BriefReading) -> None:
    """Report every rule that the sections of a brief break."""
    _check_repeated(reading)
    _check_complete(root, reading)
    _check_engagement(root, reading)
    if "budget" in root.names:
        money = _Money(root, reading)
        money.check_sources()
        money.check_tracking()
        money.check_purchases()
        money.check_details()
        money.check_email_matches()
        option_rules.check(reading, money.budget, money.platforms)


def _check_repeated(reading: BriefReading) -> None:
    """Report what would be paid for twice. Platforms do not tell handles apart by case (ids of YouTube never meet)."""
    searches, lookalikes = reading.all_of(Search), reading.all_of(Lookalike)
    refuse_repeated(((node, one.name) for node, one in searches), "name", "Give every search a name of its own")
    refuse_repeated(((node, _asked(one)) for node, one in searches), "search", _BOUGHT_TWICE)
    refuse_repeated(((node, (_asked(one), one.like)) for node, one in lookalikes), "request", _BOUGHT_TWICE)
    by_id = ((node, (_asked(one), one.native_id)) for node, one in lookalikes if one.native_id)
    refuse_repeated(by_id, "request", _BOUGHT_TWICE)
    accounts = ((node, (one.platform, one.handle)) for node, one in reading.all_of(RosterAccount))
    refuse_repeated(accounts, "account", "Remove one of the two")


def _asked(one: CreatorSource) -> tuple[str, str, str]:
    return one.provider, one.platform, json.dumps(one.filters, sort_keys=True)


def _check_complete(root: YamlNode, reading: BriefReading) -> None:
    """Report sections that are useless without another one, which counts as there even if something is wrong in it."""
    names = set(root.names)
    has_creators = not names.isdisjoint(_CREATORS)
    if names & Brief.model_fields.keys() and not has_creators and names.isdisjoint(_ALONE):
        root.refuse("the brief names no creators and no videos", f"Add one of: {', '.join((*_CREATORS, *_ALONE))}")
    if has_creators and "shortlist" not in names:
        root.refuse(
            "the section shortlist is missing", "Add it, for example `shortlist: {top: 20}`: it bounds what is bought"
        )
    for name in _FOR_CREATORS:
        if name in names and not has_creators:
            root.find((name,)).refuse(
                "there are no creators for it", f"Add one of: {', '.join(_CREATORS)}; or remove this section"
            )
    tracking = root.find(("tracking",))
    if "tracking" in names and tracking.found == "a mapping" and {"videos", "max_sponsored"}.isdisjoint(tracking.names):
        tracking.refuse("names no videos", "Add `videos: [https://…]`, or `max_sponsored: 5` for paid posts of content")
    for node, wish in reading.all_of(Tracking):
        if wish.max_sponsored and "content" not in names:
            node.refuse(
                "there is no content to find paid posts in",
                "Add the section content, for example `content: {top: 10, max_items: 20}`; or remove max_sponsored",
            )


def _check_engagement(root: YamlNode, reading: BriefReading) -> None:
    """Warn where one minimum holds for rates of several definitions: a search does not say which one it has."""
    kinds = sorted({f"{one.provider} on {one.platform}" for _node, one in reading.all_of(CreatorSource)})
    if len(kinds) > 1 and any(one.min_engagement_rate > 0 for _node, one in reading.all_of(Shortlist)):
        root.find(("shortlist", "min_engagement_rate")).warn(
            f"one minimum holds for engagement rates that cannot be compared: {', '.join(kinds)}",
            "Some divide by followers and some by views. Look at `engagement_rates` of the shortlist, or filter in "
            "each search",
        )


class _Money:
    """Whether a provider with a budget can do what each section has it do."""

    def __init__(self, root: YamlNode, reading: BriefReading) -> None:
        self._reading = reading
        self._can = reading.catalog.providers
        # A budget with a fault counts as there, so that nobody is asked to add it.
        self.budget = set(root.find(("budget",)).names) & set(self._can)
        found = {one.platform for _node, one in reading.all_of(CreatorSource)}
        self.platforms = sorted(found | {one.platform for _node, one in reading.all_of(RosterAccount)})

    def check_sources(self) -> None:
        for node, one in self._reading.all_of(CreatorSource):
            self._check_funded(node, one.provider)

    def check_purchases(self) -> None:
        """Of each section, each platform of the brief's creators."""
        for node, one in self._reading.all_of(CreatorPurchase):
            self._check_funded(node, one.provider)
            for platform in self.platforms:
                able = {name for name, can in self._can.items() if platform in one.ability.platforms(can)}
                self._check_able(
                    node,
                    one.provider,
                    able,
                    f"{one.ability.words} on {platform}",
                    named=f"On {platform} can: {{}}. Leave the provider out to take the cheapest that can",
                )

    def check_details(self) -> None:
        """Of each kind of detail, that a post of some platform has it: YouTube has no audio, which is no fault."""
        for parent, content in self._reading.all_of(ContentWish):
            wish = content.details
            if wish is None:
                continue
            node = parent.find(("details",))
            self._check_funded(node, wish.provider)
            for kind in wish.kinds:
                on = {name: can.details.get(kind, frozenset()) for name, can in sorted(self._can.items())}
                asked = self.budget if wish.provider is None else {wish.provider}
                if self.platforms and not any(on[name].intersection(self.platforms) for name in asked):
                    where = "; ".join(f"{name} on {', '.join(sorted(some))}" for name, some in on.items() if some)
                    what = f"no {kind} of posts on {', '.join(self.platforms)}"
                    who = f"{wish.provider} has" if wish.provider else "the providers with a budget have"
                    node.refuse(f"{who} {what}", f"There is: {where}")

    def check_email_matches(self) -> None:
        for node, one in self._reading.all_of(EmailMatching):
            self._check_funded(node, one.provider)
            able = {name for name, can in self._can.items() if can.match_emails}
            self._check_able(node, one.provider, able, "match e-mail addresses")

    def check_tracking(self) -> None:
        for node, one in self._reading.all_of(Tracking):
            if one.fill_from is not None:
                self._check_fill(node.find(("fill_from",)), one.fill_from)
            if one.creator_averages is not None:
                able = {name for name, can in self._can.items() if can.creator_averages}
                self._check_able(
                    node.find(("creator_averages",)),
                    None,
                    able,
                    "say what a creator's videos get on average",
                    anybody="Give a budget to one of: {}; or remove this field",
                )
            self._check_funded(node.find(("provider",)), one.provider)
            self._check_trackers(node, one)

    def _check_fill(self, node: YamlNode, provider: str) -> None:
        able = sorted(name for name, can in self._can.items() if can.post_stats)
        if provider in able:
            self._check_funded(node, provider)
        else:
            node.refuse(
                f"{provider} has no counters of single posts", f"There are some of: {', '.join(able) or 'nobody'}"
            )

    def _check_trackers(self, node: YamlNode, wish: Tracking) -> None:
        """Check the first video of each platform and the first short link. Of paid posts, any platform is enough."""
        can_track = {"named": "That can: {}", "anybody": "That can: {}"}
        seen = set()
        for item in node.find(("videos",)).items() if wish.videos else ():
            video = self._reading.catalog.video(item.text or "")
            if video is None or (video.platform, video.has_id) in seen:
                continue
            seen.add((video.platform, video.has_id))
            able = {
                name
                for name, can in self._can.items()
                if video.platform in can.track and (video.has_id or can.resolves_links)
            }
            what = f"videos on {video.platform}" if video.has_id else f"videos by short links of {video.platform}"
            self._check_able(item, wish.provider, able, f"track {what}", **can_track)
        if wish.max_sponsored and self.platforms:
            able = {name for name, can in self._can.items() if can.track.intersection(self.platforms)}
            what = f"track videos on {', '.join(self.platforms)}"
            self._check_able(node.find(("max_sponsored",)), wish.provider, able, what, **can_track)

    def _check_funded(self, node: YamlNode, provider: str | None) -> None:
        if provider is not None and provider not in self.budget:
            remedy = f"Add `{provider}: <credits>` to the section budget; without it nothing may be spent there"
            node.refuse(f"{provider} has no budget in this brief", remedy)

    def _check_able(
        self,
        node: YamlNode,
        provider: str | None,
        able: set[str],
        what: str,
        *,
        named: str = "That can: {}",
        anybody: str = "Give a budget to one of: {}",
    ) -> None:
        """Report that the named provider, or nobody with a budget, can do it; the remedies name those that can."""
        names = ", ".join(sorted(able)) or "nobody"
        if provider is not None and provider not in able:
            node.refuse(f"{provider} cannot {what}", named.format(names))
        elif provider is None and not able & self.budget:
            node.refuse(f"nobody with a budget can {what}", anybody.format(names))
