"""Whether a provider with a budget offers the options that a brief asks for.

What belongs here: options, which only some providers offer. Whether a provider can do a purchase at all is in
``rules``.
"""

from __future__ import annotations

from collections.abc import Collection

from creator_assets.campaigns.options import FILTERED, REFRESH, WEEKLY, AbilitiesWithOptions, OptionKey, platforms_with
from creator_assets.campaigns.post_filters import POST_TYPES, PostFilters
from creator_assets.campaigns.purchases import EMAIL_DEPTHS, PROFILE_OPTIONS, ContentWish, EmailMatching, Profiles
from creator_assets.campaigns.tracking import Tracking
from creator_assets.campaigns.values import BriefReading
from creator_assets.checked_yaml import YamlNode


def check(reading: BriefReading, budget: set[str], platforms: Collection[str]) -> None:
    """Report each option that none of the providers to ask offers.

    Args:
        reading: The sections of the brief.
        budget: The providers with a budget.
        platforms: Those of the brief's creators.
    """
    rules = _OptionRules(reading, budget, platforms)
    for node, one in reading.all_of(Profiles):
        rules.check_profiles(node, one)
    for node, content in reading.all_of(ContentWish):
        if content.chosen is not None:
            rules.check_content(node, content, content.chosen)
    for node, tracking in reading.all_of(Tracking):
        if tracking.refresh_averages:
            rules.check_averages(node.find(("refresh_averages",)))
    for node, wish in reading.all_of(EmailMatching):
        for name in wish.filters_in_use:
            rules.check_email_filter(node.find((name,)), wish, name)


class _OptionRules:
    def __init__(self, reading: BriefReading, budget: set[str], platforms: Collection[str]) -> None:
        self._can = reading.catalog.providers
        self._budget = budget
        self._platforms = sorted(platforms)

    def check_profiles(self, node: YamlNode, wish: Profiles) -> None:
        """Of each option, that it is offered on some platform of the brief; on the others it is not sent."""
        first, *others = [name for name in PROFILE_OPTIONS if getattr(wish, name)] or [""]
        for name in others:
            node.find((name,)).refuse(f"a request has {first} or {name}, not both", "Keep one of the two")
        if first:
            self._check_offered(node.find((first,)), OptionKey("profile", first, wish.depth), wish.provider)
        if wish.refresh_weekly:
            self._check_offered(node.find((WEEKLY,)), OptionKey("queue", WEEKLY), wish.provider)

    def check_content(self, node: YamlNode, wish: ContentWish, filters: PostFilters) -> None:
        """Of filters, that they are offered on each platform: unfiltered posts of one of them would be bought."""
        key = OptionKey("content", FILTERED)
        for platform in self._platforms:
            self._check_offered(node.find(("filters",)), key, wish.provider, [platform])
        if self._platforms and all(filters.types_on(platform) is None for platform in self._platforms):
            has = sorted(one for one, on in POST_TYPES.items() if on.intersection(self._platforms))
            node.find(("filters", "types")).refuse(
                f"no such posts are on {', '.join(self._platforms)}", f"There are: {', '.join(has) or 'none'}"
            )

    def check_averages(self, node: YamlNode) -> None:
        """That somebody with a budget offers fresh averages at all: whose videos they are is known only later."""
        able = [
            name
            for name, can in sorted(self._can.items())
            if platforms_with(can, OptionKey("creator_averages", REFRESH))
        ]
        if not self._budget & set(able):
            node.refuse(
                "nobody with a budget offers fresh averages", f"It is offered by: {', '.join(able) or 'nobody'}"
            )

    def check_email_filter(self, node: YamlNode, wish: EmailMatching, name: str) -> None:
        """Of a filter, that a provider has it at the depth, and that it leaves some platform over."""
        asked = self._budget if wish.provider is None else {wish.provider}
        searched_at = {
            depth: {
                platform
                for provider in asked
                for platform in platforms_with(self._can[provider], OptionKey("email_match", FILTERED, depth))
            }
            for depth in EMAIL_DEPTHS
        }
        searched = searched_at[wish.depth]
        if not searched:
            depth = next((depth for depth, found in searched_at.items() if found), None)
            remedy = f"Write `depth: {depth}`, or remove this field" if depth else "Remove this field"
            node.refuse(f"matches of depth {wish.depth} have no {name}", remedy)
        elif name == "exclude_platforms":
            of = ", ".join(sorted(searched))
            for platform in sorted(set(wish.exclude_platforms) - searched):
                node.refuse(f"no account on {platform} is matched", f"Leave it out. Accounts are matched on: {of}")
            if searched <= set(wish.exclude_platforms):
                node.refuse("no platform is left to match accounts on", f"Keep at least one of: {of}")

    def _check_offered(
        self, node: YamlNode, key: OptionKey, provider: str | None, platforms: Collection[str] | None = None
    ) -> None:
        """Report an option that the provider, or nobody with a budget, offers on any of `platforms`, by default all."""
        wanted = sorted(self._platforms if platforms is None else platforms)
        asked = self._budget if provider is None else {provider}
        on = {platform for name in asked for platform in platforms_with(self._can[name], key)}
        if not wanted or on.intersection(wanted):
            return
        who = "nobody with a budget offers" if provider is None else f"{provider} does not offer"
        offers = "; ".join(self._offers(key)) or "nobody"
        node.refuse(f"{who} this{_at(key)} on {', '.join(wanted)}", f"It is offered by: {offers}")

    def _offers(self, key: OptionKey) -> list[str]:
        """Who offers an option, at which depth and where."""
        return [
            f"{name}{_at(one)} on {', '.join(sorted(platforms))}"
            for name, can in sorted(self._can.items())
            if isinstance(can, AbilitiesWithOptions)
            for one, platforms in sorted(can.options.items())
            if one[:2] == key[:2]
        ]


def _at(key: OptionKey) -> str:
    return f" at depth {key.depth}" if key.depth else ""
