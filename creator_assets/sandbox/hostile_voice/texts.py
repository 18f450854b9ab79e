"""The bytes of an answer as careless programs and proxies send them. Its JSON values stay what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

_JSON = "application/json"
Spoiled = tuple[bytes, str]
"""Bytes and their media type."""


def spoiled(body: Any, chance: Random) -> tuple[bytes, str, str]:
    """A JSON value as bytes of one odd form.

    Args:
        body: The value; it may hold halves of surrogate pairs, NaN and infinite numbers.
        chance: Decides the form.

    Returns:
        The bytes, their media type and the name of the form.
    """
    name = chance.choice(tuple(FORMS))
    content, media_type = FORMS[name](body)
    return content, media_type, name


def plain(body: Any) -> bytes:
    """A JSON value as ASCII; NaN and infinite numbers stay in it, as programs write them."""
    return json.dumps(body).encode()


def spoiled_bytes(content: bytes, chance: Random) -> tuple[bytes, str]:
    """Bytes that are no JSON, such as a table as text, with a mark or white space around them; and the form's name."""
    name = chance.choice(("as it is", "byte order mark", "white space"))
    mark, end = {"as it is": (b"", b""), "byte order mark": (b"\xef\xbb\xbf", b""), "white space": (b"", b"\r\n\r\n")}[
        name
    ]
    return mark + content + end, name


def _wide(body: Any) -> str:
    """The value with its characters as they are, and halves of surrogate pairs as escapes."""
    text = json.dumps(body, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _latin(body: Any) -> bytes:
    """The value in latin-1; what it lacks is written as escapes."""
    escaped = json.dumps(body)
    return re.sub(r"(?<!\\)\\u00([a-f][0-9a-f])", lambda found: chr(int(found[1], 16)), escaped).encode("latin-1")


def _with(body: Any, more: bytes) -> bytes:
    """The value with one more field; a list and a bare value stay."""
    if not isinstance(body, dict) or not body:
        return plain(body)
    return plain(body)[:-1] + b', "x_odd": ' + more + b"}"


FORMS: dict[str, Callable[[Any], Spoiled]] = {
    "as it is": lambda body: (plain(body), _JSON),
    "wide": lambda body: (_wide(body).encode(), _JSON),
    "byte order mark": lambda body: (b"\xef\xbb\xbf" + _wide(body).encode(), _JSON),
    "utf-16": lambda body: (_wide(body).encode("utf-16"), _JSON),
    "latin-1 by its header": lambda body: (_latin(body), f"{_JSON}; charset=ISO-8859-1"),
    "latin-1 without a header": lambda body: (_latin(body), _JSON),
    "trailing bytes": lambda body: (plain(body) + b"\n<!-- 12 ms -->\x00", _JSON),
    "a second value": lambda body: (plain(body) + b'{"took": 12}', _JSON),
    "white space": lambda body: (b" \r\n" + plain(body) + b"\r\n\x00", _JSON),
    "another media type": lambda body: (plain(body), "text/html; charset=utf-8"),
    "unknown character set": lambda body: (plain(body), f"{_JSON}; charset=binary"),
    "NaN": lambda body: (_with(body, b"NaN"), _JSON),
    "-Infinity": lambda body: (_with(body, b"-Infinity"), _JSON),
    "1e999": lambda body: (_with(body, b"1e999"), _JSON),
    "four hundred digits": lambda body: (_with(body, b"9" * 400), _JSON),
    "half an emoji": lambda body: (_with(body, rb'"\ud83d cut"'), _JSON),
    "broken UTF-8": lambda body: (_with(body, b'"\xe9\xff\xed\xa0\xbd"'), _JSON),
    "raw control characters": lambda body: (_with(body, b'"a\nb\tc\x01"'), _JSON),
    "the same field twice": lambda body: (_with(body, b'1, "x_odd": 2'), _JSON),
}
