"""Sandboxes in the real voice, the documented fields as a table, and the fields of an answer. No test belongs here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from creator_assets.sandbox import SandboxSettings
from creator_assets.sandbox.universe import Profile, Universe, open_universe

SIZE = 20_000
NOW = datetime.fromisoformat("2026-03-02T12:00:00+00:00")  # the clock of the sandboxes, to the second
LISTED = Path(__file__).with_name("full_profile_fields.txt")


@cache
def truth() -> Universe:
    """Return the universe that a sandbox of this folder serves."""
    return open_universe(SandboxSettings(size=SIZE))


def profile(platform: str, handle: str) -> Profile:
    found = truth().by_handle(platform, handle, NOW)
    assert found is not None
    return found


def documented(platform: str) -> dict[str, str]:
    """Read the types by path of one platform's full profile, below ``result`` or beside it."""
    section = LISTED.read_text().partition(f"# {platform}\n")[2].partition("\n#")[0]
    types: dict[str, str] = {}
    for line in section.splitlines():
        head, _, names = line.partition(": ")
        parent, _, kind = head.rpartition(" ")
        for name in names.split():
            types[f"{'' if parent == '.' else parent + '.'}{name}"] = kind
    return types


def fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and type of everything in a JSON value, lists by ``[]``."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from fields(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, "list" if value else "empty"
        for inner in value:
            yield from fields(inner, f"{path}[]")
    else:
        yield path, "null" if value is None else _NAMES[type(value)]


_NAMES = {str: "text", bool: "bool", int: "int", float: "float"}


def months_named(path: str) -> str:
    """Return a path with the years and months of ``posts_per_month`` replaced by words."""
    return re.sub(r"posts_per_month\.20\d\d\.[a-z]+$", "posts_per_month.YEAR.MONTH", path)
