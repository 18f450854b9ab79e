"""Single values: text, numbers, dates, durations, each with its form, its range and its JSON schema.

What belongs here: types that any file may need. A type is used in two ways: as the annotation of a section's field
(``Text``), or by its parser where the form of a file is known only when it is read (``text``, with ``read``). Values
are parsed from the text as written, not as YAML 1.1 takes it: ``NO`` is Norway and not false, ``010`` is refused and
not eight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler

from creator_assets.checked_yaml.faults import WrongValueError, is_slip, what_would_be_right
from creator_assets.checked_yaml.node import YamlNode
from creator_assets.microcredits import to_microcredits

EARLIEST = date(2020, 1, 1)
LATEST = date(2100, 1, 1)
LONGEST = timedelta(days=3650)
TEXT_LENGTH = 500

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17}|[1-9][0-9]{0,2}(_[0-9]{3}){1,5})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(_[0-9]{3}){1,4})(\.[0-9]{1,60})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DURATION = re.compile(r"([1-9][0-9]{0,5})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}
# An editor takes 10_000 as a text: YAML 1.2 has no such numbers.
_GROUPED = r"^-?[1-9][0-9]{0,2}(_[0-9]{3})+"


@dataclass(frozen=True, eq=False)
class Scalar:
    """The form of a single value, for the annotation of a field: ``Annotated[int, Scalar(…)]``.

    Attributes:
        words: What the reference page calls it, such as "whole number".
        form: How it is written, in a sentence for the reference page.
        parse: Makes the value of a node; raises ``WrongValueError``. A value that is not a node passes as it is.
        json_schema: What an editor accepts.
    """

    words: str
    form: str
    parse: Callable[[YamlNode], Any]
    json_schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Parse nodes before pydantic sees the value."""
        return BeforeValidator(self._value).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The form in the file, not that of the Python value, within the bounds of the field."""
        bounds = {name: bound for name, bound in handler(schema).items() if name in {"minimum", "maximum"}}
        return {**self.json_schema, **bounds}

    def _value(self, value: Any) -> Any:
        return self.parse(value) if isinstance(value, YamlNode) else value


def written(node: YamlNode, expected: str) -> str:
    """The text of a single value as it is written.

    Raises:
        WrongValueError: It is nothing, a mapping or a list.
    """
    if node.text is None:
        raise WrongValueError(
            f"expected {expected}, found {node.found}", f"Write {expected}, or leave the field out if it is optional"
        )
    return node.text


def text(node: YamlNode) -> str:
    """A line of text without blanks around it, at most 500 characters."""
    found = written(node, "text").strip()
    if node.found == "a number":
        raise WrongValueError("expected text, found a number", "Put it in quotes if it is meant as text")
    if not found or len(found) > TEXT_LENGTH or not found.isprintable():
        raise WrongValueError("expected one line of text", f"Write 1 to {TEXT_LENGTH} printable characters on one line")
    return found


def one_of(node: YamlNode, known: Collection[str], noun: str) -> str:
    """One of the known words, exactly as they are written; `noun` says what they are, in the plural."""
    word = text(node)
    if word not in known:
        shown = f" {word[:40]!r}" if not node.personal or is_slip(word, known) else ""
        raise WrongValueError(f"unknown value{shown}", what_would_be_right(word, known, f"The {noun}"))
    return word


def choice(known: Collection[str], noun: str) -> Scalar:
    """The form of a value that is one of the known words; `noun` says what they are, in the plural."""
    words = f"one of the {noun}" if len(known) > 10 else " or ".join(f"`{word}`" for word in known)
    schema = {"type": "string", "enum": sorted(known)}
    return Scalar(words, "", partial(one_of, known=known, noun=noun), schema)


def whole_number(node: YamlNode, at_least: int | None = None, at_most: int | None = None) -> int:
    """A whole number within bounds."""
    return int(_within(_number(node, _WHOLE, "a whole number"), at_least, at_most))


def number(node: YamlNode, at_least: int | None = None, at_most: int | None = None) -> int | float:
    """A number that is no money: an int where it is written as one."""
    found = _within(_number(node, _DECIMAL, "a number"), at_least, at_most)
    return int(found) if found == found.to_integral_value() else float(found)


def amount(node: YamlNode, at_most: int | None = None) -> Decimal:
    """A decimal number that is not negative, exactly as written."""
    return _within(_number(node, _DECIMAL, "a number"), 0, at_most)


def microcredits(node: YamlNode, at_most: int) -> int:
    """An amount of credits that the ledger can book exactly, in microcredits."""
    found = amount(node, at_most)
    # Counted in the digits as written: arithmetic on a very long fraction would round it to one that fits.
    decimals = f"{found:f}".partition(".")[2].rstrip("0")
    if len(decimals) > 6:
        raise WrongValueError(
            "more than six decimals", "Write at most six: the ledger counts in millionths of a credit"
        )
    return to_microcredits(f"{found:f}".rstrip("0").rstrip(".") if decimals else int(found))


def fraction(node: YamlNode) -> float:
    """A share between 0 and 1."""
    share = _number(node, _DECIMAL, "a fraction such as 0.02")
    if not 0 <= share <= 1:
        meant = f"{(share / 100).normalize():f} is {share:f} %" if 1 < share <= 100 else "0.02 is 2 %"
        raise WrongValueError(f"{share:f} does not lie between 0 and 1", f"Write a fraction: {meant}")
    return float(share)


def flag(node: YamlNode) -> bool:
    """True or false."""
    found = written(node, "true or false")
    if found not in {"true", "false"} or node.found != "true or false":
        raise WrongValueError("expected true or false", "Write `true` or `false`, without quotes")
    return found == "true"


def day(node: YamlNode) -> date:
    """A calendar date between 2020 and 2100."""
    as_written = written(node, "a date")
    try:
        found = date.fromisoformat(as_written) if _DATE.fullmatch(as_written) else None
    except ValueError:
        found = None
    if found is None:
        raise WrongValueError("expected a date of the calendar", "Write it as YYYY-MM-DD, such as 2026-11-02")
    if not EARLIEST <= found < LATEST:
        raise WrongValueError(f"{found} is out of range", f"Write a date from {EARLIEST} until before {LATEST}")
    return found


def duration(node: YamlNode) -> timedelta:
    """A length of time such as ``30d`` or ``12h``, at most ten years."""
    match = _DURATION.fullmatch(written(node, "a duration"))
    length = timedelta(hours=int(match[1]) * _HOURS[match[2]]) if match else timedelta()
    if not timedelta() < length <= LONGEST:
        raise WrongValueError(
            "expected a duration",
            f"Write a whole number with h, d or w, such as 12h, 30d or 6w, at most {LONGEST.days}d",
        )
    return length


def in_words(length: timedelta) -> str:
    """A duration as a file writes it: ``30d``, or ``36h`` where it is no number of whole days."""
    hours = length // timedelta(hours=1)
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


def out_of_range(found: str, at_least: int | None, at_most: int | None, why: str = "") -> WrongValueError:
    """The error for a number outside of its bounds; `why` gives the reason for the upper one."""
    bounds = " and ".join(
        f"{word} {bound:,}" for word, bound in (("at least", at_least), ("at most", at_most)) if bound is not None
    )
    return WrongValueError(f"{found} is out of range", f"Write a number of {bounds}" + (f": {why}" if why else ""))


def _number(node: YamlNode, form: re.Pattern[str], expected: str) -> Decimal:
    as_written = written(node, expected)
    if node.is_quoted or not form.fullmatch(as_written):
        found = "a number of another form" if node.found == "a number" else node.found
        remedy = "Write plain digits, such as 25, 10000 or 10_000, without quotes"
        raise WrongValueError(f"expected {expected}, found {found}", remedy)
    return Decimal(as_written.replace("_", ""))


def _within(found: Decimal, at_least: int | None, at_most: int | None) -> Decimal:
    if (at_least is not None and found < at_least) or (at_most is not None and found > at_most):
        raise out_of_range(f"{found:f}", at_least, at_most)
    return found


TEXT_SCHEMA: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": TEXT_LENGTH}
WHOLE_SCHEMA: Mapping[str, Any] = {"type": ["integer", "string"], "pattern": f"{_GROUPED}$"}
NUMBER_SCHEMA: Mapping[str, Any] = {"type": ["number", "string"], "pattern": f"{_GROUPED}(\\.[0-9]+)?$"}
_DAY_SCHEMA = {"type": "string", "pattern": "^20[2-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}
_DURATION_SCHEMA = {"type": "string", "pattern": f"^{_DURATION.pattern}$"}

Text = Annotated[
    str, Scalar("text", f"One line, 1 to {TEXT_LENGTH} characters. Put digits alone in quotes.", text, TEXT_SCHEMA)
]
WholeNumber = Annotated[
    int, Scalar("whole number", "Plain digits: `25`, `10000` or `10_000`. No quotes.", whole_number, WHOLE_SCHEMA)
]
Amount = Annotated[
    Decimal,
    Scalar(
        "amount", "A decimal number from 0: `60_000` or `21.5`. No quotes.", amount, {**NUMBER_SCHEMA, "minimum": 0}
    ),
]
Fraction = Annotated[
    float,
    Scalar(
        "fraction", "A number from 0 to 1: `0.02` is 2 %.", fraction, {"type": "number", "minimum": 0, "maximum": 1}
    ),
]
Flag = Annotated[bool, Scalar("true or false", "`true` or `false`, without quotes.", flag, {"type": "boolean"})]
Day = Annotated[date, Scalar("date", f"`2026-11-02`, from {EARLIEST.year} and before {LATEST.year}.", day, _DAY_SCHEMA)]
Duration = Annotated[
    timedelta,
    Scalar(
        "duration",
        f"A whole number with `h`, `d` or `w`: `12h`, `30d` or `6w`, at most `{LONGEST.days}d`.",
        duration,
        _DURATION_SCHEMA,
    ),
]


def credits_up_to(at_most: int) -> Scalar:
    """The form of an amount of credits, which becomes an integer of microcredits."""
    schema = {**NUMBER_SCHEMA, "minimum": 0, "maximum": at_most}
    form = f"A decimal number from 0 to {at_most:,}, with at most six decimals."
    return Scalar("credits", form, partial(microcredits, at_most=at_most), schema)
