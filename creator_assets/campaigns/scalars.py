"""Single values of a brief: text, numbers, dates, durations, handles, links, each checked for form and range.

Every function takes a place, or None where the field was left out, and returns the default where there is no valid
value; a value that is wrong has been reported by then. Values are read from the text as written, not as YAML 1.1 takes
it: ``NO`` is Norway and not false, ``010`` is refused and not eight.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar
from urllib.parse import urlsplit

import yaml

from creator_assets.campaigns.catalog import ProviderCatalog
from creator_assets.campaigns.faults import what_would_be_right
from creator_assets.campaigns.place import Place
from creator_assets.microcredits import to_microcredits

_Default = TypeVar("_Default")

EARLIEST = date(2020, 1, 1)
LATEST = date(2100, 1, 1)
LONGEST = timedelta(days=3650)
_TEXT_LENGTH = 500
_HANDLE_LENGTH = 100
_LINK_LENGTH = 2048
_PATH_LENGTH = 1000

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17}|[1-9][0-9]{0,2}(_[0-9]{3}){1,5})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(_[0-9]{3}){1,4})(\.[0-9]{1,60})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DURATION = re.compile(r"([1-9][0-9]{0,5})([hdw])")
_HANDLE = re.compile(r"[^\s@/\\,;|?#<>\"'\x00-\x1f\x7f]+")
_HOURS = {"h": 1, "d": 24, "w": 168}


def text(place: Place | None, default: str = "") -> str:
    """A line of text without blanks around it, at most 500 characters."""
    written = _scalar(place, "text")
    if place is None or written is None:
        return default
    if place.found == "a number":
        place.refuse("expected text, found a number", "Put it in quotes if it is meant as text")
        return default
    written = written.strip()
    if not written or len(written) > _TEXT_LENGTH or not written.isprintable():
        place.refuse("expected one line of text", f"Write 1 to {_TEXT_LENGTH} printable characters on one line")
        return default
    return written


def choice(place: Place | None, known: Collection[str], noun: str, default: str = "") -> str:
    """One of the known words, exactly as they are written; `noun` says what they are, in the plural."""
    word = text(place)
    if place is None or not word:
        return default
    if word not in known:
        shown = "" if place.personal else f" {word[:40]!r}"
        place.refuse(f"unknown value{shown}", what_would_be_right(word, known, f"The {noun}"))
        return default
    return word


def provider(place: Place | None, catalog: ProviderCatalog) -> str:
    """The name of one of the providers."""
    return choice(place, catalog.providers, "providers")


def handle(place: Place | None) -> str:
    """The name of an account, without the @ that may lead it; empty where there is none. Never repeated in a fault."""
    written = _scalar(place, "a handle")
    if place is None or written is None:
        return ""
    name = written.strip().removeprefix("@")
    if len(name) > _HANDLE_LENGTH or not _HANDLE.fullmatch(name) or not name.isprintable():
        problem = "a handle has no blank, no further @ and no slash"
        place.refuse(
            problem, f"Write the bare name of the account, at most {_HANDLE_LENGTH} characters, no link, no e-mail"
        )
        return ""
    return name


def link(place: Place | None) -> str:
    """An ``https`` link; empty where there is none. Never repeated in a fault: it may hold a handle."""
    written = _scalar(place, "a link")
    if place is None or written is None:
        return ""
    if not is_link(written):
        place.refuse("expected the full link of a video", "Copy it from the browser, beginning with https://")
        return ""
    return written


def is_link(written: str) -> bool:
    """Whether this is a plain ``https`` link: a host, no user or password, no blanks, at most 2,048 characters."""
    if len(written) > _LINK_LENGTH or not written.isprintable() or " " in written:
        return False
    try:
        parts = urlsplit(written)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "") and "@" not in parts.netloc


def outside_path(place: Place | None) -> str:
    """The absolute path of a file, empty where there is none. Never repeated in a fault: an address may stand there."""
    written = _scalar(place, "the path of a file")
    if place is None or written is None:
        return ""
    path = written.strip()
    if "@" in path or not path.startswith(("/", "~/")) or not path.isprintable() or len(path) > _PATH_LENGTH:
        remedy = "Write addresses into a file outside of the repository, one per line, and its absolute path here"
        place.refuse("expected the absolute path of a file, and no address", remedy)
        return ""
    return path


def whole_number(place: Place | None, *, at_least: int | None, at_most: int | None, why: str = "") -> int | None:
    """A whole number within bounds; `why` gives the reason for the upper one."""
    number = _number(place, _WHOLE, "a whole number")
    if place is None or number is None or not _within(place, number, at_least, at_most, why):
        return None
    return int(number)


def amount(place: Place | None, *, at_most: int | None = None) -> Decimal | None:
    """A decimal number that is not negative, exactly as written."""
    number = _number(place, _DECIMAL, "a number")
    if place is None or number is None or not _within(place, number, 0, at_most, ""):
        return None
    return number


def microcredits(place: Place | None, *, at_most: int) -> int | None:
    """An amount of credits that can be booked exactly, in microcredits."""
    credits_written = amount(place, at_most=at_most)
    if place is None or credits_written is None:
        return None
    # Counted in the digits as written: arithmetic on a very long fraction would round it to one that fits.
    decimals = f"{credits_written:f}".partition(".")[2].rstrip("0")
    if len(decimals) > 6:
        place.refuse("more than six decimals", "Write at most six: the ledger counts in millionths of a credit")
        return None
    return to_microcredits(f"{credits_written:f}".rstrip("0").rstrip(".") if decimals else int(credits_written))


def number(place: Place | None, *, at_least: int | None, at_most: int | None) -> int | float | None:
    """A number that is no money: an int where it is written as one."""
    found = _number(place, _DECIMAL, "a number")
    if place is None or found is None or not _within(place, found, at_least, at_most, ""):
        return None
    return int(found) if found == found.to_integral_value() else float(found)


def fraction(place: Place | None) -> float | None:
    """A share between 0 and 1."""
    share = _number(place, _DECIMAL, "a fraction such as 0.02")
    if place is None or share is None:
        return None
    if not 0 <= share <= 1:
        meant = f"{(share / 100).normalize():f} is {share:f} %" if 1 < share <= 100 else "0.02 is 2 %"
        place.refuse(f"{share:f} does not lie between 0 and 1", f"Write a fraction: {meant}")
        return None
    return float(share)


def flag(place: Place | None) -> bool | None:
    """True or false."""
    written = _scalar(place, "true or false")
    if place is None or written is None:
        return None
    if written not in {"true", "false"} or place.found != "true or false":
        place.refuse("expected true or false", "Write `true` or `false`, without quotes")
        return None
    return written == "true"


def day(place: Place | None) -> date | None:
    """A calendar date between 2020 and 2100."""
    written = _scalar(place, "a date")
    if place is None or written is None:
        return None
    try:
        found = date.fromisoformat(written) if _DATE.fullmatch(written) else None
    except ValueError:
        found = None
    if found is None:
        place.refuse("expected a date of the calendar", "Write it as YYYY-MM-DD, such as 2026-11-02")
    elif not EARLIEST <= found < LATEST:
        place.refuse(f"{found} is out of range", f"Write a date from {EARLIEST} until before {LATEST}")
        found = None
    return found


def duration(place: Place | None, default: _Default) -> timedelta | _Default:
    """A length of time such as ``30d`` or ``12h``, at most ten years."""
    written = _scalar(place, "a duration")
    if place is None or written is None:
        return default
    match = _DURATION.fullmatch(written)
    length = timedelta(hours=int(match[1]) * _HOURS[match[2]]) if match else timedelta()
    if not timedelta() < length <= LONGEST:
        remedy = f"Write a whole number with h, d or w, such as 12h, 30d or 6w, at most {LONGEST.days}d"
        place.refuse("expected a duration", remedy)
        return default
    return length


def _scalar(place: Place | None, expected: str) -> str | None:
    """The text of a scalar as it is written; None, and a fault, where there is no value or more than one."""
    if place is None:
        return None
    if not isinstance(place.node, yaml.ScalarNode) or place.found == "nothing":
        place.refuse(
            f"expected {expected}, found {place.found}", f"Write {expected}, or leave the field out if it is optional"
        )
        return None
    return str(place.node.value)


def _number(place: Place | None, form: re.Pattern[str], expected: str) -> Decimal | None:
    written = _scalar(place, expected)
    if place is None or written is None:
        return None
    if getattr(place.node, "style", None) in {"'", '"'} or not form.fullmatch(written):
        found = "a number of another form" if place.found == "a number" else place.found
        remedy = "Write plain digits, such as 25, 10000 or 10_000, without quotes"
        place.refuse(f"expected {expected}, found {found}", remedy)
        return None
    return Decimal(written.replace("_", ""))


def _within(place: Place, found: Decimal, at_least: int | None, at_most: int | None, why: str) -> bool:
    if (at_least is None or found >= at_least) and (at_most is None or found <= at_most):
        return True
    bounds = " and ".join(
        f"{word} {bound:,}" for word, bound in (("at least", at_least), ("at most", at_most)) if bound is not None
    )
    place.refuse(f"{found:f} is out of range", f"Write a number of {bounds}" + (f": {why}" if why else ""))
    return False
