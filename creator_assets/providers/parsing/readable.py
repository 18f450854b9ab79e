"""The body of an answer as text that every reader can read, whatever bytes arrived.

Text that nobody needs decides nothing: half an emoji in a title must not cost a paid profile. A body is made readable
once, before its charge is read and before rows are made, so that both see the same. The archive keeps the bytes.
What the parts of a body mean belongs to ``bodies`` and to each provider's folder.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_MAYBE_BEYOND = re.compile(rb"\\u[dD][89a-fA-F]|\d[eE]\+?\d{3}|\d{300}")
"""Half of a surrogate pair, or a number beyond every type: rare, and found only by decoding."""
_LONGEST_WHOLE = 300
"""Digits of the longest whole number that is read; no number of an answer needs more than 20."""

BROKEN_TEXT = "bytes that are no text were replaced"
NOT_STRICT = "the text is no strict JSON; what could be read was read"
TRAILING = "text after the JSON value was ignored"


class Readable(NamedTuple):
    """A body in UTF-8, as strict JSON where it holds JSON, and what had to be changed for that."""

    body: bytes
    notes: tuple[str, ...] = ()


def readable(body: bytes, headers: Mapping[str, str] = {}) -> Readable:
    """The body in UTF-8; a JSON value becomes strict JSON.

    A byte order mark is dropped. Bytes that are no text and halves of surrogate pairs become U+FFFD. NaN and infinite
    numbers become null. Text after the JSON value is ignored. Any other content keeps its text.

    Args:
        body: The bytes that arrived, after content decoding.
        headers: Header names in lower case; ``content-type`` may name a character set.
    """
    text, notes = _as_utf8(body, headers)
    if _is_strict(text):
        return Readable(text, notes)
    found = _lenient_value(text.decode())
    if found is None:
        return Readable(text, notes)
    value, is_all = found
    strict = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    whole = strict.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    return Readable(whole, (*notes, NOT_STRICT if is_all else TRAILING))


def lenient_json(text: str) -> Any:
    """The JSON value at the start of a text, numbers beyond every type as None; None where there is no value."""
    found = _lenient_value(text)
    return None if found is None else found[0]


def _as_utf8(body: bytes, headers: Mapping[str, str]) -> tuple[bytes, tuple[str, ...]]:
    mark = next((codec for mark, codec in _MARKS if body.startswith(mark)), None)
    codec = mark or _charset(headers)
    if codec in {"utf-8", "utf-8-sig"}:
        bare = body.removeprefix(codecs.BOM_UTF8)
        try:
            bare.decode()
        except UnicodeDecodeError:
            return bare.decode("utf-8", errors="replace").encode(), (BROKEN_TEXT,)
        return bare, ()
    text = body.decode(codec, errors="replace")
    return text.encode("utf-8", errors="replace"), (BROKEN_TEXT,) if "\ufffd" in text else ()


def _charset(headers: Mapping[str, str]) -> str:
    """The character set that the headers name; UTF-8, which JSON has by its standard, where they name none."""
    named = _CHARSET.search(headers.get("content-type", ""))
    try:
        codec = codecs.lookup(named[1]) if named else None
    except LookupError:
        return "utf-8"
    return codec.name if codec and codec._is_text_encoding else "utf-8"  # noqa: SLF001 - there is no other way to ask


def _is_strict(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
        # Skipping a value does not read its numbers; a search says where it is worth to decode all of it.
        if _MAYBE_BEYOND.search(text):
            msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _lenient_value(text: str) -> tuple[Any, bool] | None:
    """The JSON value at the start of a text, and whether it is all of the text; None where there is none."""
    bare = text.strip("\ufeff \t\r\n\0")
    if bare[:1] not in {"{", "["}:
        return None
    try:
        value, end = _DECODER.raw_decode(bare)
    except (ValueError, RecursionError):
        return None
    return value, end == len(bare)


def _number(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _whole(text: str) -> int | None:
    return int(text) if len(text) <= _LONGEST_WHOLE else None


_DECODER = json.JSONDecoder(parse_float=_number, parse_int=_whole, parse_constant=lambda _constant: None, strict=False)
