"""The filters of a search, checked against what the platform knows.

This is where money is saved: a provider ignores a filter key that it does not know and bills the unfiltered answer. So
every key must be one of the catalog's, and every value of its kind. Values come out as plain JSON-like values, ready
for a request.
"""

from __future__ import annotations

from collections.abc import Mapping

from creator_assets.campaigns import scalars
from creator_assets.campaigns.catalog import Filter, FilterKind
from creator_assets.campaigns.faults import what_would_be_right
from creator_assets.campaigns.place import Place

FilterValue = str | int | float | bool | tuple[str, ...] | Mapping[str, "FilterValue"]
"""What a filter may hold: JSON values without null."""

_MAX_VALUES = 500


def read_filters(place: Place | None, known: Mapping[str, Filter], where: str) -> dict[str, FilterValue]:
    """Read a mapping of filters.

    Args:
        place: The mapping, or None where the brief has none.
        known: The filters that exist there, by key.
        where: Names the place to a person, such as ``infludata on tiktok``.
    """
    if place is None:
        return {}
    entries = place.entries()
    if entries:
        for key, shown in place.unknown_names(known):
            problem = f"{where} has no such filter, and would ignore it and bill the unfiltered answer"
            place.refuse_name(key, shown, problem, what_would_be_right(key.value, known, "Its filters"))
    values = {name: _value(entry, known[name], where) for name, entry in entries.items() if name in known}
    return {name: value for name, value in values.items() if value is not None}


def _value(place: Place, rule: Filter, where: str) -> FilterValue | None:
    """One filter's value by its kind; None where it is wrong and has been reported."""
    match rule.kind:
        case FilterKind.TEXT:
            return scalars.text(place) or None
        case FilterKind.CHOICE:
            return scalars.choice(place, rule.choices, "values") or None
        case FilterKind.TEXTS | FilterKind.CHOICES:
            return _texts(place, rule)
        case FilterKind.NUMBER:
            return scalars.number(place, at_least=rule.minimum, at_most=rule.maximum)
        case FilterKind.WHOLE_NUMBER:
            return scalars.whole_number(place, at_least=rule.minimum, at_most=rule.maximum)
        case FilterKind.RANGE:
            return _range(place, rule)
        case FilterKind.FLAG:
            return scalars.flag(place)
        case FilterKind.GROUP:
            return _group(place, rule, where)


def _group(place: Place, rule: Filter, where: str) -> dict[str, FilterValue] | None:
    values = read_filters(place, rule.keys, where)
    if place.found == "a mapping" and not place.entries():
        place.refuse("the group of filters is empty", "Give at least one of its filters, or leave the group out")
    return values or None


def _texts(place: Place, rule: Filter) -> tuple[str, ...] | None:
    items = place.items(_MAX_VALUES)
    if not items:
        if place.found == "a list":
            place.refuse("the list is empty", "Name at least one value, or leave the filter out")
        return None
    if rule.kind is FilterKind.CHOICES:
        words = [scalars.choice(item, rule.choices, "values") for item in items]
    else:
        words = [scalars.text(item) for item in items]
    return tuple(dict.fromkeys(words))


def _range(place: Place, rule: Filter) -> dict[str, FilterValue] | None:
    ends = place.fields({"min": "10000", "max": "250000"})
    values = {
        name: value
        for name, end in ends.items()
        if (value := scalars.number(end, at_least=rule.minimum, at_most=rule.maximum)) is not None
    }
    if not ends and place.found == "a mapping":
        place.refuse("the range is empty", "Give min, max or both, or leave the filter out")
    elif len(values) == 2 and values["min"] > values["max"]:
        place.refuse("min is greater than max", "Exchange the two")
    return dict(values) or None
