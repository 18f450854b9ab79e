"""The values of a brief's filters, held against the providers' own dictionaries before a search is paid for.

A provider ignores a value that it does not know, or finds nobody by it, and bills either. Dictionaries are free and
good for a week. What filters there are and which dictionary holds the values of which is the providers' to say; that a
filter exists at all is checked when the brief is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign, Lookalike, ProviderCatalog, Search
from creator_assets.campaigns.catalog import Listed, listed_values
from creator_assets.demand.filter_names import Dictionary, folded
from creator_assets.providers.capabilities import capability_or_none
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.spending.fetch import FetchResult

Step = str | int
MAX_SHOWN = 5
"""Values that an error lists at most."""


class WrongValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value that its provider does not know, and what to write instead."""

    steps: tuple[Step, ...]
    problem: str
    remedy: str


class WrongFilterValuesError(Exception):
    """A provider does not know values of a brief's filters. Nothing was searched and nothing paid."""

    def __init__(self, wrong: Sequence[WrongValue]) -> None:
        """Keep where each value stands in the brief."""
        super().__init__("a provider does not know a filter value of the brief; nothing was searched and nothing paid")
        self.wrong = tuple(wrong)


def wrong_values(
    campaign: Campaign,
    catalog: ProviderCatalog,
    settings: Mapping[str, ProviderSettings],
    fetch: Callable[[Sequence[PagedRequest]], FetchResult],
) -> list[WrongValue]:
    """Every value of the campaign's searches that its provider's dictionary does not hold.

    Args:
        campaign: The brief.
        catalog: Says which dictionary holds the values of which filter.
        settings: Of every provider.
        fetch: Brings dictionaries, which cost nothing.
    """
    wrong = []
    for steps, search in _searches(campaign):
        rules = catalog.providers[search.provider].filters.get(search.platform, {})
        listed = list(listed_values(search.filters, rules))
        can = capability_or_none(CapabilityKind.FILTER_CHECK, provider=search.provider, platform=search.platform)
        if can is None or not listed:
            continue
        pages = can.pages(settings[search.provider], search.platform, search.filters)
        answers = [answer for way in fetch(pages).answers for answer in way]
        rows = can.rows(answers).rows
        wrong += [fault for one in listed for fault in _unknown(one, steps, rows, search.provider)]
    return wrong


def wrong_country(
    country: str,
    asked: Collection[tuple[str, str]],
    catalog: ProviderCatalog,
    settings: Mapping[str, ProviderSettings],
    fetch: Callable[[Sequence[PagedRequest]], FetchResult],
) -> list[WrongValue]:
    """The country of the posts' filters, where a provider does not know it: each provider at most once.

    Args:
        country: As the brief has it.
        asked: Provider and platform of each request for posts.
        catalog: Says which dictionary holds countries; one that searches do not check is not checked here either.
        settings: Of every provider.
        fetch: Brings dictionaries, which cost nothing.
    """
    wrong: dict[str, WrongValue] = {}
    for provider, platform in sorted(set(asked)):
        filters = {"country": country}
        listed = list(listed_values(filters, catalog.providers[provider].filters.get(platform, {})))
        can = capability_or_none(CapabilityKind.FILTER_CHECK, provider=provider, platform=platform)
        if can is None or not listed:
            continue
        answers = [answer for way in fetch(can.pages(settings[provider], platform, filters)).answers for answer in way]
        rows = can.rows(answers).rows
        for fault in (one for some in listed for one in _unknown(some, ("content", "filters"), rows, provider)):
            wrong.setdefault(provider, fault)
    return list(wrong.values())


def _searches(campaign: Campaign) -> Iterator[tuple[tuple[Step, ...], Search | Lookalike]]:
    for place, search in enumerate(campaign.discovery):
        yield ("discovery", place, "filters"), search
    for place, lookalike in enumerate(campaign.lookalikes):
        yield ("lookalikes", place, "filters"), lookalike


def _unknown(one: Listed, steps: tuple[Step, ...], rows: pl.DataFrame, provider: str) -> Iterator[WrongValue]:
    dictionary = Dictionary.of(rows, one.dictionary)
    for value in one.values:
        if dictionary.documented(value) is not None:
            continue
        near = get_close_matches(folded(value), dictionary.by_name, n=1, cutoff=0.6)
        if several := dictionary.several.get(folded(value)):
            remedy = f"Write which one you mean: {', '.join(map(repr, several[:MAX_SHOWN]))}"
        elif near:
            remedy = f"Did you mean {dictionary.by_name[near[0]]!r}"
        else:
            remedy = f"The table filter_values lists what its dictionary `{one.dictionary}` holds"
        yield WrongValue(
            steps=(*steps, *one.steps),
            problem=f"{provider} has several values with the name {value!r}"
            if several
            else f"{provider} does not know the value {value!r}; it would be billed all the same",
            remedy=remedy,
        )
