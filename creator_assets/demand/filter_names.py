"""The names by which a brief may call a value of a provider's dictionary, and the value that is sent in their place.

A provider compares the codes of its dictionary and finds nobody by a name, or ignores it, and bills either. So
`German` travels as `de`. The translation comes from the archive: a plan, a run and a rebuild of the same partition ask
with the same words. Whether a value exists at all belongs to ``filter_check``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec
import polars as pl

from creator_assets.campaigns import Lookalike, Search
from creator_assets.campaigns.catalog import listed_values, with_listed_values
from creator_assets.demand.stage import StageContext
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import capability_or_none, catalog
from creator_assets.providers.contract.kinds import CapabilityKind

DICTIONARY_AGE = timedelta(days=7)
"""How old a dictionary may be that values are held against."""


def dictionary_window(ledger: Ledger) -> Window:
    """Dictionaries belong to no partition; one of the last seven days will do."""
    now = ledger.now()
    return Window(start=now, end=now + timedelta(days=1), reuse_since=now - DICTIONARY_AGE)


def documented_filters(at: StageContext, search: Search | Lookalike) -> Mapping[str, Any]:
    """The filters of a search with each value as its dictionary writes it; as in the brief where none is archived."""
    rules = catalog().providers[search.provider].filters.get(search.platform, {})
    can = capability_or_none(CapabilityKind.FILTER_CHECK, provider=search.provider, platform=search.platform)
    if can is None or not any(listed_values(search.filters, rules)):
        return search.filters
    pages = can.pages(at.settings[search.provider], search.platform, search.filters)
    found = at.coverage(pages, window_of_dictionaries(at.partition))
    rows = can.rows([answer for one in found for answer in one.answers]).rows
    dictionary = cache(lambda name: Dictionary.of(rows, name))
    return with_listed_values(search.filters, rules, lambda name, value: dictionary(name).documented(value) or value)


class Dictionary(msgspec.Struct, frozen=True, kw_only=True):
    """One dictionary: its values, and the value behind each folded name. ``several`` has the names of several."""

    values: frozenset[str]
    by_name: Mapping[str, str]
    several: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, rows: pl.DataFrame, name: str) -> Dictionary:
        """The dictionary of that name in `rows`, rows of ``schemas.FilterValues``."""
        entries = rows.filter(dictionary=name)
        values = [value for value in pl.concat([entries["value"], entries["parent"]]) if value]
        names = [
            (one, value)
            for value, label, others in entries.select("value", "label", "other_names").iter_rows()
            for one in (label, *(others or ()))
            if one
        ]
        # A value is meant before a name that is spelled like it.
        meant = _meanings(names) | _meanings((value, value) for value in values)
        return cls(
            values=frozenset(values),
            by_name={name: found[0] for name, found in meant.items() if len(found) == 1},
            several={name: found for name, found in meant.items() if len(found) > 1},
        )

    def documented(self, text: str) -> str | None:
        """The value that `text` is or names; None where it is no value, or several."""
        return text if text in self.values else self.by_name.get(folded(text))


def _meanings(named: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """By folded name the values that it stands for."""
    meant: dict[str, dict[str, None]] = {}
    for name, value in named:
        meant.setdefault(folded(name), {})[value] = None
    return {name: tuple(values) for name, values in meant.items()}


def folded(name: str) -> str:
    """A name without what people vary: case, and blanks at its ends."""
    return name.strip().casefold()


def window_of_dictionaries(partition: Partition) -> Window:
    """One dictionary for all of a partition's time: the newest of the week before, else the first one inside.

    A newer one would give the same words another value, and what was bought would not be found. A run that begins at
    the partition's end reads one shortly after it.
    """
    return Window(
        start=partition.start, end=partition.end + timedelta(days=1), reuse_since=partition.start - DICTIONARY_AGE
    )
