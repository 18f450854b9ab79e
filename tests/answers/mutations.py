"""Answers as hostile networks and providers make them: one seed, one mutated answer, the same each time."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None, -1, -2, True, False, 0.5, 1e300, 2**70, 1.0000000000000002, "", " ", "hidden", "N/A", "None", "null", "12.4K",
    "1,234", "7", [], {}, ["x"], [1, 2], {"odd": 1}, "\u202e\u05e9\u200b\x00",
)  # fmt: skip


def mutated(profile: Any, kept: frozenset[str], seed: int) -> bytes:
    """The answer with some of its values replaced and its text spoiled, both by the seed.

    Args:
        profile: The body as JSON values.
        kept: Names of fields that stay: those that identify the account and hold the profile.
        seed: Decides everything.
    """
    chance = random.Random(seed)  # noqa: S311 - examples, no secrets
    body = json.loads(json.dumps(profile))
    paths = [path for path in leaves(body) if path[-1] not in kept]
    for path in chance.sample(paths, chance.randint(0, min(6, len(paths)))):
        node = body
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = chance.choice(ODD_VALUES)
    text = json.dumps(body, ensure_ascii=chance.random() < 0.5)
    return chance.choice(_SPOILED)(text)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values that hold no others."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner and path:
        yield path
    for key, one in inner:
        yield from leaves(one, (*path, key))


def _with(text: str, more: str) -> str:
    """The text with one more field."""
    return text[:-1] + f', "odd": {more}}}'


_SPOILED = (
    lambda text: text.encode(),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.encode("utf-16"),
    lambda text: text.encode() + b"\n<!-- 12 ms -->\x00",
    lambda text: b" \r\n" + text.encode() + b"\r\n",
    lambda text: _with(text, "NaN").encode(),
    lambda text: _with(text, "-Infinity").encode(),
    lambda text: _with(text, "1e999").encode(),
    lambda text: _with(text, r'"\ud83d cut"').encode(),
    lambda text: _with(text, '"X"').encode().replace(b'"X"', b'"\xe9\xff\xed\xa0\xbd"'),
    lambda text: _with(text, '"X"').encode().replace(b'"X"', b'"a\nb\tc"'),
    lambda text: _with(text, "9" * 400).encode(),
)
