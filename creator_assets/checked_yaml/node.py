"""A node of a YAML file: its value, the path that leads to it, and the position to report.

What belongs here: the structure of mappings and lists, with unknown, missing and doubled names. Single values are
parsed in ``scalars``. A fault does not stop the reading: it is reported, and the caller goes on without the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

import yaml

from creator_assets.checked_yaml.faults import FaultList, WrongValueError, is_slip, what_would_be_right

_TAG = "tag:yaml.org,2002:"
_DESCRIPTIONS = {
    "null": "nothing",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
}
_SHOWABLE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_Value = TypeVar("_Value")


class YamlNode:
    """One node of a file.

    Attributes:
        raw: The node as the YAML library made it.
        path: Such as ``discovery[0].filters``; empty for the whole file.
        personal: Whether the node may name a person, so that no fault may repeat what is written in it.
    """

    __slots__ = ("_faults", "path", "personal", "raw")

    def __init__(self, raw: yaml.Node, path: str, faults: FaultList, *, personal: bool = False) -> None:
        """Wrap a node; its faults go to `faults`."""
        self.raw = raw
        self.path = path
        self.personal = personal
        self._faults = faults

    @property
    def found(self) -> str:
        """What kind of value this is, in words."""
        if isinstance(self.raw, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.raw, yaml.SequenceNode):
            return "a list"
        return _DESCRIPTIONS.get(str(self.raw.tag).removeprefix(_TAG), "text")

    @property
    def line(self) -> int:
        """The line of this node, counted from 1."""
        return self.raw.start_mark.line + 1

    @property
    def text(self) -> str | None:
        """A single value as it is written; None for nothing, a mapping or a list."""
        return str(self.raw.value) if isinstance(self.raw, yaml.ScalarNode) and self.found != "nothing" else None

    @property
    def is_quoted(self) -> bool:
        """Whether a single value stands in quotation marks."""
        return getattr(self.raw, "style", None) in {"'", '"'}

    @property
    def names(self) -> list[str]:
        """The names of a mapping, as they are written; none for anything else. Reports nothing."""
        pairs = self.raw.value if isinstance(self.raw, yaml.MappingNode) else ()
        return [key.value for key, _value in pairs if isinstance(key, yaml.ScalarNode)]

    def marked(self, *, personal: bool) -> YamlNode:
        """The same node, taken as personal or not."""
        return YamlNode(self.raw, self.path, self._faults, personal=personal)

    def refuse(self, problem: str, remedy: str) -> None:
        """Report a fault of this node."""
        self._report(self.raw, self.path, problem, remedy)

    def warn(self, problem: str, remedy: str) -> None:
        """Say what is no fault of this node but may be a mistake."""
        mark = self.raw.start_mark
        self._faults.warn(line=mark.line + 1, column=mark.column + 1, field=self.path, problem=problem, remedy=remedy)

    def find(self, steps: Sequence[str | int]) -> YamlNode:
        """The node that names and list indexes lead to; the last one before a step that does not exist."""
        node = self
        for step in steps:
            below = node._step(step)
            if below is None:
                break
            node = below
        return node

    def entries(
        self, known: Collection[str] | None = None, unknown: str = "unknown field", noun: str = "The fields here"
    ) -> dict[str, YamlNode]:
        """The entries of a mapping by name. Reports names that come twice; the first one counts.

        Args:
            known: The names that exist; others are reported and left out. None accepts every name.
            unknown: The problem with a name that does not exist.
            noun: What the known names are, for the remedy.
        """
        if not isinstance(self.raw, yaml.MappingNode):
            self.refuse(
                f"expected a mapping, found {self.found}", "Write `name: value` lines, indented, or {name: value}"
            )
            return {}
        entries: dict[str, YamlNode] = {}
        for key, value in self.raw.value:
            if not isinstance(key, yaml.ScalarNode):
                self._report(key, self.path, "a field name must be plain text", "Write `name: value`")
                continue
            name, path = key.value, self._below(self._shown(key.value, known or ()))
            if name in entries:
                problem = f"given a second time; the first is on line {entries[name].line}"
                self._report(key, path, problem, "Keep one of the two: YAML would silently take the last")
                continue
            if known is not None and name not in known:
                # Comparing words takes time; nobody sees the remedy of a fault that is only counted.
                remedy = "" if self._faults.is_full else what_would_be_right(name, known, noun)
                self._report(key, path, unknown + _strange(name), remedy)
            entries[name] = YamlNode(value, path, self._faults, personal=self.personal)
        return {name: node for name, node in entries.items() if known is None or name in known}

    def fields(self, form: Mapping[str, str], required: Collection[str] = ()) -> dict[str, YamlNode]:
        """The entries of a mapping whose names are fixed.

        Args:
            form: The known names, each with an example of its value.
            required: The names that must be there.
        """
        if not isinstance(self.raw, yaml.MappingNode):
            example = ", ".join(f"{name}: {value}" for name, value in form.items())
            self.refuse(f"expected a mapping, found {self.found}", f"Write it in the form {{{example}}}")
            return {}
        entries = self.entries(form)
        for name in required:
            if name not in entries:
                remedy = f"Add it, for example `{name}: {form[name]}`"
                self._report(self.raw, self._below(name), "is missing", remedy)
        return entries

    def items(self, at_most: int | None = None) -> list[YamlNode]:
        """The items of a list. Reports anything that is not a list, and a list of more than `at_most`."""
        if not isinstance(self.raw, yaml.SequenceNode):
            self.refuse(f"expected a list, found {self.found}", "Write one `- item` per line, or [item, item]")
            return []
        if at_most is not None and len(self.raw.value) > at_most:
            self.refuse(*too_many(len(self.raw.value), at_most))
            return []
        return [self._item(index) for index in range(len(self.raw.value))]

    def _step(self, step: str | int) -> YamlNode | None:
        if isinstance(step, int):
            is_there = isinstance(self.raw, yaml.SequenceNode) and step < len(self.raw.value)
            return self._item(step) if is_there else None
        for key, value in self.raw.value if isinstance(self.raw, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value == step:
                path = self._below(self._shown(step, ()))
                return YamlNode(value, path, self._faults, personal=self.personal)
        return None

    def _item(self, index: int) -> YamlNode:
        return YamlNode(self.raw.value[index], f"{self.path}[{index}]", self._faults, personal=self.personal)

    def _shown(self, name: str, known: Collection[str]) -> str:
        """The name, unless it may be personal: a handle or an address may stand where a field belongs."""
        is_safe = not self.personal or name in known or (not self._faults.is_full and is_slip(name, known))
        return name if _SHOWABLE.fullmatch(name) and is_safe else "?"

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _report(self, raw: yaml.Node, path: str, problem: str, remedy: str) -> None:
        mark = raw.start_mark
        self._faults.add(line=mark.line + 1, column=mark.column + 1, field=path, problem=problem, remedy=remedy)


def read(node: YamlNode | None, parse: Callable[[YamlNode], _Value]) -> _Value | None:
    """A value, as `parse` understands it; None where it was left out, and where it is wrong, which is reported."""
    if node is None:
        return None
    try:
        return parse(node)
    except WrongValueError as wrong:
        node.refuse(wrong.problem, wrong.remedy)
        return None


def too_many(count: int, at_most: int) -> tuple[str, str]:
    """Problem and remedy of a list that is too long."""
    return f"{count:,} items", f"At most {at_most:,} are accepted; make several files of it"


def _strange(name: str) -> str:
    """What to say of a name with letters that only look like those of a field; one of them names nobody."""
    stray = next((letter for letter in name if not letter.isascii()), None)
    return f"; it contains the character U+{ord(stray):04X}, which is not ASCII" if stray else ""
