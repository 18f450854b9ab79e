"""The filters of a search, checked against what the platform knows.

This is where money is saved: a provider ignores a filter key that it does not know and bills the unfiltered answer. So
every key must be one of the catalog's, and every value of its kind. Values come out as plain JSON-like values, ready
for a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from creator_assets.campaigns.catalog import Filter, FilterKind
from creator_assets.campaigns.values import reading_of
from creator_assets.checked_yaml import YamlNode, read
from creator_assets.checked_yaml.scalars import flag, number, one_of, text, whole_number
from creator_assets.checked_yaml.section import entries_of

FilterValue = str | int | float | bool | tuple[str, ...] | Mapping[str, "FilterValue"]
"""What a filter may hold: JSON values without null."""

MAX_VALUES = 500


class _OfThePlatform:
    """Holds a mapping against the filters of the provider and the platform that stand beside it."""

    words = "a mapping"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Nothing but this check: which filters there are is known only with provider and platform."""
        del source, handler
        return core_schema.with_info_plain_validator_function(self._value)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Any mapping; the conditions for each provider and platform are in ``json_schema``."""
        del schema, handler
        return {"type": "object"}

    def _value(self, value: Any, info: ValidationInfo) -> Any:
        reading = reading_of(info)
        if not isinstance(value, YamlNode) or reading is None:
            return value
        provider, platform = info.data.get("provider"), info.data.get("platform")
        if provider is None or platform is None:  # reported already
            return {}
        known = reading.catalog.providers[provider].filters.get(platform, {})
        # The name of a filter names no person, not even beside a handle.
        return _filters(value.marked(personal=False), known, f"{provider} on {platform}")


if TYPE_CHECKING:
    Filters = Mapping[str, FilterValue]
else:  # pydantic need not know the form: nothing but the check below reads filters
    Filters = Annotated[Mapping[str, Any], _OfThePlatform()]


def _filters(node: YamlNode, known: Mapping[str, Filter], where: str) -> dict[str, FilterValue]:
    """The right filters of a mapping; `where` names provider and platform for people."""
    problem = f"{where} has no such filter, and would ignore it and bill the unfiltered answer"
    entries = entries_of(node, known, problem, "Its filters")
    values = {name: _value(entry, known[name], where) for name, entry in entries.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(node: YamlNode, rule: Filter, where: str) -> FilterValue | None:
    """One filter's value by its kind; None where it is wrong, which is reported."""
    match rule.kind:
        case FilterKind.TEXT:
            return read(node, text)
        case FilterKind.CHOICE:
            return read(node, partial(one_of, known=rule.choices, noun="values"))
        case FilterKind.TEXTS | FilterKind.CHOICES:
            return _texts(node, rule)
        case FilterKind.NUMBER:
            return read(node, partial(number, at_least=rule.minimum, at_most=rule.maximum))
        case FilterKind.WHOLE_NUMBER:
            return read(node, partial(whole_number, at_least=rule.minimum, at_most=rule.maximum))
        case FilterKind.RANGE:
            return _range(node, rule)
        case FilterKind.FLAG:
            return read(node, flag)
        case FilterKind.GROUP:
            return _group(node, rule, where)


def _group(node: YamlNode, rule: Filter, where: str) -> dict[str, FilterValue] | None:
    values = _filters(node, rule.keys, where)
    if not node.names:
        node.refuse("the group of filters is empty", "Give at least one of its filters, or leave the group out")
    return values or None


def _texts(node: YamlNode, rule: Filter) -> tuple[str, ...] | None:
    items = node.items(MAX_VALUES)
    if node.found == "a list" and not node.raw.value:
        node.refuse("the list is empty", "Name at least one value, or leave the filter out")
    parse = partial(one_of, known=rule.choices, noun="values") if rule.kind is FilterKind.CHOICES else text
    words = [word for item in items if (word := read(item, parse)) is not None]
    return tuple(dict.fromkeys(words)) or None


def _range(node: YamlNode, rule: Filter) -> dict[str, FilterValue] | None:
    ends = node.fields({"min": "10000", "max": "250000"})
    parse = partial(number, at_least=rule.minimum, at_most=rule.maximum)
    values = {name: value for name, end in ends.items() if (value := read(end, parse)) is not None}
    if node.found == "a mapping" and not node.names:
        node.refuse("the range is empty", "Give min, max or both, or leave the filter out")
    elif len(values) == 2 and values["min"] > values["max"]:
        node.refuse("min is greater than max", "Exchange the two")
    return dict(values) or None
