"""What the providers can do, as far as a brief needs to know: who there is, on which platforms, with which filters.

The values are made where the providers are known and handed in here; this package names none of them. A catalog exists
because a provider silently ignores a filter key that it does not know and bills the unfiltered answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec


class FilterKind(StrEnum):
    """The form that the value of a filter must have; the text is for errors and the reference page."""

    TEXT = "a text"
    TEXTS = "a list of texts"
    NUMBER = "a number"
    WHOLE_NUMBER = "a whole number"
    RANGE = "a range {min: …, max: …}, one of the two or both"
    FLAG = "true or false"
    CHOICE = "one of the known values"
    CHOICES = "a list of known values"
    GROUP = "a mapping of further filters"
    GROUPS = "a list of mappings of further filters"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """One filter of one platform.

    ``choices`` are the values of CHOICE and CHOICES; ``keys`` the filters inside a GROUP, and inside each of GROUPS,
    which must have those in ``required``. Numbers and both ends of a
    RANGE must lie within ``minimum`` and ``maximum``, where None means no bound. ``dictionary`` names the provider's
    list that holds the values of a text, where there is one.
    """

    kind: FilterKind
    choices: tuple[str, ...] = ()
    keys: Mapping[str, Filter] = {}
    required: tuple[str, ...] = ()
    minimum: int | None = 0
    maximum: int | None = None
    dictionary: str = ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one filter that a dictionary of its provider lists, and the names that lead to the filter."""

    steps: tuple[str | int, ...]
    dictionary: str
    values: tuple[str, ...]


def listed_values(
    filters: Mapping[str, Any], rules: Mapping[str, Filter], steps: tuple[str | int, ...] = ()
) -> Iterator[Listed]:
    """The filters, inside groups too, whose values some dictionary lists."""
    for name, value in filters.items():
        rule = rules.get(name)
        if rule is None:
            continue
        if rule.keys and isinstance(value, Mapping):
            yield from listed_values(value, rule.keys, (*steps, name))
        elif rule.keys:
            for place, one in enumerate(value):
                yield from listed_values(one, rule.keys, (*steps, name, place))
        elif rule.dictionary:
            values = (value,) if isinstance(value, str) else tuple(value)
            yield Listed(steps=(*steps, name), dictionary=rule.dictionary, values=values)


def with_listed_values(
    filters: Mapping[str, Any], rules: Mapping[str, Filter], write: Callable[[str, str], str]
) -> dict[str, Any]:
    """The filters with each value of a dictionary in another form: `write` takes the dictionary and the value.

    What becomes the same is kept once: a list with it twice would be another request.
    """

    def written(rule: Filter | None, value: Any) -> Any:
        if rule is None or not (rule.keys or rule.dictionary):
            return value
        if not isinstance(value, str | Mapping):
            made = [written(rule, one) for one in value]
            return tuple(one for place, one in enumerate(made) if one not in made[:place])
        return (
            with_listed_values(value, rule.keys, write) if isinstance(value, Mapping) else write(rule.dictionary, value)
        )

    return {name: written(rules.get(name), value) for name, value in filters.items()}


class KnownVideo(msgspec.Struct, frozen=True, kw_only=True):
    """What an address says of its video: a ``key`` that is the same in every form, and whether it holds the id."""

    key: str
    platform: str
    has_id: bool = True


class ProviderAbilities(msgspec.Struct, frozen=True, kw_only=True):
    """The platforms on which one provider can do what, and the filters that each platform's searches know.

    ``details`` maps each kind of a post's details to its platforms. ``filters`` maps a platform to its filters; they
    hold for searches and for look-alikes. A platform without an entry has none. ``match_emails`` is no matter of
    platforms: whether it can say which accounts are behind an address. Nor is ``resolves_links``: whether it can
    `track` a video whose address does not hold its id.
    """

    search: frozenset[str] = frozenset()
    lookalikes: frozenset[str] = frozenset()
    enrich: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    content: frozenset[str] = frozenset()
    details: Mapping[str, frozenset[str]] = {}
    overlap: frozenset[str] = frozenset()
    post_stats: frozenset[str] = frozenset()
    creator_averages: frozenset[str] = frozenset()
    track: frozenset[str] = frozenset()
    resolves_links: bool = False
    linked_accounts: frozenset[str] = frozenset()
    match_emails: bool = False
    filters: Mapping[str, Mapping[str, Filter]] = {}


class ProviderCatalog(msgspec.Struct, frozen=True, kw_only=True):
    """All providers by the name under which a brief calls them.

    ``video`` reads the address of a video; None where it is none.
    """

    providers: Mapping[str, ProviderAbilities]
    video: Callable[[str], KnownVideo | None] = lambda link: KnownVideo(key=link, platform="")

    @property
    def platforms(self) -> frozenset[str]:
        """Every platform on which some provider can do something."""
        known = (abilities.search | abilities.lookalikes | abilities.enrich for abilities in self.providers.values())
        return frozenset().union(*known)
