"""Which fields an answer holds: paths such as ``result.instagram.follower_count`` with their JSON type, never a value.

A path must not tell a value. An object whose names are data (countries, ages, topics, accounts) has ``*`` in their
place; so has each new name that does not consist of words that names of fields have. Which fields a document lists is
kept beside each provider in ``listed_fields.txt``. What a change of fields means belongs to ``metrics.answer_drift``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

from creator_assets.providers.parsing.readable import readable

MAX_DEPTH = 12
MAX_ELEMENTS = 20
"""Elements of a list that are looked at: what a provider changes, it changes in all of them."""
MAX_NAMES = 300
MAX_FIELDS = 2_000
"""Fields of one answer."""
MAX_UNLISTED_NAMES = 30
"""More new names than these in one object are data, not fields."""
LEAST_LETTERS = 3
"""A shorter new name may be a code of a country or a language."""
PLATFORM_DEPTH = 3
_NAME = re.compile(r"_?[a-z][A-Za-z0-9_]{0,59}")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_MOST_DIGITS = 2
_COMMON_WORDS = frozenset({
    "account", "address", "age", "all", "amount", "average", "avg", "by", "category", "city", "code", "comment",
    "comments", "content", "cost", "count", "country", "created", "creator", "cursor", "data", "date", "day",
    "days", "description", "detail", "details", "email", "end", "engagement", "error", "followers", "following",
    "full", "gender", "growth", "has", "hidden", "id", "ids", "image", "index", "info", "is", "item", "items",
    "key", "language", "last", "likes", "limit", "link", "links", "list", "location", "max", "mean", "median",
    "message", "meta", "min", "month", "months", "name", "native", "new", "next", "number", "of", "offset",
    "other", "page", "pages", "percent", "percentage", "place", "platform", "plays", "post", "posts", "private",
    "profile", "published", "rank", "rate", "raw", "reach", "reason", "reels", "report", "request", "result",
    "results", "saves", "score", "scores", "shares", "size", "sort", "start", "state", "stats", "status",
    "subscribers", "success", "tag", "tags", "text", "time", "timestamp", "title", "to", "token", "total",
    "type", "types", "unit", "updated", "url", "user", "users", "value", "values", "verified", "version",
    "video", "videos", "view", "views", "watch", "week", "weeks",
})  # fmt: skip
"""What names of fields consist of beside the words of the listed ones."""
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
    """The fields of one answer, and what it calls its platform (any text; empty where it names none)."""

    platform: str
    fields: frozenset[Field]


class Listed(NamedTuple):
    """What is known of the fields of an operation: the listed ones, and the words of all names of its provider."""

    fields: frozenset[Field]
    words: frozenset[str]


def fields_of(body: bytes, listed: Listed | None = None) -> AnswerFields | None:
    """The fields of an answer's body; None where it holds no JSON object or list.

    Args:
        body: As it arrived.
        listed: What is known of the operation. Nothing is looked at below a field that is not listed, and a new name
            is shown only if it consists of known words: any other may be a handle. None: all names are shown.
    """
    try:
        value = msgspec.json.decode(readable(body).body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(value, dict | list):
        return None
    walk = _Walk(listed, frozenset(text.casefold() for text in _texts(value, MAX_DEPTH)))
    walk.into(value, "", MAX_DEPTH)
    return AnswerFields(_platform(value, PLATFORM_DEPTH), frozenset(walk.found))


def listed_of(provider: str, operation: str) -> Listed:
    """What is known of the fields of one operation."""
    return Listed(listed_fields(provider).get(operation, frozenset()), _words_of(provider))


@cache
def _words_of(provider: str) -> frozenset[str]:
    names = {name for fields in listed_fields(provider).values() for field in fields for name in field.path.split(".")}
    return _COMMON_WORDS.union(*(_words(name) for name in names))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


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


class _Walk:
    """Collects the fields of one answer."""

    def __init__(self, listed: Listed | None, texts: frozenset[str]) -> None:
        self._listed, self._texts = listed, texts
        self._paths = _paths(listed.fields) if listed is not None else frozenset()
        self.found: set[Field] = set()

    def into(self, value: Any, path: str, depth: int) -> None:
        """Note a value and what it holds. Null counts as absent."""
        json_type = _TYPES.get(type(value))
        if json_type is None or len(self.found) >= MAX_FIELDS:
            return
        field = Field(path, json_type)
        self.found.add(field)
        if depth == 0 or (path and self._listed is not None and field not in self._listed.fields):
            return
        if isinstance(value, list):
            for element in value[:MAX_ELEMENTS]:
                self.into(element, f"{path}[]", depth - 1)
        elif isinstance(value, dict):
            names, prefix = list(value)[:MAX_NAMES], f"{path}." if path else ""
            as_data = self._names_that_are_data(names, prefix)
            for name in names:
                self.into(value[name], f"{prefix}{'*' if name in as_data else name}", depth - 1)

    def _names_that_are_data(self, names: list[str], prefix: str) -> Collection[str]:
        """The names of an object that may be values themselves, such as countries or handles: no document has them."""
        if self._listed is None:  # nothing is known, so the object is data as a whole or not at all
            return names if any(_NAME.fullmatch(name) is None for name in names) else ()
        unlisted = [name for name in names if "." in name or not name or f"{prefix}{name}" not in self._paths]
        if f"{prefix}*" in self._paths or len(unlisted) > MAX_UNLISTED_NAMES:
            return unlisted
        if any(_NAME.fullmatch(name) is None or name.casefold() in self._texts for name in unlisted):
            return unlisted
        words = self._listed.words
        return [
            name
            for name in unlisted
            if len(name) < LEAST_LETTERS
            or not all(word in words or (word.isdigit() and len(word) <= _MOST_DIGITS) for word in _words(name))
        ]


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
    if isinstance(named, str):
        return named.strip().lower()
    inside = (_platform(value[name], depth - 1) for name in list(value)[:MAX_NAMES]) if depth else ()
    return next((name for name in inside if name), "")
