"""One decoded value as the declared type requires it, read as far as it can be.

An impossible value costs its field, not its record. What was read in place of it, and why, is noted by field.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

from creator_assets.providers.contract.parsed import Problem

PLACEHOLDERS = ("None", "null", "NULL", "N/A", "n/a", "NaN", "nan", "undefined")
"""Words that programs write where they have no value."""
_HIDDEN = frozenset({*PLACEHOLDERS, "none", "hidden", "private", "unknown", "-", "--", "\N{EM DASH}"})
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([, \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}'_]\d{3})+(\.\d+)?")
_ROUNDED = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*([KkMmBb])\+?")
_PER_CENT = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*%")
_TIMES = {"k": 1e3, "m": 1e6, "b": 1e9}
_BEYOND = 2.0**63
"""No number of an answer comes near it, and no table holds a whole one from here on. NaN is not below it either."""
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


class Left(NamedTuple):
    """Why a field has no value, or not the exact one."""

    problem: Problem
    reason: str


Notes = dict[str, Left]
"""By the path of a field."""


def fit(value: Any, dtype: Any, path: str, notes: Notes) -> Any:
    """`value` as `dtype` requires it, or None; what is lost or not exact is noted under the field's path."""
    if value is None:
        return None
    if isinstance(dtype, pl.Struct):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, dict):
            return _lost(value, "an object", path, notes)
        prefix = f"{path}." if path else ""
        return {f.name: fit(value.get(f.name), f.dtype, prefix + f.name, notes) for f in dtype.fields}
    if isinstance(dtype, pl.List):
        if isinstance(value, dict):
            return _lost(value, "a list", path, notes)
        items = value if isinstance(value, list) else [value]
        return [fit(item, dtype.inner, f"{path}[]", notes) for item in items]
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list):
        value = value[0]
    expected, read = _SCALARS[type(dtype) if isinstance(dtype, pl.DataType) else dtype]
    found = read(value)
    if found is None:
        return _lost(value, expected, path, notes)
    if isinstance(found, _Rounded):
        notes[path] = Left(Problem.APPROXIMATE, "a rounded number")
        return found.number
    return found


def count_of(value: Any) -> float | None:
    """A counter in any notation; None for a sentinel or anything else that is no count."""
    found = _number(value)
    number = found.number if isinstance(found, _Rounded) else found
    return number if number is not None and number >= 0 else None


class _Rounded(NamedTuple):
    number: float


def _lost(value: Any, expected: str, path: str, notes: Notes) -> None:
    if isinstance(value, str) and value.strip() in _HIDDEN:
        notes[path] = Left(Problem.PLACEHOLDER, "a word for no value")
    elif value is not None and not (isinstance(value, str) and not value.strip()) and value not in ([], {}):
        notes[path] = Left(Problem.WRONG_TYPE, f"not {expected}")


def _number(value: Any) -> float | _Rounded | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        return _number_in(value.strip())
    return _finite(value)


def _number_in(text: str) -> float | _Rounded | None:
    if _PLAIN.fullmatch(text):
        return _finite(text)
    if _GROUPED.fullmatch(text):
        return _finite(re.sub(r"[^\d.+-]", "", text))
    if found := _ROUNDED.fullmatch(text):
        return _Rounded(round(float(found[1].replace(",", ".")) * _TIMES[found[2].lower()], 3))
    if found := _PER_CENT.fullmatch(text):
        return _finite(found[1].replace(",", "."))
    return None


def _finite(value: float | str) -> float | None:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < _BEYOND else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = value if isinstance(value, str) else str(value)
    return None if not text.strip() or text.strip() in PLACEHOLDERS else text


def flag_of(value: Any) -> bool | None:
    """True or false in any notation; None for anything else."""
    return _flag(value)


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    return True if word in _TRUE else False if word in _FALSE else None


_SCALARS: dict[type[pl.DataType], tuple[str, Callable[[Any], Any]]] = {
    pl.String: ("text", _text),
    pl.Float64: ("a number", _number),
    pl.Boolean: ("true or false", _flag),
}
