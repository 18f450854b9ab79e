"""The filters of a search, checked against what the platform knows.

This is where money is saved: a provider ignores a filter key that it does not know and bills the unfiltered answer. So
every key must be one of the catalog's, and every value of its kind. Values come out as plain JSON-like values, ready
for a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from creator_assets.campaigns.catalog import Filter, FilterKind
from creator_assets.campaigns.values import reading_of
from creator_assets.checked_yaml import YamlNode, read
from creator_assets.checked_yaml.scalars import flag, number, one_of, text, whole_number
from creator_assets.checked_yaml.section import entries_of

FilterValue = str | int | float | bool | tuple["FilterValue", ...] | Mapping[str, "FilterValue"]
"""What a filter may hold: JSON values without null."""

MAX_VALUES = 500
MAX_DEPTH = 5
"""How deep an unknown filter may be nested."""


def _of_the_platform(value: Any, info: ValidationInfo) -> Any:
    """Hold a mapping against the filters of the provider and the platform that stand beside it."""
    reading = reading_of(info)
    if not isinstance(value, YamlNode) or reading is None:
        return value
    provider, platform = info.data.get("provider"), info.data.get("platform")
    if provider is None or platform is None:  # reported already
        return {}
    known = reading.catalog.providers[provider].filters.get(platform, {})
    # The name of a filter names no person, not even beside a handle.
    node, where = value.marked(personal=False), f"{provider} on {platform}"
    if info.data.get("allow_unknown"):
        entries = node.entries()
        unknown = {name: entry for name, entry in entries.items() if name not in known}
        right = {name: entry for name, entry in entries.items() if name in known}
        return {**_on_purpose(unknown, where), **_read(right, known, where)}
    return _filters(node, known, where)


if TYPE_CHECKING:
    Filters = Mapping[str, FilterValue]
else:  # pydantic need not know the form: nothing but this check reads filters
    Filters = Annotated[Mapping[str, Any], PlainValidator(_of_the_platform), WithJsonSchema({"type": "object"})]


def _filters(node: YamlNode, known: Mapping[str, Filter], where: str) -> dict[str, FilterValue]:
    """The right filters of a mapping; `where` names provider and platform for people."""
    problem = f"{where} has no such filter, and would ignore it and bill the unfiltered answer"
    return _read(entries_of(node, known, problem, "Its filters"), known, where)


def _read(entries: Mapping[str, YamlNode], known: Mapping[str, Filter], where: str) -> dict[str, FilterValue]:
    values = {name: _value(entry, known[name], where) for name, entry in entries.items()}
    return {name: value for name, value in values.items() if value is not None}


def _on_purpose(unknown: Mapping[str, YamlNode], where: str) -> dict[str, FilterValue]:
    """The filters that the brief passes on although the catalog lacks them, each with a warning."""
    for entry in unknown.values():
        problem = f"{where} is not known to have this filter: it may ignore it and bill the unfiltered answer"
        entry.warn(problem, "Keep `allow_unknown: true` only if the provider confirmed the filter")
    values = {name: _as_written(entry) for name, entry in unknown.items()}
    return {name: value for name, value in values.items() if value is not None}


def _as_written(node: YamlNode, depth: int = MAX_DEPTH) -> FilterValue | None:
    """A value of an unknown filter; None where it is wrong, which is reported."""
    if depth == 0:
        node.refuse(f"the filter is nested more than {MAX_DEPTH} times", "Make it flatter")
    elif node.found == "a mapping":
        inside = {name: _as_written(one, depth - 1) for name, one in node.entries().items()}
        return {name: value for name, value in inside.items() if value is not None}
    elif node.found == "a list":
        items = (_as_written(one, depth - 1) for one in node.items(MAX_VALUES))
        return tuple(value for value in items if value is not None)
    elif node.found == "a number":
        return read(node, partial(number, at_least=None, at_most=None))
    else:
        return read(node, flag) if node.found == "true or false" else read(node, text)
    return None


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
        case FilterKind.GROUP | FilterKind.GROUPS:
            return _group(node, rule, where) if rule.kind is FilterKind.GROUP else _groups(node, rule, where)


def _group(node: YamlNode, rule: Filter, where: str) -> dict[str, FilterValue] | None:
    values = _filters(node, rule.keys, where)
    if not node.names:
        node.refuse("the group of filters is empty", "Give at least one of its filters, or leave the group out")
    elif missing := [name for name in rule.required if name not in node.names]:
        node.refuse(f"{missing[0]} is missing", f"Add it: the provider needs {', '.join(rule.required)}")
    return values or None


def _groups(node: YamlNode, rule: Filter, where: str) -> tuple[FilterValue, ...] | None:
    items = _items(node)
    return tuple(group for item in items if (group := _group(item, rule, where)) is not None) or None


def _texts(node: YamlNode, rule: Filter) -> tuple[str, ...] | None:
    items = _items(node)
    parse = partial(one_of, known=rule.choices, noun="values") if rule.kind is FilterKind.CHOICES else text
    words = [word for item in items if (word := read(item, parse)) is not None]
    return tuple(dict.fromkeys(words)) or None


def _items(node: YamlNode) -> list[YamlNode]:
    items = node.items(MAX_VALUES)
    if node.found == "a list" and not node.raw.value:
        node.refuse("the list is empty", "Name at least one value, or leave the filter out")
    return items


def _range(node: YamlNode, rule: Filter) -> dict[str, FilterValue] | None:
    ends = node.fields({"min": "10000", "max": "250000"})
    parse = partial(number, at_least=rule.minimum, at_most=rule.maximum)
    values = {name: value for name, end in ends.items() if (value := read(end, parse)) is not None}
    if node.found == "a mapping" and not node.names:
        node.refuse("the range is empty", "Give min, max or both, or leave the filter out")
    elif len(values) == 2 and values["min"] > values["max"]:
        node.refuse("min is greater than max", "Exchange the two")
    return dict(values) or None
