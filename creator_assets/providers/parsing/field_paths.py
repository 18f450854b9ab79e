"""Which fields an answer holds: paths such as ``result.instagram.follower_count`` with their JSON type, never a value.

A path must not tell a value. An object whose names are data (countries, ages, topics, accounts) has ``*`` in their
place; so has one whose names do not look like names of fields. Which fields a document lists is kept beside each
provider in ``listed_fields.txt``. What a change of fields means belongs to ``metrics.answer_drift``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

from creator_assets.providers.parsing.readable import lenient_json

MAX_DEPTH = 12
MAX_ELEMENTS = 20
"""Elements of a list that are looked at: what a provider changes, it changes in all of them."""
MAX_NAMES = 300
MAX_UNLISTED_NAMES = 8
"""More new names than these in one object are data, not fields."""
LEAST_LETTERS = 3
"""A shorter new name may be a code of a country or a language."""
PLATFORM_DEPTH = 3
_NAME = re.compile(r"_?[a-z][A-Za-z0-9_]{0,59}")
_PLATFORM = re.compile(r"[a-z]{4,12}")
_TYPES: Mapping[type, str] = {
    bool: "flag",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
}


class Field(NamedTuple):
    """Where a value stands in an answer, and its JSON type: text, number, flag, list or object."""

    path: str
    json_type: str


class AnswerFields(NamedTuple):
    """The fields of one answer, and the platform that it names (empty where it names none)."""

    platform: str
    fields: frozenset[Field]


def fields_of(body: bytes, listed: Collection[Field] | None = None) -> AnswerFields | None:
    """The fields of an answer's body; None where it holds no JSON object or list.

    Args:
        body: As it arrived.
        listed: The listed fields. Nothing is looked at below a field that is not among them. None: all of it.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        value = lenient_json(body.decode("utf-8", errors="replace"))
    if not isinstance(value, dict | list):
        return None
    texts = {text.casefold() for text in _texts(value, MAX_DEPTH)}
    known = None if listed is None else (listed if isinstance(listed, frozenset) else frozenset(listed))
    found: set[Field] = set()
    _walk(value, "", MAX_DEPTH, texts, known, found)
    return AnswerFields(_platform(value, PLATFORM_DEPTH), frozenset(found))


@cache
def listed_fields(provider: str) -> Mapping[str, frozenset[Field]]:
    """By operation the fields that documents and captures of a provider name; none for a provider without the file."""
    place = files(f"creator_assets.providers.{provider}").joinpath("listed_fields.txt")
    found: dict[str, set[Field]] = {}
    for line in place.read_text("utf-8").splitlines() if place.is_file() else ():
        operation, path, json_type = line.split(" ")
        found.setdefault(operation, set()).add(Field("" if path == "." else path, json_type))
    return {operation: frozenset(fields) for operation, fields in found.items()}


def containing(path: str) -> str:
    """The path of the object that holds a field."""
    return path.rpartition(".")[0] if "." in path else ""


def _walk(
    value: Any, path: str, depth: int, texts: Collection[str], listed: frozenset[Field] | None, found: set[Field]
) -> None:
    json_type = _TYPES.get(type(value))
    if json_type is None:  # null counts as absent
        return
    field = Field(path, json_type)
    found.add(field)
    if depth == 0 or (listed is not None and field not in listed):
        return
    if isinstance(value, list):
        for element in value[:MAX_ELEMENTS]:
            _walk(element, f"{path}[]", depth - 1, texts, listed, found)
    elif isinstance(value, dict):
        names = list(value)[:MAX_NAMES]
        prefix = f"{path}." if path else ""
        as_data = _names_that_are_data(names, prefix, texts, listed)
        for name in names:
            _walk(value[name], f"{prefix}{'*' if name in as_data else name}", depth - 1, texts, listed, found)


def _names_that_are_data(
    names: list[str], prefix: str, texts: Collection[str], listed: frozenset[Field] | None
) -> Collection[str]:
    """The names of an object that are values themselves, such as countries or handles: all that no document lists."""
    if listed is None:  # nothing is known, so the object is data as a whole or not at all
        return names if any(_NAME.fullmatch(name) is None for name in names) else ()
    known = _paths(listed)
    unlisted = [name for name in names if f"{prefix}{name}" not in known]
    is_data = (
        f"{prefix}*" in known
        or len(unlisted) > MAX_UNLISTED_NAMES
        or any(
            _NAME.fullmatch(name) is None or len(name) < LEAST_LETTERS or name.casefold() in texts for name in unlisted
        )
    )
    return unlisted if is_data else ()


@cache
def _paths(listed: frozenset[Field]) -> frozenset[str]:
    return frozenset(field.path for field in listed)


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, list):
        for element in value[:MAX_ELEMENTS]:
            yield from _texts(element, depth - 1)
    elif depth and isinstance(value, dict):
        for name in list(value)[:MAX_NAMES]:
            yield from _texts(value[name], depth - 1)


def _platform(value: Any, depth: int) -> str:
    if isinstance(value, list):
        return _platform(value[0], depth) if value and depth else ""
    if not isinstance(value, dict):
        return ""
    named = value.get("platform")
    if isinstance(named, str) and _PLATFORM.fullmatch(named.lower()):
        return named.lower()
    inside = (_platform(value[name], depth - 1) for name in list(value)[:MAX_NAMES]) if depth else ()
    return next((name for name in inside if name), "")
