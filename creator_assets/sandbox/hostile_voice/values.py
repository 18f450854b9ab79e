"""Values and fields of an answer as careless programs write them: sentinels, other types, missing and unknown fields.

What identifies an account, a post or a job is only written in another form, never taken away: whoever reads the answer
can still know of whom it speaks. What states a charge or a balance never becomes another amount.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random
from typing import Any

from creator_assets.sandbox.hostile_voice.names import COLLECTIONS, FLAGS, HANDLES, IDENTITIES, MONEY

_MOST_CHANGES = (6, 6, 6, 60)
_NAMED_SHARE = 0.25
SENTINELS: tuple[Any, ...] = (None, -1, -2, "hidden", "None", "null", "N/A", "", " ")
_OF_A_NUMBER: tuple[Any, ...] = (
    *SENTINELS, True, False, "12.4K", "1,234", "1 234", "7", "0.5 %", math.nan, math.inf, -math.inf, 1e300, -1e300,
    2**63, 2**70, 1.0000000000000002, 5e-324, [], {}, [1, 2], {"value": 1},
)  # fmt: skip
_OF_A_TEXT: tuple[Any, ...] = (
    *SENTINELS, True, 7, 0.5, [], {}, ["x"], [None], {"name": "x"}, "\ud83d", "cut \ud83d", "\udc00x",
    "\u202e\u05e9\u200b\x00", "x" * 5_000,
)  # fmt: skip
_OF_A_FLAG: tuple[Any, ...] = (*SENTINELS, "true", "yes", "0", 1, 0, 2, [True], {})
_OF_A_GROUP: tuple[Any, ...] = (None, [], {}, "", "hidden", "N/A", False, 0, [None], [[]], {"odd": 1}, ["x"])
_UNKNOWN: tuple[Any, ...] = (None, 1, "x", [1, {"er": None}], {"deep": {"list": [[], [None]]}}, True, "\ud83d")
_NO_AMOUNT: tuple[Any, ...] = (None, "N/A", "hidden", "", -1)
_EMPTY: tuple[Any, ...] = (None, [])
_TIMES = ("created", "date", "taken_at", "timestamp", "published", "uploaded")
_EARLIEST, _LATEST = 1e9, 4e9

Place = tuple[Any, Any]
"""The holder of a value (an object or a list) and its name or index there."""


def changed(body: Any, chance: Random) -> list[str]:
    """Change some values and fields of a JSON value in place.

    Args:
        body: An object or a list; anything else stays.
        chance: Decides how many are changed, and how.

    Returns:
        What was done, in its order, without values.
    """
    places = list(_places(body))
    chosen = chance.sample(places, min(len(places), chance.randint(0, chance.choice(_MOST_CHANGES))))
    # Among hundreds of values these would hardly ever be met.
    for names in (MONEY, IDENTITIES):
        named = [(holder, name) for holder, name in places if name in names]
        if named and chance.random() < _NAMED_SHARE:
            chosen.append(chance.choice(named))
    done: list[str] = []
    for holder, name in chosen:
        if name not in holder if isinstance(holder, dict) else name >= len(holder):
            continue  # an earlier change took it away
        done.append(_change(holder, name, chance))
    return [one for one in done if one]


def _change(holder: Any, name: Any, chance: Random) -> str:
    value = holder[name]
    if name in MONEY:
        return _hide(holder, name, chance)
    if name in IDENTITIES or name in FLAGS:
        return _rewrite(holder, name, chance)
    if name in COLLECTIONS:
        holder[name] = chance.choice(_EMPTY)
        return "another kind of empty"
    if isinstance(holder, dict) and chance.random() < 0.15:
        if chance.random() < 0.5:
            del holder[name]
            return "missing field"
        holder["x_new_field"] = chance.choice(_UNKNOWN)
        return "unknown field"
    if (at := _in_another_unit(name, value, chance)) is not None:
        holder[name] = at
        return "time in another unit"
    if isinstance(value, (str, int, float)) and chance.random() < 0.15:
        holder[name] = chance.choice((str(value), [value]))
        return "text or list"
    holder[name] = chance.choice(_odd_for(value))
    return "odd value"


def _odd_for(value: Any) -> tuple[Any, ...]:
    if isinstance(value, bool):
        return _OF_A_FLAG
    if isinstance(value, (int, float)):
        return _OF_A_NUMBER
    return _OF_A_GROUP if isinstance(value, (dict, list)) else _OF_A_TEXT


def _hide(holder: Any, name: Any, chance: Random) -> str:
    """An amount that is gone or no amount: the price list counts then."""
    if chance.random() < 0.5:
        del holder[name]
        return "missing amount"
    holder[name] = chance.choice(_NO_AMOUNT)
    return "no amount"


def _rewrite(holder: Any, name: Any, chance: Random) -> str:
    """The same identity in another form."""
    value = holder[name]
    forms: list[Callable[[], Any]] = []
    if isinstance(value, str) and value.isdecimal() and value[0] != "0":
        forms.append(lambda: int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        forms.append(lambda: str(value))
    if name in HANDLES and isinstance(value, str) and not value.startswith("UC"):
        forms += [value.upper, lambda: f"@{value}"]
    if name in HANDLES and isinstance(value, str):
        forms.append(lambda: f" {value} ")
    if name != "url" and name not in FLAGS and isinstance(value, (str, int)):
        forms.append(lambda: [value])
    if not forms:
        return ""
    holder[name] = chance.choice(forms)()
    return "identity in another form"


def _in_another_unit(name: Any, value: Any, chance: Random) -> Any:
    """A moment in another notation, None where the value is no moment."""
    if not isinstance(name, str) or not (any(word in name.lower() for word in _TIMES) or name.endswith("_at")):
        return None
    if isinstance(value, str):
        try:
            seconds = datetime.fromisoformat(value).timestamp() if len(value) > len("2026-11-18") else None
        except ValueError:
            return None
    else:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        seconds = value if is_number and _EARLIEST <= value <= _LATEST else None
    if seconds is None:
        return None
    forms = (int(seconds), int(seconds * 1_000), int(seconds * 1_000_000), str(int(seconds * 1_000)), float(seconds))
    return chance.choice(forms)


def _places(value: Any) -> Iterator[Place]:
    """Everything that may change: single values, and groups that hold neither an identity nor an amount."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        if not isinstance(one, (dict, list)):
            yield value, name
        elif not _names_something(one):
            yield value, name
            yield from _places(one)
        else:
            yield from _places(one)


def _names_something(value: Any) -> bool:
    if isinstance(value, dict):
        return any(name in IDENTITIES or name in MONEY or name in FLAGS for name in value) or any(
            map(_names_something, value.values())
        )
    return isinstance(value, list) and any(map(_names_something, value))
