"""What is wrong with a YAML file, as values: the position, the problem and what would be right.

A fault never repeats a handle, an address or a link: logs and the UI show it. All faults of a file are collected, up
to a bound, so that one reading shows everything that has to be corrected.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

MAX_FAULTS = 50
"""How many faults of one file are kept; the rest is counted."""

_MAX_LISTED = 60


class YamlFault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with one file.

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


class WrongValueError(ValueError):
    """A value cannot be used. The reader of the value knows its position and makes a fault of this."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


class FaultList:
    """Collects the faults of one file."""

    def __init__(self, file: str) -> None:
        """Begin without faults for the file of that name."""
        self.file = file
        self._kept: list[YamlFault] = []
        self._warnings: list[YamlFault] = []
        self._dropped = 0

    def __bool__(self) -> bool:
        """Whether anything is wrong."""
        return bool(self._kept)

    @property
    def is_full(self) -> bool:
        """Whether further faults are only counted."""
        return len(self._kept) >= MAX_FAULTS

    def add(self, *, line: int, column: int, field: str, problem: str, remedy: str) -> None:
        """Keep one more fault, or count it where there are too many."""
        if self.is_full:
            self._dropped += 1
            return
        fault = YamlFault(file=self.file, line=line, column=column, field=field, problem=problem, remedy=remedy)
        self._kept.append(fault)

    def warn(self, *, line: int, column: int, field: str, problem: str, remedy: str) -> None:
        """Keep something that is no fault but surprises, up to the same bound."""
        if len(self._warnings) < MAX_FAULTS:
            warning = YamlFault(file=self.file, line=line, column=column, field=field, problem=problem, remedy=remedy)
            self._warnings.append(warning)

    @property
    def warnings(self) -> tuple[YamlFault, ...]:
        """All warnings from the top of the file to its end."""
        return tuple(sorted(self._warnings, key=lambda warning: (warning.line, warning.column)))

    def in_order(self) -> tuple[YamlFault, ...]:
        """All faults from the top of the file to its end."""
        faults = sorted(self._kept, key=lambda fault: (fault.line, fault.column))
        if self._dropped:
            problem = f"{self._dropped} further faults are not listed"
            remedy = "Correct these first and check again"
            faults.append(YamlFault(file=self.file, line=1, column=1, field="", problem=problem, remedy=remedy))
        return tuple(faults)


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known word that `wrong` most likely stands for, or None where none is near."""
    by_folded = {_folded(word): word for word in known}
    # Cut, because the comparison is quadratic in the length of the words.
    match = get_close_matches(_folded(wrong)[:_MAX_LISTED], by_folded, n=1, cutoff=0.6)
    return by_folded[match[0]] if match else None


def is_slip(wrong: str, known: Iterable[str]) -> bool:
    """Whether `wrong` is a known word with a letter or two mistaken, and therefore no person's name."""
    meant = nearest(wrong, known)
    return meant is not None and abs(len(meant) - len(wrong)) <= 1


def _folded(word: str) -> str:
    """Without case, and with letters of full width as the plain ones that they look like."""
    return unicodedata.normalize("NFKC", word).casefold()


def what_would_be_right(wrong: str, known: Iterable[str], noun: str) -> str:
    """A remedy: the nearest known word where there is one, and all of them (the first sixty of a long list)."""
    words = sorted(known)
    listed = ", ".join(words[:_MAX_LISTED]) + (", …" if len(words) > _MAX_LISTED else "")
    match = nearest(wrong, words)
    suggestion = f"Did you mean {match}? " if match else ""
    return f"{suggestion}{noun}: {listed or 'none'}"
