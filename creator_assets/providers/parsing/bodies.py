"""Parts of an answer's body, without decoding its records and without raising for anything that it holds.

A part that is missing, or of another form than expected, is None: a provider may send anything, and what was paid for
must not be lost. What the parts mean belongs to each provider's ``payloads.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from creator_assets.providers.parsing.values import PLACEHOLDERS

KindT = TypeVar("KindT")
Json = bytes | msgspec.Raw
MOST_WHOLE = 2**63 - 1
_NO_VALUE = frozenset({"", *PLACEHOLDERS})


def object_at(body: Json, *path: str) -> dict[str, msgspec.Raw] | None:
    """The fields of the object at `path`, undecoded."""
    found: dict[str, msgspec.Raw] | None = decoded(body, dict[str, msgspec.Raw], *path)
    return found


def records_at(body: Json, *path: str) -> list[msgspec.Raw] | None:
    """The undecoded records of the list at `path`."""
    found: list[msgspec.Raw] | None = decoded(body, list[msgspec.Raw], *path)
    return found


def value_at(body: Json, *path: str) -> Any:
    """The decoded value at `path`; use it for few and small values."""
    return decoded(body, Any, *path)


def text_at(body: Json, *path: str) -> str:
    """The text or number at `path` as text, also alone in a list; empty where there is neither."""
    value = _alone(value_at(body, *path))
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def whole_at(body: Json, *path: str) -> int | None:
    """The whole number at `path`, also as 7.0, as text or alone in a list; None beyond what a table can hold."""
    value = _alone(value_at(body, *path))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    is_whole = isinstance(value, str) or number == value
    return number if is_whole and abs(number) <= MOST_WHOLE else None


def _alone(value: Any) -> Any:
    """The one value of a list: some programs write a list where a value is documented."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def is_unread(body: Json, *path: str) -> bool:
    """Whether something stands at `path`, or in place of an object on the way there, that is no whole number."""
    if whole_at(body, *path) is not None:
        return False
    value = value_at(body)
    for name in path:
        if not isinstance(value, dict):
            break
        value = value.get(name)
    is_word = isinstance(value, str) and value.strip() in _NO_VALUE
    return not is_word and value not in (None, [], {}, [None])


def record_names(records: Sequence[msgspec.Raw] | None, *paths: Sequence[str]) -> list[str]:
    """What names each record: the first of `paths` that holds a text, else the whole record."""
    return [
        next((name for path in paths if (name := text_at(raw, *path))), bytes(raw).decode(errors="replace"))
        for raw in records or ()
    ]


def decoded(body: Json, kind: Any, *path: str) -> Any:
    """What is at `path`, as `kind`."""
    node = body
    try:
        for key in path:
            node = document(node, dict[str, msgspec.Raw])[key]
        return document(node, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, RecursionError):
        return None


def document(body: Json, kind: type[KindT]) -> KindT:
    """The whole body as `kind`. Every body of a provider is decoded here, and nowhere else.

    Raises:
        msgspec.DecodeError: The body is of another form.
        UnicodeDecodeError: Its text is broken.
    """
    return msgspec.json.decode(body, type=kind)
