"""What is wrong with a brief, as values: where it stands, what the problem is and what would be right.

A fault never repeats a handle, an address or a link, for it is shown in logs and in the UI. All faults of a file are
gathered, up to a bound, so that one reading is enough to mend it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FAULTS = 50
"""How many faults of one file are kept; the rest is counted."""

_MAX_LISTED = 60


class BriefFault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with one brief.

    ``line`` and ``column`` count from 1; ``field`` is a path such as ``discovery[0].filters.followerMin``, empty where
    the whole file is meant; ``problem`` and ``remedy`` are phrases without a final stop.
    """

    file: str
    line: int
    column: int
    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """All of it in one line that editors can follow: ``file:line:column: field: problem. Remedy.``."""
        where = f"{self.file}:{self.line}:{self.column}: " + (f"{self.field}: " if self.field else "")
        return f"{where}{self.problem}. {self.remedy}."


class FaultList:
    """Gathers the faults of one file."""

    def __init__(self, file: str) -> None:
        """Begin without faults for the file of that name."""
        self.file = file
        self._kept: list[BriefFault] = []
        self._dropped = 0

    def __bool__(self) -> bool:
        """Whether anything is wrong."""
        return bool(self._kept)

    def add(self, *, line: int, column: int, field: str, problem: str, remedy: str) -> None:
        """Keep one more fault, or count it where there are too many."""
        if len(self._kept) == MAX_FAULTS:
            self._dropped += 1
            return
        fault = BriefFault(file=self.file, line=line, column=column, field=field, problem=problem, remedy=remedy)
        self._kept.append(fault)

    def in_order(self) -> tuple[BriefFault, ...]:
        """All faults from the top of the file to its end."""
        faults = sorted(self._kept, key=lambda fault: (fault.line, fault.column))
        if self._dropped:
            problem = f"{self._dropped} further faults are not listed"
            remedy = "Mend these first and check again"
            faults.append(BriefFault(file=self.file, line=1, column=1, field="", problem=problem, remedy=remedy))
        return tuple(faults)


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known word that `wrong` was most likely meant to be, or None where none is near."""
    by_folded = {word.casefold(): word for word in known}
    # Cut, because the comparison is quadratic in the length of the words.
    match = get_close_matches(wrong.casefold()[:_MAX_LISTED], by_folded, n=1, cutoff=0.6)
    return by_folded[match[0]] if match else None


def what_would_be_right(wrong: str, known: Iterable[str], noun: str) -> str:
    """A remedy: the nearest known word where there is one, and all of them (the first sixty of a long list)."""
    words = sorted(known)
    listed = ", ".join(words[:_MAX_LISTED]) + (", …" if len(words) > _MAX_LISTED else "")
    match = nearest(wrong, words)
    suggestion = f"Did you mean {match}? " if match else ""
    return f"{suggestion}{noun}: {listed or 'none'}"
