"""Lists of a brief, read entry by entry.

What belongs here: what all lists have in common, whatever their entries are. An entry with a fault is left out, and
one that says the same as an earlier one is reported: it would be paid for twice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from creator_assets.campaigns.place import Place

MAX_ACCOUNTS = 10_000
"""Accounts, or videos, that a list of a brief names at most; no rule of the shortlist chooses more of them."""

_Entry = TypeVar("_Entry")
Placed = tuple[Place, _Entry]
"""An entry, and where it stands."""


def items(place: Place | None, at_most: int) -> list[Place]:
    """The places of the entries; none where the field was left out."""
    return place.items(at_most) if place is not None else []


def entries(place: Place | None, at_most: int, read: Callable[[Place], _Entry | None]) -> list[Placed[_Entry]]:
    """The entries that `read` finds no fault in, each with its place."""
    placed = ((item, read(item)) for item in items(place, at_most))
    return [(item, entry) for item, entry in placed if entry is not None]


def refuse_repeated(
    placed: list[Placed[_Entry]], identity: Callable[[_Entry], Hashable], noun: str, remedy: str
) -> None:
    """Report every entry with the identity of an earlier one, without saying what it is."""
    first: dict[Hashable, str] = {}
    for place, entry in placed:
        earlier = first.setdefault(identity(entry), place.path)
        if earlier != place.path:
            place.refuse(f"the same {noun} as {earlier}", remedy)
